/*
 * page: what must hold for all clean text, and for every page that is written.
 */
#ifndef FUZZ_PAGE_H
#define FUZZ_PAGE_H

#include "fuzz.h"

#include <uninorm.h>

#include "core/utf8.h"

/* May cp not stand in clean text?  Written from clean.h's promise, not from clean.c. */
static inline bool page_forbidden(uint32_t cp)
{
    bool control = (cp < 0x20 && cp != '\n' && cp != '\t') || (cp >= 0x7f && cp <= 0x9f);
    bool unseen = cp == 0xad || cp == 0x200b || cp == 0xfeff;
    bool bidi = (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
    return control || unseen || bidi || cp == 0x2028 || cp == 0x2029;
}

/* s is valid UTF-8 in normalization form C without forbidden characters. */
static inline void page_check_text(struct span s)
{
    size_t n = 0;
    MUST(utf8_valid(s) == s.n);
    for (size_t at = 0; at < s.n;) {
        uint32_t cp = 0;
        at += utf8_decode(span_sub(s, at, s.n), &cp);
        MUST(!page_forbidden(cp));
    }
    if (s.n == 0)
        return;
    uint8_t *composed = u8_normalize(UNINORM_NFC, (const uint8_t *)s.p, s.n, NULL, &n);
    MUST(composed != NULL);
    MUST(span_eq(s, (struct span){(const char *)composed, n}));
    free(composed);
}

/* One line of text: no LF or TAB, no blank at its ends, no two blanks in a row. */
static inline void page_check_one_line(struct span s)
{
    bool gap = true;
    page_check_text(s);
    for (size_t at = 0; at < s.n;) {
        uint32_t cp = 0;
        at += utf8_decode(span_sub(s, at, s.n), &cp);
        MUST(cp != '\n' && cp != '\t');
        MUST(!(gap && utf8_blank(cp)));
        gap = utf8_blank(cp);
    }
    MUST(s.n == 0 || !gap);
}

/* A URI reference as link lines have them: not empty, URI characters only. */
static inline void page_check_url(struct span url)
{
    static const char marks[] = "-._~:/?#[]@!$&'()*+,;=%";
    MUST(url.n > 0);
    for (size_t i = 0; i < url.n; i++) {
        char c = url.p[i];
        MUST(ascii_alpha(c) || ascii_digit(c) || (c != '\0' && strchr(marks, c) != NULL));
        MUST(c != '%' ||
             (i + 2 < url.n && ascii_hex(url.p[i + 1]) >= 0 && ascii_hex(url.p[i + 2]) >= 0));
    }
}

/* Would a client take a line that begins so for markup? */
static inline bool page_is_markup(struct span line)
{
    return span_starts(line, SPAN("#")) || span_starts(line, SPAN(">")) ||
           span_starts(line, SPAN("=>")) || span_starts(line, SPAN("* ")) ||
           span_starts(line, SPAN("```"));
}

/* A link line: a URL, and a label if it has one. */
static inline void page_check_link(struct span line)
{
    size_t end = span_find(line, 3, ' ');
    page_check_url(span_sub(line, 3, end));
    MUST(end == line.n || end + 1 < line.n);
    page_check_one_line(span_sub(line, end + 1, line.n));
}

/* A line without the marks of a heading, an item or a quote: what is left is one line of text. */
static inline struct span page_without_marks(struct span line)
{
    static const char *const marks[] = {"## ", "### ", "* "};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (span_starts(line, span_of(marks[i]))) {
            MUST(line.n > strlen(marks[i]));
            return span_sub(line, strlen(marks[i]), line.n);
        }
    }
    while (span_starts(line, SPAN("> ")))
        line = span_sub(line, 2, line.n);
    return span_eq(line, SPAN(">")) ? span_sub(line, 0, 0) : line;
}

/* One line that is neither empty, preformatted nor the title; returns whether it is a link. */
static inline bool page_check_line(struct span line)
{
    if (span_starts(line, SPAN("=> "))) {
        page_check_link(line);
        return true;
    }
    struct span text = page_without_marks(line);
    if (text.p != line.p) {
        page_check_one_line(text);
        return false;
    }
    if (line.n > 0 && line.p[0] == ' ') {
        line = span_sub(line, 1, line.n);
        MUST(page_is_markup(line)); /* the only reason for a blank in front */
    } else {
        MUST(text.n == 0 || !page_is_markup(line));
    }
    page_check_one_line(text.n == 0 ? text : line);
    return false;
}

/* A preformatted line: any text without a blank at its end. */
static inline void page_check_pre(struct span line)
{
    struct span trimmed = utf8_trim(line);
    MUST(span_find(line, 0, '\t') == line.n);
    MUST(line.n == 0 || (trimmed.n > 0 && trimmed.p + trimmed.n == line.p + line.n));
}

/* A page: its title, lines of every kind, and this many link lines. */
static inline void page_check(struct span page, size_t links)
{
    struct span line;
    bool empty = true;
    bool pre = false;
    size_t found = 0;
    page_check_text(page);
    MUST(span_starts(page, SPAN("# ")));
    MUST(span_ends(page, SPAN("\n")));
    for (size_t number = 1; span_line(&page, &line); number++) {
        bool fence = span_starts(line, SPAN("```"));
        MUST(line.n > 0 || !empty);
        empty = line.n == 0;
        if (number == 1)
            page_check_one_line(span_sub(line, 2, line.n));
        else if (pre && !fence)
            page_check_pre(line);
        else if (line.n > 0 && !fence)
            found += page_check_line(line);
        pre = pre != fence;
    }
    MUST(!empty && !pre);
    MUST(found == links);
}

#endif
