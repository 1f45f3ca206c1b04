#include "import/text_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <unicase.h>

#include "article/clean.h"
#include "article/link.h"
#include "core/buf.h"
#include "core/utf8.h"
#include "import/text_furniture.h"
#include "import/text_lines.h"
#include "prose/sentence.h"
#include "prose/words.h"

/* Longest title that need not stand alone, in characters. */
#define FRAME_CLOSE_TITLE_MAX 100
/* Lines over which a title may run, and those over which a prompt may. */
#define FRAME_TITLE_LINES  3
#define FRAME_PROMPT_LINES 7
#define FRAME_TITLE_BYTES  ((size_t)4096)

struct frame {
    struct span text;
    struct document *doc;
    struct buf title; /* work space: a title on one line */
};

/* The line that starts at `at`, trimmed; *next gets where the one behind it starts. */
static struct span frame_line(const struct frame *f, size_t at, size_t *next)
{
    size_t end = span_find(f->text, at, '\n');
    *next = end < f->text.n ? end + 1 : f->text.n;
    return utf8_trim(span_sub(f->text, at, end));
}

/* Start of the line that ends before `at`, the start of another one or the end. */
static size_t frame_before(const struct frame *f, size_t at)
{
    size_t start = at > 0 ? at - 1 : 0;
    while (start > 0 && f->text.p[start - 1] != '\n')
        start--;
    return start;
}

/* Does the line part, as a blank one does? */
static bool frame_parts(struct span line)
{
    char mark = 0;
    return line.n == 0 || text_rule(line, &mark);
}

/* Start of the first line at or behind `at` that has text, or the end. */
static size_t frame_skip(const struct frame *f, size_t at)
{
    size_t next = at;
    while (at < f->text.n && frame_parts(frame_line(f, at, &next)))
        at = next;
    return at;
}

static bool frame_is_furniture(const struct frame *f, size_t at)
{
    size_t next = 0;
    struct span rest;
    return at < f->text.n && (text_prompt(f->text, at) > 0 ||
                              text_marker(frame_line(f, at, &next), &rest) != ROLE_TEXT);
}

static bool frame_title_like(const struct frame *f, size_t at)
{
    size_t next = 0;
    return at < f->text.n && !frame_is_furniture(f, at) &&
           utf8_length(frame_line(f, at, &next)) <= TEXT_TITLE_MAX;
}

/* The lines from..to as one. */
static struct span frame_join(struct frame *f, size_t from, size_t to)
{
    buf_clear(&f->title);
    while (from < to) {
        struct span line = frame_line(f, from, &from);
        if (f->title.n > 0 && line.n > 0 &&
            !(words_end_unspaced(buf_span(&f->title)) && words_begin_unspaced(line)))
            buf_putc(&f->title, ' ');
        clean_line(line, &f->title);
    }
    return buf_span(&f->title);
}

/* title: one clean line */
static void frame_set_neighbour(struct frame *f, enum text_role role, struct span title)
{
    struct span *field = role == ROLE_PREVIOUS ? &f->doc->previous : &f->doc->next;
    if (field->p == NULL)
        *field = arena_copy(&f->doc->arena, text_without_arrows(title));
}

/* A part of a line as clean text, in the work space. */
static struct span frame_clean(struct frame *f, struct span part)
{
    buf_clear(&f->title);
    clean_line(part, &f->title);
    return buf_span(&f->title);
}

/* Start of the last line of text before `end`, not above `from`; `end` when there is none. */
static size_t frame_last(const struct frame *f, size_t from, size_t end)
{
    size_t at = end;
    while (at > from) {
        size_t next = 0;
        at = frame_before(f, at);
        if (!frame_parts(frame_line(f, at, &next)))
            return at;
    }
    return end;
}

