/*
 * markdown: importer for Markdown, by md4c.
 */
#ifndef IMPORT_MARKDOWN_H
#define IMPORT_MARKDOWN_H

#include "article/document.h"

/*
 * Read clean text into doc.
 *
 * text      without front matter
 * base_url  of relative links; where it is absent they lead to siblings, an article's source to its
 *           page
 * doc       gets title and blocks; a title that it holds wins
 * CommonMark with tables, task lists, strike-through and autolinks; HTML in it goes through
 * html/page.h, and where that refuses a part the whole is refused.  The first heading of level 1 is
 * the title, else a heading that the text begins with.
 * Returns ST_OK, ST_FORMAT when there is no text, ST_LIMIT when a short source would make too much
 * (see markdown.c) or its HTML is refused, or ST_NOMEM.
 * Source: CommonMark 0.30; GitHub Flavored Markdown 4.10, 5.3, 6.5, 6.9.
 */
enum status markdown_import(struct span text, struct span base_url, struct document *doc,
                            struct error *e) MUST_USE;

#endif
