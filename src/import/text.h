/*
 * text: importer for plain text, above all scrapes of news pages.
 */
#ifndef IMPORT_TEXT_H
#define IMPORT_TEXT_H

#include "article/document.h"

/*
 * Read clean text into doc.
 *
 * text    clean text (see clean.h), without front matter
 * doc     gets title, neighbours' titles and blocks; what it already holds of the former wins
 * Page furniture goes: the lines "No time to read?" and "Get a summary", and the markers "Previous
 * Article" and "Next Article" with their titles.  Every other word is kept, in order.  Paragraphs
 * that were wrapped at a width become one line; verse, addresses and lists keep their lines.
 * A source whose first line is no title leaves doc->title absent.
 * Returns ST_OK, ST_FORMAT when there is no text but furniture, ST_LIMIT or ST_NOMEM.
 */
enum status text_import(struct span text, struct document *doc, struct error *e) MUST_USE;

#endif