/* Does the line above the marker at `at` run on into it, as a sentence does? */
static bool frame_is_led_in(const struct frame *f, size_t from, size_t at)
{
    struct span title;
    size_t next = 0;
    if (at <= from || !text_starts_lower(frame_line(f, at, &next)))
        return false;
    size_t start = frame_before(f, at);
    struct span above = frame_line(f, start, &next);
    if (frame_parts(above) || text_ends_sentence(above) || frame_is_furniture(f, start))
        return false;
    /* The title of a marker above this one ends as it likes. */
    size_t marker = frame_last(f, from, start);
    return marker == start || text_marker(frame_line(f, marker, &next), &title) == ROLE_TEXT;
}

/* Does the line that starts at `at` go on with a title from the line above it? */
static bool frame_goes_on(const struct frame *f, size_t at)
{
    size_t next = 0;
    struct span line = frame_line(f, at, &next);
    return text_starts_lower(line) && !frame_parts(line) && !frame_is_furniture(f, at);
}

/* Behind the lines at `at` that are a neighbour's title, wrapped as it may be. */
static size_t frame_behind_title(const struct frame *f, size_t at)
{
    size_t next = 0;
    frame_line(f, at, &next);
    for (int lines = 1; lines < FRAME_TITLE_LINES && next < f->text.n && frame_goes_on(f, next);
         lines++)
        frame_line(f, next, &next);
    return next;
}

static bool frame_ends_clause(struct span s)
{
    return s.n > 0 && (s.p[s.n - 1] == '.' || s.p[s.n - 1] == ',' || s.p[s.n - 1] == ';' ||
                       span_ends(s, SPAN("。")));
}

/*
 * The furniture that begins at `at`: prompts, and markers with the titles behind them.  When before
 * the article's own title (`before_title`), a last marker's line is that title unless another one
 * follows; a line that ends with a full stop is text unless furniture follows.  Returns where what
 * is no furniture starts.
 */
static size_t frame_take_head(struct frame *f, size_t at, bool before_title)
{
    for (;;) {
        struct span title;
        size_t next = 0;
        at = frame_skip(f, at);
        size_t prompt = at < f->text.n ? text_prompt(f->text, at) : 0;
        if (prompt > 0) {
            at = prompt;
            continue;
        }
        enum text_role role = text_marker(frame_line(f, at, &next), &title);
        if (role == ROLE_TEXT || (before_title && frame_is_led_in(f, 0, at)))
            return at;
        at = next;
        if (title.n > 0)
            frame_set_neighbour(f, role, frame_clean(f, title));
        size_t start = frame_skip(f, at);
        if (title.n > 0 || role == ROLE_BOTH || !frame_title_like(f, start))
            continue;
        size_t behind = frame_behind_title(f, start);
        size_t after = frame_skip(f, behind);
        bool text = frame_ends_clause(frame_line(f, start, &next));
        bool titled = !before_title || (frame_title_like(f, after) &&
                                        !frame_ends_clause(frame_line(f, after, &next)));
        if (after == f->text.n || (!frame_is_furniture(f, after) && (text || !titled)))
            continue;
        frame_set_neighbour(f, role, frame_join(f, start, behind));
        at = behind;
    }
}

/* Start of a prompt that ends with the line that starts at `last`; `end` when there is none. */
static size_t frame_prompt_before(const struct frame *f, size_t from, size_t last, size_t end)
{
    struct span text = span_sub(f->text, 0, end);
    size_t at = last;
    for (int i = 0; i < FRAME_PROMPT_LINES; i++) {
        size_t behind = text_prompt(text, at);
        if (behind > last)
            return at;
        if (at <= from)
            break;
        at = frame_before(f, at);
    }
    return end;
}

/*
 * Start of the marker whose title ends with the line that starts at `last`; `end` when that is no
 * such title.
 */
