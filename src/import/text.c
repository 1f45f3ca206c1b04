#include "import/text.h"

#include <errno.h>

#include "article/clean.h"
#include "article/link.h"
#include "core/utf8.h"
#include "import/text_frame.h"
#include "import/text_lines.h"
#include "import/text_out.h"
#include "import/text_pre.h"
#include "import/text_shape.h"
#include "prose/words.h"

/* Widest heading with a line of marks below it. */
#define TEXT_UNDERLINED_MAX 100

struct text {
    struct text_lines lines; /* of the group that is being read */
    struct text_shape shape;
    struct text_out out;
    struct buf joined;    /* work space: the text of a block */
    enum block_kind kind; /* what running text becomes: PARAGRAPH or QUOTE */
    unsigned level;       /* of a quote */
    bool goes_on;         /* the next block continues the quote before it */
    bool after_number;    /* the group before began with a number */
};

static void text_add(struct text *t)
{
    text_out_add(&t->out, t->kind, t->level, t->goes_on, buf_span(&t->joined));
    t->goes_on = t->kind == BLOCK_QUOTE;
    buf_clear(&t->joined);
}

/* "Vor- und Nachteile": words before which a hyphen stands for a part of the word behind them. */
static bool text_is_conjunction(struct span next)
{
    static const char *const words[] = {"und", "oder", "bzw.", "sowie", "bis",
                                        "and", "or",   "et",   "ou"};
    struct span word = span_sub(next, 0, span_find(next, 0, ' '));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (span_eq_nocase(word, span_of(words[i])))
            return true;
    }
    return false;
}

/* What parts two lines that were one: a blank, but nothing inside a word or between CJK signs. */
static void text_put_gap(struct span next, struct buf *joined)
{
    struct span before = buf_span(joined);
    bool hyphen = span_ends(before, SPAN("-")) && !span_ends(before, SPAN(" -")) &&
                  text_starts_lower(next) && !text_is_conjunction(next);
    bool dash = span_ends(before, SPAN("—")) && !span_ends(before, SPAN(" —"));
    if (!hyphen && !dash && !(words_end_unspaced(before) && words_begin_unspaced(next)))
        buf_putc(joined, ' ');
}

/* Append line i to the block, behind a line end or joined to what is there. */
static void text_put_line(struct text *t, size_t i, bool broken)
{
    struct span line = text_line(&t->lines, i);
    if (t->joined.n > 0 && broken)
        buf_putc(&t->joined, '\n');
    else if (t->joined.n > 0)
        text_put_gap(line, &t->joined);
    clean_line(line, &t->joined);
}

/* The URL that the line is, between angle brackets as may be; empty when it is more or less. */
static struct span text_url(struct span line)
{
    if (span_starts(line, SPAN("<")) && span_ends(line, SPAN(">")))
        line = span_sub(line, 1, line.n - 1);
    return line.n > 0 && link_in_text(line) == line.n ? line : (struct span){NULL, 0};
}

/* Lines that are nothing but URLs become link lines. */
static bool text_add_urls(struct text *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (text_url(text_line(&t->lines, i)).n == 0)
            return false;
    }
    for (size_t i = from; i < to; i++)
        text_out_link(&t->out, text_url(text_line(&t->lines, i)), i > from);
    return from < to;
}

/* Index of the first line of a numbered list in from..to, `to` when there is none. */
static size_t text_find_numbered(const struct text *t, size_t from, size_t to)
{
    size_t first = to;
    size_t count = 0;
    for (size_t i = to; i > from; i--) {
        if (t->lines.lines[i - 1].kind == TEXT_NUMBER) {
            first = i - 1;
            count++;
        }
    }
    /* One line alone may be a sentence that was broken before a year. */
    return count > 1 || first == from ? first : to;
}

/* Lines from..to begin with a number: every number begins a line, what was wrapped is joined. */
static void text_add_numbered(struct text *t, size_t from, size_t to)
{
    const struct text_line *lines = t->lines.lines;
    for (size_t i = from; i < to; i++) {
        bool wrapped = lines[i].kind != TEXT_NUMBER &&
                       (lines[i].indent > 0 || t->shape.wrapped ||
                        (i > from && lines[i - 1].columns >= TEXT_WRAPPED_MIN));
        text_put_line(t, i, !wrapped);
    }
    text_add(t);
}

/* Lines from..to hold running text without list items. */
static void text_add_running(struct text *t, size_t from, size_t to)
{
    struct text_joint joint = text_shape_joint(&t->shape, &t->lines, from, to);
    bool apart = joint.way == TEXT_INDENTED;
    for (size_t i = from; joint.way == TEXT_APART && !apart && i < to; i++)
        apart = t->lines.lines[i].columns >= TEXT_UNWRAPPED_MIN;
    for (size_t i = from; i < to; i++) {
        bool broken = i > from && text_shape_breaks(&t->shape, &t->lines, &joint, i);
        if (broken && apart)
            text_add(t);
        if (broken && apart && t->kind == BLOCK_QUOTE)
            text_add(t); /* the bare mark between two paragraphs */
        text_put_line(t, i, broken);
    }
    text_add(t);
}

