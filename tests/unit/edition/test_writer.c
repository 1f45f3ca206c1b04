#include "edition/writer.h"

#include <sqlite3.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "page.h"

static void pages_are_found_as_they_were_put(void **state)
{
    (void)state;
    struct edition_page pages[] = {
        {.path = SPAN("/"), .status = 20, .meta = SPAN("text/gemini"), .body = SPAN("# Home\n")},
        {.path = SPAN("/empty"), .status = 20, .meta = SPAN("text/plain"), .body = SPAN("")},
        {.path = SPAN("/old"), .status = 31, .meta = SPAN("/new")},
        {.path = SPAN("/gone"), .status = 52, .meta = SPAN("Gone")},
        {.path = SPAN("/%C3%A4"), .status = 20, .meta = SPAN("a/b"), .body = SPAN("a\0b\xff")},
    };
    struct edition_writer *w = begin();
    for (size_t i = 0; i < COUNT(pages); i++)
        assert_status(edition_put_page(w, &pages[i], &error), ST_OK, &error);
    assert_status(edition_commit(w, &error), ST_OK, &error);
    struct edition *ed = open_edition();
    for (size_t i = 0; i < COUNT(pages); i++) {
        struct edition_found page;
        char body[64];
        assert_status(edition_find(ed, pages[i].path, &page, &error), ST_OK, &error);
        assert_int_equal(page.status, pages[i].status);
        assert_span_equal(span_of(page.meta), pages[i].meta);
        assert_int_equal(page.size, pages[i].body.n);
        assert_false(page.in_file);
        assert_string_equal(page.file, "");
        assert_status(edition_read(ed, page.id, 0, body, page.size, &error), ST_OK, &error);
        assert_span_equal(((struct span){body, page.size}), pages[i].body);
    }
    edition_release(ed);
}

static void a_page_whose_bytes_are_in_a_file_names_it(void **state)
{
    (void)state;
    struct edition_page page = {.path = SPAN("/static/a.png"),
                                .status = 20,
                                .meta = SPAN("image/png"),
                                .file = SPAN("pictures/a.png"),
                                .size = INT64_C(5000000000),
                                .mtime = INT64_C(1763821574123456789)};
    struct edition_found found;
    struct edition_writer *w = begin();
    assert_status(edition_put_page(w, &page, &error), ST_OK, &error);
    assert_status(edition_commit(w, &error), ST_OK, &error);
    struct edition *ed = open_edition();
    assert_status(edition_find(ed, page.path, &found, &error), ST_OK, &error);
    assert_true(found.in_file);
    assert_string_equal(found.file, "pictures/a.png");
    assert_int_equal(found.size, page.size);
    edition_release(ed);
}

static void an_address_is_had_once(void **state)
{
    (void)state;
    struct edition_writer *w = begin();
    assert_status(put(w, "/a", "first"), ST_OK, &error);
    assert_status(put(w, "/a", "second"), ST_EXISTS, &error);
    assert_contains(error.message, "/a");
    assert_status(put(w, "/b", "third"), ST_OK, &error);
    struct edition_piece piece = {.slug = SPAN("slug"),
                                  .source = SPAN("articles/a.txt"),
                                  .title = SPAN("Title"),
                                  .summary_kind = SPAN("cut")};
    assert_status(edition_put_piece(w, &piece, &error), ST_OK, &error);
    assert_status(edition_put_piece(w, &piece, &error), ST_EXISTS, &error);
    assert_contains(error.message, "articles/a.txt");
    assert_status(edition_commit(w, &error), ST_OK, &error);
    struct edition *ed = open_edition();
    assert_string_equal(body_of(ed, "/a"), "first");
    assert_string_equal(body_of(ed, "/b"), "third");
    edition_release(ed);
}

static void an_incomplete_row_is_refused(void **state)
{
    (void)state;
    struct edition_page page = {.path = SPAN("/"), .status = 20, .body = SPAN("no meta")};
    struct edition_writer *w = begin();
    assert_status(edition_put_page(w, &page, &error), ST_STORE, &error);
    assert_contains(error.message, path_of_edition());
    edition_abandon(w);
}

/* What an SQL query answers, as text parted by |; NULL is -. */
static const char *ask(const char *sql)
{
    static char text[1024];
    size_t n = 0;
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_open_v2(path_of_edition(), &db, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(s); i++) {
            const unsigned char *cell = sqlite3_column_text(s, i);
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", n > 0 ? "|" : "",
                                  cell == NULL ? "-" : (const char *)cell);
        }
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
    text[n] = '\0';
    return text;
}

