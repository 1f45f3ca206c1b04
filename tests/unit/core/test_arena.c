#include "core/arena.h"

#include <stdalign.h>

#include "../support.h"

static void bytes_are_zeroed_and_aligned(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 1000000);
    for (size_t n = 1; n < 200; n++) {
        char *p = arena_alloc(&a, n);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, n);
    }
    assert_status(arena_status(&a), ST_OK, NULL);
    arena_fini(&a);
}

static void runs_do_not_overlap(void **state)
{
    (void)state;
    enum { RUNS = 500 };
    static unsigned char *runs[RUNS];
    struct arena a;
    arena_init(&a, 1000000);
    for (size_t i = 0; i < RUNS; i++) {
        runs[i] = arena_alloc(&a, i + 1);
        assert_non_null(runs[i]);
        memset(runs[i], (int)(i % 251), i + 1);
    }
    for (size_t i = 0; i < RUNS; i++) {
        for (size_t k = 0; k <= i; k++)
            assert_int_equal(runs[i][k], i % 251);
    }
    arena_fini(&a);
}

static void runs_larger_than_a_chunk_are_had(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 10000000);
    char *small = arena_alloc(&a, 10);
    char *large = arena_alloc(&a, 1000000);
    assert_non_null(small);
    assert_non_null(large);
    memset(large, 1, 1000000);
    assert_int_equal(small[0], 0);
    assert_non_null(arena_alloc(&a, 10));
    arena_fini(&a);
}

static void copies_are_ended_with_a_nul(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 100);
    char source[] = "abcdef";
    struct span copy = arena_copy(&a, (struct span){source, 3});
    source[0] = 'X';
    assert_span_equal(copy, SPAN("abc"));
    assert_int_equal(copy.p[3], '\0');
    arena_fini(&a);
}

static void a_copy_of_an_empty_span_is_present(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 100);
    struct span copy = arena_copy(&a, SPAN(""));
    assert_non_null(copy.p);
    assert_int_equal(copy.n, 0);
    assert_int_equal(copy.p[0], '\0');
    arena_fini(&a);
}

static void a_copy_of_an_absent_span_is_absent(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 0);
    assert_null(arena_copy(&a, (struct span){NULL, 0}).p);
    assert_status(arena_status(&a), ST_OK, NULL);
    arena_fini(&a);
}

struct cap_row {
    const char *name;
    size_t cap, first, second;
    enum status expected;
};

static const struct cap_row cap_rows[] = {
    {"all of the cap is handed out", 96, 64, 32, ST_OK},
    {"one byte over the cap is refused", 96, 64, 33, ST_LIMIT},
    {"what is lost to alignment counts", 96, 49, 33, ST_LIMIT},
    {"a cap of 0 has nothing", 0, 0, 1, ST_LIMIT},
    {"a size that would overflow is refused", 1000, 1, SIZE_MAX, ST_LIMIT},
    {"a size that would overflow is refused without a cap", SIZE_MAX, 0, SIZE_MAX, ST_LIMIT},
};

static void caps_hold(void **state)
{
    const struct cap_row *row = *state;
    struct arena a;
    arena_init(&a, row->cap);
    assert_non_null(arena_alloc(&a, row->first));
    void *second = arena_alloc(&a, row->second);
    assert_status(arena_status(&a), row->expected, NULL);
    assert_int_equal(second != NULL, row->expected == ST_OK);
    arena_fini(&a);
}

static void failure_is_sticky_and_fini_forgets_it(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, 96);
    assert_null(arena_alloc(&a, 97));
    assert_null(arena_alloc(&a, 1));
    assert_null(arena_copy(&a, SPAN("a")).p);
    assert_status(arena_status(&a), ST_LIMIT, NULL);
    arena_fini(&a);
    assert_status(arena_status(&a), ST_OK, NULL);
    assert_non_null(arena_alloc(&a, 96));
    assert_null(arena_alloc(&a, 1)); /* the cap is still there */
    arena_fini(&a);
}

int main(void)
{
    static struct suite s;
    SUITE_TEST(&s, bytes_are_zeroed_and_aligned);
    SUITE_TEST(&s, runs_do_not_overlap);
    SUITE_TEST(&s, runs_larger_than_a_chunk_are_had);
    SUITE_TEST(&s, copies_are_ended_with_a_nul);
    SUITE_TEST(&s, a_copy_of_an_empty_span_is_present);
    SUITE_TEST(&s, a_copy_of_an_absent_span_is_absent);
    SUITE_ROWS(&s, caps_hold, cap_rows);
    SUITE_TEST(&s, failure_is_sticky_and_fini_forgets_it);
    return suite_run(&s, "core/arena");
}
