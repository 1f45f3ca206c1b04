#include "article/table.h"

#include <unilbrk.h>
#include <uniwidth.h>

#include "article/clean.h"
#include "core/buf.h"
#include "core/utf8.h"
#include "prose/words.h"

#define TABLE_GUTTER 2

/* Most columns that can stand side by side, and most that are looked at to find out. */
#define TABLE_SHOWN_MAX   ((TABLE_COLUMNS_MAX + TABLE_GUTTER) / (1 + TABLE_GUTTER))
#define TABLE_COUNTED_MAX 1024

/* A cell covers no more columns than in HTML. */
#define TABLE_SPAN_MAX 1000

/* No column is made narrower than this: text that runs down the page one sign wide is no table. */
#define TABLE_NARROW 8

struct table_cell {
    struct table_cell *next;
    struct span text; /* lines without blanks at their ends, some text at both ends */
    size_t column;
    size_t index; /* among all cells */
    unsigned span;
    bool right;
};

struct table_row {
    struct table_row *next;
    struct table_cell *first, *last;
    size_t columns; /* that its cells cover, those without text too */
    bool heading;
};

/* Where everything stands. */
struct table_layout {
    const struct table *table;
    struct arena arena;
    size_t *before; /* of each column, and of the end: how many shown ones stand before it */
    size_t shown;   /* columns that are shown */
    size_t widths[TABLE_SHOWN_MAX]; /* of the shown ones */
    char **breaks; /* of each cell, by index: where a line may end; NULL when no cell is wrapped */
};

/* A cell that is being written. */
struct table_rest {
    const struct table_cell *cell;
    size_t at;
};

void table_init(struct table *t, size_t cap)
{
    *t = (struct table){0};
    arena_init(&t->arena, cap);
}

void table_fini(struct table *t)
{
    size_t cap = t->arena.cap;
    arena_fini(&t->arena);
    table_init(t, cap);
}

void table_row(struct table *t, bool heading)
{
    if (t->last != NULL && t->last->first == NULL) {
        *t->last = (struct table_row){.heading = heading}; /* there was nothing in it */
        return;
    }
    struct table_row *row = arena_alloc(&t->arena, sizeof *row);
    if (row == NULL)
        return;
    row->heading = heading;
    if (t->last == NULL)
        t->first = row;
    else
        t->last->next = row;
    t->last = row;
}

/* Add a cell that holds text to a row. */
static void table_add(struct table *t, struct table_row *row, struct table_cell cell)
{
    struct table_cell *kept = arena_alloc(&t->arena, sizeof *kept);
    cell.text = arena_copy(&t->arena, cell.text);
    if (kept == NULL || cell.text.p == NULL)
        return;
    *kept = cell;
    kept->index = t->cells++;
    if (row->last == NULL)
        row->first = kept;
    else
        row->last->next = kept;
    row->last = kept;
    if (t->columns <= kept->column)
        t->columns = kept->column + 1;
}

void table_cell(struct table *t, struct span text, unsigned span, bool right)
{
    if (t->last == NULL)
        table_row(t, false);
    struct table_row *row = t->last;
    if (row == NULL)
        return;
    span = span == 0 ? 1 : span > TABLE_SPAN_MAX ? TABLE_SPAN_MAX : span;
    size_t column = row->columns;
    row->columns += span;
    struct buf lines;
    struct span line;
    buf_init(&lines, text.n + 1);
    while (span_line(&text, &line)) {
        clean_line(line, &lines);
        buf_putc(&lines, '\n');
    }
    struct span kept = utf8_trim(buf_span(&lines));
    if (buf_status(&lines) != ST_OK && arena_status(&t->arena) == ST_OK)
        t->arena.status = buf_status(&lines);
    else if (kept.n > 0)
        table_add(
            t, row,
            (struct table_cell){.text = kept, .column = column, .span = span, .right = right});
    buf_fini(&lines);
}

static size_t table_width(struct span s)
{
    int width = u8_width((const uint8_t *)s.p, s.n, "UTF-8");
    return width > 0 ? (size_t)width : 0;
}

