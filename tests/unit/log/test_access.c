#include "log/access.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "../support.h"
#include "log/log.h"

static const struct sockaddr *address_of(const char *text)
{
    static struct sockaddr_storage out;
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(40000)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(40000)};
    memset(&out, 0, sizeof out);
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        memcpy(&out, &v4, sizeof v4);
    else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        memcpy(&out, &v6, sizeof v6);
    return (const struct sockaddr *)&out;
}

struct address_row {
    const char *name, *client;
    const char *cut, *whole;
};

static const struct address_row address_rows[] = {
    {"an IPv4 address", "192.0.2.77", "192.0.2.0/24", "192.0.2.77"},
    {"an IPv4 network", "10.20.30.0", "10.20.30.0/24", "10.20.30.0"},
    {"the highest IPv4 address", "255.255.255.255", "255.255.255.0/24", "255.255.255.255"},
    {"an IPv4 address that is mapped", "::ffff:192.0.2.77", "192.0.2.0/24", "192.0.2.77"},
    {"an IPv6 address", "2001:db8:1:2:3:4:5:6", "2001:db8:1::/48", "2001:db8:1:2:3:4:5:6"},
    {"the highest IPv6 address", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff::/48",
     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    {"the IPv6 loopback", "::1", "::/48", "::1"},
    {"no internet address", "", "-", "-"},
};

static void check_address(const char *client, const char *expected)
{
    struct access a = {.client = address_of(client), .tls = "-", .reason = "done"};
    char line[128];
    snprintf(line, sizeof line, "broadsheet: %s - - - 0 0B 0ms - done\n", expected);
    stderr_forget();
    access_log(&a);
    assert_string_equal(stderr_text(), line);
}

static void addresses_are_told_as_wanted(void **state)
{
    const struct address_row *row = *state;
    check_address(row->client, row->cut);
    access_tell_addresses(ACCESS_WHOLE);
    check_address(row->client, row->whole);
    access_tell_addresses(ACCESS_NONE);
    check_address(row->client, "-");
    access_tell_addresses(ACCESS_CUT);
    check_address(row->client, row->cut);
}

struct how_row {
    const char *name;
    enum status status;
    enum access_addresses how;
};

static const struct how_row how_rows[] = {
    {"cut", ST_OK, ACCESS_CUT},  {"whole", ST_OK, ACCESS_WHOLE},   {"none", ST_OK, ACCESS_NONE},
    {"", ST_SYNTAX, ACCESS_CUT}, {"Whole", ST_SYNTAX, ACCESS_CUT}, {"cut ", ST_SYNTAX, ACCESS_CUT},
};

static void wishes_are_found_by_name(void **state)
{
    const struct how_row *row = *state;
    enum access_addresses how = ACCESS_CUT;
    struct error e;
    enum status status = access_addresses_find(row->name, &how, &e);
    assert_status(status, row->status, &e);
    assert_int_equal(how, row->how);
    if (status != ST_OK)
        assert_contains(e.message, "not cut, whole or none");
}

static void a_request_is_one_line(void **state)
{
    (void)state;
    struct access a = {
        .client = address_of("192.0.2.1"),
        .host = SPAN("example.org"),
        .path = SPAN("/articles/one"),
        .status = 20,
        .bytes = UINT64_C(5000000000),
        .ms = 12,
        .tls = "TLSv1.3",
        .resumed = true,
        .reason = "done",
    };
    access_log(&a);
    assert_string_equal(stderr_text(), "broadsheet: 192.0.2.0/24 - example.org /articles/one 20 "
                                       "5000000000B 12ms TLSv1.3 resumed done\n");
}

static void a_full_handshake_is_not_called_resumed(void **state)
{
    (void)state;
    struct access a = {.client = address_of("::1"),
                       .host = SPAN("h"),
                       .path = SPAN("/"),
                       .status = 51,
                       .tls = "TLSv1.2",
                       .reason = "client closed"};
    access_log(&a);
    assert_string_equal(stderr_text(), "broadsheet: ::/48 - h / 51 0B 0ms TLSv1.2 client closed\n");
}

static void a_certificate_is_told_whole(void **state)
{
    (void)state;
    unsigned char print[ACCESS_PRINT];
    for (size_t i = 0; i < sizeof print; i++)
        print[i] = (unsigned char)(0xf0 + i);
    struct access a = {.client = address_of("::1"),
                       .certificate = print,
                       .host = SPAN("h"),
                       .path = SPAN("/"),
                       .status = 20,
                       .tls = "TLSv1.2",
                       .reason = "done"};
    access_log(&a);
    assert_string_equal(stderr_text(),
                        "broadsheet: ::/48 SHA256:"
                        "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff000102030405060708090a0b0c0d0e0f"
                        " h / 20 0B 0ms TLSv1.2 done\n");
}

/* A URL without a host, of another scheme, must not take a column away. */
static void no_host_is_told_as_such(void **state)
{
    (void)state;
    struct access a = {.client = address_of("192.0.2.1"),
                       .host = {"", 0},
                       .path = SPAN("/"),
                       .status = 53,
                       .tls = "-",
                       .reason = "done"};
    access_log(&a);
    assert_contains(stderr_text(), "192.0.2.0/24 - - / 53 0B");
}

struct path_row {
    const char *name;
    struct span path;
    const char *expected;
};

static const struct path_row path_rows[] = {
    {"a path stands as it is", BYTES("/a%20b?"), "h /a%20b? 20"},
    {"a path cannot end its line", BYTES("/a\r\n203.0.113.0/24 h /b"),
     "h /a\\x0D\\x0A203.0.113.0/24 h /b 20"},
    {"a path cannot reach the terminal", BYTES("/\x1b]0;x\x07"), "h /\\x1B]0;x\\x07 20"},
    {"a path cannot write an escape of its own", BYTES("/\\x0A"), "h /\\x5Cx0A 20"},
    {"a path may be bytes that are no text", BYTES("/\377\376"), "h /\\xFF\\xFE 20"},
    {"a path is no format", BYTES("/%s%n%d"), "h /%s%n%d 20"},
};

static void hostile_paths_do_no_harm(void **state)
{
    const struct path_row *row = *state;
    struct access a = {.client = address_of("192.0.2.1"),
                       .host = SPAN("h"),
                       .path = row->path,
                       .status = 20,
                       .tls = "-",
                       .reason = "done"};
    access_log(&a);
    const char *line = stderr_text();
    assert_contains(line, row->expected);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void the_longest_path_leaves_room_for_the_rest(void **state)
{
    (void)state;
    char path[1024]; /* more than fits into a request with its scheme and host */
    memset(path, 'p', sizeof path);
    struct access a = {.client = address_of("192.0.2.1"),
                       .host = SPAN("h"),
                       .path = {path, sizeof path},
                       .status = 51,
                       .tls = "-",
                       .reason = "the reason"};
    access_log(&a);
    assert_contains(stderr_text(), " h pppp");
    assert_contains(stderr_text(), "pppp 51 0B 0ms - the reason\n");
}

static uint64_t no_time(void)
{
    return 1;
}

struct limit_row {
    const char *name;
    int status;
    bool refused;
    unsigned lines; /* of three, when one of a kind may be written */
};

static const struct limit_row limit_rows[] = {
    {"answers are all told", 20, false, 3},
    {"bad requests are answers", 59, false, 3},
    {"connections without a request are a kind", 0, false, 1},
    {"answers that are a limit are a kind", 44, true, 1},
};

static void only_what_is_no_answer_is_limited(void **state)
{
    const struct limit_row *row = *state;
    struct access a = {.client = address_of("192.0.2.1"),
                       .status = row->status,
                       .refused = row->refused,
                       .tls = "-",
                       .reason = "the reason"};
    log_limit(1, no_time);
    for (int i = 0; i < 3; i++)
        access_log(&a);
    unsigned lines = 0;
    for (const char *at = stderr_text(); (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    log_limit(0, NULL);
    assert_int_equal(lines, row->lines);
    if (row->lines < 3)
        assert_contains(stderr_text(), "2 more lines like \"the reason\"");
}

int main(void)
{
    static struct suite s = {.setup = stderr_catch, .teardown = stderr_release};
    log_init(NULL);
    SUITE_ROWS(&s, addresses_are_told_as_wanted, address_rows);
    SUITE_ROWS(&s, wishes_are_found_by_name, how_rows);
    SUITE_TEST(&s, a_request_is_one_line);
    SUITE_TEST(&s, a_full_handshake_is_not_called_resumed);
    SUITE_TEST(&s, a_certificate_is_told_whole);
    SUITE_TEST(&s, no_host_is_told_as_such);
    SUITE_ROWS(&s, hostile_paths_do_no_harm, path_rows);
    SUITE_TEST(&s, the_longest_path_leaves_room_for_the_rest);
    SUITE_ROWS(&s, only_what_is_no_answer_is_limited, limit_rows);
    return suite_run(&s, "log/access");
}