static void text_add_lines(struct text *t, size_t from, size_t to)
{
    if (from == to || (t->kind == BLOCK_PARAGRAPH && text_add_urls(t, from, to)))
        return;
    size_t list = text_find_numbered(t, from, to);
    if (from < list)
        text_add_running(t, from, list);
    if (list < to)
        text_add_numbered(t, list, to);
}

/* Number of ">" with which line i begins; *length gets the bytes of them and the blanks between. */
static unsigned text_quote_depth(const struct text *t, size_t i, size_t *length)
{
    struct span line = text_line(&t->lines, i);
    unsigned depth = 0;
    *length = 0;
    for (size_t at = 0; at < line.n; at++) {
        if (line.p[at] == '>') {
            depth++;
            *length = at + 1;
        } else if (line.p[at] != ' ' || (at > 0 && line.p[at - 1] == ' ')) {
            break;
        }
    }
    return depth;
}

/* Behind the quote that begins at line i, or i when it is text that happens to begin with ">". */
static size_t text_quote_end(const struct text *t, size_t i)
{
    size_t end = i;
    size_t length = 0;
    while (end < t->lines.count && t->lines.lines[end].kind == TEXT_QUOTED)
        end++;
    text_quote_depth(t, i, &length);
    struct span line = text_line(&t->lines, i);
    bool blank = length < line.n && line.p[length] == ' ';
    return end - i > 1 || (blank && t->shape.quotes) ? end : i;
}

/* Lines from..to of a quote at one depth, without their marks: paragraphs parted by empty lines. */
static void text_add_quoted(struct text *t, size_t from, size_t to, unsigned depth)
{
    t->level = depth - 1;
    while (from < to) {
        size_t end = from;
        while (end < to && t->lines.lines[end].n > 0)
            end++;
        if (from < end && t->lines.lines[from].kind == TEXT_BULLET) {
            for (; from < end; from++)
                text_put_line(t, from, t->lines.lines[from].kind != TEXT_PLAIN);
            text_add(t);
        }
        text_add_lines(t, from, end);
        while (end < to && t->lines.lines[end].n == 0)
            end++;
        if (end < to && end > from && t->lines.lines[end - 1].n == 0 && t->goes_on)
            text_add(t);
        from = end;
    }
}

/* Lines from..to begin with ">". */
static void text_add_quote(struct text *t, size_t from, size_t to)
{
    t->kind = BLOCK_QUOTE;
    t->goes_on = false;
    bool empty = false; /* the last line had marks only */
    while (from < to) {
        size_t length = 0;
        size_t end = from;
        unsigned depth = text_quote_depth(t, from, &length);
        while (end < to && text_quote_depth(t, end, &length) == depth) {
            text_line_cut(&t->lines, end, length);
            end++;
        }
        if (t->goes_on && (empty || t->lines.lines[from].n == 0))
            text_add(t);
        text_add_quoted(t, from, end, depth);
        empty = t->lines.lines[end - 1].n == 0;
        from = end;
    }
    t->kind = BLOCK_PARAGRAPH;
    t->goes_on = false;
    t->level = 0;
}

/* Does line i go on with the list item before it? */
static bool text_continues(const struct text *t, size_t i)
{
    const struct text_line *line = &t->lines.lines[i];
    if (line->kind == TEXT_BULLET || line->kind == TEXT_RULE || line->kind == TEXT_QUOTED)
        return false;
    return line->indent > 0 || t->shape.wrapped ||
           (text_starts_lower(text_line(&t->lines, i)) && line[-1].columns >= TEXT_WRAPPED_MIN);
}

/* The list item at line i; returns the index behind it. */
static size_t text_add_item(struct text *t, size_t i)
{
    text_line_cut(&t->lines, i, t->lines.lines[i].mark);
    do
        text_put_line(t, i++, false);
    while (i < t->lines.count && text_continues(t, i));
    text_out_add(&t->out, BLOCK_ITEM, 0, false, buf_span(&t->joined));
    buf_clear(&t->joined);
    return i;
}

/* Is line i a heading because of the marks below it? */
static bool text_underlined(const struct text *t, size_t i)
{
    const struct text_line *line = &t->lines.lines[i];
    return i + 1 < t->lines.count && line->kind <= TEXT_NUMBER && line->kind != TEXT_BULLET &&
           line[1].kind == TEXT_RULE && (line[1].mark == '=' || line[1].mark == '-') &&
           line->columns <= TEXT_UNDERLINED_MAX && line[1].columns * 2 >= line->columns;
}