/* The shown columns that a cell covers: from *from up to *to. */
static void table_area(const struct table_layout *l, const struct table_cell *c, size_t *from,
                       size_t *to)
{
    size_t end = c->column + c->span;
    *from = l->before[c->column];
    *to = l->before[end < l->table->columns ? end : l->table->columns];
}

/* How wide some columns are together. */
static size_t table_sum(const size_t *widths, size_t from, size_t to)
{
    size_t sum = 0;
    for (size_t i = from; i < to; i++)
        sum += widths[i] + (i > from ? TABLE_GUTTER : 0);
    return sum;
}

/* Where lines of a cell may end; NULL when it is not to be wrapped. */
static const char *table_breaks(const struct table_layout *l, const struct table_cell *c)
{
    return l->breaks == NULL ? NULL : l->breaks[c->index];
}

/* Is there no more of the line at `at`? */
static bool table_line_ends(struct span text, size_t at)
{
    return at >= text.n || text.p[at] == '\n';
}

/* Where the word at `at` ends, with the blanks behind it; without breaks a line is one word. */
static size_t table_word(struct span text, const char *breaks, size_t at)
{
    if (breaks == NULL)
        return span_find(text, at, '\n');
    do
        at++;
    while (!table_line_ends(text, at) && breaks[at] != UC_BREAK_POSSIBLE);
    return at;
}

/* Width of the widest word of a cell. */
static size_t table_widest(const struct table_layout *l, const struct table_cell *c)
{
    size_t widest = 1;
    for (size_t at = 0; at < c->text.n; at++) {
        while (!table_line_ends(c->text, at)) {
            size_t end = table_word(c->text, table_breaks(l, c), at);
            size_t width = table_width(clean_end(span_sub(c->text, at, end)));
            widest = width > widest ? width : widest;
            at = end;
        }
    }
    return widest;
}

/*
 * Make some columns as wide together as is needed: first each up to `most`, when that is given,
 * then the last one.
 */
static void table_widen(size_t *widths, const size_t *most, size_t from, size_t to, size_t need)
{
    size_t have = table_sum(widths, from, to);
    for (size_t i = from; most != NULL && i < to && have < need; i++) {
        size_t more = most[i] > widths[i] ? most[i] - widths[i] : 0;
        more = more > need - have ? need - have : more;
        widths[i] += more;
        have += more;
    }
    if (have < need)
        widths[to - 1] += need - have;
}

/* Widen the columns to what their cells need, those that cover several columns last. */
static void table_need(const struct table_layout *l, size_t *widths, const size_t *most)
{
    for (int wide = 0; wide < 2; wide++) {
        for (const struct table_row *r = l->table->first; r != NULL; r = r->next) {
            for (const struct table_cell *c = r->first; c != NULL; c = c->next) {
                size_t from;
                size_t to;
                table_area(l, c, &from, &to);
                if ((to - from > 1) == (wide == 1))
                    table_widen(widths, most, from, to, table_widest(l, c));
            }
        }
    }
}

/* Find the columns that are shown.  Returns false when they are too many. */
static bool table_count(struct table_layout *l)
{
    const struct table *t = l->table;
    if (t->columns > TABLE_COUNTED_MAX)
        return false;
    l->before = arena_alloc(&l->arena, (t->columns + 1) * sizeof *l->before);
    if (l->before == NULL)
        return false;
    for (const struct table_row *r = t->first; r != NULL; r = r->next) {
        for (const struct table_cell *c = r->first; c != NULL; c = c->next)
            l->before[c->column + 1] = 1;
    }
    for (size_t i = 1; i <= t->columns; i++)
        l->before[i] += l->before[i - 1];
    l->shown = l->before[t->columns];
    return l->shown <= TABLE_SHOWN_MAX;
}

