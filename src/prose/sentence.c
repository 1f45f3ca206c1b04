#include "prose/sentence.h"

#include <unictype.h>

#include "core/utf8.h"

/* Longest abbreviation in the table, in bytes. */
#define SENTENCE_ABBREVIATION_MAX 8

/* Lower case, without the full stop: words after which a stop ends no sentence. */
static const char *const sentence_abbreviations[] = {
    "adm", "al",   "brig", "capt", "cf",  "cmdr", "col", "dr",     "e.g", "fr",
    "gen", "gov",  "hon",  "i.e",  "jr",  "lt",   "maj", "messrs", "mr",  "mrs",
    "ms",  "mt",   "pres", "prof", "rep", "rev",  "sen", "sens",   "sgt", "sr",
    "st",  "supt", "u.k",  "u.n",  "u.s", "v",    "viz", "vs",
};

/* The same, but only in front of a number: "No. 5", "Feb. 3". */
static const char *const sentence_counters[] = {
    "apr", "art", "aug", "ch",  "dec", "est", "feb", "fig", "figs", "jan", "jul",  "jun", "mar",
    "no",  "nos", "nov", "oct", "op",  "p",   "pp",  "pt",  "sec",  "sep", "sept", "vol",
};

/* Marks that end a sentence whatever stands around them, as scripts without spaces write them. */
static bool sentence_is_full_end(uint32_t cp)
{
    return cp == 0x3002 || cp == 0xff01 || cp == 0xff1f || cp == 0xff61;
}

/* Marks that end one when white space follows. */
static bool sentence_is_end(uint32_t cp)
{
    return cp == '.' || cp == '!' || cp == '?' || cp == 0x2026 || cp == 0x061f || cp == 0x06d4 ||
           cp == 0x0964 || cp == 0x0965 || cp == 0x203d || cp == 0x0589;
}

static bool sentence_is_closing(uint32_t cp)
{
    return cp == '"' || cp == '\'' || cp == ')' || cp == ']' || cp == 0x2019 || cp == 0x201d ||
           cp == 0x201c || cp == 0xbb || cp == 0x203a || cp == 0x300d || cp == 0x300f ||
           cp == 0xff09 || cp == 0x3011;
}

/* Offset behind the run of code points at `at` for which `is` holds. */
static size_t sentence_skip(struct span s, size_t at, bool (*is)(uint32_t))
{
    uint32_t cp = 0;
    unsigned len;
    while ((len = utf8_decode(span_sub(s, at, s.n), &cp)) > 0 && is(cp))
        at += len;
    return at;
}

static bool sentence_is_opening(uint32_t cp)
{
    return cp == '"' || cp == '\'' || cp == '(' || cp == '[' || cp == 0x2018 || cp == 0x201c ||
           cp == 0x201e || cp == 0xab || cp == 0x2039 || cp == 0xbf || cp == 0xa1;
}

static bool sentence_in(struct span word, const char *const *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (span_eq_nocase(word, span_of(table[i])))
            return true;
    }
    return false;
}

/*
 * Is the word before the full stop at `stop` one after which the sentence goes on?
 * `number` tells whether a digit follows.
 */
static bool sentence_is_abbreviation(struct span s, size_t stop, bool number)
{
    size_t start = stop;
    while (start > 0 && stop - start <= SENTENCE_ABBREVIATION_MAX &&
           (ascii_alpha(s.p[start - 1]) || s.p[start - 1] == '.'))
        start--;
    struct span word = span_sub(s, start, stop);
    bool whole =
        start == 0 || ((unsigned char)s.p[start - 1] < 0x80 && !ascii_digit(s.p[start - 1]));
    if (!whole || word.n == 0)
        return false;
    if (word.n == 1 && word.p[0] >= 'A' && word.p[0] <= 'Z' && word.p[0] != 'I')
        return true; /* an initial */
    return sentence_in(word, sentence_abbreviations,
                       sizeof sentence_abbreviations / sizeof sentence_abbreviations[0]) ||
           (number && sentence_in(word, sentence_counters,
                                  sizeof sentence_counters / sizeof sentence_counters[0]));
}

/* Does the text at `at` (behind the end mark and its quotes) let a sentence end there? */
static bool sentence_may_end(struct span s, size_t mark, size_t at, bool stop)
{
    if (at == s.n)
        return true;
    size_t next = sentence_skip(s, at, utf8_blank);
    if (next == at)
        return false;
    if (next == s.n)
        return true;
    size_t word = sentence_skip(s, next, sentence_is_opening);
    uint32_t cp = 0;
    if (utf8_decode(span_sub(s, word, s.n), &cp) > 0 && uc_is_property_lowercase(cp))
        return false;
    return !stop || !sentence_is_abbreviation(s, mark, cp < 0x80 && ascii_digit((int)cp));
}

bool sentence_next(struct span *rest, struct span *sentence)
{
    struct span s = utf8_trim(*rest);
    if (s.n == 0)
        return false;
    for (size_t at = 0; at < s.n;) {
        uint32_t cp = 0;
        char byte = s.p[at];
        if ((unsigned char)byte < 0x80 && byte != '.' && byte != '!' && byte != '?') {
            at++;
            continue;
        }
        unsigned len = utf8_decode(span_sub(s, at, s.n), &cp);
        size_t mark = at;
        at += len == 0 ? 1 : len;
        bool full = sentence_is_full_end(cp);
        if (!full && !sentence_is_end(cp))
            continue;
        bool stop = cp == '.';
        size_t end = sentence_skip(s, at, sentence_is_end);
        stop = stop && end == at; /* "..." is no abbreviation's */
        end = sentence_skip(s, end, sentence_is_full_end);
        end = sentence_skip(s, end, sentence_is_closing);
        if (full || sentence_may_end(s, mark, end, stop)) {
            *sentence = span_sub(s, 0, end);
            *rest = span_sub(s, end, s.n);
            return true;
        }
        at = end;
    }
    *sentence = s;
    *rest = span_sub(s, s.n, s.n);
    return true;
}
