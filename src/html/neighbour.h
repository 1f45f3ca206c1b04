/*
 * neighbour: the pieces before and after an article that its page names.
 */
#ifndef HTML_NEIGHBOUR_H
#define HTML_NEIGHBOUR_H

#include <gumbo.h>

#include "article/document.h"

/*
 * Fill in the titles of the previous and the next piece that doc does not hold yet.
 *
 * Looked for in this order: link elements with rel=prev or next and a title; anchors with that rel;
 * elements that say so in class or id ("nav-previous") and hold an anchor; anchors whose text says
 * so ("Previous article: ...").  A title is the text without such words, arrows and colons; words
 * alone ("Older posts", "Page 2") are none.
 * Source: HTML Standard 4.6.7.14 and 4.6.7.15 (next, prev).
 */
void neighbour_find(const GumboNode *root, struct document *doc);

#endif
