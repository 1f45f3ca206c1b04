#include "article/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Sentences of terms 0 to 9: a list ends with a negative number. */
static void make_graph(struct graph *g, int sentences[][8], size_t count)
{
    struct term_list lists[16];
    uint32_t ids[16][8];
    for (size_t s = 0; s < count; s++) {
        lists[s] = (struct term_list){.ids = ids[s]};
        for (size_t i = 0; sentences[s][i] >= 0; i++)
            ids[s][lists[s].count++] = (uint32_t)sentences[s][i];
    }
    assert_int_equal(graph_init(g, lists, count, 10), ST_OK);
}

static void compares_by_the_cosine(void **state)
{
    (void)state;
    struct graph g;
    make_graph(&g, (int[][8]){{0, 1, -1}, {1, 0, -1}, {0, 2, -1}, {3, 4, -1}, {-1}}, 5);
    assert_in_range(graph_likeness(&g, 0, 1), GRAPH_ONE - 64, GRAPH_ONE);
    assert_int_equal(graph_likeness(&g, 0, 3), 0);
    assert_int_equal(graph_likeness(&g, 0, 4), 0);
    for (size_t a = 0; a < 5; a++) {
        for (size_t b = 0; b < 5; b++)
            assert_int_equal(graph_likeness(&g, a, b), graph_likeness(&g, b, a));
    }
    /*
     * By hand: 5 sentences; term 0 is in 3 of them, 1 in 2, 2 in 1.  Weights log2(1 + 5/3) = 1.415,
     * log2(1 + 5/2) = 1.807, log2(1 + 5) = 2.585; (1.415 * 1.415) / (2.295 * 2.947) = 0.296.
     */
    assert_in_range(graph_likeness(&g, 0, 2), GRAPH_ONE * 295 / 1000, GRAPH_ONE * 297 / 1000);
    graph_fini(&g);
}

static void counts_how_often_a_term_occurs(void **state)
{
    (void)state;
    struct graph g;
    make_graph(&g, (int[][8]){{0, 0, 0, 1, -1}, {0, -1}, {1, -1}}, 3);
    assert_true(graph_likeness(&g, 0, 1) > 2 * graph_likeness(&g, 0, 2));
    graph_fini(&g);
}

static void ranks_highest_what_most_are_like(void **state)
{
    (void)state;
    struct graph g;
    uint32_t rank[4];
    make_graph(&g, (int[][8]){{0, 1, 2, -1}, {0, 3, -1}, {1, 4, -1}, {2, 5, -1}}, 4);
    assert_int_equal(graph_rank(&g, (const bool[]){true, true, true, true}, rank), ST_OK);
    assert_int_equal(rank[0], GRAPH_ONE);
    for (size_t i = 1; i < 4; i++)
        assert_true(rank[i] < GRAPH_ONE / 4);
    graph_fini(&g);
}

/* The fixed point of the definition, for three sentences in a row: by hand. */
static void finds_the_fixed_point(void **state)
{
    (void)state;
    struct graph g;
    uint32_t rank[3];
    make_graph(&g, (int[][8]){{0, -1}, {0, 1, -1}, {1, -1}}, 3);
    assert_int_equal(graph_rank(&g, (const bool[]){true, true, true}, rank), ST_OK);
    assert_int_equal(rank[0], 0);
    assert_int_equal(rank[1], GRAPH_ONE);
    assert_int_equal(rank[2], 0);
    graph_fini(&g);
}

static void hears_only_those_who_vote(void **state)
{
    (void)state;
    struct graph g;
    uint32_t rank[5];
    int sentences[][8] = {{0, 1, -1}, {0, 2, -1}, {3, 4, -1}, {3, 5, -1}, {4, 6, -1}};
    make_graph(&g, sentences, COUNT(sentences));
    assert_int_equal(graph_rank(&g, (const bool[]){true, true, true, true, true}, rank), ST_OK);
    assert_true(rank[2] > rank[0]);
    assert_int_equal(graph_rank(&g, (const bool[]){true, true, true, false, false}, rank), ST_OK);
    assert_true(rank[2] <= rank[0]);
    graph_fini(&g);
}

static void ranks_equals_equal(void **state)
{
    (void)state;
    struct graph g;
    uint32_t rank[3];
    make_graph(&g, (int[][8]){{0, 1, -1}, {0, 1, -1}, {0, 1, -1}}, 3);
    assert_int_equal(graph_rank(&g, (const bool[]){true, true, true}, rank), ST_OK);
    assert_int_equal(rank[0], rank[1]);
    assert_int_equal(rank[1], rank[2]);
    graph_fini(&g);
}

static void takes_nothing(void **state)
{
    (void)state;
    struct graph g;
    uint32_t rank[1] = {7};
    make_graph(&g, (int[][8]){{-1}}, 0);
    assert_int_equal(graph_rank(&g, NULL, rank), ST_OK);
    assert_int_equal(rank[0], 7);
    graph_fini(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_by_the_cosine),
        cmocka_unit_test(counts_how_often_a_term_occurs),
        cmocka_unit_test(ranks_highest_what_most_are_like),
        cmocka_unit_test(finds_the_fixed_point),
        cmocka_unit_test(hears_only_those_who_vote),
        cmocka_unit_test(ranks_equals_equal),
        cmocka_unit_test(takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
