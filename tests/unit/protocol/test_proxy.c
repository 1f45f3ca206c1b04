#include "protocol/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "../support.h"

#define V2(command, family, high, low) "\r\n\r\n\0\r\nQUIT\n" command family high low
/* 192.0.2.1 port 40000 to 198.51.100.2 port 1965. */
#define FOUR       "\xc0\x00\x02\x01\xc6\x33\x64\x02\x9c\x40\x07\xad"
#define FOUR_WORDS "192.0.2.1 40000 198.51.100.2 1965"
/* 2001:db8::1 port 40000 to 2001:db8::2 port 1965. */
#define SIX_ADDRESS(last) "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0" last
#define SIX               SIX_ADDRESS("\1") SIX_ADDRESS("\2") "\x9c\x40\x07\xad"
#define SIX_WORDS         "2001:db8::1 40000 2001:db8::2 1965"
#define MAPPED(last)      "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02" last
/* Of FOUR and the head before it; from another implementation. */
#define CHECKSUM "\x49\x6d\xbf\xcc"

static struct proxy_header header;

struct whole_row {
    const char *name;
    struct span in; /* all of it is the header */
    enum proxy_caller caller;
    const char *words; /* source, its port, destination, its port; NULL when unknown */
};

static const struct whole_row whole_rows[] = {
    /* The specification's own example, 2.1, and its longest lines. */
    {"the line of the specification", BYTES("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n"),
     PROXY_CLIENT, "192.168.0.1 56324 192.168.0.11 443"},
    {"the longest line of IPv4",
     BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"), PROXY_CLIENT,
     "255.255.255.255 65535 255.255.255.255 65535"},
    {"the longest line of IPv6",
     BYTES("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
     PROXY_CLIENT,
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 "
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535"},
    {"the shortest unknown line", BYTES("PROXY UNKNOWN\r\n"), PROXY_UNKNOWN, NULL},
    {"the longest line of all",
     BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
     PROXY_UNKNOWN, NULL},
    {"an unknown line with anything behind it", BYTES("PROXY UNKNOWN  \0\xff TCP4\r\n"),
     PROXY_UNKNOWN, NULL},
    {"a line with short addresses", BYTES("PROXY TCP6 :: 2001:DB8::2 0 1\r\n"), PROXY_CLIENT,
     ":: 0 2001:db8::2 1"},
    {"a line with mapped addresses is of IPv4",
     BYTES("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:c633:6402 40000 1965\r\n"), PROXY_CLIENT,
     FOUR_WORDS},

    {"bytes of IPv4", BYTES(V2("\x21", "\x11", "\0", "\x0c") FOUR), PROXY_CLIENT, FOUR_WORDS},
    {"bytes of IPv6", BYTES(V2("\x21", "\x21", "\0", "\x24") SIX), PROXY_CLIENT, SIX_WORDS},
    {"bytes with mapped addresses are of IPv4",
     BYTES(V2("\x21", "\x21", "\0", "\x24") MAPPED("\1") MAPPED("\2") "\x9c\x40\x07\xad"),
     PROXY_CLIENT, "192.0.2.1 40000 192.0.2.2 1965"},
    {"a proxy that calls for itself", BYTES(V2("\x20", "\0", "\0", "\0")), PROXY_ITSELF, NULL},
    {"a proxy that calls for itself and tells addresses",
     BYTES(V2("\x20", "\x11", "\0", "\x0c") FOUR), PROXY_ITSELF, NULL},
    {"a proxy that calls for itself in a family that there is not",
     BYTES(V2("\x20", "\xff", "\0", "\x01") "?"), PROXY_ITSELF, NULL},
    {"an unspecified family", BYTES(V2("\x21", "\0", "\0", "\0")), PROXY_UNKNOWN, NULL},
    {"an unspecified family with something behind", BYTES(V2("\x21", "\0", "\0", "\x02") "??"),
     PROXY_UNKNOWN, NULL},
    {"IPv4 with an unspecified protocol", BYTES(V2("\x21", "\x10", "\0", "\0")), PROXY_UNKNOWN,
     NULL},
    {"UDP over IPv4", BYTES(V2("\x21", "\x12", "\0", "\x0c") FOUR), PROXY_UNKNOWN, NULL},
    {"UDP over IPv6", BYTES(V2("\x21", "\x22", "\0", "\x24") SIX), PROXY_UNKNOWN, NULL},
    {"a TLV", BYTES(V2("\x21", "\x11", "\0", "\x11") FOUR "\x02\0\x02hi"), PROXY_CLIENT,
     FOUR_WORDS},
    {"two TLVs, one empty", BYTES(V2("\x21", "\x21", "\0", "\x2b") SIX "\x04\0\0\xe0\0\x01!"),
     PROXY_CLIENT, SIX_WORDS},
    {"a checksum", BYTES(V2("\x21", "\x11", "\0", "\x13") FOUR "\x03\0\x04" CHECKSUM), PROXY_CLIENT,
     FOUR_WORDS},
};

/* "ADDRESS PORT" behind what is there. */
static void put_words(struct buf *b, const struct sockaddr_storage *address)
{
    char text[INET6_ADDRSTRLEN] = "?";
    unsigned port = 0;
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
        port = ntohs(v4->sin_port);
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
        inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
        port = ntohs(v6->sin6_port);
    }
    buf_putf(b, "%s%s %u", b->n == 0 ? "" : " ", text, port);
}

static void whole_headers_are_read(void **state)
{
    const struct whole_row *row = *state;
    assert_int_equal(proxy_read(row->in, &header), PROXY_DONE);
    assert_int_equal(header.size, row->in.n);
    assert_int_equal(header.caller, row->caller);
    if (row->words == NULL) {
        assert_int_equal(header.source.ss_family, AF_UNSPEC);
        assert_int_equal(header.destination.ss_family, AF_UNSPEC);
        return;
    }
    struct buf words;
    buf_init(&words, 256);
    put_words(&words, &header.source);
    put_words(&words, &header.destination);
    assert_string_equal(buf_str(&words), row->words);
    buf_fini(&words);
}

/* Without its last byte a header is waited for, and what follows it is not looked at. */
static void headers_end_where_they_end(void **state)
{
    const struct whole_row *row = *state;
    char in[PROXY_MAX + 64];
    for (size_t n = 0; n < row->in.n; n++)
        assert_int_equal(proxy_read(span_sub(row->in, 0, n), &header), PROXY_MORE);
    assert_true(row->in.n <= PROXY_MAX);
    memcpy(in, row->in.p, row->in.n);
    memset(in + row->in.n, '\x16', 64);
    assert_int_equal(proxy_read((struct span){in, row->in.n + 64}, &header), PROXY_DONE);
    assert_int_equal(header.size, row->in.n);
}

struct bad_row {
    const char *name;
    struct span in;
    const char *fault;
};

#define NONE     "no PROXY header"
#define WORDS    "not two addresses and two ports"
#define ADDRESS  "bad address"
#define PORT     "bad port"
#define LINE_END "a line end that is not CRLF"

static const struct bad_row bad_rows[] = {
    {"a ClientHello", BYTES("\x16\x03\x01\x02"), NONE},
    {"a request", BYTES("gemini://localhost/\r\n"), NONE},
    {"a word that begins like PROXY", BYTES("PROXIED"), NONE},
    {"PROXY in small letters", BYTES("proxy"), NONE},
    {"PROXY and a TAB", BYTES("PROXY\t"), NONE},
    {"PROXY alone in its line", BYTES("PROXY\r\n"), NONE},
    {"a blank before PROXY", BYTES(" PROXY TCP4"), NONE},
    {"a signature with one byte wrong", BYTES("\r\n\r\n\0\r\nQUIT\r"), NONE},
    {"an empty line", BYTES("\r\n\r\n\r\n"), NONE},

    {"two blanks", BYTES("PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n"), "unknown protocol"},
    {"TCP alone", BYTES("PROXY TCP 192.0.2.1 192.0.2.2 1 2\r\n"), "unknown protocol"},
    {"UDP4", BYTES("PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n"), "unknown protocol"},
    {"tcp4", BYTES("PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n"), "unknown protocol"},
    {"UNKNOWN in a longer word", BYTES("PROXY UNKNOWNS\r\n"), "unknown protocol"},
    {"no protocol", BYTES("PROXY \r\n"), "unknown protocol"},
    {"TCP4 and nothing behind it", BYTES("PROXY TCP4\r\n"), "unknown protocol"},
    {"TCP4 and a blank behind it", BYTES("PROXY TCP4 \r\n"), WORDS},
    {"one port", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"), WORDS},
    {"three ports", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n"), WORDS},
    {"a blank at the end", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n"), WORDS},
    {"two blanks between addresses", BYTES("PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n"), WORDS},
    {"an empty address", BYTES("PROXY TCP4  192.0.2.2 1 2\r\n"), ADDRESS},
    {"an address with a leading zero", BYTES("PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n"), ADDRESS},
    {"an address over 255", BYTES("PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n"), ADDRESS},
    {"an address of three numbers", BYTES("PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n"), ADDRESS},
    {"an address of five numbers", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2.2 1 2\r\n"), ADDRESS},
    {"an address as one number", BYTES("PROXY TCP4 3221225985 192.0.2.2 1 2\r\n"), ADDRESS},
    {"an address with a NUL", BYTES("PROXY TCP4 192.0.2.1\0 192.0.2.2 1 2\r\n"), ADDRESS},
    {"an address with a TAB", BYTES("PROXY TCP4 192.0.2.1\t 192.0.2.2 1 2\r\n"), ADDRESS},
    {"IPv6 in a line of IPv4", BYTES("PROXY TCP4 2001:db8::1 192.0.2.2 1 2\r\n"), ADDRESS},
    {"IPv4 in a line of IPv6", BYTES("PROXY TCP6 2001:db8::1 192.0.2.2 1 2\r\n"), ADDRESS},
    {"two double colons", BYTES("PROXY TCP6 2001::db8::1 ::1 1 2\r\n"), ADDRESS},
    {"five digits", BYTES("PROXY TCP6 02001:db8::1 ::1 1 2\r\n"), ADDRESS},
    {"seven groups", BYTES("PROXY TCP6 1:2:3:4:5:6:7 ::1 1 2\r\n"), ADDRESS},
    {"nine groups", BYTES("PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2\r\n"), ADDRESS},
    {"brackets", BYTES("PROXY TCP6 [2001:db8::1] ::1 1 2\r\n"), ADDRESS},
    {"an address with a zone", BYTES("PROXY TCP6 fe80::1%lo ::1 1 2\r\n"), ADDRESS},
    {"an address that is no end",
     BYTES("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ::1 1 2\r\n"), ADDRESS},
    {"a host name", BYTES("PROXY TCP4 localhost 192.0.2.2 1 2\r\n"), ADDRESS},
    {"a port over 65535", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n"), PORT},
    {"a port with a leading zero", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 02\r\n"), PORT},
    {"port 00", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 00 2\r\n"), PORT},
    {"a port with a sign", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n"), PORT},
    {"a port below 0", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n"), PORT},
    {"a port in hexadecimal", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 0x1 2\r\n"), PORT},
    {"an empty port", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2  2\r\n"), PORT},
    {"a port with a NUL", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\0\r\n"), PORT},
    {"a port over all ranges", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 4294967297 2\r\n"), PORT},
    {"a line that ends in LF", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n"), LINE_END},
    {"a line that ends in CR", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rg"), LINE_END},
    {"CR CR LF", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\r\n"), LINE_END},
    {"an unknown line that ends in LF", BYTES("PROXY UNKNOWN\n"), LINE_END},

    {"version 1 in bytes", BYTES("\r\n\r\n\0\r\nQUIT\n\x11"), "unknown version"},
    {"version 3 in bytes", BYTES("\r\n\r\n\0\r\nQUIT\n\x31"), "unknown version"},
    {"command 2", BYTES("\r\n\r\n\0\r\nQUIT\n\x22"), "unknown command"},
    {"command 15", BYTES("\r\n\r\n\0\r\nQUIT\n\x2f"), "unknown command"},
    {"family 4", BYTES("\r\n\r\n\0\r\nQUIT\n\x21\x41"), "unknown protocol"},
    {"protocol 3", BYTES("\r\n\r\n\0\r\nQUIT\n\x21\x13"), "unknown protocol"},
    {"eleven bytes of IPv4", BYTES(V2("\x21", "\x11", "\0", "\x0b")), "too short"},
    {"thirty-five bytes of IPv6", BYTES(V2("\x21", "\x21", "\0", "\x23")), "too short"},
    {"no bytes of IPv4", BYTES(V2("\x21", "\x11", "\0", "\0")), "too short"},
    {"no bytes of UDP", BYTES(V2("\x21", "\x12", "\0", "\0")), "too short"},
    {"two bytes of UNIX", BYTES(V2("\x21", "\x31", "\0", "\x02")), "too short"},
    {"521 bytes", BYTES(V2("\x21", "\x11", "\x02", "\x09")), "too long"},
    {"65535 bytes", BYTES(V2("\x20", "\0", "\xff", "\xff")), "too long"},
    {"a TLV without its length", BYTES(V2("\x21", "\x11", "\0", "\x0e") FOUR "\x04\0"), "cut"},
    {"a TLV that goes on", BYTES(V2("\x21", "\x11", "\0", "\x10") FOUR "\x04\0\x02!"), "cut"},
    {"a TLV that goes on and on", BYTES(V2("\x21", "\x11", "\0", "\x10") FOUR "\x04\xff\xff!"),
     "cut"},
    {"a wrong checksum", BYTES(V2("\x21", "\x11", "\0", "\x13") FOUR "\x03\0\x04\0\0\0\0"),
     "bad checksum"},
    {"a checksum of three bytes", BYTES(V2("\x21", "\x11", "\0", "\x12") FOUR "\x03\0\x03\0\0\0"),
     "bad checksum"},
};

static void bad_headers_are_told(void **state)
{
    const struct bad_row *row = *state;
    assert_int_equal(proxy_read(row->in, &header), PROXY_BAD);
    assert_contains(header.fault, row->fault);
    if (strcmp(row->fault, NONE) != 0)
        assert_true(span_starts(span_of(header.fault), SPAN("bad PROXY header: ")));
}

static void a_line_has_107_bytes_and_no_more(void **state)
{
    (void)state;
    char in[256];
    memset(in, 'x', sizeof in);
    memcpy(in, "PROXY UNKNOWN ", 14);
    assert_int_equal(proxy_read((struct span){in, 106}, &header), PROXY_MORE);
    assert_int_equal(proxy_read((struct span){in, 107}, &header), PROXY_BAD);
    assert_contains(header.fault, "too long");
    in[106] = '\r'; /* the 107th: no LF can follow in time */
    in[107] = '\n';
    assert_int_equal(proxy_read((struct span){in, 107}, &header), PROXY_BAD);
    assert_int_equal(proxy_read((struct span){in, 108}, &header), PROXY_BAD);
    in[105] = '\r';
    in[106] = '\n';
    assert_int_equal(proxy_read((struct span){in, 106}, &header), PROXY_MORE);
    assert_int_equal(proxy_read((struct span){in, 107}, &header), PROXY_DONE);
    assert_int_equal(header.size, 107);
}

static void a_header_of_536_bytes_is_taken(void **state)
{
    (void)state;
    char in[PROXY_MAX] = V2("\x21", "\x11", "\x02", "\x08") FOUR "\x04\x01\xf9";
    assert_int_equal(proxy_read((struct span){in, sizeof in - 1}, &header), PROXY_MORE);
    assert_int_equal(proxy_read((struct span){in, sizeof in}, &header), PROXY_DONE);
    assert_int_equal(header.size, 536);
    assert_int_equal(header.caller, PROXY_CLIENT);
}

static void sockets_of_unix_have_no_address(void **state)
{
    (void)state;
    char in[16 + 216 + 3] = V2("\x21", "\x31", "\0", "\xdb") "/run/gemini";
    memcpy(in + 16 + 216, "\x04\0\0", 3);
    assert_int_equal(proxy_read((struct span){in, sizeof in - 1}, &header), PROXY_MORE);
    assert_int_equal(proxy_read((struct span){in, sizeof in}, &header), PROXY_DONE);
    assert_int_equal(header.size, sizeof in);
    assert_int_equal(header.caller, PROXY_UNKNOWN);
}

/* A checksum covers every byte of the header. */
static void one_wrong_bit_breaks_the_checksum(void **state)
{
    (void)state;
    static const char whole[] = V2("\x21", "\x11", "\0", "\x13") FOUR "\x03\0\x04" CHECKSUM;
    for (size_t i = 16; i < sizeof whole - 1; i++) {
        char in[sizeof whole];
        memcpy(in, whole, sizeof whole);
        in[i] ^= 1;
        enum proxy_state found = proxy_read((struct span){in, sizeof whole - 1}, &header);
        if (i != 28) /* the TLV's type: now it is another one */
            assert_int_equal(found, PROXY_BAD);
    }
}

int main(void)
{
    static struct suite s = {0};
    SUITE_ROWS(&s, whole_headers_are_read, whole_rows);
    SUITE_ROWS(&s, headers_end_where_they_end, whole_rows);
    SUITE_ROWS(&s, bad_headers_are_told, bad_rows);
    SUITE_TEST(&s, a_line_has_107_bytes_and_no_more);
    SUITE_TEST(&s, a_header_of_536_bytes_is_taken);
    SUITE_TEST(&s, sockets_of_unix_have_no_address);
    SUITE_TEST(&s, one_wrong_bit_breaks_the_checksum);
    return suite_run(&s, "protocol/proxy");
}
