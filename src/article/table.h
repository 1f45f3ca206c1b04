/*
 * table: a table of text cells as preformatted lines, or as list items where it is too wide.
 */
#ifndef ARTICLE_TABLE_H
#define ARTICLE_TABLE_H

#include "article/document.h"

/* Widest line of a table, in columns of a terminal. */
#define TABLE_COLUMNS_MAX 72

/* A table that is being collected. */
struct table {
    struct arena arena;
    struct table_row *first, *last;
    size_t columns; /* most cells in a row */
};

void table_init(struct table *t, size_t cap);
void table_fini(struct table *t);

/* Begin a row; `heading` rows are set off by a line. */
void table_row(struct table *t, bool heading);

/*
 * Add a cell to the last row.
 *
 * text    one line or several; copied
 * span    columns that it covers, at least 1
 * right   numbers stand at the right
 */
void table_cell(struct table *t, struct span text, unsigned span, bool right);

/*
 * Append the table to doc: PRE with `caption` as alt text, columns aligned by display width (wide
 * signs count two), cells wrapped so that no line is wider than TABLE_COLUMNS_MAX; where that
 * cannot be, one list item a row, its cells parted by " · ".  An empty table adds nothing.
 * Source: UAX #11 (East Asian width), as libunistring has it.
 */
void table_write(const struct table *t, struct span caption, struct document *doc);

#endif
