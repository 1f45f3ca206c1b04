/*
 * furniture: which elements of a page are not part of its article.
 */
#ifndef HTML_FURNITURE_H
#define HTML_FURNITURE_H

#include <gumbo.h>
#include <stdbool.h>

/* Is the element never shown: script, style, template, hidden, aria-hidden, display: none ...? */
bool furniture_is_hidden(const GumboNode *node);

/* Is it the arrow that leads from a note back to the text, or a heading's sign for itself? */
bool furniture_is_back_link(const GumboNode *node);

/*
 * Is the element, inside or beside the main text, page furniture: navigation, forms and controls,
 * share bars, cookie notes, comments, advertisements, lists of related pieces, prompts such as
 * "No time to read? Get a summary"?  Judged by tag, role and the words of id and class, and by what
 * it holds, so that text of the article never goes with it.
 */
bool furniture_is(const GumboNode *node);

/*
 * Is the element a line that names the author or the date, by its name (byline, entry-meta), its
 * itemprop, rel=author or <time>?  Short, and no sentence: a reader who knows these facts loses
 * nothing when it is left out before the first paragraph of the article.
 */
bool furniture_is_byline(const GumboNode *node);

#endif
