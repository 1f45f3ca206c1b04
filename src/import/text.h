/*
 * text: importer for plain text: scrapes of news pages, e-mails, books, reports.
 */
#ifndef IMPORT_TEXT_H
#define IMPORT_TEXT_H

#include "article/document.h"

/*
 * Read clean text into doc.
 *
 * text      clean text (see clean.h), without front matter, less than 4 GiB
 * wrapped   it is hard-wrapped, whatever the lengths of its lines; else that is found out
 * doc       gets title, neighbours' titles and blocks; what it already holds of the former wins
 * Page furniture goes: the lines "No time to read?" and "Get a summary", and the markers "Previous
 * Article" and "Next Article" with their titles; so do the marks of titles, quotes, lists and rules
 * that gemtext has its own for.  Every other word is kept, in order.  Paragraphs that were wrapped
 * at a width become one line; verse, addresses and lists keep their lines; tables and code become
 * preformatted.  A URL in running text gets a link line behind its block, once a page; lines that
 * are nothing but URLs become link lines.
 * A source whose first line is no title leaves doc->title absent.
 * Returns ST_OK, ST_FORMAT when there is no text but furniture, ST_LIMIT or ST_NOMEM.
 */
enum status text_import(struct span text, bool wrapped, struct document *doc,
                        struct error *e) MUST_USE;

#endif
