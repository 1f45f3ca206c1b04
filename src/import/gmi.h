/*
 * gmi: importer for gemtext: it is kept as it is, line by line, but for what every page keeps.
 */
#ifndef IMPORT_GMI_H
#define IMPORT_GMI_H

#include "article/document.h"

/*
 * Read clean text into doc.
 *
 * text   without front matter
 * doc    gets title and blocks; a title that it holds wins
 * The first `# ` is the title, later ones become `## `.  Lines that stand together stay together; a
 * fence that is never closed ends with the text; a link whose scheme runs or carries something
 * becomes text.  Reading a page that gemtext.h wrote gives that page again.
 * Returns ST_OK, ST_FORMAT when there is no text, ST_LIMIT or ST_NOMEM.
 * Source: Gemini hypertext format ("gemtext") specification 0.24.1, sections 5 and 6.
 */
enum status gmi_import(struct span text, struct document *doc, struct error *e) MUST_USE;

#endif
