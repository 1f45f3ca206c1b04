#include <errno.h>

#include "../fault.h"
#include "core/file.h"

static int old_make(void **state)
{
    if (folder_make(state) != 0)
        return -1;
    folder_put("file", SPAN("what was there"));
    return 0;
}

static enum status write_over(struct error *e)
{
    return file_write(folder_path("file"), 0600, SPAN("what is new"), e);
}

static enum status write_new(struct error *e)
{
    return file_write_new(folder_path("other"), 0600, SPAN("what is new"), e);
}

static enum status make_dir(struct error *e)
{
    return file_make_dir(folder_path("sub/dir"), e);
}

static enum status read_file(struct error *e)
{
    struct buf b;
    buf_init(&b, 1024);
    enum status status = file_read(folder_path("file"), &b, e);
    buf_fini(&b);
    return status;
}

struct fault_row {
    const char *name;
    struct fault fault;
    enum status (*run)(struct error *e);
    const char *said;
};

static const struct fault_row fault_rows[] = {
    {"no file can be made", {{"open", "openat"}, EROFS}, write_over, "file: Read-only"},
    {"the disk is full", {{"write"}, ENOSPC}, write_over, "file: No space"},
    {"the disk is full for a new one", {{"write"}, ENOSPC}, write_new, "other: No space"},
    {"the mode cannot be set", {{"fchmod"}, EPERM}, write_over, "file: Operation not"},
    {"nothing can be made durable", {{"fsync"}, EIO}, write_over, "file: Input/output"},
    {"nothing can be renamed",
     {{"rename", "renameat", "renameat2"}, EACCES},
     write_over,
     "file: Permission"},
    {"the file system has no links", {{"link", "linkat"}, EPERM}, write_new, "other: Operation"},
    {"no folder can be made", {{"mkdir", "mkdirat"}, EROFS}, make_dir, "Read-only"},
    {"the disk cannot be read", {{"read"}, EIO}, read_file, "file: Input/output"},
};

static void what_was_there_stays(void **state)
{
    const struct fault_row *row = *state;
    struct fault_outcome outcome = fault_try(&row->fault, row->run);
    assert_status(outcome.status, ST_IO, &outcome.e);
    assert_int_equal(outcome.e.errnum, row->fault.error);
    assert_contains(outcome.e.message, row->said);
    assert_span_equal(file_bytes(folder_path("file")), SPAN("what was there"));
    assert_int_equal(folder_count(test_folder), 1);
}

int main(void)
{
    static struct suite s = {.setup = old_make, .teardown = folder_remove};
    SUITE_ROWS(&s, what_was_there_stays, fault_rows);
    return suite_run(&s, "core/file_fault");
}
