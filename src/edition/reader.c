#include "edition/reader.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "edition/schema.h"

struct edition {
    sqlite3 *db;
    sqlite3_stmt *find;
    sqlite3_blob *body; /* moved from page to page; NULL until the first read */
    char *path;
    unsigned references;
};

static enum status reader_fail(const struct edition *ed, struct error *e)
{
    return error_set(e, ST_STORE, 0, "%s: %s", ed->path, sqlite3_errmsg(ed->db));
}

/* The number that a pragma answers, or -1. */
static int64_t reader_pragma(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
        value = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return value;
}

static enum status reader_check(struct edition *ed, struct error *e)
{
    int64_t application = reader_pragma(ed->db, "PRAGMA application_id");
    int64_t version = reader_pragma(ed->db, "PRAGMA user_version");
    int64_t pages = reader_pragma(ed->db, "PRAGMA page_count");
    int64_t page_size = reader_pragma(ed->db, "PRAGMA page_size");
    struct stat st;
    if (application < 0)
        return error_set(e, ST_FORMAT, 0, "%s: damaged: %s", ed->path, sqlite3_errmsg(ed->db));
    if (application != EDITION_APPLICATION_ID)
        return error_set(e, ST_FORMAT, 0, "%s: not an edition", ed->path);
    if (version != EDITION_VERSION)
        return error_set(e, ST_FORMAT, 0, "%s: edition of schema %d, this program reads %d",
                         ed->path, (int)version, EDITION_VERSION);
    if (stat(ed->path, &st) != 0 || st.st_size != pages * page_size)
        return error_set(e, ST_FORMAT, 0, "%s: damaged: the file is cut short", ed->path);
    /* The file never changes, so one read transaction serves all requests. */
    if (sqlite3_exec(ed->db, "BEGIN; SELECT count(*) FROM capsule", NULL, NULL, NULL) !=
            SQLITE_OK ||
        sqlite3_prepare_v3(ed->db, "SELECT id, status, meta, size, file FROM page WHERE path = ?1",
                           -1, SQLITE_PREPARE_PERSISTENT, &ed->find, NULL) != SQLITE_OK)
        return error_set(e, ST_FORMAT, 0, "%s: damaged: %s", ed->path, sqlite3_errmsg(ed->db));
    return ST_OK;
}

/* SQLite's name for a file that nobody will change: no locks, no look at the disk in between. */
static void reader_uri(const char *path, struct buf *uri)
{
    buf_puts(uri, "file:");
    while (path[0] == '/' && path[1] == '/')
        path++; /* "//x" would be a host */
    for (const char *c = path; *c != '\0'; c++) {
        if (*c == '?' || *c == '#' || *c == '%')
            buf_putf(uri, "%%%02X", (unsigned char)*c);
        else
            buf_putc(uri, *c);
    }
    buf_puts(uri, "?immutable=1");
}

enum status edition_open(const char *path, struct edition **out, struct error *e)
{
    struct edition *ed = calloc(1, sizeof *ed);
    struct buf uri;
    buf_init(&uri, (size_t)16 * 1024);
    enum status status = ST_OK;
    if (ed != NULL) {
        ed->references = 1;
        ed->path = strdup(path);
    }
    reader_uri(path, &uri);
    if (ed == NULL || ed->path == NULL || buf_status(&uri) != ST_OK)
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", path);
    else if (access(path, R_OK) != 0)
        status = error_set(e, errno == ENOENT ? ST_MISSING : ST_IO, errno, "%s", path);
    else if (sqlite3_open_v2(buf_str(&uri), &ed->db,
                             SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
                             NULL) != SQLITE_OK)
        status = reader_fail(ed, e);
    else
        status = reader_check(ed, e);
    buf_fini(&uri);
    if (status == ST_OK)
        *out = ed;
    else
        edition_release(ed);
    return status;
}

struct edition *edition_hold(struct edition *ed)
{
    ed->references++;
    return ed;
}

void edition_release(struct edition *ed)
{
    if (ed == NULL || --ed->references > 0)
        return;
    sqlite3_blob_close(ed->body);
    sqlite3_finalize(ed->find);
    sqlite3_close(ed->db);
    free(ed->path);
    free(ed);
}

static bool reader_copy(sqlite3_stmt *s, int column, char *to, size_t size)
{
    const unsigned char *text = sqlite3_column_text(s, column);
    int n = sqlite3_column_bytes(s, column);
    if (text == NULL || n < 0 || (size_t)n >= size)
        return false;
    memcpy(to, text, (size_t)n);
    to[n] = '\0';
    return true;
}

enum status edition_find(struct edition *ed, struct span path, struct edition_found *out,
                         struct error *e)
{
    sqlite3_stmt *s = ed->find;
    enum status status = ST_OK;
    sqlite3_bind_text64(s, 1, path.p, path.n, SQLITE_STATIC, SQLITE_UTF8);
    int result = sqlite3_step(s);
    if (result == SQLITE_DONE) {
        status = error_set(e, ST_MISSING, 0, "no such page");
    } else if (result != SQLITE_ROW) {
        status = reader_fail(ed, e);
    } else {
        out->id = sqlite3_column_int64(s, 0);
        out->status = sqlite3_column_int(s, 1);
        out->size = (uint64_t)sqlite3_column_int64(s, 3);
        out->in_file = sqlite3_column_type(s, 4) != SQLITE_NULL;
        out->file[0] = '\0';
        if (!reader_copy(s, 2, out->meta, sizeof out->meta) ||
            (out->in_file && !reader_copy(s, 4, out->file, sizeof out->file)))
            status = error_set(e, ST_STORE, 0, "%s: damaged row for a page", ed->path);
    }
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return status;
}

enum status edition_read(struct edition *ed, int64_t id, uint64_t offset, char *to, size_t n,
                         struct error *e)
{
    int result;
    if (offset > INT32_MAX || n > INT32_MAX)
        return error_set(e, ST_STORE, 0, "%s: read far behind the end of a page", ed->path);
    if (ed->body == NULL)
        result = sqlite3_blob_open(ed->db, "main", "page", "body", id, 0, &ed->body);
    else
        result = sqlite3_blob_reopen(ed->body, id);
    if (result == SQLITE_OK)
        result = sqlite3_blob_read(ed->body, to, (int)n, (int)offset);
    if (result == SQLITE_OK)
        return ST_OK;
    enum status status = reader_fail(ed, e);
    sqlite3_blob_close(ed->body);
    ed->body = NULL;
    return status;
}
