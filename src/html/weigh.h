/*
 * weigh: how much text there is, in letters, so that texts of all scripts can be compared.
 */
#ifndef HTML_WEIGH_H
#define HTML_WEIGH_H

#include <gumbo.h>

#include "core/span.h"

/* Text that runs without a break. */
struct weigh {
    size_t text;   /* weight of it */
    size_t linked; /* of which in links */
    size_t commas; /* signs that part clauses */
    bool gap;      /* does it end in white space? */
};

/*
 * Add text to a run.  A letter weighs 1; a sign of Han, Kana or Hangul, which says as much as a
 * short word, weighs 3; white space weighs 1 between other signs, however much of it there is.
 */
void weigh_add(struct weigh *w, struct span text, bool linked);

/* Does the element stand within a line of text? */
bool weigh_is_inline(const GumboNode *node);

/* Is it an element whose text is not the page's: code, controls, drawings, what stands in for a
 * player? */
bool weigh_is_skipped(const GumboNode *node);

/* The nearest element around a node that is no inline element; NULL at the top. */
const GumboNode *weigh_block_of(const GumboNode *node);

#endif
