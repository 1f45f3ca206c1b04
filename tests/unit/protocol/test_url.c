#include "protocol/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Bytes of a literal, so that a NUL in it counts. */
#define BYTES(literal) {(literal), sizeof(literal) - 1}

struct url_case {
    struct span in;
    const char *host;
    const char *path;
    const char *query; /* NULL for none */
    uint32_t port;     /* 0 for none */
};

static const struct url_case url_good[] = {
    {BYTES("gemini://localhost/"), "localhost", "/", NULL, 0},
    {BYTES("gemini://localhost"), "localhost", "", NULL, 0},
    {BYTES("GEMINI://LocalHost/A"), "LocalHost", "/A", NULL, 0},
    {BYTES("gemini://localhost:1965/a"), "localhost", "/a", NULL, 1965},
    {BYTES("gemini://localhost:/a"), "localhost", "/a", NULL, 0},
    {BYTES("gemini://localhost:65535/"), "localhost", "/", NULL, 65535},
    {BYTES("gemini://localhost?q=1"), "localhost", "", "q=1", 0},
    {BYTES("gemini://localhost/?"), "localhost", "/", "", 0},
    {BYTES("gemini://localhost/a?b?c/d"), "localhost", "/a", "b?c/d", 0},
    {BYTES("gemini://[::1]:1965/"), "::1", "/", NULL, 1965},
    {BYTES("gemini://[v1.a:b]/"), "v1.a:b", "/", NULL, 0},
    {BYTES("gemini://127.0.0.1/x"), "127.0.0.1", "/x", NULL, 0},
    {BYTES("gemini://localhost//x"), "localhost", "//x", NULL, 0},
    {BYTES("gemini://localhost/a%20b%2Fc"), "localhost", "/a%20b%2Fc", NULL, 0},
    {BYTES("gemini://localhost/!$&'()*+,;=:@-._~"), "localhost", "/!$&'()*+,;=:@-._~", NULL, 0},
};

static const struct span url_bad[] = {
    BYTES(""),
    BYTES("/"),
    BYTES("//localhost/"),
    BYTES("localhost/x"),
    BYTES("hello"),
    BYTES("gemini:"),
    BYTES("gemini:/x"),
    BYTES("gemini:x"),
    BYTES("gemini://"),
    BYTES("gemini:///x"),
    BYTES("gemini://:1965/"),
    BYTES("gemini://?q"),
    BYTES("GET / HTTP/1.1"),
    BYTES("https://[::1/"),
    BYTES("https://::1]/"),
    BYTES("https://us[er@localhost/"),
    BYTES("https://user@me@localhost/"),
    BYTES("https://localhost/a[1]"),
    BYTES("https://localhost/?a[1]"),
    BYTES("https://localhost:port/"),
    BYTES("https://localhost:65536/"),
    BYTES("mailto:jo@[::1]"),
    BYTES(" gemini://localhost/"),
    BYTES("gemini://localhost/ "),
    BYTES("gemini://user@localhost/"),
    BYTES("gemini://@localhost/"),
    BYTES("gemini://user:secret@localhost/"),
    BYTES("gemini://localhost/#"),
    BYTES("gemini://localhost/a#b"),
    BYTES("gemini://localhost#"),
    BYTES("gemini://localhost:99999/"),
    BYTES("gemini://localhost:65536/"),
    BYTES("gemini://localhost:18446744073709553581/"),
    BYTES("gemini://localhost:-1/"),
    BYTES("gemini://localhost:19a/"),
    BYTES("gemini://localhost:1965:1965/"),
    BYTES("gemini://[::1/"),
    BYTES("gemini://::1]/"),
    BYTES("gemini://[]/"),
    BYTES("gemini://[localhost]/"),
    BYTES("gemini://[::1]x/"),
    BYTES("gemini://[1::2::3]/"),
    BYTES("gemini://lo[cal/"),
    BYTES("gemini://localhost/[a]"),
    BYTES("gemini://localhost/a b"),
    BYTES("gemini://localhost/a\tb"),
    BYTES("gemini://localhost/a\0b"),
    BYTES("gemini://localhost/\x7f"),
    BYTES("gemini://localhost/\""),
    BYTES("gemini://localhost/<>"),
    BYTES("gemini://localhost/\\"),
    BYTES("gemini://localhost/^"),
    BYTES("gemini://localhost/`"),
    BYTES("gemini://localhost/{|}"),
    BYTES("gemini://localhost/\xc3\xa4"),
    BYTES("gemini://b\xc3\xbc"
          "cher.example/"),
    BYTES("\xef\xbb\xbfgemini://localhost/"),
    BYTES("gemini://localhost/%"),
    BYTES("gemini://localhost/%4"),
    BYTES("gemini://localhost/%4g"),
    BYTES("gemini://localhost/%zz"),
    BYTES("gemini://localhost/?%"),
};

