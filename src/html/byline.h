/*
 * byline: who wrote a page, as its elements tell.
 */
#ifndef HTML_BYLINE_H
#define HTML_BYLINE_H

#include <gumbo.h>

#include "core/arena.h"

/*
 * The author, one line: from meta elements, rel=author, itemprop=author, then a byline inside the
 * article ("By Jo Reed").  Absent when there is none that reads like a name.
 *
 * root    of the page's tree
 */
struct span byline_find(const GumboNode *root, struct arena *arena);

#endif
