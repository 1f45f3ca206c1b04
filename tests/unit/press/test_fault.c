/* Pressing on a disk that fails: the edition before stays, and the next press makes good. */
#include <errno.h>

#include "../fault.h"
#include "again.h"
#include "press/spill.h"

#define MANY ((size_t)20)        /* articles of each folder */
#define LONG ((size_t)64 * 1024) /* bytes of an article: together more than waits in memory */
#define ALL  (5 + 2 * (int)MANY) /* names: capsule, articles, its two folders, and the edition */

static void put_articles(const char *folder, const char *title)
{
    static char text[LONG];
    for (size_t i = 0; i < MANY; i++) {
        char name[64];
        int n = snprintf(text, sizeof text, "---\nsummary: none\n---\n%s %zu\n\n", title, i);
        for (size_t at = (size_t)n; at < sizeof text; at++)
            text[at] = "A few words. "[at % 13];
        snprintf(name, sizeof name, "capsule/articles/%s/%s-%zu.txt", folder, folder, i);
        put(name, (struct span){text, sizeof text});
    }
}

static int capsule_make(void **state)
{
    if (quiet_folder_make(state) != 0)
        return -1;
    put_articles("one", "The first");
    press("edition.db");
    settle();
    put_articles("two", "The second");
    return 0;
}

static enum status press_again(struct error *e)
{
    return press_run(folder_path("capsule"), folder_path("edition.db"), "gemini://news.example/",
                     NULL, e);
}

/* As at a start, when there is no edition to take texts from. */
static enum status press_anew(struct error *e)
{
    return press_run(folder_path("capsule"), folder_path("anew.db"), "gemini://news.example/", NULL,
                     e);
}

struct press_row {
    const char *name;
    struct fault fault;
    enum status (*run)(struct error *e);
    enum status expected;
    const char *said;
};

static const struct press_row press_rows[] = {
    {"names that cannot be read",
     {{"getdents64", "getdents"}, EIO},
     press_again,
     ST_IO,
     "articles: Input/output"},
    {"a full disk", {{"pwrite64"}, ENOSPC}, press_again, ST_IO, "edition.db: No space"},
    {"a full disk and nothing before", {{"pwrite64"}, ENOSPC}, press_anew, ST_IO, "anew.db: No"},
    {"a disk that cannot be read", {{"pread64"}, EIO}, press_anew, ST_STORE, "anew.db: disk I/O"},
    {"nothing durable", {{"fsync"}, EIO}, press_again, ST_IO, "edition.db: Input/output"},
    {"no renaming",
     {{"rename", "renameat", "renameat2"}, EACCES},
     press_again,
     ST_IO,
     "edition.db: Permission"},
};

static void the_edition_before_stays(void **state)
{
    const struct press_row *row = *state;
    struct fault_outcome outcome = fault_try(&row->fault, row->run);
    assert_status(outcome.status, row->expected, &outcome.e);
    assert_contains(outcome.e.message, row->said);
    assert_int_equal(number("edition.db", "SELECT count(*) FROM piece"), MANY);
    assert_true(was_made_from_the_one_before());
    assert_int_equal(folder_count(test_folder), ALL);
    assert_pressed_alike(row->name);
    assert_int_equal(number("edition.db", "SELECT count(*) FROM piece"), 2 * MANY);
}

/* A text that had to go to the disk until its neighbours were known. */
static enum status spill_and_read(struct error *e)
{
    static char text[2 * 1024 * 1024];
    struct spill spill;
    struct buf out;
    uint64_t first = 0;
    uint64_t at = 0;
    buf_init(&out, sizeof text);
    spill_init(&spill, folder_path("edition.db"));
    enum status status = spill_put(&spill, (struct span){text, sizeof text}, &first, e);
    if (status == ST_OK)
        status = spill_put(&spill, (struct span){text, sizeof text}, &at, e);
    if (status == ST_OK)
        status = spill_get(&spill, first, sizeof text, &out, e);
    spill_fini(&spill);
    buf_fini(&out);
    return status;
}

static void a_text_that_cannot_be_read_again_is_no_empty_page(void **state)
{
    (void)state;
    const struct fault fault = {{"pread64"}, EIO};
    assert_status(spill_and_read(&error), ST_OK, &error);
    struct fault_outcome outcome = fault_try(&fault, spill_and_read);
    assert_status(outcome.status, ST_IO, &outcome.e);
    assert_contains(outcome.e.message, "a text that was kept is gone: Input/output");
}

int main(void)
{
    static struct suite s = {.setup = folder_make, .teardown = folder_remove};
    SUITE_TEST(&s, a_text_that_cannot_be_read_again_is_no_empty_page);
    s.setup = capsule_make;
    s.teardown = quiet_folder_remove;
    SUITE_ROWS(&s, the_edition_before_stays, press_rows);
    return suite_run(&s, "press/fault");
}
