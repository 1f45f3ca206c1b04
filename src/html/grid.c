#include "html/grid.h"

#include <stdlib.h>

#include "html/furniture.h"
#include "html/picture.h"
#include "html/tree.h"

#define GRID_LOOK_MAX  2000 /* nodes that decide what a table is */
#define GRID_SPAN_MAX  64
#define GRID_ARENA_MAX ((size_t)64 * 1024 * 1024)

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

static unsigned grid_span(const GumboNode *cell)
{
    struct span value = tree_attribute(cell, "colspan");
    long span = value.n > 0 ? strtol(value.p, NULL, 10) : 1;
    return span < 1 ? 1 : span > GRID_SPAN_MAX ? GRID_SPAN_MAX : (unsigned)span;
}

static void grid_read_cell(struct walk *w, const GumboNode *cell, struct table *t)
{
    struct buf text;
    buf_init(&text, GRID_ARENA_MAX);
    w->cell = true;
    walk_tree(w, cell);
    w->cell = false;
    flow_take(w->flow, &text);
    struct span found = buf_span(&text);
    table_cell(t, found, grid_span(cell), grid_is_right(cell) || grid_is_number(found));
    buf_fini(&text);
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
    struct table t;
    table_init(&t, GRID_ARENA_MAX);
    flow_end(w->flow);
    const GumboNode *caption = NULL;
    for (const GumboNode *n = tree_next(table, table, true); n != NULL;) {
        bool hidden = tree_is_element(n) && furniture_is_hidden(n);
        bool cell = tree_is(n, GUMBO_TAG_TD) || tree_is(n, GUMBO_TAG_TH);
        bool named = tree_is(n, GUMBO_TAG_CAPTION);
        if (tree_is(n, GUMBO_TAG_TR) && !hidden)
            table_row(&t, grid_is_heading(n));
        if (cell && !hidden)
            grid_read_cell(w, n, &t);
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
    flow_table(w->flow, &t, buf_span(&w->text));
    table_fini(&t);
}
