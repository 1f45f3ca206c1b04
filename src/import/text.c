#include "import/text.h"

#include <errno.h>
#include <stdlib.h>
#include <unictype.h>

#include "article/clean.h"
#include "article/sentence.h"
#include "article/words.h"
#include "core/utf8.h"

/* Longest title, and longest one that need not stand alone, in characters. */
#define TEXT_TITLE_MAX       250
#define TEXT_CLOSE_TITLE_MAX 100
/* A line longer than this was never wrapped; a widest line shorter than that neither. */
#define TEXT_UNWRAPPED_MIN 120
#define TEXT_WRAPPED_MIN   45
/* Characters by which a line may fall short of the width and still count as filled. */
#define TEXT_FILL_SLACK 6

enum text_role { ROLE_BLANK, ROLE_TEXT, ROLE_PROMPT, ROLE_PREVIOUS, ROLE_NEXT };

struct text_line {
    struct span text;    /* without outer blanks; empty for a blank line */
    enum text_role role; /* what the line would be if it stood at the page's head or foot */
    bool indented;
};

struct text {
    struct text_line *lines;
    size_t count;
    struct buf bytes; /* what the lines point into */
    struct document *doc;
};

/* A phrase alone on a line, in any case, with or without a mark behind it. */
static bool text_is_phrase(struct span line, struct span phrase)
{
    if (line.n == phrase.n + 1 && (line.p[phrase.n] == ':' || line.p[phrase.n] == '?'))
        line.n--;
    return span_eq_nocase(line, phrase);
}

static enum text_role text_role_of(struct span line)
{
    if (line.n == 0)
        return ROLE_BLANK;
    if (text_is_phrase(line, SPAN("previous article")))
        return ROLE_PREVIOUS;
    if (text_is_phrase(line, SPAN("next article")))
        return ROLE_NEXT;
    if (text_is_phrase(line, SPAN("no time to read")) ||
        text_is_phrase(line, SPAN("get a summary")) ||
        text_is_phrase(line, SPAN("no time to read? get a summary")))
        return ROLE_PROMPT;
    return ROLE_TEXT;
}

static enum status text_split(struct text *t, struct span in, struct error *e)
{
    size_t count = 0;
    for (size_t at = 0; at < in.n; at = span_find(in, at, '\n') + 1)
        count += at < 2 || in.p[at - 2] != '\n' || in.p[at] != '\n';
    t->lines = calloc(count + 1, sizeof *t->lines);
    buf_init(&t->bytes, in.n + 1);
    /* Room for everything at once, so that the spans stay good. */
    if (t->lines == NULL || buf_reserve(&t->bytes, in.n + 1) == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "text of %zu bytes", in.n);
    struct span raw;
    while (span_line(&in, &raw)) {
        struct text_line *line = &t->lines[t->count];
        size_t start = t->bytes.n;
        clean_line(raw, &t->bytes);
        if (t->bytes.n == start && t->count > 0 && line[-1].role == ROLE_BLANK)
            continue; /* one blank line parts as well as many */
        t->count++;
        line->text = span_sub(buf_span(&t->bytes), start, t->bytes.n);
        line->indented = raw.n > 0 && (raw.p[0] == ' ' || raw.p[0] == '\t');
        line->role = text_role_of(line->text);
    }
    return ST_OK;
}

static bool text_is_furniture(enum text_role role)
{
    return role != ROLE_TEXT && role != ROLE_BLANK;
}

/* Index of the first line at or after i that is not blank, or count. */
static size_t text_skip_blank(const struct text *t, size_t i)
{
    while (i < t->count && t->lines[i].role == ROLE_BLANK)
        i++;
    return i;
}

static bool text_title_like(const struct text_line *line)
{
    return line->role == ROLE_TEXT && utf8_length(line->text) <= TEXT_TITLE_MAX;
}

