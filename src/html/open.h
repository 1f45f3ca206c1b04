/*
 * open: which elements are open where, as far as that can be known without a tree.  What guard
 * counts with.
 */
#ifndef HTML_OPEN_H
#define HTML_OPEN_H

#include <gumbo.h>

#include "core/span.h"

/* Elements that are kept in mind at once, with those that end by themselves. */
#define OPEN_ROOM 1536

/* A start tag. */
struct open_tag {
    struct span raw; /* all of it, "<" to ">"; formatting elements are told apart by it */
    struct span name;
    GumboTag tag;
    size_t attributes;
    bool closed; /* ends in "/>" */
};

struct open_element {
    struct span raw, name;
    size_t weight; /* nodes that each copy of it costs, when it is listed */
    uint16_t attributes;
    uint8_t tag;    /* GumboTag */
    uint8_t status; /* what is known about it, see open.c */
};

/*
 * A model of the parser's stack of open elements and list of formatting elements in one: whatever
 * is open in the parser is open here, in the same order, but here may be more.
 */
struct open_elements {
    struct open_element e[OPEN_ROOM];
    size_t n;
    size_t counted; /* those that do not end by themselves */
    size_t foreign; /* those of SVG and MathML */
    size_t weight;  /* of the formatting elements that are opened again for what follows */
    uint16_t of[GUMBO_TAG_LAST]; /* how many of HTML's there are, by tag */
    bool kept;                   /* formatting elements wait for what follows */
    bool lost;                   /* what the parser does with a tag can no longer be known */
};

/* How the text behind a start tag is read. */
enum open_next {
    OPEN_MARKUP,  /* as tags */
    OPEN_RAW,     /* as text up to the end tag of the same name */
    OPEN_PLAIN,   /* as text up to the end */
    OPEN_UNKNOWN, /* it cannot be known whether as tags or as text */
    OPEN_FULL,    /* there is no room left */
};

/* Start empty. */
void open_init(struct open_elements *o);

/* Text, a start tag, an end tag. */
void open_text(struct open_elements *o);
enum open_next open_start(struct open_elements *o, const struct open_tag *t);
void open_end(struct open_elements *o, GumboTag tag, struct span name);

/* Is the innermost element SVG's or MathML's, so that <![CDATA[ begins text?  In *sure whether that
 * is known. */
bool open_is_foreign(const struct open_elements *o, bool *sure);

#endif
