/*
 * frontmatter: `key: value` lines about an article, in a `---` block at its top or in a sidecar.
 *
 * A value, also one that only says so ("summary: >-"), goes on in the lines below that are indented
 * further than its key.  Below a key without one the lines that begin with "- " are a list, whose
 * items commas will part; what else is indented there is somebody else's business.
 */
#ifndef IMPORT_FRONTMATTER_H
#define IMPORT_FRONTMATTER_H

#include "article/document.h"

/*
 * Read the `---` block at the top of clean text, if there is one, into doc.
 *
 * rest    gets the text behind the block, or all of it when there is none: a rule without a
 *         closing line is text
 * name    how messages name the source
 * Returns ST_OK, ST_SYNTAX with the line of a value that cannot be right, ST_LIMIT with the line of
 * one that is too long for a page (1000 bytes, 20000 for prose), or ST_NOMEM.
 */
enum status frontmatter_read(struct span text, const char *name, struct document *doc,
                             struct span *rest, struct error *e) MUST_USE;

/*
 * Read a sidecar: the same `key: value` lines without the `---`.  What it says wins over what doc
 * already holds.
 */
enum status frontmatter_read_sidecar(struct span text, const char *name, struct document *doc,
                                     struct error *e) MUST_USE;

#endif
