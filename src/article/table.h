/*
 * table: a table of text cells as preformatted lines, or as list items where it is too wide.
 */
#ifndef ARTICLE_TABLE_H
#define ARTICLE_TABLE_H

#include "article/document.h"

/* Widest line of a table, in columns of a terminal. */
#define TABLE_COLUMNS_MAX 72

/* A table that is being collected.  Only what holds text is kept. */
struct table {
    struct arena arena;
    struct table_row *first, *last;
    size_t columns; /* up to the last one in which the text of a cell begins */
    size_t cells;
};

void table_init(struct table *t, size_t cap);
void table_fini(struct table *t);

/* Begin a row; `heading` rows are set off by a line. */
void table_row(struct table *t, bool heading);

/*
 * Add a cell to the last row.
 *
 * text    clean text, one line or several; copied
 * span    columns that it covers, at least 1
 * right   numbers stand at the right
 */
void table_cell(struct table *t, struct span text, unsigned span, bool right);

/*
 * Append the table to doc: PRE with `caption` as alt text, columns aligned by display width (wide
 * signs count two) and parted by two blanks, dashes below the first heading rows, cells wrapped
 * between words so that no line is wider than TABLE_COLUMNS_MAX.  Where that cannot be, because a
 * word or all columns together are too wide, the caption is a paragraph and each row a list item,
 * its cells parted by " · ".  Rows and columns without text are left out; an empty table adds
 * nothing.  A failure while the table was collected becomes one of doc's arena.
 * Source: UAX #11 (East Asian width) and UAX #14 (line breaking), as libunistring has them.
 */
void table_write(const struct table *t, struct span caption, struct document *doc);

#endif
