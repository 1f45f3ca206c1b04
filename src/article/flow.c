#include "article/flow.h"

#include <string.h>

#include "article/clean.h"
#include "article/flow_internal.h"
#include "article/script.h"
#include "prose/words.h"

#define FLOW_BUFS 8

static void flow_bufs(struct flow *f, struct buf *bufs[FLOW_BUFS])
{
    struct buf *const all[FLOW_BUFS] = {&f->text, &f->clean, &f->line,  &f->mark,
                                        &f->url,  &f->label, &f->queue, &f->labels};
    for (size_t i = 0; i < FLOW_BUFS; i++)
        bufs[i] = all[i];
}

void flow_init(struct flow *f, struct document *doc, struct span base, enum link_relative relative)
{
    struct buf *bufs[FLOW_BUFS];
    *f = (struct flow){.doc = doc, .base = base, .relative = relative};
    flow_bufs(f, bufs);
    for (size_t i = 0; i < FLOW_BUFS; i++)
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
    struct buf *bufs[FLOW_BUFS];
    flow_link_end(f);
    flow_flush(f);
    f->quotes = f->depth = 0;
    flow_write_links(f);
    if (f->doc->count > 0 && f->doc->blocks[f->doc->count - 1].kind == BLOCK_RULE)
        f->doc->count--; /* a break before nothing */
    flow_bufs(f, bufs);
    for (size_t i = 0; i < FLOW_BUFS; i++) {
        flow_check(f, bufs[i]);
        buf_fini(bufs[i]);
    }
    book_fini(&f->seen);
}

static bool flow_is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

void flow_put_gap(struct flow *f, struct span next)
{
    char gap = f->gap;
    f->gap = 0;
    bool parted = f->text.n == 0 || flow_is_blank(f->text.p[f->text.n - 1]);
    /* A line broken between signs of a script without spaces is no blank. */
    if (gap != 0 && !parted &&
        (gap != '\n' || !words_end_unspaced(buf_span(&f->text)) || !words_begin_unspaced(next)))
        buf_putc(&f->text, ' ');
    for (size_t i = 0; i < f->mark_count && i < FLOW_MARKS_MAX; i++) {
        if (f->marks[i].start > 0)
            continue;
        buf_puts(&f->text, f->marks[i].open);
        f->marks[i].start = f->text.n;
    }
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

void flow_mark_begin(struct flow *f, const char *open, const char *close)
{
    if (f->mark_count < FLOW_MARKS_MAX)
        f->marks[f->mark_count] = (struct flow_mark){.open = open, .close = close};
    f->mark_count++;
}

/* Write the closing sign of a mark close to the text; a blank before it comes behind it. */
static void flow_close_mark(struct flow *f, struct flow_mark *mark)
{
    if (mark->start > 0 && mark->start == f->text.n)
        buf_cut(&f->text, mark->start - strlen(mark->open));
    else if (mark->start > 0)
        buf_puts(&f->text, mark->close);
    mark->start = 0;
}

void flow_mark_end(struct flow *f)
{
    if (f->mark_count == 0)
        return;
    f->mark_count--;
    if (f->mark_count < FLOW_MARKS_MAX)
        flow_close_mark(f, &f->marks[f->mark_count]);
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
    /* What the text becomes may not move an open link's label. */
    bool moves = f->linking && f->label_start > f->script_start;
    if (moves)
        flow_keep_label(f);
    buf_clear(&f->line);
    struct span all = buf_span(&f->text);
    struct span raised = span_sub(all, f->script_start, all.n);
    if (script == FLOW_SUB)
        script_sub(span_trim(raised), &f->line);
    else
        script_super(span_trim(raised), span_sub(all, 0, f->script_start), &f->line);
    buf_cut(&f->text, f->script_start);
    buf_put(&f->text, buf_span(&f->line));
    f->label_start = moves ? f->text.n : f->label_start;
    flow_check(f, &f->line);
}

/* Is there nothing that cleaning would change? */
static bool flow_is_clean(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && c != '\n') || c >= 0x7f)
            return false;
    }
    return true;
}

void flow_put_clean(struct flow *f, struct span raw, struct buf *out)
{
    if (flow_is_clean(raw))
        buf_put(out, raw);
    else if (clean_text(raw, "text", out, NULL) == ST_NOMEM && f->doc->arena.status == ST_OK)
        f->doc->arena.status = ST_NOMEM;
    flow_check(f, out);
}

