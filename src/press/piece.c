#include "press/piece.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "import/article.h"
#include "press/kind.h"
#include "press/slug.h"

#define PIECE_PATH_MAX    8192
#define PIECE_SIDECAR_MAX ((size_t)256 * 1024)

static enum status piece_read_file(int folder, const char *name, const char *shown,
                                   struct buf *bytes, struct error *e)
{
    int fd = -1;
    struct stat st;
    enum status status = file_open_beneath(folder, name, shown, &fd, &st, e);
    if (status != ST_OK)
        return status;
    status = file_read_fd(fd, shown, bytes, e);
    close(fd);
    return status;
}

void piece_sidecar_path(struct span source, struct buf *out)
{
    struct span stem = article_stem(source);
    buf_put(out, span_sub(source, 0, (size_t)(stem.p + stem.n - source.p)));
    buf_puts(out, ".meta");
}

/* A missing sidecar leaves `bytes` absent. */
static enum status piece_read_sidecar(int folder, const struct scan_entry *entry, const char *path,
                                      struct buf *shown, struct buf *bytes, struct error *e)
{
    buf_putf(shown, "%s/", path);
    size_t start = shown->n + (size_t)(entry->name - entry->path.p);
    piece_sidecar_path(entry->path, shown);
    const char *whole = buf_str(shown);
    if (buf_status(shown) != ST_OK)
        return error_set(e, ST_LIMIT, 0, "%s: the path is too long", entry->path.p);
    enum status status = piece_read_file(folder, whole + start, whole, bytes, e);
    return status == ST_MISSING ? ST_OK : status;
}

static enum status piece_read_document(struct piece *p, const struct article_source *source,
                                       struct mediatype *m, bool no_summary, struct error *e)
{
    enum status status = kind_check(m, source->name, source->bytes, e);
    if (status == ST_OK)
        status = article_read(source, &p->doc, e);
    if (status != ST_OK)
        return status;
    p->doc.no_summary = p->doc.no_summary || no_summary;
    return piece_prepare(p, article_stem(p->source), SUMMARY_DEFAULT, e);
}

enum status piece_read(int folder, const char *path, const struct scan_entry *entry,
                       struct mediatype *m, bool no_summary, struct piece *p, struct error *e)
{
    *p = (struct piece){.source = entry->path};
    document_init(&p->doc, ARTICLE_ARENA_MAX);
    struct buf shown;
    struct buf shown_sidecar;
    struct buf bytes;
    struct buf sidecar;
    buf_init(&shown, PIECE_PATH_MAX);
    buf_init(&shown_sidecar, PIECE_PATH_MAX);
    buf_init(&bytes, ARTICLE_TEXT_MAX);
    buf_init(&sidecar, PIECE_SIDECAR_MAX);
    buf_putf(&shown, "%s/%s", path, entry->path.p);
    enum status status = ST_OK;
    enum article_format format;
    if (!format_of_suffix(entry->path, &format))
        status = error_set(e, ST_FORMAT, 0,
                           "%s: not an article: its name ends in none of .txt, .html, .md, .gmi",
                           buf_str(&shown));
    if (status == ST_OK)
        status = piece_read_file(folder, entry->name, buf_str(&shown), &bytes, e);
    if (status == ST_OK)
        status = piece_read_sidecar(folder, entry, path, &shown_sidecar, &sidecar, e);
    if (status == ST_OK) {
        struct article_source source = {.bytes = buf_span(&bytes),
                                        .format = format,
                                        .name = buf_str(&shown),
                                        .sidecar = buf_span(&sidecar),
                                        .sidecar_name = buf_str(&shown_sidecar)};
        status = piece_read_document(p, &source, m, no_summary, e);
    }
    buf_fini(&shown);
    buf_fini(&shown_sidecar);
    buf_fini(&bytes);
    buf_fini(&sidecar);
    return status;
}

void piece_fini(struct piece *p)
{
    document_fini(&p->doc);
}

struct span piece_href_of_title(struct piece *p, struct span title)
{
    return slug_href_of_title(title, &p->doc.arena);
}

enum status piece_prepare(struct piece *p, struct span slug, struct summary_options options,
                          struct error *e)
{
    struct buf href;
    buf_init(&href, (size_t)PIECE_PATH_MAX * 3);
    slug_href(slug, "", &href);
    p->href = arena_copy(&p->doc.arena, buf_span(&href));
    buf_fini(&href);
    enum status status = summary_make(&p->doc, options, &p->summary);
    if (status != ST_OK)
        return error_set(e, status, ENOMEM, "%.*s", (int)p->source.n, p->source.p);
    p->page = (struct pages_piece){
        .doc = &p->doc,
        .summary = &p->summary,
        .no_summary = p->summary.kind == SUMMARY_NONE,
        .title = p->doc.title,
        .slug = slug,
        .words = document_words(&p->doc),
        .index_href = SPAN("index.gmi"),
    };
    return ST_OK;
}
