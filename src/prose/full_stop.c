#include "prose/full_stop.h"

#include <string.h>
#include <unictype.h>

#include "core/utf8.h"
#include "prose/fold.h"
#include "prose/sign.h"

/* How far before a full stop its word is looked for, in bytes; no abbreviation is so long. */
#define FULL_STOP_REACH 64
/* Most words of one abbreviation: "a. a. O.", "S. E. u. O.". */
#define FULL_STOP_PARTS 4
/* Digits of the largest number that is an ordinal or counts the items of a list: no year. */
#define FULL_STOP_ORDINAL_DIGITS 3

/* Stop words of English that are also names: "J. May", "Rep. Will Hurd". */
static const char *const full_stop_names[] = {"an", "may", "will"};

/* What stands before a full stop. */
struct full_stop_word {
    struct span s;   /* the last word, as it is written */
    size_t start;    /* of it in the text */
    bool first;      /* nothing but opening signs before it */
    struct span all; /* folded, with the words before it that end in full stops, single blanks */
    size_t parts[FULL_STOP_PARTS]; /* offsets in `all` where such words begin, the last one first */
    size_t count;
    char raw[FOLD_MAX];
    char folded[FOLD_MAX];
};

static uint32_t full_stop_sign(struct span s)
{
    uint32_t cp = 0;
    utf8_decode(s, &cp);
    return cp;
}

static bool full_stop_is_digit(uint32_t cp)
{
    return cp < 0x80 ? ascii_digit((int)cp) : uc_is_general_category(cp, UC_DECIMAL_DIGIT_NUMBER);
}

/* May stand within a word: "d'art", "J.-P". */
static bool full_stop_is_inner(uint32_t cp)
{
    return cp == '\'' || cp == 0x2019 || cp == '-';
}

/* Start of the word that ends at `end`, not below `floor`. */
static size_t full_stop_word_start(struct span text, size_t end, size_t floor)
{
    size_t start = end;
    while (start > floor) {
        uint32_t cp = 0;
        size_t at = utf8_before(text, start, &cp);
        bool parts = utf8_blank(cp) || sign_is_opening(cp) || sign_is_dash(cp);
        if ((parts && !full_stop_is_inner(cp)) || at < floor)
            break;
        start = at;
    }
    while (start < end) {
        uint32_t cp = 0;
        unsigned len = utf8_decode(span_sub(text, start, end), &cp);
        if (len == 0 || !full_stop_is_inner(cp))
            break;
        start += len;
    }
    return start;
}

static size_t full_stop_skip_back(struct span text, size_t end, size_t floor)
{
    while (end > floor) {
        uint32_t cp = 0;
        size_t at = utf8_before(text, end, &cp);
        if (!utf8_blank(cp))
            break;
        end = at;
    }
    return end;
}

/* The word before the one that starts at `start`, without its stop; absent at another sign. */
static struct span full_stop_word_before(struct span text, size_t start)
{
    size_t floor = start > FULL_STOP_REACH ? start - FULL_STOP_REACH : 0;
    size_t end = full_stop_skip_back(text, start, floor);
    if (end == start)
        return (struct span){0};
    size_t stop = end > floor && text.p[end - 1] == '.' ? end - 1 : end;
    return span_sub(text, full_stop_word_start(text, stop, floor), stop);
}

/* Fold the words from starts[parts - 1] up to the full stop, with single blanks between them. */
static void full_stop_fold(struct span text, size_t stop, const size_t *starts, size_t parts,
                           struct full_stop_word *word)
{
    size_t n = 0;
    for (size_t i = parts; i-- > 0;) {
        size_t end = i == 0 ? stop : starts[i - 1];
        struct span part = utf8_trim(span_sub(text, starts[i], end));
        if (n > 0)
            word->raw[n++] = ' ';
        memcpy(word->raw + n, part.p, part.n);
        n += part.n;
    }
    word->all = fold_word((struct span){word->raw, n}, word->folded);
    word->count = 0;
    for (size_t at = word->all.n; at > 0 && word->count < FULL_STOP_PARTS; at--) {
        if (at == 1 || word->all.p[at - 2] == ' ')
            word->parts[word->count++] = at - 1;
    }
}

