/*
 * beside: the pieces in front of and behind a page, as its navigation names them.
 */
#ifndef HTML_BESIDE_H
#define HTML_BESIDE_H

#include <gumbo.h>

#include "core/arena.h"

/*
 * Titles of the previous and the next piece, in the page's own sense; absent when there is none or
 * when the page has only a phrase for it ("Older posts", "Page 2").
 *
 * root    of the page's tree
 * title   of the page itself, which is no neighbour
 * Sources in this order: <link rel=prev title>, <a rel=prev>, an element whose class or id says so
 * and that holds one link, a link whose text begins with "Previous article" or the like.
 * Source: HTML Standard 4.6.7.17.
 */
void beside_find(const GumboNode *root, struct span title, struct arena *arena,
                 struct span *previous, struct span *next);

#endif
