/*
 * flow_internal: what flow.c (text), flow_block.c (blocks) and flow_link.c (links) share.
 */
#ifndef ARTICLE_FLOW_INTERNAL_H
#define ARTICLE_FLOW_INTERNAL_H

#include "article/flow.h"

#define FLOW_TEXT_MAX ((size_t)64 * 1024 * 1024)

/* Note as a failure of the document what a buf could not hold. */
void flow_check(struct flow *f, const struct buf *b);

/* Append raw text to out as clean text. */
void flow_put_clean(struct flow *f, struct span raw, struct buf *out);

/* Append raw text to out as one clean line. */
void flow_put_line(struct flow *f, struct span raw, struct buf *out);

/* Write the blank and the marks that waited for `next`. */
void flow_put_gap(struct flow *f, struct span next);

/* End the open block's text without writing the links that wait. */
void flow_flush(struct flow *f);

/* Add a paragraph of clean lines (no empty ones) as the block that the context asks for. */
void flow_add(struct flow *f, struct span text);

/* Add what the open block has of the open link's label, when it is the first that has any. */
void flow_keep_label(struct flow *f);

/* Have links wait for the URLs in a line of running text that nobody made a link. */
void flow_queue_bare(struct flow *f, struct span line);

/* Write the links that wait, when no list or quote is open any more. */
void flow_write_links(struct flow *f);

#endif
