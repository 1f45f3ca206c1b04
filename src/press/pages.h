/*
 * pages: the shape of every page that press writes.
 */
#ifndef PRESS_PAGES_H
#define PRESS_PAGES_H

#include "article/document.h"
#include "article/gemtext.h"
#include "article/summary.h"
#include "press/capsule.h"

/* One side of a piece.  An absent title means that there is no piece on that side. */
struct pages_neighbour {
    struct span title;
    struct span href; /* relative link; absent with the title */
};

/* An article, ready to be written. */
struct pages_piece {
    const struct document *doc;    /* what the text is made of; the frame needs no text */
    const struct summary *summary; /* likewise */
    size_t words;                  /* likewise */
    bool no_summary;               /* it has no summary page, so no link leads there */
    struct span title;
    struct span slug;
    struct pages_neighbour previous, next;
    struct span index_href; /* the list of all articles: "index.gmi" */
};

/*
 * A page of an article is a frame of two parts, which other pieces have a say in, and between them
 * the text, which is the source's alone.  Each part may be made at another time than the others.
 */
enum pages_view { PAGES_ARTICLE, PAGES_SUMMARY };

void pages_head(const struct pages_piece *piece, enum pages_view view, struct buf *out);
void pages_text(const struct pages_piece *piece, enum pages_view view, struct buf *out);
void pages_foot(const struct pages_piece *piece, enum pages_view view, struct buf *out);

/* The article with its link lines: all three parts. */
void pages_article(const struct pages_piece *piece, struct buf *out);

/* Title and text alone: what `convert` prints. */
void pages_body(const struct document *doc, struct buf *out);

/* The summary and its link lines; not of a piece that has none. */
void pages_summary(const struct pages_piece *piece, struct buf *out);

/* A piece that names a neighbour which the capsule does not hold. */
struct pages_witness {
    struct span title;
    struct span href;
    bool names_as_next; /* it calls the missing piece its next (else its previous) article */
};

/* The page of a piece known by its title only. */
void pages_placeholder(struct span title, const struct pages_witness *witnesses, size_t count,
                       struct span index_href, struct buf *out);

struct pages_entry {
    struct span href;
    struct span date; /* YYYY-MM-DD or absent */
    struct span title;
};

/* The front page: dated entries in one run, then the others, in the order given. */
void pages_index(const struct capsule *capsule, const struct pages_entry *entries, size_t count,
                 struct buf *out);

/* The listing of a folder of static files that has no index.gmi, written name by name. */
struct pages_listing {
    struct gemtext page;
};

/* path   of the folder, as it is shown; out gets the page */
void pages_listing_begin(struct pages_listing *l, struct span path, struct buf *out);
void pages_listing_add(struct pages_listing *l, struct span name, bool folder);

#endif
