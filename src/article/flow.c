#include "article/flow.h"

#include <string.h>

#include "article/clean.h"
#include "article/flow_internal.h"
#include "article/script.h"
#include "article/words.h"
#include "core/utf8.h"

void flow_init(struct flow *f, struct document *doc, struct span base, enum link_relative relative)
{
    *f = (struct flow){.doc = doc, .base = base, .relative = relative};
    struct buf *const bufs[] = {&f->text, &f->clean, &f->line,  &f->mark,
                                &f->url,  &f->label, &f->queue, &f->sole};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_init(bufs[i], FLOW_TEXT_MAX);
    book_init(&f->seen);
}

void flow_check(struct flow *f, const struct buf *b)
{
    if (buf_status(b) != ST_OK && f->doc->arena.status == ST_OK)
        f->doc->arena.status = buf_status(b);
}

void flow_fini(struct flow *f)
{
    flow_link_end(f);
    f->quotes = f->depth = 0;
    flow_end(f);
    if (f->doc->count > 0 && f->doc->blocks[f->doc->count - 1].kind == BLOCK_RULE)
        f->doc->count--; /* a break before nothing */
    struct buf *const bufs[] = {&f->text, &f->clean, &f->line,  &f->mark,
                                &f->url,  &f->label, &f->queue, &f->sole};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++) {
        flow_check(f, bufs[i]);
        buf_fini(bufs[i]);
    }
    book_fini(&f->seen);
}

static bool flow_is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

/* Write the blank that waited for `next`, unless a line was broken between signs that need none. */
static void flow_put_gap(struct flow *f, struct span next)
{
    char gap = f->gap;
    f->gap = 0;
    if (gap == 0 || f->text.n == 0 || flow_is_blank(f->text.p[f->text.n - 1]))
        return;
    if (gap != '\n' || !words_end_unspaced(buf_span(&f->text)) || !words_begin_unspaced(next))
        buf_putc(&f->text, ' ');
}

void flow_text(struct flow *f, struct span text)
{
    for (size_t at = 0; at < text.n;) {
        size_t end = at;
        while (end < text.n && flow_is_blank(text.p[end]))
            f->gap = text.p[end++] == '\n' || f->gap == '\n' ? '\n' : ' ';
        if (end == text.n)
            return;
        flow_put_gap(f, span_sub(text, end, text.n));
        at = end;
        while (end < text.n && !flow_is_blank(text.p[end]))
            end++;
        buf_put(&f->text, span_sub(text, at, end));
        at = end;
    }
}

void flow_break(struct flow *f)
{
    f->gap = 0;
    buf_putc(&f->text, '\n');
}

void flow_script_begin(struct flow *f, enum flow_script script)
{
    flow_script_end(f);
    flow_put_gap(f, (struct span){NULL, 0});
    f->script = script;
    f->script_start = f->text.n;
}

void flow_script_end(struct flow *f)
{
    enum flow_script script = f->script;
    f->script = FLOW_NORMAL;
    if (script == FLOW_NORMAL || f->script_start >= f->text.n)
        return;
    buf_clear(&f->line);
    struct span all = buf_span(&f->text);
    struct span raised = span_sub(all, f->script_start, all.n);
    if (script == FLOW_SUB)
        script_sub(span_trim(raised), &f->line);
    else
        script_super(span_trim(raised), span_sub(all, 0, f->script_start), &f->line);
    buf_cut(&f->text, f->script_start);
    buf_put(&f->text, buf_span(&f->line));
}

/* Is there nothing that cleaning would change? */
static bool flow_is_clean(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((s.p[i] < 0x20 && s.p[i] != '\n') || s.p[i] == 0x7f)
            return false;
    }
    return true;
}

/* Append raw text to out as clean text. */
static void flow_put_clean(struct flow *f, struct span raw, struct buf *out)
{
    if (flow_is_clean(raw))
        buf_put(out, raw);
    else if (clean_text(raw, "text", out, NULL) == ST_NOMEM && f->doc->arena.status == ST_OK)
        f->doc->arena.status = ST_NOMEM;
}

