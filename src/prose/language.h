/*
 * language: what is known of a language: where its sentences end, which words carry no meaning,
 * which ones hang on what was said before.  A language is a file; language.c lists them.
 */
#ifndef PROSE_LANGUAGE_H
#define PROSE_LANGUAGE_H

#include "core/span.h"

/* Folded words (see fold.h) or, with single blanks, phrases; sorted by their bytes. */
struct language_words {
    const char *const *words;
    size_t count;
};

#define LANGUAGE_WORDS(list) {(list), sizeof(list) / sizeof(list)[0]}

struct language {
    const char *tag;     /* primary language subtag (BCP 47): "en" */
    const char *stemmer; /* libstemmer's name of the algorithm, or NULL */
    bool unspaced;       /* no blanks between words */
    bool ordinals;       /* a full stop behind a number makes an ordinal: "3. Oktober" */
    /* Abbreviations have neither their last full stop nor blanks: "e.g", "z.b". */
    struct language_words abbreviations; /* no sentence ends behind them */
    struct language_words counters;      /* none ends there when a number follows: "No. 5" */
    struct language_words endings;   /* one may end there, if what follows can begin one: "etc" */
    struct language_words stops;     /* words that say nothing of what a text is about */
    struct language_words openers;   /* a sentence that opens with one hangs on the one before */
    struct language_words pronouns;  /* openers that hang behind "On Monday," too, */
    struct language_words clauses;   /*   but not behind what opens so: "When Reed left," */
    struct language_words furniture; /* bylines, credits and calls open with these */
};

/*
 * Of a language that is not known, tag "und".  Its abbreviations are the same in many languages and
 * hold in all of them.
 */
extern const struct language language_und;

extern const struct language language_chinese, language_english, language_french, language_german,
    language_japanese, language_polish, language_portuguese, language_russian, language_spanish;

/* The language of a tag ("en", "de-AT", any case); language_und when it is absent or not known. */
const struct language *language_of_tag(struct span tag);

/* Is the folded word in the list? */
bool language_has(struct language_words list, struct span word);

/*
 * Length of the longest word or phrase in the list that the sentence opens with, behind opening
 * quotes and brackets; 0 when there is none.  In unspaced languages a word may end anywhere.
 */
size_t language_opens(const struct language *lang, struct language_words list,
                      struct span sentence);

#endif
