#include "article/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "article/gemtext.h"

#define CAP ((size_t)1024 * 1024)

/*
 * Rows are lines; one that begins with '!' is a heading.  Cells are parted by '|'; one that begins
 * with '>' stands at the right, one that begins with a digit and '^' covers so many columns, and
 * "\\" is a line end in a cell.
 */
static void collect(struct table *t, struct span rows)
{
    struct span row;
    while (span_line(&rows, &row)) {
        bool heading = span_starts(row, SPAN("!"));
        table_row(t, heading);
        for (size_t at = heading; at <= row.n;) {
            size_t end = span_find(row, at, '|');
            struct span cell = span_sub(row, at, end);
            unsigned span = 1;
            bool right = span_starts(cell, SPAN(">"));
            if (right)
                cell = span_sub(cell, 1, cell.n);
            if (cell.n > 1 && cell.p[1] == '^') {
                span = (unsigned)(cell.p[0] - '0');
                cell = span_sub(cell, 2, cell.n);
            }
            char text[1024];
            assert_true(cell.n < sizeof text);
            for (size_t i = 0; i < cell.n; i++)
                text[i] = (char)(cell.p[i] == '\\' ? '\n' : cell.p[i]);
            table_cell(t, (struct span){text, cell.n}, span, right);
            at = end + 1;
        }
    }
}

struct table_case {
    const char *rows, *page;
};

static void check(const struct table_case *cases, size_t count, const char *caption)
{
    for (size_t i = 0; i < count; i++) {
        struct table t;
        struct document doc;
        struct buf page;
        struct gemtext g;
        table_init(&t, CAP);
        document_init(&doc, CAP);
        buf_init(&page, CAP);
        collect(&t, span_of(cases[i].rows));
        table_write(&t, span_of(caption), &doc);
        assert_int_equal(arena_status(&doc.arena), ST_OK);
        gemtext_init(&g, &page);
        gemtext_blocks(&g, &doc);
        assert_string_equal(buf_str(&page), cases[i].page);
        buf_fini(&page);
        document_fini(&doc);
        table_fini(&t);
    }
}

#define CHECK(cases, caption) check(cases, sizeof cases / sizeof cases[0], caption)

static void aligns_columns(void **state)
{
    (void)state;
    static const struct table_case cases[] = {
        {"!Name|>Price\nBread|>2.50\nCoffee, black|>12.00\n", "```\n"
                                                              "Name           Price\n"
                                                              "-------------  -----\n"
                                                              "Bread           2.50\n"
                                                              "Coffee, black  12.00\n"
                                                              "```\n"},
        {"a|b\nccc|d", "```\n"
                       "a    b\n"
                       "ccc  d\n"
                       "```\n"},
        /* What is short, or ends with nothing, leaves no blanks behind it. */
        {"a|bb|c\nd||\ne|f", "```\n"
                             "a  bb  c\n"
                             "d\n"
                             "e  f\n"
                             "```\n"},
        {"|b\na|", "```\n"
                   "   b\n"
                   "a\n"
                   "```\n"},
        {"  a \t b  |\tc", "```\n"
                           "a b  c\n"
                           "```\n"},
        {"a\\b|c\nd|e\\\\f\\", "```\n"
                               "a  c\n"
                               "b\n"
                               "d  e\n"
                               "\n"
                               "   f\n"
                               "```\n"},
        {"alone", "```\n"
                  "alone\n"
                  "```\n"},
        {"```|a", "```\n"
                  " ```  a\n"
                  "```\n"},
    };
    CHECK(cases, NULL);
}

static void sets_off_the_first_headings(void **state)
{
    (void)state;
    static const struct table_case cases[] = {
        {"!a|b\n!c|d\ne|f\n!g|h\ni|j", "```\n"
                                       "a  b\n"
                                       "c  d\n"
                                       "-  -\n"
                                       "e  f\n"
                                       "g  h\n"
                                       "i  j\n"
                                       "```\n"},
        {"a|b\n!c|d\ne|f", "```\n"
                           "a  b\n"
                           "c  d\n"
                           "-  -\n"
                           "e  f\n"
                           "```\n"},
        {"!a|b\n|\n!|\n", "```\n"
                          "a  b\n"
                          "```\n"},
    };
    CHECK(cases, NULL);
}