static void the_other_tables_are_as_the_schema_says(void **state)
{
    (void)state;
    struct edition_piece piece = {.slug = SPAN("a"),
                                  .source = SPAN("articles/a.txt"),
                                  .title = SPAN("T"),
                                  .date = SPAN("2026-11-22"),
                                  .author = SPAN("A"),
                                  .summary_kind = SPAN("author"),
                                  .named_next = SPAN("N"),
                                  .previous = SPAN("z.gmi"),
                                  .previous_title = SPAN("Z"),
                                  .tags = SPAN("x y"),
                                  .words = 7,
                                  .text = {1, 2},
                                  .summary = {3, 4}};
    struct edition_source good = {.path = SPAN("a.txt"), .stamp = {1, 2, 3, 4}};
    struct edition_source bad = {.path = SPAN("b.txt"),
                                 .stamp = {5, 6, 7, 8},
                                 .sidecar = {9, 10, 11, 12},
                                 .problem = SPAN("bad")};
    struct edition_writer *w = begin();
    assert_status(edition_put_capsule(w, "title", SPAN("It's"), &error), ST_OK, &error);
    assert_status(edition_put_piece(w, &piece, &error), ST_OK, &error);
    assert_status(edition_put_source(w, &good, &error), ST_OK, &error);
    assert_status(edition_put_source(w, &bad, &error), ST_OK, &error);
    assert_status(edition_put_capsule(w, "title", SPAN("x"), &error), ST_EXISTS, &error);
    assert_status(edition_commit(w, &error), ST_OK, &error);
    assert_string_equal(ask("SELECT key, value FROM capsule"), "title|It's");
    assert_string_equal(
        ask("SELECT source, slug, title, date, author, lang, tags, summary_kind, words,"
            " named_previous, named_next, previous, previous_title, next,"
            " next_title, text_from, text_to, summary_from, summary_to"
            " FROM piece"),
        "articles/a.txt|a|T|2026-11-22|A|-|x y|author|7|-|N|z.gmi|Z|-|-|1|2|3|4");
    assert_string_equal(ask("SELECT path, size, mtime, ctime, inode, sidecar_size, sidecar_mtime,"
                            " sidecar_ctime, sidecar_inode, problem FROM source ORDER BY path"),
                        "a.txt|1|2|3|4|0|0|0|0|-|b.txt|5|6|7|8|9|10|11|12|bad");
    assert_string_equal(ask("PRAGMA integrity_check"), "ok");
}

static void nothing_has_its_name_before_the_commit(void **state)
{
    (void)state;
    struct edition *ed = NULL;
    struct edition_writer *w = begin();
    assert_status(put(w, "/", "x"), ST_OK, &error);
    assert_status(edition_open(path_of_edition(), &ed, &error), ST_MISSING, &error);
    assert_contains(error.message, path_of_edition());
    assert_status(edition_commit(w, &error), ST_OK, &error);
    assert_int_equal(folder_count(test_folder), 1);
    assert_edition_says("x");
}

static void an_abandoned_edition_leaves_nothing(void **state)
{
    (void)state;
    struct edition_writer *w = begin();
    assert_status(put(w, "/", "x"), ST_OK, &error);
    edition_abandon(w);
    edition_abandon(NULL);
    assert_int_equal(folder_count(test_folder), 0);
}

static void an_abandoned_edition_leaves_the_old_one(void **state)
{
    (void)state;
    commit_page("old");
    struct edition_writer *w = begin();
    assert_status(put(w, "/", "new"), ST_OK, &error);
    edition_abandon(w);
    assert_int_equal(folder_count(test_folder), 1);
    assert_edition_says("old");
}

static const char *temporary_of(pid_t pid)
{
    char name[64];
    snprintf(name, sizeof name, "edition.db.%ld.new", (long)pid);
    return folder_path(name);
}

static void a_commit_that_fails_leaves_the_old_edition(void **state)
{
    (void)state;
    commit_page("old");
    struct edition_writer *w = begin();
    assert_status(put(w, "/", "new"), ST_OK, &error);
    assert_int_equal(unlink(temporary_of(getpid())), 0);
    assert_status(edition_commit(w, &error), ST_IO, &error);
    assert_contains(error.message, path_of_edition());
    assert_int_equal(folder_count(test_folder), 1);
    assert_edition_says("old");
}

static void a_commit_over_a_folder_fails_and_leaves_nothing_beside_it(void **state)
{
    (void)state;
    folder_make_dir("edition.db");
    struct edition_writer *w = begin();
    assert_status(put(w, "/", "new"), ST_OK, &error);
    assert_status(edition_commit(w, &error), ST_IO, &error);
    assert_int_equal(folder_count(test_folder), 1);
}

