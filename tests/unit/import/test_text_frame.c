#include "text_case.h"

#define LONG        "The council of the town has decided that the old harbour light will shine.\n"
#define BODY(marks) "Title\n\n" LONG "\n" marks
#define HEAD(marks) marks "\nTitle\n\n" LONG

/* How a page marks its neighbours, below the article and above it. */
static const struct text_case frame_cases[] = {
    {"titles behind a colon and a dash",
     BODY("Previous Article: Old one\nNext article - New one\n"), "Title", "Old one", "New one",
     LONG},
    {"the same above the title", HEAD("Previous Article: Old one\nNext article - New one\n"),
     "Title", "Old one", "New one", LONG},
    {"a long dash", BODY("Previous article \u2014 Old one\n"), "Title", "Old one", NULL, LONG},
    {"arrows and brackets",
     BODY("\u2039 Previous article\nOld one\n\n[Next Article: New one] \u2192\n"), "Title",
     "Old one", "New one", LONG},
    {"any blanks between the words",
     BODY("PREVIOUS  \t ARTICLE\n Old one\nnext\u00a0article\nNew\n"), "Title", "Old one", "New",
     LONG},
    {"small letters throughout", BODY("previous article\nold one\nnext article\nnew one\n"),
     "Title", "old one", "new one", LONG},
    {"the other order", BODY("Next Article\n\nNew one\n\nPrevious Article\n\nOld one\n"), "Title",
     "Old one", "New one", LONG},
    {"both in a line have no titles", BODY("\u00ab Previous Article | Next Article \u00bb\n"),
     "Title", NULL, NULL, LONG},
    {"both without titles above the title", HEAD("Previous Article\nNext Article\n"), "Title", NULL,
     NULL, LONG},
    {"a title with quotes keeps them", BODY("\u2190 Previous Article: \u00abOld\u00bb \u2192\n"),
     "Title", "\u00abOld\u00bb", NULL, LONG},
    {"a wrapped title of a neighbour", BODY("Previous Article\nOld one and its\nharbour\n"),
     "Title", "Old one and its harbour", NULL, LONG},
    {"an arrow before a title", BODY("Previous Article\n\u2190 Old one\n"), "Title", "Old one",
     NULL, LONG},
    {"rules between the markers", BODY("----\nPrevious Article\nOld one\n----\n"), "Title",
     "Old one", NULL, LONG},
    {"prompts below the last marker",
     BODY("Next Article\nNew one\nNo time to read?\nGet a summary\n"), "Title", NULL, "New one",
     LONG},
    {"a sentence that begins so", BODY("Next article by article, she read it all.\n"), "Title",
     NULL, NULL, LONG "\nNext article by article, she read it all.\n"},
    {"a sentence behind a colon", BODY("Previous article: it was wrong.\n"), "Title", NULL, NULL,
     LONG "\nPrevious article: it was wrong.\n"},
    {"a sentence that ends so", BODY("We told it in the\nprevious article\n"), "Title", NULL, NULL,
     LONG "\nWe told it in the\nprevious article\n"},
    {"the plural is text", BODY("Next Articles\n"), "Title", NULL, NULL, LONG "\nNext Articles\n"},

    {"a prompt over three lines", BODY("No time\nto read? Get a\nSUMMARY!\n\nMore.\n"), "Title",
     NULL, NULL, LONG "\nMore.\n"},
    {"a prompt with arrows", BODY("\u2192 Get a summary\u2026\n"), "Title", NULL, NULL, LONG},
    {"a prompt with a verb of its own", BODY("No time to read? Get a summary of it.\n"), "Title",
     NULL, NULL, LONG "\nNo time to read? Get a summary of it.\n"},
    {"a sentence over lines", BODY("There was really\nno time to read\nany of it.\n"), "Title",
     NULL, NULL, LONG "\nThere was really\nno time to read\nany of it.\n"},
    {"a sentence that goes on", BODY("Get a summary\nof the plan there.\n"), "Title", NULL, NULL,
     LONG "\nGet a summary\nof the plan there.\n"},
    {"a speaker's words", BODY("\"No time to read!\"\n"), "Title", NULL, NULL,
     LONG "\n\"No time to read!\"\n"},

    {"a title with a line below it", "Title\n=====\n\n" LONG, "Title", NULL, NULL, LONG},
    {"a title between two lines", "=====\n Title\n=====\n" LONG, "Title", NULL, NULL, LONG},
    {"a wrapped title with a line below it", "A harbour and\nits light\n------\n" LONG,
     "A harbour and its light", NULL, NULL, LONG},
    {"a title that cannot end there", "The light and the\nHarbour\n\n" LONG,
     "The light and the Harbour", NULL, NULL, LONG},
    {"a line below a title is its own", "The light is back\nBy Ines Falk\n\n" LONG,
     "The light is back", NULL, NULL, "By Ines Falk\n\n" LONG},
    {"a title that stands again", "Title\n\nNext Article\nNew one\n\nTitle\n\n" LONG, "Title", NULL,
     "New one", LONG},
    {"a title without letters that stands again", ".\n\n.\n\n.\n", ".", NULL, NULL, ".\n"},
    {"a URL is no title", "https://example.org/a\n\n" LONG, NULL, NULL, NULL,
     "=> https://example.org/a\n\n" LONG},
    {"a list is no title", "- milk\n- bread\n", NULL, NULL, NULL, "* milk\n* bread\n"},
    {"a rule below the only line", "Title\n\n====\n", NULL, NULL, NULL, "Title\n"},
};

/* A line end behind a title, or none where the text ends, does not make it longer. */
static void measures_a_title_without_its_line_end(void **state)
{
    (void)state;
    static const char *const ends[] = {"", "\n"};
    char found[2][4096];
    for (size_t i = 0; i < 2; i++) {
        char text[300];
        struct document doc;
        snprintf(text, sizeof text, "%0247d\nle%s", 0, ends[i]);
        memset(text, 'a', 247);
        struct error e = {0};
        document_init(&doc, 1 << 20);
        assert_status(text_import(span_of(text), false, &doc, &e), ST_OK, &e);
        snprintf(found[i], sizeof found[i], "%.*s|%zu", (int)doc.title.n, doc.title.p, doc.count);
        document_fini(&doc);
    }
    assert_string_equal(found[0], found[1]);
}

static void drops_the_title_that_is_known(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "The old port.\n" LONG,
        "THE OLD\nPORT\n\n" LONG,
        "The old port\n====\n\n" LONG,
        "Next Article\nNew\n\nThe old port\n\n" LONG,
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct document doc;
        struct error e = {0};
        document_init(&doc, 1 << 20);
        doc.title = SPAN("The old port");
        assert_status(text_import(span_of(texts[i]), false, &doc, &e), ST_OK, &e);
        assert_int_equal(doc.count, 1);
        assert_span_equal(doc.blocks[0].text, span_sub(SPAN(LONG), 0, sizeof LONG - 2));
        document_fini(&doc);
    }
}

int main(void)
{
    struct suite s = {.count = 0};
    SUITE_ROWS(&s, text_case_run, frame_cases);
    SUITE_TEST(&s, measures_a_title_without_its_line_end);
    SUITE_TEST(&s, drops_the_title_that_is_known);
    return suite_run(&s, "text_frame");
}
