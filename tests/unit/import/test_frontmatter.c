#include "import/frontmatter.h"

#include "../support.h"

static void assert_is(struct span got, const char *expected)
{
    assert_int_equal(got.n, strlen(expected));
    assert_memory_equal(got.p, expected, got.n);
}

static void reads_every_key(void **state)
{
    (void)state;
    struct document doc;
    struct span rest;
    document_init(&doc, 1 << 16);
    assert_int_equal(
        frontmatter_read(SPAN("---\ntitle: A: b\nDate: 2024-03-02\nauthor: \"Jo Reed\"\n"
                              "language: en-GB\nsummary: 'S'\ntags: a, b\n"
                              "description: D\nsource: https://x.example/\n"
                              "previous: P\nnext: N\nlayout: post\n---\nText\n"),
                         "f", &doc, &rest, NULL),
        ST_OK);
    assert_is(doc.title, "A: b");
    assert_is(doc.date, "2024-03-02");
    assert_is(doc.author, "Jo Reed");
    assert_is(doc.lang, "en-GB");
    assert_is(doc.summary, "S");
    assert_is(doc.tags, "a, b");
    assert_is(doc.description, "D");
    assert_is(doc.source, "https://x.example/");
    assert_is(doc.previous, "P");
    assert_is(doc.next, "N");
    assert_is(rest, "Text\n");
    document_fini(&doc);
}

static void leaves_text_that_only_looks_like_it(void **state)
{
    (void)state;
    static const char *const texts[] = {"---\n\nNo metadata, only a rule first.\n",
                                        "---\ntitle: never closed\n",
                                        "--\na: b\n---\n",
                                        "---\nSome text here.\n---\nMore: text\n",
                                        "text\n---\n",
                                        "---\n---\ntext\n",
                                        "---\n# Heading\n\na: b\n---\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct document doc;
        struct span rest;
        document_init(&doc, 1 << 16);
        assert_int_equal(frontmatter_read(span_of(texts[i]), "f", &doc, &rest, NULL), ST_OK);
        assert_is(rest, texts[i]);
        assert_null(doc.title.p);
        document_fini(&doc);
    }
}

static void reads_longer_values(void **state)
{
    (void)state;
    struct document doc;
    struct span rest;
    document_init(&doc, 1 << 16);
    assert_int_equal(
        frontmatter_read(SPAN("---\n# how this is built\ntitle: A long\n  title\nauthor:\n"
                              "  - Jo Reed\n  - 'Al Poe'\ntags: [a, \"b\"]\ndescription:\nimage:\n"
                              "  title: Not ours\nsummary: >-\n  One\n\n  two\n"
                              "date: 2024-03-02\n---\nText\n"),
                         "f", &doc, &rest, NULL),
        ST_OK);
    assert_is(doc.title, "A long title");
    assert_is(doc.author, "Jo Reed, Al Poe");
    assert_is(doc.tags, "a, b");
    assert_is(doc.summary, "One two");
    assert_is(doc.date, "2024-03-02");
    assert_is(rest, "Text\n");
    document_fini(&doc);
}

static void reads_longer_values_in_a_sidecar(void **state)
{
    (void)state;
    struct document doc;
    struct error e;
    document_init(&doc, 1 << 16);
    assert_int_equal(frontmatter_read_sidecar(SPAN("title: A long\n  title\n\nauthor:\n- Jo Reed\n"
                                                   "- Al Poe\nimage:\n  title: Not ours\n"
                                                   "summary: >-\n  One\n\n  two\n"),
                                              "f.meta", &doc, NULL),
                     ST_OK);
    assert_is(doc.title, "A long title");
    assert_is(doc.author, "Jo Reed, Al Poe");
    assert_is(doc.summary, "One two");
    assert_int_equal(
        frontmatter_read_sidecar(SPAN("summary: |\n  One\ndate: >\n  soon\n"), "f.meta", &doc, &e),
        ST_SYNTAX);
    assert_string_equal(e.message, "f.meta: line 3: date is not YYYY-MM-DD: soon");
    document_fini(&doc);
}