/* Where lines of text may end: behind a blank, and beside signs written without spaces. */
static char *table_find_breaks(struct arena *a, struct span text)
{
    char *breaks = arena_bytes(a, text.n);
    if (breaks == NULL)
        return NULL;
    u8_possible_linebreaks((const uint8_t *)text.p, text.n, "UTF-8", breaks);
    for (size_t i = 1; i < text.n; i++) {
        /* Not within an address, an option or a number, though UAX #14 lets a line end there. */
        if (breaks[i] == UC_BREAK_POSSIBLE && text.p[i - 1] != ' ' &&
            !words_begin_unspaced(span_sub(text, i, text.n)) &&
            !words_end_unspaced(span_sub(text, 0, i)))
            breaks[i] = UC_BREAK_PROHIBITED;
    }
    return breaks;
}

static bool table_find_all_breaks(struct table_layout *l)
{
    char **breaks = arena_alloc(&l->arena, l->table->cells * sizeof *breaks);
    for (const struct table_row *r = l->table->first; r != NULL && breaks != NULL; r = r->next) {
        for (const struct table_cell *c = r->first; c != NULL; c = c->next)
            breaks[c->index] = table_find_breaks(&l->arena, c->text);
    }
    l->breaks = breaks;
    return arena_status(&l->arena) == ST_OK;
}

/* Give each column what it would have, but no more than `level` where it needs less; the sum. */
static size_t table_level(struct table_layout *l, const size_t *natural, const size_t *least,
                          size_t level)
{
    for (size_t i = 0; i < l->shown; i++) {
        size_t width = natural[i] > level ? level : natural[i];
        l->widths[i] = width < least[i] ? least[i] : width;
    }
    return table_sum(l->widths, 0, l->shown);
}

/* Find the widths of the columns.  Returns false when they cannot stand side by side. */
static bool table_fit(struct table_layout *l)
{
    size_t natural[TABLE_SHOWN_MAX] = {0};
    size_t least[TABLE_SHOWN_MAX] = {0};
    table_need(l, natural, NULL);
    if (table_level(l, natural, least, SIZE_MAX) <= TABLE_COLUMNS_MAX)
        return true;
    if (!table_find_all_breaks(l))
        return false;
    for (size_t i = 0; i < l->shown; i++)
        least[i] = natural[i] < TABLE_NARROW ? natural[i] : TABLE_NARROW;
    table_need(l, least, natural);
    if (table_sum(least, 0, l->shown) > TABLE_COLUMNS_MAX)
        return false;
    size_t level = TABLE_COLUMNS_MAX;
    size_t sum;
    while ((sum = table_level(l, natural, least, level)) > TABLE_COLUMNS_MAX)
        level--;
    /* What is over is not enough for one more in every column that could use it. */
    for (size_t i = 0; i < l->shown && sum < TABLE_COLUMNS_MAX; i++) {
        if (l->widths[i] == level && natural[i] > level) {
            l->widths[i]++;
            sum++;
        }
    }
    return true;
}

/* Cut the next line from a cell: a line of its own, or as many words of it as `width` takes. */
static bool table_cut(const struct table_layout *l, struct table_rest *rest, size_t width,
                      struct span *line)
{
    struct span text = rest->cell->text;
    size_t at = rest->at;
    size_t used = 0;
    if (at >= text.n)
        return false;
    while (!table_line_ends(text, at)) {
        size_t end = table_word(text, table_breaks(l, rest->cell), at);
        struct span word = span_sub(text, at, end);
        if (at > rest->at && used + table_width(clean_end(word)) > width)
            break;
        used += table_width(word);
        at = end;
    }
    *line = clean_end(span_sub(text, rest->at, at));
    rest->at = table_line_ends(text, at) ? at + 1 : at;
    return true;
}

static void table_repeat(struct buf *out, char c, size_t times)
{
    for (size_t i = 0; i < times && buf_status(out) == ST_OK; i++)
        buf_putc(out, c);
}

