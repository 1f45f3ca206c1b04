/*
 * document: an article as all importers deliver it and all writers take it: what is known about
 * it, and its text as a flat list of blocks.  Gemtext is a list of lines, so a tree would only be
 * flattened again.
 */
#ifndef ARTICLE_DOCUMENT_H
#define ARTICLE_DOCUMENT_H

#include "core/arena.h"
#include "core/buf.h"
#include "prose/language.h"

enum block_kind {
    BLOCK_PARAGRAPH, /* running text; LF in it are line ends that the author meant */
    BLOCK_HEADING,   /* one line */
    BLOCK_ITEM,      /* one item of an unordered list, one line; an ordered one is a paragraph */
    BLOCK_QUOTE,     /* lines of a quote; empty text is the bare mark that parts two paragraphs */
    BLOCK_PRE,       /* preformatted lines, blanks and all; see block_head for its alt text */
    BLOCK_LINK,      /* a link line; see block_head for its URL */
    BLOCK_RULE,      /* a break between two parts, without text */
};

struct block {
    struct span text; /* clean text (see clean.h), no blanks at the ends of its lines but in PRE */
    uint8_t kind;     /* enum block_kind */
    uint8_t level; /* of a heading 2 to 3 (the title is 1); how deep an item or quote is nested */
    bool tight;    /* no empty line between the block before it and this one */
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
    bool no_summary;         /* the author wants no summary of it */
    struct span previous;    /* title of the piece before this one */
    struct span next;        /* title of the piece after this one */
    struct span charset;     /* of the source: "utf-8" */
    struct block *blocks;    /* owned */
    size_t count, room;
};

/*
 * Start an empty document that may grow to `cap` bytes.  document_fini gives everything back.
 */
void document_init(struct document *doc, size_t cap);
void document_fini(struct document *doc);

/*
 * Append a block that stands apart from the one before it; the text is copied.
 *
 * Returns it, borrowed until the next one is added, so that level and tight can be set; on failure,
 * which is sticky in doc->arena, a block that nobody reads.
 */
struct block *document_add(struct document *doc, enum block_kind kind, struct span text);

/* The same for a PRE (head: its alt text) or a LINK (head: its URL, text: its label); head and text
 * may be empty, a URL not. */
struct block *document_add_headed(struct document *doc, enum block_kind kind, struct span head,
                                  struct span text);

/* Alt text of a PRE or URL of a LINK; *text gets its lines, or its label. */
struct span block_head(const struct block *b, struct span *text);

/* Is the block made of sentences: a paragraph, an item, a quote? */
bool block_is_prose(const struct block *b);

/* Words of all prose and headings: what a reader reads, without the title (see words.h). */
size_t document_words(const struct document *doc);

/*
 * Append the first prose of a document, a line for each block, until there are `enough` bytes or a
 * little more.  No character is cut.
 */
void document_beginning(const struct document *doc, size_t enough, struct buf *out);

/*
 * The language of a document.  The text itself tells it best, for the tag of a page is often the
 * one of its software; where it does not tell, doc->lang; else language_und.
 *
 * Returns ST_OK, or ST_NOMEM and language_und.
 */
enum status document_language(const struct document *doc, const struct language **lang) MUST_USE;

#endif
