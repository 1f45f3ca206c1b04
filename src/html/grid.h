/*
 * grid: tables of data, and those that only lay a page out.
 */
#ifndef HTML_GRID_H
#define HTML_GRID_H

#include "html/walk.h"

/*
 * Does the table hold data?  Not when it says so (role=presentation), has tables, headings, lists
 * or several paragraphs in its cells, or fewer than two rows or columns.
 * Looks at a bounded number of nodes; a table too large for that is data when what was seen is.
 */
bool grid_is_data(const GumboNode *table);

/* Read a table of data into the walk's flow: preformatted, its caption as alt text. */
void grid_read(struct walk *w, const GumboNode *table);

#endif
