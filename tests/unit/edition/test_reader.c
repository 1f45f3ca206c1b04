#include "edition/reader.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "edition/schema.h"
#include "page.h"

struct find_row {
    const char *name;
    struct span path;
};

static const struct find_row find_rows[] = {
    {"another path is missing", BYTES("/other")},
    {"a path is not found by its beginning", BYTES("/a")},
    {"a path is not found by more than itself", BYTES("/articles/")},
    {"case matters in a path", BYTES("/Articles")},
    {"a path is no pattern", BYTES("/%")},
    {"an empty path is missing", BYTES("")},
    {"an absent path is missing", {NULL, 0}},
    {"a path with a NUL is another path", BYTES("/articles\0")},
    {"a path that is no text is missing", BYTES("/\xff\xfe")},
};

static void other_paths_are_missing(void **state)
{
    const struct find_row *row = *state;
    struct edition_found page;
    struct edition_writer *w = begin();
    assert_status(put(w, "/articles", "x"), ST_OK, &error);
    assert_status(edition_commit(w, &error), ST_OK, &error);
    struct edition *ed = open_edition();
    assert_status(edition_find(ed, row->path, &page, &error), ST_MISSING, &error);
    assert_string_equal(body_of(ed, "/articles"), "x");
    edition_release(ed);
}

static void any_range_of_a_body_is_read(void **state)
{
    (void)state;
    enum { SIZE = 200000 };
    static char body[SIZE + 1];
    static char got[SIZE];
    static const size_t ranges[][2] = {{0, SIZE},  {0, 1},         {SIZE - 1, 1}, {4000, 9000},
                                       {1, 65536}, {65537, 65536}, {SIZE, 0},     {100, 0}};
    for (size_t i = 0; i < SIZE; i++)
        body[i] = (char)('a' + i % 26 * (i / 1000) % 26);
    commit_page(body);
    struct edition *ed = open_edition();
    struct edition_found page;
    assert_status(edition_find(ed, SPAN("/"), &page, &error), ST_OK, &error);
    for (size_t i = 0; i < COUNT(ranges); i++) {
        assert_status(edition_read(ed, page.id, ranges[i][0], got, ranges[i][1], &error), ST_OK,
                      &error);
        assert_memory_equal(got, body + ranges[i][0], ranges[i][1]);
    }
    edition_release(ed);
}

/* Put two editions of other sizes in each other's place, until somebody ends us. */
static void exchange(const char *path, const char *one, const char *other)
{
    struct buf name;
    buf_init(&name, 1024);
    buf_putf(&name, "%s.next", path);
    for (size_t turn = 0; getppid() != 1 && turn < 10000000; turn++) {
        if (link(turn % 2 == 0 ? one : other, buf_str(&name)) != 0 ||
            rename(buf_str(&name), path) != 0)
            _exit(1);
    }
    _exit(0);
}

static void what_is_replaced_while_it_is_opened_is_not_damaged(void **state)
{
    (void)state;
    static char large[100000];
    memset(large, 'x', sizeof large - 1);
    commit_page(large);
    const char *path = path_of_edition();
    assert_int_equal(rename(path, folder_path("large")), 0);
    commit_page("small");
    assert_int_equal(link(path, folder_path("small")), 0);
    pid_t child = fork();
    if (child == 0)
        exchange(path, folder_path("large"), folder_path("small"));
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < 2000; i++) {
        struct edition *ed = NULL;
        status = edition_open(path, &ed, &error);
        edition_release(ed);
    }
    int ended = 0;
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_true(WIFSIGNALED(ended)); /* it was at it all the while */
    assert_status(status, ST_OK, &error);
}

static void reading_behind_the_end_fails_and_does_no_harm(void **state)
{
    (void)state;
    static const uint64_t starts[] = {4, 5, 6, UINT64_C(1) << 31, UINT64_MAX};
    char byte[2];
    commit_page("12345");
    struct edition *ed = open_edition();
    struct edition_found page;
    assert_status(edition_find(ed, SPAN("/"), &page, &error), ST_OK, &error);
    for (size_t i = 0; i < COUNT(starts); i++) {
        assert_status(edition_read(ed, page.id, starts[i], byte, 2, &error), ST_STORE, &error);
        assert_contains(error.message, path_of_edition());
        assert_string_equal(body_of(ed, "/"), "12345");
    }
    assert_status(edition_read(ed, page.id + 77, 0, byte, 1, &error), ST_STORE, &error);
    assert_string_equal(body_of(ed, "/"), "12345");
    edition_release(ed);
}

