#include "press/pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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
    assert_string_equal(buf_str(&out),
                        "# docs/\n\n=> ../ ↑ One folder up\n=> ./a%20b.gmi a b.gmi\n"
                        "=> ./x%0A=%3E%20gemini:%2F%2Fevil.example%2F%20y x\\x0A=> "
                        "gemini://evil.example/ y\n=> ./a:b/ a:b/\n=> ./%FF \\xFF\n");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_placeholder_links_back_to_all_who_name_it),
        cmocka_unit_test(the_index_has_dated_links_in_one_run),
        cmocka_unit_test(a_listing_survives_any_file_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
