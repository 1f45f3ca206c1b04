/*
 * split: cuts text into words, and into runs of signs where no blanks stand between words.
 */
#ifndef PROSE_SPLIT_H
#define PROSE_SPLIT_H

#include "core/span.h"

enum split_kind {
    SPLIT_END,    /* nothing is left */
    SPLIT_WORD,   /* a word with a letter in it */
    SPLIT_NUMBER, /* digits, perhaps with marks between them, and no letter */
    SPLIT_SIGNS,  /* a run of signs of a script written without blanks */
};

/* Bytes of which the boundaries are looked for at once, where there is more than ASCII. */
#define SPLIT_WINDOW 1024

struct split {
    struct span text;          /* borrowed */
    size_t at;                 /* what is before has been given out */
    size_t from, to;           /* the stretch of text that is being cut */
    bool plain;                /* it is ASCII and letters that are like those of ASCII */
    char breaks[SPLIT_WINDOW]; /* else: may the text be cut before each of its bytes? */
};

/* Start at the beginning of text, valid UTF-8. */
void split_start(struct split *s, struct span text);

/*
 * The next word, number or run of signs, in the order of the text; *piece points into it.
 *
 * Words end where Unicode has word boundaries (UAX 29).  Signs are the letters of Han, Kana, Thai,
 * Lao, Khmer and Burmese, each with the marks behind it.  A word longer than SPLIT_WINDOW may come
 * in parts.  Blanks always part: both halves of a text that is cut at an ASCII blank give what the
 * whole gives.  Never allocates; linear in the length of the text.
 */
enum split_kind split_next(struct split *s, struct span *piece);

/* The first sign of a run, with its marks; *rest gets what is behind it.  *rest is not empty. */
struct span split_sign(struct span *rest);

#endif
