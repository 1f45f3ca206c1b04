/*
 * writer: makes an edition, whole or not at all.
 */
#ifndef EDITION_WRITER_H
#define EDITION_WRITER_H

#include <stdint.h>

#include "core/error.h"
#include "core/span.h"

struct edition_writer;

/* A row of `page`; see schema.h.  Spans are borrowed for the call. */
struct edition_page {
    struct span path;
    int status;
    struct span meta;
    struct span body; /* absent for a page whose bytes are in `file` */
    struct span file; /* absent for a page whose bytes are in `body` */
    int64_t size;     /* of the file, bytes */
    int64_t mtime;    /* of the file, nanoseconds */
};

/* A row of `piece`. */
struct edition_piece {
    struct span slug, source, title, date, author, lang, summary_kind, previous, next, tags;
    int64_t words;
};

/*
 * Begin a new edition in a temporary file beside `path`.
 *
 * Returns ST_OK with *w, which edition_commit or edition_abandon ends, ST_NOMEM, ST_IO or ST_STORE.
 */
enum status edition_create(const char *path, struct edition_writer **w, struct error *e) MUST_USE;

/* Add a row.  ST_EXISTS when a page with that path is there already. */
enum status edition_put_capsule(struct edition_writer *w, const char *key, struct span value,
                                struct error *e) MUST_USE;
enum status edition_put_page(struct edition_writer *w, const struct edition_page *page,
                             struct error *e) MUST_USE;
enum status edition_put_piece(struct edition_writer *w, const struct edition_piece *piece,
                              struct error *e) MUST_USE;
enum status edition_put_source(struct edition_writer *w, struct span path, int64_t size,
                               int64_t mtime, struct span problem, struct error *e) MUST_USE;

/*
 * Make the edition durable and give it its name, over an older one.  Frees w whatever happens; on
 * failure the older edition stays and nothing is left beside it.
 */
enum status edition_commit(struct edition_writer *w, struct error *e) MUST_USE;

/* Forget the new edition.  Frees w; NULL is fine. */
void edition_abandon(struct edition_writer *w);

#endif
