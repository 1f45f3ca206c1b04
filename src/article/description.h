/*
 * description: what a page says of itself in its metadata, and whether that is a summary.
 */
#ifndef ARTICLE_DESCRIPTION_H
#define ARTICLE_DESCRIPTION_H

#include "article/document.h"

/*
 * Does the page's own description tell something?  It does not when it is the title again, with or
 * without the name of the site, or when it is cut off: it ends in an ellipsis, or in the midst of
 * a sentence that the article has whole at its beginning.
 *
 * Returns ST_OK, or ST_NOMEM and false.
 */
enum status description_tells(const struct document *doc, bool *tells) MUST_USE;

#endif
