#include "edition/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edition/open.h"

struct edition {
    sqlite3 *db;
    sqlite3_stmt *find;
    sqlite3_blob *body; /* moved from page to page; NULL until the first read */
    char *path;
    unsigned references;
    bool damaged;
    struct rule_set rules;
};

static enum status reader_fail(struct edition *ed, struct error *e)
{
    int code = sqlite3_errcode(ed->db);
    ed->damaged = ed->damaged || code == SQLITE_CORRUPT || code == SQLITE_NOTADB ||
                  (code == SQLITE_IOERR && !edition_is_starved(ed->db)) || code == SQLITE_ERROR;
    return error_set(e, ST_STORE, 0, "%s: %s", ed->path, sqlite3_errmsg(ed->db));
}

static struct span reader_span(sqlite3_stmt *s, int column)
{
    const void *bytes = sqlite3_column_blob(s, column);
    int n = sqlite3_column_bytes(s, column);
    return bytes == NULL || n <= 0 ? (struct span){NULL, 0} : (struct span){bytes, (size_t)n};
}

/* A row whose key begins with a mark; false when it is none of a rule. */
static bool reader_is_rule(sqlite3_stmt *s, struct rule *rule)
{
    struct span key = reader_span(s, 0);
    *rule = (struct rule){.path = span_sub(key, 1, key.n),
                          .status = sqlite3_column_int(s, 1),
                          .meta = reader_span(s, 2),
                          .target = reader_span(s, 3)};
    if (key.n == 0 || rule->meta.n == 0 || rule->meta.n > GEMINI_META_MAX ||
        rule->target.n > GEMINI_META_MAX)
        return false;
    rule->mark = key.p[0];
    if (rule->mark == RULE_QUESTION_MARK)
        return rule->status == GEMINI_INPUT || rule->status == GEMINI_SENSITIVE_INPUT;
    return rule->mark == RULE_PREFIX_MARK &&
           (rule->status == GEMINI_TEMPORARY_REDIRECT ||
            rule->status == GEMINI_PERMANENT_REDIRECT || rule->status == GEMINI_GONE);
}

/* All rows whose path does not begin with '/'. */
static enum status reader_load_rules(struct edition *ed, struct error *e)
{
    sqlite3_stmt *s = NULL;
    struct rule rule;
    enum status status = ST_OK;
    int result = sqlite3_prepare_v2(ed->db,
                                    "SELECT path, status, meta, body FROM page"
                                    " WHERE path < '/' OR path >= '0'",
                                    -1, &s, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(s);
    for (; status == ST_OK && result == SQLITE_ROW; result = sqlite3_step(s))
        status = reader_is_rule(s, &rule) ? rule_set_add(&ed->rules, &rule) : ST_FORMAT;
    if (status == ST_NOMEM)
        (void)error_set(e, ST_NOMEM, ENOMEM, "%s", ed->path);
    else if (status != ST_OK)
        status = error_set(e, ST_FORMAT, 0, "%s: damaged: its rules", ed->path);
    else if (result != SQLITE_DONE)
        status = edition_damage(ed->path, ed->db, e);
    sqlite3_finalize(s);
    rule_set_sort(&ed->rules);
    return status;
}

enum status edition_open(const char *path, struct edition **out, struct error *e)
{
    struct edition *ed = calloc(1, sizeof *ed);
    if (ed == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", path);
    rule_set_init(&ed->rules);
    ed->references = 1;
    ed->path = strdup(path);
    enum status status = ed->path == NULL ? error_set(e, ST_NOMEM, ENOMEM, "%s", path)
                                          : edition_open_database(path, &ed->db, e);
    if (status == ST_OK &&
        sqlite3_prepare_v3(ed->db, "SELECT id, status, meta, size, file FROM page WHERE path = ?1",
                           -1, SQLITE_PREPARE_PERSISTENT, &ed->find, NULL) != SQLITE_OK)
        status = edition_damage(path, ed->db, e);
    if (status == ST_OK)
        status = reader_load_rules(ed, e);
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
    rule_set_fini(&ed->rules);
    free(ed->path);
    free(ed);
}

bool edition_is_damaged(const struct edition *ed)
{
    return ed->damaged;
}

const struct rule_set *edition_rules(const struct edition *ed)
{
    return &ed->rules;
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
        ed->damaged = ed->damaged || status != ST_OK;
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
