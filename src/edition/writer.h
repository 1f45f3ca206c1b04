/*
 * writer: makes an edition, whole or not at all: from nothing, or from the edition before.
 */
#ifndef EDITION_WRITER_H
#define EDITION_WRITER_H

#include "core/error.h"
#include "edition/past.h"
#include "edition/row.h"

struct edition_writer;

/*
 * Begin a new edition in a temporary file beside `path`.
 *
 * Returns ST_OK with *w, which edition_commit or edition_abandon ends, ST_NOMEM, ST_IO or ST_STORE.
 */
enum status edition_create(const char *path, struct edition_writer **w, struct error *e) MUST_USE;

/*
 * The same, beginning with a copy of the edition before, which goes where that was.  Rows that are
 * put replace what they have been.  Pages are different from the other rows: those that are neither
 * put nor kept are gone when the edition is committed.
 */
enum status edition_update(const struct edition_past *past, struct edition_writer **w,
                           struct error *e) MUST_USE;

/* Add a row.  ST_EXISTS when a page with that path was put or kept already. */
enum status edition_put_capsule(struct edition_writer *w, const char *key, struct span value,
                                struct error *e) MUST_USE;
enum status edition_put_page(struct edition_writer *w, const struct edition_page *page,
                             struct error *e) MUST_USE;
enum status edition_put_piece(struct edition_writer *w, const struct edition_piece *piece,
                              struct error *e) MUST_USE;
enum status edition_put_source(struct edition_writer *w, const struct edition_source *source,
                               struct error *e) MUST_USE;

/* Keep a page of the edition before as it is.  ST_STORE when there is none with that path. */
enum status edition_keep_page(struct edition_writer *w, struct span path, struct error *e) MUST_USE;

/* Remove what the edition before has: a value of the capsule, a source's piece, or all of it. */
enum status edition_drop_capsule(struct edition_writer *w, const char *key,
                                 struct error *e) MUST_USE;
enum status edition_drop_piece(struct edition_writer *w, struct span source,
                               struct error *e) MUST_USE;
enum status edition_drop_source(struct edition_writer *w, struct span path,
                                struct error *e) MUST_USE;

/*
 * Make the edition durable and give it its name, over an older one.  Frees w whatever happens; on
 * failure the older edition stays and nothing is left beside it.
 */
enum status edition_commit(struct edition_writer *w, struct error *e) MUST_USE;

/* Forget the new edition.  Frees w; NULL is fine. */
void edition_abandon(struct edition_writer *w);

#endif
