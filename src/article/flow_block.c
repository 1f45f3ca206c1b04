#include <unicase.h>
#include <unictype.h>

#include "article/clean.h"
#include "article/flow_internal.h"
#include "article/gemtext.h"
#include "core/utf8.h"

static struct flow_list *flow_list(struct flow *f)
{
    size_t depth = f->depth > FLOW_LIST_MAX ? FLOW_LIST_MAX : f->depth;
    return &f->lists[depth - 1];
}

static uint8_t flow_level(unsigned depth)
{
    return (uint8_t)(depth > UINT8_MAX ? UINT8_MAX : depth);
}

/* Put a number of a list as letters: a to z, then aa. */
static void flow_put_letters(long number, char first, struct buf *out)
{
    char letters[16];
    size_t at = sizeof letters;
    for (; number > 0; number = (number - 1) / 26)
        letters[--at] = (char)(first + (number - 1) % 26);
    buf_put(out, (struct span){letters + at, sizeof letters - at});
}

/* Put a number of a list in Roman letters. */
static void flow_put_roman(long number, bool lower, struct buf *out)
{
    static const struct {
        long value;
        const char *upper, *lower;
    } signs[] = {{1000, "M", "m"}, {900, "CM", "cm"}, {500, "D", "d"}, {400, "CD", "cd"},
                 {100, "C", "c"},  {90, "XC", "xc"},  {50, "L", "l"},  {40, "XL", "xl"},
                 {10, "X", "x"},   {9, "IX", "ix"},   {5, "V", "v"},   {4, "IV", "iv"},
                 {1, "I", "i"}};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        for (; number >= signs[i].value; number -= signs[i].value)
            buf_puts(out, lower ? signs[i].lower : signs[i].upper);
    }
}

/* Put a number of a list; neither letters nor Roman ones go below 1 or up for ever. */
static void flow_put_number(long number, char style, struct buf *out)
{
    bool letters = style == 'a' || style == 'A';
    bool roman = style == 'i' || style == 'I';
    if (letters && number > 0)
        flow_put_letters(number, style, out);
    else if (roman && number > 0 && number < 4000)
        flow_put_roman(number, style == 'i', out);
    else
        buf_putf(out, "%ld", number);
    buf_puts(out, ". ");
}

/*
 * Put the marks of the item whose first text comes.  In an item line the writer shows its nesting;
 * a quote and a text line show it themselves, but where a number alone is enough.
 */
static void flow_put_marks(struct flow *f, bool item_line)
{
    buf_clear(&f->line);
    if (!f->item)
        return;
    f->item = false;
    bool numbered = flow_list(f)->ordered;
    if (!item_line && (f->depth > 1 || !numbered))
        buf_puts(&f->line, "* ");
    for (unsigned i = 1; !item_line && i < f->depth && i <= GEMTEXT_DEPTH_MAX; i++)
        buf_puts(&f->line, "– ");
    buf_put(&f->line, buf_span(&f->mark));
}

/* How many lists were open where the innermost quote began. */
static unsigned *flow_quoted_lists(struct flow *f)
{
    unsigned inner = f->quotes == 0 ? 0 : f->quotes - 1;
    return &f->quoted_lists[inner < FLOW_QUOTE_MAX ? inner : FLOW_QUOTE_MAX - 1];
}

static void flow_add_quote(struct flow *f, struct span text)
{
    bool in_list = f->depth > *flow_quoted_lists(f);
    flow_put_marks(f, false);
    buf_put(&f->line, text);
    if (f->quoted && !(in_list && f->tight))
        document_add(f->doc, BLOCK_QUOTE, SPAN(""))->tight = true;
    struct block *b = document_add(f->doc, BLOCK_QUOTE, clean_end(buf_span(&f->line)));
    b->level = flow_level(f->quotes - 1);
    b->tight = f->quoted || f->tight;
    f->quoted = true;
    f->tight = f->depth > 0;
}

static void flow_add_in_list(struct flow *f, struct span text)
{
    bool item = f->item && (!flow_list(f)->ordered || f->depth > 1);
    flow_put_marks(f, item);
    buf_put(&f->line, text);
    struct span line = clean_end(buf_span(&f->line)); /* it may have nothing but its mark */
    struct block *b = document_add(f->doc, item ? BLOCK_ITEM : BLOCK_PARAGRAPH, line);
    b->level = flow_level(f->depth - 1);
    b->tight = f->tight;
    f->tight = true;
}

/* The next letter or digit of a text, lower case; 0 at its end. */
static uint32_t flow_next_letter(struct span *text)
{
    while (text->n > 0) {
        uint32_t cp = 0;
        unsigned len = utf8_decode(*text, &cp);
        *text = span_sub(*text, len > 0 ? len : 1, text->n);
        if (len > 0 && uc_is_alnum(cp))
            return uc_tolower(cp);
    }
    return 0;
}

/* Do two titles say the same, but for case, blanks and punctuation? */
static bool flow_same_words(struct span a, struct span b)
{
    struct span whole = a;
    struct span other = b;
    for (bool some = false;; some = true) {
        uint32_t next = flow_next_letter(&a);
        if (next != flow_next_letter(&b))
            return false;
        if (next == 0)
            return some || span_eq(whole, other);
    }
}

