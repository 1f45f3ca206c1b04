/*
 * main_text: where in a page its article is.
 */
#ifndef HTML_MAIN_TEXT_H
#define HTML_MAIN_TEXT_H

#include <gumbo.h>

/* Elements that make up the main text, in document order. */
#define MAIN_TEXT_MAX 64

struct main_text {
    const GumboNode *roots[MAIN_TEXT_MAX]; /* borrowed from the tree; none inside another */
    size_t count;
};

/*
 * Find the main text.
 *
 * root    of the page's tree
 * First that holds text: itemprop=articleBody, an element known to hold article bodies by its class
 * or id, <article>, <main> or role=main, then the element that scores best by text and link
 * density, with siblings that belong to it; else the body.
 * Linear in the size of the tree (times the depth that the guard allows); allocates and frees its
 * own work space; on failure to do so the body is the answer.
 */
void main_text_find(const GumboNode *root, struct main_text *out);

#endif
