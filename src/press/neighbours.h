/*
 * neighbours: which piece stands before and after which.
 */
#ifndef PRESS_NEIGHBOURS_H
#define PRESS_NEIGHBOURS_H

#include "core/book.h"
#include "press/card.h"

/* One who names a missing piece. */
struct placeholder_witness {
    const struct card *card;
    bool names_as_next;
    struct placeholder_witness *next;
};

/* A piece that others name and the capsule does not hold. */
struct placeholder {
    struct span slug;  /* of its title, raw */
    struct span title; /* as the first who names it writes it */
    struct span href;
    struct span lang;                      /* of the piece that names it first, may be absent */
    struct placeholder_witness *witnesses; /* in the order of the pieces */
    struct placeholder_witness *last;
};

struct neighbours {
    struct placeholder *placeholders; /* owned; in the order in which they are first named */
    size_t count, room;
    struct book by_slug; /* slug of a placeholder's title -> index in placeholders */
    struct arena arena;
};

/*
 * Fill in `previous` and `next` of every card.
 *
 * cards   of the pieces in service, ordered by date and slug, undated ones first
 * What a piece itself names comes first, matched by title against the titles, then the slugs, of
 * the pieces held; a title that matches none becomes a placeholder.  Where a piece names nothing,
 * its neighbour in the order is meant.
 * Returns ST_OK with *n (neighbours_fini frees it, also after an error) or ST_NOMEM.
 */
enum status neighbours_find(struct card *const *cards, size_t count, struct neighbours *n,
                            struct error *e) MUST_USE;
void neighbours_fini(struct neighbours *n);

#endif
