/*
 * gemtext_page: what must hold for every gemtext page, whatever kinds of lines it has.  Written
 * from the specification of gemtext and the promises of gemtext.h, not from the writer.
 */
#ifndef FUZZ_GEMTEXT_PAGE_H
#define FUZZ_GEMTEXT_PAGE_H

#include "page.h"

#include <unictype.h>

#include "article/gemtext.h"

/* A line of text: one blank in front where it would be taken for markup, and only there. */
static inline void gemtext_page_check_text_line(struct span line)
{
    if (line.p[0] == ' ') {
        line = span_sub(line, 1, line.n);
        MUST(page_is_markup(line));
    }
    page_check_one_line(line);
}

static inline void gemtext_page_check_link(struct span line)
{
    MUST(span_starts(line, SPAN("=> ")));
    size_t end = span_find(line, 3, ' ');
    page_check_url(span_sub(line, 3, end));
    if (end == line.n)
        return;
    MUST(end + 1 < line.n);
    page_check_one_line(span_sub(line, end + 1, line.n));
}

/* A heading that is not the title. */
static inline void gemtext_page_check_heading(struct span line)
{
    size_t level = 0;
    while (level < line.n && line.p[level] == '#')
        level++;
    MUST(level == 2 || level == 3);
    MUST(line.n > level + 1 && line.p[level] == ' ');
    page_check_one_line(span_sub(line, level + 1, line.n));
}

/* One line outside preformatted text, neither empty nor the title. */
static inline void gemtext_page_check_line(struct span line)
{
    if (span_starts(line, SPAN("=>"))) {
        gemtext_page_check_link(line);
    } else if (span_starts(line, SPAN("#"))) {
        gemtext_page_check_heading(line);
    } else if (span_starts(line, SPAN(">"))) {
        MUST(line.n == 1 || (span_starts(line, SPAN("> ")) && line.n > 2));
        page_check_one_line(line);
    } else if (span_starts(line, SPAN("* "))) {
        MUST(line.n > 2);
        page_check_one_line(line);
    } else if (span_starts(line, SPAN("```"))) {
        page_check_one_line(line);
    } else {
        gemtext_page_check_text_line(line);
    }
}

/* A page: a title, then lines of any kind. */
static inline void gemtext_page_check(struct span page)
{
    struct span line;
    bool empty = false;
    bool fenced = false;
    page_check_text(page);
    MUST(span_starts(page, SPAN("# ")) && span_ends(page, SPAN("\n")));
    MUST(span_find(page, 0, '\t') == page.n);
    for (size_t number = 1; span_line(&page, &line); number++) {
        MUST(line.n > 0 || !empty);
        empty = line.n == 0;
        MUST(empty || utf8_trim(line).p + utf8_trim(line).n == line.p + line.n);
        if (number == 1) {
            MUST(line.n > 2);
            page_check_one_line(span_sub(line, 2, line.n));
        } else if (fenced) {
            bool closes = span_starts(line, SPAN("```"));
            MUST(!closes || line.n == 3);
            fenced = !closes;
        } else if (!empty) {
            gemtext_page_check_line(line);
            fenced = span_starts(line, SPAN("```"));
        }
    }
    MUST(!empty && !fenced);
}

/*
 * The words.  What an article says is told in the order of its source, and nothing is added: the
 * letters and digits of a page are among those of the source, one after the other.  Signs are
 * compared without accents and in their plain form, for text is composed, and a raised digit is a
 * digit.  Where a word begins is not asked of the source, which may have tags and targets in it.
 */
static inline void gemtext_page_put_letters(struct span s, struct buf *out)
{
    size_t n = 0;
    if (s.n == 0)
        return;
    uint8_t *plain = u8_normalize(UNINORM_NFKD, (const uint8_t *)s.p, s.n, NULL, &n);
    MUST(plain != NULL);
    struct span rest = {(const char *)plain, n};
    while (rest.n > 0) {
        uint32_t cp = 0;
        unsigned len = utf8_decode(rest, &cp);
        MUST(len > 0);
        if (uc_is_general_category_withtable(cp, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N))
            buf_put(out, span_sub(rest, 0, len));
        rest = span_sub(rest, len, rest.n);
    }
    free(plain);
}

/* A number or some letters and a dot, at the start of a line: what counts the items of a list. */
static inline struct span gemtext_page_without_count(struct span line)
{
    size_t at = 0;
    while (span_starts(span_sub(line, at, line.n), SPAN("> ")))
        at += 2;
    at += span_starts(span_sub(line, at, line.n), SPAN("* ")) ? 2 : 0;
    while (span_starts(span_sub(line, at, line.n), SPAN("– ")))
        at += strlen("– ");
    size_t end = at;
    while (end < line.n && (ascii_alpha(line.p[end]) || ascii_digit(line.p[end]) ||
                            (end == at && line.p[end] == '-')))
        end++;
    bool counts = end > at && end < line.n && line.p[end] == '.' &&
                  (end + 1 == line.n || line.p[end + 1] == ' ');
    return counts ? span_sub(line, end + 1, line.n) : line;
}

/* Find the letters of s in source from *at on, one after the other; *at goes behind them. */
static inline bool gemtext_page_has(struct span source, size_t *at, struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        *at = span_find(source, *at, s.p[i]);
        if (*at == source.n)
            return false;
        ++*at;
    }
    return true;
}

/*
 * letters   of the source
 * An image that cannot be linked to is told behind its block, and a table is told row by row: their
 * words need only be there.
 */
static inline void gemtext_page_check_words(struct span page, struct span letters)
{
    struct span line;
    size_t at = 0;
    bool fenced = false;
    struct buf some;
    buf_init(&some, page.n * 18 + 1);
    for (bool title = true; span_line(&page, &line); title = false) {
        bool fence = span_starts(line, SPAN("```"));
        bool image = !fenced && span_starts(line, SPAN("Image: "));
        size_t anywhere = 0;
        fenced = fenced != fence;
        if (fence || (!fenced && span_starts(line, SPAN("=> "))))
            continue;
        if (image)
            line = span_sub(line, strlen("Image: "), line.n);
        buf_clear(&some);
        gemtext_page_put_letters(fenced ? line : gemtext_page_without_count(line), &some);
        MUST(
            gemtext_page_has(letters, fenced || image || title ? &anywhere : &at, buf_span(&some)));
    }
    buf_fini(&some);
}

#endif
