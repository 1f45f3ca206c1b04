#include "import/text_shape.h"

#include <unictype.h>

#include "core/utf8.h"

/* Columns by which a line may fall short of the width and still count as full. */
#define SHAPE_SLACK 6
/* Line ends that must be seen before a width is believed. */
#define SHAPE_LINES_MIN 4
/* Widest heading in a line of its own, and the same above the lines of a paragraph. */
#define SHAPE_HEADING_MAX 60
/* Bytes of a line that are looked at to tell whether it is a heading. */
#define SHAPE_HEADING_BYTES ((size_t)4 * SHAPE_HEADING_MAX)

/* Columns of the first word of line i, as far as they matter. */
static size_t shape_first_word(const struct text_lines *l, size_t i)
{
    struct span line = text_line(l, i);
    size_t columns = 0;
    for (size_t at = 0; at < line.n && columns < TEXT_UNWRAPPED_MIN;) {
        uint32_t cp = (unsigned char)line.p[at];
        if (cp > ' ' && cp < 0x7f) {
            columns++;
            at++;
            continue;
        }
        at += cp < 0x80 ? 1 : utf8_decode(span_sub(line, at, line.n), &cp);
        if (cp == ' ' || utf8_blank(cp))
            break;
        columns += text_columns(cp);
        if (text_columns(cp) > 1)
            break; /* a line may end behind any wide sign */
    }
    return columns;
}

/* Columns that line i would have had with the first word of the next one. */
static size_t shape_reach(const struct text_lines *l, size_t i)
{
    return l->lines[i].columns + 1 + shape_first_word(l, i + 1);
}

/* What is counted over a whole text: line ends behind which another line follows directly. */
struct shape_counts {
    size_t columns[TEXT_UNWRAPPED_MIN]; /* lines of so many columns */
    size_t reach[TEXT_UNWRAPPED_MIN * 2 + 2];
    size_t ends;    /* all of them */
    size_t running; /* those behind which a small letter follows, or one without case */
    size_t lines;   /* all lines */
    size_t long_lines;
    size_t headings;
    size_t quoted; /* lines with a mark of a quote */
};

static bool shape_goes_on(struct span line)
{
    enum text_begin begin = text_begins(line);
    return begin == TEXT_BEGIN_LOWER || begin == TEXT_BEGIN_CASELESS;
}

static void shape_count(struct shape_counts *c, const struct text_lines *l)
{
    c->lines += l->count;
    for (size_t i = 0; i < l->count; i++) {
        const struct text_line *line = &l->lines[i];
        c->quoted += line->kind == TEXT_QUOTED;
        if (line->columns >= TEXT_UNWRAPPED_MIN) {
            c->long_lines++;
            continue;
        }
        if (i + 1 == l->count || line->kind == TEXT_RULE || line->kind == TEXT_QUOTED ||
            line[1].kind != TEXT_PLAIN)
            continue;
        c->columns[line->columns]++;
        c->reach[shape_reach(l, i)]++;
        c->ends++;
        c->running += shape_goes_on(text_line(l, i + 1));
    }
}

/* The width at which the text was wrapped, 0 for none: that of its widest lines, but for a few. */
static size_t shape_width(const struct shape_counts *c)
{
    size_t wider = 0;
    size_t full = 0;
    size_t width = TEXT_UNWRAPPED_MIN - 1;
    if (c->ends < SHAPE_LINES_MIN || c->long_lines * 4 > c->lines || c->running * 4 < c->ends)
        return 0;
    while (width >= TEXT_WRAPPED_MIN && (wider += c->columns[width]) < 2 + c->ends / 50)
        width--;
    for (size_t reach = width - SHAPE_SLACK + 1; reach < sizeof c->reach / sizeof c->reach[0];
         reach++)
        full += c->reach[reach];
    return width >= TEXT_WRAPPED_MIN && full * 10 >= c->ends * 7 ? width : 0;
}

enum status text_shape_look(struct span body, bool wrapped, struct text_shape *shape)
{
    struct shape_counts counts = {.ends = 0};
    struct text_lines l;
    uint64_t last = 0;
    bool after_number = false;
    text_lines_init(&l, body);
    while (text_lines_next(&l)) {
        shape_count(&counts, &l);
        if (l.count == 1 && text_shape_heading(&l, after_number) != TEXT_NO_HEADING) {
            /* The same line twice is no heading: an advertisement's. */
            uint64_t hash = span_hash(text_line(&l, 0));
            counts.headings += hash != last;
            last = hash;
        }
        after_number = l.lines[0].kind == TEXT_NUMBER;
    }
    enum status status = l.status;
    text_lines_fini(&l);
    *shape = (struct text_shape){.width = shape_width(&counts),
                                 .wrapped = wrapped,
                                 .headings = counts.headings > 1,
                                 .quotes = counts.quoted > 1};
    return status;
}

