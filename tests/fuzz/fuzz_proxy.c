/*
 * proxy: the verdict on a PROXY header does not depend on how its bytes come; a header ends where
 * it is said to and is never longer than the specification has it; and what was understood can be
 * written down again in both versions and read back the same.
 */
#include "fuzz.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "protocol/proxy.h"

#define WRITTEN_MAX 128

static bool same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static size_t address_of(const struct sockaddr_storage *from, unsigned char out[16], uint16_t *port)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    memcpy(&v4, from, sizeof v4);
    memcpy(&v6, from, sizeof v6);
    if (from->ss_family == AF_INET) {
        memcpy(out, &v4.sin_addr, 4);
        *port = ntohs(v4.sin_port);
        return 4;
    }
    MUST(from->ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr));
    memcpy(out, &v6.sin6_addr, 16);
    *port = ntohs(v6.sin6_port);
    return 16;
}

/* In a header both are of one family: an IPv4 address beside one of IPv6 is written as mapped. */
static void widen(unsigned char address[16])
{
    memmove(address + 12, address, 4);
    memset(address, 0, 10);
    memset(address + 10, 0xff, 2);
}

static void check_read_back(const char *text, size_t n, const struct proxy_header *header)
{
    struct proxy_header again;
    MUST(proxy_read((struct span){text, n}, &again) == PROXY_DONE);
    MUST(again.size == n && again.caller == PROXY_CLIENT);
    MUST(same(&again.source, &header->source) && same(&again.destination, &header->destination));
}

static void check_written(const struct proxy_header *header)
{
    unsigned char from[16];
    unsigned char to[16];
    uint16_t from_port = 0;
    uint16_t to_port = 0;
    size_t n = address_of(&header->source, from, &from_port);
    size_t to_n = address_of(&header->destination, to, &to_port);
    if (n < to_n)
        widen(from);
    if (to_n < n)
        widen(to);
    n = to_n > n ? to_n : n;

    char text[WRITTEN_MAX];
    char a[INET6_ADDRSTRLEN];
    char b[INET6_ADDRSTRLEN];
    int family = n == 4 ? AF_INET : AF_INET6;
    MUST(inet_ntop(family, from, a, sizeof a) != NULL &&
         inet_ntop(family, to, b, sizeof b) != NULL);
    int line = snprintf(text, sizeof text, "PROXY TCP%c %s %s %u %u\r\n", n == 4 ? '4' : '6', a, b,
                        from_port, to_port);
    MUST(line > 0 && (size_t)line <= PROXY_LINE_MAX);
    check_read_back(text, (size_t)line, header);

    const uint16_t ports[] = {htons(from_port), htons(to_port)};
    memcpy(text, "\r\n\r\n\0\r\nQUIT\n\x21", 13);
    text[13] = n == 4 ? '\x11' : '\x21';
    text[14] = 0;
    text[15] = (char)(2 * n + sizeof ports);
    memcpy(text + 16, from, n);
    memcpy(text + 16 + n, to, n);
    memcpy(text + 16 + 2 * n, ports, sizeof ports);
    check_read_back(text, 16 + 2 * n + sizeof ports, header);
}

/* The verdict when the bytes come one by one; *come gets how many it took. */
static enum proxy_state feed(struct span in, struct proxy_header *header, size_t *come)
{
    enum proxy_state state = PROXY_MORE;
    for (*come = 0; state == PROXY_MORE && *come < in.n;) {
        ++*come;
        state = proxy_read(span_sub(in, 0, *come), header);
    }
    return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = fuzz_input(data, size);
    char *copy = fuzz_copy(in);
    struct proxy_header whole;
    struct proxy_header part = {0};
    size_t come = 0;
    enum proxy_state state = proxy_read((struct span){copy, size}, &whole);
    MUST(feed(in, &part, &come) == state);
    free(copy);
    MUST(state != PROXY_MORE || size < PROXY_MAX);
    MUST((state == PROXY_BAD) == (whole.fault != NULL));
    if (state != PROXY_DONE) {
        MUST(whole.source.ss_family == AF_UNSPEC && whole.destination.ss_family == AF_UNSPEC);
        return 0;
    }
    MUST(whole.size == come && whole.size <= (in.p[0] == 'P' ? PROXY_LINE_MAX : PROXY_MAX));
    MUST(part.size == whole.size && part.caller == whole.caller);
    MUST(same(&part.source, &whole.source) && same(&part.destination, &whole.destination));
    MUST((whole.caller == PROXY_CLIENT) == (whole.source.ss_family != AF_UNSPEC));
    if (whole.caller == PROXY_CLIENT)
        check_written(&whole);
    return 0;
}
