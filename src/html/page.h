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
 * Returns ST_OK, ST_FORMAT when there is no text in it, ST_LIMIT when it is larger than HTML_MAX or
 * the guard refuses it (see guard.h), or ST_NOMEM.
 * Source: HTML Standard, section 13.2 (by gumbo).
 */
enum status html_read(struct span text, struct span base_url, struct document *doc,
                      struct error *e) MUST_USE;

/*
 * HTML inside another format, into an open flow: all of it is main text, but scripts and what else
 * is never shown.  The same limits; ST_LIMIT leaves the flow as it was.
 */
enum status html_read_fragment(struct span html, struct flow *f, struct error *e) MUST_USE;

/* The tags in one line of another format. */
struct html_line;

/*
 * Begin a line whose text goes into f; html_line_free ends the elements that it left open, and
 * takes NULL.  Returns NULL when there is no memory.
 */
struct html_line *html_line_new(struct flow *f);
void html_line_free(struct html_line *line);

/*
 * One tag of it: "<b>", "</a>", "<img src=x>"; what is no tag is passed over.
 * Returns ST_OK, ST_LIMIT when the guard refuses it, or ST_NOMEM.
 */
enum status html_line_tag(struct html_line *line, struct span tag, struct error *e) MUST_USE;

/* Is the text that comes inside an element that is never shown (a script)? */
bool html_line_is_hidden(const struct html_line *line);

#endif