void flow_put_line(struct flow *f, struct span raw, struct buf *out)
{
    buf_clear(&f->clean);
    flow_put_clean(f, raw, &f->clean);
    clean_line(buf_span(&f->clean), out);
}

/* End what stands around the open text, for the text ends; marks begin again with the next. */
static void flow_close(struct flow *f)
{
    flow_script_end(f);
    for (size_t i = f->mark_count < FLOW_MARKS_MAX ? f->mark_count : FLOW_MARKS_MAX; i > 0; i--)
        flow_close_mark(f, &f->marks[i - 1]);
    if (f->linking)
        flow_keep_label(f);
}

/* Forget the open block's text; its links stay. */
static void flow_clear(struct flow *f)
{
    flow_check(f, &f->text);
    flow_check(f, &f->labels);
    buf_clear(&f->text);
    buf_clear(&f->labels);
    f->mixed = false;
    f->script = FLOW_NORMAL;
    f->label_start = 0;
    f->gap = 0;
}

/*
 * Append the open block's text to out as clean lines; of empty ones between others, `part` tells
 * whether one stays to part paragraphs.
 */
static void flow_put_lines(struct flow *f, bool part, struct buf *out)
{
    struct span line;
    buf_clear(&f->clean);
    flow_put_clean(f, buf_span(&f->text), &f->clean);
    struct span rest = buf_span(&f->clean);
    size_t start = out->n;
    bool parted = false;
    while (span_line(&rest, &line)) {
        size_t before = out->n;
        if (before > start)
            buf_puts(out, part && parted ? "\n\n" : "\n");
        size_t begun = out->n;
        clean_line(line, out);
        parted = out->n == begun;
        if (parted)
            buf_cut(out, before);
        else
            flow_queue_bare(f, span_sub(buf_span(out), begun, out->n));
    }
    flow_check(f, out);
}

void flow_take(struct flow *f, struct buf *out)
{
    flow_close(f);
    flow_put_lines(f, false, out);
    flow_clear(f);
}

/* Is the text, but for its line ends, what the block's links are called, one after the other? */
static bool flow_is_links(const struct flow *f, struct span text)
{
    struct span labels = buf_span(&f->labels);
    if (f->mixed || f->heading > 0 || f->quotes > 0 || labels.n == 0)
        return false;
    labels.n--; /* the last line end */
    bool one = span_find(labels, 0, '\n') == labels.n;
    size_t at = 0;
    for (size_t i = 0; i < text.n; i++, at++) {
        char c = text.p[i];
        if (c == '\n' && i > 0 && text.p[i - 1] == '\n')
            at--; /* an empty line */
        else if (at >= labels.n ||
                 (c != labels.p[at] && !(one && c == '\n' && labels.p[at] == ' ')))
            return false;
    }
    return at == labels.n;
}

/* Add the paragraphs of the open block, or of its last one, when that is all links, none. */
static void flow_add_paragraphs(struct flow *f, struct span text)
{
    bool links = flow_is_links(f, text);
    f->links_only = f->links_only && links && f->item && !f->task;
    if (links && f->depth == 0)
        return;
    while (text.n > 0) {
        size_t end = f->heading > 0 ? text.n : 0; /* a heading is one line */
        while (end < text.n && !span_starts(span_sub(text, end, text.n), SPAN("\n\n")))
            end++;
        struct span paragraph = span_sub(text, 0, end);
        text = span_sub(text, end + 2, text.n);
        if (text.n > 0 || f->depth > 0 || !flow_is_links(f, paragraph))
            flow_add(f, paragraph);
    }
}

void flow_flush(struct flow *f)
{
    struct buf lines;
    flow_close(f);
    if (span_trim(buf_span(&f->text)).n > 0) {
        buf_init(&lines, FLOW_TEXT_MAX);
        flow_put_lines(f, true, &lines);
        if (lines.n > 0) {
            flow_add_paragraphs(f, buf_span(&lines));
            f->heading = 0;
        }
        buf_fini(&lines);
    }
    flow_clear(f);
}

void flow_end(struct flow *f)
{
    flow_flush(f);
    flow_write_links(f);
}
