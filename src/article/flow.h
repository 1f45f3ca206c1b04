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
#include "article/table.h"
#include "core/book.h"
#include "core/buf.h"

/* Deepest nesting of lists that is numbered; what is deeper counts as this deep. */
#define FLOW_LIST_MAX 16

/* Deepest nesting of quotes that is told apart; what is deeper counts as this deep. */
#define FLOW_QUOTE_MAX 16

/* Bytes of all URLs that a page may link to: a long base makes much of a short reference. */
#define FLOW_URLS_MAX ((size_t)16 * 1024 * 1024)

/* Marks around text (`code`) that may be open at once; those inside them are not written. */
#define FLOW_MARKS_MAX 8

/* How text between two marks is written. */
enum flow_script { FLOW_NORMAL, FLOW_SUB, FLOW_SUPER };

struct flow_list {
    bool ordered;
    bool reversed; /* numbers go down */
    char style;    /* of the numbers, as in HTML: 'a', 'A', 'i', 'I', anything else for decimal */
    long number;   /* of the next item */
};

struct flow_mark {
    const char *open, *close;
    size_t start; /* where the text that it stands around begins; 0 when none has come */
};

struct flow {
    struct document *doc;        /* borrowed */
    struct span base;            /* of relative links; absent when not known */
    enum link_relative relative; /* what becomes of one without a base */
    struct buf text;             /* of the block that is open, blanks in runs made one */
    char gap;                    /* the blank that waits for more text: 0, ' ' or LF */
    struct buf clean;            /* the same as clean text */
    struct buf line;             /* one line of it, with its marks */
    unsigned heading;            /* level of the heading that is open, 0 for other blocks */
    struct flow_mark marks[FLOW_MARKS_MAX];
    unsigned mark_count; /* marks that are open, those beyond FLOW_MARKS_MAX too */
    unsigned quotes;     /* quotes that are open, those beyond FLOW_QUOTE_MAX too */
    unsigned quoted_lists[FLOW_QUOTE_MAX]; /* lists that were open where each of them began */
    unsigned depth;                        /* lists that are open, those beyond FLOW_LIST_MAX too */
    struct flow_list lists[FLOW_LIST_MAX];
    bool item;       /* the next text is an item's first */
    struct buf mark; /* what stands before its text ("3. ", "☐ ") */
    bool task;       /* the mark says more than its place in the list */
    bool tight;      /* the next block stands close to the one before it */
    bool quoted;     /* the quote that is open has text already */

    struct buf url;     /* of the link that is open; empty when none is */
    bool linking;       /* a link is open, wherever it leads */
    bool pictured;      /* it holds an image */
    struct buf label;   /* its label so far: an image's alt text, or blocks that have ended */
    size_t label_start; /* where the rest of its label begins in text */
    struct buf queue;   /* links that wait for the end of their block: URL LF label LF */
    struct buf
        labels;       /* of the links that the open block queued, a line each: maybe all its text */
    bool mixed;       /* there is more to the open block than the links with those labels */
    struct book seen; /* URLs that the page links to already */
    size_t urls;      /* bytes of them */
    bool links_only;  /* every item of the outermost list was a link and nothing else */
    size_t list_start; /* index of its first block */

    enum flow_script script;
    size_t script_start; /* where the sub- or superscript begins in text */
};

/* Start.  doc gets the blocks.  flow_fini ends what is open and frees the rest. */
void flow_init(struct flow *f, struct document *doc, struct span base, enum link_relative relative);
void flow_fini(struct flow *f);

/* End the block that is open, if any; text that comes begins a paragraph. */
void flow_end(struct flow *f);

/*
 * A heading of level 1 to 6; it is written as level 2 or 3.  One of level 1 is the title where the
 * document has none, and is dropped where it says what that says.
 */
void flow_heading_begin(struct flow *f, unsigned level);
void flow_heading_end(struct flow *f);

/* A list; text outside its items is kept. */
void flow_list_begin(struct flow *f, struct flow_list list);
void flow_list_end(struct flow *f);

/* An item; `mark` ("☐ ") may be absent. */
void flow_item_begin(struct flow *f, struct span mark);
void flow_item_end(struct flow *f);

/* Set the number of the item that begins next. */
void flow_item_number(struct flow *f, long number);

void flow_quote_begin(struct flow *f);
void flow_quote_end(struct flow *f);

/* A break between two parts; not at the beginning of a text, and not twice. */
void flow_rule(struct flow *f);

/* A preformatted block, whole; alt may be absent. */
void flow_pre(struct flow *f, struct span alt, struct span text);

/* A table; caption may be absent.  Its cells' text comes from flow_take. */
void flow_table(struct flow *f, const struct table *t, struct span caption);

/* Running text: any run of blanks is one blank. */
void flow_text(struct flow *f, struct span text);

/* A line end that is meant; an empty line between two parts a paragraph. */
void flow_break(struct flow *f);

/* Marks around the text that follows ("`"); around nothing they are not written. */
void flow_mark_begin(struct flow *f, const char *open, const char *close);
void flow_mark_end(struct flow *f);

/* Append the text of the open block to out, as clean lines, instead of making it a block. */
void flow_take(struct flow *f, struct buf *out);

/* A link around the text that follows; it may hold blocks. */
void flow_link_begin(struct flow *f, struct span href);
void flow_link_end(struct flow *f);

/*
 * Sub- or superscript around the text that follows: Unicode's signs where it has all of them, else
 * "_" or "^" before it; superscript letters as in "1st" are plain.
 */
void flow_script_begin(struct flow *f, enum flow_script script);
void flow_script_end(struct flow *f);

/* A link line behind the block; `label` may be absent. */
void flow_link(struct flow *f, struct span href, struct span label);

/*
 * An image: a link line "Image: ALT" behind the block, or the label of the link that it stands in.
 *
 * alt       what it shows; may be empty: the link is then called by the name of its file
 * An image whose src is no link leaves "Image: ALT" as text behind the block.
 */
void flow_image(struct flow *f, struct span src, struct span alt);

#endif
