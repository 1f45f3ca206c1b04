#include "article/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The URL that href becomes, or "-" when it is no link; the caller frees it. */
static char *resolved(struct span href, const char *base, enum link_relative relative)
{
    struct buf out;
    buf_init(&out, (size_t)2 * LINK_URL_MAX);
    buf_puts(&out, "=> ");
    bool good = link_resolve(href, span_of(base), relative, &out);
    assert_int_equal(buf_status(&out), ST_OK);
    assert_memory_equal(buf_str(&out), "=> ", 3);
    if (!good)
        assert_int_equal(out.n, 3);
    char *copy = strdup(good ? buf_str(&out) + 3 : "-");
    assert_non_null(copy);
    buf_fini(&out);
    return copy;
}

struct link_case {
    const char *href, *url;
};

static void check(const struct link_case *cases, size_t count, const char *base,
                  enum link_relative relative)
{
    for (size_t i = 0; i < count; i++) {
        char *url = resolved(span_of(cases[i].href), base, relative);
        assert_string_equal(url, cases[i].url);
        free(url);
    }
}

#define CHECK(cases, base, relative) check(cases, sizeof cases / sizeof cases[0], base, relative)

static void keeps_the_spelling_of_absolute_urls(void **state)
{
    (void)state;
    static const struct link_case cases[] = {
        {"https://example.org", "https://example.org"},
        {"https://example.org/", "https://example.org/"},
        {"HTTPS://Example.ORG/A/../b/./c", "https://Example.ORG/A/../b/./c"},
        {"http://user:word@example.org:8080/a;b=1?c=d&e=/?#f", "http://user:word@example.org:8080/"
                                                               "a;b=1?c=d&e=/?#f"},
        {"gemini://example.org:/x", "gemini://example.org:/x"},
        {"gopher://example.org/0/x", "gopher://example.org/0/x"},
        {"spartan://example.org/x", "spartan://example.org/x"},
        {"finger://example.org/user", "finger://example.org/user"},
        {"https://[2001:db8::1]:443/x", "https://[2001:db8::1]:443/x"},
        {"MailTo:a@example.org?subject=b", "mailto:a@example.org?subject=b"},
        {"mailto:?to=a@example.org", "mailto:?to=a@example.org"},
        {"tel:+49-30-1234567", "tel:+49-30-1234567"},
        {"//example.org/x", "https://example.org/x"},
        {"//example.org", "https://example.org"},
    };
    CHECK(cases, NULL, LINK_RELATIVE_DROP);
    CHECK(cases, NULL, LINK_RELATIVE_KEEP);
    CHECK(cases, "https://other.example/a/b", LINK_RELATIVE_DROP);
}

static void escapes_what_may_not_stand_in_a_uri(void **state)
{
    (void)state;
    static const struct link_case cases[] = {
        {" \n https://example.org/a \t", "https://example.org/a"},
        {"https://example.org/a\n   b\tc\r\nd", "https://example.org/a%20%20%20bcd"},
        {"ht\ntps://example.org/", "https://example.org/"},
        {"https://example.org/a b\"c'd<e>f\\g^h`i{j|k}l",
         "https://example.org/a%20b%22c'd%3Ce%3Ef%5Cg%5Eh%60i%7Bj%7Ck%7Dl"},
        {"https://example.org/\x01\x1f\x7f/", "https://example.org/%01%1F%7F/"},
        {"https://example.org/%41%e4%zz%4", "https://example.org/%41%e4%25zz%254"},
        {"https://example.org/100%", "https://example.org/100%25"},
        {"https://example.org/a[1]?b[]=[2]#[3]", "https://example.org/a%5B1%5D?b%5B%5D=%5B2%5D#%5B3"
                                                 "%5D"},
        {"https://example.org/#a#b", "https://example.org/#a%23b"},
        {"https://example.org/caf\xc3\xa9?\xe4\xb8\xad", "https://example.org/caf%C3%A9?%E4%B8%AD"},
        {"https://m\xc3\xbcnchen.example/", "https://m%C3%BCnchen.example/"},
        {"https://example.org/\xff\xfe", "https://example.org/%FF%FE"},
        {"mailto:A B <a@example.org>", "mailto:A%20B%20%3Ca@example.org%3E"},
    };
    CHECK(cases, NULL, LINK_RELATIVE_DROP);
}

static void takes_bytes_that_are_zero(void **state)
{
    (void)state;
    char *url = resolved(SPAN("\0https://example.org/a\0b\0"), NULL, LINK_RELATIVE_DROP);
    assert_string_equal(url, "https://example.org/a%00b");
    free(url);
}