static void write_at(long offset, struct span bytes)
{
    int fd = open(path_of_edition(), O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(pwrite(fd, bytes.p, bytes.n, offset) == (ssize_t)bytes.n);
    close(fd);
}

static void assert_refused(const char *part)
{
    struct edition *ed = NULL;
    enum status status = edition_open(path_of_edition(), &ed, &error);
    edition_release(ed);
    assert_status(status, ST_FORMAT, &error);
    assert_contains(error.message, path_of_edition());
    assert_contains(error.message, part);
}

struct foreign_row {
    const char *name;
    struct span bytes;
};

static const struct foreign_row foreign_rows[] = {
    {"an empty file is no edition", BYTES("")},
    {"a text is no edition", BYTES("# A text that is no database, whatever its name says\n")},
    {"half a header is no edition", BYTES("SQLite format 3\0\x10")},
    {"a header and nothing more is no edition", BYTES("SQLite format 3\0\x10\0\1\1\0@  ")},
};

static void foreign_files_are_refused(void **state)
{
    const struct foreign_row *row = *state;
    folder_put("edition.db", row->bytes);
    assert_refused("edition.db: ");
}

static void another_database_is_refused(void **state)
{
    (void)state;
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path_of_edition(), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE page (id)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_refused("not an edition");
}

/* https://www.sqlite.org/fileformat2.html: the user version stands at byte 60, big endian. */
static void a_newer_schema_is_refused_with_both_versions(void **state)
{
    (void)state;
    char expected[64];
    const char version[] = {0, 0, 0, EDITION_VERSION + 1};
    commit_page("x");
    write_at(60, (struct span){version, sizeof version});
    snprintf(expected, sizeof expected, "schema %d, this program reads %d", EDITION_VERSION + 1,
             EDITION_VERSION);
    assert_refused(expected);
}

/* The page size stands at byte 16, big endian; the least of SQLite's is 512. */
static off_t page_size(void)
{
    struct span bytes = file_bytes(path_of_edition());
    return (off_t)((unsigned char)bytes.p[16] << 8 | (unsigned char)bytes.p[17]);
}

static void assert_refused_at(off_t size)
{
    assert_int_equal(truncate(path_of_edition(), size), 0);
    assert_refused("edition.db: ");
}

static void an_edition_that_lacks_its_last_page_is_refused(void **state)
{
    (void)state;
    struct stat st;
    commit_page("x");
    assert_int_equal(stat(path_of_edition(), &st), 0);
    for (off_t size = st.st_size - page_size(); size > 0; size -= 509)
        assert_refused_at(size);
}

static void an_edition_that_lacks_its_last_byte_is_refused(void **state)
{
    (void)state;
    struct stat st;
    commit_page("x");
    assert_int_equal(stat(path_of_edition(), &st), 0);
    assert_refused_at(st.st_size - 1);
}

static void damage_is_told_and_never_fatal(void **state)
{
    (void)state;
    char noise[512];
    struct stat st;
    memset(noise, 0xff, sizeof noise);
    commit_page("x");
    assert_int_equal(stat(path_of_edition(), &st), 0);
    for (off_t at = 0; at < st.st_size; at += (off_t)sizeof noise) {
        struct edition *ed = NULL;
        struct edition_found page;
        char byte;
        commit_page("x");
        write_at(at, (struct span){noise, sizeof noise});
        enum status status = edition_open(path_of_edition(), &ed, &error);
        if (status == ST_OK)
            status = edition_find(ed, SPAN("/"), &page, &error);
        if (status == ST_OK && page.size == 1)
            status = edition_read(ed, page.id, 0, &byte, 1, &error);
        assert_true(status == ST_OK || error.message[0] != '\0');
        if (ed != NULL)
            assert_int_equal(edition_is_damaged(ed), status == ST_STORE);
        edition_release(ed);
    }
}

static void what_cannot_be_opened_is_told(void **state)
{
    (void)state;
    struct edition *ed = NULL;
    assert_status(edition_open(folder_path("none"), &ed, &error), ST_MISSING, &error);
    assert_contains(error.message, folder_path("none"));
    assert_int_not_equal(edition_open(test_folder, &ed, &error), ST_OK);
    assert_contains(error.message, test_folder);
}

static void a_reader_of_the_old_edition_keeps_reading(void **state)
{
    (void)state;
    commit_page("old");
    struct edition *old = open_edition();
    struct edition_found page;
    char body[4] = {0};
    assert_status(edition_find(old, SPAN("/"), &page, &error), ST_OK, &error);
    commit_page("a new and longer one");
    assert_status(edition_read(old, page.id, 0, body, 3, &error), ST_OK, &error);
    assert_string_equal(body, "old");
    assert_string_equal(body_of(old, "/"), "old");
    assert_edition_says("a new and longer one");
    edition_release(old);
}

static void the_last_reference_closes(void **state)
{
    (void)state;
    commit_page("x");
    struct edition *ed = open_edition();
    struct edition_found page;
    assert_status(edition_find(ed, SPAN("/none"), &page, &error), ST_MISSING, &error);
    assert_false(edition_is_damaged(ed));
    assert_ptr_equal(edition_hold(ed), ed);
    edition_release(ed);
    assert_string_equal(body_of(ed, "/"), "x");
    edition_release(ed);
    edition_release(NULL);
}

int main(void)
{
    static struct suite s = {.setup = folder_make, .teardown = folder_remove};
    SUITE_ROWS(&s, other_paths_are_missing, find_rows);
    SUITE_TEST(&s, any_range_of_a_body_is_read);
    SUITE_TEST(&s, what_is_replaced_while_it_is_opened_is_not_damaged);
    SUITE_TEST(&s, reading_behind_the_end_fails_and_does_no_harm);
    SUITE_ROWS(&s, foreign_files_are_refused, foreign_rows);
    SUITE_TEST(&s, another_database_is_refused);
    SUITE_TEST(&s, a_newer_schema_is_refused_with_both_versions);
    SUITE_TEST(&s, an_edition_that_lacks_its_last_page_is_refused);
    SUITE_TEST(&s, an_edition_that_lacks_its_last_byte_is_refused);
    SUITE_TEST(&s, damage_is_told_and_never_fatal);
    SUITE_TEST(&s, what_cannot_be_opened_is_told);
    SUITE_TEST(&s, a_reader_of_the_old_edition_keeps_reading);
    SUITE_TEST(&s, the_last_reference_closes);
    return suite_run(&s, "edition/reader");
}
