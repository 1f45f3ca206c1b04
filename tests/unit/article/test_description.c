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
        if (description_tells(&doc) != description_cases[i].tells)
            fail_msg("%s", description_cases[i].description);
        document_fini(&doc);
    }
}

static void does_without_title_and_text(void **state)
{
    (void)state;
    struct document doc;
    document_init(&doc, 1 << 20);
    assert_false(description_tells(&doc));
    doc.description = SPAN("Without a full stop");
    assert_true(description_tells(&doc));
    document_fini(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_summaries_from_what_is_none),
        cmocka_unit_test(does_without_title_and_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
