/*
 * parse: gumbo, with memory of ours.
 */
#ifndef HTML_PARSE_H
#define HTML_PARSE_H

#include <gumbo.h>

#include "core/arena.h"

/*
 * A tree and all that belongs to it.  It lives in an arena, so that it is freed at once: gumbo
 * itself frees node by node, by recursion.
 */
struct parse {
    const GumboNode *root;
    struct arena arena;
};

/*
 * Parse a whole page, or what stands in a body.
 *
 * html   clean text that guard_check let pass
 * p      filled; parse_fini frees it.  The text must live as long
 * gumbo knows no failure: where there is no memory the program ends with a message and EX_TEMPFAIL.
 * Source: HTML Standard 13.2 and 13.4.
 */
void parse_page(struct parse *p, struct span html);
void parse_fragment(struct parse *p, struct span html);
void parse_fini(struct parse *p);

#endif