static void reads_pairs_with_blanks_around_the_key(void **state)
{
    (void)state;
    struct document doc;
    struct span rest;
    document_init(&doc, 1 << 16);
    assert_int_equal(
        frontmatter_read_sidecar(SPAN("  title : A\n    long one\n  author:\n  - Jo\n  lang: en\n"),
                                 "f.meta", &doc, NULL),
        ST_OK);
    assert_is(doc.title, "A long one");
    assert_is(doc.author, "Jo");
    assert_is(doc.lang, "en");
    assert_int_equal(
        frontmatter_read(SPAN("---\nlayout: post\ntitle : B\n---\nT\n"), "f", &doc, &rest, NULL),
        ST_OK);
    assert_is(doc.title, "B");
    document_fini(&doc);
}

static void takes_the_day_of_a_time(void **state)
{
    (void)state;
    struct document doc;
    document_init(&doc, 1 << 16);
    assert_int_equal(
        frontmatter_read_sidecar(SPAN("date: 2024-03-02T10:00:00Z\n"), "f", &doc, NULL), ST_OK);
    assert_is(doc.date, "2024-03-02");
    document_fini(&doc);
}

struct none_row {
    const char *name;
    const char *lines; /* of front matter */
    const char *sidecar;
    bool no_summary;
    const char *summary; /* or NULL */
};

static const struct none_row none_rows[] = {
    {"nothing said about a summary", "title: T\n", "", false, NULL},
    {"none turns the summary off", "summary: none\n", "", true, NULL},
    {"none in any case", "Summary:  NoNe \n", "", true, NULL},
    {"none in quotes", "summary: \"None\"\n", "", true, NULL},
    {"words that begin with none", "summary: None of it.\n", "", false, "None of it."},
    {"none as another value", "author: none\ndescription: none\n", "", false, NULL},
    {"an empty value says nothing", "summary: none\nsummary:\n", "", true, NULL},
    {"the last of two holds", "summary: S\nsummary: none\n", "", true, NULL},
    {"a sidecar turns it off", "summary: S\n", "summary: none\n", true, NULL},
    {"a sidecar turns it on", "summary: none\n", "summary: S\n", false, "S"},
    {"a sidecar about something else", "summary: none\n", "title: T\n", true, NULL},
};

static void none_turns_the_summary_off(void **state)
{
    const struct none_row *row = *state;
    struct document doc;
    struct span rest;
    char text[256];
    snprintf(text, sizeof text, "---\n%s---\nText\n", row->lines);
    document_init(&doc, 1 << 16);
    assert_int_equal(frontmatter_read(span_of(text), "f", &doc, &rest, NULL), ST_OK);
    assert_int_equal(frontmatter_read_sidecar(span_of(row->sidecar), "f", &doc, NULL), ST_OK);
    assert_int_equal(doc.no_summary, row->no_summary);
    assert_int_equal(doc.summary.p == NULL, row->summary == NULL);
    if (row->summary != NULL)
        assert_is(doc.summary, row->summary);
    document_fini(&doc);
}

static void names_the_line_of_a_bad_value(void **state)
{
    (void)state;
    struct document doc;
    struct error e;
    struct span rest;
    document_init(&doc, 1 << 16);
    assert_int_equal(
        frontmatter_read(SPAN("---\ntitle: T\ndate: yesterday\n---\n"), "f.txt", &doc, &rest, &e),
        ST_SYNTAX);
    assert_string_equal(e.message, "f.txt: line 3: date is not YYYY-MM-DD: yesterday");
    assert_int_equal(frontmatter_read_sidecar(SPAN("\nlang: e\n"), "f.meta", &doc, &e), ST_SYNTAX);
    assert_string_equal(e.message, "f.meta: line 2: lang is not a language tag: e");
    document_fini(&doc);
}

int main(void)
{
    static struct suite s;
    SUITE_TEST(&s, reads_every_key);
    SUITE_TEST(&s, leaves_text_that_only_looks_like_it);
    SUITE_TEST(&s, reads_longer_values);
    SUITE_TEST(&s, reads_longer_values_in_a_sidecar);
    SUITE_TEST(&s, reads_pairs_with_blanks_around_the_key);
    SUITE_TEST(&s, takes_the_day_of_a_time);
    SUITE_ROWS(&s, none_turns_the_summary_off, none_rows);
    SUITE_TEST(&s, names_the_line_of_a_bad_value);
    return suite_run(&s, "import/frontmatter");
}