/* Write one line of a row.  Returns false when there is none left. */
static bool table_put_line(const struct table_layout *l, struct table_rest *rests, size_t count,
                           struct buf *out)
{
    size_t column = 0;
    bool some = false;
    for (size_t i = 0; i < count; i++) {
        const struct table_cell *cell = rests[i].cell;
        struct span line;
        size_t from;
        size_t to;
        table_area(l, cell, &from, &to);
        size_t width = table_sum(l->widths, from, to);
        if (!table_cut(l, &rests[i], width, &line))
            continue;
        some = true;
        if (line.n == 0)
            continue;
        size_t start = table_sum(l->widths, 0, from) + (from > 0 ? TABLE_GUTTER : 0);
        size_t length = table_width(line);
        if (cell->right && length < width)
            start += width - length;
        table_repeat(out, ' ', start - column);
        buf_put(out, line);
        column = start + length;
    }
    if (some)
        buf_putc(out, '\n');
    return some;
}

static void table_put_row(const struct table_layout *l, const struct table_row *row,
                          struct buf *out)
{
    struct table_rest rests[TABLE_SHOWN_MAX];
    size_t count = 0;
    for (const struct table_cell *c = row->first; c != NULL; c = c->next)
        rests[count++] = (struct table_rest){.cell = c};
    while (table_put_line(l, rests, count, out))
        ;
}

static void table_put_rule(const struct table_layout *l, struct buf *out)
{
    for (size_t i = 0; i < l->shown; i++) {
        table_repeat(out, ' ', i > 0 ? TABLE_GUTTER : 0);
        table_repeat(out, '-', l->widths[i]);
    }
    buf_putc(out, '\n');
}

static void table_put_columns(const struct table_layout *l, struct buf *out)
{
    bool heading = false; /* was the row before one? */
    bool ruled = false;
    for (const struct table_row *r = l->table->first; r != NULL; r = r->next) {
        if (r->first == NULL)
            continue;
        if (heading && !r->heading && !ruled) {
            table_put_rule(l, out);
            ruled = true;
        }
        table_put_row(l, r, out);
        heading = r->heading;
    }
}

/* The caption and the rows as one block each. */
static void table_add_items(const struct table *t, struct span caption, struct document *doc,
                            struct buf *item)
{
    bool tight = caption.n > 0;
    if (caption.n > 0)
        document_add(doc, BLOCK_PARAGRAPH, caption);
    for (const struct table_row *r = t->first; r != NULL; r = r->next) {
        buf_clear(item);
        for (const struct table_cell *c = r->first; c != NULL; c = c->next) {
            if (c != r->first)
                buf_puts(item, " · ");
            clean_line(c->text, item);
        }
        if (buf_status(item) != ST_OK)
            return;
        if (item->n > 0) {
            document_add(doc, BLOCK_ITEM, buf_span(item))->tight = tight;
            tight = true;
        }
    }
}

/* What went wrong elsewhere goes wrong in doc. */
static void table_pass_on(enum status status, struct document *doc)
{
    if (arena_status(&doc->arena) == ST_OK)
        doc->arena.status = status;
}

void table_write(const struct table *t, struct span caption, struct document *doc)
{
    table_pass_on(arena_status(&t->arena), doc);
    if (t->cells == 0 || arena_status(&doc->arena) != ST_OK)
        return;
    struct table_layout l = {.table = t};
    struct buf alt;
    struct buf text;
    arena_init(&l.arena, SIZE_MAX); /* it takes as much as the table, which has a cap */
    buf_init(&alt, caption.n);
    buf_init(&text, doc->arena.cap - doc->arena.used);
    clean_line(caption, &alt);
    bool columns = table_count(&l) && table_fit(&l);
    table_pass_on(arena_status(&l.arena), doc);
    table_pass_on(buf_status(&alt), doc);
    if (columns) {
        table_put_columns(&l, &text);
        table_pass_on(buf_status(&text), doc);
        document_add_headed(doc, BLOCK_PRE, buf_span(&alt), clean_end(buf_span(&text)));
    } else {
        table_add_items(t, buf_span(&alt), doc, &text);
        table_pass_on(buf_status(&text), doc);
    }
    buf_fini(&alt);
    buf_fini(&text);
    arena_fini(&l.arena);
}
