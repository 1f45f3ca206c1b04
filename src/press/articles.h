/*
 * articles: the pieces of a capsule, as cards: which of them the edition before knows already,
 * which have to be read, and what that changes on their pages.
 */
#ifndef PRESS_ARTICLES_H
#define PRESS_ARTICLES_H

#include "core/book.h"
#include "press/card.h"
#include "press/sheet.h"
#include "press/spill.h"

struct articles {
    const char *path;          /* how messages name the capsule; borrowed, as all up to `past` */
    const char *edition;       /* beside which texts may wait */
    const struct scan *scan;   /* of "articles" */
    struct mediatype *types;   /* to tell what a source is that is no text */
    struct book *addresses;    /* who has which; those of static/ are in it already */
    struct span index_href;    /* where the list of all articles is */
    bool no_summaries;         /* whatever the sources say */
    struct edition_past *past; /* or NULL */

    struct card *cards; /* one for each source, ordered by path; owned */
    size_t count;
    struct card **order; /* those in service by date and slug, undated first; owned */
    size_t in_service;
    bool changed;  /* something is not as it was in the edition before */
    size_t cursor; /* of articles_recall */
    struct arena arena;
    struct spill spill;
};

/* Make the cards, without looking into a file.  ST_OK or ST_NOMEM; articles_fini frees them. */
enum status articles_list(struct articles *a, struct error *e) MUST_USE;
void articles_fini(struct articles *a);

/*
 * Take what the edition before knows of a source.  Called in the order of paths.
 *
 * steady   the file cannot have been written again at the moment when it was looked at
 * Returns false when the source is not there any more.
 */
bool articles_recall(struct articles *a, const struct edition_past_row *row, bool steady);

/*
 * Read the sources that the edition before does not know as they are, enter all addresses and put
 * the pieces in order.  What cannot be served is told to the log and left out.
 * Returns ST_OK; ST_NOMEM or ST_IO.
 */
enum status articles_read(struct articles *a, struct error *e) MUST_USE;

/* Write the pages that are not as before, keep the others; then the rows. */
enum status articles_write(struct articles *a, struct sheet *s, struct error *e) MUST_USE;
enum status articles_write_rows(struct articles *a, struct edition_writer *w,
                                struct error *e) MUST_USE;

#endif
