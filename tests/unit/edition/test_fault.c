#include <errno.h>

#include "../fault.h"
#include "page.h"

#define LARGE ((size_t)300 * 1024) /* bytes: the copy takes more than one step */

static int old_make(void **state)
{
    if (folder_make(state) != 0)
        return -1;
    commit_page("the old one");
    return 0;
}

/* A new edition in place of the one that is there. */
static enum status replace(struct error *e)
{
    struct edition_writer *w = NULL;
    const struct edition_page page = {
        .path = SPAN("/"), .status = 20, .meta = SPAN("text/gemini"), .body = SPAN("the new one")};
    enum status status = edition_create(path_of_edition(), &w, e);
    if (status != ST_OK)
        return status;
    status = edition_put_page(w, &page, e);
    if (status == ST_OK)
        return edition_commit(w, e);
    edition_abandon(w);
    return status;
}

/* The same, beginning with a copy of the old one, whose front page stays. */
static enum status update(struct error *e)
{
    struct edition_past *past = NULL;
    struct edition_writer *w = NULL;
    const struct edition_page page = {
        .path = SPAN("/more"), .status = 20, .meta = SPAN("text/gemini"), .body = SPAN("the rest")};
    enum status status = edition_past_open(path_of_edition(), &past, e);
    if (status == ST_OK)
        status = edition_update(past, &w, e);
    if (status == ST_OK)
        status = edition_keep_page(w, SPAN("/"), e);
    if (status == ST_OK)
        status = edition_put_page(w, &page, e);
    if (status == ST_OK)
        status = edition_commit(w, e);
    else
        edition_abandon(w);
    edition_past_close(past);
    return status;
}

struct fault_row {
    const char *name;
    struct fault fault;
    enum status (*run)(struct error *e);
    enum status expected;
    const char *said;
};

static const struct fault_row fault_rows[] = {
    {"a folder that takes no file", {{"open", "openat"}, EROFS}, replace, ST_IO, "Read-only"},
    {"a disk that is full", {{"pwrite64", "write"}, ENOSPC}, replace, ST_STORE, "full"},
    {"a disk that cannot make it durable", {{"fsync"}, EIO}, replace, ST_IO, "Input/output"},
    {"a folder that lets nothing be renamed",
     {{"rename", "renameat", "renameat2"}, EACCES},
     replace,
     ST_IO,
     "Permission"},
    {"a disk that is full at the copy",
     {{"copy_file_range", "write"}, ENOSPC},
     update,
     ST_IO,
     "No space"},
    {"a disk that cannot be read at the copy",
     {{"copy_file_range", "read"}, EIO},
     update,
     ST_IO,
     "Input/output"},
    {"a disk that is full behind the copy", {{"pwrite64"}, ENOSPC}, update, ST_STORE, "full"},
};

static void the_old_edition_outlives(void **state)
{
    const struct fault_row *row = *state;
    struct fault_outcome outcome = fault_try(&row->fault, row->run);
    assert_status(outcome.status, row->expected, &outcome.e);
    assert_contains(outcome.e.message, "edition.db");
    assert_contains(outcome.e.message, row->said);
    assert_edition_says("the old one");
    assert_int_equal(folder_count(test_folder), 1);
}

/* Kernels before 4.5, and file systems that cannot share: the bytes are copied by hand. */
static void an_edition_is_copied_where_the_kernel_cannot(void **state)
{
    (void)state;
    static char body[LARGE];
    for (size_t i = 0; i < LARGE - 1; i++)
        body[i] = (char)('a' + i % 26);
    commit_page(body);
    const struct fault fault = {{"copy_file_range"}, ENOSYS};
    struct fault_outcome outcome = fault_try(&fault, update);
    assert_status(outcome.status, ST_OK, &outcome.e);
    struct edition *ed = open_edition();
    struct edition_found page;
    static char kept[LARGE];
    assert_string_equal(body_of(ed, "/more"), "the rest");
    assert_status(edition_find(ed, SPAN("/"), &page, &error), ST_OK, &error);
    assert_int_equal(page.size, LARGE - 1);
    assert_status(edition_read(ed, page.id, 0, kept, page.size, &error), ST_OK, &error);
    assert_memory_equal(kept, body, LARGE - 1);
    edition_release(ed);
    assert_int_equal(folder_count(test_folder), 1);
}

int main(void)
{
    static struct suite s = {.setup = old_make, .teardown = folder_remove};
    SUITE_ROWS(&s, the_old_edition_outlives, fault_rows);
    SUITE_TEST(&s, an_edition_is_copied_where_the_kernel_cannot);
    return suite_run(&s, "edition/fault");
}
