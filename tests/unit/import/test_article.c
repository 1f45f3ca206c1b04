#include "import/article.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum status read_source(const char *bytes, const char *sidecar, const char *name,
                               struct document *doc, struct error *e)
{
    struct article_source source = {.bytes = span_of(bytes),
                                    .name = name,
                                    .sidecar = span_of(sidecar),
                                    .sidecar_name = "a/b.meta"};
    document_init(doc, 1 << 20);
    return article_read(&source, doc, e);
}

static void assert_is(struct span got, const char *expected)
{
    assert_int_equal(got.n, strlen(expected));
    assert_memory_equal(got.p, expected, got.n);
}

static void a_sidecar_wins_over_front_matter_and_that_over_the_text(void **state)
{
    (void)state;
    struct document doc;
    assert_int_equal(read_source("---\ntitle: TITLE\nauthor: Jo\n---\nTitle\n\nText.\n",
                                 "title: Side\ndate: 2024-01-31\n", "b.txt", &doc, NULL),
                     ST_OK);
    assert_is(doc.title, "Side");
    assert_is(doc.author, "Jo");
    assert_is(doc.date, "2024-01-31");
    assert_is(doc.blocks[0].text, "Text.");
    document_fini(&doc);
}

static void a_source_without_a_title_is_called_like_its_file(void **state)
{
    (void)state;
    static const char *const names[][2] = {{"a/market-day.txt", "Market day"},
                                           {"x_y", "X y"},
                                           {"standard input", "Standard input"},
                                           {"v1.2.txt", "V1.2"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct document doc;
        assert_int_equal(read_source("Only this.\n", NULL, names[i][0], &doc, NULL), ST_OK);
        assert_is(doc.title, names[i][1]);
        assert_is(doc.blocks[0].text, "Only this.");
        document_fini(&doc);
    }
}

static void messages_name_the_file_at_fault(void **state)
{
    (void)state;
    struct document doc;
    struct error e;
    assert_int_equal(read_source("T\n\nx\n", "date: 1\n", "a/b.txt", &doc, &e), ST_SYNTAX);
    assert_string_equal(e.message, "a/b.meta: line 1: date is not YYYY-MM-DD: 1");
    document_fini(&doc);
    assert_int_equal(read_source("Get a summary\n", NULL, "a/b.txt", &doc, &e), ST_FORMAT);
    assert_string_equal(e.message, "a/b.txt: no text");
    document_fini(&doc);
}

static void finds_stems(void **state)
{
    (void)state;
    static const char *const stems[][2] = {{"articles/a.b.txt", "a.b"},
                                           {"x", "x"},
                                           {"d.x/.hidden", ".hidden"},
                                           {"a/", ""},
                                           {".txt", ".txt"},
                                           {"a.", "a"}};
    for (size_t i = 0; i < sizeof stems / sizeof stems[0]; i++)
        assert_is(article_stem(span_of(stems[i][0])), stems[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sidecar_wins_over_front_matter_and_that_over_the_text),
        cmocka_unit_test(a_source_without_a_title_is_called_like_its_file),
        cmocka_unit_test(messages_name_the_file_at_fault),
        cmocka_unit_test(finds_stems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