static void text_set_neighbour(struct text *t, enum text_role role, struct span title)
{
    struct span *field = role == ROLE_PREVIOUS ? &t->doc->previous : &t->doc->next;
    if (field->p == NULL)
        *field = arena_copy(&t->doc->arena, title);
}

/*
 * The furniture that begins at line i: prompts, and markers with the titles behind them.  When
 * before the article's own title (`before_title`), a last marker's line is that title unless
 * another one follows.  Returns the index behind it.
 */
static size_t text_take_head(struct text *t, size_t i, bool before_title)
{
    for (i = text_skip_blank(t, i); i < t->count && text_is_furniture(t->lines[i].role);
         i = text_skip_blank(t, i)) {
        enum text_role role = t->lines[i++].role;
        size_t title = text_skip_blank(t, i);
        if (role == ROLE_PROMPT || title == t->count || !text_title_like(&t->lines[title]))
            continue;
        size_t after = text_skip_blank(t, title + 1);
        bool more = after < t->count &&
                    (text_is_furniture(t->lines[after].role) || text_title_like(&t->lines[after]));
        if (before_title && !more)
            continue;
        text_set_neighbour(t, role, t->lines[title].text);
        i = title + 1;
    }
    return i;
}

/* Cuts furniture from the end, not above line `from`; returns the index where it begins. */
static size_t text_take_tail(struct text *t, size_t from)
{
    size_t end = t->count;
    for (size_t i = t->count; i > from;) {
        const struct text_line *line = &t->lines[--i];
        if (line->role == ROLE_BLANK)
            continue;
        if (text_is_furniture(line->role)) {
            end = i;
            continue;
        }
        size_t marker = i;
        while (marker > from && t->lines[marker - 1].role == ROLE_BLANK)
            marker--;
        if (marker == from || !text_title_like(line) ||
            (t->lines[marker - 1].role != ROLE_PREVIOUS && t->lines[marker - 1].role != ROLE_NEXT))
            break;
        text_set_neighbour(t, t->lines[marker - 1].role, line->text);
        end = i = marker - 1;
    }
    return end;
}

static bool text_starts_lower(struct span s)
{
    uint32_t cp = 0;
    return utf8_decode(s, &cp) > 0 && uc_is_property_lowercase(cp);
}

static bool text_ends_clause(struct span s)
{
    return s.n > 0 && (s.p[s.n - 1] == '.' || s.p[s.n - 1] == ',' || s.p[s.n - 1] == ';');
}

static bool text_has_two_sentences(struct span s)
{
    struct span sentence;
    return sentence_next(&s, &sentence) && sentence_next(&s, &sentence);
}

/* Number of lines at i that are the title (up to three when it was wrapped), or 0. */
static size_t text_title_lines(const struct text *t, size_t i)
{
    size_t lines = 0;
    size_t length = 0;
    if (i == t->count || t->lines[i].role != ROLE_TEXT)
        return 0;
    do {
        length += utf8_length(t->lines[i + lines].text);
        lines++;
    } while (i + lines < t->count && t->lines[i + lines].role == ROLE_TEXT &&
             text_starts_lower(t->lines[i + lines].text));
    bool alone = i + lines == t->count || t->lines[i + lines].role != ROLE_TEXT;
    bool ended = text_ends_clause(t->lines[i + lines - 1].text);
    if (lines > 1)
        return lines <= 3 && alone && !ended && length <= TEXT_TITLE_MAX ? lines : 0;
    if (alone)
        return length <= TEXT_TITLE_MAX && !(ended && text_has_two_sentences(t->lines[i].text)) ? 1
                                                                                                : 0;
    return length <= TEXT_CLOSE_TITLE_MAX && !ended;
}

/* Length of the mark that makes a line a list item, its blank included, or 0. */
static size_t text_bullet(struct span line)
{
    static const char *const marks[] = {"- ", "* ", "• ", "‣ ", "◦ ", "▪ ", "● "};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (span_starts(line, span_of(marks[i])))
            return span_of(marks[i]).n;
    }
    return 0;
}

