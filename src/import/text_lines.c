#include "import/text_lines.h"

#include <stdlib.h>
#include <unictype.h>
#include <uniwidth.h>

#include "core/utf8.h"
#include "import/text_furniture.h"

#define TEXT_FIRST_ROOM 64
#define TEXT_TAB        8
#define TEXT_RULE_MIN   3 /* marks in a rule */

void text_lines_init(struct text_lines *l, struct span text)
{
    *l = (struct text_lines){.text = text};
}

void text_lines_fini(struct text_lines *l)
{
    free(l->lines);
    text_lines_init(l, l->text);
}

struct span text_line(const struct text_lines *l, size_t i)
{
    return span_sub(l->text, l->lines[i].at, l->lines[i].at + l->lines[i].n);
}

struct span text_line_raw(const struct text_lines *l, size_t i)
{
    size_t start = l->lines[i].at;
    while (start > 0 && l->text.p[start - 1] != '\n')
        start--;
    return span_sub(l->text, start, span_find(l->text, l->lines[i].at, '\n'));
}

unsigned text_columns(uint32_t cp)
{
    if (cp < 0x300 || (cp >= 0x370 && cp < 0x483) || (cp >= 0x48a && cp < 0x590))
        return 1;
    if ((cp >= 0x3041 && cp <= 0x3098) || (cp >= 0x30a0 && cp <= 0x30ff) ||
        (cp >= 0x4e00 && cp <= 0x9fff) || (cp >= 0xac00 && cp <= 0xd7a3))
        return 2;
    int width = uc_width(cp, "UTF-8");
    return width < 0 ? 0 : (unsigned)width;
}

/* Columns of a line's text as far as they are counted; *gaps: see mark of struct text_line. */
static uint8_t text_measure(struct span s, bool *gaps)
{
    unsigned columns = 0;
    bool gap = false;
    *gaps = false;
    for (size_t at = 0; at < s.n && columns < TEXT_COLUMNS_MAX;) {
        uint32_t cp = (unsigned char)s.p[at];
        if (cp > ' ' && cp < 0x7f) {
            columns++;
            at++;
            gap = false;
            continue;
        }
        at += cp < 0x80 ? 1 : utf8_decode(span_sub(s, at, s.n), &cp);
        bool blank = cp == ' ' || utf8_blank(cp);
        if (!(blank && gap))
            columns += cp == ' ' ? 1 : text_columns(cp);
        *gaps = *gaps || (blank && (gap || cp == '\t'));
        gap = blank;
    }
    return (uint8_t)(columns < TEXT_COLUMNS_MAX ? columns : TEXT_COLUMNS_MAX);
}

static uint8_t text_indent(struct span blanks)
{
    unsigned columns = 0;
    for (size_t at = 0; at < blanks.n && columns < TEXT_COLUMNS_MAX;) {
        uint32_t cp = 0;
        at += utf8_decode(span_sub(blanks, at, blanks.n), &cp);
        columns += cp == '\t' ? TEXT_TAB - columns % TEXT_TAB : text_columns(cp);
    }
    return (uint8_t)(columns < TEXT_COLUMNS_MAX ? columns : TEXT_COLUMNS_MAX);
}

static bool text_is_rule_mark(uint32_t cp)
{
    switch (cp) {
    case '-':
    case '=':
    case '*':
    case '_':
    case '~':
    case '+':
    case '#':
    case 0xb7:   /* middle dot */
    case 0x2013: /* dashes */
    case 0x2014:
    case 0x2015:
    case 0x2022: /* bullet */
    case 0x2042: /* asterism */
    case 0x204e: /* low asterisk */
    case 0x2217: /* asterisk operator */
    case 0x2500: /* box drawing */
    case 0x2501:
    case 0x2550:
    case 0x2766: /* floral hearts */
    case 0x2767:
        return true;
    default:
        return false;
    }
}

bool text_rule(struct span line, char *mark)
{
    uint32_t first = 0;
    size_t count = 0;
    bool gaps = false;
    if (utf8_decode(line, &first) == 0 || !text_is_rule_mark(first))
        return false;
    for (size_t at = 0; at < line.n;) {
        uint32_t cp = 0;
        at += utf8_decode(span_sub(line, at, line.n), &cp);
        if (cp != first && !utf8_blank(cp))
            return false;
        count += cp == first;
        gaps = gaps || cp != first;
    }
    *mark = (char)(gaps ? ' ' : first == '-' || first == '=' ? first : 0);
    return count >= TEXT_RULE_MIN || first == 0x2042 || first == 0x2766 || first == 0x2767;
}

static bool text_blank_at(struct span line, size_t at)
{
    uint32_t cp = 0;
    return utf8_decode(span_sub(line, at, line.n), &cp) > 0 && utf8_blank(cp);
}

