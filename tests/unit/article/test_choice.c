#include "article/choice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define LIMIT(sentences, words) ((struct choice_limit){(sentences), (words), true})

/*
 * A document of paragraphs; "# x" is a heading, "* x" an item.  Returns the numbers of the chosen
 * sentences: "0 2 ".
 */
static const char *choose(const char *const *paragraphs, const char *title,
                          struct choice_limit limit)
{
    static char numbers[256];
    bool chosen[400] = {false};
    char *at = numbers;
    struct document doc;
    struct candidates c;
    document_init(&doc, 1 << 20);
    for (; *paragraphs != NULL; paragraphs++) {
        struct span text = span_of(*paragraphs);
        enum block_kind kind = span_starts(text, SPAN("# "))   ? BLOCK_HEADING
                               : span_starts(text, SPAN("* ")) ? BLOCK_ITEM
                                                               : BLOCK_PARAGRAPH;
        document_add(&doc, kind, span_sub(text, kind == BLOCK_PARAGRAPH ? 0 : 2, text.n));
    }
    assert_int_equal(candidates_find(&doc, language_of_tag(SPAN("en")), 400, &c), ST_OK);
    assert_int_equal(choice_make(&c, span_of(title), limit, chosen), ST_OK);
    *at = '\0';
    for (size_t i = 0; i < c.count; i++) {
        if (chosen[i])
            at += sprintf(at, "%zu ", i);
    }
    candidates_fini(&c);
    document_fini(&doc);
    return numbers;
}

#define PIER   "The council of Westhaven voted on Monday for a new wooden pier."
#define COST   "Building the wooden pier costs the council four million crowns."
#define RAIN   "Heavy rain fell on the hills behind the railway all afternoon."
#define SCHOOL "Children of three schools sang old songs about whales and ships."
#define HE     "He had promised it to the anglers before the last election."

static void takes_the_first_of_equals(void **state)
{
    (void)state;
    assert_string_equal(
        choose((const char *const[]){RAIN, SCHOOL, PIER, NULL}, NULL, LIMIT(1, 100)), "0 ");
}

static void leaves_out_what_has_faults(void **state)
{
    (void)state;
    assert_string_equal(
        choose((const char *const[]){"Too short.", "Photo: " PIER, "* " RAIN, SCHOOL, NULL}, NULL,
               LIMIT(3, 100)),
        "3 ");
    assert_string_equal(
        choose((const char *const[]){"Too short.", "* " RAIN, NULL}, NULL, LIMIT(3, 100)), "1 ");
    assert_string_equal(choose((const char *const[]){"Too short.", NULL}, NULL, LIMIT(3, 100)), "");
}

static void keeps_both_limits(void **state)
{
    (void)state;
    const char *const text[] = {PIER, RAIN, SCHOOL, COST, NULL}; /* 12, 11, 11, 10 words */
    assert_string_equal(choose(text, NULL, LIMIT(2, 100)), "0 1 ");
    assert_string_equal(choose(text, NULL, LIMIT(100, 11)), "1 ");
    assert_string_equal(choose(text, NULL, LIMIT(100, 9)), "");
    assert_string_equal(choose(text, NULL, LIMIT(100, 1000)), "0 1 2 3 ");
}

static void prefers_what_the_title_says(void **state)
{
    (void)state;
    const char *const text[] = {RAIN, SCHOOL, PIER,
                                "Ferries ran late in the fog near the old "
                                "lighthouse that week.",
                                NULL};
    assert_string_equal(
        choose(text, "Westhaven council voted Monday for new wooden pier", LIMIT(2, 100)), "0 2 ");
    assert_string_equal(choose(text, NULL, LIMIT(2, 100)), "0 1 ");
}

static void prefers_what_the_others_say_too(void **state)
{
    (void)state;
    const char *const text[] = {RAIN,
                                SCHOOL,
                                "Ferries ran late in the fog near the old lighthouse that week.",
                                PIER,
                                "The council expects that the wooden pier opens in three years.",
                                "Anglers of Westhaven thanked the council for voting as it did.",
                                "A wooden pier stood at Westhaven until the council burnt it.",
                                NULL};
    assert_string_equal(choose(text, NULL, LIMIT(2, 100)), "0 3 ");
}

static void says_nothing_twice(void **state)
{
    (void)state;
    assert_string_equal(choose((const char *const[]){PIER, PIER, PIER, NULL}, NULL, LIMIT(3, 100)),
                        "0 ");
    assert_string_equal(choose((const char *const[]){PIER,
                                                     "On Monday the council of Westhaven voted "
                                                     "for a new wooden pier.",
                                                     SCHOOL, NULL},
                               NULL, LIMIT(2, 100)),
                        "0 2 ");
}

