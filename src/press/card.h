/*
 * card: what is known of a piece when its text is not at hand: all that its neighbours, the lists
 * and the edition ask for.  A capsule has a card for each source, so a card is small.
 */
#ifndef PRESS_CARD_H
#define PRESS_CARD_H

#include "edition/past.h"
#include "press/piece.h"

struct card {
    struct edition_source source;    /* path and problem are borrowed or in the arena */
    const struct scan_entry *entry;  /* borrowed */
    struct edition_piece row;        /* spans in the arena; its neighbours are those shown before */
    struct span href;                /* "SLUG.gmi", escaped; in the arena */
    struct pages_neighbour previous; /* as its pages must show them now */
    struct pages_neighbour next;
    struct span past_problem; /* that the edition before has */
    bool listed;              /* the edition before has a row of this source, */
    bool unchanged;           /*   whose files have not changed, */
    bool served;              /*   and has its piece, */
    bool same;                /*   which still is what the source says: it was not read again */
    bool rewritten;           /* its pages are not those of the edition before */
    uint64_t text_at;         /* in the spill, unless `same`: the article's text, */
    size_t text_size;         /*   and right behind it the summary's */
    size_t summary_size;
};

/* Fill in the row from a piece that was read.  A failure is sticky in the arena. */
void card_of_piece(struct card *c, const struct piece *p, struct arena *arena);

/* The same from the edition before. */
void card_of_past(struct card *c, const struct edition_piece *row, struct arena *arena);

/* Has the piece a summary page? */
bool card_has_summary(const struct card *c);

/* Are the neighbours that its pages must show those that they showed before? */
bool card_stands_as_before(const struct card *c);

#endif