static void flow_add_heading(struct flow *f, struct span text)
{
    buf_clear(&f->line);
    clean_line(text, &f->line);
    struct span line = buf_span(&f->line);
    if (f->heading == 1 && f->doc->title.p == NULL) {
        f->doc->title = arena_copy(&f->doc->arena, line);
        return;
    }
    bool first = f->heading == 1 || f->doc->count == 0;
    if (first && flow_same_words(line, f->doc->title))
        return;
    document_add(f->doc, BLOCK_HEADING, line)->level = f->heading > 2 ? 3 : 2;
}

void flow_add(struct flow *f, struct span text)
{
    if (f->quotes > 0) {
        flow_add_quote(f, text);
    } else if (f->depth > 0) {
        struct span line;
        while (span_line(&text, &line))
            flow_add_in_list(f, line);
    } else if (f->heading > 0) {
        flow_add_heading(f, text);
    } else {
        document_add(f->doc, BLOCK_PARAGRAPH, text);
    }
    flow_check(f, &f->line);
}

void flow_heading_begin(struct flow *f, unsigned level)
{
    flow_end(f);
    f->heading = level;
}

void flow_heading_end(struct flow *f)
{
    flow_end(f);
    f->heading = 0;
}

void flow_list_begin(struct flow *f, struct flow_list list)
{
    flow_end(f);
    if (f->depth++ == 0) {
        f->tight = false;
        f->links_only = true;
        f->list_start = f->doc->count;
    }
    *flow_list(f) = list;
    f->item = false;
}

void flow_list_end(struct flow *f)
{
    flow_flush(f);
    f->item = false;
    f->depth -= f->depth > 0;
    if (f->depth > 0)
        return;
    if (f->links_only && f->quotes == 0 && f->doc->count > f->list_start)
        f->doc->count = f->list_start; /* the links say it all */
    f->links_only = false;
    f->tight = false;
    flow_write_links(f);
}

void flow_item_begin(struct flow *f, struct span mark)
{
    flow_end(f);
    if (f->depth == 0)
        return; /* no list: a paragraph */
    struct flow_list *list = flow_list(f);
    f->item = true;
    f->task = mark.n > 0;
    buf_clear(&f->mark);
    if (list->ordered) {
        flow_put_number(list->number, list->style, &f->mark);
        list->number += list->reversed ? -1 : 1;
    }
    buf_put(&f->mark, mark);
}

void flow_item_end(struct flow *f)
{
    flow_end(f);
    f->item = false;
}

void flow_item_number(struct flow *f, long number)
{
    if (f->depth > 0)
        flow_list(f)->number = number;
}

void flow_quote_begin(struct flow *f)
{
    flow_end(f);
    if (f->quotes++ == 0)
        f->quoted = false;
    *flow_quoted_lists(f) = f->depth;
}

void flow_quote_end(struct flow *f)
{
    flow_flush(f);
    if (f->quotes > 0)
        f->quotes--;
    flow_write_links(f);
}

void flow_rule(struct flow *f)
{
    flow_end(f);
    bool meant = f->doc->count > 0 && f->doc->blocks[f->doc->count - 1].kind != BLOCK_RULE;
    if (meant && f->depth == 0 && f->quotes == 0)
        document_add(f->doc, BLOCK_RULE, SPAN(""));
}

/*
 * Begin a block that has a shape of its own.  It cannot be an item's first line or stand in a
 * quote; the number of an item that has no other text stands before it.  Returns its index.
 */
static size_t flow_begin_apart(struct flow *f)
{
    flow_end(f);
    f->links_only = false;
    if (f->item && f->mark.n > 0 && f->quotes > 0)
        flow_add_quote(f, SPAN(""));
    else if (f->item && f->mark.n > 0)
        flow_add_in_list(f, SPAN(""));
    f->quoted = false;
    return f->doc->count;
}

/* In a list it stands close to what is around it, as all in a list does. */
static void flow_end_apart(struct flow *f, size_t index)
{
    if (index < f->doc->count)
        f->doc->blocks[index].tight = f->tight;
    f->tight = f->depth > 0;
}

void flow_pre(struct flow *f, struct span alt, struct span text)
{
    flow_end(f);
    buf_clear(&f->clean);
    flow_put_clean(f, text, &f->clean);
    if (utf8_trim(buf_span(&f->clean)).n == 0)
        return;
    struct buf label;
    struct buf lines;
    buf_init(&label, FLOW_TEXT_MAX);
    buf_init(&lines, FLOW_TEXT_MAX);
    clean_tabs(buf_span(&f->clean), &lines);
    flow_put_line(f, alt, &label);
    size_t index = flow_begin_apart(f);
    document_add_headed(f->doc, BLOCK_PRE, buf_span(&label), buf_span(&lines));
    flow_end_apart(f, index);
    flow_check(f, &label);
    flow_check(f, &lines);
    buf_fini(&label);
    buf_fini(&lines);
}

void flow_table(struct flow *f, const struct table *t, struct span caption)
{
    struct buf label;
    buf_init(&label, FLOW_TEXT_MAX);
    /* The cells' links wait, and may not go before the table. */
    struct buf queue = f->queue;
    buf_init(&f->queue, FLOW_TEXT_MAX);
    flow_put_line(f, caption, &label);
    size_t index = flow_begin_apart(f);
    table_write(t, buf_span(&label), f->doc);
    flow_end_apart(f, index);
    flow_check(f, &label);
    buf_fini(&label);
    buf_fini(&f->queue);
    f->queue = queue;
    flow_write_links(f);
}
