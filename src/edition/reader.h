/*
 * reader: an edition in service.  It is opened once and read with one prepared statement.
 */
#ifndef EDITION_READER_H
#define EDITION_READER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/error.h"
#include "core/span.h"
#include "edition/rule.h"
#include "protocol/gemini.h"

/* Longest path of a static file kept outside the edition, its NUL included. */
#define EDITION_FILE_MAX 4096

struct edition;

/* What is known about an address; a copy, the caller's own. */
struct edition_found {
    int64_t id;    /* for edition_read */
    int status;    /* Gemini status */
    uint64_t size; /* of the bytes, in the edition or in the file */
    bool in_file;  /* the bytes are not in the edition but in static/file */
    char meta[GEMINI_META_MAX + 1];
    char file[EDITION_FILE_MAX]; /* relative to the capsule's static/ */
};

/*
 * Open an edition for reading.
 *
 * Returns ST_OK with *out, on which the caller holds the first reference; ST_MISSING; ST_FORMAT
 * when the file is no edition, is damaged or of a newer schema; ST_STORE or ST_NOMEM.
 */
enum status edition_open(const char *path, struct edition **out, struct error *e) MUST_USE;

/* Share and give back; the last reference closes it.  NULL is fine. */
struct edition *edition_hold(struct edition *ed);
void edition_release(struct edition *ed);

/* Has something in it not been found as it was written?  That is so until it is opened anew. */
bool edition_is_damaged(const struct edition *ed);

/* The rules that are no rows of one address; borrowed from the edition. */
const struct rule_set *edition_rules(const struct edition *ed);

/*
 * Look an address up.
 *
 * path   canonical (url_canonical_path)
 * out    filled on ST_OK
 * Returns ST_OK, ST_MISSING or ST_STORE.
 */
enum status edition_find(struct edition *ed, struct span path, struct edition_found *out,
                         struct error *e) MUST_USE;

/*
 * Read `n` bytes of a found page's body from `offset` into `to`; all of them must lie in it.
 * Returns ST_OK or ST_STORE.
 */
enum status edition_read(struct edition *ed, int64_t id, uint64_t offset, char *to, size_t n,
                         struct error *e) MUST_USE;

#endif
