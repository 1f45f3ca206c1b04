/*
 * page: the room's door: a saved web page to a document.
 */
#ifndef HTML_PAGE_H
#define HTML_PAGE_H

#include "article/document.h"
#include "article/flow.h"

/* Largest page that is parsed. */
#define HTML_MAX ((size_t)2 * 1024 * 1024)

/*
 * Read a page into doc.
 *
 * text      clean text (see article/clean.h)
 * base_url  where the page was, absent when that is not known
 * doc       gets what is known about the article and the blocks of its main text; what doc already
 *           holds about it wins
 * Returns ST_OK, ST_FORMAT when there is no text in it, ST_LIMIT when the guard refuses it (see
 * guard.h), or ST_NOMEM.
 * Source: HTML Standard, section 13.2 (by gumbo).
 */
enum status html_read(struct span text, struct span base_url, struct document *doc,
                      struct error *e) MUST_USE;

/*
 * HTML inside another format, into an open flow: all of it is main text, but scripts and what else
 * is never shown.  The same limits; ST_LIMIT leaves the flow as it was.
 */
enum status html_read_fragment(struct span html, struct flow *f, struct error *e) MUST_USE;

#endif