/* Find the word before the full stop; false when there is none, or too long a one. */
static bool full_stop_read(struct span text, size_t stop, struct full_stop_word *word)
{
    size_t floor = stop > FULL_STOP_REACH ? stop - FULL_STOP_REACH : 0;
    size_t starts[FULL_STOP_PARTS];
    size_t parts = 0;
    size_t end = stop;
    uint32_t cp = 0;
    while (parts < FULL_STOP_PARTS) {
        size_t start = full_stop_word_start(text, end, floor);
        if (start == end || (start == floor && floor > 0))
            break;
        starts[parts++] = start;
        end = full_stop_skip_back(text, start, floor);
        if (end == start || end == 0 || text.p[end - 1] != '.')
            break;
    }
    if (parts == 0)
        return false;
    word->start = starts[0];
    word->s = span_sub(text, starts[0], stop);
    word->first = true;
    for (size_t at = starts[0]; at > 0 && word->first;) {
        at = utf8_before(text, at, &cp);
        word->first = at >= floor && (sign_is_opening(cp) || sign_is_dash(cp) || utf8_blank(cp));
    }
    full_stop_fold(text, stop, starts, parts, word);
    return word->all.n > 0;
}

/* Is it one letter with its marks (ignoring a full stop behind it)? */
static bool full_stop_is_letter(struct span s)
{
    uint32_t cp = 0;
    unsigned len = utf8_decode(s, &cp);
    if (len == 0 || !uc_is_general_category(cp, UC_LETTER))
        return false;
    for (size_t at = len; at < s.n; at += len) {
        len = utf8_decode(span_sub(s, at, s.n), &cp);
        if (len == 0 || !uc_is_general_category(cp, UC_MARK))
            return false;
    }
    return true;
}

/* Letters with full stops between them, or behind the hyphen of a name: "U.S", "Karl-H". */
static bool full_stop_is_initials(struct span s)
{
    for (size_t at = 0;;) {
        size_t end = span_find(s, at, '.');
        size_t start = end;
        while (start > at && s.p[start - 1] != '-')
            start--;
        if (!full_stop_is_letter(span_sub(s, start, end)))
            return false;
        if (end >= s.n)
            return true;
        at = end + 1;
    }
}

/* Does the text begin with an initial: "R. Tolkien"? */
static bool full_stop_begins_initial(struct span text)
{
    size_t stop = span_find(span_sub(text, 0, FULL_STOP_REACH), 0, '.');
    return stop < text.n && text.p[stop] == '.' && full_stop_is_initials(span_sub(text, 0, stop));
}

/* Length of the leading run of capitals. */
static size_t full_stop_capitals(struct span s)
{
    uint32_t cp = 0;
    size_t at = 0;
    unsigned len;
    while (at < FULL_STOP_REACH && (len = utf8_decode(span_sub(s, at, s.n), &cp)) > 0 &&
           uc_is_property_uppercase(cp))
        at += len;
    return at;
}

/* Two capitals or more and nothing else: an acronym, or text that is all in capitals. */
static bool full_stop_is_acronym(struct span s)
{
    return s.n >= 2 && utf8_length(s) >= 2 && full_stop_capitals(s) == s.n;
}

/* Does the text begin with such a word? */
static bool full_stop_begins_acronym(struct span text)
{
    size_t n = full_stop_capitals(text);
    uint32_t cp = full_stop_sign(span_sub(text, n, text.n));
    return full_stop_is_acronym(span_sub(text, 0, n)) && !uc_is_general_category(cp, UC_LETTER);
}

/*
 * Length of the Roman numeral that the text begins with.  A single I may be a word, a numeral of
 * more than 39 an acronym.
 */
static size_t full_stop_roman(struct span text)
{
    size_t n = 0;
    while (n < text.n && text.p[n] != '\0' && strchr("IVX", text.p[n]) != NULL)
        n++;
    uint32_t cp = full_stop_sign(span_sub(text, n, text.n));
    bool sure = n >= 2 || (n == 1 && text.p[0] != 'I');
    return sure && !uc_is_general_category(cp, UC_LETTER) ? n : 0;
}

/* Digits with full stops between groups; *longest gets the digits of the longest group. */
static bool full_stop_is_number(struct span s, size_t *longest)
{
    size_t run = 0;
    uint32_t cp = 0;
    unsigned len;
    *longest = 0;
    for (size_t at = 0; at < s.n; at += len) {
        len = utf8_decode(span_sub(s, at, s.n), &cp);
        if (len == 0 || (cp != '.' && !full_stop_is_digit(cp)))
            return false;
        run = cp == '.' ? 0 : run + 1;
        *longest = run > *longest ? run : *longest;
    }
    return *longest > 0;
}

static bool full_stop_listed(struct language_words mine, struct language_words all,
                             struct span folded)
{
    return language_has(mine, folded) || language_has(all, folded);
}

