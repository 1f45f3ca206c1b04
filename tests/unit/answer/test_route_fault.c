/* Answers when what is served cannot be read: a reader is told so, and nothing is made up. */
#include <errno.h>

#include "../edition/page.h"
#include "../fault.h"
#include "answer/route.h"

static char host_name[] = "example.org";
static char *host_items[] = {host_name};
static const struct option_list hosts = {host_items, COUNT(host_items)};
static struct route item;
static struct routes routes = {.items = &item, .count = 1};

static int route_make(void **state)
{
    static char large[100000];
    struct edition_page file = {.path = SPAN("/static/a.txt"),
                                .status = 20,
                                .meta = SPAN("text/plain"),
                                .file = SPAN("a.txt")};
    if (quiet_folder_make(state) != 0)
        return -1;
    memset(large, 'x', sizeof large - 1);
    struct edition_writer *w = begin();
    assert_status(put(w, "/", large), ST_OK, &error);
    assert_status(edition_put_page(w, &file, &error), ST_OK, &error);
    assert_status(edition_commit(w, &error), ST_OK, &error);
    folder_make_dir("static");
    folder_put("static/a.txt", SPAN("the file"));
    return route_open(&item, path_of_edition(), folder_path("static"), &hosts, &error) == ST_OK
               ? 0
               : -1;
}

static int route_remove(void **state)
{
    route_close(&item);
    return quiet_folder_remove(state);
}

/* Ask for a page and read it: the answer's header in e, and how its body ended. */
static enum status ask(const char *line, struct error *e)
{
    static char to[200000];
    struct error why = {0};
    struct response response = {0};
    struct net_request request = {.line = span_of(line), .port = 1965};
    enum status status = ST_OK;
    route_respond(&routes, &request, &response);
    if (response.size > 0)
        status = response.fill(&response, 0, to, response.size, &why);
    (void)error_set(e, status, 0, "%d %s %s", (int)response.status, response.meta, why.message);
    if (response.done != NULL)
        response.done(&response);
    return status;
}

static enum status ask_for_page(struct error *e)
{
    return ask("gemini://example.org/", e);
}

/* Its row was looked up before: of the pages of the edition that takes, SQLite has a copy. */
static enum status ask_for_file(struct error *e)
{
    return ask("gemini://example.org/static/a.txt", e);
}

struct fault_row {
    const char *name;
    struct fault fault;
    enum status (*run)(struct error *e);
    enum status expected;
    const char *answered, *logged;
};

#define FAILED "40 This page cannot be read at the moment"

static const struct fault_row fault_rows[] = {
    {"an edition that cannot be read", {{"pread64"}, EIO}, ask_for_page, ST_OK, FAILED, "edition"},
    {"a file that cannot be read",
     {{"pread64"}, EIO},
     ask_for_file,
     ST_IO,
     "20 text/plain static/a.txt: Input/output error",
     ""},
    {"a file that cannot be found",
     {{"openat2"}, EIO},
     ask_for_file,
     ST_OK,
     FAILED,
     "static/a.txt"},
    {"no descriptor for a file",
     {{"open", "openat"}, EMFILE},
     ask_for_file,
     ST_OK,
     FAILED,
     "static/a.txt: Too many open files"},
    {"a file without rights",
     {{"open", "openat"}, EACCES},
     ask_for_file,
     ST_OK,
     "51 This page was not found",
     "static/a.txt: Permission denied"},
};

static void what_cannot_be_read_is_said(void **state)
{
    const struct fault_row *row = *state;
    if (row->run == ask_for_file)
        assert_status(ask_for_file(&error), ST_OK, &error);
    struct fault_outcome outcome = fault_try(&row->fault, row->run);
    assert_contains(outcome.e.message, row->answered);
    assert_status(outcome.status, row->expected, &outcome.e);
    assert_contains(stderr_text(), row->logged);
}

int main(void)
{
    static struct suite s = {.setup = route_make, .teardown = route_remove};
    SUITE_ROWS(&s, what_cannot_be_read_is_said, fault_rows);
    return suite_run(&s, "answer/route_fault");
}
