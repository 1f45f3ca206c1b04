#include "press/press.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "edition/writer.h"
#include "log/log.h"
#include "press/neighbours.h"
#include "press/slug.h"
#include "press/statics.h"
#include "protocol/gemini.h"
#include "protocol/url.h"

#define PRESS_PAGE_MAX ((size_t)256 * 1024 * 1024)
#define PRESS_PATH_MAX ((size_t)64 * 1024)

struct press {
    const char *path; /* of the capsule */
    const char *base_url;
    int fd; /* of the capsule's folder */
    struct capsule capsule;
    struct mediatype *types;
    struct scan articles_scan;
    struct scan statics_scan;
    struct statics statics;
    struct book addresses;
    struct piece *pieces; /* as in the scan of articles, owned */
    size_t count;
    struct piece **order; /* those in service by date and slug, undated first; owned */
    size_t in_service;
    struct neighbours neighbours;
    struct span index_href; /* where the list of all articles is */
    struct edition_writer *writer;
    struct buf page;   /* the page that is being written */
    struct buf key;    /* its address */
    struct buf type;   /* its media type */
    struct buf urls;   /* the lines of /urls.txt */
    struct book names; /* last segments in it */
};

static void press_tell(const struct error *why)
{
    log_line(LOG_WARNING, "%s; left out", why->message);
}

static void press_on_problem(void *context, const struct error *why)
{
    const struct press *p = context;
    struct error named = *why;
    if (!span_starts(span_of(why->message), span_of(p->path)))
        (void)error_set(&named, why->code, 0, "%s/%s", p->path, why->message);
    press_tell(&named);
}

static enum status press_open(struct press *p, struct error *e)
{
    p->fd = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p->fd < 0)
        return error_set(e, errno == ENOENT ? ST_MISSING : ST_IO, errno, "%s", p->path);
    enum status status = capsule_read(p->fd, p->path, &p->capsule, e);
    if (status == ST_OK)
        status = mediatype_open(&p->types, e);
    if (status == ST_OK)
        status = scan_folder(p->fd, "static", &p->statics_scan, press_on_problem, p, e);
    if (status == ST_OK)
        status = scan_folder(p->fd, "articles", &p->articles_scan, press_on_problem, p, e);
    p->statics = (struct statics){.path = p->path,
                                  .lang = span_of(p->capsule.language),
                                  .types = p->types,
                                  .scan = &p->statics_scan,
                                  .problem = press_on_problem,
                                  .context = p};
    return status;
}

/* The addresses that are not articles': what is in static/ wins over what is generated. */
static enum status press_claim_fixed(struct press *p, struct error *e)
{
    statics_check(&p->statics);
    enum status status = statics_claim(&p->statics, &p->addresses, e);
    if (status != ST_OK)
        return status;
    const struct book_entry *front = book_find(&p->addresses, SPAN("/index.gmi"));
    bool own_front = front != NULL && !p->statics_scan.entries[front->value].folder;
    p->index_href = own_front ? SPAN("archive.gmi") : SPAN("index.gmi");
    const struct span generated[] = {
        SPAN("/"), own_front ? SPAN("/archive.gmi") : SPAN("/index.gmi"), SPAN("/urls.txt")};
    for (size_t i = 0; i < sizeof generated / sizeof generated[0]; i++) {
        if (book_add(&p->addresses, generated[i], SPAN("the capsule's own pages"), 0) == ST_NOMEM)
            return error_set(e, ST_NOMEM, ENOMEM, "%s", p->path);
    }
    return ST_OK;
}

/* Set p->key to the address of a slug's page. */
static void press_address(struct press *p, struct span slug, const char *tail)
{
    buf_clear(&p->key);
    buf_putc(&p->key, '/');
    slug_href(slug, tail, &p->key);
}

/* Is an address of a piece free?  ST_EXISTS names both who want it. */
static enum status press_check(struct press *p, const struct piece *piece, const char *tail,
                               struct error *e)
{
    press_address(p, piece->page.slug, tail);
    const struct book_entry *taken = book_find(&p->addresses, buf_span(&p->key));
    if (taken != NULL)
        return error_set(e, ST_EXISTS, 0, "%s/%.*s: the address %.*s belongs to %.*s", p->path,
                         (int)piece->source.n, piece->source.p, (int)p->key.n, p->key.p,
                         (int)taken->owner.n, taken->owner.p);
    return buf_status(&p->key) == ST_OK ? ST_OK
                                        : error_set(e, ST_LIMIT, 0, "%s/%.*s: name too long",
                                                    p->path, (int)piece->source.n, piece->source.p);
}

