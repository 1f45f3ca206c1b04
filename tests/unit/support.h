/*
 * support: what several unit tests need.  Every test is a program of its own, so all of it is
 * static inline: tables of rows as tests, a folder for each test, what goes to standard error.
 */
#ifndef TESTS_UNIT_SUPPORT_H
#define TESTS_UNIT_SUPPORT_H

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/buf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A span over a string literal, as an initializer. */
#define BYTES(literal) {(literal), sizeof(literal) - 1}

/* Most tests of a program, and bytes of a file or of standard error that a test looks at. */
#define SUITE_MAX 256
#define TEXT_MAX  ((size_t)1024 * 1024)

/* The tests of a program; setup and teardown are given to those that are added after them. */
struct suite {
    struct CMUnitTest tests[SUITE_MAX];
    size_t count;
    CMFixtureFunction setup, teardown;
};

/* Add a test; *state is its row (to be read only) or NULL. */
static inline void suite_add(struct suite *s, const char *name, CMUnitTestFunction run,
                             const void *row)
{
    if (s->count == SUITE_MAX)
        abort();
    s->tests[s->count++] = (struct CMUnitTest){.name = name,
                                               .test_func = run,
                                               .setup_func = s->setup,
                                               .teardown_func = s->teardown,
                                               .initial_state = (void *)(uintptr_t)row};
}

/* Add a function under its own name, or once for each row of a table; a row has a `name`. */
#define SUITE_TEST(suite, run) suite_add(suite, #run, run, NULL)
#define SUITE_ROWS(suite, run, rows)                                 \
    do {                                                             \
        for (size_t row_ = 0; row_ < COUNT(rows); row_++)            \
            suite_add(suite, (rows)[row_].name, run, &(rows)[row_]); \
    } while (0)

/* Run them; the result is main's. */
static inline int suite_run(struct suite *s, const char *name)
{
    return _cmocka_run_group_tests(name, s->tests, s->count, NULL, NULL) == 0 ? 0 : 1;
}

static int stderr_saved = -1; /* standard error while it is caught, see stderr_catch; or -1 */

/* Tell on the real standard error what is wrong, and end the test. */
PRINTF_LIKE(3, 4) static inline void fail_at(const char *file, int line, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vdprintf(stderr_saved >= 0 ? stderr_saved : STDERR_FILENO, fmt, args);
    va_end(args);
    _fail(file, line);
}

/* The same bytes; an absent span equals an empty one, as span_eq has it. */
#define assert_span_equal(actual, expected) span_equal_at(actual, expected, __FILE__, __LINE__)
static inline void span_equal_at(struct span actual, struct span expected, const char *file,
                                 int line)
{
    if (actual.n == expected.n && (actual.n == 0 || memcmp(actual.p, expected.p, actual.n) == 0))
        return;
    fail_at(file, line, "# \"%.*s\" (%zu bytes) is not \"%.*s\" (%zu bytes)\n", (int)actual.n,
            actual.p == NULL ? "" : actual.p, actual.n, (int)expected.n,
            expected.p == NULL ? "" : expected.p, expected.n);
}

/* A status; e (may be NULL) tells why another one came. */
#define assert_status(actual, expected, e) status_is_at(actual, expected, e, __FILE__, __LINE__)
static inline void status_is_at(enum status actual, enum status expected, const struct error *e,
                                const char *file, int line)
{
    if (actual == expected)
        return;
    fail_at(file, line, "# status %d is not %d%s%s\n", (int)actual, (int)expected,
            e != NULL && actual != ST_OK ? ": " : "",
            e != NULL && actual != ST_OK ? e->message : "");
}

#define assert_contains(text, part) contains_at(text, part, __FILE__, __LINE__)
static inline void contains_at(const char *text, const char *part, const char *file, int line)
{
    if (strstr(text, part) != NULL)
        return;
    fail_at(file, line, "# \"%s\" does not contain \"%s\"\n", text, part);
}

/* A test's own folder: fixtures that make it and remove it with all that is in it. */
static char test_folder[64];

static inline int folder_make(void **state)
{
    (void)state;
    snprintf(test_folder, sizeof test_folder, "/tmp/broadsheet-unit-XXXXXX");
    return mkdtemp(test_folder) == NULL ? -1 : 0;
}

static inline int folder_remove_entry(const char *path, const struct stat *st, int type,
                                      struct FTW *walk)
{
    (void)st, (void)type, (void)walk;
    return remove(path);
}

static inline int folder_remove(void **state)
{
    (void)state;
    return nftw(test_folder, folder_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* The path of a name in it; good until the eighth call from here. */
static inline const char *folder_path(const char *name)
{
    static char paths[8][512];
    static size_t turn;
    char *path = paths[turn++ % COUNT(paths)];
    snprintf(path, sizeof paths[0], "%s/%s", test_folder, name);
    return path;
}

static inline void folder_make_dir(const char *name)
{
    assert_int_equal(mkdir(folder_path(name), 0755), 0);
}

/* Write a file in it; returns its path. */
static inline const char *folder_put(const char *name, struct span bytes)
{
    const char *path = folder_path(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_true(write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
    close(fd);
    return path;
}

/* What is in a file, NUL-ended; good until the fourth call from here. */
static inline struct span file_bytes(const char *path)
{
    static char texts[4][TEXT_MAX];
    static size_t turn;
    char *bytes = texts[turn++ % COUNT(texts)];
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    size_t n = fread(bytes, 1, TEXT_MAX - 1, file);
    bytes[n] = '\0';
    fclose(file);
    return (struct span){bytes, n};
}

/* Number of names in a folder. */
static int folder_entry_count;

static inline int folder_count_entry(const char *path, const struct stat *st, int type,
                                     struct FTW *walk)
{
    (void)path, (void)st, (void)type;
    folder_entry_count += walk->level > 0;
    return 0;
}

static inline int folder_count(const char *path)
{
    folder_entry_count = 0;
    assert_int_equal(nftw(path, folder_count_entry, 16, FTW_PHYS), 0);
    return folder_entry_count;
}

/* Fixtures that keep standard error from the terminal, for stderr_text to read. */
static inline int stderr_catch(void **state)
{
    (void)state;
    int caught = memfd_create("stderr", MFD_CLOEXEC);
    stderr_saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    bool good = caught >= 0 && stderr_saved >= 0 && dup2(caught, STDERR_FILENO) >= 0;
    close(caught);
    return good ? 0 : -1;
}

static inline int stderr_release(void **state)
{
    (void)state;
    dup2(stderr_saved, STDERR_FILENO);
    close(stderr_saved);
    stderr_saved = -1;
    return 0;
}

/* All that was written since it is caught, NUL-ended; good until the next call. */
static inline const char *stderr_text(void)
{
    static char text[TEXT_MAX];
    ssize_t n = pread(STDERR_FILENO, text, sizeof text - 1, 0);
    assert_true(n >= 0);
    text[n] = '\0';
    return text;
}

/* Forget what was written so far, if standard error is kept. */
static inline void stderr_forget(void)
{
    if (stderr_saved >= 0 && ftruncate(STDERR_FILENO, 0) == 0)
        lseek(STDERR_FILENO, 0, SEEK_SET);
}

/* Both fixtures in one. */
static inline int quiet_folder_make(void **state)
{
    int made = folder_make(state);
    return made != 0 ? made : stderr_catch(state);
}

static inline int quiet_folder_remove(void **state)
{
    stderr_release(state);
    return folder_remove(state);
}

#endif
