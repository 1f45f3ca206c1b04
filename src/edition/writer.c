#include "edition/writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/book.h"
#include "core/buf.h"
#include "edition/schema.h"
#include "edition/sum.h"

#define EDITION_PATH_MAX  8192
#define EDITION_COPY_STEP ((size_t)256 * 1024)

enum {
    PUT_CAPSULE,
    PUT_PAGE,
    PUT_PIECE,
    PUT_SOURCE,
    SAME_PAGE,
    CHANGE_PAGE,
    DROP_CAPSULE,
    DROP_PAGE,
    DROP_PIECE,
    DROP_SOURCE,
    STATEMENT_COUNT,
};

#define EDITION_SEVEN "?1,?2,?3,?4,?5,?6,?7"
#define EDITION_TEN   EDITION_SEVEN ",?8,?9,?10"
#define EDITION_PIECE EDITION_TEN ",?11,?12,?13,?14,?15,?16,?17,?18,?19"
/* All columns of a row, and the sum of them. */
#define EDITION_ROW(columns) "(" columns ",edition_sum(" columns "))"

static const char *const edition_statements[STATEMENT_COUNT] = {
    [PUT_CAPSULE] = "INSERT OR %s INTO capsule VALUES " EDITION_ROW("?1,?2"),
    [PUT_PAGE] = "INSERT INTO page (path, status, meta, body, file, size, mtime, sum)"
                 " VALUES " EDITION_ROW(EDITION_SEVEN),
    [PUT_PIECE] = "INSERT OR %s INTO piece VALUES " EDITION_ROW(EDITION_PIECE),
    [PUT_SOURCE] = "INSERT OR %s INTO source VALUES " EDITION_ROW(EDITION_TEN),
    /* The two have the parameters of PUT_PAGE, and the id. */
    [SAME_PAGE] = "SELECT id FROM page WHERE id=?8 AND status=?2 AND meta=?3 AND body IS ?4"
                  " AND file IS ?5 AND size=?6 AND mtime IS ?7",
    [CHANGE_PAGE] = "UPDATE page SET status=?2, meta=?3, body=?4, file=?5, size=?6, mtime=?7,"
                    " sum=edition_sum(" EDITION_SEVEN ") WHERE id=?8",
    [DROP_CAPSULE] = "DELETE FROM capsule WHERE key = ?1",
    [DROP_PAGE] = "DELETE FROM page WHERE id = ?1",
    [DROP_PIECE] = "DELETE FROM piece WHERE source = ?1",
    [DROP_SOURCE] = "DELETE FROM source WHERE path = ?1",
};

struct edition_writer {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    char *path;       /* where the edition goes */
    char *temporary;  /* where it is made */
    int fd;           /* that file, locked for as long as it is ours; or -1 */
    struct book past; /* path of a page of the edition before -> its id, 0 once put or kept */
};

static enum status writer_fail(const struct edition_writer *w, struct error *e)
{
    return error_set(e, ST_STORE, 0, "%s: %s", w->path, sqlite3_errmsg(w->db));
}

static enum status writer_exec(struct edition_writer *w, const char *sql, struct error *e)
{
    return sqlite3_exec(w->db, sql, NULL, NULL, NULL) == SQLITE_OK ? ST_OK : writer_fail(w, e);
}

/* A row that is there already is a fault in a new edition, and replaced in one that is changed. */
static enum status writer_prepare(struct edition_writer *w, bool update, struct error *e)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        struct buf sql;
        buf_init(&sql, 1024);
        struct span text = span_of(edition_statements[i]);
        size_t at = span_find(text, 0, '%');
        buf_put(&sql, span_sub(text, 0, at));
        if (at < text.n)
            buf_puts(&sql, update ? "REPLACE" : "ABORT");
        buf_put(&sql, span_sub(text, at + 2, text.n));
        const char *whole = buf_str(&sql);
        bool good =
            buf_status(&sql) == ST_OK; /* of nothing SQLite makes no statement, and is glad */
        int result = sqlite3_prepare_v2(w->db, whole, -1, &w->statements[i], NULL);
        buf_fini(&sql);
        if (!good)
            return error_set(e, ST_NOMEM, ENOMEM, "%s", w->path);
        if (result != SQLITE_OK)
            return writer_fail(w, e);
    }
    return ST_OK;
}

