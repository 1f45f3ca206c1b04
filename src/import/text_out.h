/*
 * text_out: writes the blocks of a plain text: finds the URLs in them, and puts link lines behind
 * their block; leaves out rules that part nothing.
 *
 * Nothing is returned: text_out_end tells of failures.
 */
#ifndef IMPORT_TEXT_OUT_H
#define IMPORT_TEXT_OUT_H

#include "article/document.h"
#include "core/book.h"
#include "core/buf.h"

struct text_out {
    struct document *doc; /* borrowed */
    struct buf links;     /* URLs that wait for the end of their block, each with an LF */
    struct buf url;       /* work space */
    struct book seen;     /* URLs that the page links to already */
    struct buf code;      /* lines of code that wait for more of it */
    bool rule;            /* one waits for what it is to part */
    enum status status;   /* ST_OK or ST_NOMEM, sticky */
};

void text_out_init(struct text_out *o, struct document *doc);

/* Write what waits, and free all but the document.  ST_OK, or what went wrong. */
enum status text_out_end(struct text_out *o) MUST_USE;

/*
 * Add a block of text, and link lines for its URLs behind it or behind the run of blocks that it
 * begins.
 *
 * kind     PARAGRAPH, HEADING (of level 2), ITEM or QUOTE
 * level    of a QUOTE: how deep it is nested
 * goes_on  it continues the block before it: a quote's next part; items do so by themselves
 */
void text_out_add(struct text_out *o, enum block_kind kind, unsigned level, bool goes_on,
                  struct span text);

/* A break between what came and what comes, if both come. */
void text_out_rule(struct text_out *o);

/* The link line of a paragraph that is nothing but URLs; goes_on: it is not the first of them. */
void text_out_link(struct text_out *o, struct span url, bool goes_on);

/* Preformatted lines; code, whose parts become one block. */
void text_out_pre(struct text_out *o, struct span lines);
void text_out_code(struct text_out *o, struct span lines);

#endif
