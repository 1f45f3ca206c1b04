#include "import/text_furniture.h"

#include <unictype.h>

#include "core/utf8.h"
#include "import/text_lines.h"

/* Prompts in a row that are looked at together. */
#define PROMPT_LINES_MAX 8

static bool furniture_is_arrow(uint32_t cp)
{
    return (cp >= 0x2190 && cp <= 0x21ff) || (cp >= 0x25b2 && cp <= 0x25c5) ||
           (cp >= 0x2794 && cp <= 0x27be) || (cp >= 0x27f0 && cp <= 0x27ff) ||
           (cp >= 0x2900 && cp <= 0x297f) || (cp >= 0x2b00 && cp <= 0x2bff) || cp == 0xfe0e ||
           cp == 0xfe0f || (cp >= 0x1f448 && cp <= 0x1f449);
}

/* What may stand around furniture's words: any sign but a letter, mark, digit or quote. */
static bool furniture_is_sign(uint32_t cp)
{
    if (cp == '"' || cp == '\'' || (cp >= 0x2018 && cp <= 0x201f))
        return false;
    return cp < 0x80
               ? !ascii_alpha((int)cp) && !ascii_digit((int)cp) && cp != '\n'
               : !uc_is_alpha(cp) &&
                     !uc_is_general_category_withtable(cp, UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_M);
}

/* Offset behind the blanks at `at`; *some tells whether there are any. */
static size_t furniture_skip_blanks(struct span s, size_t at, bool *some)
{
    uint32_t cp = 0;
    unsigned len;
    size_t start = at;
    while ((len = utf8_decode(span_sub(s, at, s.n), &cp)) > 0 && utf8_blank(cp) && cp != '\n')
        at += len;
    *some = at > start;
    return at;
}

static size_t furniture_skip_signs(struct span s, size_t at)
{
    uint32_t cp = 0;
    unsigned len;
    while ((len = utf8_decode(span_sub(s, at, s.n), &cp)) > 0 &&
           (furniture_is_sign(cp) || furniture_is_arrow(cp)))
        at += len;
    return at;
}

/* Offset behind the word at `at`, which is a whole one, or 0. */
static size_t furniture_word(struct span s, size_t at, const char *word)
{
    struct span w = span_of(word);
    if (!span_eq_nocase(span_sub(s, at, at + w.n), w))
        return 0;
    at += w.n;
    uint32_t cp = 0;
    bool inside = utf8_decode(span_sub(s, at, s.n), &cp) > 0 && cp != '\n' &&
                  !furniture_is_sign(cp) && !furniture_is_arrow(cp);
    return inside ? 0 : at;
}

static bool furniture_has(struct span s, uint32_t wanted)
{
    uint32_t cp = 0;
    unsigned len;
    for (size_t at = 0; (len = utf8_decode(span_sub(s, at, s.n), &cp)) > 0; at += len) {
        if (cp == wanted)
            return true;
    }
    return false;
}

/* Does cp point to the piece rather than quote a part of its title? */
static bool furniture_points(struct span title, uint32_t cp)
{
    static const uint32_t pairs[][2] = {{0xab, 0xbb}, {0x2039, 0x203a}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (cp == pairs[i][0] || cp == pairs[i][1])
            return !furniture_has(title, pairs[i][0]) || !furniture_has(title, pairs[i][1]);
    }
    return furniture_is_arrow(cp) || cp == '|' || cp == '<' || cp == '>';
}

/* s without the arrows, blanks and bars at its end. */
static struct span furniture_cut_end(struct span s)
{
    for (s = utf8_trim(s); s.n > 0; s = utf8_trim(s)) {
        uint32_t cp = 0;
        size_t at = utf8_before(s, s.n, &cp);
        if (cp == 0 || !furniture_points(s, cp))
            break;
        s.n = at;
    }
    return s;
}

struct span text_without_arrows(struct span title)
{
    struct span s = utf8_trim(title);
    uint32_t cp = 0;
    unsigned len;
    while ((len = utf8_decode(s, &cp)) > 0 && (utf8_blank(cp) || furniture_points(s, cp)))
        s = span_sub(s, len, s.n);
    s = furniture_cut_end(s);
    return s.n > 0 ? s : title;
}

/*
 * Where the title begins in what stands behind a marker's words, or 0 when nothing parts the two: a
 * colon; a dash, bar or arrow with a blank behind it; a tab.
 */
static size_t furniture_parted(struct span rest)
{
    bool before = false;
    bool behind = false;
    uint32_t cp = 0;
    size_t at = furniture_skip_blanks(rest, 0, &before);
    bool tab = span_find(span_sub(rest, 0, at), 0, '\t') < at;
    size_t signs = at;
    unsigned len;
    while ((len = utf8_decode(span_sub(rest, signs, rest.n), &cp)) > 0 &&
           (furniture_is_arrow(cp) || cp == ':' || cp == '-' || cp == '|' || cp == '/' ||
            cp == '>' || cp == ']' || cp == ')' || cp == '*' || cp == 0x2013 || cp == 0x2014 ||
            cp == 0x203a || cp == 0xbb || cp == 0xb7 || cp == 0xff1a))
        signs += len;
    if (signs == at)
        return tab ? at : 0;
    size_t title = furniture_skip_blanks(rest, signs, &behind);
    bool colon = rest.p[at] == ':' || span_starts(span_sub(rest, at, signs), SPAN("："));
    return behind || colon ? title : 0;
}

