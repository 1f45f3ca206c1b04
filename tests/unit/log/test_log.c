#include "log/log.h"

#include <regex.h>

#include "../support.h"

struct escape_row {
    const char *name;
    struct span s;
    const char *escaped; /* by log_escape */
    const char *shown;   /* by log_line, NULL when it is the same */
};

static const struct escape_row escape_rows[] = {
    {"plain text stays", BYTES("/a/b c~"), "/a/b c~", NULL},
    {"letters beyond ASCII stay", BYTES("\xc3\xa4\xe2\x82\xac"), "\xc3\xa4\xe2\x82\xac", NULL},
    {"line ends are escaped", BYTES("a\r\nb"), "a\\x0D\\x0Ab", NULL},
    {"TAB is escaped", BYTES("a\tb"), "a\\x09b", NULL},
    {"ESC is escaped", BYTES("\x1b[2J"), "\\x1B[2J", NULL},
    {"DEL is escaped", BYTES("\x7f"), "\\x7F", NULL},
    {"C1 controls are escaped", BYTES("\xc2\x9b"), "\\xC2\\x9B", NULL},
    {"a no-break space is no control", BYTES("\xc2\xa0"), "\xc2\xa0", NULL},
    {"bytes that are no UTF-8 are escaped", BYTES("a\377b\303"), "a\\xFFb\\xC3", NULL},
    {"overlong forms are escaped", BYTES("\xc0\xaf"), "\\xC0\\xAF", NULL},
    {"surrogates are escaped", BYTES("\xed\xa0\x80"), "\\xED\\xA0\\x80", NULL},
    {"quotes are escaped in foreign text", BYTES("a\"b"), "a\\x22b", "a\"b"},
    {"backslashes are escaped in foreign text", BYTES("a\\x0Ab"), "a\\x5Cx0Ab", "a\\x0Ab"},
    {"nothing is nothing", BYTES(""), "", NULL},
};

static void foreign_text_is_escaped(void **state)
{
    const struct escape_row *row = *state;
    struct buf b;
    buf_init(&b, 1000);
    log_escape(&b, row->s);
    assert_status(buf_status(&b), ST_OK, NULL);
    assert_span_equal(buf_span(&b), span_of(row->escaped));
    buf_fini(&b);
}

static void nul_is_escaped_too(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    log_escape(&b, SPAN("a\0b"));
    assert_span_equal(buf_span(&b), SPAN("a\\x00b"));
    buf_fini(&b);
}

static void lines_keep_what_is_plain(void **state)
{
    const struct escape_row *row = *state;
    char expected[200];
    snprintf(expected, sizeof expected, "broadsheet: %s\n",
             row->shown == NULL ? row->escaped : row->shown);
    log_init(NULL);
    log_line(LOG_INFO, "%.*s", (int)row->s.n, row->s.p);
    assert_string_equal(stderr_text(), expected);
}

struct level_row {
    const char *name;
    const char *process; /* NULL: on the command line */
    enum log_level level;
    const char *pattern; /* extended regular expression */
};

#define STAMP "^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z "

static const struct level_row level_rows[] = {
    {"a command's error is plain", NULL, LOG_ERROR, "^broadsheet: text 7\n$"},
    {"a command's warning says so", NULL, LOG_WARNING, "^broadsheet: warning: text 7\n$"},
    {"a command's information is plain", NULL, LOG_INFO, "^broadsheet: text 7\n$"},
    {"a process names itself and the time", "worker", LOG_INFO,
     STAMP "broadsheet\\[[0-9]+\\] worker: text 7\n$"},
    {"a process's warning says so", "press", LOG_WARNING,
     STAMP "broadsheet\\[[0-9]+\\] press: warning: text 7\n$"},
    {"a process's error says so", "supervisor", LOG_ERROR,
     STAMP "broadsheet\\[[0-9]+\\] supervisor: error: text 7\n$"},
};

static void lines_have_a_shape(void **state)
{
    const struct level_row *row = *state;
    regex_t pattern;
    assert_int_equal(regcomp(&pattern, row->pattern, REG_EXTENDED | REG_NOSUB), 0);
    log_init(row->process);
    log_line(row->level, "text %d", 7);
    int matches = regexec(&pattern, stderr_text(), 0, NULL, 0);
    regfree(&pattern);
    if (matches != 0)
        fail_at(__FILE__, __LINE__, "# \"%s\" has not the shape %s\n", stderr_text(), row->pattern);
}

static void the_process_number_is_in_the_line(void **state)
{
    (void)state;
    char expected[64];
    snprintf(expected, sizeof expected, " broadsheet[%ld] worker: ", (long)getpid());
    log_init("worker");
    log_line(LOG_INFO, "text");
    assert_contains(stderr_text(), expected);
}

static void an_error_is_logged_with_its_message(void **state)
{
    (void)state;
    struct error e;
    (void)error_set(&e, ST_IO, 0, "a.txt: %s", "100%s bad");
    log_init(NULL);
    log_error(&e);
    assert_string_equal(stderr_text(), "broadsheet: a.txt: 100%s bad\n");
}

