/*
 * kinds: how the parser treats an element, by its tag.
 */
#ifndef HTML_KINDS_H
#define HTML_KINDS_H

#include <gumbo.h>
#include <stdint.h>

/* What the parser does with an element, by its tag. */
enum {
    KIND_VOID = 1,         /* never open */
    KIND_FORMAT = 1 << 1,  /* opened again behind the end of the block that it is in */
    KIND_SPECIAL = 1 << 2, /* the end tag of an ordinary element does not look past it */
    KIND_SCOPE = 1 << 3,   /* an end tag of a block does not look past it */
    KIND_MARKER = 1 << 4,  /* what was formatting in front of it is not inside */
    KIND_AFTER_P = 1 << 5, /* ends a paragraph */
    KIND_PART = 1 << 6,    /* part of a table */
    KIND_RAW = 1 << 7,     /* holds text only */
    KIND_FREE = 1 << 8, /* ends by itself, so that there is at most one for each that is counted */
    KIND_HTML_ONLY = 1 << 9, /* ends SVG and MathML */
    KIND_UNSURE = 1 << 10,   /* too many rules on when it opens and closes */
    KIND_GATE = 1 << 11,     /* in SVG or MathML: HTML is inside */
    KIND_HEADING = 1 << 12,
    KIND_HEAD = 1 << 13,        /* the parser has its own */
    KIND_ENDS_SCOPED = 1 << 14, /* its end tag looks past all but KIND_SCOPE */
    KIND_IMPLIED = 1 << 15,     /* the end of others is its own as well */
    KIND_WALL = 1 << 16,        /* nothing is closed through it */
};

/* The kinds of each tag.  Source: HTML Standard, 13.2.4 and 13.2.6, as gumbo 0.10.1 has it. */
extern const uint32_t kinds_of[GUMBO_TAG_LAST + 1];

#endif
