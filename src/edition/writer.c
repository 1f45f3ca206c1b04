#include "edition/writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/file.h"
#include "edition/schema.h"

#define EDITION_PATH_MAX 8192

enum { INSERT_CAPSULE, INSERT_PAGE, INSERT_PIECE, INSERT_SOURCE, INSERT_COUNT };

static const char *const edition_inserts[INSERT_COUNT] = {
    "INSERT INTO capsule VALUES (?1, ?2)",
    "INSERT INTO page (path, status, meta, body, file, size, mtime) VALUES (?1,?2,?3,?4,?5,?6,?7)",
    "INSERT INTO piece VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    "INSERT INTO source VALUES (?1, ?2, ?3, ?4)",
};

struct edition_writer {
    sqlite3 *db;
    sqlite3_stmt *inserts[INSERT_COUNT];
    char *path;      /* where the edition goes */
    char *temporary; /* where it is made */
};

static enum status writer_fail(const struct edition_writer *w, struct error *e)
{
    return error_set(e, ST_STORE, 0, "%s: %s", w->path, sqlite3_errmsg(w->db));
}

/* Nobody reads the file before it has its name, so it needs no journal. */
static enum status writer_setup(struct edition_writer *w, struct error *e)
{
    char pragmas[128];
    snprintf(pragmas, sizeof pragmas, "PRAGMA application_id=%d; PRAGMA user_version=%d;",
             EDITION_APPLICATION_ID, EDITION_VERSION);
    const char *const steps[] = {
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA encoding='UTF-8';", pragmas,
        "BEGIN;", edition_schema};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (sqlite3_exec(w->db, steps[i], NULL, NULL, NULL) != SQLITE_OK)
            return writer_fail(w, e);
    }
    for (size_t i = 0; i < INSERT_COUNT; i++) {
        if (sqlite3_prepare_v2(w->db, edition_inserts[i], -1, &w->inserts[i], NULL) != SQLITE_OK)
            return writer_fail(w, e);
    }
    return ST_OK;
}

static void writer_remove(const char *dir, const char *name)
{
    struct buf path;
    buf_init(&path, EDITION_PATH_MAX);
    buf_putf(&path, "%s/%s", dir, name);
    unlink(buf_str(&path));
    buf_fini(&path);
}

/*
 * Remove what a press that was killed left behind: PATH.PID.new of a process that is gone, or that
 * had our number before us.
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
        bool gone = pid == getpid() || (pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH);
        if (gone && strcmp(end, ".new") == 0)
            writer_remove(buf_str(&name), entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    buf_fini(&name);
}

enum status edition_create(const char *path, struct edition_writer **out, struct error *e)
{
    struct edition_writer *w = calloc(1, sizeof *w);
    struct buf name;
    buf_init(&name, EDITION_PATH_MAX);
    buf_putf(&name, "%s.%ld.new", path, (long)getpid());
    enum status status = ST_OK;
    writer_sweep(path);
    if (w != NULL) {
        w->path = strdup(path);
        w->temporary = strdup(buf_str(&name));
    }
    if (w == NULL || w->path == NULL || w->temporary == NULL || buf_status(&name) != ST_OK) {
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", path);
        goto out;
    }
    /* Made here, so that the cause of a failure is the system's and not only "unable to open". */
    int fd = open(w->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        status = error_set(e, ST_IO, errno, "%s", path);
        free(w->temporary);
        w->temporary = NULL;
        goto out;
    }
    close(fd);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(w->temporary, &w->db, flags, NULL) != SQLITE_OK)
        status = writer_fail(w, e);
    else
        status = writer_setup(w, e);
out:
    buf_fini(&name);
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

enum status edition_put_capsule(struct edition_writer *w, const char *key, struct span value,
                                struct error *e)
{
    sqlite3_stmt *s = w->inserts[INSERT_CAPSULE];
    writer_bind_text(s, 1, span_of(key));
    writer_bind_text(s, 2, value);
    return writer_run(w, s, span_of(key), e);
}

enum status edition_put_page(struct edition_writer *w, const struct edition_page *page,
                             struct error *e)
{
    sqlite3_stmt *s = w->inserts[INSERT_PAGE];
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
    return writer_run(w, s, page->path, e);
}

enum status edition_put_piece(struct edition_writer *w, const struct edition_piece *piece,
                              struct error *e)
{
    sqlite3_stmt *s = w->inserts[INSERT_PIECE];
    const struct span columns[] = {piece->slug, piece->source, piece->title,
                                   piece->date, piece->author, piece->lang};
    for (int i = 0; i < 6; i++)
        writer_bind_text(s, i + 1, columns[i]);
    sqlite3_bind_int64(s, 7, piece->words);
    writer_bind_text(s, 8, piece->summary_kind);
    writer_bind_text(s, 9, piece->previous);
    writer_bind_text(s, 10, piece->next);
    writer_bind_text(s, 11, piece->tags);
    return writer_run(w, s, piece->slug, e);
}

enum status edition_put_source(struct edition_writer *w, struct span path, int64_t size,
                               int64_t mtime, struct span problem, struct error *e)
{
    sqlite3_stmt *s = w->inserts[INSERT_SOURCE];
    writer_bind_text(s, 1, path);
    sqlite3_bind_int64(s, 2, size);
    sqlite3_bind_int64(s, 3, mtime);
    writer_bind_text(s, 4, problem);
    return writer_run(w, s, path, e);
}

static void writer_close(struct edition_writer *w)
{
    for (size_t i = 0; i < INSERT_COUNT; i++)
        sqlite3_finalize(w->inserts[i]);
    sqlite3_close(w->db);
    w->db = NULL;
    memset(w->inserts, 0, sizeof w->inserts);
}

static enum status writer_publish(struct edition_writer *w, struct error *e)
{
    if (sqlite3_exec(w->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return writer_fail(w, e);
    writer_close(w);
    int fd = open(w->temporary, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(e, ST_IO, errno, "%s", w->path);
    int synced = fsync(fd);
    int cause = errno;
    close(fd);
    if (synced != 0)
        return error_set(e, ST_IO, cause, "%s", w->path);
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
    free(w->temporary);
    free(w->path);
    free(w);
}
