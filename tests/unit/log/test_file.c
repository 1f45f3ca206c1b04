#include "log/file.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

#include "../support.h"
#include "log/log.h"

static struct error error;

static int log_make(void **state)
{
    log_init(NULL);
    return folder_make(state) == 0 && stderr_catch(state) == 0 ? 0 : -1;
}

static int log_remove(void **state)
{
    log_file_close();
    unsetenv("JOURNAL_STREAM");
    log_init(NULL);
    return stderr_release(state) == 0 && folder_remove(state) == 0 ? 0 : -1;
}

/* The whole text of a file in the test's folder; good until the next call. */
static const char *text_of(const char *name)
{
    static char text[TEXT_MAX];
    int fd = open(folder_path(name), O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static void open_log(const char *name)
{
    assert_status(log_file_open(folder_path(name), &error), ST_OK, &error);
}

static void lines_go_to_the_end_of_the_file(void **state)
{
    struct stat st;
    (void)state;
    mode_t mask = umask(077);
    open_log("log");
    umask(mask);
    log_line(LOG_INFO, "one");
    log_line(LOG_INFO, "two");
    assert_string_equal(text_of("log"), "broadsheet: one\nbroadsheet: two\n");
    assert_int_equal(stat(folder_path("log"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    log_file_close();
    log_line(LOG_INFO, "three");
    assert_string_equal(stderr_text(), "broadsheet: three\n");
    open_log("log");
    log_line(LOG_INFO, "four");
    assert_string_equal(text_of("log"), "broadsheet: one\nbroadsheet: two\nbroadsheet: four\n");
}

static void the_rights_of_a_file_that_is_there_stay(void **state)
{
    struct stat st;
    (void)state;
    (void)folder_put("log", SPAN("old\n"));
    assert_int_equal(chmod(folder_path("log"), 0600), 0);
    open_log("log");
    assert_int_equal(stat(folder_path("log"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_string_equal(text_of("log"), "old\n");
}

static void a_file_that_was_moved_is_left(void **state)
{
    (void)state;
    open_log("log");
    log_line(LOG_INFO, "one");
    assert_int_equal(rename(folder_path("log"), folder_path("log.1")), 0);
    log_line(LOG_INFO, "two");
    assert_true(log_file_reopen());
    log_line(LOG_INFO, "three");
    assert_string_equal(text_of("log.1"), "broadsheet: one\nbroadsheet: two\n");
    assert_string_equal(text_of("log"), "broadsheet: three\n");
}

static void without_a_file_nothing_is_reopened(void **state)
{
    (void)state;
    assert_false(log_file_reopen());
    log_line(LOG_INFO, "one");
    assert_string_equal(stderr_text(), "broadsheet: one\n");
}

static void a_name_that_cannot_be_opened_changes_nothing(void **state)
{
    (void)state;
    folder_make_dir("logs");
    open_log("logs/log");
    assert_int_equal(rename(folder_path("logs"), folder_path("away")), 0);
    assert_false(log_file_reopen());
    log_line(LOG_INFO, "two");
    assert_contains(text_of("away/log"), "logs/log: No such file or directory; the log goes on in "
                                         "the file before\nbroadsheet: two\n");
    folder_make_dir("logs");
    assert_true(log_file_reopen());
    log_line(LOG_INFO, "three");
    assert_string_equal(text_of("logs/log"), "broadsheet: three\n");
    log_file_close();
    const char *before = stderr_text();
    assert_contains(before, "logs/log: No such file or directory\n");
    assert_ptr_equal(strchr(before, '\n'), before + strlen(before) - 1);
}

static void make_fifo(void)
{
    assert_int_equal(mkfifo(folder_path("log"), 0600), 0);
}

static void make_folder(void)
{
    folder_make_dir("log");
}

static void make_link(void)
{
    (void)folder_put("file", SPAN(""));
    assert_int_equal(symlink("file", folder_path("log")), 0);
}

static void make_loose_link(void)
{
    assert_int_equal(symlink("nowhere", folder_path("log")), 0);
}

static void make_device(void)
{
    if (mknod(folder_path("log"), S_IFCHR | 0600, makedev(1, 3)) != 0)
        make_fifo(); /* root's alone */
}

struct bad_row {
    const char *name;
    void (*make)(void);
    const char *told;
};

static const struct bad_row bad_rows[] = {
    {"a FIFO is no log", make_fifo, "not a regular file"},
    {"a folder is no log", make_folder, "not a regular file"},
    {"a device is no log", make_device, "not a regular file"},
    {"a link is no log", make_link, "a link"},
    {"a link that leads nowhere is no log", make_loose_link, "a link"},
};

static void only_a_regular_file_is_a_log(void **state)
{
    const struct bad_row *row = *state;
    row->make();
    assert_status(log_file_open(folder_path("log"), &error), ST_FORMAT, &error);
    assert_contains(error.message, row->told);
    assert_contains(error.message, "/log: ");
    log_line(LOG_INFO, "one");
    assert_string_equal(stderr_text(), "broadsheet: one\n");
}

static void a_folder_that_is_missing_is_an_error(void **state)
{
    (void)state;
    assert_status(log_file_open(folder_path("no/log"), &error), ST_IO, &error);
    assert_contains(error.message, "no/log: No such file or directory");
}

/* A limit of the size does to a file what a full disk does: a line goes out in part, or not. */
static void what_a_full_disk_loses_is_counted(void **state)
{
    (void)state;
    struct rlimit before;
    log_outlive();
    log_init(NULL);
    open_log("log");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit few = before;
    few.rlim_cur = 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    log_line(LOG_INFO, "one");  /* 16 bytes with what stands before it */
    log_line(LOG_INFO, "two");  /* cut behind 4 */
    log_line(LOG_INFO, "more"); /* and nothing of this one */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    log_line(LOG_INFO, "four");
    log_line(LOG_INFO, "five");
    assert_string_equal(text_of("log"), "broadsheet: one\nbroa\n"
                                        "broadsheet: warning: 2 lines of this log were lost\n"
                                        "broadsheet: four\nbroadsheet: five\n");
}

static void what_was_lost_is_told_without_another_line(void **state)
{
    (void)state;
    int reader[2];
    log_outlive();
    log_init(NULL);
    int kept = dup(STDERR_FILENO);
    assert_int_equal(pipe(reader), 0);
    assert_int_equal(dup2(reader[1], STDERR_FILENO), STDERR_FILENO);
    close(reader[0]);
    log_line(LOG_INFO, "one"); /* nobody reads */
    close(reader[1]);
    assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    close(kept);
    log_settle(false);
    log_settle(false);
    assert_string_equal(stderr_text(), "broadsheet: warning: 1 lines of this log were lost\n");
}

struct journal_row {
    const char *name;
    const char *value; /* of the variable, behind the right one; or instead of it */
    bool right;        /* the device and inode of standard error stand before it */
    const char *process;
    enum log_level level;
    const char *expected; /* NULL: as without the journal */
};

static const struct journal_row journal_rows[] = {
    {"the journal gets the level of an error", "", true, "worker", LOG_ERROR,
     "<3>worker: error: text\n"},
    {"the journal gets the level of a warning", "", true, "worker", LOG_WARNING,
     "<4>worker: warning: text\n"},
    {"the journal gets the level of information", "", true, "press", LOG_INFO, "<6>press: text\n"},
    {"a command has its own shape", "", true, NULL, LOG_INFO, "broadsheet: text\n"},
    {"standard error is another file", "1:2", false, "worker", LOG_INFO, NULL},
    {"something stands behind the inode", "9", true, "worker", LOG_INFO, NULL},
    {"no number", "x", false, "worker", LOG_INFO, NULL},
    {"nothing", "", false, "worker", LOG_INFO, NULL},
};

static void the_journal_is_known(void **state)
{
    const struct journal_row *row = *state;
    struct stat st;
    char value[80] = "";
    assert_int_equal(fstat(STDERR_FILENO, &st), 0);
    if (row->right)
        snprintf(value, sizeof value, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    snprintf(value + strlen(value), sizeof value - strlen(value), "%s", row->value);
    assert_int_equal(setenv("JOURNAL_STREAM", value, 1), 0);
    log_init(row->process);
    log_line(row->level, "text");
    if (row->expected != NULL)
        assert_string_equal(stderr_text(), row->expected);
    else
        assert_contains(stderr_text(), "Z broadsheet[");
    stderr_forget();
    open_log("log"); /* which is not the journal */
    log_line(row->level, "text");
    assert_null(strchr(text_of("log"), '<'));
    assert_contains(text_of("log"), "text\n");
}

int main(void)
{
    static struct suite s = {.setup = log_make, .teardown = log_remove};
    SUITE_TEST(&s, lines_go_to_the_end_of_the_file);
    SUITE_TEST(&s, the_rights_of_a_file_that_is_there_stay);
    SUITE_TEST(&s, a_file_that_was_moved_is_left);
    SUITE_TEST(&s, without_a_file_nothing_is_reopened);
    SUITE_TEST(&s, a_name_that_cannot_be_opened_changes_nothing);
    SUITE_ROWS(&s, only_a_regular_file_is_a_log, bad_rows);
    SUITE_TEST(&s, a_folder_that_is_missing_is_an_error);
    SUITE_TEST(&s, what_a_full_disk_loses_is_counted);
    SUITE_TEST(&s, what_was_lost_is_told_without_another_line);
    SUITE_ROWS(&s, the_journal_is_known, journal_rows);
    return suite_run(&s, "log/file");
}
