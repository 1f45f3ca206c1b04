#include "article/description.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct description_case {
    const char *description;
    bool tells;
};

static const struct description_case description_cases[] = {
    {"What the council wants to do with the pier, and who pays.", true},
    {"A short description.", true},
    {"A description without a full stop", true},
    {"", false},
    {" . ", false},
    /* the title again */
    {"Pier opens at last", false},
    {"PIER OPENS AT LAST!", false},
    {"Pier opens at last | Coast Daily", false},
    {"Pier opens", false},
    {"Pier opens at last, and some two thousand people walk its length in the rain.", true},
    /* cut off */
    {"Officials, traders and anglers said…", false},
    {"Officials, traders and anglers said ...", false},
    {"Officials, traders and anglers said [...]", false},
    {"The new pier, which took four years to build, opened to the", false},
    {"The new pier, which took four years to bui", false},
    {"Westhaven, 4 May – The new pier, which took four years", false},
    {"the new pier which took four years to build opened", false},
    /* the lede, but whole */
    {"The new pier, which took four years to build, opened to the public on Saturday.", true},
    /* over the end of a paragraph */
    {"The new pier, which took four years to build, opened to the public on Saturday. "
     "Harbour officials said on",
     false},
    /* too little in common */
    {"The new pier and its friends", true},
};

static bool tells(const struct document *doc)
{
    bool answer;
    assert_int_equal(description_tells(doc, &answer), ST_OK);
    return answer;
}

static void tells_summaries_from_what_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof description_cases / sizeof description_cases[0]; i++) {
        struct document doc;
        document_init(&doc, 1 << 20);
        document_add(&doc, BLOCK_HEADING, SPAN("The new"));
        document_add(&doc, BLOCK_PARAGRAPH,
                     SPAN("WESTHAVEN, 4 May – The new pier, which took four years to build, opened "
                          "to the public on "
                          "Saturday."));
        document_add(&doc, BLOCK_PARAGRAPH,
                     SPAN("Harbour officials said on Sunday that the new pier "
                          "is safe."));
        doc.title = SPAN("Pier opens at last");
        doc.description = span_of(description_cases[i].description);
        if (tells(&doc) != description_cases[i].tells)
            fail_msg("%s", description_cases[i].description);
        document_fini(&doc);
    }
}

static void knows_scripts_without_blanks(void **state)
{
    (void)state;
    static const struct description_case cases[] = {
        {"河口市政府周三宣布，将于明年六月关闭旧水厂，由位于城北的新水厂取代。", true},
        {"河口市政府周三宣布，将于明年六月关闭旧水厂，由位于城北的新", false},
        {"河口市将关闭旧水厂", false},
        {"河口市将关闭旧水厂｜河口日报", false},
        {"居民担心噪音和交通", true},
        {"河口市政府周三宣布，将于明年六月关闭建于一九五八年的旧水厂，居民担心施工期间的噪音和交通"
         "问题",
         true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct document doc;
        document_init(&doc, 1 << 20);
        document_add(&doc, BLOCK_PARAGRAPH,
                     SPAN("新华社河口电 "
                          "河口市政府周三宣布，将于明年六月关闭旧水厂，由位于城北的新水厂取代。"));
        doc.title = SPAN("河口市将关闭旧水厂");
        doc.description = span_of(cases[i].description);
        if (tells(&doc) != cases[i].tells)
            fail_msg("%s", cases[i].description);
        document_fini(&doc);
    }
}

/* What is too long to be folded is not the same for that. */
static void tells_long_words_apart(void **state)
{
    (void)state;
    char title[201];
    char description[201];
    struct document doc;
    for (size_t i = 0; i < 200; i++) {
        title[i] = 'a';
        description[i] = 'b';
    }
    title[200] = description[200] = '\0';
    document_init(&doc, 1 << 20);
    doc.title = span_of(title);
    doc.description = span_of(description);
    assert_true(tells(&doc));
    document_fini(&doc);
}

static void does_without_title_and_text(void **state)
{
    (void)state;
    struct document doc;
    document_init(&doc, 1 << 20);
    assert_false(tells(&doc));
    doc.description = SPAN("Without a full stop");
    assert_true(tells(&doc));
    document_fini(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_summaries_from_what_is_none),
        cmocka_unit_test(knows_scripts_without_blanks),
        cmocka_unit_test(tells_long_words_apart),
        cmocka_unit_test(does_without_title_and_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