static void brings_what_a_sentence_hangs_on(void **state)
{
    (void)state;
    const char *const title = "He promised anglers before election";
    assert_string_equal(
        choose((const char *const[]){PIER " " HE, RAIN, NULL}, title, LIMIT(2, 100)), "0 1 ");
    /* there is no room for both */
    assert_string_equal(
        choose((const char *const[]){PIER " " HE, RAIN, NULL}, title, LIMIT(1, 100)), "0 ");
    assert_string_equal(choose((const char *const[]){RAIN, HE, NULL}, title, LIMIT(100, 11)), "0 ");
    /* nothing is before it, or what is cannot be shown, or something stands between */
    assert_string_equal(choose((const char *const[]){HE, RAIN, NULL}, title, LIMIT(2, 100)), "1 ");
    assert_string_equal(choose((const char *const[]){"Why? " HE, RAIN, NULL}, title, LIMIT(2, 100)),
                        "2 ");
    assert_string_equal(
        choose((const char *const[]){PIER, "# Heading", HE, NULL}, title, LIMIT(2, 100)), "0 ");
}

static void chains_are_short(void **state)
{
    (void)state;
    const char *const text[] = {PIER " " HE " " HE " " HE, NULL};
    assert_string_equal(choose(text, NULL, LIMIT(1, 100)), "0 ");
}

/* Enough words for a long article. */
#define LONG                                                                                     \
    "Word word word word word word word word word word word word word word word word word word " \
    "word word word word word word word word word word word word word word word word word word " \
    "word word word word word word word word word word word word word word word word word word " \
    "word word word word word word word word word word word word word word word word word word " \
    "word word word word word word word word word word word word word word word word word word."

static void hears_every_section_of_a_long_article(void **state)
{
    (void)state;
    const char *const text[] = {PIER, COST,        LONG, LONG,        LONG,   LONG,
                                LONG, LONG,        LONG, LONG,        LONG,   LONG,
                                LONG, "# Weather", RAIN, "# Schools", SCHOOL, NULL};
    assert_string_equal(choose(text, NULL, LIMIT(3, 100)), "0 13 14 ");
    assert_string_equal(choose(text, NULL, LIMIT(4, 100)), "0 1 13 14 ");
    const char *const brief[] = {PIER, COST, "# Weather", RAIN, "# Schools", SCHOOL, NULL};
    assert_string_equal(choose(brief, NULL, LIMIT(2, 100)), "0 1 ");
}

static void leaves_out_what_only_fills_the_page(void **state)
{
    (void)state;
    const char *text[32];
    static char numbered[30][64];
    text[0] = PIER;
    for (size_t i = 0; i < 30; i++) {
        snprintf(numbered[i], sizeof numbered[i],
                 "One%zu two%zu three%zu four%zu five%zu six%zu "
                 "seven%zu eight%zu.",
                 i, i, i, i, i, i, i, i);
        text[i + 1] = numbered[i];
    }
    text[31] = NULL;
    const char *title = "The council of Westhaven voted on Monday for a new wooden pier";
    size_t all = strlen(choose(text, title, LIMIT(40, 1000)));
    size_t few = strlen(choose(text, title, (struct choice_limit){40, 1000, false}));
    assert_int_equal(all, 10 * 2 + 21 * 3);
    assert_in_range(few, 2, all / 2);
}

static void is_the_same_again(void **state)
{
    (void)state;
    const char *const text[] = {RAIN, SCHOOL, PIER " " HE, COST, NULL};
    char first[256];
    strcpy(first, choose(text, "Pier", LIMIT(3, 100)));
    assert_string_equal(choose(text, "Pier", LIMIT(3, 100)), first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_first_of_equals),
        cmocka_unit_test(leaves_out_what_has_faults),
        cmocka_unit_test(keeps_both_limits),
        cmocka_unit_test(prefers_what_the_title_says),
        cmocka_unit_test(prefers_what_the_others_say_too),
        cmocka_unit_test(says_nothing_twice),
        cmocka_unit_test(brings_what_a_sentence_hangs_on),
        cmocka_unit_test(chains_are_short),
        cmocka_unit_test(hears_every_section_of_a_long_article),
        cmocka_unit_test(leaves_out_what_only_fills_the_page),
        cmocka_unit_test(is_the_same_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