bool full_stop_may_follow(const struct language *lang, struct span text)
{
    char folded[FOLD_MAX];
    uint32_t cp = 0;
    unsigned len;
    size_t end = 0;
    if (!uc_is_property_uppercase(full_stop_sign(text)) || full_stop_begins_initial(text))
        return false;
    while (end < FULL_STOP_REACH && (len = utf8_decode(span_sub(text, end, text.n), &cp)) > 0 &&
           (cp == '\'' || cp == 0x2019 || uc_is_general_category(cp, UC_LETTER)))
        end += len;
    struct span word = fold_word(span_sub(text, 0, end), folded);
    for (size_t i = 0; i < sizeof full_stop_names / sizeof full_stop_names[0]; i++) {
        if (span_eq(word, span_of(full_stop_names[i])))
            return false;
    }
    if (language_has(lang->stops, word) || language_opens(lang, lang->openers, text) > 0)
        return true;
    /* French and Italian elisions: "L'homme", "D'après" */
    size_t apostrophe = span_find(word, 0, '\'');
    return apostrophe < word.n && language_has(lang->stops, span_sub(word, 0, apostrophe));
}

/* What one list of abbreviations says of the words before a full stop. */
enum full_stop_kind {
    FULL_STOP_WORD,         /* not listed */
    FULL_STOP_ABBREVIATION, /* goes on */
    FULL_STOP_COUNTER,      /* goes on before a number */
    FULL_STOP_ENDING,       /* ends before what can begin a sentence */
};

static enum full_stop_kind full_stop_look_up(const struct language *lang, struct span folded)
{
    const struct language *all = &language_und;
    if (full_stop_listed(lang->abbreviations, all->abbreviations, folded))
        return FULL_STOP_ABBREVIATION;
    if (full_stop_listed(lang->endings, all->endings, folded))
        return FULL_STOP_ENDING;
    if (full_stop_listed(lang->counters, all->counters, folded))
        return FULL_STOP_COUNTER;
    return FULL_STOP_WORD;
}

/* A phrase as the lists have it: without the blanks behind its full stops. */
static struct span full_stop_compact(struct span phrase, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < phrase.n; i++) {
        if (phrase.p[i] != ' ')
            out[n++] = phrase.p[i];
    }
    return (struct span){out, n};
}

/* The longest listed abbreviation that ends at the full stop. */
static enum full_stop_kind full_stop_kind(const struct language *lang,
                                          const struct full_stop_word *word, struct span next)
{
    char compact[FOLD_MAX];
    bool number = full_stop_is_digit(full_stop_sign(next));
    bool capitals = number || full_stop_begins_acronym(next);
    for (size_t i = word->count; i-- > 0;) {
        struct span phrase = span_sub(word->all, word->parts[i], word->all.n);
        enum full_stop_kind kind = full_stop_look_up(lang, full_stop_compact(phrase, compact));
        bool acronym = i == 0 && !capitals && full_stop_is_acronym(word->s);
        if (i == 0 && word->count > 1 && full_stop_is_letter(word->s) &&
            (kind != FULL_STOP_COUNTER || !number))
            break; /* the last letter of "и т. п." is nothing alone, but "cf. p. 5" */
        if (kind == FULL_STOP_ABBREVIATION || (kind != FULL_STOP_WORD && !acronym))
            return kind; /* "Valencia CF." is not "cf." */
    }
    size_t first = word->parts[0];
    size_t start = word->all.n;
    while (start > first && word->all.p[start - 1] != '\'' && word->all.p[start - 1] != '-')
        start--;
    /* "D-Calif.", "l'art." */
    return start == first ? FULL_STOP_WORD
                          : full_stop_look_up(lang, span_sub(word->all, start, word->all.n));
}

/*
 * Does a sentence end behind a number of a language that writes ordinals with a full stop?  A noun
 * or an abbreviation directly before it counts ("Platz 3", "Nr. 5"); what is ordered stands behind.
 */
static bool full_stop_ends_ordinal(const struct language *lang, struct span text,
                                   const struct full_stop_word *word, struct span next)
{
    char folded[FOLD_MAX];
    if (full_stop_may_follow(lang, next))
        return true;
    if (full_stop_begins_acronym(next)) /* "Gegner 1. FC Köln" */
        return false;
    struct span before = full_stop_word_before(text, word->start);
    return before.n > 0 && uc_is_property_uppercase(full_stop_sign(before)) &&
           !language_has(lang->stops, fold_word(before, folded));
}

/* Does the text begin with the month or the year of a date: "31. 12. 2024"? */
static bool full_stop_begins_date(struct span text)
{
    size_t digits = 0;
    while (digits < text.n && ascii_digit(text.p[digits]))
        digits++;
    return digits == 4 || (digits > 0 && digits <= 2 && digits < text.n && text.p[digits] == '.');
}

static bool full_stop_ends_number(const struct language *lang, struct span text,
                                  const struct full_stop_word *word, size_t digits,
                                  struct span next)
{
    if (full_stop_is_digit(full_stop_sign(next)))
        return !lang->ordinals || digits > 2 || !full_stop_begins_date(next);
    if (digits > FULL_STOP_ORDINAL_DIGITS)
        return true;
    if (word->first)
        return false; /* an item of a list */
    return !lang->ordinals || full_stop_ends_ordinal(lang, text, word, next);
}

