#include "net/prefix.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "../support.h"

static struct prefix prefix;
static struct error error;

struct has_row {
    const char *name, *prefix, *address;
    bool has;
};

static const struct has_row has_rows[] = {
    {"an address has itself", "192.0.2.7", "192.0.2.7", true},
    {"an address has no other", "192.0.2.7", "192.0.2.6", false},
    {"32 bits are an address", "192.0.2.7/32", "192.0.2.7", true},
    {"31 bits are two addresses", "192.0.2.6/31", "192.0.2.7", true},
    {"31 bits are not three", "192.0.2.6/31", "192.0.2.8", false},
    {"the first of 24 bits", "192.0.2.0/24", "192.0.2.0", true},
    {"the last of 24 bits", "192.0.2.0/24", "192.0.2.255", true},
    {"the one behind 24 bits", "192.0.2.0/24", "192.0.3.0", false},
    {"the last of 12 bits", "172.16.0.0/12", "172.31.255.255", true},
    {"the one behind 12 bits", "172.16.0.0/12", "172.32.0.0", false},
    {"no bits have all", "0.0.0.0/0", "255.255.255.255", true},
    {"no bits of IPv4 have no IPv6", "0.0.0.0/0", "::1", false},
    {"no bits of IPv6 have all", "::/0", "2001:db8::1", true},
    {"no bits of IPv6 have no IPv4", "::/0", "192.0.2.7", false},
    {"no bits of IPv6 have no mapped IPv4", "::/0", "::ffff:192.0.2.7", false},
    {"an IPv6 address has itself", "::1", "0:0:0:0:0:0:0:1", true},
    {"an IPv6 address has no other", "::1", "::2", false},
    {"128 bits are an address", "2001:db8::7/128", "2001:db8::6", false},
    {"the last of 33 bits", "2001:db8::/33", "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff", true},
    {"the one behind 33 bits", "2001:db8::/33", "2001:db8:8000::", false},
    {"a mapped peer is one of IPv4", "127.0.0.1", "::ffff:127.0.0.1", true},
    {"another mapped peer is another", "127.0.0.1", "::ffff:127.0.0.2", false},
    {"a mapped address is one of IPv4", "::ffff:127.0.0.1", "127.0.0.1", true},
    {"a mapped range is one of IPv4", "::ffff:10.0.0.0/104", "10.255.0.1", true},
    {"a mapped range ends", "::ffff:10.0.0.0/104", "::ffff:11.0.0.1", false},
    {"an address in IPv6 that only looks like IPv4", "::127.0.0.1", "127.0.0.1", false},
};

static void ranges_have_addresses(void **state)
{
    const struct has_row *row = *state;
    struct sockaddr_storage address = {0};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(1965)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(1965)};
    if (inet_pton(AF_INET, row->address, &v4.sin_addr) == 1)
        memcpy(&address, &v4, sizeof v4);
    else if (inet_pton(AF_INET6, row->address, &v6.sin6_addr) == 1)
        memcpy(&address, &v6, sizeof v6);
    assert_status(prefix_parse(row->prefix, &prefix, &error), ST_OK, &error);
    assert_int_equal(prefix_has(&prefix, &address), row->has);
}

static void what_is_no_address_is_in_no_range(void **state)
{
    (void)state;
    struct sockaddr_storage nothing = {.ss_family = AF_UNIX};
    assert_status(prefix_parse("0.0.0.0/0", &prefix, &error), ST_OK, &error);
    assert_false(prefix_has(&prefix, &nothing));
    assert_status(prefix_parse("::/0", &prefix, &error), ST_OK, &error);
    assert_false(prefix_has(&prefix, &nothing));
}

struct bad_row {
    const char *name, *text, *cause;
};

static const struct bad_row bad_rows[] = {
    {"nothing", "", "not an IP address"},
    {"bits alone", "/8", "not an IP address"},
    {"a host name", "localhost", "not an IP address"},
    {"a port", "127.0.0.1:1965", "not an IP address"},
    {"brackets", "[::1]", "not an IP address"},
    {"a blank", " 127.0.0.1", "not an IP address"},
    {"three numbers", "10.0.0", "not an IP address"},
    {"a star", "10.0.0.*", "not an IP address"},
    {"a zone", "fe80::1%lo", "not an IP address"},
    {"a long address", "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111", "not an IP address"},
    {"33 bits", "10.0.0.0/33", "not a number of bits from 0 to 32"},
    {"129 bits", "::/129", "not a number of bits from 0 to 128"},
    {"a mask", "10.0.0.0/255.0.0.0", "not a number of bits"},
    {"no bits behind the slash", "10.0.0.0/", "not a number of bits"},
    {"bits with a sign", "10.0.0.0/+8", "not a number of bits"},
    {"bits with a leading zero", "10.0.0.0/08", "not a number of bits"},
    {"bits over all ranges", "10.0.0.0/4294967304", "not a number of bits"},
    {"two slashes", "10.0.0.0/8/8", "not a number of bits"},
    {"an address in a range", "10.0.0.1/8", "goes on behind the first 8 bits"},
    {"an IPv6 address in a range", "2001:db8::1/64", "goes on behind the first 64 bits"},
    {"a bit behind the bits", "10.128.0.0/8", "goes on behind the first 8 bits"},
};

static void bad_ranges_are_named(void **state)
{
    const struct bad_row *row = *state;
    assert_status(prefix_parse(row->text, &prefix, &error), ST_SYNTAX, &error);
    assert_contains(error.message, row->text);
    assert_contains(error.message, row->cause);
}

int main(void)
{
    static struct suite s = {0};
    SUITE_ROWS(&s, ranges_have_addresses, has_rows);
    SUITE_TEST(&s, what_is_no_address_is_in_no_range);
    SUITE_ROWS(&s, bad_ranges_are_named, bad_rows);
    return suite_run(&s, "net/prefix");
}