static void refuses_what_is_no_link(void **state)
{
    (void)state;
    static const struct link_case cases[] = {
        {"", "-"},
        {" \t\n", "-"},
        {"#", "-"},
        {"#part", "-"},
        {"javascript:alert(1)", "-"},
        {"JavaScript:alert(1)", "-"},
        {"java\nscript:alert(1)", "-"},
        {"\x01javascript:alert(1)", "-"},
        {"vbscript:x", "-"},
        {"data:text/html,x", "-"},
        {"file:///etc/passwd", "-"},
        {"foo:bar", "-"},
        {"C:\\folder\\file", "-"},
        {"1a:b", "-"},
        {":b", "-"},
        {"https:", "-"},
        {"https:/example.org/", "-"},
        {"https:example.org", "-"},
        {"https:\\\\example.org\\", "-"},
        {"https://", "-"},
        {"https:///path", "-"},
        {"https://?query", "-"},
        {"https://user@/", "-"},
        {"https://:80/", "-"},
        {"https://example.org:http/", "-"},
        {"https://exa mple.org/", "-"},
        {"https://<server>/", "-"},
        {"https://%3Cserver%3E/", "-"},
        {"https://a[b]/", "-"},
        {"https://[::1/", "-"},
        {"https://[::g]/", "-"},
        {"https://a@b@c/", "-"},
        {"gemini:///", "-"},
        {"finger:user@example.org", "-"},
        {"mailto:", "-"},
        {"mailto:#a", "-"},
        {"mailto://a@example.org", "-"},
        {"tel:", "-"},
        {"//", "-"},
        {"///path", "-"},
    };
    CHECK(cases, NULL, LINK_RELATIVE_DROP);
    CHECK(cases, NULL, LINK_RELATIVE_KEEP);
    CHECK(cases, "javascript:x", LINK_RELATIVE_DROP);
}

