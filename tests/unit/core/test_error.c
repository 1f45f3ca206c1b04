#include "core/error.h"

#include <errno.h>

#include "../support.h"

struct argument_row {
    const char *name, *argument, *expected;
};

static const struct argument_row argument_rows[] = {
    {"a message names its argument", "a.txt", "a.txt: bad"},
    {"line ends in an argument are shown as ?", "a\r\nerror: b", "a??error: b: bad"},
    {"escape sequences in an argument lose their escape", "\x1b[2J\a", "?[2J?: bad"},
    {"TAB and DEL in an argument are shown as ?", "a\tb\x7f", "a?b?: bad"},
    {"letters beyond ASCII stay", "\xc3\xa4.txt", "\xc3\xa4.txt: bad"},
    {"a percent sign in an argument is no format", "%s%n", "%s%n: bad"},
};

static void messages_show_arguments(void **state)
{
    const struct argument_row *row = *state;
    struct error e;
    assert_status(error_set(&e, ST_SYNTAX, 0, "%s: bad", row->argument), ST_SYNTAX, NULL);
    assert_string_equal(e.message, row->expected);
    assert_int_equal(e.code, ST_SYNTAX);
    assert_int_equal(e.errnum, 0);
}

static void the_cause_is_appended(void **state)
{
    (void)state;
    struct error e;
    assert_status(error_set(&e, ST_IO, EACCES, "%s", "a.txt"), ST_IO, NULL);
    assert_string_equal(e.message, "a.txt: Permission denied");
    assert_int_equal(e.errnum, EACCES);
}

static void nobody_needs_to_want_the_message(void **state)
{
    (void)state;
    assert_status(error_set(NULL, ST_LIMIT, 0, "%d", 1), ST_LIMIT, NULL);
}

static void a_long_message_is_cut(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct error e;
    (void)error_set(&e, ST_IO, ENOENT, "%s", text);
    assert_int_equal(strlen(e.message), sizeof e.message - 1);
    assert_memory_equal(e.message, text, sizeof e.message - 1);
}

static void a_new_error_replaces_the_old_one(void **state)
{
    (void)state;
    struct error e;
    (void)error_set(&e, ST_IO, ENOENT, "a long message of the first error");
    (void)error_set(&e, ST_LIMIT, 0, "second");
    assert_string_equal(e.message, "second");
    assert_int_equal(e.code, ST_LIMIT);
    assert_int_equal(e.errnum, 0);
}

int main(void)
{
    static struct suite s;
    SUITE_ROWS(&s, messages_show_arguments, argument_rows);
    SUITE_TEST(&s, the_cause_is_appended);
    SUITE_TEST(&s, nobody_needs_to_want_the_message);
    SUITE_TEST(&s, a_long_message_is_cut);
    SUITE_TEST(&s, a_new_error_replaces_the_old_one);
    return suite_run(&s, "core/error");
}