/* Nobody reads the file before it has its name, so it needs no journal. */
static enum status writer_begin(struct edition_writer *w, struct error *e)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(w->temporary, &w->db, flags, NULL) != SQLITE_OK ||
        sum_define(w->db) != SQLITE_OK)
        return writer_fail(w, e);
    return writer_exec(w,
                       "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; "
                       "PRAGMA encoding='UTF-8'; BEGIN;",
                       e);
}

static enum status writer_setup(struct edition_writer *w, struct error *e)
{
    char pragmas[128];
    snprintf(pragmas, sizeof pragmas, "PRAGMA application_id=%d; PRAGMA user_version=%d;",
             EDITION_APPLICATION_ID, EDITION_VERSION);
    enum status status = writer_begin(w, e);
    if (status == ST_OK)
        status = writer_exec(w, pragmas, e);
    if (status == ST_OK)
        status = writer_exec(w, edition_schema, e);
    return status == ST_OK ? writer_prepare(w, false, e) : status;
}

static void writer_remove(const char *dir, const char *name)
{
    struct buf path;
    buf_init(&path, EDITION_PATH_MAX);
    buf_putf(&path, "%s/%s", dir, name);
    unlink(buf_str(&path));
    buf_fini(&path);
}

/* Does nobody write to this file?  Who does has it locked (writer_new). */
static bool writer_is_left(const char *dir, const char *name)
{
    struct buf path;
    buf_init(&path, EDITION_PATH_MAX);
    buf_putf(&path, "%s/%s", dir, name);
    int fd = open(buf_str(&path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool left = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (fd >= 0)
        close(fd);
    buf_fini(&path);
    return left;
}

/*
 * Remove what a press that was killed left behind, PATH.PID.new.  The number tells nothing: after a
 * power cut another process has it.
 */
static void writer_sweep(const char *path)
{
    struct span whole = span_of(path);
    size_t cut = whole.n;
    while (cut > 0 && path[cut - 1] != '/')
        cut--;
    struct buf name;
    buf_init(&name, EDITION_PATH_MAX);
    buf_put(&name, cut == 0 ? SPAN(".") : span_sub(whole, 0, cut));
    DIR *dir = opendir(buf_str(&name));
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        struct span found = span_of(entry->d_name);
        struct span base = span_sub(whole, cut, whole.n);
        char *end = NULL;
        if (!span_starts(found, base) || found.n < base.n + 2 || found.p[base.n] != '.')
            continue;
        long pid = strtol(found.p + base.n + 1, &end, 10);
        if (pid > 0 && strcmp(end, ".new") == 0 && writer_is_left(buf_str(&name), entry->d_name))
            writer_remove(buf_str(&name), entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    buf_fini(&name);
}

/* A writer whose temporary file is made, open and locked. */
static enum status writer_new(const char *path, struct edition_writer **out, struct error *e)
{
    struct edition_writer *w = calloc(1, sizeof *w);
    struct buf name;
    buf_init(&name, EDITION_PATH_MAX);
    buf_putf(&name, "%s.%ld.new", path, (long)getpid());
    enum status status = ST_OK;
    writer_sweep(path);
    if (w != NULL) {
        book_init(&w->past);
        w->fd = -1;
        w->path = strdup(path);
        w->temporary = strdup(buf_str(&name));
    }
    if (w == NULL || w->path == NULL || w->temporary == NULL || buf_status(&name) != ST_OK) {
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", path);
        goto out;
    }
    /* Made here, so that the cause of a failure is the system's and not only "unable to open". */
    w->fd = open(w->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (w->fd < 0) {
        status = error_set(e, ST_IO, errno, "%s", path);
        free(w->temporary);
        w->temporary = NULL;
    } else {
        (void)flock(w->fd, LOCK_EX | LOCK_NB); /* nobody else knows the file yet */
    }
out:
    buf_fini(&name);
    if (status == ST_OK)
        *out = w;
    else
        edition_abandon(w);
    return status;
}

enum status edition_create(const char *path, struct edition_writer **out, struct error *e)
{
    struct edition_writer *w = NULL;
    enum status status = writer_new(path, &w, e);
    if (status != ST_OK)
        return status;
    status = writer_setup(w, e);
    if (status == ST_OK)
        *out = w;
    else
        edition_abandon(w);
    return status;
}

/* The plain way, for file systems that know no better one. */
static bool writer_copy_bytes(int from, int to)
{
    struct buf bytes;
    bool good = lseek(from, 0, SEEK_SET) == 0 && lseek(to, 0, SEEK_SET) == 0;
    ssize_t n = 1;
    buf_init(&bytes, EDITION_COPY_STEP);
    while (good && n > 0) {
        buf_clear(&bytes);
        char *p = buf_reserve(&bytes, EDITION_COPY_STEP);
        good = p != NULL && (n = read(from, p, EDITION_COPY_STEP)) >= 0;
        for (ssize_t at = 0; good && at < n;) {
            ssize_t done = write(to, p + at, (size_t)(n - at));
            good = done > 0;
            at += done;
        }
    }
    buf_fini(&bytes);
    return good;
}

/* All bytes of a file; where the file system can, both share them. */
static bool writer_copy(int from, int to)
{
    struct stat st;
    if (from < 0 || to < 0 || fstat(from, &st) != 0)
        return false;
    off64_t read = 0;
    off64_t written = 0;
    while (read < st.st_size) {
        ssize_t n = copy_file_range(from, &read, to, &written, (size_t)(st.st_size - read), 0);
        if (n <= 0)
            return writer_copy_bytes(from, to);
    }
    /* The disk begins now, so that there is less to wait for in the end. */
    (void)sync_file_range(to, 0, 0, SYNC_FILE_RANGE_WRITE);
    return true;
}

/* Which pages there are: those that nobody puts or keeps are to go. */
static enum status writer_list(struct edition_writer *w, struct error *e)
{
    sqlite3_stmt *s = NULL;
    struct span none = {NULL, 0};
    enum status status = ST_OK;
    int result = sqlite3_prepare_v2(w->db, "SELECT path, id FROM page ORDER BY path", -1, &s, NULL);
    while (result == SQLITE_OK && status == ST_OK && sqlite3_step(s) == SQLITE_ROW) {
        const char *path = sqlite3_column_blob(s, 0);
        struct span key = {path == NULL ? "" : path, (size_t)sqlite3_column_bytes(s, 0)};
        int64_t id = sqlite3_column_int64(s, 1);
        status = id <= 0 ? ST_STORE : book_add(&w->past, key, none, (size_t)id);
    }
    result = sqlite3_finalize(s);
    if (status == ST_NOMEM)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", w->path);
    if (status != ST_OK)
        return error_set(e, ST_STORE, 0, "%s: damaged: its pages", w->path);
    return result == SQLITE_OK ? ST_OK : writer_fail(w, e);
}

enum status edition_update(const struct edition_past *past, struct edition_writer **out,
                           struct error *e)
{
    struct edition_writer *w = NULL;
    enum status status = writer_new(edition_past_path(past), &w, e);
    if (status != ST_OK)
        return status;
    if (!writer_copy(edition_past_file(past), w->fd))
        status = error_set(e, ST_IO, errno, "%s", w->path);
    if (status == ST_OK)
        status = writer_begin(w, e);
    if (status == ST_OK)
        status = writer_prepare(w, true, e);
    if (status == ST_OK)
        status = writer_list(w, e);
    if (status == ST_OK)
        *out = w;
    else
        edition_abandon(w);
    return status;
}

static void writer_bind_text(sqlite3_stmt *s, int column, struct span text)
{
    if (text.p == NULL)
        sqlite3_bind_null(s, column);
    else
        sqlite3_bind_text64(s, column, text.p, text.n, SQLITE_STATIC, SQLITE_UTF8);
}

static enum status writer_run(struct edition_writer *w, sqlite3_stmt *s, struct span what,
                              struct error *e)
{
    int result = sqlite3_step(s);
    enum status status = ST_OK;
    if (sqlite3_extended_errcode(w->db) == SQLITE_CONSTRAINT_UNIQUE ||
        sqlite3_extended_errcode(w->db) == SQLITE_CONSTRAINT_PRIMARYKEY)
        status = error_set(e, ST_EXISTS, 0, "%.*s: the address is taken", (int)what.n, what.p);
    else if (result != SQLITE_DONE)
        status = writer_fail(w, e);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return status;
}

static enum status writer_run_key(struct edition_writer *w, int which, struct span key,
                                  struct error *e)
{
    writer_bind_text(w->statements[which], 1, key);
    return writer_run(w, w->statements[which], key, e);
}

enum status edition_put_capsule(struct edition_writer *w, const char *key, struct span value,
                                struct error *e)
{
    writer_bind_text(w->statements[PUT_CAPSULE], 2, value);
    return writer_run_key(w, PUT_CAPSULE, span_of(key), e);
}

static void writer_bind_page(sqlite3_stmt *s, const struct edition_page *page, int64_t id)
{
    bool in_file = page->file.p != NULL;
    writer_bind_text(s, 1, page->path);
    sqlite3_bind_int(s, 2, page->status);
    writer_bind_text(s, 3, page->meta);
    if (!in_file)
        sqlite3_bind_blob64(s, 4, page->body.n == 0 ? "" : page->body.p, page->body.n,
                            SQLITE_STATIC);
    writer_bind_text(s, 5, page->file);
    sqlite3_bind_int64(s, 6, in_file ? page->size : (int64_t)page->body.n);
    if (in_file)
        sqlite3_bind_int64(s, 7, page->mtime);
    if (id > 0)
        sqlite3_bind_int64(s, 8, id);
}

/* Put a page in the place of what was at its address. */
static enum status writer_change_page(struct edition_writer *w, const struct edition_page *page,
                                      int64_t id, struct error *e)
{
    sqlite3_stmt *same = w->statements[SAME_PAGE];
    sqlite3_stmt *change = w->statements[CHANGE_PAGE];
    writer_bind_page(same, page, id);
    int result = sqlite3_step(same);
    sqlite3_reset(same);
    sqlite3_clear_bindings(same);
    if (result == SQLITE_ROW)
        return ST_OK;
    if (result != SQLITE_DONE)
        return writer_fail(w, e);
    writer_bind_page(change, page, id);
    return writer_run(w, change, page->path, e);
}

enum status edition_put_page(struct edition_writer *w, const struct edition_page *page,
                             struct error *e)
{
    struct book_entry *was = book_find(&w->past, page->path);
    if (was == NULL) {
        writer_bind_page(w->statements[PUT_PAGE], page, 0);
        return writer_run(w, w->statements[PUT_PAGE], page->path, e);
    }
    if (was->value == 0)
        return error_set(e, ST_EXISTS, 0, "%.*s: the address is taken", (int)page->path.n,
                         page->path.p);
    int64_t id = (int64_t)was->value;
    was->value = 0;
    return writer_change_page(w, page, id, e);
}

enum status edition_keep_page(struct edition_writer *w, struct span path, struct error *e)
{
    struct book_entry *was = book_find(&w->past, path);
    if (was == NULL)
        return error_set(e, ST_STORE, 0, "%s: no page %.*s to keep", w->path, (int)path.n, path.p);
    if (was->value == 0)
        return error_set(e, ST_EXISTS, 0, "%.*s: the address is taken", (int)path.n, path.p);
    was->value = 0;
    return ST_OK;
}

/* Texts from `column` on; returns the column behind them. */
static int writer_bind_texts(sqlite3_stmt *s, int column, const struct span *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        writer_bind_text(s, column++, texts[i]);
    return column;
}

static int writer_bind_numbers(sqlite3_stmt *s, int column, const int64_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sqlite3_bind_int64(s, column++, numbers[i]);
    return column;
}

enum status edition_put_piece(struct edition_writer *w, const struct edition_piece *p,
                              struct error *e)
{
    sqlite3_stmt *s = w->statements[PUT_PIECE];
    const struct span about[] = {p->source, p->slug, p->title, p->date,
                                 p->author, p->lang, p->tags,  p->summary_kind};
    const struct span beside[] = {p->named_previous, p->named_next, p->previous,
                                  p->previous_title, p->next,       p->next_title};
    const int64_t ranges[] = {p->text.from, p->text.to, p->summary.from, p->summary.to};
    int column = writer_bind_texts(s, 1, about, sizeof about / sizeof about[0]);
    column = writer_bind_numbers(s, column, &p->words, 1);
    column = writer_bind_texts(s, column, beside, sizeof beside / sizeof beside[0]);
    writer_bind_numbers(s, column, ranges, sizeof ranges / sizeof ranges[0]);
    return writer_run(w, s, p->source, e);
}

enum status edition_put_source(struct edition_writer *w, const struct edition_source *source,
                               struct error *e)
{
    sqlite3_stmt *s = w->statements[PUT_SOURCE];
    const struct file_stamp *a = &source->stamp;
    const struct file_stamp *b = &source->sidecar;
    const int64_t numbers[] = {a->size, a->mtime, a->ctime, a->inode,
                               b->size, b->mtime, b->ctime, b->inode};
    writer_bind_text(s, 1, source->path);
    int column = writer_bind_numbers(s, 2, numbers, sizeof numbers / sizeof numbers[0]);
    writer_bind_text(s, column, source->problem);
    return writer_run(w, s, source->path, e);
}

enum status edition_drop_capsule(struct edition_writer *w, const char *key, struct error *e)
{
    return writer_run_key(w, DROP_CAPSULE, span_of(key), e);
}

enum status edition_drop_piece(struct edition_writer *w, struct span source, struct error *e)
{
    return writer_run_key(w, DROP_PIECE, source, e);
}

enum status edition_drop_source(struct edition_writer *w, struct span path, struct error *e)
{
    enum status status = edition_drop_piece(w, path, e);
    return status == ST_OK ? writer_run_key(w, DROP_SOURCE, path, e) : status;
}

/* What is left of the edition before, and is not in this one. */
static enum status writer_drop_rest(struct edition_writer *w, struct error *e)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < w->past.size; i++) {
        const struct book_entry *entry = &w->past.slots[i];
        if (entry->key.p == NULL || entry->value == 0)
            continue;
        sqlite3_bind_int64(w->statements[DROP_PAGE], 1, (int64_t)entry->value);
        status = writer_run(w, w->statements[DROP_PAGE], entry->key, e);
    }
    return status;
}

static void writer_close(struct edition_writer *w)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize(w->statements[i]);
    sqlite3_close(w->db);
    w->db = NULL;
    memset(w->statements, 0, sizeof w->statements);
}

static enum status writer_publish(struct edition_writer *w, struct error *e)
{
    enum status status = writer_drop_rest(w, e);
    if (status == ST_OK)
        status = writer_exec(w, "COMMIT", e);
    if (status != ST_OK)
        return status;
    writer_close(w);
    if (fsync(w->fd) != 0)
        return error_set(e, ST_IO, errno, "%s", w->path);
    if (rename(w->temporary, w->path) != 0)
        return error_set(e, ST_IO, errno, "%s", w->path);
    free(w->temporary);
    w->temporary = NULL;
    file_sync_dir_of(w->path);
    return ST_OK;
}

enum status edition_commit(struct edition_writer *w, struct error *e)
{
    enum status status = writer_publish(w, e);
    edition_abandon(w);
    return status;
}

void edition_abandon(struct edition_writer *w)
{
    if (w == NULL)
        return;
    writer_close(w);
    if (w->temporary != NULL)
        unlink(w->temporary);
    if (w->fd >= 0)
        close(w->fd);
    book_fini(&w->past);
    free(w->temporary);
    free(w->path);
    free(w);
}