void flow_put_line(struct flow *f, struct span raw, struct buf *out)
{
    buf_clear(&f->clean);
    flow_put_clean(f, raw, &f->clean);
    clean_line(buf_span(&f->clean), out);
}

/* Forget the open block's text; its links stay. */
static void flow_clear(struct flow *f)
{
    buf_clear(&f->text);
    buf_clear(&f->sole);
    f->links = 0;
    f->heading = 0;
    f->script = FLOW_NORMAL;
    f->label_start = 0;
    f->gap = 0;
}

void flow_take(struct flow *f, struct buf *out)
{
    struct span line;
    flow_script_end(f);
    buf_clear(&f->clean);
    flow_put_clean(f, buf_span(&f->text), &f->clean);
    struct span rest = buf_span(&f->clean);
    size_t start = out->n;
    while (span_line(&rest, &line)) {
        size_t before = out->n;
        if (before > start)
            buf_putc(out, '\n');
        size_t begun = out->n;
        clean_line(line, out);
        if (out->n == begun)
            buf_cut(out, before);
    }
    flow_clear(f);
}

static struct flow_list *flow_list(struct flow *f)
{
    size_t depth = f->depth > FLOW_LIST_MAX ? FLOW_LIST_MAX : f->depth;
    return &f->lists[depth - 1];
}

/* The marks of an item: its nesting is shown by the writer, but in a quote that has no items. */
static void flow_put_marks(struct flow *f, bool item_line)
{
    if (!f->item)
        return;
    f->item = false;
    if (!item_line && f->quotes > 0 && !f->numbered)
        buf_puts(&f->line, "* ");
    for (unsigned i = 1; !item_line && i < f->depth && i <= FLOW_LIST_MAX; i++)
        buf_puts(&f->line, "– ");
    if (f->numbered)
        buf_putf(&f->line, "%ld. ", f->number);
    buf_put(&f->line, buf_span(&f->mark));
}

/* Add one clean line, or lines, as the block that the context asks for. */
static void flow_add_quote(struct flow *f, struct span text)
{
    bool item = f->item;
    unsigned level = f->quotes - 1;
    buf_clear(&f->line);
    flow_put_marks(f, false);
    buf_put(&f->line, text);
    if (f->quoted && !(item && f->tight)) {
        struct block *mark = document_add(f->doc, BLOCK_QUOTE, SPAN(""));
        mark->tight = true;
    }
    struct block *b = document_add(f->doc, BLOCK_QUOTE, buf_span(&f->line));
    b->level = (uint8_t)(level > UINT8_MAX ? UINT8_MAX : level);
    b->tight = f->quoted;
    f->quoted = true;
    f->tight = f->depth > 0;
}

static void flow_add_in_list(struct flow *f, struct span text)
{
    unsigned level = f->depth - 1;
    bool item = f->item && (!f->numbered || level > 0);
    buf_clear(&f->line);
    flow_put_marks(f, item);
    buf_put(&f->line, text);
    struct block *b = document_add(f->doc, item ? BLOCK_ITEM : BLOCK_PARAGRAPH, buf_span(&f->line));
    b->level = (uint8_t)(level > UINT8_MAX ? UINT8_MAX : level);
    b->tight = f->tight;
    f->tight = true;
}

/* Do two titles say the same, but for case, blanks and punctuation? */
static bool flow_same_words(struct span a, struct span b)
{
    size_t i = 0;
    size_t j = 0;
    for (;;) {
        while (i < a.n && !ascii_alpha(a.p[i]) && !ascii_digit(a.p[i]) && (a.p[i] & 0x80) == 0)
            i++;
        while (j < b.n && !ascii_alpha(b.p[j]) && !ascii_digit(b.p[j]) && (b.p[j] & 0x80) == 0)
            j++;
        if (i == a.n || j == b.n)
            return i == a.n && j == b.n;
        if (ascii_lower(a.p[i++]) != ascii_lower(b.p[j++]))
            return false;
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

/* Add a paragraph of clean lines (no empty ones). */
static void flow_add(struct flow *f, struct span text)
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
        document_add(f->doc, BLOCK_PARAGRAPH, text)->tight = false;
    }
}

