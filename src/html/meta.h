/*
 * meta: what a page says about its article outside its text.
 */
#ifndef HTML_META_H
#define HTML_META_H

#include <gumbo.h>

#include "article/document.h"

/*
 * Fill in what doc does not hold yet: title, author, date, lang, description, source, previous and
 * next (titles).
 *
 * root    of the page's tree, whole: navigation is where neighbours are named
 * base    URL of the page, absent when not known
 * Sources in this order: JSON-LD, OpenGraph and meta elements, the document itself.  The name of
 * the site is cut from the title element.  A date is taken as it is written (YYYY-MM-DD of an ISO
 * 8601 date), never computed.
 * Returns ST_OK or ST_NOMEM.
 * Source: schema.org (Article), ogp.me, HTML Standard 4.2.5 and 4.6.7.
 */
enum status meta_read(const GumboNode *root, struct span base, struct document *doc) MUST_USE;

#endif
