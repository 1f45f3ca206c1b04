#include "press/mediatype.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

struct mediatype_case {
    const char *path;
    struct span bytes;
    const char *type;
};

static void tells_types_by_suffix_then_by_content(void **state)
{
    (void)state;
    const struct mediatype_case cases[] = {
        {"a.gmi", SPAN("# x"), "text/gemini; lang=en"},
        {"a.GEMINI", SPAN("# x"), "text/gemini; lang=en"},
        {"a.gmi", SPAN("# Gr\xc3\xbc\xc3\x9f"), "text/gemini; lang=en"},
        {"a.gmi", SPAN("# Gr\xfc\xdf dich"), "text/gemini; charset=iso-8859-1; lang=en"},
        {"a.gmi", SPAN(""), "text/gemini; lang=en"},
        {"a.txt", SPAN("plain"), "text/plain; charset=utf-8"},
        {"a.txt", SPAN("Gr\xc3\xbc\xc3\x9f"), "text/plain; charset=utf-8"},
        {"a.txt", SPAN("Gr\xfc\xdf dich"), "text/plain; charset=iso-8859-1"},
        {"a.txt", SPAN(""), "text/plain"},
        {"robots.txt", SPAN("User-agent: *\n"), "text/plain; charset=utf-8"},
        {"a.png", SPAN("not really"), "image/png"},
        {"a.JPG", SPAN(""), "image/jpeg"},
        {"atom.xml", SPAN("<?xml version='1.0'?><feed xmlns=\"http://www.w3.org/2005/Atom\">"),
         "application/atom+xml"},
        {"a.xml", SPAN("<?xml version='1.0'?><rss version='2.0'>"), "application/rss+xml"},
        {"a.xml", SPAN("<x/>"), "application/xml"},
        {"noext", SPAN("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "image/png"},
        {"noext", SPAN("just words\n"), "text/plain; charset=utf-8"},
        {"noext", SPAN(""), "application/octet-stream"},
        {"a.unknown", SPAN("\x01\x02\x03\xff\xfe\0\0\x99"), "application/octet-stream"},
        {"x.d/noext", SPAN("words\n"), "text/plain; charset=utf-8"},
        {".png", SPAN("words\n"), "text/plain; charset=utf-8"},
    };
    struct mediatype *m = NULL;
    assert_int_equal(mediatype_open(&m, NULL), ST_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out;
        int fd = memfd_create("case", MFD_CLOEXEC);
        assert_true(write(fd, cases[i].bytes.p, cases[i].bytes.n) == (ssize_t)cases[i].bytes.n);
        buf_init(&out, 256);
        mediatype_of(m, cases[i].path, fd, SPAN("en"), &out);
        assert_string_equal(buf_str(&out), cases[i].type);
        buf_fini(&out);
        close(fd);
    }
    assert_int_equal(mediatype_status(m, NULL), ST_OK);
    mediatype_close(m);
}

static void claims_no_charset_that_is_not_true_to_the_end(void **state)
{
    (void)state;
    struct mediatype *m = NULL;
    struct buf out;
    char text[200000];
    int fd = memfd_create("case", MFD_CLOEXEC);
    memset(text, 'a', sizeof text);
    for (size_t i = 79; i < sizeof text; i += 80)
        text[i] = '\n';
    text[sizeof text - 2] = '\xfc'; /* far behind what libmagic looks at */
    assert_true(write(fd, text, sizeof text) == (ssize_t)sizeof text);
    assert_int_equal(mediatype_open(&m, NULL), ST_OK);
    buf_init(&out, 256);
    mediatype_of(m, "a.txt", fd, SPAN("en"), &out);
    assert_string_equal(buf_str(&out), "text/plain");
    buf_fini(&out);
    mediatype_close(m);
    close(fd);
}

static void writes_gemtext_without_a_language_that_is_not_known(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 256);
    mediatype_gemtext((struct span){NULL, 0}, &out);
    assert_string_equal(buf_str(&out), "text/gemini");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_types_by_suffix_then_by_content),
        cmocka_unit_test(claims_no_charset_that_is_not_true_to_the_end),
        cmocka_unit_test(writes_gemtext_without_a_language_that_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
