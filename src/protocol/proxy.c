#include "protocol/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define PROXY_V2_FIXED ((size_t)16) /* signature, command, family, length */
#define PROXY_V2_MARK  SPAN("\r\n\r\n\0\r\nQUIT\n")
#define PROXY_V1_MARK  SPAN("PROXY ")

#define PROXY_VERSION_2 0x2
#define PROXY_LOCAL     0x0
#define PROXY_PROXY     0x1
#define PROXY_TLV_FIXED ((size_t)3) /* type and length */
#define PROXY_TLV_CRC   0x03

static enum proxy_state proxy_bad(struct proxy_header *header, const char *fault)
{
    header->fault = fault;
    return PROXY_BAD;
}

/* Do the bytes that have come agree with a mark that all must begin with? */
static bool proxy_agrees(struct span in, struct span mark)
{
    return span_eq(span_sub(in, 0, mark.n), span_sub(mark, 0, in.n));
}

static uint8_t proxy_byte(struct span in, size_t at)
{
    return (uint8_t)in.p[at];
}

static uint16_t proxy_two(struct span in, size_t at)
{
    return (uint16_t)(proxy_byte(in, at) << 8 | proxy_byte(in, at + 1));
}

/* An address of 4 or 16 bytes in network order, as the system has it. */
static void proxy_put(struct sockaddr_storage *to, const void *address, size_t n, uint16_t port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (n == sizeof v6.sin6_addr)
        memcpy(&v6.sin6_addr, address, sizeof v6.sin6_addr);
    else
        memcpy(&v4.sin_addr, address, sizeof v4.sin_addr);
    if (n == sizeof v6.sin6_addr && !IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        memcpy(to, &v6, sizeof v6);
        return;
    }
    if (n == sizeof v6.sin6_addr)
        memcpy(&v4.sin_addr, v6.sin6_addr.s6_addr + 12, sizeof v4.sin_addr);
    memcpy(to, &v4, sizeof v4);
}

/* Version 1: a line. */

/* Cut the next word from *rest: the bytes up to a space, which is dropped, or to the end. */
static struct span proxy_word(struct span *rest)
{
    size_t end = span_find(*rest, 0, ' ');
    struct span word = span_sub(*rest, 0, end);
    *rest = span_sub(*rest, end + 1, rest->n);
    return word;
}

/* Decimal without a leading zero, up to 65535. */
static bool proxy_port(struct span word, uint16_t *port)
{
    uint32_t value = 0;
    if (word.n == 0 || word.n > 5 || (word.n > 1 && word.p[0] == '0'))
        return false;
    for (size_t i = 0; i < word.n; i++) {
        if (!ascii_digit(word.p[i]))
            return false;
        value = value * 10 + (uint32_t)(word.p[i] - '0');
    }
    *port = (uint16_t)value;
    return value <= UINT16_MAX;
}

/* inet_pton(3) takes canonical addresses alone: four numbers, and none with a leading zero. */
static bool proxy_address(int family, struct span word, unsigned char out[16])
{
    char text[INET6_ADDRSTRLEN];
    if (word.n == 0 || word.n >= sizeof text || memchr(word.p, '\0', word.n) != NULL)
        return false;
    memcpy(text, word.p, word.n);
    text[word.n] = '\0';
    return inet_pton(family, text, out) == 1;
}

static enum proxy_state proxy_read_words(struct span words, int family, struct proxy_header *header)
{
    size_t n = family == AF_INET ? 4 : 16;
    size_t spaces = 0;
    for (size_t i = 0; i < words.n; i++)
        spaces += words.p[i] == ' ';
    if (spaces != 3)
        return proxy_bad(header, "bad PROXY header: not two addresses and two ports");
    unsigned char addresses[2][16];
    uint16_t ports[2] = {0, 0};
    for (size_t i = 0; i < 2; i++) {
        if (!proxy_address(family, proxy_word(&words), addresses[i]))
            return proxy_bad(header, "bad PROXY header: bad address");
    }
    for (size_t i = 0; i < 2; i++) {
        if (!proxy_port(proxy_word(&words), &ports[i]))
            return proxy_bad(header, "bad PROXY header: bad port");
    }
    header->caller = PROXY_CLIENT;
    proxy_put(&header->source, addresses[0], n, ports[0]);
    proxy_put(&header->destination, addresses[1], n, ports[1]);
    return PROXY_DONE;
}

static enum proxy_state proxy_read_line(struct span line, struct proxy_header *header)
{
    struct span words = span_sub(line, PROXY_V1_MARK.n, line.n);
    header->size = line.n + 2;
    if (span_starts(words, SPAN("TCP4 ")))
        return proxy_read_words(span_sub(words, 5, words.n), AF_INET, header);
    if (span_starts(words, SPAN("TCP6 ")))
        return proxy_read_words(span_sub(words, 5, words.n), AF_INET6, header);
    if (span_eq(words, SPAN("UNKNOWN")) || span_starts(words, SPAN("UNKNOWN ")))
        return PROXY_DONE;
    return proxy_bad(header, "bad PROXY header: unknown protocol");
}

