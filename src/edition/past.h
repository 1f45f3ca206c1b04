/*
 * past: the edition before, as press wants it: what was read then, and what became of it.
 */
#ifndef EDITION_PAST_H
#define EDITION_PAST_H

#include "core/buf.h"
#include "edition/row.h"

struct edition_past;

/* A source and, if it is in service as an article, its piece.  Good until the next call. */
struct edition_past_row {
    struct edition_source source;
    bool served;
    struct edition_piece piece; /* its source is absent */
};

/*
 * Open the edition at `path`.
 *
 * Returns ST_OK with *past, which edition_past_close frees; else, with the reason, what was there
 * cannot be a beginning: ST_MISSING, ST_FORMAT (no edition, damaged, another schema, or more than
 * a quarter of it unused), ST_IO, ST_STORE or ST_NOMEM.
 */
enum status edition_past_open(const char *path, struct edition_past **past,
                              struct error *e) MUST_USE;
void edition_past_close(struct edition_past *past);

/*
 * Look through all of it: is every row as it was written?  It takes about as long as reading the
 * file.  Returns ST_OK, ST_FORMAT when it is damaged, ST_NOMEM or ST_STORE.
 */
enum status edition_past_verify(const struct edition_past *past, struct error *e) MUST_USE;

/* Does the capsule have this value (absent: none) under this key? */
bool edition_past_says(struct edition_past *past, const char *key, struct span value);

/* When press looked at the files, nanoseconds since 1970: when it began, and when it had done. */
struct edition_past_look {
    int64_t from, to; /* 0 and INT64_MAX when that is not known */
};

struct edition_past_look edition_past_looked(struct edition_past *past);

/*
 * The next source, in the order of paths.  ST_OK with *row, ST_MISSING after the last, ST_STORE.
 */
enum status edition_past_next(struct edition_past *past, struct edition_past_row *row,
                              struct error *e) MUST_USE;

/*
 * Append a range of the body of the page at a canonical path.  ST_OK; ST_STORE when there is no
 * such page or range; what stops the buf shows there.
 */
enum status edition_past_body(struct edition_past *past, struct span path,
                              struct edition_range range, struct buf *out,
                              struct error *e) MUST_USE;

/* The file itself, open for reading, for the writer; and its name.  Both are borrowed. */
int edition_past_file(const struct edition_past *past);
const char *edition_past_path(const struct edition_past *past);

#endif
