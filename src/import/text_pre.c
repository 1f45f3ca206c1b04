#include "import/text_pre.h"

#include "article/clean.h"
#include "core/utf8.h"

#define PRE_TAB 8
/* Cells of a row that are looked at. */
#define PRE_CELLS_MAX 24
/* Gaps that a row must have, and that must line up. */
#define PRE_GAPS_MIN    2
#define PRE_CODE_INDENT 4

/* Where the cells of a row begin and end, in columns, but for the first one. */
struct pre_row {
    unsigned starts[PRE_CELLS_MAX], ends[PRE_CELLS_MAX];
    size_t count;
};

/* Columns at which a sign ends that begins in column `at`. */
static unsigned pre_behind(uint32_t cp, unsigned at)
{
    return cp == '\t' ? at + PRE_TAB - at % PRE_TAB : at + text_columns(cp);
}

static void pre_row_read(const struct text_lines *l, size_t i, struct pre_row *row)
{
    unsigned column = 0;
    unsigned end = 0; /* column behind the last sign that is no blank */
    bool tab = false;
    bool first = true;
    row->count = 0;
    if ((l->lines[i].kind != TEXT_PLAIN && l->lines[i].kind != TEXT_NUMBER) || !l->lines[i].mark)
        return;
    struct span raw = text_line_raw(l, i);
    for (size_t at = 0; at < raw.n && row->count < PRE_CELLS_MAX;) {
        uint32_t cp = (unsigned char)raw.p[at];
        at += cp < 0x80 ? 1 : utf8_decode(span_sub(raw, at, raw.n), &cp);
        if (utf8_blank(cp)) {
            tab = tab || cp == '\t';
        } else {
            if (!first && (column - end > 1 || (tab && column > end)))
                row->starts[row->count++] = column;
            if (row->count > 0)
                row->ends[row->count - 1] = pre_behind(cp, column);
            end = pre_behind(cp, column);
            first = tab = false;
        }
        column = pre_behind(cp, column);
    }
    /* What stands behind the number of an item is no cell. */
    if (l->lines[i].kind == TEXT_NUMBER && row->count > 0)
        row->count--;
}

/* Do most cells of two rows line up, at their left or at their right? */
static bool pre_rows_meet(const struct pre_row *a, const struct pre_row *b)
{
    size_t met = 0;
    size_t fewer = a->count < b->count ? a->count : b->count;
    size_t j = 0;
    for (size_t i = 0; i < a->count; i++) {
        while (j < b->count && b->starts[j] < a->starts[i] && b->ends[j] < a->ends[i])
            j++;
        met += j < b->count && (b->starts[j] == a->starts[i] || b->ends[j] == a->ends[i]);
    }
    return met >= PRE_GAPS_MIN && met * 3 >= fewer * 2;
}

/* Does a line with so few cells belong to the table beside it? */
static bool pre_belongs(const struct text_lines *l, size_t i)
{
    struct pre_row row;
    pre_row_read(l, i, &row);
    return l->lines[i].kind == TEXT_RULE || row.count >= PRE_GAPS_MIN;
}

bool text_table(const struct text_lines *l, size_t *first, size_t *end)
{
    struct pre_row rows[2];
    size_t last = l->count; /* the row above, in the other place of rows */
    size_t turn = 0;
    *first = *end = l->count;
    if (l->count < 2)
        return false;
    for (size_t i = 0; i < l->count; i++) {
        pre_row_read(l, i, &rows[turn]);
        if (rows[turn].count < PRE_GAPS_MIN)
            continue;
        if (last < l->count && pre_rows_meet(&rows[1 - turn], &rows[turn])) {
            *first = *first < last ? *first : last;
            *end = i + 1;
        }
        last = i;
        turn = 1 - turn;
    }
    if (*first == l->count)
        return false;
    while (*first > 0 && pre_belongs(l, *first - 1))
        --*first;
    while (*end < l->count && pre_belongs(l, *end))
        ++*end;
    return true;
}

enum pre_code { PRE_TEXT, PRE_MAYBE_CODE, PRE_CODE };

static bool pre_has(struct span line, const char *part)
{
    struct span wanted = span_of(part);
    for (size_t at = span_find(line, 0, part[0]); at < line.n;
         at = span_find(line, at + 1, part[0])) {
        if (span_starts(span_sub(line, at, line.n), wanted))
            return true;
    }
    return false;
}

/* "name(": no sentence writes a bracket so, but for "name(s)". */
static bool pre_has_call(struct span line)
{
    for (size_t at = span_find(line, 0, '('); at < line.n; at = span_find(line, at + 1, '(')) {
        bool name = at > 0 && (ascii_alpha(line.p[at - 1]) || ascii_digit(line.p[at - 1]) ||
                               line.p[at - 1] == '_');
        if (name && !span_starts(span_sub(line, at, line.n), SPAN("(s)")))
            return true;
    }
    return false;
}

static enum pre_code pre_code_of(struct span line)
{
    static const char *const signs[] = {"{", "}", " = ", "==", "->", "::", "+=", "!="};
    char last = line.p[line.n - 1];
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (pre_has(line, signs[i]))
            return PRE_CODE;
    }
    bool ends = last == ';' || last == ')' || last == ':';
    if (ends && pre_has_call(line))
        return PRE_CODE;
    return last == ';' || line.p[0] == '#' || span_starts(line, SPAN("//")) ? PRE_MAYBE_CODE
                                                                            : PRE_TEXT;
}

static bool pre_indented(const struct text_lines *l)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->lines[i].indent < PRE_CODE_INDENT)
            return false;
    }
    return true;
}

bool text_is_code(const struct text_lines *l)
{
    size_t sure = 0;
    size_t maybe = 0;
    if (!pre_indented(l))
        return false;
    for (size_t i = 0; i < l->count; i++) {
        enum pre_code code = pre_code_of(text_line(l, i));
        sure += code == PRE_CODE;
        maybe += code == PRE_MAYBE_CODE;
    }
    return sure > 0 && (sure + maybe) * 2 >= l->count;
}

bool text_goes_on_with_code(const struct text_lines *l)
{
    if (!pre_indented(l))
        return false;
    for (size_t i = 0; i < l->count; i++) {
        if (pre_code_of(text_line(l, i)) != PRE_TEXT)
            return true;
    }
    return false;
}

void text_pre_put(const struct text_lines *l, size_t from, size_t to, struct buf *out)
{
    static const char blanks[] = "        ";
    for (size_t i = from; i < to; i++) {
        struct span raw = clean_end(text_line_raw(l, i));
        unsigned column = 0;
        for (size_t at = 0; at < raw.n;) {
            uint32_t cp = 0;
            unsigned len = utf8_decode(span_sub(raw, at, raw.n), &cp);
            unsigned behind = pre_behind(cp, column);
            buf_put(out, cp == '\t' ? (struct span){blanks, behind - column}
                                    : span_sub(raw, at, at + len));
            column = behind;
            at += len;
        }
        buf_putc(out, '\n');
    }
}
