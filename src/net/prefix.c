#include "net/prefix.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX_MAPPED_BITS 96 /* of ::ffff:0:0/96 */

/* Take the IPv4 address out of one that is mapped into IPv6. */
static bool prefix_unmap(unsigned char bytes[16])
{
    static const unsigned char mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (memcmp(bytes, mapped, sizeof mapped) != 0)
        return false;
    memmove(bytes, bytes + sizeof mapped, 4);
    memset(bytes + 4, 0, 12);
    return true;
}

/* One to three digits without a leading zero, up to `most`. */
static bool prefix_bits(const char *text, unsigned most, unsigned *bits)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 3 || text[digits] != '\0' || (digits > 1 && *text == '0'))
        return false;
    *bits = (unsigned)strtoul(text, NULL, 10);
    return *bits <= most;
}

/* Do the first bits agree? */
static bool prefix_same(const unsigned char *a, const unsigned char *b, unsigned bits)
{
    unsigned whole = bits / 8;
    unsigned mask = 0xff00U >> bits % 8 & 0xff;
    return memcmp(a, b, whole) == 0 && (mask == 0 || ((a[whole] ^ b[whole]) & mask) == 0);
}

enum status prefix_parse(const char *text, struct prefix *prefix, struct error *e)
{
    char address[INET6_ADDRSTRLEN];
    struct prefix out = {.family = strchr(text, ':') == NULL ? AF_INET : AF_INET6};
    unsigned most = out.family == AF_INET ? 32 : 128;
    size_t n = strcspn(text, "/");
    if (n >= sizeof address)
        return error_set(e, ST_SYNTAX, 0, "%s: not an IP address", text);
    memcpy(address, text, n);
    address[n] = '\0';
    if (inet_pton(out.family, address, out.bytes) != 1)
        return error_set(e, ST_SYNTAX, 0, "%s: not an IP address", text);
    out.bits = most;
    if (text[n] == '/' && !prefix_bits(text + n + 1, most, &out.bits))
        return error_set(e, ST_SYNTAX, 0, "%s: not a number of bits from 0 to %u", text, most);
    for (unsigned i = out.bits; i < most; i++) {
        if ((out.bytes[i / 8] >> (7 - i % 8) & 1) != 0)
            return error_set(e, ST_SYNTAX, 0, "%s: the address goes on behind the first %u bits",
                             text, out.bits);
    }
    if (out.family == AF_INET6 && out.bits >= PREFIX_MAPPED_BITS && prefix_unmap(out.bytes)) {
        out.family = AF_INET;
        out.bits -= PREFIX_MAPPED_BITS;
    }
    *prefix = out;
    return ST_OK;
}

int prefix_bytes(const struct sockaddr_storage *address, unsigned char bytes[16])
{
    memset(bytes, 0, 16);
    if (address->ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        memcpy(bytes, &v4.sin_addr, sizeof v4.sin_addr);
    } else if (address->ss_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        memcpy(bytes, &v6.sin6_addr, sizeof v6.sin6_addr);
        return prefix_unmap(bytes) ? AF_INET : AF_INET6;
    }
    return address->ss_family;
}

bool prefix_has(const struct prefix *prefix, const struct sockaddr_storage *address)
{
    unsigned char bytes[16];
    int family = prefix_bytes(address, bytes);
    return family == prefix->family && prefix_same(bytes, prefix->bytes, prefix->bits);
}