static size_t frame_titled_marker(struct frame *f, size_t from, size_t last, size_t end)
{
    struct span title;
    size_t next = 0;
    size_t start = last;
    for (int lines = 1; lines < FRAME_TITLE_LINES && start > from && frame_goes_on(f, start);
         lines++) {
        size_t above = frame_before(f, start);
        if (frame_parts(frame_line(f, above, &next)) || frame_is_furniture(f, above))
            break;
        start = above;
    }
    size_t marker = frame_last(f, from, start);
    if (marker == start || !frame_title_like(f, start))
        return end;
    enum text_role role = text_marker(frame_line(f, marker, &next), &title);
    if ((role != ROLE_PREVIOUS && role != ROLE_NEXT) || title.n > 0 ||
        frame_is_led_in(f, from, marker))
        return end;
    frame_line(f, last, &next);
    frame_set_neighbour(f, role, frame_join(f, start, next));
    return marker;
}

/* Cuts furniture from the end, not above `from`; returns where it begins. */
static size_t frame_take_tail(struct frame *f, size_t from)
{
    size_t end = f->text.n;
    for (;;) {
        struct span title;
        size_t next = 0;
        size_t last = frame_last(f, from, end);
        if (last == end)
            return end;
        size_t cut = frame_prompt_before(f, from, last, end);
        if (cut == end && !frame_is_led_in(f, from, last)) {
            enum text_role role = text_marker(frame_line(f, last, &next), &title);
            if (title.n > 0)
                frame_set_neighbour(f, role, frame_clean(f, title));
            if (role != ROLE_TEXT)
                cut = last;
        }
        if (cut == end)
            cut = frame_titled_marker(f, from, last, end);
        if (cut == end)
            return end;
        end = cut;
    }
}

static bool frame_has_two_sentences(struct span s)
{
    struct span sentence;
    return sentence_next(&language_und, &s, &sentence) &&
           sentence_next(&language_und, &s, &sentence);
}

/* Words with which no title ends: the line below goes on with it. */
static bool frame_ends_open(struct span line)
{
    static const char *const words[] = {"a",   "an",  "the", "of",  "and", "or", "for", "with",
                                        "und", "der", "die", "das", "den", "et", "ou",  "de",
                                        "du",  "des", "la",  "les", "y",   "el", "los", "del"};
    size_t start = line.n;
    while (start > 0 && ascii_alpha(line.p[start - 1]))
        start--;
    if (start == 0 || line.p[start - 1] != ' ')
        return false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (span_eq_nocase(span_sub(line, start, line.n), span_of(words[i])))
            return true;
    }
    return false;
}

/* Is the line at `at` one with which no title begins: a quote, a list, a bare link? */
static bool frame_is_no_title(const struct frame *f, size_t at)
{
    size_t next = 0;
    struct span line = frame_line(f, at, &next);
    if (link_in_text(line) == line.n)
        return true;
    if (span_starts(line, SPAN(">")))
        return line.n == 1 || line.p[1] == ' ' ||
               span_starts(frame_line(f, next, &next), SPAN(">"));
    bool item = span_starts(line, SPAN("- ")) || span_starts(line, SPAN("* "));
    return item && span_starts(frame_line(f, next, &next), span_sub(line, 0, 2));
}

/* Behind the underline at `at`, or `at` when there is none. */
static size_t frame_behind_underline(const struct frame *f, size_t at)
{
    char mark = 0;
    size_t next = 0;
    bool under = at < f->text.n && text_rule(frame_line(f, at, &next), &mark) &&
                 (mark == '=' || mark == '-');
    return under ? next : at;
}

