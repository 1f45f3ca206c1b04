#include "press/neighbours.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Where the links of all cards are. */
static struct arena arena;

/* A card as a source would leave it, without a file. */
static void make_card(struct card *c, const char *slug, const char *title, const char *previous,
                      const char *next)
{
    struct edition_piece row = {.slug = span_of(slug),
                                .title = span_of(title),
                                .named_previous = span_of(previous),
                                .named_next = span_of(next)};
    *c = (struct card){.source.path = span_of(slug)};
    card_of_past(c, &row, &arena);
}

static void assert_neighbour(struct pages_neighbour got, const char *href, const char *title)
{
    assert_int_equal(got.href.n, strlen(href));
    assert_memory_equal(got.href.p, href, got.href.n);
    assert_int_equal(got.title.n, strlen(title));
    assert_memory_equal(got.title.p, title, got.title.n);
}

static void find(struct card *cards, size_t count, struct neighbours *n)
{
    struct card *order[8];
    for (size_t i = 0; i < count; i++)
        order[i] = &cards[i];
    assert_int_equal(neighbours_find(order, count, n, NULL), ST_OK);
}

static void forget(struct neighbours *n)
{
    neighbours_fini(n);
    arena_fini(&arena);
}

static void follows_the_order_when_nothing_is_named(void **state)
{
    (void)state;
    struct card p[3];
    struct neighbours n;
    make_card(&p[0], "a", "Title A", NULL, NULL);
    make_card(&p[1], "b", "Title B", NULL, NULL);
    make_card(&p[2], "c", "Title C", NULL, NULL);
    find(p, 3, &n);
    assert_null(p[0].previous.title.p);
    assert_neighbour(p[0].next, "b.gmi", "Title B");
    assert_neighbour(p[1].previous, "a.gmi", "Title A");
    assert_neighbour(p[1].next, "c.gmi", "Title C");
    assert_null(p[2].next.title.p);
    assert_int_equal(n.count, 0);
    forget(&n);
}

static void matches_named_titles_then_slugs(void **state)
{
    (void)state;
    struct card p[3];
    struct neighbours n;
    make_card(&p[0], "a", "Title A", "title  c!", "Some other name");
    make_card(&p[1], "some-other-name", "Title B", NULL, NULL);
    make_card(&p[2], "c", "Title C", NULL, NULL);
    find(p, 3, &n);
    assert_neighbour(p[0].previous, "c.gmi", "Title C");
    assert_neighbour(p[0].next, "some-other-name.gmi", "Title B");
    assert_int_equal(n.count, 0);
    forget(&n);
}

static void makes_one_placeholder_of_a_title_that_several_name(void **state)
{
    (void)state;
    struct card p[2];
    struct neighbours n;
    make_card(&p[0], "a", "Title A", NULL, "Not here");
    make_card(&p[1], "b", "Title B", "Not here!", NULL);
    find(p, 2, &n);
    assert_int_equal(n.count, 1);
    assert_neighbour(p[0].next, "not-here.gmi", "Not here");
    assert_neighbour(p[1].previous, "not-here.gmi", "Not here!");
    const struct placeholder_witness *w = n.placeholders[0].witnesses;
    assert_ptr_equal(w->card, &p[0]);
    assert_true(w->names_as_next);
    assert_ptr_equal(w->next->card, &p[1]);
    assert_false(w->next->names_as_next);
    assert_null(w->next->next);
    forget(&n);
}

static void a_piece_is_never_its_own_neighbour(void **state)
{
    (void)state;
    struct card p[1];
    struct neighbours n;
    make_card(&p[0], "a", "Title A", "Title A", NULL);
    find(p, 1, &n);
    assert_int_equal(n.count, 1);
    forget(&n);
}

int main(void)
{
    arena_init(&arena, 1 << 16);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_order_when_nothing_is_named),
        cmocka_unit_test(matches_named_titles_then_slugs),
        cmocka_unit_test(makes_one_placeholder_of_a_title_that_several_name),
        cmocka_unit_test(a_piece_is_never_its_own_neighbour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
