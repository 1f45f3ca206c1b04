/*
 * again: a capsule that is pressed again and again in the test's own folder, and what its editions
 * hold.
 */
#ifndef TESTS_UNIT_PRESS_AGAIN_H
#define TESTS_UNIT_PRESS_AGAIN_H

#include <sqlite3.h>

#include "../support.h"
#include "core/file.h"
#include "edition/sum.h"
#include "press/press.h"

static struct error error;

static inline void put(const char *name, struct span bytes)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s", folder_path(name));
    *strrchr(whole, '/') = '\0';
    assert_status(file_make_dir(whole, &error), ST_OK, &error);
    unlink(folder_path(name)); /* it may be a link that leads in a circle */
    folder_put(name, bytes);
}

static inline void put_text(const char *name, const char *text)
{
    put(name, span_of(text));
}

/* Prefixes of areas, for the presses to come; NULL for none. */
static const struct option_list *areas;

static inline void press(const char *edition)
{
    assert_status(press_run(folder_path("capsule"), folder_path(edition), "gemini://news.example/",
                            areas, &error),
                  ST_OK, &error);
}

static inline sqlite3 *open_database(const char *name)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(folder_path(name), &db), SQLITE_OK);
    return db;
}

static inline void change(const char *sql)
{
    sqlite3 *db = open_database("edition.db");
    assert_int_equal(sum_define(db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/*
 * Let the edition be one that is known again: made so long after the last change that no file is
 * read twice for safety, and marked.
 */
static inline void settle(void)
{
    change("UPDATE capsule SET value = CAST(value AS INTEGER) + 60000000000 WHERE key = 'looked';"
           "INSERT OR REPLACE INTO capsule VALUES ('mark', 'x', 0);"
           "UPDATE capsule SET sum = edition_sum(key, value)");
}

static inline sqlite3_int64 number(const char *edition, const char *sql)
{
    sqlite3 *db = open_database(edition);
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    sqlite3_int64 value = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return value;
}

static inline bool was_made_from_the_one_before(void)
{
    return number("edition.db", "SELECT count(*) FROM capsule WHERE key = 'mark'") == 1;
}

/* All that is in an edition, but for the numbers of its rows and for when it was made. */
static const char *const tables[] = {
    "SELECT * FROM capsule WHERE key NOT IN ('looked', 'read', 'mark') ORDER BY key",
    "SELECT path, status, meta, body, file, size, mtime, sum FROM page ORDER BY path",
    "SELECT * FROM piece ORDER BY source",
    "SELECT * FROM source ORDER BY path",
};

static inline void assert_same_column(sqlite3_stmt *a, sqlite3_stmt *b, int column,
                                      const char *what)
{
    struct span x = {sqlite3_column_blob(a, column), (size_t)sqlite3_column_bytes(a, column)};
    struct span y = {sqlite3_column_blob(b, column), (size_t)sqlite3_column_bytes(b, column)};
    if (sqlite3_column_type(a, column) == sqlite3_column_type(b, column) && span_eq(x, y))
        return;
    fail_msg("%s: %s: %s of %s is\n%.*s\nand not\n%.*s", what, sqlite3_sql(a),
             sqlite3_column_name(a, column), (const char *)sqlite3_column_text(a, 0), (int)x.n,
             x.p == NULL ? "" : x.p, (int)y.n, y.p == NULL ? "" : y.p);
}

static inline void assert_same_rows(sqlite3 *again, sqlite3 *anew, const char *sql,
                                    const char *what)
{
    sqlite3_stmt *a = NULL;
    sqlite3_stmt *b = NULL;
    assert_int_equal(sqlite3_prepare_v2(again, sql, -1, &a, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(anew, sql, -1, &b, NULL), SQLITE_OK);
    int result = SQLITE_ROW;
    while (result == SQLITE_ROW) {
        result = sqlite3_step(a);
        int expected = sqlite3_step(b);
        if (result != expected)
            fail_msg("%s: %s: %s %s", what, sql, result == SQLITE_ROW ? "has" : "lacks",
                     (const char *)sqlite3_column_text(result == SQLITE_ROW ? a : b, 0));
        for (int i = 0; result == SQLITE_ROW && i < sqlite3_column_count(a); i++)
            assert_same_column(a, b, i, what);
    }
    assert_int_equal(result, SQLITE_DONE);
    sqlite3_finalize(a);
    sqlite3_finalize(b);
}

/* Press again and from nothing, and compare. */
static inline void assert_pressed_alike(const char *what)
{
    press("edition.db");
    unlink(folder_path("anew.db"));
    press("anew.db");
    sqlite3 *again = open_database("edition.db");
    sqlite3 *anew = open_database("anew.db");
    for (size_t i = 0; i < COUNT(tables); i++)
        assert_same_rows(again, anew, tables[i], what);
    sqlite3_close(again);
    sqlite3_close(anew);
    assert_int_equal(number("edition.db", "SELECT count(*) FROM pragma_integrity_check"
                                          " WHERE integrity_check <> 'ok'"),
                     0);
}

#endif
