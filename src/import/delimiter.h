/*
 * delimiter: the row of dashes below a Markdown table's head.
 */
#ifndef IMPORT_DELIMITER_H
#define IMPORT_DELIMITER_H

#include "core/buf.h"

/*
 * Append Markdown to out with the delimiter rows of its tables as every md4c understands them: the
 * specification asks for one dash in a cell, md4c before 0.5 for three.  Fenced code is left alone.
 *
 * Returns false, and appends nothing, when there is no such row: the text is good as it is.
 * Source: GitHub Flavored Markdown 4.10.
 */
bool delimiter_widen(struct span text, struct buf *out);

#endif
