#include "press/pages.h"

#include "../support.h"

/* The pages of whole articles are golden files; here is what convert does not show. */

static void a_placeholder_links_back_to_all_who_name_it(void **state)
{
    (void)state;
    struct buf out;
    const struct pages_witness witnesses[] = {{SPAN("Title A"), SPAN("a.gmi"), true},
                                              {SPAN("Title B"), SPAN("b.gmi"), false}};
    buf_init(&out, 4096);
    pages_placeholder(SPAN("Not here"), witnesses, 2, SPAN("index.gmi"), &out);
    assert_string_equal(
        buf_str(&out),
        "# Not here\n\n"
        "This capsule does not hold the text of this article; it knows the title alone, from a "
        "piece beside it.\n\n"
        "=> a.gmi ← Previous article: Title A\n"
        "=> b.gmi → Next article: Title B\n"
        "=> index.gmi ↑ All articles\n");
    buf_fini(&out);
}

static void without_a_summary_the_neighbours_are_first(void **state)
{
    (void)state;
    struct buf out;
    const struct pages_piece piece = {.no_summary = true,
                                      .title = SPAN("Title"),
                                      .slug = SPAN("title"),
                                      .previous = {SPAN("Title A"), SPAN("a.gmi")},
                                      .index_href = SPAN("index.gmi")};
    buf_init(&out, 4096);
    pages_head(&piece, PAGES_ARTICLE, &out);
    pages_foot(&piece, PAGES_ARTICLE, &out);
    assert_string_equal(buf_str(&out), "# Title\n\n"
                                       "=> a.gmi ← Previous article: Title A\n"
                                       "=> index.gmi → No next article: all articles\n\n"
                                       "=> a.gmi ← Previous article: Title A\n"
                                       "=> index.gmi → No next article: all articles\n"
                                       "=> index.gmi ↑ All articles\n");
    buf_fini(&out);
}

struct label_row {
    const char *name;
    struct summary summary;
    const char *label;
};

static const struct label_row label_rows[] = {
    {"some sentences",
     {.kind = SUMMARY_SENTENCES, .chosen = 3, .sentences = 23},
     "3 of 23 sentences, chosen automatically:"},
    {"one sentence",
     {.kind = SUMMARY_SENTENCES, .chosen = 1, .sentences = 2},
     "1 of 2 sentences, chosen automatically:"},
    {"all sentences",
     {.kind = SUMMARY_SENTENCES, .chosen = 2, .sentences = 2},
     "The whole article, word for word:"},
    {"a sentence that was cut",
     {.kind = SUMMARY_CUT, .words = 100, .sentences = 1},
     "The first 100 words of the article:"},
    {"the author's", {.kind = SUMMARY_AUTHOR, .sentences = 9}, "The author’s summary:"},
    {"the page's", {.kind = SUMMARY_DESCRIPTION}, "The page’s own description:"},
};

static void a_summary_says_what_it_is(void **state)
{
    const struct label_row *row = *state;
    struct summary_part part = {.text = SPAN("Text.")};
    struct summary summary = row->summary;
    struct buf out;
    char expected[512];
    summary.parts = &part;
    const struct pages_piece piece = {.summary = &summary, .words = 100};
    snprintf(expected, sizeof expected,
             "\n%s\n\nText.\n\n"
             "Reading time: 1 min for this summary, 1 min for the full article.\n",
             row->label);
    buf_init(&out, 4096);
    pages_text(&piece, PAGES_SUMMARY, &out);
    assert_string_equal(buf_str(&out), expected);
    buf_fini(&out);
}

static void the_index_has_dated_links_in_one_run(void **state)
{
    (void)state;
    char title[] = "The News";
    char subtitle[] = "From the harbour";
    char licence[] = "CC BY 4.0";
    struct capsule capsule = {.title = title, .subtitle = subtitle, .licence = licence};
    const struct pages_entry entries[] = {
        {SPAN("b.gmi"), SPAN("2024-02-01"), SPAN("Title B")},
        {SPAN("a.gmi"), SPAN("2024-01-01"), SPAN("Title A")},
        {SPAN("c.gmi"), {NULL, 0}, SPAN("Title C")},
    };
    struct buf out;
    buf_init(&out, 4096);
    pages_index(&capsule, entries, 3, &out);
    assert_string_equal(buf_str(&out), "# The News\n\nFrom the harbour\n\n"
                                       "=> b.gmi 2024-02-01 Title B\n=> a.gmi 2024-01-01 Title A\n"
                                       "\n=> c.gmi Title C\n\nCC BY 4.0\n");
    buf_fini(&out);
}

static void a_listing_survives_any_file_name(void **state)
{
    (void)state;
    struct buf out;
    struct pages_listing l;
    buf_init(&out, 4096);
    pages_listing_begin(&l, SPAN("docs"), &out);
    pages_listing_add(&l, SPAN("a b.gmi"), false);
    pages_listing_add(&l, SPAN("x\n=> gemini://evil.example/ y"), false);
    pages_listing_add(&l, SPAN("a:b"), true);
    pages_listing_add(&l, SPAN("\xff"), false);
    pages_listing_add(&l,
                      SPAN("\xe2\x80\xae"
                           "gpj"),
                      false);
    pages_listing_add(&l, SPAN("a\xe2\x80\xa8z"), false);
    assert_string_equal(buf_str(&out), "# docs/\n\n=> ../ ↑ One folder up\n=> ./a%20b.gmi a b.gmi\n"
                                       "=> ./x%0A=%3E%20gemini:%2F%2Fevil.example%2F%20y x\\x0A=> "
                                       "gemini://evil.example/ y\n=> ./a:b/ a:b/\n=> ./%FF \\xFF\n"
                                       "=> ./%E2%80%AEgpj gpj\n=> ./a%E2%80%A8z a z\n");
    buf_fini(&out);
}

int main(void)
{
    static struct suite s;
    SUITE_TEST(&s, a_placeholder_links_back_to_all_who_name_it);
    SUITE_TEST(&s, without_a_summary_the_neighbours_are_first);
    SUITE_ROWS(&s, a_summary_says_what_it_is, label_rows);
    SUITE_TEST(&s, the_index_has_dated_links_in_one_run);
    SUITE_TEST(&s, a_listing_survives_any_file_name);
    return suite_run(&s, "press/pages");
}