static void text_add_heading(struct text *t, size_t i)
{
    clean_line(text_line(&t->lines, i), &t->joined);
    text_out_add(&t->out, BLOCK_HEADING, 0, false, buf_span(&t->joined));
    buf_clear(&t->joined);
}

/* A line of marks at i inside a group: a rule, unless it is the upper one of a heading's two. */
static void text_add_marks(struct text *t, size_t i)
{
    const struct text_line *line = &t->lines.lines[i];
    bool over = i + 2 < t->lines.count && text_underlined(t, i + 1) && line[2].mark == line->mark;
    if (!over)
        text_out_rule(&t->out);
}

/* Lines from..to of the group: running text, quotes, headings, items with their indented rest. */
static void text_add_parts(struct text *t, size_t from, size_t to)
{
    size_t plain = from;
    size_t count = t->lines.count;
    t->lines.count = to; /* a table may follow */
    for (size_t i = from; i < to;) {
        enum text_kind kind = (enum text_kind)t->lines.lines[i].kind;
        size_t quote = kind == TEXT_QUOTED ? text_quote_end(t, i) : i;
        bool heading = i == plain && text_underlined(t, i);
        bool marks = kind == TEXT_RULE && t->lines.lines[i].mark != 0;
        if (kind != TEXT_BULLET && quote == i && !heading && !marks) {
            i++;
            continue;
        }
        text_add_lines(t, plain, i);
        if (heading) {
            text_add_heading(t, i);
            i += 2;
        } else if (marks) {
            text_add_marks(t, i++);
        } else if (quote > i) {
            text_add_quote(t, i, quote);
            i = quote;
        } else {
            i = text_add_item(t, i);
        }
        plain = i;
    }
    text_add_lines(t, plain, to);
    t->lines.count = count;
}

static void text_add_pre(struct text *t, size_t from, size_t to, bool code)
{
    text_pre_put(&t->lines, from, to, &t->joined);
    if (code)
        text_out_code(&t->out, buf_span(&t->joined));
    else
        text_out_pre(&t->out, buf_span(&t->joined));
    buf_clear(&t->joined);
}

/* The lines between two blank ones. */
static void text_add_group(struct text *t)
{
    size_t first = 0;
    size_t end = 0;
    size_t count = t->lines.count;
    enum text_heading heading = text_shape_heading(&t->lines, t->after_number);
    t->after_number = t->lines.lines[0].kind == TEXT_NUMBER;
    if (count == 1 && t->lines.lines[0].kind == TEXT_RULE) {
        text_out_rule(&t->out);
    } else if (heading == TEXT_HEADING ||
               (heading == TEXT_HEADING_IN_COMPANY && t->shape.headings)) {
        text_add_heading(t, 0);
    } else if (text_is_code(&t->lines) ||
               (t->out.code.n > 0 && text_goes_on_with_code(&t->lines))) {
        text_add_pre(t, 0, count, true);
    } else if (text_table(&t->lines, &first, &end)) {
        text_add_parts(t, 0, first);
        text_add_pre(t, first, end, false);
        text_add_parts(t, end, count);
    } else {
        text_add_parts(t, 0, count);
    }
}

static enum status text_read_body(struct text *t, struct span body)
{
    text_lines_init(&t->lines, body);
    while (text_lines_next(&t->lines))
        text_add_group(t);
    enum status status = t->lines.status;
    text_lines_fini(&t->lines);
    enum status written = text_out_end(&t->out);
    if (status == ST_OK)
        status = written;
    if (status == ST_OK)
        status = buf_status(&t->joined);
    return status == ST_OK ? arena_status(&t->out.doc->arena) : status;
}

enum status text_import(struct span text, bool wrapped, struct document *doc, struct error *e)
{
    struct text t = {.kind = BLOCK_PARAGRAPH};
    struct span body;
    struct span title;
    bool given = doc->title.p != NULL;
    if (text.n >= UINT32_MAX)
        return error_set(e, ST_LIMIT, 0, "text too large");
    enum status status = text_frame(text, doc, &body, &title, e);
    if (status != ST_OK)
        return status;
    status = text_shape_look(body, wrapped, &t.shape);
    if (status != ST_OK)
        return error_set(e, status, ENOMEM, "text of %zu bytes", text.n);
    buf_init(&t.joined, doc->arena.cap);
    text_out_init(&t.out, doc);
    status = text_read_body(&t, body);
    buf_fini(&t.joined);
    if (status != ST_OK)
        return error_set(e, status, 0, "text too large");
    if (doc->count == 0 && title.n > 0) {
        /* A title and nothing else: then it is the text. */
        document_add(doc, BLOCK_PARAGRAPH, title);
        doc->title = given ? doc->title : (struct span){NULL, 0};
    }
    return doc->count == 0 ? error_set(e, ST_FORMAT, 0, "no text") : ST_OK;
}
