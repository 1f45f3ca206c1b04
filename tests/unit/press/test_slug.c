#include "press/slug.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void makes_slugs_of_titles(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"Presidential veto on 2024 budget and call for urgent budget reform",
         "presidential-veto-on-2024-budget-and-call-for-urgent-budget-reform"},
        {"  Hello,   World!  ", "hello-world"},
        {"Russia’s plan: what's next?", "russias-plan-whats-next"},
        {"=> /trap.gmi Win", "trap-gmi-win"},
        {"../../etc/passwd", "etc-passwd"},
        {"Ärger in Köln", "ärger-in-köln"},
        {"Мост закрыт", "мост-закрыт"},
        {"港の静かな一年", "港の静かな一年"},
        {"A – B", "a-b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out;
        buf_init(&out, 4096);
        slug_of_title(span_of(cases[i][0]), &out);
        assert_string_equal(buf_str(&out), cases[i][1]);
        buf_fini(&out);
    }
}

static void tells_long_and_letterless_titles_apart(void **state)
{
    (void)state;
    char title[2048];
    struct buf a;
    struct buf b;
    buf_init(&a, 8192);
    buf_init(&b, 8192);
    memset(title, 'x', sizeof title);
    slug_of_title((struct span){title, 1000}, &a);
    slug_of_title((struct span){title, 1001}, &b);
    assert_true(a.n < 140 && b.n < 140);
    assert_false(span_eq(buf_span(&a), buf_span(&b)));
    buf_clear(&a);
    buf_clear(&b);
    slug_of_title(SPAN("???"), &a);
    slug_of_title(SPAN("!!!"), &b);
    assert_true(span_starts(buf_span(&a), SPAN("piece-")));
    assert_false(span_eq(buf_span(&a), buf_span(&b)));
    buf_fini(&a);
    buf_fini(&b);
}

static void escapes_slugs_in_links(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 256);
    slug_href(SPAN("a b/ä?"), "-summary", &out);
    assert_string_equal(buf_str(&out), "a%20b%2F%C3%A4%3F-summary.gmi");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_slugs_of_titles),
        cmocka_unit_test(tells_long_and_letterless_titles_apart),
        cmocka_unit_test(escapes_slugs_in_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
