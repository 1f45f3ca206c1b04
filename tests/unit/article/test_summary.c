#include "article/summary.h"

#include "../support.h"

#define PIER   "The council of Westhaven voted on Monday for a new wooden pier."
#define COST   "Building the wooden pier costs the council four million crowns."
#define RAIN   "Heavy rain fell on the hills behind the railway all afternoon."
#define SCHOOL "Children of three schools sang old songs about whales and ships."
#define FERRY  "Ferries ran late in the fog near the old lighthouse that week."

/* A text in which nothing is chosen but by its place. */
static const char *const unrelated[] = {RAIN " " SCHOOL, FERRY, PIER, NULL};

static void make_document(struct document *doc, const char *const *paragraphs)
{
    document_init(doc, (size_t)64 << 20);
    for (; *paragraphs != NULL; paragraphs++)
        document_add(doc, BLOCK_PARAGRAPH, span_of(*paragraphs));
}

static struct summary make_summary(struct document *doc, size_t sentences, size_t words)
{
    struct summary s;
    struct summary_options options = {.sentences = sentences, .words = words};
    assert_int_equal(summary_make(doc, options, &s), ST_OK);
    return s;
}

static void assert_part(const struct summary_part *part, const char *expected)
{
    assert_non_null(part);
    assert_int_equal(part->text.n, strlen(expected));
    assert_memory_equal(part->text.p, expected, part->text.n);
}

static void a_short_article_is_its_own_summary(void **state)
{
    (void)state;
    struct document doc;
    make_document(&doc, (const char *const[]){"One. Two. Why? Three.", "Four. Five.", NULL});
    struct summary s = make_summary(&doc, 0, 0);
    assert_int_equal(s.kind, SUMMARY_SENTENCES);
    assert_int_equal(s.chosen, 6);
    assert_int_equal(s.sentences, 6);
    assert_part(s.parts, "One. Two. Why? Three.");
    assert_part(s.parts->next, "Four. Five.");
    s = make_summary(&doc, 2, 0);
    assert_int_equal(s.chosen, 2);
    assert_part(s.parts, "One. Two.");
    assert_null(s.parts->next);
    document_fini(&doc);
}

/* Sentences that stand together are one part, others are parts of their own. */
static void parts_are_runs_in_a_paragraph(void **state)
{
    (void)state;
    struct document doc;
    make_document(&doc, unrelated);
    struct summary s = make_summary(&doc, 3, 0);
    assert_int_equal(s.chosen, 3);
    assert_int_equal(s.sentences, 4);
    assert_int_equal(s.words, 11 + 11 + 12);
    assert_part(s.parts, RAIN " " SCHOOL);
    assert_part(s.parts->next, FERRY);
    assert_null(s.parts->next->next);
    document_fini(&doc);
    make_document(&doc, (const char *const[]){PIER " Too short. " RAIN, SCHOOL, FERRY, NULL});
    s = make_summary(&doc, 2, 0);
    assert_part(s.parts, PIER);
    assert_part(s.parts->next, RAIN);
    document_fini(&doc);
}

/* Three sentences, five of a long article; whoever says one number lifts the other limit. */
static void lengths_are_as_asked(void **state)
{
    (void)state;
    struct document doc;
    document_init(&doc, (size_t)64 << 20);
    for (size_t i = 0; i < 100; i++) {
        char text[160];
        char c = (char)('a' + i % 26);
        char d = (char)('a' + i / 26);
        snprintf(text, sizeof text, "Many %c%cangs met old %c%cengs near brown %c%cings in winter.",
                 c, d, c, d, c, d);
        document_add(&doc, BLOCK_PARAGRAPH, span_of(text));
        if (i == 50)
            assert_int_equal(make_summary(&doc, 0, 0).chosen, 3);
    }
    document_add(&doc, BLOCK_PARAGRAPH, SPAN(RAIN " " SCHOOL " " FERRY " " PIER));
    for (size_t i = 0; i < 10; i++)
        document_add(&doc, BLOCK_PARAGRAPH, SPAN(COST));
    assert_int_equal(make_summary(&doc, 0, 0).chosen, 5);
    assert_int_equal(make_summary(&doc, 1, 0).chosen, 1);
    assert_int_equal(make_summary(&doc, 20, 0).chosen, 20);
    struct summary s = make_summary(&doc, 0, 45);
    assert_int_equal(s.chosen, 4);
    assert_int_equal(s.words, 40);
    assert_int_equal(make_summary(&doc, 2, 45).chosen, 2);
    document_fini(&doc);
}

static void what_cannot_be_chosen_is_taken_from_the_front(void **state)
{
    (void)state;
    struct document doc;
    make_document(&doc, (const char *const[]){"Yes. No. Why? Yes. No. So.", NULL});
    struct summary s = make_summary(&doc, 2, 0);
    assert_int_equal(s.kind, SUMMARY_SENTENCES);
    assert_part(s.parts, "Yes. No.");
    document_fini(&doc);
}

static void a_first_sentence_that_is_too_long_is_cut(void **state)
{
    (void)state;
    struct document doc;
    make_document(&doc, (const char *const[]){"One two three four five.", NULL});
    struct summary s = make_summary(&doc, 0, 3);
    assert_int_equal(s.kind, SUMMARY_CUT);
    assert_int_equal(s.words, 3);
    assert_int_equal(s.chosen, 0);
    assert_part(s.parts, "One two three");
    document_fini(&doc);
}