static bool text_numbered(struct span line)
{
    size_t i = 0;
    while (i < line.n && ascii_digit(line.p[i]))
        i++;
    return i > 0 && i <= 4 && i + 1 < line.n && (line.p[i] == '.' || line.p[i] == ')') &&
           line.p[i + 1] == ' ';
}

/* Were lines from..to one paragraph that somebody wrapped at a width? */
static bool text_is_wrapped(const struct text *t, size_t from, size_t to)
{
    size_t widest = 0;
    for (size_t i = from; i < to; i++) {
        size_t length = utf8_length(t->lines[i].text);
        widest = length > widest ? length : widest;
    }
    if (widest < TEXT_WRAPPED_MIN || widest > TEXT_UNWRAPPED_MIN)
        return false;
    bool filled = true;
    bool lower = true;
    for (size_t i = from; i + 1 < to; i++) {
        struct span next = t->lines[i + 1].text;
        size_t word = utf8_length(span_sub(next, 0, span_find(next, 0, ' ')));
        size_t length = utf8_length(t->lines[i].text);
        filled = filled && length + 1 + word + TEXT_FILL_SLACK > widest;
        lower = lower && text_starts_lower(next);
    }
    return filled || lower;
}

static bool text_has_long_line(const struct text *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (utf8_length(t->lines[i].text) > TEXT_UNWRAPPED_MIN)
            return true;
    }
    return false;
}

/* What parts two lines that were one: a blank, but nothing inside a word or between CJK signs. */
static void text_put_gap(struct span next, struct buf *joined)
{
    struct span before = buf_span(joined);
    bool hyphen =
        span_ends(before, SPAN("-")) && !span_ends(before, SPAN(" -")) && text_starts_lower(next);
    if (!hyphen && !(words_end_unspaced(before) && words_begin_unspaced(next)))
        buf_putc(joined, ' ');
}

static struct span text_join(const struct text *t, size_t from, size_t to, char with,
                             struct buf *joined)
{
    buf_clear(joined);
    for (size_t i = from; i < to; i++) {
        if (i > from && with == ' ')
            text_put_gap(t->lines[i].text, joined);
        else if (i > from)
            buf_putc(joined, with);
        buf_put(joined, t->lines[i].text);
    }
    return buf_span(joined);
}

/* Lines from..to begin with a number: every number begins a line, what was wrapped is joined. */
static struct span text_join_numbered(const struct text *t, size_t from, size_t to,
                                      struct buf *joined)
{
    buf_clear(joined);
    for (size_t i = from; i < to; i++) {
        const struct text_line *line = &t->lines[i];
        bool wrapped = i > from && !text_numbered(line->text) &&
                       (line->indented || utf8_length(t->lines[i - 1].text) >= TEXT_WRAPPED_MIN);
        if (wrapped)
            text_put_gap(line->text, joined);
        else if (i > from)
            buf_putc(joined, '\n');
        buf_put(joined, line->text);
    }
    return buf_span(joined);
}

/* Index of the first line of a numbered list in from..to, `to` when there is none. */
static size_t text_find_numbered(const struct text *t, size_t from, size_t to)
{
    size_t first = to;
    size_t count = 0;
    for (size_t i = to; i > from; i--) {
        if (text_numbered(t->lines[i - 1].text)) {
            first = i - 1;
            count++;
        }
    }
    /* One line alone may be a sentence that was broken before a year. */
    return count > 1 || first == from ? first : to;
}

