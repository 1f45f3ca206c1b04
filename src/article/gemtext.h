/*
 * gemtext: the one writer of gemtext pages.  It keeps what every page keeps: blocks parted by one
 * empty line, links and list items in runs, no accidental markup, one LF at the end.
 * Source: Gemini hypertext format ("gemtext") specification 0.24.1.
 */
#ifndef ARTICLE_GEMTEXT_H
#define ARTICLE_GEMTEXT_H

#include "article/document.h"
#include "core/buf.h"

enum gemtext_kind {
    GEMTEXT_NONE,
    GEMTEXT_HEADING,
    GEMTEXT_TEXT,
    GEMTEXT_ITEM,
    GEMTEXT_LINK,
};

struct gemtext {
    struct buf *out;        /* borrowed */
    enum gemtext_kind last; /* what the previous block was */
    bool apart;             /* the next block stands apart from a run of its own kind */
};

/* Start a page that is appended to out. */
void gemtext_init(struct gemtext *g, struct buf *out);

/* One line of heading text at level 1 to 3. */
void gemtext_heading(struct gemtext *g, unsigned level, struct span text);

/* A paragraph; every LF in it begins a new line of its own. */
void gemtext_text(struct gemtext *g, struct span text);

/* One list item. */
void gemtext_item(struct gemtext *g, struct span text);

/*
 * One link line.
 *
 * url     a URI reference, already escaped, without blanks
 * label   what is shown; made one line; may be absent
 */
void gemtext_link(struct gemtext *g, struct span url, struct span label);

/* Put an empty line before the next block even if it continues a run. */
void gemtext_part(struct gemtext *g);

/* The blocks of a document, without its title. */
void gemtext_blocks(struct gemtext *g, const struct document *doc);

#endif
