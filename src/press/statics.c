#include "press/statics.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "press/pages.h"
#include "protocol/gemini.h"
#include "protocol/url.h"

#define STATICS_PATH_MAX ((size_t)16 * 1024)
#define STATICS_LIST_MAX ((size_t)64 * 1024 * 1024)
/* Bytes that a message shows of a path that is too long. */
#define STATICS_SHOWN_MAX 120

void statics_address(const struct scan_entry *entry, struct buf *out)
{
    struct span rest = span_of(entry->name);
    for (size_t at = 0; at <= rest.n;) {
        size_t end = span_find(rest, at, '/');
        buf_putc(out, '/');
        url_escape_segment(span_sub(rest, at, end), out);
        at = end + 1;
    }
    if (entry->folder)
        buf_putc(out, '/');
}

/* Leave out, and tell, what clients have no way to ask for; once for all that is in a folder. */
static void statics_check_length(const struct statics *s, struct scan_entry *entry)
{
    struct buf address;
    buf_init(&address, STATICS_PATH_MAX);
    statics_address(entry, &address);
    if (buf_status(&address) == ST_NOMEM) {
        buf_fini(&address);
        return; /* as press finds out at its end */
    }
    size_t base = strlen(s->base_url) - 1; /* its slash is the address's */
    size_t folder = address.n - entry->folder;
    while (folder > 0 && address.p[folder - 1] != '/')
        folder--;
    if (buf_status(&address) != ST_OK || base + address.n > GEMINI_URL_MAX) {
        struct error e;
        /* The whole path would leave no room for the cause */
        (void)error_set(&e, ST_LIMIT, 0, "%s/%.*s...: the address is longer than a request may be",
                        s->path, STATICS_SHOWN_MAX, entry->path.p);
        entry->left_out = true;
        if (base + folder <= GEMINI_URL_MAX)
            s->problem(s->context, &e);
    }
    buf_fini(&address);
}

void statics_check(const struct statics *s)
{
    for (size_t i = 0; i < s->scan->count; i++) {
        struct scan_entry *entry = &s->scan->entries[i];
        int mode = entry->folder ? R_OK | X_OK : R_OK;
        if (faccessat(s->scan->fd, entry->name, mode, AT_EACCESS) == 0) {
            statics_check_length(s, entry);
            continue;
        }
        struct error e;
        (void)error_set(&e, ST_IO, errno, "%s/%s", s->path, entry->path.p);
        s->problem(s->context, &e);
        entry->left_out = true;
    }
}

bool statics_recall(const struct statics *s, const struct edition_source *row, bool steady)
{
    struct scan_entry *entry = scan_find(s->scan, row->path);
    if (entry == NULL || entry->left_out)
        return false;
    entry->same = steady && file_stamp_eq(entry->stamp, row->stamp);
    return true;
}

bool statics_changed(const struct statics *s)
{
    for (size_t i = 0; i < s->scan->count; i++) {
        if (!s->scan->entries[i].left_out && !s->scan->entries[i].same)
            return true;
    }
    return false;
}

enum status statics_claim(const struct statics *s, struct book *addresses, struct error *e)
{
    struct buf address;
    buf_init(&address, STATICS_PATH_MAX);
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < s->scan->count; i++) {
        const struct scan_entry *entry = &s->scan->entries[i];
        if (entry->left_out)
            continue;
        buf_clear(&address);
        statics_address(entry, &address);
        status = book_add(addresses, buf_span(&address), entry->path, i);
        /* A folder is also at its address without the slash. */
        if (status == ST_OK && entry->folder)
            status =
                book_add(addresses, span_sub(buf_span(&address), 0, address.n - 1), entry->path, i);
    }
    buf_fini(&address);
    return status == ST_OK ? ST_OK : error_set(e, status, ENOMEM, "%s/static", s->path);
}

/* Write one file at `address`, read inside or left outside by its size. */
static enum status statics_write_file(const struct statics *s, struct scan_entry *entry,
                                      struct span address, struct edition_writer *w,
                                      struct error *e)
{
    if (entry->same)
        return edition_keep_page(w, address, e);
    struct buf shown;
    struct buf body;
    struct buf type;
    struct stat st;
    int fd = -1;
    buf_init(&shown, STATICS_PATH_MAX);
    buf_init(&body, STATICS_INSIDE_MAX);
    buf_init(&type, GEMINI_META_MAX);
    buf_putf(&shown, "%s/%s", s->path, entry->path.p);
    struct error cause;
    enum status status =
        file_open_beneath(s->scan->fd, entry->name, buf_str(&shown), &fd, &st, &cause);
    if (status == ST_OK) {
        mediatype_of(s->types, entry->path.p, fd, s->lang, &type);
        struct edition_page page = {.path = address, .status = GEMINI_SUCCESS};
        page.meta = buf_span(&type);
        if (st.st_size > (off_t)STATICS_INSIDE_MAX) {
            page.file = span_of(entry->name);
            page.size = st.st_size;
            page.mtime = file_stamp_of(&st).mtime;
        } else if (lseek(fd, 0, SEEK_SET) != 0) {
            status = error_set(&cause, ST_IO, errno, "%s", buf_str(&shown));
        } else {
            status = file_read_fd(fd, buf_str(&shown), &body, &cause);
            page.body = body.p == NULL ? SPAN("") : buf_span(&body);
        }
        close(fd);
        if (status == ST_OK) {
            status = edition_put_page(w, &page, e);
            goto out;
        }
    }
    if (!entry->left_out)
        s->problem(s->context, &cause);
    entry->left_out = true;
    status = ST_OK;
out:
    buf_fini(&shown);
    buf_fini(&body);
    buf_fini(&type);
    return status;
}