static void leaves_out_what_is_empty(void **state)
{
    (void)state;
    static const struct table_case cases[] = {
        {"", ""},
        {"|\n| \\ |\n!\n", ""},
        {"a||b\n||\n \nc|\xc2\xa0|d", "```\n"
                                      "a  b\n"
                                      "c  d\n"
                                      "```\n"},
        {"9^|9^|9^|a|9^|b", "```\n"
                            "a  b\n"
                            "```\n"},
    };
    CHECK(cases, NULL);
    CHECK(cases, "");
}

static void counts_columns_of_a_terminal(void **state)
{
    (void)state;
    static const struct table_case cases[] = {
        /* Wide signs count two, */
        {"!\xe5\x90\x8d\xe5\x89\x8d|b\na|b\n\xef\xbd\xb1|b", "```\n"
                                                             "\xe5\x90\x8d\xe5\x89\x8d  b\n"
                                                             "----  -\n"
                                                             "a     b\n"
                                                             "\xef\xbd\xb1     b\n"
                                                             "```\n"},
        /* combining marks none, */
        {"x\xcc\x84|b\nxy|b", "```\n"
                              "x\xcc\x84   b\n"
                              "xy  b\n"
                              "```\n"},
        /* letters written from right to left one, and their marks and joiners none. */
        {"\xd7\xa9\xd6\xb8\xd7\x9c|b\nxyz|b", "```\n"
                                              "\xd7\xa9\xd6\xb8\xd7\x9c   b\n"
                                              "xyz  b\n"
                                              "```\n"},
        {"\xd9\x85\xe2\x80\x8c\xd8\xae|>\xd9\xa1\nxyz|>10", "```\n"
                                                            "\xd9\x85\xe2\x80\x8c\xd8\xae    "
                                                            "\xd9\xa1\n"
                                                            "xyz  10\n"
                                                            "```\n"},
        {"\xe2\x80\x8d|b", "```\n"
                           "\xe2\x80\x8d   b\n"
                           "```\n"},
    };
    CHECK(cases, NULL);
}

static void covers_several_columns(void **state)
{
    (void)state;
    static const struct table_case cases[] = {
        {"2^ab cd|e\nf|g|h", "```\n"
                             "ab cd  e\n"
                             "f  g   h\n"
                             "```\n"},
        {"2^ab|e\nfoo|bar|h", "```\n"
                              "ab        e\n"
                              "foo  bar  h\n"
                              "```\n"},
        {">2^ab|e\nfoo|bar|h", "```\n"
                               "      ab  e\n"
                               "foo  bar  h\n"
                               "```\n"},
        /* Nothing else begins in the second column, so there is none. */
        {"2^ab|c\n2^d|e", "```\n"
                          "ab  c\n"
                          "d   e\n"
                          "```\n"},
        {"a|9^bcd\ne|f|g", "```\n"
                           "a  bcd\n"
                           "e  f  g\n"
                           "```\n"},
        {"0^a|b", "```\n"
                  "a  b\n"
                  "```\n"},
    };
    CHECK(cases, NULL);
}