/* Is there a date or no more than a preposition before `end`: "W 2020 r. Polska"? */
static bool full_stop_just_began(struct span text, size_t end)
{
    size_t words = 0;
    bool digits = false;
    if (end > FULL_STOP_REACH)
        return false;
    for (size_t i = 0; i < end; i++) {
        words += text.p[i] == ' ';
        digits = digits || ascii_digit(text.p[i]);
    }
    return words <= (digits ? 3 : 1);
}

/*
 * A small word directly behind a number is a unit or a year: "5 mm.", "1999 г.", "XIX в."; but not
 * behind a comma: "vol. 3, p. 12".
 */
static bool full_stop_is_unit(struct span text, const struct full_stop_word *word)
{
    struct span before = full_stop_word_before(text, word->start);
    if (before.n == 0 || span_ends(before, SPAN(",")) ||
        !uc_is_property_lowercase(full_stop_sign(word->s)))
        return false;
    return full_stop_roman(before) == before.n || full_stop_is_digit(full_stop_sign(before));
}

/* Does a sentence end at a unit of one letter? */
static bool full_stop_ends_unit(struct span text, const struct full_stop_word *word,
                                struct span next)
{
    struct span before = full_stop_word_before(text, word->start);
    return !full_stop_begins_initial(next) &&
           !full_stop_just_began(text, (size_t)(before.p - text.p));
}

/* Is the word the beginning of an abbreviation of two words: "v. Chr."? */
static bool full_stop_goes_on(const struct language *lang, const struct full_stop_word *word,
                              struct span next)
{
    char pair[FOLD_MAX];
    char folded[FOLD_MAX];
    size_t stop = span_find(span_sub(next, 0, FULL_STOP_REACH), 0, '.');
    size_t first = word->all.n - word->parts[0];
    if (stop >= next.n || next.p[stop] != '.' || first + 1 + stop > sizeof pair ||
        span_find(span_sub(next, 0, stop), 0, ' ') < stop)
        return false;
    memcpy(pair, word->all.p + word->parts[0], first);
    pair[first] = '.';
    memcpy(pair + first + 1, next.p, stop);
    struct span phrase = fold_word((struct span){pair, first + 1 + stop}, folded);
    return phrase.n > 0 && full_stop_look_up(lang, phrase) != FULL_STOP_WORD;
}

static bool full_stop_ends_letters(const struct language *lang, const struct full_stop_word *word,
                                   struct full_stop_next next)
{
    uint32_t last = 0;
    utf8_before(word->s, word->s.n, &last);
    bool small =
        uc_is_property_lowercase(full_stop_sign(word->s)) && uc_is_property_lowercase(last);
    if (word->first || next.dash || full_stop_begins_initial(next.text))
        return false;
    /* "Это я.", "и т. д.": a word, or the last one of an abbreviation that has no list */
    if (small &&
        (word->count > 1 || !full_stop_is_letter(word->s) || language_has(lang->stops, word->all)))
        return true;
    return full_stop_may_follow(lang, next.text);
}

bool full_stop_ends(const struct language *lang, struct span text, size_t stop,
                    struct full_stop_next next)
{
    struct full_stop_word word;
    size_t digits = 0;
    bool number = full_stop_is_digit(full_stop_sign(next.text));
    if (!full_stop_read(text, stop, &word))
        return true;
    if (full_stop_is_number(word.s, &digits))
        return full_stop_ends_number(lang, text, &word, digits, next.text);
    bool letters = full_stop_is_initials(word.s);
    if (full_stop_goes_on(lang, &word, next.text))
        return false;
    if (letters && full_stop_is_letter(word.s) && full_stop_is_unit(text, &word))
        return full_stop_ends_unit(text, &word, next.text);
    switch (full_stop_kind(lang, &word, next.text)) {
    case FULL_STOP_ABBREVIATION:
        return full_stop_is_unit(text, &word) && full_stop_may_follow(lang, next.text);
    case FULL_STOP_ENDING:
        return !next.dash && ((!letters && !number && full_stop_is_unit(text, &word)) ||
                              full_stop_may_follow(lang, next.text));
    case FULL_STOP_COUNTER:
        if (number || full_stop_roman(next.text) > 0)
            return false;
        break;
    case FULL_STOP_WORD:
        break;
    }
    if (letters)
        return full_stop_ends_letters(lang, &word, next);
    return !lang->ordinals || full_stop_roman(word.s) != word.s.n ||
           full_stop_may_follow(lang, next.text);
}