static enum status statics_write_redirect(struct span address, struct edition_writer *w,
                                          struct error *e)
{
    struct edition_page page = {.path = span_sub(address, 0, address.n - 1),
                                .status = GEMINI_PERMANENT_REDIRECT,
                                .meta = address,
                                .body = SPAN("")};
    return edition_put_page(w, &page, e);
}

/* Where an entry stands to a folder before it in the scan. */
enum statics_place { STATICS_BETWEEN, STATICS_CHILD, STATICS_DEEPER, STATICS_BEHIND };

/* The list is ordered: what is in "a/" stands in one block, with the likes of "a-b" before it. */
static enum statics_place statics_place(const struct scan_entry *folder,
                                        const struct scan_entry *entry)
{
    struct span head = span_sub(entry->path, 0, folder->path.n + 1);
    if (!span_starts(head, folder->path) || head.n <= folder->path.n ||
        head.p[folder->path.n] > '/')
        return STATICS_BEHIND;
    if (head.p[folder->path.n] < '/')
        return STATICS_BETWEEN;
    return span_find(entry->path, head.n, '/') == entry->path.n ? STATICS_CHILD : STATICS_DEEPER;
}

/* The listing of the folder at index `at`; its contents follow it somewhere in the scan. */
static enum status statics_write_listing(const struct statics *s, size_t at, struct span address,
                                         struct edition_writer *w, struct error *e)
{
    const struct scan_entry *folder = &s->scan->entries[at];
    struct buf page;
    struct buf type;
    struct pages_listing listing;
    buf_init(&page, STATICS_LIST_MAX);
    buf_init(&type, GEMINI_META_MAX);
    pages_listing_begin(&listing, span_of(folder->name), &page);
    for (size_t i = at + 1; i < s->scan->count; i++) {
        const struct scan_entry *entry = &s->scan->entries[i];
        enum statics_place place = statics_place(folder, entry);
        if (place == STATICS_BEHIND)
            break;
        if (place != STATICS_CHILD || entry->left_out)
            continue;
        struct span name = span_sub(entry->path, folder->path.n + 1, entry->path.n);
        pages_listing_add(&listing, name, entry->folder);
    }
    mediatype_gemtext(s->lang, &type);
    enum status status = buf_status(&page);
    if (status == ST_OK) {
        struct edition_page row = {.path = address,
                                   .status = GEMINI_SUCCESS,
                                   .meta = buf_span(&type),
                                   .body = buf_span(&page)};
        status = edition_put_page(w, &row, e);
    } else {
        status = error_set(e, status, 0, "%s/%s: too many files", s->path, folder->path.p);
    }
    buf_fini(&page);
    buf_fini(&type);
    return status;
}

/* The entry of index.gmi in the folder at index `at`, or NULL. */
static struct scan_entry *statics_index_of(const struct statics *s, size_t at)
{
    const struct scan_entry *folder = &s->scan->entries[at];
    for (size_t i = at + 1; i < s->scan->count; i++) {
        struct scan_entry *entry = &s->scan->entries[i];
        enum statics_place place = statics_place(folder, entry);
        if (place == STATICS_BEHIND)
            break;
        if (place == STATICS_CHILD && !entry->folder && !entry->left_out &&
            span_eq(span_sub(entry->path, folder->path.n + 1, entry->path.n), SPAN("index.gmi")))
            return entry;
    }
    return NULL;
}

enum status statics_write(const struct statics *s, struct edition_writer *w, struct error *e)
{
    struct buf address;
    buf_init(&address, STATICS_PATH_MAX);
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < s->scan->count; i++) {
        struct scan_entry *entry = &s->scan->entries[i];
        if (entry->left_out)
            continue;
        buf_clear(&address);
        statics_address(entry, &address);
        struct span at = buf_span(&address);
        if (!entry->folder) {
            status = statics_write_file(s, entry, at, w, e);
            if (status == ST_OK && span_eq(at, SPAN("/index.gmi")))
                status = statics_write_file(s, entry, SPAN("/"), w, e);
            continue;
        }
        struct scan_entry *index = statics_index_of(s, i);
        if (index != NULL)
            status = statics_write_file(s, index, at, w, e);
        else
            status = statics_write_listing(s, i, at, w, e);
        if (status == ST_OK)
            status = statics_write_redirect(at, w, e);
    }
    buf_fini(&address);
    return status;
}

enum status statics_write_rows(const struct statics *s, struct edition_writer *w, struct error *e)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < s->scan->count; i++) {
        const struct scan_entry *entry = &s->scan->entries[i];
        struct edition_source row = {.path = entry->path, .stamp = entry->stamp};
        if (entry->left_out)
            status = edition_drop_source(w, entry->path, e);
        else if (!entry->same)
            status = edition_put_source(w, &row, e);
    }
    return status;
}
