#include "press/kind.h"

#include "../support.h"

struct kind_case {
    const char *name, *path;
    struct span bytes;
    enum article_format format;
};

static struct mediatype *types;

static int open_types(void **state)
{
    (void)state;
    return mediatype_open(&types, NULL) == ST_OK ? 0 : -1;
}

static int close_types(void **state)
{
    (void)state;
    mediatype_close(types);
    return 0;
}

static const struct kind_case cases[] = {
    {"by its suffix", "a.md", BYTES("<!doctype html><p>x"), ARTICLE_MARKDOWN},
    {"by its suffix in capitals", "A.GMI", BYTES("x"), ARTICLE_GEMTEXT},
    {"a page without a name", "-", BYTES("<!DOCTYPE html>\n<html><body>x</body></html>\n"),
     ARTICLE_HTML},
    {"a page with an unknown suffix", "a.php", BYTES("<html><head><title>x</title></head>"),
     ARTICLE_HTML},
    {"Markdown without a name", "-", BYTES("# One\n\nSee [two](/x).\n"), ARTICLE_MARKDOWN},
    {"gemtext without a name", "-", BYTES("# One\n\n=> /x Two\n"), ARTICLE_GEMTEXT},
    {"text without a name", "-", BYTES("One\n\nTwo\n"), ARTICLE_TEXT},
};

static void finds_the_format(void **state)
{
    const struct kind_case *c = *state;
    struct error e;
    assert_status(kind_check(types, "shown", c->bytes, &e), ST_OK, &e);
    assert_int_equal(kind_find(types, span_of(c->path), c->bytes), c->format);
}

static void refuses_what_is_empty(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n", " \t\r\n\n"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct error e;
        assert_status(kind_check(types, "a/b.txt", span_of(texts[i]), &e), ST_FORMAT, &e);
        assert_string_equal(e.message, "a/b.txt: empty");
    }
}

static void refuses_what_is_no_text(void **state)
{
    (void)state;
    static const struct {
        struct span bytes;
        const char *message;
    } others[] = {
        {BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0"),
         "a.txt: not text but image/png"},
        {BYTES("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n\0"), "a.txt: not text but application/pdf"},
        {BYTES("a\0b"), "a.txt: not text"},
        {BYTES("\x7f"
               "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0>\0\x01\0\0\0"),
         "a.txt: not text but application/x-executable"},
    };
    for (size_t i = 0; i < COUNT(others); i++) {
        struct error e;
        assert_status(kind_check(types, "a.txt", others[i].bytes, &e), ST_FORMAT, &e);
        assert_string_equal(e.message, others[i].message);
    }
}

/* The charset is found when the text is read; here no text may be taken for something else. */
static void takes_text_in_any_charset(void **state)
{
    (void)state;
    static const struct span texts[] = {
        BYTES("\xff\xfeO\0n\0e\0\n\0"),
        BYTES("\xef\xbb\xbfOne\n"),
        BYTES("Gr\xfc\xdf dich\n"),
        BYTES("\x82\xb1\x82\xea\x82\xcd\n"),
        BYTES("{\"a\": 1}\n"),
        BYTES("#!/bin/sh\nls\n"),
        BYTES("From: a@b.example\nSubject: c\n\nd\n"),
        BYTES("<?xml version=\"1.0\"?><x/>\n"),
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct error e;
        assert_status(kind_check(types, "a.txt", texts[i], &e), ST_OK, &e);
    }
}

int main(void)
{
    struct suite suite = {.setup = open_types, .teardown = close_types};
    SUITE_ROWS(&suite, finds_the_format, cases);
    SUITE_TEST(&suite, refuses_what_is_empty);
    SUITE_TEST(&suite, refuses_what_is_no_text);
    SUITE_TEST(&suite, takes_text_in_any_charset);
    return suite_run(&suite, "kind");
}
