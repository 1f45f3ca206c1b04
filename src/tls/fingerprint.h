/*
 * fingerprint: SHA-256 of a certificate or of a public key, as people write it down, and lists of
 * them.
 */
#ifndef TLS_FINGERPRINT_H
#define TLS_FINGERPRINT_H

#include "core/buf.h"

#define FINGERPRINT_SIZE 32 /* bytes of SHA-256 */

struct fingerprint {
    unsigned char bytes[FINGERPRINT_SIZE];
};

/* Fingerprints; an owned array.  All zeros is an empty list. */
struct fingerprint_list {
    struct fingerprint *items;
    size_t count, size;
    bool sorted; /* by their bytes, no two the same */
};

/*
 * Read one: 64 hexadecimal digits of either case, or 32 pairs of them with ':' between each two,
 * with or without "SHA256:" before them.
 *
 * shown   how messages name the place, "FILE: line 3"
 * Returns ST_OK, or ST_SYNTAX with a message that tells what is wrong.
 */
enum status fingerprint_parse(struct fingerprint *f, const char *shown, struct span text,
                              struct error *e) MUST_USE;

/*
 * Add what a list says: a fingerprint a line, whatever stands behind it after a blank (a name);
 * '#' begins a comment where a line or that name begins.  Empty lines do not count.
 *
 * shown   how messages name the file; they carry the line
 * Returns ST_OK; ST_SYNTAX, ST_LIMIT (more than FINGERPRINTS_MAX) or ST_NOMEM, and then the list is
 * as it was.
 */
enum status fingerprint_list_parse(struct fingerprint_list *list, const char *shown,
                                   struct span text, struct error *e) MUST_USE;

#define FINGERPRINTS_MAX 65536 /* in one list */

/* Add one.  ST_OK, ST_LIMIT or ST_NOMEM. */
enum status fingerprint_list_add(struct fingerprint_list *list, const struct fingerprint *f,
                                 struct error *e) MUST_USE;

/* Put them in order, once all are there; a list can be asked only then. */
void fingerprint_list_sort(struct fingerprint_list *list);
bool fingerprint_list_has(const struct fingerprint_list *list, const struct fingerprint *f);
void fingerprint_list_fini(struct fingerprint_list *list);

/* Append it as 64 digits in small letters. */
void fingerprint_write(const struct fingerprint *f, struct buf *out);

#endif
