/*
 * measure: what an element holds, at a bounded cost.
 */
#ifndef HTML_MEASURE_H
#define HTML_MEASURE_H

#include "html/weigh.h"

/*
 * Nodes that are looked at to judge one element.  A walk asks about every element, and what is kept
 * is walked into: without a limit a page of nested "ads" would cost its size times its depth.
 */
#define MEASURE_NODES_MAX 1000

struct measure {
    size_t text, linked; /* weights */
    size_t prose;        /* paragraphs of prose; a huge one counts as many */
    bool h1, heading, nav, cite;
    bool cut; /* there is more: the limit was reached */

    struct weigh run; /* the text since the last break */
    const GumboNode *block;
};

/* Measure an element; ends early when it is known that it holds prose. */
void measure_take(const GumboNode *root, struct measure *m);

/* Does it hold several paragraphs that are not links? */
bool measure_is_prose(const struct measure *m);

/* Is at least half of its text links? */
bool measure_is_links(const struct measure *m);

#endif