static void resolves_as_the_rfc_shows(void **state)
{
    (void)state;
    /* RFC 3986, section 5.4, but that "g:h" and what leads to the same page are no links. */
    static const struct link_case cases[] = {
        {"g:h", "-"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "-"},
        {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y#s"},
        {"", "-"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g#s/./x"},
        {"g#s/../x", "http://a/b/c/g#s/../x"},
        {"http:g", "-"},
    };
    CHECK(cases, "http://a/b/c/d;p?q", LINK_RELATIVE_DROP);
    CHECK(cases, "HTTP://a/b/c/d;p?q#s", LINK_RELATIVE_KEEP);
}

static void resolves_against_other_bases(void **state)
{
    (void)state;
    static const struct {
        const char *base, *href, *url;
    } cases[] = {
        {"https://example.org", "x", "https://example.org/x"},
        {"https://example.org", "../x", "https://example.org/x"},
        {"https://example.org", "?q", "https://example.org?q"},
        {"https://Example.org:8080/a", "/x y", "https://Example.org:8080/x%20y"},
        {"https://[::1]/a/b", "c", "https://[::1]/a/c"},
        {"https://127.0.0.1/a/b", "c", "https://127.0.0.1/a/c"},
        {"https://us%65r@example.org/a", "b", "https://us%65r@example.org/b"},
        {"https://example.org/caf\xc3\xa9/ a", "b", "https://example.org/caf%C3%A9/b"},
        {"https://example.org/a/", "other.md", "https://example.org/a/other.md"},
        {"https://example.org/a", ".//b", "https://example.org//b"},
        {"gemini://example.org/a", "//b/c", "gemini://b/c"},
        {"https://example.org/a", "1:b", "-"},
        {"https://example.org/a", "./1:b", "https://example.org/1:b"},
        {"example.org/a", "b", "-"},
        {"file:///a", "b", "-"},
        {"mailto:a@example.org", "b", "-"},
        {"", "b", "-"},
        {"https:///a", "b", "-"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *url = resolved(span_of(cases[i].href), cases[i].base, LINK_RELATIVE_DROP);
        assert_string_equal(url, cases[i].url);
        free(url);
    }
}

static void keeps_references_to_siblings(void **state)
{
    (void)state;
    static const struct link_case cases[] = {
        {"other.md", "other.gmi"},
        {"other.md#section", "other.gmi"},
        {"other.MD", "other.gmi"},
        {"dir/x.markdown", "dir/x.gmi"},
        {"../a b.md", "../a%20b.gmi"},
        {"/x.md?y", "/x.gmi?y"},
        {"./a:b.md", "./a:b.gmi"},
        {"x.md.gmi", "x.md.gmi"},
        {"x.md/", "x.md/"},
        {"cmd", "cmd"},
        {".md", ".md"},
        {"dir/.md", "dir/.md"},
        {"photo.jpg", "photo.jpg"},
        {"photo.jpg#a#b", "photo.jpg"},
        {"caf\xc3\xa9.md", "caf%C3%A9.gmi"},
        {"?q#f", "?q"},
        {"a:b.md", "-"},
        {"a b:c.md", "-"},
        {"#f", "-"},
    };
    CHECK(cases, NULL, LINK_RELATIVE_KEEP);
    CHECK(cases, "no base", LINK_RELATIVE_KEEP);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *url = resolved(span_of(cases[i].href), NULL, LINK_RELATIVE_DROP);
        assert_string_equal(url, "-");
        free(url);
    }
}

static void refuses_what_is_too_long(void **state)
{
    (void)state;
    struct buf href;
    buf_init(&href, (size_t)4 * LINK_URL_MAX);
    buf_puts(&href, "https://example.org/");
    while (href.n < LINK_URL_MAX)
        buf_putc(&href, 'a');
    char *url = resolved(buf_span(&href), NULL, LINK_RELATIVE_DROP);
    assert_int_equal(strlen(url), LINK_URL_MAX);
    assert_int_equal(link_in_text(buf_span(&href)), LINK_URL_MAX);
    free(url);

    buf_putc(&href, 'a');
    url = resolved(buf_span(&href), NULL, LINK_RELATIVE_DROP);
    assert_string_equal(url, "-");
    assert_int_equal(link_in_text(buf_span(&href)), 0);
    free(url);

    /* Short enough by itself, but not with the base before it, or with its escapes. */
    struct span path = span_sub(buf_span(&href), strlen("https://example.org/"), LINK_URL_MAX);
    url = resolved(path, "https://example.org/dir/", LINK_RELATIVE_DROP);
    assert_string_equal(url, "-");
    free(url);
    memset(href.p + 1024, ' ', 2048);
    url = resolved(buf_span(&href), NULL, LINK_RELATIVE_DROP);
    assert_string_equal(url, "-");
    free(url);

    /* A URL is not cut where its limit falls on signs that could stand behind it. */
    buf_clear(&href);
    buf_puts(&href, "https://example.org/a");
    for (int i = 0; i < LINK_URL_MAX; i++)
        buf_putc(&href, '.');
    buf_putc(&href, 'b');
    assert_int_equal(link_in_text(buf_span(&href)), 0);
    buf_fini(&href);
}

static void keeps_links_of_gemtext(void **state)
{
    (void)state;
    static const struct link_case cases[] = {
        {"gemini://example.org/a b", "gemini://example.org/a%20b"},
        {"Titan://example.org/x", "Titan://example.org/x"},
        {"xmpp:a@example.org", "xmpp:a@example.org"},
        {"other.gmi#part", "other.gmi#part"},
        {"notes.md", "notes.md"},
        {"#part", "#part"},
        {"/a/../b", "/a/../b"},
        {"//example.org/", "//example.org/"},
        {"?q", "?q"},
        {"a[1].gmi", "a%5B1%5D.gmi"},
        {"\xe4\xb8\xad.gmi", "%E4%B8%AD.gmi"},
        {"50%.gmi", "50%25.gmi"},
        {"", "-"},
        {" ", "-"},
        {"javascript:x", "-"},
        {" JAVASCRIPT:x", "-"},
        {"java\tscript:x", "-"},
        {"VBScript:x", "-"},
        {"data:,x", "-"},
        {"file:///etc/passwd", "-"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out;
        buf_init(&out, LINK_URL_MAX);
        bool good = link_keep(span_of(cases[i].href), &out);
        assert_string_equal(good ? buf_str(&out) : "-", cases[i].url);
        assert_true(good || out.n == 0);
        buf_fini(&out);
    }
}

static void finds_the_end_of_a_url_in_text(void **state)
{
    (void)state;
    /* The URL, and what may follow it. */
    static const char *const cases[][2] = {
        {"https://example.org/report?id=7", " for details"},
        {"https://example.org", "."},
        {"HTTP://example.org/a", ""},
        {"https://example.org/a.b,c;d:e!f?g'h", ".,;:!?'..."},
        {"https://example.org/b", ")."},
        {"https://example.org/b", "](x)"},
        {"https://example.org/b", ")(c"},
        {"https://en.wikipedia.org/wiki/Foo_(bar)", ""},
        {"https://en.wikipedia.org/wiki/Foo_(bar)", ", too)"},
        {"https://en.wikipedia.org/wiki/(Foo)_(bar)", ")"},
        {"https://example.org/f", "("},
        {"https://example.org/{id}", "}"},
        {"https://[::1]:80/x", "]"},
        {"https://example.org/", "<br>"},
        {"https://example.org/a", "\" b"},
        {"https://example.org/a", "`"},
        {"https://example.org/a", "\tb"},
        {"https://example.org/a", "\nb"},
        {"https://example.org/a", "\x7f"},
        {"https://example.org/a", ".\xe2\x80\x99 b"},          /* ’ */
        {"https://example.org/a", "\xe2\x80\x9d, b"},          /* ” */
        {"https://example.org/a", "\xc2\xbb b"},               /* » */
        {"https://example.org/a", "\xc2\xa0\xc2\xbb"},         /* no-break space */
        {"https://example.org/a", "\xe2\x80\xa6"},             /* … */
        {"https://example.org/a", "\xe3\x80\x82"},             /* 。 */
        {"https://example.org/a", "\xef\xbc\x8c\xe4\xb8\xad"}, /* ， */
        {"https://example.org/a", "\xe3\x80\x81"},             /* 、 */
        {"https://example.org/a", "\xef\xbc\x89"},             /* ） */
        {"https://example.org/a", "\xe3\x80\x8d"},             /* 」 */
        {"https://example.org/a", "\xe3\x82\x92"},             /* を */
        {"https://example.org/a", "\xe4\xb8\xad\xe6\x96\x87"}, /* 中文 */
        {"https://example.org/caf\xc3\xa9/\xd0\xb6", ", b"},
        {"https://example.org/cafe\xcc\x81", ""},
        {"https://example.org/\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae", "\xe2\x80\x8d"},
        {"https://example.org/a", "\xff"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf text;
        buf_init(&text, 1024);
        buf_puts(&text, cases[i][0]);
        buf_puts(&text, cases[i][1]);
        size_t n = link_in_text(buf_span(&text));
        assert_string_equal(cases[i][0], (buf_cut(&text, n), buf_str(&text)));
        buf_fini(&text);
    }
}

static void finds_no_url_where_text_begins_otherwise(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "https://",
        "https://.",
        "https:// example.org",
        "https:///a",
        "https://\xe4\xb8\xad/",
        "https://[x",
        "https://{host}/",
        "https://example.org:port/",
        "https:/example.org",
        "https",
        "xhttps://example.org",
        "mailto://a@example.org",
        "ftp://example.org",
        " https://example.org",
        "",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(link_in_text(span_of(cases[i])), 0);
}

static void names_a_link(void **state)
{
    (void)state;
    static const struct link_case cases[] = {
        {"https://example.org/a/report.pdf?x#y", "report.pdf"},
        {"https://example.org/a/b/", "b"},
        {"https://example.org/a//", "a"},
        {"https://example.org/caf%C3%A9", "caf%C3%A9"},
        {"https://user@example.org:80/?q=/a", "example.org"},
        {"https://example.org", "example.org"},
        {"https://[::1]:80/", "[::1]"},
        {"https://example.org/a/..", "example.org"},
        {"mailto:a@example.org?subject=b", "a@example.org"},
        {"tel:+1", "+1"},
        {"other.gmi", "other.gmi"},
        {"../", "../"},
        {"?q", "?q"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct span name = link_name(span_of(cases[i].href));
        assert_true(span_eq(name, span_of(cases[i].url)));
    }
}

static void tells_when_there_is_no_room(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 10);
    (void)link_resolve(SPAN("https://example.org/"), (struct span){NULL, 0}, LINK_RELATIVE_DROP,
                       &out);
    assert_int_equal(buf_status(&out), ST_LIMIT);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_spelling_of_absolute_urls),
        cmocka_unit_test(escapes_what_may_not_stand_in_a_uri),
        cmocka_unit_test(takes_bytes_that_are_zero),
        cmocka_unit_test(refuses_what_is_no_link),
        cmocka_unit_test(resolves_as_the_rfc_shows),
        cmocka_unit_test(resolves_against_other_bases),
        cmocka_unit_test(keeps_references_to_siblings),
        cmocka_unit_test(refuses_what_is_too_long),
        cmocka_unit_test(keeps_links_of_gemtext),
        cmocka_unit_test(finds_the_end_of_a_url_in_text),
        cmocka_unit_test(finds_no_url_where_text_begins_otherwise),
        cmocka_unit_test(names_a_link),
        cmocka_unit_test(tells_when_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