/* Lines from..to hold running text without list items. */
static void text_add_lines(struct text *t, size_t from, size_t to, struct buf *joined)
{
    if (text_has_long_line(t, from, to)) {
        for (size_t i = from; i < to; i++)
            document_add(t->doc, BLOCK_PARAGRAPH, t->lines[i].text);
        return;
    }
    size_t list = text_find_numbered(t, from, to);
    char with = text_is_wrapped(t, from, list) ? ' ' : '\n';
    if (from < list)
        document_add(t->doc, BLOCK_PARAGRAPH, text_join(t, from, list, with, joined));
    if (list < to)
        document_add(t->doc, BLOCK_PARAGRAPH, text_join_numbered(t, list, to, joined));
}

/* Does line i go on with the list item before it? */
static bool text_continues(const struct text *t, size_t i)
{
    return t->lines[i].indented || (text_starts_lower(t->lines[i].text) &&
                                    utf8_length(t->lines[i - 1].text) >= TEXT_WRAPPED_MIN);
}

static void text_add_item(struct document *doc, struct span text)
{
    bool goes_on = doc->count > 0 && doc->blocks[doc->count - 1].kind == BLOCK_ITEM;
    document_add(doc, BLOCK_ITEM, text)->tight = goes_on;
}

/* Lines from..to stand between blank lines: running text, list items with their indented rest. */
static void text_add_group(struct text *t, size_t from, size_t to, struct buf *joined)
{
    size_t plain = from;
    for (size_t i = from; i < to;) {
        size_t bullet = text_bullet(t->lines[i].text);
        if (bullet == 0) {
            i++;
            continue;
        }
        text_add_lines(t, plain, i, joined);
        size_t end = i + 1;
        while (end < to && text_bullet(t->lines[end].text) == 0 && text_continues(t, end))
            end++;
        struct span item = text_join(t, i, end, ' ', joined);
        text_add_item(t->doc, utf8_trim(span_sub(item, bullet, item.n)));
        plain = i = end;
    }
    text_add_lines(t, plain, to, joined);
}

static void text_add_body(struct text *t, size_t from, size_t to, struct buf *joined)
{
    while (from < to) {
        size_t end = from;
        while (end < to && t->lines[end].role != ROLE_BLANK && t->lines[end].role != ROLE_PROMPT)
            end++;
        text_add_group(t, from, end, joined);
        from = end + 1;
    }
}

/*
 * Take the lines at `title` for the title, if they are one.  Where front matter has given one, only
 * the same line is it; any other is text.  Returns how many lines it was.
 */
static size_t text_take_title(struct text *t, size_t title, struct buf *joined)
{
    size_t lines = text_title_lines(t, title);
    struct span text = text_join(t, title, title + lines, ' ', joined);
    if (lines > 0 && t->doc->title.p == NULL)
        t->doc->title = arena_copy(&t->doc->arena, text);
    else if (lines > 0 && !span_eq_nocase(t->doc->title, text))
        lines = 0;
    return lines;
}

static enum status text_read(struct text *t, struct error *e)
{
    struct buf joined;
    buf_init(&joined, t->bytes.cap);
    struct span given = t->doc->title;
    size_t title = text_take_head(t, 0, true);
    size_t lines = text_take_title(t, title, &joined);
    size_t body = text_take_head(t, title + lines, false);
    size_t tail = text_take_tail(t, body);
    if (text_skip_blank(t, body) >= tail && lines > 0) {
        /* A title and nothing else: then it is the text. */
        body = title;
        tail = title + lines;
        t->doc->title = given;
    }
    text_add_body(t, body, tail, &joined);
    enum status status = buf_status(&joined);
    if (status == ST_OK)
        status = arena_status(&t->doc->arena);
    buf_fini(&joined);
    if (status != ST_OK)
        return error_set(e, status, 0, "text too large");
    return t->doc->count == 0 ? error_set(e, ST_FORMAT, 0, "no text") : ST_OK;
}

enum status text_import(struct span text, struct document *doc, struct error *e)
{
    struct text t = {.doc = doc};
    enum status status = text_split(&t, text, e);
    if (status == ST_OK)
        status = text_read(&t, e);
    free(t.lines);
    buf_fini(&t.bytes);
    return status;
}
