/*
 * summary: what a reader without time gets: the author's own words if there are any, the page's
 * description, or sentences of the article.
 */
#ifndef ARTICLE_SUMMARY_H
#define ARTICLE_SUMMARY_H

#include "article/document.h"

enum summary_kind {
    SUMMARY_NONE,        /* the author wants none */
    SUMMARY_AUTHOR,      /* the author's summary */
    SUMMARY_DESCRIPTION, /* the page's own description */
    SUMMARY_SENTENCES,   /* sentences of the article, word for word */
    SUMMARY_CUT,         /* the beginning of a first sentence that alone is too long */
};

/*
 * How long chosen sentences may be together.  Nothing said (0 and 0): three sentences, five of a
 * long article, and 100 words.  Whoever sets one of the two lifts the other.
 */
struct summary_options {
    size_t sentences;
    size_t words;
};

#define SUMMARY_DEFAULT ((struct summary_options){0})

/* One paragraph of a summary; points into the document. */
struct summary_part {
    struct span text;
    struct summary_part *next;
};

struct summary {
    enum summary_kind kind;
    struct summary_part *parts; /* in the order of the text, at least one unless SUMMARY_NONE */
    size_t words;               /* words in them */
    size_t chosen;              /* sentences in them; 0 unless SUMMARY_SENTENCES */
    size_t sentences;           /* sentences of the article */
};

/*
 * Make the summary of a document.
 *
 * doc   read, and its arena holds the parts
 * out   filled on ST_OK; lives as long as doc
 * Returns ST_OK, or ST_LIMIT or ST_NOMEM of the arena.  The same document gives the same summary.
 */
enum status summary_make(struct document *doc, struct summary_options options,
                         struct summary *out) MUST_USE;

#endif
