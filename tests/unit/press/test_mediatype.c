#include "press/mediatype.h"

#include "../support.h"

struct mediatype_case {
    const char *path;
    struct span bytes;
    const char *type;
};

static const struct mediatype_case cases[] = {
    {"a.gmi", BYTES("# x"), "text/gemini; lang=en"},
    {"a.GEMINI", BYTES("# x"), "text/gemini; lang=en"},
    {"a.gmi", BYTES("# Gr\xc3\xbc\xc3\x9f"), "text/gemini; lang=en"},
    {"a.gmi", BYTES("# Gr\xfc\xdf dich"), "text/gemini; charset=iso-8859-1; lang=en"},
    {"a.gmi", BYTES(""), "text/gemini; lang=en"},
    {"a.txt", BYTES("plain"), "text/plain; charset=utf-8"},
    {"a.txt", BYTES("Gr\xc3\xbc\xc3\x9f"), "text/plain; charset=utf-8"},
    {"a.txt", BYTES("Gr\xfc\xdf dich"), "text/plain; charset=iso-8859-1"},
    {"a.txt", BYTES(""), "text/plain"},
    {"robots.txt", BYTES("User-agent: *\n"), "text/plain; charset=utf-8"},
    {"a.png", BYTES("not really"), "image/png"},
    {"a.JPG", BYTES(""), "image/jpeg"},
    {"atom.xml", BYTES("<?xml version='1.0'?><feed xmlns=\"http://www.w3.org/2005/Atom\">"),
     "application/atom+xml"},
    {"a.xml", BYTES("<?xml version='1.0'?><rss version='2.0'>"), "application/rss+xml"},
    {"a.xml", BYTES("<x/>"), "application/xml"},
    {"noext", BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "image/png"},
    {"noext", BYTES("just words\n"), "text/plain; charset=utf-8"},
    {"noext", BYTES(""), "application/octet-stream"},
    {"a.unknown", BYTES("\x01\x02\x03\xff\xfe\0\0\x99"), "application/octet-stream"},
    {"x.d/noext", BYTES("words\n"), "text/plain; charset=utf-8"},
    {".png", BYTES("words\n"), "text/plain; charset=utf-8"},
    {"README", BYTES("# Ours\n\nIt is, as they say, new.\n"), "text/plain; charset=utf-8"},
    {"Makefile", BYTES("all:\n\tcc -o x x.c\n\n.PHONY: all\n"), "text/plain; charset=utf-8"},
    {"run", BYTES("#!/bin/sh\necho\n"), "text/plain; charset=utf-8"},
    {"pairs", BYTES("a,b\nc,d\ne,f\n"), "text/plain; charset=utf-8"},
    {"page", BYTES("<!DOCTYPE html><html><body>x"), "text/html; charset=utf-8"},
    {"a.c", BYTES("int x;\n"), "text/plain; charset=utf-8"},
    {"a.Py", BYTES("import x\n"), "text/plain; charset=utf-8"},
    {"a.asc", BYTES("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ\n"), "application/pgp-keys"},
    {"a.asc", BYTES("-----BEGIN PGP SIGNATURE-----\n\niQ\n"), "application/pgp-signature"},
    {"a.asc", BYTES("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nx\n"),
     "text/plain; charset=utf-8"},
    {"a.gmi", BYTES("\xef\xbb\xbf# x\r\n"), "text/gemini; lang=en"},
    {"a.gmi", BYTES("\xff\xfe#\0x\0\n\0"), "text/gemini; charset=utf-16; lang=en"},
    {"a.gmi", BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "text/gemini; lang=en"},
    {"a.txt", BYTES("\xef\xbb\xbfhi\r\n"), "text/plain; charset=utf-8"},
    {"a.txt", BYTES("\xff\xfeh\0i\0\n\0"), "text/plain; charset=utf-16"},
    {"a.txt", BYTES("\xfe\xff\0h\0i\0\n"), "text/plain; charset=utf-16"},
    {"a.txt", BYTES("\xff\xfeh\0i\0\n"), "text/plain"},
    {"a.txt",
     BYTES("\xcf\xf0\xe8\xe2\xe5\xf2 \xec\xe8\xf0, \xfd\xf2\xee "
           "\xf2\xe5\xea\xf1\xf2 \xed\xe0 \xf0\xf3\xf1\xf1\xea\xee\xec\n"),
     "text/plain"},
    {"a.txt", BYTES("\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd\n"), "text/plain"},
    {"a.txt", BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "text/plain"},
    {"feed", BYTES("<?xml version='1.0'?>\n<feed xmlns='http://www.w3.org/2005/Atom'>"),
     "application/atom+xml"},
    {"a.atom", BYTES("<?xml version='1.0'?>\n<feed>"), "application/atom+xml"},
    {"a.xml", BYTES("<a:feed xmlns:a='http://www.w3.org/2005/Atom'/>"), "application/atom+xml"},
    {"a.xml",
     BYTES("\xef\xbb\xbf<?xml version='1.0'?><!-- a <rss> --><!DOCTYPE feed [<!ENTITY x '>'>]>"
           "\r\n<feed xmlns='http://www.w3.org/2005/Atom'><rss>"),
     "application/atom+xml"},
    {"a.xml", BYTES("<note><rss version='2.0'><feed xmlns='http://www.w3.org/2005/Atom'>"),
     "application/xml"},
    {"a.xml", BYTES("<feed xmlns='urn:mine'>"), "application/xml"},
    {"a.xml", BYTES("<rdf:RDF xmlns:rdf='x'>"), "application/rdf+xml"},
    {"a.xml", BYTES(""), "application/xml"},
    {"a.xml", BYTES("<"), "application/xml"},
    {"a.xml", BYTES("<!DOCTYPE x ["), "application/xml"},
    {"a.xml", BYTES("<?xml"), "application/xml"},
};

static void tells_types_by_suffix_then_by_content(void **state)
{
    (void)state;
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

static void reads_no_more_of_a_large_file_than_it_needs(void **state)
{
    (void)state;
    struct mediatype *m = NULL;
    struct buf out;
    static const char *const names[] = {"a.txt", "a.gmi", "a.xml", "a.bin", "huge"};
    static const char *const types[] = {"text/plain", "text/gemini; lang=en", "application/xml",
                                        "application/octet-stream", "application/octet-stream"};
    int fd = memfd_create("case", MFD_CLOEXEC);
    assert_int_equal(ftruncate(fd, (off_t)5 << 30), 0);
    assert_int_equal(mediatype_open(&m, NULL), ST_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        buf_init(&out, 256);
        mediatype_of(m, names[i], fd, SPAN("en"), &out);
        assert_string_equal(buf_str(&out), types[i]);
        assert_true(lseek(fd, 0, SEEK_CUR) <= (off_t)16 << 20);
        buf_fini(&out);
    }
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
        cmocka_unit_test(reads_no_more_of_a_large_file_than_it_needs),
        cmocka_unit_test(writes_gemtext_without_a_language_that_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
