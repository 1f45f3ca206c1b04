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

/* One line that is neither empty nor the title; returns whether it is a link. */
static inline bool page_check_line(struct span line)
{
    if (span_starts(line, SPAN("=> "))) {
        size_t end = span_find(line, 3, ' ');
        page_check_url(span_sub(line, 3, end));
        MUST(end < line.n); /* every link of ours has a label */
        page_check_one_line(span_sub(line, end + 1, line.n));
        return true;
    }
    if (span_starts(line, SPAN("* "))) {
        page_check_one_line(span_sub(line, 2, line.n));
        return false;
    }
    if (line.p[0] == ' ') {
        line = span_sub(line, 1, line.n);
        MUST(page_is_markup(line)); /* the only reason for a blank in front */
    } else {
        MUST(!page_is_markup(line));
    }
    page_check_one_line(line);
    return false;
}

/* A page made of text: title, text lines, list items, and this many link lines. */
static inline void page_check(struct span page, size_t links)
{
    struct span line;
    bool empty = true;
    size_t found = 0;
    page_check_text(page);
    MUST(span_starts(page, SPAN("# ")));
    MUST(span_ends(page, SPAN("\n")));
    for (size_t number = 1; span_line(&page, &line); number++) {
        MUST(line.n > 0 || !empty);
        empty = line.n == 0;
        if (number == 1)
            page_check_one_line(span_sub(line, 2, line.n));
        else if (line.n > 0)
            found += page_check_line(line);
    }
    MUST(!empty);
    MUST(found == links);
}

#endif
