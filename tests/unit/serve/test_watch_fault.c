/* Watching where the kernel has no more to give, as where many programs watch many folders. */
#include <errno.h>
#include <uv.h>

#include "../fault.h"
#include "serve/watch.h"

static int capsule_make(void **state)
{
    if (quiet_folder_make(state) != 0)
        return -1;
    folder_make_dir("capsule");
    folder_make_dir("capsule/articles");
    folder_make_dir("capsule/static");
    return 0;
}

static void on_changed(void *context)
{
    (void)context;
}

static enum status start_and_stop(struct error *e)
{
    uv_loop_t loop;
    struct watch *watch = NULL;
    if (uv_loop_init(&loop) != 0)
        return ST_IO;
    enum status status = watch_start(&loop, folder_path("capsule"), on_changed, NULL, &watch, e);
    if (status != ST_OK)
        return status;
    uv_run(&loop, UV_RUN_NOWAIT);
    watch_stop(watch);
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop) == 0 ? ST_OK : ST_IO;
}

struct fault_row {
    const char *name;
    struct fault fault;
    const char *said;
};

static const struct fault_row fault_rows[] = {
    {"too many watches", {{"inotify_add_watch"}, ENOSPC}, "no space left"},
    {"too many users of inotify", {{"inotify_init1"}, EMFILE}, "too many open files"},
};

static void the_operator_is_told_once_and_the_server_goes_on(void **state)
{
    const struct fault_row *row = *state;
    struct fault_outcome outcome = fault_try(&row->fault, start_and_stop);
    assert_status(outcome.status, ST_OK, &outcome.e);
    const char *text = stderr_text();
    assert_contains(text, "cannot watch ");
    assert_contains(text, row->said);
    assert_contains(text, "changes there show after SIGHUP\n");
    assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text));
}

int main(void)
{
    static struct suite s = {.setup = capsule_make, .teardown = quiet_folder_remove};
    SUITE_ROWS(&s, the_operator_is_told_once_and_the_server_goes_on, fault_rows);
    return suite_run(&s, "serve/watch_fault");
}