/* Length of the mark that makes a line a list item, without its blank, or 0. */
static uint8_t text_bullet(struct span line)
{
    static const char *const marks[] = {"-", "*", "•", "‣", "◦", "▪", "●"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct span mark = span_of(marks[i]);
        if (span_starts(line, mark))
            return text_blank_at(line, mark.n) ? (uint8_t)mark.n : 0;
    }
    return 0;
}

static bool text_numbered(struct span line)
{
    size_t i = 0;
    while (i < line.n && ascii_digit(line.p[i]))
        i++;
    return i > 0 && i <= 4 && i < line.n && (line.p[i] == '.' || line.p[i] == ')') &&
           text_blank_at(line, i + 1);
}

static void text_classify(struct text_line *line, struct span text)
{
    char mark = 0;
    bool gaps = false;
    line->columns = text_measure(text, &gaps);
    line->kind = TEXT_PLAIN;
    line->mark = gaps;
    if (text.n == 0 || ascii_alpha(text.p[0]))
        return;
    if (text.p[0] == '>') {
        line->kind = TEXT_QUOTED;
    } else if (text_rule(text, &mark)) {
        line->kind = TEXT_RULE;
        line->mark = (uint8_t)mark;
    } else if (text_numbered(text)) {
        line->kind = TEXT_NUMBER;
    } else if (text_bullet(text) > 0) {
        line->kind = TEXT_BULLET;
        line->mark = text_bullet(text);
    }
}

static struct text_line *text_lines_more(struct text_lines *l)
{
    if (l->count == l->room) {
        size_t room = l->room == 0 ? TEXT_FIRST_ROOM : l->room * 2;
        struct text_line *lines = realloc(l->lines, room * sizeof *lines);
        if (lines == NULL) {
            l->status = ST_NOMEM;
            return NULL;
        }
        l->lines = lines;
        l->room = room;
    }
    return &l->lines[l->count++];
}

bool text_lines_next(struct text_lines *l)
{
    l->count = 0;
    while (l->at < l->text.n) {
        size_t start = l->at;
        size_t end = span_find(l->text, start, '\n');
        struct span raw = span_sub(l->text, start, end);
        struct span text = utf8_trim(raw);
        size_t prompt = text.n == 0 ? 0 : text_prompt(l->text, start);
        l->at = prompt > 0 ? prompt : end + 1;
        if (text.n == 0 || prompt > 0) {
            if (l->count > 0)
                return true;
            continue;
        }
        struct text_line *line = text_lines_more(l);
        if (line == NULL) {
            l->count = 0;
            return false;
        }
        size_t blanks = (size_t)(text.p - raw.p);
        line->at = (uint32_t)(start + blanks);
        line->n = (uint32_t)text.n;
        line->indent = text_indent(span_sub(raw, 0, blanks));
        text_classify(line, text);
    }
    return l->count > 0;
}

void text_line_cut(struct text_lines *l, size_t i, size_t n)
{
    struct text_line *line = &l->lines[i];
    struct span rest = span_sub(text_line(l, i), n, line->n);
    struct span text = utf8_trim(rest);
    size_t blanks = text.n == 0 ? rest.n : (size_t)(text.p - rest.p);
    line->indent = text_indent(span_sub(rest, 0, blanks));
    line->at += (uint32_t)(n + blanks);
    line->n = (uint32_t)text.n;
    text_classify(line, text);
}

enum text_begin text_begins(struct span line)
{
    uint32_t cp = 0;
    unsigned len;
    for (size_t at = 0; (len = utf8_decode(span_sub(line, at, line.n), &cp)) > 0; at += len) {
        if (uc_is_property_lowercase(cp))
            return TEXT_BEGIN_LOWER;
        if (uc_is_property_uppercase(cp) || uc_is_general_category(cp, UC_TITLECASE_LETTER))
            return TEXT_BEGIN_UPPER;
        if (uc_is_alpha(cp))
            return TEXT_BEGIN_CASELESS;
        if (!uc_is_general_category_withtable(cp, UC_CATEGORY_MASK_Ps | UC_CATEGORY_MASK_Pi |
                                                      UC_CATEGORY_MASK_Pf) &&
            cp != '"' && cp != '\'')
            break;
    }
    return TEXT_BEGIN_OTHER;
}

bool text_starts_lower(struct span line)
{
    uint32_t cp = 0;
    return utf8_decode(line, &cp) > 0 && uc_is_property_lowercase(cp);
}

bool text_ends_sentence(struct span line)
{
    while (line.n > 0) {
        uint32_t cp = 0;
        size_t at = utf8_before(line, line.n, &cp);
        if (cp == 0)
            return false;
        if (uc_is_property_sentence_terminal(cp) || cp == 0x2026)
            return true;
        if (!uc_is_general_category_withtable(cp, UC_CATEGORY_MASK_Pe | UC_CATEGORY_MASK_Pi |
                                                      UC_CATEGORY_MASK_Pf) &&
            cp != '"' && cp != '\'')
            return false;
        line.n = at;
    }
    return false;
}