/* Is every line end of from..to one where the next word did not fit into the width? */
static bool shape_full(const struct text_lines *l, size_t from, size_t to, size_t width)
{
    for (size_t i = from; i + 1 < to; i++) {
        if (shape_reach(l, i) + SHAPE_SLACK <= width)
            return false;
    }
    return true;
}

/* Were lines from..to, taken by themselves, wrapped at a width? */
static bool shape_wrapped_alone(const struct text_lines *l, size_t from, size_t to)
{
    size_t widest = 0;
    size_t running = 0;
    bool lower = true;
    for (size_t i = from; i < to; i++) {
        widest = l->lines[i].columns > widest ? l->lines[i].columns : widest;
        if (i == from)
            continue;
        struct span line = text_line(l, i);
        lower = lower && text_starts_lower(line);
        /* Without capitals, a sentence that ends with its line tells that the line is whole. */
        running += text_begins(line) == TEXT_BEGIN_LOWER ||
                   (text_begins(line) == TEXT_BEGIN_CASELESS &&
                    (to - from > 2 || !text_ends_sentence(text_line(l, i - 1))));
    }
    if (widest < TEXT_WRAPPED_MIN)
        return false;
    return lower ||
           (running > 0 && running * 3 >= to - from - 1 && shape_full(l, from, to, widest));
}

static bool shape_wrapped(const struct text_shape *s, const struct text_lines *l, size_t from,
                          size_t to)
{
    return (s->width > 0 && shape_full(l, from, to, s->width)) || shape_wrapped_alone(l, from, to);
}

/* The least and the greatest indent of lines from..to. */
static void shape_indents(const struct text_lines *l, size_t from, size_t to, size_t *least,
                          size_t *most)
{
    *least = TEXT_COLUMNS_MAX;
    *most = 0;
    for (size_t i = from; i < to; i++) {
        *least = l->lines[i].indent < *least ? l->lines[i].indent : *least;
        *most = l->lines[i].indent > *most ? l->lines[i].indent : *most;
    }
}

/* Are lines from..to wrapped paragraphs without blank lines, set off by their first lines? */
static bool shape_indented(const struct text_shape *s, const struct text_lines *l, size_t from,
                           size_t to)
{
    size_t least = 0;
    size_t most = 0;
    size_t starts = 0;
    size_t widest = 0;
    shape_indents(l, from, to, &least, &most);
    if (most == least)
        return false;
    for (size_t i = from; i < to; i++) {
        if (l->lines[i].indent != least && l->lines[i].indent != most)
            return false;
        starts += i > from && l->lines[i].indent == most;
        widest = l->lines[i].columns > widest ? l->lines[i].columns : widest;
    }
    if (starts == 0 || widest < TEXT_WRAPPED_MIN)
        return false;
    size_t width = s->width > 0 ? s->width : widest;
    for (size_t i = from; i + 1 < to; i++) {
        bool ends = l->lines[i + 1].indent == most;
        size_t reach = shape_reach(l, i) + l->lines[i].indent - least;
        if (!ends && reach + SHAPE_SLACK <= width && !text_starts_lower(text_line(l, i + 1)))
            return false;
    }
    return starts * 2 < to - from || s->width > 0;
}

/* Does line i end a sentence so early that the next word would have fitted? */
static bool shape_ends_early(const struct text_shape *s, const struct text_lines *l, size_t i)
{
    return shape_reach(l, i) + SHAPE_SLACK <= s->width && text_ends_sentence(text_line(l, i));
}

static bool shape_ragged(const struct text_shape *s, const struct text_lines *l, size_t from,
                         size_t to)
{
    bool full = false;
    for (size_t i = from; i + 1 < to; i++) {
        bool fits = shape_reach(l, i) + SHAPE_SLACK <= s->width;
        if (fits && !shape_ends_early(s, l, i))
            return false;
        full = full || !fits;
    }
    return s->width > 0 && full;
}

/* Is line i like a heading above the lines of a paragraph? */
static bool shape_heads(const struct text_lines *l, size_t i)
{
    struct span line = text_line(l, i);
    uint32_t cp = 0;
    utf8_before(line, line.n, &cp);
    return l->lines[i].columns <= SHAPE_HEADING_MAX && text_begins(line) == TEXT_BEGIN_UPPER &&
           (uc_is_alpha(cp) || ascii_digit((int)cp));
}

static bool shape_has_long_line(const struct text_lines *l, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (l->lines[i].columns >= TEXT_UNWRAPPED_MIN)
            return true;
    }
    return false;
}

static enum text_way shape_way(const struct text_shape *shape, const struct text_lines *l,
                               size_t from, size_t to)
{
    if (to - from < 2)
        return TEXT_JOINED;
    if (!shape->wrapped && shape_has_long_line(l, from, to))
        return TEXT_APART;
    if (shape_indented(shape, l, from, to))
        return TEXT_INDENTED;
    if (shape->wrapped || shape_wrapped(shape, l, from, to))
        return TEXT_JOINED;
    if (to - from > 2 && shape_heads(l, from) && shape_wrapped(shape, l, from + 1, to))
        return TEXT_HEADED;
    return shape_ragged(shape, l, from, to) ? TEXT_RAGGED : TEXT_APART;
}