/* Behind the lines at `at` that look like a title (up to three when it was wrapped), or `at`. */
static size_t frame_title_lines(struct frame *f, size_t at)
{
    size_t ends[FRAME_TITLE_LINES + 1] = {at};
    size_t lines = 0; /* that go on with one another */
    size_t next = 0;
    struct span line = {NULL, 0};
    if (at >= f->text.n || frame_is_no_title(f, at))
        return at;
    for (size_t end = at; lines < FRAME_TITLE_LINES; end = next) {
        struct span below = frame_line(f, end, &next);
        if (end >= f->text.n || frame_parts(below) || frame_is_furniture(f, end) ||
            (lines > 0 && !text_starts_lower(below) && !frame_ends_open(line)))
            break;
        line = below;
        ends[++lines] = next;
    }
    if (lines == 0)
        return at;
    size_t end = ends[lines];
    bool alone =
        end >= f->text.n || frame_parts(frame_line(f, end, &next)) || frame_is_furniture(f, end);
    bool ended = frame_ends_clause(line);
    size_t length = utf8_length(utf8_trim(span_sub(f->text, at, end)));
    if (frame_behind_underline(f, end) > end)
        return length <= TEXT_TITLE_MAX ? end : at;
    if (lines > 1 && !(alone && !ended && length <= TEXT_TITLE_MAX))
        return at;
    if (lines == 1 && alone &&
        (length > TEXT_TITLE_MAX || (ended && frame_has_two_sentences(line))))
        return at;
    if (lines == 1 && !alone && (ended || length > FRAME_CLOSE_TITLE_MAX))
        return at;
    return end;
}

/* Behind the lines at `at` which, taken together, are the title that is known, or `at`. */
static size_t frame_known_title(struct frame *f, size_t at)
{
    size_t end = at;
    size_t found = at;
    for (int lines = 0; lines < FRAME_TITLE_LINES && end < f->text.n; lines++) {
        size_t next = 0;
        struct span line = frame_line(f, end, &next);
        if (frame_parts(line) || line.n > FRAME_TITLE_BYTES)
            break;
        end = next;
        struct span title = frame_join(f, at, end);
        struct span known = f->doc->title;
        int differ = 1;
        if (span_ends(title, SPAN(".")) && !span_ends(known, SPAN(".")))
            title.n--;
        if (u8_casecmp((const uint8_t *)title.p, title.n, (const uint8_t *)known.p, known.n, NULL,
                       NULL, &differ) == 0 &&
            differ == 0)
            found = end;
    }
    return found;
}

/* Behind the title that stands at `at`, or `at` when none does. */
static size_t frame_take_title(struct frame *f, size_t at)
{
    size_t end = 0;
    if (f->doc->title.p != NULL) {
        end = frame_known_title(f, at);
    } else {
        end = frame_title_lines(f, at);
        if (end > at)
            f->doc->title = arena_copy(&f->doc->arena, frame_join(f, at, end));
    }
    return end == at ? at : frame_behind_underline(f, end);
}

/* Is what stands at `at` the title once more, in a line of its own? */
static size_t frame_take_repeated(struct frame *f, size_t at)
{
    size_t next = 0;
    if (f->doc->title.p == NULL || at >= f->text.n)
        return at;
    size_t end = frame_known_title(f, at);
    bool alone =
        end >= f->text.n || frame_parts(frame_line(f, end, &next)) || frame_is_furniture(f, end);
    return end > at && alone ? frame_behind_underline(f, end) : at;
}

enum status text_frame(struct span text, struct document *doc, struct span *body,
                       struct span *title, struct error *e)
{
    struct frame f = {.text = text, .doc = doc};
    buf_init(&f.title, text.n * 2 + 1);
    *title = (struct span){NULL, 0};
    size_t start = frame_take_head(&f, 0, true);
    size_t behind = frame_take_title(&f, start);
    size_t from = frame_take_head(&f, behind, false);
    size_t repeated = frame_take_repeated(&f, from);
    size_t rest = repeated > from ? frame_take_head(&f, repeated, false) : from;
    if (behind > start || repeated > from)
        *title = doc->title;
    if (rest < text.n) /* else it is all the text that there is */
        from = rest;
    size_t end = frame_take_tail(&f, from);
    *body = span_sub(text, from, end);
    enum status status = buf_status(&f.title);
    if (status == ST_OK)
        status = arena_status(&doc->arena);
    buf_fini(&f.title);
    return status == ST_OK ? ST_OK : error_set(e, status, ENOMEM, "text of %zu bytes", text.n);
}