static void wraps_cells(void **state)
{
    (void)state;
    static const struct table_case cases[] = {
        {"!Name|Text\nfirst|The quick brown fox jumps over the lazy dog and then it sleeps in the "
         "sun until the evening comes\nsecond|short",
         "```\n"
         "Name    Text\n"
         "------  ----------------------------------------------------------------\n"
         "first   The quick brown fox jumps over the lazy dog and then it sleeps\n"
         "        in the sun until the evening comes\n"
         "second  short\n"
         "```\n"},
        /* Two that are wide share what there is; a line end stays one. */
        {"The quick brown fox jumps over the lazy dog|a\\The quick brown fox jumps over the lazy "
         "dog|>7",
         "```\n"
         "The quick brown fox jumps over the  a                                  7\n"
         "lazy dog                            The quick brown fox jumps over\n"
         "                                    the lazy dog\n"
         "```\n"},
        /* Where all of it is written without spaces, a line ends anywhere but before 。 */
        {"\xe4\xb8\xad|"
         "\xe4\xb8\x80\xe4\xba\x8c\xe4\xb8\x89\xe5\x9b\x9b\xe4\xba\x94\xe5\x85\xad\xe4\xb8\x83"
         "\xe5\x85\xab\xe4\xb9\x9d\xe5\x8d\x81\xe4\xb8\x80\xe4\xba\x8c\xe4\xb8\x89\xe5\x9b\x9b"
         "\xe4\xba\x94\xe5\x85\xad\xe4\xb8\x83\xe5\x85\xab\xe4\xb9\x9d\xe5\x8d\x81\xe4\xb8\x80"
         "\xe4\xba\x8c\xe4\xb8\x89\xe5\x9b\x9b\xe4\xba\x94\xe5\x85\xad\xe4\xb8\x83\xe5\x85\xab"
         "\xe4\xb9\x9d\xe5\x8d\x81\xe4\xb8\x80\xe4\xba\x8c\xe4\xb8\x89\xe5\x9b\x9b\xe3\x80\x82\xe4"
         "\xb8\x80",
         "```\n"
         "\xe4\xb8\xad  "
         "\xe4\xb8\x80\xe4\xba\x8c\xe4\xb8\x89\xe5\x9b\x9b\xe4\xba\x94\xe5\x85\xad\xe4\xb8\x83"
         "\xe5\x85\xab\xe4\xb9\x9d\xe5\x8d\x81\xe4\xb8\x80\xe4\xba\x8c\xe4\xb8\x89\xe5\x9b\x9b"
         "\xe4\xba\x94\xe5\x85\xad\xe4\xb8\x83\xe5\x85\xab\xe4\xb9\x9d\xe5\x8d\x81\xe4\xb8\x80"
         "\xe4\xba\x8c\xe4\xb8\x89\xe5\x9b\x9b\xe4\xba\x94\xe5\x85\xad\xe4\xb8\x83\xe5\x85\xab"
         "\xe4\xb9\x9d\xe5\x8d\x81\xe4\xb8\x80\xe4\xba\x8c\xe4\xb8\x89\n"
         "    \xe5\x9b\x9b\xe3\x80\x82\xe4\xb8\x80\n"
         "```\n"},
        /* A cell that covers two columns has the width of both. */
        {"2^The quick brown fox jumps over the lazy dog and then it sleeps in the sun until "
         "evening\nThe quick brown fox jumps|over the lazy dog",
         "```\n"
         "The quick brown fox jumps over the lazy dog and then it sleeps in the\n"
         "sun until evening\n"
         "The quick brown fox jumps  over the lazy dog\n"
         "```\n"},
    };
    CHECK(cases, NULL);
}

static void falls_back_to_items(void **state)
{
    (void)state;
    static const struct table_case cases[] = {
        /* A word is too wide, */
        {"!Name|Address\na|https://example.org/a-long-way/to-a-page/that-has/quite-some-segments/"
         "in-it.html\n||\nb\\c||d",
         "* Name · Address\n"
         "* a · https://example.org/a-long-way/to-a-page/that-has/quite-some-segments/in-it.html\n"
         "* b c · d\n"},
        {"two words of too much width in|donaudampfschifffahrtselektrizitaetenhaupt|"
         "betriebswerkbauunterbeamte",
         "* two words of too much width in · donaudampfschifffahrtselektrizitaetenhaupt · "
         "betriebswerkbauunterbeamte\n"},
        /* or there are too many columns, */
        {"a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y\nz",
         "* a · b · c · d · e · f · g · h · i · j · k · l · m · n · o · p · q · r · s · t · u · v "
         "· w"
         " · x · y\n* z\n"},
        /* or they would be narrow to look at. */
        {"aaaa aaaa aaa|bbbb bbbb bbb|cccc cccc ccc|dddd dddd ddd|eeee eeee eee|ffff ffff fff|"
         "gggg gggg ggg|hhhh hhhh hhh",
         "* aaaa aaaa aaa · bbbb bbbb bbb · cccc cccc ccc · dddd dddd ddd · eeee eeee eee · "
         "ffff ffff fff · gggg gggg ggg · hhhh hhhh hhh\n"},
    };
    CHECK(cases, NULL);
}

