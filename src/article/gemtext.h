/*
 * gemtext: the one writer of gemtext pages.  It keeps what every page keeps: blocks parted by one
 * empty line, links and list items in runs, no accidental markup, no blanks at the end of a line,
 * one LF at the end.
 * Source: Gemini hypertext format ("gemtext") specification 0.24.1.
 */
#ifndef ARTICLE_GEMTEXT_H
#define ARTICLE_GEMTEXT_H

#include "article/document.h"
#include "core/buf.h"

/* Deepest nesting of lists and quotes that is shown. */
#define GEMTEXT_DEPTH_MAX 4

enum gemtext_kind {
    GEMTEXT_NONE,
    GEMTEXT_HEADING,
    GEMTEXT_TEXT,
    GEMTEXT_ITEM,
    GEMTEXT_LINK,
    GEMTEXT_QUOTE,
    GEMTEXT_PRE,
};

enum gemtext_gap {
    GEMTEXT_GAP_RUN,   /* links and items continue a run of their own kind */
    GEMTEXT_GAP_APART, /* an empty line, whatever came before */
    GEMTEXT_GAP_TIGHT, /* no empty line */
};

struct gemtext {
    struct buf *out;        /* borrowed */
    enum gemtext_kind last; /* what the previous block was */
    enum gemtext_gap gap;   /* how the next block stands to it */
};

/* Start a page that is appended to out. */
void gemtext_init(struct gemtext *g, struct buf *out);

/* How the next block, and only that, stands to the one before it. */
void gemtext_part(struct gemtext *g, enum gemtext_gap gap);

/* One line of heading text at level 1 to 3. */
void gemtext_heading(struct gemtext *g, unsigned level, struct span text);

/* A paragraph; every LF in it begins a new line of its own. */
void gemtext_text(struct gemtext *g, struct span text);

/* One list item; `level` marks are put before an item of a nested list. */
void gemtext_item(struct gemtext *g, unsigned level, struct span text);

/* The lines of a quote, a bare mark for empty text; `level` more marks for a nested one. */
void gemtext_quote(struct gemtext *g, unsigned level, struct span text);

/*
 * Preformatted lines.
 *
 * alt     one line behind the opening fence, may be empty
 * text    lines that stay as they are, but that a line which would close the block gets one blank
 *         before it, blanks at line ends go, and of several empty lines one stays
 */
void gemtext_pre(struct gemtext *g, struct span alt, struct span text);

/*
 * One link line.
 *
 * url     a URI reference, already escaped, without blanks
 * label   what is shown; made one line; may be absent
 */
void gemtext_link(struct gemtext *g, struct span url, struct span label);

/* The blocks of a document, without its title. */
void gemtext_blocks(struct gemtext *g, const struct document *doc);

#endif
