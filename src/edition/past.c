#include "edition/past.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edition/open.h"
#include "edition/sum.h"

enum { PAST_ROWS, PAST_BODY, PAST_VALUE, PAST_COUNT };

static const char *const past_queries[PAST_COUNT] = {
    "SELECT s.path, s.size, s.mtime, s.ctime, s.inode, s.sidecar_size, s.sidecar_mtime,"
    " s.sidecar_ctime, s.sidecar_inode, s.problem, p.slug, p.title, p.date, p.author, p.lang,"
    " p.tags, p.summary_kind, p.words, p.named_previous, p.named_next, p.previous,"
    " p.previous_title, p.next, p.next_title, p.text_from, p.text_to, p.summary_from,"
    " p.summary_to FROM source s LEFT JOIN piece p ON p.source = s.path ORDER BY s.path",
    "SELECT body FROM page WHERE path = ?1",
    "SELECT value FROM capsule WHERE key = ?1",
};

struct edition_past {
    sqlite3 *db;
    sqlite3_stmt *queries[PAST_COUNT];
    char *path;
    int fd;
};

static enum status past_fail(const struct edition_past *past, struct error *e)
{
    return error_set(e, ST_STORE, 0, "%s: %s", past->path, sqlite3_errmsg(past->db));
}

/*
 * Both ways to read it must lead to one file: a press beside us may put another in its place, and
 * never puts the old one back.
 */
