#include "prose/language.h"

#include <string.h>
#include <unictype.h>

#include "core/utf8.h"
#include "prose/fold.h"
#include "prose/sign.h"

/* Words in the longest phrase that is looked for, and signs where words are not parted. */
#define LANGUAGE_PHRASE_WORDS 6
#define LANGUAGE_PHRASE_SIGNS 8

static const char *const und_abbreviations[] = {
    "avv",    "bijv", "bl.a",   "d.w.z", "dhr",  "dipl", "dott", "dr",  "dvs", "e.g",  "f.eks",
    "i.e",    "ing",  "messrs", "mevr",  "mlle", "mme",  "mr",   "mrs", "ms",  "např", "sig",
    "sig.ra", "t.ex", "tj",     "tzv",   "डा",   "डॉ",   "पं",    "प्रो", "सुश्री"};

static const char *const und_counters[] = {
    "al",  "apr", "art", "aug", "cap", "ch",  "dec", "feb", "fig", "figs", "jan", "jul",
    "jun", "no",  "nos", "nov", "nr",  "oct", "p",   "pp",  "sep", "tel",  "vol", "vols"};

static const char *const und_endings[] = {
    "a.c", "a.d", "b.sc", "bros", "capt", "cf",   "cie",     "co",    "corp", "d.c", "inc", "jr",
    "llc", "lt",  "ltd",  "m.sc", "ph.d", "prof", "s.a.r.l", "s.p.a", "sgt",  "sr",  "st",  "vs"};

const struct language language_und = {
    .tag = "und",
    .abbreviations = LANGUAGE_WORDS(und_abbreviations),
    .counters = LANGUAGE_WORDS(und_counters),
    .endings = LANGUAGE_WORDS(und_endings),
};

static const struct language *const languages[] = {
    &language_chinese,    &language_english,  &language_french,
    &language_german,     &language_japanese, &language_polish,
    &language_portuguese, &language_russian,  &language_spanish};

const struct language *language_of_tag(struct span tag)
{
    struct span primary = span_sub(tag, 0, span_find(tag, 0, '-'));
    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++) {
        if (span_eq_nocase(primary, span_of(languages[i]->tag)))
            return languages[i];
    }
    return &language_und;
}

/*
 * The order of the word and of as much of an entry; 0 also when the entry goes on.  Two bytes tell
 * most of them apart, so that a call of strncmp would cost more than what it does.
 */
static int language_order(struct span word, const char *entry)
{
    for (size_t i = 0; i < word.n; i++) {
        if (word.p[i] != entry[i] || entry[i] == '\0')
            return (unsigned char)word.p[i] - (unsigned char)entry[i];
    }
    return 0;
}

/* Where the word is in the list, or would be. */
static size_t language_place(struct language_words list, struct span word)
{
    size_t low = 0;
    size_t high = list.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        /* What begins with the word comes behind it. */
        if (language_order(word, list.words[middle]) <= 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Does entry i of the list begin with the word? */
static bool language_begins(struct language_words list, size_t i, struct span word)
{
    return i < list.count && language_order(word, list.words[i]) == 0;
}

bool language_has(struct language_words list, struct span word)
{
    if (word.n == 0)
        return false;
    size_t place = language_place(list, word);
    return language_begins(list, place, word) && list.words[place][word.n] == '\0';
}

/*
 * Is the phrase in the list?  *on tells whether a longer one in it begins with it and the byte
 * `next`, or any byte when that is 0.
 */
static bool language_has_phrase(struct language_words list, struct span phrase, char next, bool *on)
{
    *on = false;
    if (phrase.n == 0)
        return false;
    size_t place = language_place(list, phrase);
    bool whole = language_begins(list, place, phrase) && list.words[place][phrase.n] == '\0';
    place += whole ? 1 : 0;
    *on = language_begins(list, place, phrase) &&
          (next == '\0' || list.words[place][phrase.n] == next);
    return whole;
}

/* Is cp part of a word: also the apostrophe of "he's" and the hyphen of "celui-ci"? */
static bool language_is_letter(uint32_t cp)
{
    uc_general_category_t letters =
        uc_general_category_or(UC_LETTER, uc_general_category_or(UC_MARK, UC_NUMBER));
    return cp == '\'' || cp == '-' || cp == 0x2019 || cp == 0x2010 ||
           uc_is_general_category(cp, letters);
}

/*
 * Append the next word of s, and the blanks before it as one, to the raw phrase of *n bytes.
 * Returns its end, or `at` when there is none or the phrase would be too long.
 */
static size_t language_add_word(struct span s, size_t at, char *phrase, size_t *n)
{
    uint32_t cp = 0;
    unsigned len;
    size_t start = at;
    while (start - at < FOLD_MAX && (len = utf8_decode(span_sub(s, start, s.n), &cp)) > 0 &&
           utf8_blank(cp))
        start += len;
    size_t end = start;
    while (end - start < FOLD_MAX && (len = utf8_decode(span_sub(s, end, s.n), &cp)) > 0 &&
           language_is_letter(cp))
        end += len;
    size_t blank = *n > 0 ? 1 : 0;
    if (end == start || (blank > 0 && start == at) || *n + blank + (end - start) > FOLD_MAX)
        return at;
    if (blank > 0)
        phrase[(*n)++] = ' ';
    memcpy(phrase + *n, s.p + start, end - start);
    *n += end - start;
    return end;
}

static size_t language_opens_spaced(struct language_words list, struct span s)
{
    char phrase[FOLD_MAX];
    char folded[FOLD_MAX];
    size_t n = 0;
    size_t at = 0;
    size_t found = 0;
    for (int words = 0; words < LANGUAGE_PHRASE_WORDS; words++) {
        size_t end = language_add_word(s, at, phrase, &n);
        if (end == at)
            break;
        at = end;
        bool on;
        if (language_has_phrase(list, fold_word((struct span){phrase, n}, folded), ' ', &on))
            found = at;
        if (!on)
            break;
    }
    return found;
}

static size_t language_opens_unspaced(struct language_words list, struct span s)
{
    char folded[FOLD_MAX];
    uint32_t cp = 0;
    size_t at = 0;
    size_t found = 0;
    for (int signs = 0; signs < LANGUAGE_PHRASE_SIGNS; signs++) {
        unsigned len = utf8_decode(span_sub(s, at, s.n), &cp);
        if (len == 0)
            break;
        at += len;
        bool on;
        if (language_has_phrase(list, fold_word(span_sub(s, 0, at), folded), '\0', &on))
            found = at;
        if (!on)
            break;
    }
    return found;
}

size_t language_opens(const struct language *lang, struct language_words list, struct span sentence)
{
    uint32_t cp = 0;
    unsigned len;
    size_t at = 0;
    while ((len = utf8_decode(span_sub(sentence, at, sentence.n), &cp)) > 0 &&
           (utf8_blank(cp) || sign_is_opening(cp)))
        at += len;
    struct span text = span_sub(sentence, at, sentence.n);
    return lang->unspaced ? language_opens_unspaced(list, text) : language_opens_spaced(list, text);
}
