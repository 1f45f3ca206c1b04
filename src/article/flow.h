/*
 * flow: builds a document from what a tree-shaped source says, in its order: blocks begin and end,
 * text runs.  HTML and Markdown are read through it, so that both become the same gemtext: one line
 * for a paragraph, links behind their block, nesting shown by marks.
 *
 * Nothing is returned: a failure is sticky in the document's arena.
 */
#ifndef ARTICLE_FLOW_H
#define ARTICLE_FLOW_H

#include "article/document.h"
#include "article/link.h"
#include "core/book.h"
#include "core/buf.h"

/* Deepest nesting of lists that is followed; what is deeper counts as this deep. */
#define FLOW_LIST_MAX 16

/* How text between two marks is written. */
enum flow_script { FLOW_NORMAL, FLOW_SUB, FLOW_SUPER };

struct flow_list {
    bool ordered;
    bool links_only; /* every item so far was a link and nothing else */
    long number;     /* of the next item */
    size_t first;    /* index of its first block */
};

struct flow {
    struct document *doc; /* borrowed */
    struct span base;     /* of relative links; absent when not known */
    enum link_relative relative;
    struct buf text;      /* of the block that is open, as it came */
    struct buf line;      /* work space */
    struct buf links;     /* URL LF label LF, of the links that wait for the end of their block */
    struct book seen;     /* URLs that the page links to already */
    enum block_kind kind; /* of the block that is open */
    unsigned level;       /* of the heading that is open */
    unsigned quotes;      /* quotes that are open */
    unsigned depth;       /* lists that are open, those beyond FLOW_LIST_MAX too */
    struct flow_list lists[FLOW_LIST_MAX];
    struct buf mark;  /* what an item that has no text yet begins with ("3. ") */
    bool item;        /* the next text begins an item */
    bool continued;   /* the next block is a further paragraph of an item */
    struct span href; /* of the link that is open; in the arena; absent when none is */
    size_t link_text; /* where its label begins in text */
    struct buf label; /* of a link that holds blocks: what came before */
    enum flow_script script;
    size_t script_text; /* where the sub- or superscript begins in text */
    bool tight;         /* the next block stands close to the one before it */
};

/* Start.  doc gets the blocks.  flow_fini ends what is open and frees the rest. */
void flow_init(struct flow *f, struct document *doc, struct span base, enum link_relative relative);
void flow_fini(struct flow *f);

/* End the block that is open, if any; text that comes begins a paragraph. */
void flow_end(struct flow *f);

/* Begin a paragraph; a heading (level 1 to 6, written as 2 to 3). */
void flow_paragraph(struct flow *f);
void flow_heading(struct flow *f, unsigned level);

/* A list; `start` is the number of an ordered one's first item. */
void flow_list_begin(struct flow *f, bool ordered, long start);
void flow_list_end(struct flow *f);

/* Begin an item; `number` sets its number, 0 goes on counting; `mark` ("☐ ") may be absent. */
void flow_item(struct flow *f, long number, struct span mark);

void flow_quote_begin(struct flow *f);
void flow_quote_end(struct flow *f);

void flow_rule(struct flow *f);

/* A preformatted block, whole; alt may be absent. */
void flow_pre(struct flow *f, struct span alt, struct span text);

/* Running text: any run of blanks is one blank. */
void flow_text(struct flow *f, struct span text);

/* A line end that is meant. */
void flow_break(struct flow *f);

/* A link around the text that follows; it may hold blocks. */
void flow_link_begin(struct flow *f, struct span href);
void flow_link_end(struct flow *f);

/* Sub- or superscript around the text that follows: Unicode's letters where it has all of them. */
void flow_script_begin(struct flow *f, enum flow_script script);
void flow_script_end(struct flow *f);

/* A link line behind the block; `label` may be absent, then the URL names itself. */
void flow_link(struct flow *f, struct span href, struct span label);

/*
 * An image: a link line "Image: ALT" behind the block.
 *
 * alt    what it shows; when empty, `caption`, else the name of the file, stands for it
 * An image whose src is no link leaves its alt text in a line of its own.
 */
void flow_image(struct flow *f, struct span src, struct span alt, struct span caption);

#endif