/* Enter both addresses of a piece, or none. */
static enum status press_claim(struct press *p, const struct piece *piece, struct error *e)
{
    static const char *const tails[] = {"", "-summary"};
    enum status status = press_check(p, piece, tails[0], e);
    if (status == ST_OK)
        status = press_check(p, piece, tails[1], e);
    for (size_t i = 0; status == ST_OK && i < 2; i++) {
        press_address(p, piece->page.slug, tails[i]);
        if (book_add(&p->addresses, buf_span(&p->key), piece->source, 0) != ST_OK)
            status = error_set(e, ST_NOMEM, ENOMEM, "%s", p->path);
    }
    return status;
}

static enum status press_read_piece(struct press *p, const struct scan_entry *entry,
                                    struct piece *piece, struct error *e)
{
    enum status status = piece_read(p->articles_scan.fd, p->path, entry, p->types, piece, e);
    if (status == ST_OK)
        status = press_claim(p, piece, e);
    piece->page.index_href = p->index_href;
    return status;
}

/* Undated pieces first, then by date; by slug among equals. */
static int press_by_date(const void *a, const void *b)
{
    const struct piece *x = *(struct piece *const *)a;
    const struct piece *y = *(struct piece *const *)b;
    int order = span_cmp(x->doc.date, y->doc.date);
    return order != 0 ? order : span_cmp(x->page.slug, y->page.slug);
}

