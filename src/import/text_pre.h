/*
 * text_pre: the lines of a plain text that must stay as they are: tables of aligned columns, code.
 */
#ifndef IMPORT_TEXT_PRE_H
#define IMPORT_TEXT_PRE_H

#include "core/buf.h"
#include "import/text_lines.h"

/*
 * Find a table in a group: lines that have at least two gaps, of two blanks or a tab, which line up
 * with those of the next such line.  The lines first..end are it.
 */
bool text_table(const struct text_lines *l, size_t *first, size_t *end);

/* Is the group code: indented, and at least half of its lines end or look as no sentence does? */
bool text_is_code(const struct text_lines *l);

/* May the group go on with the code above it? */
bool text_goes_on_with_code(const struct text_lines *l);

/* Append the lines as they are, each with an LF, but for tabs and the blanks at their ends. */
void text_pre_put(const struct text_lines *l, size_t from, size_t to, struct buf *out);

#endif