static void takes_what_just_fits(void **state)
{
    (void)state;
    static const struct table_case cases[] = {
        {"a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x",
         "```\n"
         "a  b  c  d  e  f  g  h  i  j  k  l  m  n  o  p  q  r  s  t  u  v  w  x\n"
         "```\n"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "```\n"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
         "```\n"},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "* aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"},
    };
    CHECK(cases, NULL);
}

static void keeps_the_caption(void **state)
{
    (void)state;
    static const struct table_case cases[] = {
        {"a|b", "```Two of them\na  b\n```\n"},
        {"a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|v|w|x|y",
         "Two of them\n* a · b · c · d · e · f · g · h · i · j · k · l · m · n · o · p · q · r · s "
         "· "
         "t · u · v · w · x · y\n"},
        {"", ""},
    };
    CHECK(cases, " Two\nof  them ");
}

static void stands_apart_from_the_block_before_it(void **state)
{
    (void)state;
    for (int wide = 0; wide < 2; wide++) {
        struct table t;
        struct document doc;
        table_init(&t, CAP);
        document_init(&doc, CAP);
        for (int i = 0; i < (wide ? 30 : 1); i++)
            table_cell(&t, SPAN("a"), 1, false); /* no row was begun */
        table_row(&t, false);
        table_cell(&t, SPAN("b"), 1, false);
        document_add(&doc, BLOCK_PARAGRAPH, SPAN("text"));
        table_write(&t, (struct span){NULL, 0}, &doc);
        assert_int_equal(doc.count, wide ? 3 : 2);
        assert_int_equal(doc.blocks[1].kind, wide ? BLOCK_ITEM : BLOCK_PRE);
        assert_false(doc.blocks[1].tight);
        assert_true(!wide || doc.blocks[2].tight);
        document_fini(&doc);
        table_fini(&t);
    }
}

static void is_not_led_astray_by_absurd_sizes(void **state)
{
    (void)state;
    struct table t;
    struct document doc;
    table_init(&t, CAP);
    document_init(&doc, CAP);
    for (int i = 0; i < 2000; i++)
        table_cell(&t, i % 2 == 0 ? SPAN("a") : SPAN(""), UINT32_MAX, false);
    table_write(&t, (struct span){NULL, 0}, &doc);
    assert_int_equal(arena_status(&doc.arena), ST_OK);
    assert_int_equal(doc.count, 1);
    assert_int_equal(doc.blocks[0].kind, BLOCK_ITEM);
    document_fini(&doc);
    table_fini(&t);
}

static void passes_a_failure_on(void **state)
{
    (void)state;
    struct table t;
    struct document doc;
    table_init(&t, 1024);
    document_init(&doc, CAP);
    for (int i = 0; i < 100; i++) {
        table_row(&t, false);
        table_cell(&t, SPAN("more text than there is room for"), 1, false);
    }
    table_write(&t, (struct span){NULL, 0}, &doc);
    assert_int_equal(arena_status(&doc.arena), ST_LIMIT);
    assert_int_equal(doc.count, 0);
    document_fini(&doc);
    table_fini(&t);

    /* The table is all right, but the document has no room for it. */
    for (int wide = 0; wide < 2; wide++) {
        table_init(&t, CAP);
        document_init(&doc, 1024);
        for (int i = 0; i < 100; i++) {
            table_row(&t, false);
            for (int k = 0; k < (wide ? 30 : 1); k++)
                table_cell(&t, SPAN("some text"), 1, false);
        }
        table_write(&t, (struct span){NULL, 0}, &doc);
        assert_int_equal(arena_status(&doc.arena), ST_LIMIT);
        document_fini(&doc);
        table_fini(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aligns_columns),
        cmocka_unit_test(sets_off_the_first_headings),
        cmocka_unit_test(leaves_out_what_is_empty),
        cmocka_unit_test(counts_columns_of_a_terminal),
        cmocka_unit_test(covers_several_columns),
        cmocka_unit_test(wraps_cells),
        cmocka_unit_test(falls_back_to_items),
        cmocka_unit_test(takes_what_just_fits),
        cmocka_unit_test(keeps_the_caption),
        cmocka_unit_test(stands_apart_from_the_block_before_it),
        cmocka_unit_test(is_not_led_astray_by_absurd_sizes),
        cmocka_unit_test(passes_a_failure_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