static void assert_span(struct span got, const char *expected)
{
    assert_int_equal(got.n, strlen(expected));
    assert_memory_equal(got.p, expected, got.n);
}

static void splits_good_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof url_good / sizeof url_good[0]; i++) {
        const struct url_case *c = &url_good[i];
        struct url url;
        struct error e = {0};
        if (url_parse(c->in, &url, &e) != ST_OK)
            fail_msg("%s: %s", c->in.p, e.message);
        assert_span(url.host, c->host);
        assert_span(url.path, c->path);
        assert_int_equal(url.has_query, c->query != NULL);
        if (c->query != NULL)
            assert_span(url.query, c->query);
        assert_int_equal(url.has_port, c->port != 0);
        assert_int_equal(url.port, c->port);
    }
}

static void refuses_bad_requests_with_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof url_bad / sizeof url_bad[0]; i++) {
        struct url url;
        struct error e = {0};
        if (url_parse(url_bad[i], &url, &e) != ST_SYNTAX)
            fail_msg("taken: %s", url_bad[i].p);
        assert_true(strlen(e.message) > 10);
    }
}

static void takes_other_schemes_for_well_formed(void **state)
{
    (void)state;
    static const char *const others[] = {"https://localhost/",
                                         "mailto:jo@news.example",
                                         "titan://localhost/x;size=3;mime=text/plain",
                                         "localhost:1965/x",
                                         "x-y+z.1:whatever",
                                         "https://jo:word@localhost/",
                                         "https://[::1]:443/",
                                         "file:///etc/passwd",
                                         "https://:443/",
                                         "urn:a:b",
                                         "x:"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        struct url url;
        assert_int_equal(url_parse(span_of(others[i]), &url, NULL), ST_OK);
        assert_false(span_eq_nocase(url.scheme, SPAN("gemini")));
    }
}

static void takes_a_thousand_byte_name(void **state)
{
    (void)state;
    char line[1025] = "gemini://localhost/";
    memset(line + 19, 'a', 1005);
    struct url url;
    assert_int_equal(url_parse((struct span){line, 1024}, &url, NULL), ST_OK);
    assert_int_equal(url.path.n, 1006);
}

static const char *const url_paths[][2] = {
    {"", "/"},
    {"/", "/"},
    {"/a", "/a"},
    {"/a/", "/a/"},
    {"/a/b/c", "/a/b/c"},
    {"/%41", "/A"},
    {"/%2541", "/%2541"},
    {"/%7Ejo", "/~jo"},
    {"/~jo", "/~jo"},
    {"/a+b", "/a+b"},
    {"/a%2Bb", "/a+b"},
    {"/a%2fb", "/a%2Fb"},
    {"/a%2Fb", "/a%2Fb"},
    {"/a%00b", "/a%00b"},
    {"/a%20b", "/a%20b"},
    {"/%ff", "/%FF"},
    {"/%c3%a4", "/%C3%A4"},
    {"/%3f", "/%3F"},
    {"/%23", "/%23"},
    {"/.", "/"},
    {"/..", "/"},
    {"/../..", "/"},
    {"/../a", "/a"},
    {"/a/..", "/"},
    {"/a/../", "/"},
    {"/a/../b", "/b"},
    {"/a/b/../c", "/a/c"},
    {"/a/./b", "/a/b"},
    {"/a/.", "/a/"},
    {"/a/b/..", "/a/"},
    {"/%2e%2e/%2E%2E/etc/passwd", "/etc/passwd"},
    {"/a/%2e/b", "/a/b"},
    {"/.%2e/a", "/a"},
    {"/...", "/..."},
    {"/..a", "/..a"},
    {"//", "//"},
    {"//a", "//a"},
    {"/a//b", "/a//b"},
    {"/a//../b", "/a/b"},
    {"//..", "/"},
    {"/a;x=1/../b", "/b"},
};