static enum proxy_state proxy_read_v1(struct span in, struct proxy_header *header)
{
    in = span_sub(in, 0, PROXY_LINE_MAX);
    for (size_t i = 0; i < in.n; i++) {
        if (in.p[i] == '\n' || (in.p[i] == '\r' && i + 1 < in.n && in.p[i + 1] != '\n'))
            return proxy_bad(header, "bad PROXY header: a line end that is not CRLF");
        if (in.p[i] == '\r' && i + 1 < in.n)
            return proxy_read_line(span_sub(in, 0, i), header);
    }
    return in.n < PROXY_LINE_MAX ? PROXY_MORE : proxy_bad(header, "bad PROXY header: too long");
}

/* Version 2: bytes. */

/* CRC32c of a header whose four bytes at `field` count as zeros.  Source: RFC 4960, appendix B. */
static uint32_t proxy_crc(struct span in, size_t field)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < in.n; i++) {
        crc ^= i >= field && i < field + 4 ? 0 : proxy_byte(in, i);
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82F63B78U : crc >> 1;
    }
    return ~crc;
}

/* What is wrong with the TLVs from `at` on to the end of the header; NULL for nothing. */
static const char *proxy_check_tlvs(struct span in, size_t at)
{
    while (at < in.n) {
        if (in.n - at < PROXY_TLV_FIXED || in.n - at - PROXY_TLV_FIXED < proxy_two(in, at + 1))
            return "bad PROXY header: a TLV is cut";
        uint8_t type = proxy_byte(in, at);
        size_t n = proxy_two(in, at + 1);
        at += PROXY_TLV_FIXED;
        if (type == PROXY_TLV_CRC) {
            if (n != 4)
                return "bad PROXY header: bad checksum";
            uint32_t told = (uint32_t)proxy_two(in, at) << 16 | proxy_two(in, at + 2);
            if (told != proxy_crc(in, at))
                return "bad PROXY header: bad checksum";
        }
        at += n;
    }
    return NULL;
}

/* Bytes of the addresses of a family and protocol, as one byte; -1 when there is no such. */
static int proxy_addresses_size(uint8_t family)
{
    static const int sizes[] = {0, 12, 36, 216}; /* UNSPEC, INET, INET6, UNIX */
    unsigned kind = family >> 4;
    unsigned protocol = family & 0xf;
    if (kind >= sizeof sizes / sizeof sizes[0] || protocol > 2)
        return -1;
    return protocol == 0 ? 0 : sizes[kind];
}

/* The command and family are known as soon as they are there: nobody waits to refuse them. */
static const char *proxy_check_fixed(struct span in)
{
    if (in.n > 12 && proxy_byte(in, 12) >> 4 != PROXY_VERSION_2)
        return "bad PROXY header: unknown version";
    if (in.n > 12 && (proxy_byte(in, 12) & 0xf) > PROXY_PROXY)
        return "bad PROXY header: unknown command";
    bool local = in.n > 12 && (proxy_byte(in, 12) & 0xf) == PROXY_LOCAL;
    if (in.n > 13 && !local && proxy_addresses_size(proxy_byte(in, 13)) < 0)
        return "bad PROXY header: unknown protocol";
    if (in.n < PROXY_V2_FIXED)
        return NULL;
    if (proxy_two(in, 14) > PROXY_MAX - PROXY_V2_FIXED)
        return "bad PROXY header: too long";
    if (!local && proxy_two(in, 14) < proxy_addresses_size(proxy_byte(in, 13)))
        return "bad PROXY header: too short for its addresses";
    return NULL;
}

static enum proxy_state proxy_read_v2(struct span in, struct proxy_header *header)
{
    const char *fault = proxy_check_fixed(in);
    if (fault != NULL)
        return proxy_bad(header, fault);
    if (in.n < PROXY_V2_FIXED || in.n < PROXY_V2_FIXED + proxy_two(in, 14))
        return PROXY_MORE;
    header->size = PROXY_V2_FIXED + proxy_two(in, 14);
    in = span_sub(in, 0, header->size);
    if ((proxy_byte(in, 12) & 0xf) == PROXY_LOCAL) {
        header->caller = PROXY_ITSELF; /* the rest means nothing, the family included */
        return PROXY_DONE;
    }
    uint8_t family = proxy_byte(in, 13);
    size_t size = (size_t)proxy_addresses_size(family);
    if (size == 0)
        return PROXY_DONE; /* nobody can tell where addresses end and TLVs begin */
    fault = proxy_check_tlvs(in, PROXY_V2_FIXED + size);
    if (fault != NULL)
        return proxy_bad(header, fault);
    if (family == 0x11 || family == 0x21) { /* TCP over IPv4 and IPv6 */
        size_t n = (size - 4) / 2;
        const char *addresses = in.p + PROXY_V2_FIXED;
        header->caller = PROXY_CLIENT;
        proxy_put(&header->source, addresses, n, proxy_two(in, PROXY_V2_FIXED + 2 * n));
        proxy_put(&header->destination, addresses + n, n,
                  proxy_two(in, PROXY_V2_FIXED + 2 * n + 2));
    }
    return PROXY_DONE;
}

enum proxy_state proxy_read(struct span in, struct proxy_header *header)
{
    *header = (struct proxy_header){.caller = PROXY_UNKNOWN};
    if (proxy_agrees(in, PROXY_V2_MARK))
        return in.n == 0 ? PROXY_MORE : proxy_read_v2(in, header);
    if (proxy_agrees(in, PROXY_V1_MARK))
        return proxy_read_v1(in, header);
    return proxy_bad(header, "no PROXY header");
}