static enum text_role furniture_marker_words(struct span line, size_t *end)
{
    bool gap = false;
    size_t at = furniture_skip_signs(line, 0);
    size_t word = furniture_word(line, at, "previous");
    enum text_role role = word > 0 ? ROLE_PREVIOUS : ROLE_NEXT;
    if (word == 0)
        word = furniture_word(line, at, "next");
    if (word == 0)
        return ROLE_TEXT;
    *end = furniture_word(line, furniture_skip_blanks(line, word, &gap), "article");
    return gap && *end > 0 ? role : ROLE_TEXT;
}

/* "[Next Article: ...]": the bracket that was opened before the words goes with them. */
static struct span furniture_unbracket(struct span title, struct span line)
{
    if (title.n > 0 && ((line.p[0] == '[' && title.p[title.n - 1] == ']') ||
                        (line.p[0] == '(' && title.p[title.n - 1] == ')')))
        title.n--;
    return utf8_trim(title);
}

enum text_role text_marker(struct span line, struct span *title)
{
    size_t end = 0;
    *title = (struct span){NULL, 0};
    enum text_role role = furniture_marker_words(line, &end);
    if (role == ROLE_TEXT)
        return ROLE_TEXT;
    struct span rest = span_sub(line, end, line.n);
    if (furniture_skip_signs(rest, 0) == rest.n)
        return role;
    enum text_role other = furniture_marker_words(rest, &end);
    if (other != ROLE_TEXT && other != role)
        return furniture_skip_signs(rest, end) == rest.n ? ROLE_BOTH : ROLE_TEXT;
    size_t start = furniture_parted(rest);
    if (start == 0)
        return ROLE_TEXT;
    struct span found = text_without_arrows(span_sub(rest, start, rest.n));
    found = furniture_unbracket(found, line);
    bool sentence = text_starts_lower(found) && text_ends_sentence(found);
    if (sentence || found.n == 0 || utf8_length(found) > TEXT_TITLE_MAX)
        return ROLE_TEXT;
    *title = found;
    return role;
}

/* Offset behind the blanks at `at`, with one line end among them at most; 0 when there are none. */
static size_t prompt_gap(struct span text, size_t at)
{
    bool some = false;
    bool more = false;
    at = furniture_skip_blanks(text, at, &some);
    if (at < text.n && text.p[at] == '\n')
        return furniture_skip_blanks(text, at + 1, &more);
    return some ? at : 0;
}

/* What was found of a prompt. */
struct prompt {
    unsigned phrases; /* a bit for each of the two */
    bool marked;      /* a sign follows the last one */
};

/* Offset behind one of the two phrases, or 0. */
static size_t prompt_phrase(struct span text, size_t at, struct prompt *p)
{
    static const char *const phrases[][5] = {{"no", "time", "to", "read", NULL},
                                             {"get", "a", "summary", NULL}};
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
        size_t end = furniture_word(text, at, phrases[i][0]);
        for (size_t word = 1; end > 0 && phrases[i][word] != NULL; word++) {
            end = prompt_gap(text, end);
            end = end == 0 ? 0 : furniture_word(text, end, phrases[i][word]);
        }
        if (end > 0) {
            p->phrases |= 1U << i;
            return end;
        }
    }
    return 0;
}

/* Where the line behind the phrases that begin at `at` starts, or 0 when they share a line. */
static size_t prompt_end(struct span text, size_t at, struct prompt *p)
{
    for (;;) {
        size_t end = prompt_phrase(text, furniture_skip_signs(text, at), p);
        if (end == 0)
            return 0;
        at = furniture_skip_signs(text, end);
        p->marked = at > end;
        if (at == text.n || text.p[at] == '\n')
            return at + 1;
    }
}

/* Does the line above the one that starts at `at` go on in it? */
static bool prompt_is_led_in(struct span text, size_t at)
{
    if (at == 0 || !text_starts_lower(utf8_trim(span_sub(text, at, at + 64))))
        return false;
    size_t start = at - 1;
    while (start > 0 && text.p[start - 1] != '\n')
        start--;
    struct span above = utf8_trim(span_sub(text, start, at - 1));
    return above.n > 0 && !text_ends_sentence(above);
}

size_t text_prompt(struct span text, size_t at)
{
    struct prompt p = {0};
    size_t first = furniture_skip_signs(text, at);
    char c = first < text.n ? ascii_lower(text.p[first]) : '\n';
    if (c != 'n' && c != 'g')
        return 0;
    size_t end = 0;
    size_t behind = at;
    for (int i = 0; i < PROMPT_LINES_MAX && behind < text.n; i++) {
        behind = prompt_end(text, behind, &p);
        if (behind == 0)
            break;
        end = behind;
    }
    if (end == 0)
        return 0;
    struct span below = span_sub(text, end, span_find(text, end, '\n'));
    bool whole = p.phrases == 3; /* no sentence has both */
    bool goes_on = !p.marked && text_starts_lower(utf8_trim(below));
    if (!whole && (goes_on || prompt_is_led_in(text, at)))
        return 0;
    return end < text.n ? end : text.n;
}