static void makes_paths_canonical(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof url_paths / sizeof url_paths[0]; i++) {
        struct buf out;
        buf_init(&out, 256);
        buf_puts(&out, "kept");
        url_canonical_path(span_of(url_paths[i][0]), &out);
        assert_string_equal(buf_str(&out) + 4, url_paths[i][1]);
        buf_fini(&out);
    }
}

static void escapes_file_names_for_links(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 256);
    url_escape_segment(SPAN("a b/c%\n\xc3\xa4?#[]~"), &out);
    assert_string_equal(buf_str(&out), "a%20b%2Fc%25%0A%C3%A4%3F%23%5B%5D~");
    buf_fini(&out);
}

static void compares_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *url, *name;
        bool same;
    } cases[] = {
        {"gemini://LocalHost/", "localhost", true},
        {"gemini://localhost./", "localhost", true},
        {"gemini://localhost/", "localhost.", true},
        {"gemini://%6cocalhost/", "localhost", true},
        {"gemini://localhost../", "localhost", false},
        {"gemini://localhost%00/", "localhost", false},
        {"gemini://localhos/", "localhost", false},
        {"gemini://localhost2/", "localhost", false},
        {"gemini://[::1]/", "::1", true},
        {"gemini://[0:0::1]/", "[::1]", true},
        {"gemini://[::2]/", "::1", false},
        {"gemini://[::1]/", "localhost", false},
        {"gemini://127.0.0.1/", "127.0.0.1", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct url url;
        assert_int_equal(url_parse(span_of(cases[i].url), &url, NULL), ST_OK);
        if (url_host_is(&url, span_of(cases[i].name)) != cases[i].same)
            fail_msg("%s and %s", cases[i].url, cases[i].name);
    }
}

static void dot_segments_are_seen(void **state)
{
    (void)state;
    static const char *const with[] = {".",      "..",      "/..",    "/a/.",         "/a/../b",
                                       "/%2e/b", "/%2E%2e", "./a",    "gemini://h/.", "/a//..",
                                       "..//",   ".%2e",    "/a/./b", "a/.."};
    static const char *const without[] = {"",        "/",      "//",    "/a",  "/...", "/a.",
                                          "/..a/.b", "/%252e", "/.%2F", "a..", "/. ",  "/..%00"};
    for (size_t i = 0; i < sizeof with / sizeof with[0]; i++)
        assert_true(url_has_dot_segment(span_of(with[i])));
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        assert_false(url_has_dot_segment(span_of(without[i])));
    assert_false(url_has_dot_segment((struct span){NULL, 0}));
}

static void respells_segments(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"", ""},         {"a", "a"},           {"%61", "a"},         {"%2541", "%2541"},
        {"/?", "%2F%3F"}, {"%2f%3f", "%2F%3F"}, {"%0d%0a", "%0D%0A"}, {"%00", "%00"},
        {"a+b", "a+b"},   {"%c3%a9", "%C3%A9"}, {"a=b&c", "a=b&c"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out;
        buf_init(&out, 64);
        url_respell_segment(span_of(rows[i][0]), &out);
        assert_string_equal(buf_str(&out), rows[i][1]);
        buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_good_requests),
        cmocka_unit_test(refuses_bad_requests_with_a_sentence),
        cmocka_unit_test(takes_other_schemes_for_well_formed),
        cmocka_unit_test(takes_a_thousand_byte_name),
        cmocka_unit_test(makes_paths_canonical),
        cmocka_unit_test(dot_segments_are_seen),
        cmocka_unit_test(respells_segments),
        cmocka_unit_test(escapes_file_names_for_links),
        cmocka_unit_test(compares_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
