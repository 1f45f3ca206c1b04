#include "article/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void make_document(struct document *doc, const char *const *paragraphs)
{
    document_init(doc, 1 << 20);
    for (; *paragraphs != NULL; paragraphs++)
        document_add(doc, BLOCK_PARAGRAPH, span_of(*paragraphs));
}

static struct summary make_summary(struct document *doc, size_t words)
{
    struct summary s;
    assert_int_equal(summary_make(doc, (struct summary_options){words}, &s), ST_OK);
    return s;
}

static void assert_part(const struct summary_part *part, const char *expected)
{
    assert_non_null(part);
    assert_int_equal(part->text.n, strlen(expected));
    assert_memory_equal(part->text.p, expected, part->text.n);
}

static void opens_with_the_sentences_that_fit(void **state)
{
    (void)state;
    struct document doc;
    make_document(&doc, (const char *const[]){"One two three. Four five six.",
                                              "Seven eight. Nine ten.", NULL});
    struct summary s = make_summary(&doc, 8);
    assert_int_equal(s.kind, SUMMARY_SENTENCES);
    assert_int_equal(s.chosen, 3);
    assert_int_equal(s.sentences, 4);
    assert_int_equal(s.words, 8);
    assert_part(s.parts, "One two three. Four five six.");
    assert_part(s.parts->next, "Seven eight.");
    assert_null(s.parts->next->next);
    document_fini(&doc);
}

static void stops_at_the_first_sentence_that_does_not_fit(void **state)
{
    (void)state;
    struct document doc;
    make_document(&doc, (const char *const[]){"One. Two three four five. Six.", NULL});
    struct summary s = make_summary(&doc, 3);
    assert_int_equal(s.chosen, 1);
    assert_part(s.parts, "One.");
    document_fini(&doc);
}

static void cuts_a_first_sentence_that_is_too_long(void **state)
{
    (void)state;
    struct document doc;
    make_document(&doc, (const char *const[]){"One two three four five.", NULL});
    struct summary s = make_summary(&doc, 3);
    assert_int_equal(s.kind, SUMMARY_CUT);
    assert_int_equal(s.words, 3);
    assert_part(s.parts, "One two three");
    document_fini(&doc);
}

static void prefers_the_author_then_the_page(void **state)
{
    (void)state;
    struct document doc;
    make_document(&doc, (const char *const[]){"One. Two.", NULL});
    doc.description = SPAN("What the page says.");
    struct summary s = make_summary(&doc, 100);
    assert_int_equal(s.kind, SUMMARY_DESCRIPTION);
    assert_int_equal(s.words, 4);
    assert_part(s.parts, "What the page says.");
    doc.summary = SPAN("What the author says.");
    s = make_summary(&doc, 100);
    assert_int_equal(s.kind, SUMMARY_AUTHOR);
    assert_part(s.parts, "What the author says.");
    document_fini(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_with_the_sentences_that_fit),
        cmocka_unit_test(stops_at_the_first_sentence_that_does_not_fit),
        cmocka_unit_test(cuts_a_first_sentence_that_is_too_long),
        cmocka_unit_test(prefers_the_author_then_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
