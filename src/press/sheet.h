/*
 * sheet: one page after the other into the edition, each with its address and media type, and all
 * of them listed for /urls.txt.
 */
#ifndef PRESS_SHEET_H
#define PRESS_SHEET_H

#include "core/book.h"
#include "edition/rule.h"
#include "edition/writer.h"

struct sheet {
    struct edition_writer *writer; /* borrowed, as the next three */
    const char *path;              /* how messages name the capsule */
    const char *base_url;
    struct span lang;             /* of pages that do not say theirs, may be absent */
    const struct rule_set *rules; /* a page behind a question is not listed; borrowed, or NULL */
    struct span areas;            /* canonical prefixes, one a line: nor is what lies there */
    struct buf page;              /* the page that is being written */
    struct buf key;               /* its address */
    struct buf type;              /* its media type */
    struct buf urls;              /* the lines of /urls.txt */
    struct book names;            /* last segments in it */
};

/* The fields up to areas are set by the caller. */
void sheet_init(struct sheet *s);
void sheet_fini(struct sheet *s);

/* Begin a page of a slug: its address, its media type, no text yet; the caller fills s->page. */
void sheet_begin(struct sheet *s, struct span slug, const char *tail, struct span lang);

/* Write it. */
enum status sheet_end(struct sheet *s, struct error *e) MUST_USE;

/* Keep the page of the edition before, instead of both. */
enum status sheet_keep(struct sheet *s, struct span slug, const char *tail,
                       struct error *e) MUST_USE;

/* Write what is in s->page at an address that is not listed. */
enum status sheet_put(struct sheet *s, struct span address, struct span type,
                      struct error *e) MUST_USE;

/*
 * List an address, unless not everybody gets a page there, or a mirror would overwrite one file by
 * another.
 */
void sheet_list(struct sheet *s, struct span address);

#endif