static void a_message_of_any_length_is_one_line(void **state)
{
    (void)state;
    static char text[20000];
    memset(text, '\n', sizeof text - 1);
    log_init("worker");
    log_line(LOG_INFO, "%s", text);
    const char *line = stderr_text();
    assert_true(strlen(line) > 4000);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void a_log_that_is_gone_ends_nothing(void **state)
{
    (void)state;
    int kept = dup(STDERR_FILENO);
    close(STDERR_FILENO);
    log_line(LOG_INFO, "text");
    assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    close(kept);
}

static void lines_are_counted_by_level(void **state)
{
    (void)state;
    unsigned long errors = log_count(LOG_ERROR);
    unsigned long warnings = log_count(LOG_WARNING);
    log_line(LOG_WARNING, "one");
    log_line(LOG_WARNING, "two");
    log_line(LOG_ERROR, "three");
    log_line(LOG_INFO, "four");
    assert_int_equal(log_count(LOG_ERROR) - errors, 1);
    assert_int_equal(log_count(LOG_WARNING) - warnings, 2);
}

static uint64_t now; /* of the limit */

static uint64_t now_of_test(void)
{
    return now;
}

static int limit_remove(void **state)
{
    log_limit(0, NULL);
    return stderr_release(state);
}

/* How often a text is in the log. */
static unsigned told(const char *text)
{
    unsigned count = 0;
    for (const char *at = stderr_text(); (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

static void lines_of_a_kind_are_limited(void **state)
{
    (void)state;
    now = 1000;
    log_init(NULL);
    log_limit(3, now_of_test);
    unsigned long warnings = log_count(LOG_WARNING);
    for (int i = 0; i < 10; i++) {
        log_line(LOG_WARNING, "one %d", i);
        log_line(LOG_INFO, "two %d", i);
    }
    assert_int_equal(told("one "), 3);
    assert_int_equal(told("two "), 3);
    assert_int_equal(log_count(LOG_WARNING) - warnings, 10);
    now += 59999;
    log_line(LOG_INFO, "three");
    assert_int_equal(told("left out"), 0);
    now++;
    log_line(LOG_INFO, "three");
    assert_int_equal(told("7 more lines like \"one %d\" were left out within 60 s\n"), 1);
    assert_int_equal(told("7 more lines like \"two %d\" were left out within 60 s\n"), 1);
    log_line(LOG_WARNING, "one %d", 10);
    assert_int_equal(told("one 10\n"), 1); /* a new minute */
}

static void what_was_left_out_is_told_without_another_line(void **state)
{
    (void)state;
    now = 5;
    log_init(NULL);
    log_limit(1, now_of_test);
    for (int i = 0; i < 3; i++)
        log_kind("a kind", LOG_INFO, "text %d", i);
    log_settle(false);
    assert_string_equal(stderr_text(), "broadsheet: text 0\n");
    now += 60000;
    log_settle(false);
    log_settle(false);
    assert_string_equal(stderr_text(),
                        "broadsheet: text 0\n"
                        "broadsheet: 2 more lines like \"a kind\" were left out within 60 s\n");
    log_kind("a kind", LOG_INFO, "text");
    log_kind("a kind", LOG_INFO, "text");
    log_settle(true);
    assert_int_equal(told("1 more lines"), 1);
}

static void lines_without_a_kind_are_never_left_out(void **state)
{
    (void)state;
    log_limit(1, now_of_test);
    for (int i = 0; i < 100; i++)
        log_kind(NULL, LOG_INFO, "text");
    assert_int_equal(told("text\n"), 100);
}

/* Somebody who makes ever new kinds gets one more kind for all of them. */
static void there_is_a_limit_of_kinds(void **state)
{
    (void)state;
    now = 5;
    log_limit(2, now_of_test);
    for (int i = 0; i < 1000; i++) {
        char kind[32];
        snprintf(kind, sizeof kind, "kind %d", i % 500);
        log_kind(kind, LOG_INFO, "text");
    }
    assert_in_range(told("text\n"), 60, 130);
    now += 60000;
    stderr_forget();
    log_settle(false);
    assert_int_equal(told("\n"), 1);
    assert_int_equal(told("\"(many kinds)\" were left out"), 1);
}

static void errors_are_limited_by_their_cause(void **state)
{
    (void)state;
    struct error io, missing;
    (void)error_set(&io, ST_IO, 5, "a.txt");
    (void)error_set(&missing, ST_MISSING, 0, "b.txt");
    log_limit(1, now_of_test);
    for (int i = 0; i < 3; i++) {
        log_error(&io);
        log_error(&missing);
    }
    assert_int_equal(told("a.txt"), 1);
    assert_int_equal(told("b.txt"), 1);
}

int main(void)
{
    static struct suite s;
    SUITE_ROWS(&s, foreign_text_is_escaped, escape_rows);
    SUITE_TEST(&s, nul_is_escaped_too);
    s.setup = stderr_catch;
    s.teardown = stderr_release;
    SUITE_ROWS(&s, lines_keep_what_is_plain, escape_rows);
    SUITE_ROWS(&s, lines_have_a_shape, level_rows);
    SUITE_TEST(&s, the_process_number_is_in_the_line);
    SUITE_TEST(&s, an_error_is_logged_with_its_message);
    SUITE_TEST(&s, a_message_of_any_length_is_one_line);
    SUITE_TEST(&s, lines_are_counted_by_level);
    SUITE_TEST(&s, a_log_that_is_gone_ends_nothing);
    s.teardown = limit_remove;
    SUITE_TEST(&s, lines_of_a_kind_are_limited);
    SUITE_TEST(&s, what_was_left_out_is_told_without_another_line);
    SUITE_TEST(&s, lines_without_a_kind_are_never_left_out);
    SUITE_TEST(&s, there_is_a_limit_of_kinds);
    SUITE_TEST(&s, errors_are_limited_by_their_cause);
    return suite_run(&s, "log/log");
}
