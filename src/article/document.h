/*
 * document: an article as all importers deliver it and all writers take it: what is known about
 * it, and its text as a flat list of blocks.  Gemtext is a list of lines, so a tree would only be
 * flattened again.
 */
#ifndef ARTICLE_DOCUMENT_H
#define ARTICLE_DOCUMENT_H

#include "core/arena.h"

enum block_kind {
    BLOCK_PARAGRAPH, /* running text; LF in it are line ends that the author meant */
    BLOCK_ITEM,      /* one item of an unordered list, one line */
};

struct block {
    enum block_kind kind;
    struct span text; /* clean text (see clean.h), not empty, no blanks at the ends of its lines */
    struct block *next;
};

/* All spans point into the arena; an absent span means "not known": nothing is ever invented. */
struct document {
    struct arena arena;
    struct span title;       /* one line; absent when the source has none */
    struct span date;        /* YYYY-MM-DD */
    struct span author;      /* one line */
    struct span lang;        /* BCP 47 tag */
    struct span source;      /* where the article was published, one line */
    struct span tags;        /* comma-separated, one line */
    struct span description; /* the page's own description, one line */
    struct span summary;     /* the author's own summary, one line */
    struct span previous;    /* title of the piece before this one */
    struct span next;        /* title of the piece after this one */
    struct block *first;
    struct block *last;
};

/*
 * Start an empty document that may grow to `cap` bytes.  document_fini gives everything back.
 */
void document_init(struct document *doc, size_t cap);
void document_fini(struct document *doc);

/* Append a block; the text is copied.  Failure is sticky in doc->arena. */
void document_add(struct document *doc, enum block_kind kind, struct span text);

/* Words of all blocks: what a reader reads, without the title (see words.h). */
size_t document_words(const struct document *doc);

#endif
