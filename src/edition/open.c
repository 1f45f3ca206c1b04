#include "edition/open.h"

#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/memory.h"
#include "edition/schema.h"

bool edition_is_starved(sqlite3 *db)
{
    int code = sqlite3_extended_errcode(db);
    return code == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM;
}

enum status edition_damage(const char *path, sqlite3 *db, struct error *e)
{
    if (edition_is_starved(db))
        return error_set(e, ST_NOMEM, ENOMEM, "%s", path);
    return error_set(e, ST_FORMAT, 0, "%s: damaged: %s", path, sqlite3_errmsg(db));
}

sqlite3_int64 edition_pragma(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s = NULL;
    sqlite3_int64 value = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
        value = sqlite3_column_int64(s, 0);
    else if (edition_is_starved(db))
        memory_note();
    sqlite3_finalize(s);
    return value;
}

/* Bytes of the file that is open; that under its name may be another by now.  -1 when unknown. */
static sqlite3_int64 open_size(sqlite3 *db)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = -1;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
        file == NULL || file->pMethods == NULL ||
        file->pMethods->xFileSize(file, &size) != SQLITE_OK)
        return -1;
    return size;
}

static enum status open_check(const char *path, sqlite3 *db, struct error *e)
{
    unsigned long refusals = memory_refusals();
    sqlite3_int64 application = edition_pragma(db, "PRAGMA application_id");
    sqlite3_int64 version = edition_pragma(db, "PRAGMA user_version");
    sqlite3_int64 pages = edition_pragma(db, "PRAGMA page_count");
    sqlite3_int64 page_size = edition_pragma(db, "PRAGMA page_size");
    if (memory_refusals() != refusals)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", path);
    if (application < 0)
        return error_set(e, ST_FORMAT, 0, "%s: damaged: %s", path, sqlite3_errmsg(db));
    if (application != EDITION_APPLICATION_ID)
        return error_set(e, ST_FORMAT, 0, "%s: not an edition", path);
    if (version != EDITION_VERSION)
        return error_set(e, ST_FORMAT, 0, "%s: edition of schema %d, this program reads %d", path,
                         (int)version, EDITION_VERSION);
    if (open_size(db) != pages * page_size)
        return error_set(e, ST_FORMAT, 0, "%s: damaged: the file is cut short", path);
    /* The file never changes, so one read transaction serves all requests. */
    if (sqlite3_exec(db, "BEGIN; SELECT count(*) FROM capsule", NULL, NULL, NULL) == SQLITE_OK)
        return ST_OK;
    return edition_damage(path, db, e);
}

/* SQLite's name for a file that nobody will change: no locks, no look at the disk in between. */
static void open_uri(const char *path, struct buf *uri)
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

enum status edition_open_database(const char *path, sqlite3 **out, struct error *e)
{
    sqlite3 *db = NULL;
    struct buf uri;
    struct stat st;
    enum status status = ST_OK;
    buf_init(&uri, (size_t)16 * 1024);
    open_uri(path, &uri);
    const char *name = buf_str(&uri);
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    if (buf_status(&uri) != ST_OK)
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", path);
    else if (stat(path, &st) != 0 || access(path, R_OK) != 0)
        status = error_set(e, errno == ENOENT ? ST_MISSING : ST_IO, errno, "%s", path);
    else if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) /* SQLite would wait for a FIFO */
        status = error_set(e, ST_FORMAT, 0, "%s: not a regular file", path);
    else if (sqlite3_open_v2(name, &db, flags, NULL) != SQLITE_OK)
        status = error_set(e, ST_STORE, 0, "%s: %s", path, sqlite3_errmsg(db));
    else
        status = open_check(path, db, e);
    buf_fini(&uri);
    if (status == ST_OK)
        *out = db;
    else
        sqlite3_close(db);
    return status;
}