struct text_joint text_shape_joint(const struct text_shape *shape, const struct text_lines *l,
                                   size_t from, size_t to)
{
    size_t least = 0;
    size_t most = 0;
    shape_indents(l, from, to, &least, &most);
    return (struct text_joint){
        .way = shape_way(shape, l, from, to), .from = from, .indent = (uint8_t)most};
}

bool text_shape_breaks(const struct text_shape *shape, const struct text_lines *l,
                       const struct text_joint *joint, size_t i)
{
    switch (joint->way) {
    case TEXT_JOINED:
        return false;
    case TEXT_HEADED:
        return i == joint->from + 1;
    case TEXT_INDENTED:
        return l->lines[i].indent == joint->indent;
    case TEXT_RAGGED:
        return shape_ends_early(shape, l, i - 1);
    case TEXT_APART:
        break;
    }
    return true;
}

/* Length of the number that begins a heading ("2.1 ", "IV. "), its blank included, or 0. */
static size_t shape_number(struct span line)
{
    size_t at = 0;
    bool roman = line.n > 0 && !ascii_digit(line.p[0]);
    while (at < line.n && (roman ? span_find(SPAN("IVXLC"), 0, line.p[at]) < 5
                                 : ascii_digit(line.p[at]) || line.p[at] == '.'))
        at++;
    if (roman) {
        if (at == 0 || at == line.n || line.p[at] != '.')
            return 0;
        at++;
    }
    return at > 1 && at < line.n && line.p[at] == ' ' ? at + 1 : 0;
}

struct shape_letters {
    size_t upper, lower, words;
};

static struct shape_letters shape_letters(struct span line)
{
    struct shape_letters letters = {0};
    bool inside = false;
    for (size_t at = 0; at < line.n;) {
        uint32_t cp = 0;
        unsigned len = utf8_decode(span_sub(line, at, line.n), &cp);
        at += len == 0 ? 1 : len;
        bool upper = uc_is_property_uppercase(cp);
        letters.upper += upper;
        letters.lower += uc_is_property_lowercase(cp);
        letters.words += upper && !inside;
        inside = !utf8_blank(cp) && (inside || upper);
    }
    return letters;
}

/* Is the line, taken alone, like a heading? */
static enum text_heading shape_heading_line(struct span line, unsigned columns)
{
    if (columns > SHAPE_HEADING_MAX || line.n > SHAPE_HEADING_BYTES || line.n == 0)
        return TEXT_NO_HEADING;
    char last = line.p[line.n - 1];
    struct shape_letters letters = shape_letters(line);
    size_t number = shape_number(line);
    bool open =
        last == ',' || last == ';' || last == ':' || last == '-' || text_ends_sentence(line);
    bool capitals = letters.lower == 0 && letters.upper > 2;
    if (capitals && !open && number == 0)
        return letters.words > 1 ? TEXT_HEADING : TEXT_HEADING_IN_COMPANY;
    if (number > 0 && !open && text_begins(span_sub(line, number, line.n)) == TEXT_BEGIN_UPPER)
        return capitals && letters.words > 2 ? TEXT_HEADING : TEXT_HEADING_IN_COMPANY;
    return TEXT_NO_HEADING;
}

/* The next line at or behind *at that is not blank, trimmed; *at gets where the one behind starts.
 */
static struct span shape_next_line(struct span text, size_t *at)
{
    struct span line = {NULL, 0};
    while (*at < text.n && line.n == 0) {
        size_t end = span_find(text, *at, '\n');
        line = utf8_trim(span_sub(text, *at, end));
        *at = end + 1;
    }
    return line;
}

/* Does running text follow, directly or below one more line in capitals? */
static bool shape_text_follows(struct span text, size_t at)
{
    for (int i = 0; i < 2; i++) {
        struct span line = shape_next_line(text, &at);
        if (line.n == 0)
            return false;
        struct shape_letters letters = shape_letters(span_sub(line, 0, SHAPE_HEADING_BYTES));
        bool caseless = letters.lower == 0 && letters.upper == 0;
        if (letters.lower > letters.upper || caseless)
            return utf8_length(span_sub(line, 0, SHAPE_HEADING_BYTES)) >= TEXT_WRAPPED_MIN;
        if (shape_heading_line(line, 0) == TEXT_NO_HEADING)
            return false;
    }
    return false;
}

enum text_heading text_shape_heading(const struct text_lines *l, bool after_number)
{
    const struct text_line *line = &l->lines[0];
    if (l->count != 1 || (line->kind != TEXT_PLAIN && line->kind != TEXT_NUMBER))
        return TEXT_NO_HEADING;
    enum text_heading heading = shape_heading_line(text_line(l, 0), line->columns);
    if (heading == TEXT_NO_HEADING || (line->kind == TEXT_NUMBER && after_number))
        return TEXT_NO_HEADING;
    return shape_text_follows(l->text, l->at) ? heading : TEXT_NO_HEADING;
}