static void a_missing_folder_is_told(void **state)
{
    (void)state;
    struct edition_writer *w = NULL;
    assert_status(edition_create(folder_path("none/edition.db"), &w, &error), ST_IO, &error);
    assert_contains(error.message, folder_path("none/edition.db"));
    assert_contains(error.message, "No such file");
}

static pid_t dead_process(void)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

static void put_leftover(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "half", 4), 4);
    close(fd);
}

static void a_leftover_of_a_dead_press_is_swept(void **state)
{
    (void)state;
    pid_t dead = dead_process();
    put_leftover(temporary_of(dead));
    commit_page("new");
    assert_int_equal(access(temporary_of(dead), F_OK), -1);
    assert_int_equal(folder_count(test_folder), 1);
}

static void a_leftover_whose_number_another_process_has_is_swept(void **state)
{
    (void)state;
    put_leftover(temporary_of(getppid()));
    commit_page("new");
    assert_int_equal(folder_count(test_folder), 1);
}

static void a_leftover_of_a_dead_press_with_our_number_is_no_obstacle(void **state)
{
    (void)state;
    put_leftover(temporary_of(getpid()));
    commit_page("new");
    assert_int_equal(folder_count(test_folder), 1);
    assert_edition_says("new");
}

static void what_is_not_a_leftover_stays(void **state)
{
    (void)state;
    char names[4][64];
    long dead = (long)dead_process();
    snprintf(names[0], sizeof names[0], "edition.db.%ld.new.txt", dead);
    snprintf(names[1], sizeof names[1], "edition.db.%ld", dead);
    snprintf(names[2], sizeof names[2], "other.db.%ld.new", dead);
    snprintf(names[3], sizeof names[3], "edition.db.%ld.new", (long)getppid());
    for (size_t i = 0; i < COUNT(names); i++)
        folder_put(names[i], SPAN("x"));
    int writes = open(folder_path(names[3]), O_WRONLY | O_CLOEXEC);
    assert_int_equal(flock(writes, LOCK_EX), 0); /* as another press that is at work does */
    folder_put("edition.db.new", SPAN("x"));
    folder_put("edition.dbx", SPAN("x"));
    commit_page("new");
    assert_int_equal(folder_count(test_folder), COUNT(names) + 3);
    close(writes);
}

static void a_file_may_have_any_name(void **state)
{
    (void)state;
    static const char *const names[] = {"a?mode=memory", "b#c", "d%41", "e f&cache=shared",
                                        "\xc3\xa4"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct edition_writer *w = NULL;
        struct edition *ed = NULL;
        assert_status(edition_create(folder_path(names[i]), &w, &error), ST_OK, &error);
        assert_status(put(w, "/", names[i]), ST_OK, &error);
        assert_status(edition_commit(w, &error), ST_OK, &error);
        assert_status(edition_open(folder_path(names[i]), &ed, &error), ST_OK, &error);
        assert_string_equal(body_of(ed, "/"), names[i]);
        edition_release(ed);
    }
    assert_int_equal(folder_count(test_folder), COUNT(names));
}

int main(void)
{
    static struct suite s = {.setup = folder_make, .teardown = folder_remove};
    SUITE_TEST(&s, pages_are_found_as_they_were_put);
    SUITE_TEST(&s, a_page_whose_bytes_are_in_a_file_names_it);
    SUITE_TEST(&s, an_address_is_had_once);
    SUITE_TEST(&s, an_incomplete_row_is_refused);
    SUITE_TEST(&s, the_other_tables_are_as_the_schema_says);
    SUITE_TEST(&s, nothing_has_its_name_before_the_commit);
    SUITE_TEST(&s, an_abandoned_edition_leaves_nothing);
    SUITE_TEST(&s, an_abandoned_edition_leaves_the_old_one);
    SUITE_TEST(&s, a_commit_that_fails_leaves_the_old_edition);
    SUITE_TEST(&s, a_commit_over_a_folder_fails_and_leaves_nothing_beside_it);
    SUITE_TEST(&s, a_missing_folder_is_told);
    SUITE_TEST(&s, a_leftover_of_a_dead_press_is_swept);
    SUITE_TEST(&s, a_leftover_whose_number_another_process_has_is_swept);
    SUITE_TEST(&s, a_leftover_of_a_dead_press_with_our_number_is_no_obstacle);
    SUITE_TEST(&s, what_is_not_a_leftover_stays);
    SUITE_TEST(&s, a_file_may_have_any_name);
    return suite_run(&s, "edition/writer");
}
