#include "press/spill.h"

#include "../support.h"

static struct error error;

/* Texts of every size around what waits in memory come back whole, in any order. */
static void texts_come_back(void **state)
{
    (void)state;
    static char text[3 * 1024 * 1024];
    static const size_t sizes[] = {0, 5, 700000, 700000, 1, 1048576, 3000000, 0, 20};
    uint64_t at[COUNT(sizes)];
    struct spill s;
    struct buf out;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7 + i / 4096);
    buf_init(&out, sizeof text);
    spill_init(&s, folder_path("edition.db"));
    for (size_t i = 0; i < COUNT(sizes); i++)
        assert_status(spill_put(&s, (struct span){text + i, sizes[i]}, &at[i], &error), ST_OK,
                      &error);
    for (size_t i = COUNT(sizes); i > 0; i--) {
        buf_clear(&out);
        assert_status(spill_get(&s, at[i - 1], sizes[i - 1], &out, &error), ST_OK, &error);
        assert_int_equal(out.n, sizes[i - 1]);
        if (out.n > 0)
            assert_memory_equal(out.p, text + i - 1, out.n);
    }
    assert_int_equal(folder_count(test_folder), 0); /* the file has no name */
    spill_fini(&s);
    buf_fini(&out);
}

static void a_folder_that_is_not_there_is_told(void **state)
{
    (void)state;
    static char text[1200000];
    uint64_t at = 0;
    struct spill s;
    spill_init(&s, folder_path("none/edition.db"));
    assert_status(spill_put(&s, (struct span){text, sizeof text}, &at, &error), ST_OK, &error);
    assert_status(spill_put(&s, (struct span){text, 1}, &at, &error), ST_IO, &error);
    assert_contains(error.message, "none/edition.db");
    spill_fini(&s);
}

int main(void)
{
    static struct suite s = {.setup = folder_make, .teardown = folder_remove};
    SUITE_TEST(&s, texts_come_back);
    SUITE_TEST(&s, a_folder_that_is_not_there_is_told);
    return suite_run(&s, "press/spill");
}
