#include "html/grid.h"

#include <stdlib.h>

#include "html/furniture.h"
#include "html/picture.h"
#include "html/tree.h"

#define GRID_LOOK_MAX  2000 /* nodes that decide what a table is */
#define GRID_SPAN_MAX  64
#define GRID_ROWS_MAX  1000 /* that a cell covers */
#define GRID_COLUMNS   256  /* in which cells may cover several rows */
#define GRID_ARENA_MAX ((size_t)64 * 1024 * 1024)

/* A table that is being read. */
struct grid {
    struct table table;
    unsigned left[GRID_COLUMNS]; /* rows that the cell above goes on to cover */
    size_t column;               /* of the next cell */
};

static bool grid_breaks_cell(GumboTag tag)
{
    return tag == GUMBO_TAG_TABLE || tag == GUMBO_TAG_UL || tag == GUMBO_TAG_OL ||
           tag == GUMBO_TAG_H1 || tag == GUMBO_TAG_H2 || tag == GUMBO_TAG_BLOCKQUOTE ||
           tag == GUMBO_TAG_PRE || tag == GUMBO_TAG_ARTICLE || tag == GUMBO_TAG_FORM ||
           tag == GUMBO_TAG_FIGURE || tag == GUMBO_TAG_HR;
}

bool grid_is_data(const GumboNode *table)
{
    if (tree_has_word(table, "role", "presentation") || tree_has_word(table, "role", "none"))
        return false;
    size_t rows = 0;
    size_t columns = 0;
    size_t cells = 0; /* of the row */
    size_t paragraphs = 0;
    size_t looked = 0;
    for (const GumboNode *n = tree_next(table, table, true); n != NULL && looked < GRID_LOOK_MAX;
         n = tree_next(table, n, true)) {
        looked++;
        if (!tree_is_element(n))
            continue;
        GumboTag tag = n->v.element.tag;
        if (grid_breaks_cell(tag))
            return false;
        paragraphs = tag == GUMBO_TAG_P ? paragraphs + 1 : paragraphs;
        if (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH) {
            cells++;
            paragraphs = 0;
        } else if (tag == GUMBO_TAG_TR) {
            rows++;
            cells = 0;
        }
        columns = cells > columns ? cells : columns;
        if (paragraphs > 1)
            return false;
    }
    return rows > 1 && columns > 1;
}

/* Is the cell a number, so that it stands at the right? */
static bool grid_is_number(struct span text)
{
    bool digit = false;
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        bool other = c == '.' || c == ',' || c == '-' || c == '+' || c == '%' || c == ' ' ||
                     c == ':' || c == 0xc2 || c == 0xa0; /* a no-break space */
        digit = digit || ascii_digit(c);
        if (!ascii_digit(c) && !other)
            return false;
    }
    return digit;
}

static bool grid_is_right(const GumboNode *cell)
{
    struct span style = tree_attribute(cell, "style");
    size_t at = 0;
    while (at < style.n && !span_starts(span_sub(style, at, style.n), SPAN("text-align")))
        at++;
    struct span value = span_trim(span_sub(style, at + SPAN("text-align").n, style.n));
    if (value.n > 0 && value.p[0] == ':')
        value = span_trim(span_sub(value, 1, value.n));
    return span_eq_nocase(tree_attribute(cell, "align"), SPAN("right")) ||
           span_starts(value, SPAN("right"));
}

static unsigned grid_span(const GumboNode *cell, const char *attribute, unsigned most)
{
    struct span value = tree_attribute(cell, attribute);
    long span = value.n > 0 ? strtol(value.p, NULL, 10) : 1;
    return span<1 ? 1 : span>(long) most ? most : (unsigned)span;
}

/* Where the cells above reach into the row, its own stand behind them. */
static void grid_skip(struct grid *g)
{
    while (g->column < GRID_COLUMNS && g->left[g->column] > 0) {
        table_cell(&g->table, SPAN(""), 1, false);
        g->left[g->column++]--;
    }
}

static void grid_row(struct grid *g, bool heading)
{
    for (; g->column < GRID_COLUMNS; g->column++)
        g->left[g->column] -= g->left[g->column] > 0;
    g->column = 0;
    table_row(&g->table, heading);
}

/* Cells end with the part of the table that they are in. */
static void grid_part(struct grid *g)
{
    for (size_t i = 0; i < GRID_COLUMNS; i++)
        g->left[i] = 0;
}

static void grid_read_cell(struct walk *w, const GumboNode *cell, struct grid *g)
{
    struct buf text;
    unsigned columns = grid_span(cell, "colspan", GRID_SPAN_MAX);
    unsigned rows = grid_span(cell, "rowspan", GRID_ROWS_MAX);
    buf_init(&text, GRID_ARENA_MAX);
    w->cell = true;
    walk_tree(w, cell);
    w->cell = false;
    flow_take(w->flow, &text);
    struct span found = buf_span(&text);
    grid_skip(g);
    table_cell(&g->table, found, columns, grid_is_right(cell) || grid_is_number(found));
    for (unsigned i = 0; i < columns; i++, g->column++) {
        if (g->column < GRID_COLUMNS)
            g->left[g->column] = rows - 1;
    }
    buf_fini(&text);
}

static bool grid_is_part(const GumboNode *node)
{
    return tree_is(node, GUMBO_TAG_THEAD) || tree_is(node, GUMBO_TAG_TBODY) ||
           tree_is(node, GUMBO_TAG_TFOOT);
}

/* Is this a row of headings: th alone, or in thead? */
static bool grid_is_heading(const GumboNode *row)
{
    const GumboVector *cells = tree_children(row);
    bool some = false;
    for (unsigned i = 0; cells != NULL && i < cells->length; i++) {
        if (tree_is(cells->data[i], GUMBO_TAG_TD))
            return false;
        some = some || tree_is(cells->data[i], GUMBO_TAG_TH);
    }
    return some;
}

void grid_read(struct walk *w, const GumboNode *table)
{
    struct grid g = {.column = GRID_COLUMNS};
    table_init(&g.table, GRID_ARENA_MAX);
    flow_end(w->flow);
    const GumboNode *caption = NULL;
    for (const GumboNode *n = tree_next(table, table, true); n != NULL;) {
        bool hidden = tree_is_element(n) && furniture_is_hidden(n);
        bool cell = tree_is(n, GUMBO_TAG_TD) || tree_is(n, GUMBO_TAG_TH);
        bool named = tree_is(n, GUMBO_TAG_CAPTION);
        if (tree_is(n, GUMBO_TAG_TR) && !hidden)
            grid_row(&g, grid_is_heading(n));
        if (cell && !hidden)
            grid_read_cell(w, n, &g);
        if (grid_is_part(n))
            grid_part(&g);
        if (named)
            caption = n;
        n = tree_next(table, n, !hidden && !cell && !named);
    }
    if (caption == NULL)
        w->consumed = caption = picture_caption(table);
    if (caption != NULL)
        walk_links(w, caption);
    buf_clear(&w->text);
    if (caption != NULL)
        tree_put_text(caption, &w->text);
    flow_table(w->flow, &g.table, buf_span(&w->text));
    table_fini(&g.table);
}