static enum status past_open_file(struct edition_past *past, struct error *e)
{
    struct stat opened;
    struct stat named;
    past->fd = open(past->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (past->fd < 0)
        return error_set(e, errno == ENOENT ? ST_MISSING : ST_IO, errno, "%s", past->path);
    enum status status = edition_open_database(past->path, &past->db, e);
    if (status != ST_OK)
        return status;
    if (fstat(past->fd, &opened) != 0 || stat(past->path, &named) != 0 ||
        opened.st_ino != named.st_ino || opened.st_dev != named.st_dev)
        return error_set(e, ST_IO, 0, "%s: replaced while it was opened", past->path);
    for (size_t i = 0; i < PAST_COUNT; i++) {
        if (sqlite3_prepare_v2(past->db, past_queries[i], -1, &past->queries[i], NULL) != SQLITE_OK)
            return edition_damage(past->path, past->db, e);
    }
    /* What is free in an edition is copied with it again and again. */
    if (edition_pragma(past->db, "PRAGMA freelist_count") * 4 >
        edition_pragma(past->db, "PRAGMA page_count"))
        return error_set(e, ST_FORMAT, 0, "%s: much of it is unused", past->path);
    return ST_OK;
}

enum status edition_past_open(const char *path, struct edition_past **out, struct error *e)
{
    struct edition_past *past = calloc(1, sizeof *past);
    if (past == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", path);
    past->fd = -1;
    past->path = strdup(path);
    enum status status =
        past->path == NULL ? error_set(e, ST_NOMEM, ENOMEM, "%s", path) : past_open_file(past, e);
    if (status == ST_OK)
        *out = past;
    else
        edition_past_close(past);
    return status;
}

static struct span past_span(sqlite3_stmt *s, int column)
{
    /* A blob's address is the bytes as they are; that of an empty one is NULL, which is absent. */
    const void *bytes = sqlite3_column_blob(s, column);
    int n = sqlite3_column_bytes(s, column);
    if (sqlite3_column_type(s, column) == SQLITE_NULL)
        return (struct span){NULL, 0};
    return (struct span){bytes == NULL ? "" : bytes, bytes == NULL || n < 0 ? 0 : (size_t)n};
}

/*
 * A statement answers one row, which says whether all is well.  ST_OK; ST_FORMAT when it does not
 * say so, or SQLite cannot run it; ST_NOMEM.
 */
static enum status past_check(const struct edition_past *past, const char *what, const char *sql,
                              const char *wanted, struct error *e)
{
    sqlite3_stmt *s = NULL;
    enum status status = ST_OK;
    bool runs = sqlite3_prepare_v2(past->db, sql, -1, &s, NULL) == SQLITE_OK &&
                sqlite3_step(s) == SQLITE_ROW;
    if (!runs)
        status = edition_damage(past->path, past->db, e);
    else if (!span_eq(past_span(s, 0), span_of(wanted)))
        status = edition_is_starved(past->db) /* a number becomes a text */
                     ? edition_damage(past->path, past->db, e)
                     : error_set(e, ST_FORMAT, 0, "%s: damaged%s", past->path, what);
    sqlite3_finalize(s);
    return status;
}

enum status edition_past_verify(const struct edition_past *past, struct error *e)
{
    static const struct {
        const char *what, *sql;
    } tables[] = {
        {": its capsule", "SELECT count(*) FROM capsule WHERE sum IS NOT edition_sum(key, value)"},
        {": its pages", "SELECT count(*) FROM page WHERE sum IS NOT"
                        " edition_sum(path, status, meta, body, file, size, mtime)"},
        {": its articles",
         "SELECT count(*) FROM piece WHERE sum IS NOT edition_sum(source, slug, title, date,"
         " author, lang, tags, summary_kind, words, named_previous, named_next, previous,"
         " previous_title, next, next_title, text_from, text_to, summary_from, summary_to)"},
        {": its sources",
         "SELECT count(*) FROM source WHERE sum IS NOT edition_sum(path, size, mtime, ctime, inode,"
         " sidecar_size, sidecar_mtime, sidecar_ctime, sidecar_inode, problem)"},
    };
    if (sum_define(past->db) != SQLITE_OK)
        return past_fail(past, e);
    enum status status = past_check(past, "", "PRAGMA integrity_check(1)", "ok", e);
    for (size_t i = 0; status == ST_OK && i < sizeof tables / sizeof tables[0]; i++)
        status = past_check(past, tables[i].what, tables[i].sql, "0", e);
    return status;
}

void edition_past_close(struct edition_past *past)
{
    if (past == NULL)
        return;
    for (size_t i = 0; i < PAST_COUNT; i++)
        sqlite3_finalize(past->queries[i]);
    sqlite3_close(past->db);
    if (past->fd >= 0)
        close(past->fd);
    free(past->path);
    free(past);
}

bool edition_past_says(struct edition_past *past, const char *key, struct span value)
{
    sqlite3_stmt *s = past->queries[PAST_VALUE];
    sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
    bool found = sqlite3_step(s) == SQLITE_ROW;
    struct span had = found ? past_span(s, 0) : (struct span){NULL, 0};
    bool same = (had.p == NULL) == (value.p == NULL) && span_eq(had, value);
    sqlite3_reset(s);
    return same;
}

static int64_t past_number(struct edition_past *past, const char *key, int64_t otherwise)
{
    sqlite3_stmt *s = past->queries[PAST_VALUE];
    sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
    int64_t number = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : otherwise;
    sqlite3_reset(s);
    return number;
}

struct edition_past_look edition_past_looked(struct edition_past *past)
{
    return (struct edition_past_look){.from = past_number(past, "looked", 0),
                                      .to = past_number(past, "read", INT64_MAX)};
}

/* Columns of text in their order, from `column` on; returns the column behind them. */
static int past_spans(sqlite3_stmt *s, int column, struct span *const *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        *fields[i] = past_span(s, column++);
    return column;
}

static int past_stamp(sqlite3_stmt *s, int column, struct file_stamp *stamp)
{
    stamp->size = sqlite3_column_int64(s, column++);
    stamp->mtime = sqlite3_column_int64(s, column++);
    stamp->ctime = sqlite3_column_int64(s, column++);
    stamp->inode = sqlite3_column_int64(s, column++);
    return column;
}

static int past_range(sqlite3_stmt *s, int column, struct edition_range *range)
{
    range->from = sqlite3_column_int64(s, column++);
    range->to = sqlite3_column_int64(s, column++);
    return column;
}

static void past_read_row(sqlite3_stmt *s, struct edition_past_row *row)
{
    struct edition_piece *p = &row->piece;
    struct span *const source[] = {&row->source.path};
    struct span *const problem[] = {&row->source.problem};
    struct span *const about[] = {&p->slug, &p->title, &p->date,        &p->author,
                                  &p->lang, &p->tags,  &p->summary_kind};
    struct span *const beside[] = {&p->named_previous, &p->named_next, &p->previous,
                                   &p->previous_title, &p->next,       &p->next_title};
    *row = (struct edition_past_row){0};
    int column = past_spans(s, 0, source, 1);
    column = past_stamp(s, column, &row->source.stamp);
    column = past_stamp(s, column, &row->source.sidecar);
    column = past_spans(s, column, problem, 1);
    row->served = sqlite3_column_type(s, column) != SQLITE_NULL;
    if (!row->served)
        return;
    column = past_spans(s, column, about, sizeof about / sizeof about[0]);
    p->words = sqlite3_column_int64(s, column++);
    column = past_spans(s, column, beside, sizeof beside / sizeof beside[0]);
    column = past_range(s, column, &p->text);
    past_range(s, column, &p->summary);
}

enum status edition_past_next(struct edition_past *past, struct edition_past_row *row,
                              struct error *e)
{
    sqlite3_stmt *s = past->queries[PAST_ROWS];
    int result = sqlite3_step(s);
    if (result == SQLITE_DONE)
        return error_set(e, ST_MISSING, 0, "no more sources");
    if (result != SQLITE_ROW)
        return past_fail(past, e);
    past_read_row(s, row);
    return ST_OK;
}

enum status edition_past_body(struct edition_past *past, struct span path,
                              struct edition_range range, struct buf *out, struct error *e)
{
    sqlite3_stmt *s = past->queries[PAST_BODY];
    enum status status = ST_OK;
    sqlite3_bind_text64(s, 1, path.p, path.n, SQLITE_STATIC, SQLITE_UTF8);
    int result = sqlite3_step(s);
    struct span body = result == SQLITE_ROW ? past_span(s, 0) : (struct span){NULL, 0};
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        status = past_fail(past, e);
    else if (range.from < 0 || range.to < range.from || (uint64_t)range.to > body.n)
        status = error_set(e, ST_STORE, 0, "%s: damaged: the text of %.*s", past->path, (int)path.n,
                           path.p);
    else
        buf_put(out, span_sub(body, (size_t)range.from, (size_t)range.to));
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return status;
}

int edition_past_file(const struct edition_past *past)
{
    return past->fd;
}

const char *edition_past_path(const struct edition_past *past)
{
    return past->path;
}
