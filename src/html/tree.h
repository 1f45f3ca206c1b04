/*
 * tree: walking gumbo's tree without recursion, and asking its nodes.
 */
#ifndef HTML_TREE_H
#define HTML_TREE_H

#include <gumbo.h>

#include "core/buf.h"

/*
 * The node that follows in document order, within `root`.
 *
 * node    where the walk is; root at the start
 * into    whether the children of `node` are entered
 * Returns NULL behind the last one.
 */
const GumboNode *tree_next(const GumboNode *root, const GumboNode *node, bool into);

/* The children of a node; NULL when it is of a kind that has none. */
const GumboVector *tree_children(const GumboNode *node);

bool tree_is_element(const GumboNode *node);
bool tree_is(const GumboNode *node, GumboTag tag);

/* Is it an element of this name?  For names that not every gumbo knows, and for those of others. */
bool tree_is_named(const GumboNode *node, const char *name);

/* Is it an anchor that leads somewhere?  One that is a target only holds whatever follows when
 * nobody closed it, as "<a name=top/>" does not. */
bool tree_is_link(const GumboNode *node);

/* Text of a text, CDATA or white space node; absent for others. */
struct span tree_text_of(const GumboNode *node);

/* Value of an attribute, absent when there is none; borrowed from the tree. */
struct span tree_attribute(const GumboNode *node, const char *name);
bool tree_has_attribute(const GumboNode *node, const char *name);

/* Cut the next blank-separated word from *rest; false when there is none. */
bool tree_next_word(struct span *rest, struct span *word);

/* Is `word` one of the blank-separated words of the attribute, in any case of letters? */
bool tree_has_word(const GumboNode *node, const char *attribute, const char *word);

/* Does the attribute hold this, as a word or as a part of one ("article__byline")? */
bool tree_has_part(const GumboNode *node, const char *attribute, const char *part);

/* Append all text below a node (its own, when it is text), but that of scripts and styles. */
void tree_put_text(const GumboNode *node, struct buf *out);

#endif