static void an_article_without_prose_is_summed_up_by_its_title(void **state)
{
    (void)state;
    struct document doc;
    make_document(&doc, (const char *const[]){NULL});
    doc.title = SPAN("A title");
    struct summary s = make_summary(&doc, 0, 0);
    assert_int_equal(s.kind, SUMMARY_CUT);
    assert_part(s.parts, "A title");
    document_fini(&doc);
}

static void the_author_comes_first_then_the_page(void **state)
{
    (void)state;
    struct document doc;
    make_document(&doc, unrelated);
    doc.title = SPAN("Rain");
    doc.description = SPAN("What the page says.");
    struct summary s = make_summary(&doc, 0, 2);
    assert_int_equal(s.kind, SUMMARY_DESCRIPTION);
    assert_int_equal(s.words, 4);
    assert_part(s.parts, "What the page says.");
    doc.summary = SPAN("What the author says.");
    s = make_summary(&doc, 0, 2);
    assert_int_equal(s.kind, SUMMARY_AUTHOR);
    assert_part(s.parts, "What the author says.");
    doc.summary = (struct span){0};
    doc.description = SPAN("Rain | Coast Daily");
    assert_int_equal(make_summary(&doc, 0, 0).kind, SUMMARY_SENTENCES);
    doc.no_summary = true;
    s = make_summary(&doc, 0, 0);
    assert_int_equal(s.kind, SUMMARY_NONE);
    assert_null(s.parts);
    document_fini(&doc);
}

/* Two signs of a script without blanks are one word. */
static void signs_count_by_twos(void **state)
{
    (void)state;
    struct document doc;
    struct span sentence = SPAN("市政府星期一宣布旧港口将于五月重新开放。"); /* 19 signs */
    document_init(&doc, 1 << 20);
    for (int i = 0; i < 20; i++)
        document_add(&doc, BLOCK_PARAGRAPH, sentence);
    struct summary s = make_summary(&doc, 0, 10);
    assert_int_equal(s.chosen, 1);
    s = make_summary(&doc, 0, 9);
    assert_int_equal(s.kind, SUMMARY_CUT);
    assert_int_equal(s.words, 18);
    document_fini(&doc);
}

struct hostile_row {
    const char *name;
    const char *unit; /* again and again */
    size_t count;
    const char *end;
    enum summary_kind kind;
    size_t words;
};

static const struct hostile_row hostile_rows[] = {
    {"one sentence of a megabyte", "word ", 200000, "end.", SUMMARY_CUT, 100},
    {"a hundred thousand sentences of a word", "Yes. ", 100000, "", SUMMARY_SENTENCES, 5},
    {"no end of a sentence", "word ", 200000, "", SUMMARY_CUT, 100},
    {"the same sentence all over", PIER " ", 20000, "", SUMMARY_SENTENCES, 12},
    {"one word of a megabyte", "wordword", 131072, "", SUMMARY_SENTENCES, 1},
    {"nothing but stops", ". ", 500000, "", SUMMARY_SENTENCES, 0},
    {"nothing but quotes", "“ ", 250000, "", SUMMARY_SENTENCES, 0},
    {"sentences that all hang", "But he had promised it to the anglers of the town. ", 20000, "",
     SUMMARY_SENTENCES, 55},
};

static void hostile_texts_have_sane_summaries(void **state)
{
    const struct hostile_row *row = *state;
    struct document doc;
    struct buf text;
    buf_init(&text, (size_t)4 << 20);
    for (size_t i = 0; i < row->count; i++)
        buf_puts(&text, row->unit);
    buf_puts(&text, row->end);
    document_init(&doc, (size_t)64 << 20);
    struct span all = buf_span(&text);
    document_add(&doc, BLOCK_PARAGRAPH, span_trim(all));
    struct summary s = make_summary(&doc, 0, 0);
    assert_int_equal(s.kind, row->kind);
    assert_int_equal(s.words, row->words);
    assert_non_null(s.parts);
    assert_true(s.parts->text.n > 0);
    buf_fini(&text);
    document_fini(&doc);
}

/* However long the text is, the graph is not larger: sections have equal shares of it. */
static void long_articles_have_a_bounded_graph(void **state)
{
    (void)state;
    struct document doc;
    document_init(&doc, (size_t)64 << 20);
    for (int section = 0; section < 1000; section++) {
        document_add(&doc, BLOCK_HEADING, SPAN("Heading"));
        for (int i = 0; i < 20; i++)
            document_add(&doc, BLOCK_PARAGRAPH, SPAN(RAIN " " SCHOOL " " FERRY));
    }
    struct summary s = make_summary(&doc, 0, 0);
    assert_int_equal(s.sentences, 60000);
    assert_int_equal(s.chosen, 1); /* the first of each section; they are all the same */
    document_fini(&doc);
}

int main(void)
{
    static struct suite s;
    SUITE_TEST(&s, a_short_article_is_its_own_summary);
    SUITE_TEST(&s, parts_are_runs_in_a_paragraph);
    SUITE_TEST(&s, lengths_are_as_asked);
    SUITE_TEST(&s, what_cannot_be_chosen_is_taken_from_the_front);
    SUITE_TEST(&s, a_first_sentence_that_is_too_long_is_cut);
    SUITE_TEST(&s, an_article_without_prose_is_summed_up_by_its_title);
    SUITE_TEST(&s, the_author_comes_first_then_the_page);
    SUITE_TEST(&s, signs_count_by_twos);
    SUITE_ROWS(&s, hostile_texts_have_sane_summaries, hostile_rows);
    SUITE_TEST(&s, long_articles_have_a_bounded_graph);
    return suite_run(&s, "article/summary");
}