static enum status press_read_pieces(struct press *p, struct error *e)
{
    const struct scan *scan = &p->articles_scan;
    p->pieces = calloc(scan->count + 1, sizeof *p->pieces);
    p->order = calloc(scan->count + 1, sizeof *p->order);
    if (p->pieces == NULL || p->order == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", p->path);
    for (size_t i = 0; i < scan->count; i++) {
        if (scan->entries[i].folder || span_ends(scan->entries[i].path, SPAN(".meta")))
            continue;
        struct piece *piece = &p->pieces[p->count++];
        struct error why;
        enum status status = press_read_piece(p, &scan->entries[i], piece, &why);
        if (status == ST_NOMEM) {
            if (e != NULL)
                *e = why;
            return status;
        }
        if (status == ST_OK) {
            p->order[p->in_service++] = piece;
        } else {
            press_tell(&why);
            piece_leave_out(piece, &why);
        }
    }
    qsort(p->order, p->in_service, sizeof *p->order, press_by_date);
    return ST_OK;
}

/* Add an address to /urls.txt, unless a mirror would overwrite one file by another there. */
static void press_add_url(struct press *p, struct span address)
{
    size_t slash = address.n;
    while (slash > 0 && address.p[slash - 1] != '/')
        slash--;
    struct span name = span_sub(address, slash, address.n);
    if (name.n == 0 || book_add(&p->names, name, address, 0) != ST_OK)
        return;
    buf_puts(&p->urls, p->base_url);
    buf_put(&p->urls, span_sub(address, 1, address.n));
    buf_putc(&p->urls, '\n');
}

/* Write what is in p->page at an address. */
static enum status press_put(struct press *p, struct span address, struct span type,
                             struct error *e)
{
    struct edition_page row = {
        .path = address, .status = GEMINI_SUCCESS, .meta = type, .body = buf_span(&p->page)};
    if (buf_status(&p->page) != ST_OK)
        return error_set(e, buf_status(&p->page), 0, "%.*s: page too large", (int)address.n,
                         address.p);
    if (row.body.p == NULL)
        row.body = SPAN("");
    return edition_put_page(p->writer, &row, e);
}

/* Begin a page of a slug: its address, its media type, no text yet. */
static void press_begin(struct press *p, struct span slug, const char *tail, struct span lang)
{
    buf_clear(&p->page);
    press_address(p, slug, tail);
    buf_clear(&p->type);
    mediatype_gemtext(lang.n > 0 ? lang : span_of(p->capsule.language), &p->type);
}

static enum status press_end(struct press *p, struct error *e)
{
    if (buf_status(&p->key) != ST_OK || buf_status(&p->type) != ST_OK)
        return error_set(e, ST_LIMIT, 0, "%s: an address or media type is too long", p->path);
    press_add_url(p, buf_span(&p->key));
    return press_put(p, buf_span(&p->key), buf_span(&p->type), e);
}

static enum status press_write_piece(struct press *p, const struct piece *piece, struct error *e)
{
    press_begin(p, piece->page.slug, "", piece->doc.lang);
    pages_article(&piece->page, &p->page);
    enum status status = press_end(p, e);
    if (status != ST_OK)
        return status;
    press_begin(p, piece->page.slug, "-summary", piece->doc.lang);
    pages_summary(&piece->page, &p->page);
    status = press_end(p, e);
    if (status != ST_OK)
        return status;
    static const char *const kinds[] = {"author", "description", "sentences", "cut"};
    struct edition_piece row = {.slug = piece->page.slug,
                                .source = piece->source,
                                .title = piece->doc.title,
                                .date = piece->doc.date,
                                .author = piece->doc.author,
                                .lang = piece->doc.lang,
                                .summary_kind = span_of(kinds[piece->summary.kind]),
                                .previous = piece->page.previous.href,
                                .next = piece->page.next.href,
                                .tags = piece->doc.tags,
                                .words = (int64_t)piece->page.words};
    return edition_put_piece(p->writer, &row, e);
}

static enum status press_write_placeholder(struct press *p, const struct placeholder *placeholder,
                                           struct error *e)
{
    size_t count = 0;
    for (const struct placeholder_witness *w = placeholder->witnesses; w != NULL; w = w->next)
        count++;
    struct pages_witness *witnesses = calloc(count + 1, sizeof *witnesses);
    if (witnesses == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", p->path);
    size_t i = 0;
    for (const struct placeholder_witness *w = placeholder->witnesses; w != NULL; w = w->next)
        witnesses[i++] =
            (struct pages_witness){w->piece->doc.title, w->piece->href, w->names_as_next};
    press_begin(p, placeholder->slug, "", placeholder->lang);
    enum status status = ST_OK;
    /* Somebody's page may stand there already: then the links lead to that. */
    if (book_find(&p->addresses, buf_span(&p->key)) == NULL) {
        pages_placeholder(placeholder->title, witnesses, count, p->index_href, &p->page);
        status = press_end(p, e);
    }
    free(witnesses);
    return status;
}

/* Is the address taken by what the author put into static/? */
static bool press_is_own(const struct press *p, struct span address)
{
    const struct book_entry *entry = book_find(&p->addresses, address);
    return entry != NULL && span_starts(entry->owner, SPAN("static/"));
}

/* Newest first; the undated ones, which the order has first, at the end and by slug. */
static enum status press_write_index(struct press *p, struct error *e)
{
    struct pages_entry *entries = calloc(p->in_service + 1, sizeof *entries);
    if (entries == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", p->path);
    size_t count = 0;
    for (size_t i = p->in_service; i > 0; i--) {
        const struct piece *piece = p->order[i - 1];
        if (piece->doc.date.p != NULL)
            entries[count++] = (struct pages_entry){piece->href, piece->doc.date, piece->doc.title};
    }
    for (size_t i = 0; i < p->in_service; i++) {
        const struct piece *piece = p->order[i];
        if (piece->doc.date.p == NULL)
            entries[count++] = (struct pages_entry){piece->href, piece->doc.date, piece->doc.title};
    }
    struct span stem = span_sub(p->index_href, 0, p->index_href.n - SPAN(".gmi").n);
    press_begin(p, stem, "", span_of(p->capsule.language));
    pages_index(&p->capsule, entries, count, &p->page);
    enum status status = press_is_own(p, buf_span(&p->key)) ? ST_OK : press_end(p, e);
    if (status == ST_OK && span_eq(stem, SPAN("index")))
        status = press_put(p, SPAN("/"), buf_span(&p->type), e);
    free(entries);
    return status;
}

static enum status press_write_urls(struct press *p, struct error *e)
{
    for (size_t i = 0; i < p->statics_scan.count; i++) {
        const struct scan_entry *entry = &p->statics_scan.entries[i];
        buf_clear(&p->key);
        statics_address(entry, &p->key);
        if (!entry->folder && !entry->left_out && !span_eq(buf_span(&p->key), SPAN("/urls.txt")))
            press_add_url(p, buf_span(&p->key));
    }
    if (press_is_own(p, SPAN("/urls.txt")))
        return ST_OK;
    buf_clear(&p->page);
    buf_put(&p->page, buf_span(&p->urls));
    if (buf_status(&p->urls) != ST_OK)
        return error_set(e, buf_status(&p->urls), 0, "%s: too many addresses", p->path);
    return press_put(p, SPAN("/urls.txt"), SPAN("text/plain; charset=utf-8"), e);
}

static enum status press_write_sources(struct press *p, struct error *e)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < p->count; i++) {
        const struct piece *piece = &p->pieces[i];
        status = edition_put_source(p->writer, piece->source, piece->size, piece->mtime,
                                    span_of(piece->problem), e);
    }
    if (status == ST_OK)
        status = edition_put_capsule(p->writer, "title", span_of(p->capsule.title), e);
    if (status == ST_OK && p->capsule.language != NULL)
        status = edition_put_capsule(p->writer, "language", span_of(p->capsule.language), e);
    if (status == ST_OK)
        status = edition_put_capsule(p->writer, "base_url", span_of(p->base_url), e);
    return status;
}

static enum status press_write(struct press *p, struct error *e)
{
    enum status status = press_write_index(p, e);
    for (size_t i = p->in_service; status == ST_OK && i > 0; i--)
        status = press_write_piece(p, p->order[i - 1], e);
    for (size_t i = 0; status == ST_OK && i < p->neighbours.count; i++)
        status = press_write_placeholder(p, &p->neighbours.placeholders[i], e);
    if (status == ST_OK)
        status = statics_write(&p->statics, p->writer, e);
    if (status == ST_OK)
        status = press_write_urls(p, e);
    if (status == ST_OK)
        status = press_write_sources(p, e);
    if (status == ST_OK)
        status = mediatype_status(p->types, e);
    return status;
}

static bool press_has_files(const struct press *p)
{
    for (size_t i = 0; i < p->statics_scan.count; i++) {
        if (!p->statics_scan.entries[i].folder)
            return true;
    }
    return false;
}

static enum status press_make(struct press *p, const char *edition, struct error *e)
{
    enum status status = press_open(p, e);
    if (status == ST_OK)
        status = press_claim_fixed(p, e);
    if (status == ST_OK)
        status = press_read_pieces(p, e);
    if (status == ST_OK && p->in_service == 0 && !press_has_files(p))
        status = error_set(e, ST_FORMAT, 0, "%s: %s", p->path,
                           p->count == 0 ? "empty: no articles and nothing in static/"
                                         : "none of its articles can be served");
    if (status == ST_OK)
        status = neighbours_find(p->order, p->in_service, &p->neighbours, e);
    if (status == ST_OK)
        status = edition_create(edition, &p->writer, e);
    if (status != ST_OK)
        return status;
    status = press_write(p, e);
    if (status == ST_OK)
        status = edition_commit(p->writer, e);
    else
        edition_abandon(p->writer);
    return status;
}

enum status press_run(const char *capsule, const char *edition, const char *base_url,
                      struct error *e)
{
    struct press p = {.path = capsule, .base_url = base_url, .fd = -1};
    p.articles_scan.fd = p.statics_scan.fd = -1;
    book_init(&p.addresses);
    book_init(&p.names);
    buf_init(&p.page, PRESS_PAGE_MAX);
    buf_init(&p.urls, PRESS_PAGE_MAX);
    buf_init(&p.key, PRESS_PATH_MAX);
    buf_init(&p.type, GEMINI_META_MAX);
    enum status status = press_make(&p, edition, e);
    for (size_t i = 0; i < p.count; i++)
        piece_fini(&p.pieces[i]);
    free(p.pieces);
    free(p.order);
    neighbours_fini(&p.neighbours);
    scan_fini(&p.articles_scan);
    scan_fini(&p.statics_scan);
    capsule_fini(&p.capsule);
    mediatype_close(p.types);
    book_fini(&p.addresses);
    book_fini(&p.names);
    buf_fini(&p.page);
    buf_fini(&p.urls);
    buf_fini(&p.key);
    buf_fini(&p.type);
    if (p.fd >= 0)
        close(p.fd);
    return status;
}
