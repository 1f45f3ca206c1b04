#include "press/capsule.h"

#include "../support.h"

/* What capsule.conf says about summaries; the rest shows in pages and in test_press.c. */

static struct capsule capsule;
static struct error error;

static enum status read_conf(const char *text)
{
    if (text != NULL)
        folder_put("capsule.conf", span_of(text));
    int fd = open(test_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    enum status status = capsule_read(fd, test_folder, &capsule, &error);
    close(fd);
    return status;
}

struct conf_row {
    const char *name;
    const char *text; /* of capsule.conf, NULL: there is none */
    bool no_summaries;
};

static const struct conf_row good_rows[] = {
    {"a folder without a configuration has summaries", NULL, false},
    {"a configuration that says nothing of them has summaries", "title = \"T\"\n", false},
    {"auto is the default", "summary = \"auto\"\n", false},
    {"none turns them off", "summary = \"none\"\n", true},
    {"none without quotes turns them off", "summary = none\n", true},
};

static void good_values(void **state)
{
    const struct conf_row *row = *state;
    assert_status(read_conf(row->text), ST_OK, &error);
    assert_int_equal(capsule.no_summaries, row->no_summaries);
    capsule_fini(&capsule);
}

static const struct conf_row bad_rows[] = {
    {"another value", "summary = \"sometimes\"\n", false},
    {"another case", "summary = \"None\"\n", false},
    {"no value", "summary = \"\"\n", false},
    {"a value with a control character", "summary = \"none\x1b[1m of it\"\n", false},
};

static void bad_values_are_named(void **state)
{
    const struct conf_row *row = *state;
    assert_status(read_conf(row->text), ST_SYNTAX, NULL);
    assert_contains(error.message, folder_path("capsule.conf: summary is neither auto nor none: "));
    assert_null(strchr(error.message, '\x1b'));
    capsule_fini(&capsule);
}

int main(void)
{
    static struct suite s = {.setup = folder_make, .teardown = folder_remove};
    SUITE_ROWS(&s, good_values, good_rows);
    SUITE_ROWS(&s, bad_values_are_named, bad_rows);
    return suite_run(&s, "press/capsule");
}