/* Is the block nothing but its only link? */
static bool flow_is_sole_link(const struct flow *f, struct span text)
{
    return f->links == 1 && f->heading == 0 && f->quotes == 0 && f->sole.n > 0 &&
           span_eq(text, buf_span(&f->sole));
}

/* Make blocks of the open text: paragraphs are what empty lines part. */
static void flow_flush(struct flow *f)
{
    struct buf lines;
    struct span line;
    flow_script_end(f);
    if (f->linking)
        flow_keep_label(f);
    if (span_trim(buf_span(&f->text)).n == 0) {
        flow_clear(f);
        return;
    }
    buf_init(&lines, FLOW_TEXT_MAX);
    buf_clear(&f->clean);
    flow_put_clean(f, buf_span(&f->text), &f->clean);
    struct span rest = buf_span(&f->clean);
    bool some = span_line(&rest, &line);
    while (some) {
        size_t start = lines.n;
        if (start > 0)
            buf_putc(&lines, '\n');
        size_t begun = lines.n;
        clean_line(line, &lines);
        some = span_line(&rest, &line);
        bool empty = lines.n == begun;
        if (empty)
            buf_cut(&lines, start);
        else
            flow_queue_bare(f, span_sub(buf_span(&lines), begun, lines.n));
        if (lines.n == 0 || (some && !empty))
            continue;
        bool sole = !some && flow_is_sole_link(f, buf_span(&lines));
        f->links_only = f->links_only && sole && f->item;
        if (!sole || f->depth > 0)
            flow_add(f, buf_span(&lines));
        buf_clear(&lines);
    }
    flow_check(f, &lines);
    buf_fini(&lines);
    flow_clear(f);
}

void flow_end(struct flow *f)
{
    flow_flush(f);
    flow_write_links(f);
}

void flow_heading(struct flow *f, unsigned level)
{
    flow_end(f);
    f->heading = level;
}

void flow_list_begin(struct flow *f, bool ordered, long start)
{
    flow_end(f);
    if (f->depth++ == 0) {
        f->tight = false;
        f->links_only = true;
        f->list_start = f->doc->count;
    }
    *flow_list(f) = (struct flow_list){.ordered = ordered, .number = start};
    f->item = false;
}

void flow_list_end(struct flow *f)
{
    flow_flush(f);
    f->item = false;
    if (f->depth == 0 || --f->depth > 0)
        return;
    if (f->links_only && f->quotes == 0 && f->doc->count > f->list_start)
        f->doc->count = f->list_start; /* the links say it all */
    f->links_only = false;
    f->tight = false;
    flow_write_links(f);
}

void flow_item(struct flow *f, struct span mark)
{
    flow_end(f);
    f->item = true;
    buf_clear(&f->mark);
    buf_put(&f->mark, mark);
    f->numbered = f->depth > 0 && flow_list(f)->ordered;
    if (f->numbered)
        f->number = flow_list(f)->number++;
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

/* A block that has a shape of its own: it is no item's first line, and nothing stands close. */
static void flow_set_apart(struct flow *f)
{
    flow_end(f);
    f->links_only = false;
    f->tight = false;
    f->quoted = false;
}

void flow_pre(struct flow *f, struct span alt, struct span text)
{
    flow_set_apart(f);
    struct buf label;
    buf_init(&label, FLOW_TEXT_MAX);
    flow_put_line(f, alt, &label);
    buf_clear(&f->clean);
    flow_put_clean(f, text, &f->clean);
    buf_clear(&f->line);
    clean_tabs(buf_span(&f->clean), &f->line);
    if (span_trim(buf_span(&f->line)).n > 0)
        document_add_headed(f->doc, BLOCK_PRE, buf_span(&label), buf_span(&f->line));
    flow_check(f, &label);
    buf_fini(&label);
}

void flow_table(struct flow *f, const struct table *t, struct span caption)
{
    flow_set_apart(f);
    buf_clear(&f->line);
    flow_put_line(f, caption, &f->line);
    table_write(t, buf_span(&f->line), f->doc);
    flow_write_links(f);
}
