/*
 * full_stop: what a full stop says: that a sentence ends, or that a word is cut short.
 */
#ifndef PROSE_FULL_STOP_H
#define PROSE_FULL_STOP_H

#include "prose/language.h"

/* What follows a full stop. */
struct full_stop_next {
    struct span text; /* from the first word, behind opening quotes, brackets and dashes */
    bool dash;        /* there was a dash */
};

/*
 * May a sentence end at a full stop with blanks behind it?
 *
 * text   from the start of the sentence
 * stop   offset of the full stop
 * next   is not empty and does not begin with a small letter
 * Looks at a bounded number of bytes around the full stop.
 */
bool full_stop_ends(const struct language *lang, struct span text, size_t stop,
                    struct full_stop_next next);

/* Can the text begin a sentence: does it open with a capital and a word of those that often do? */
bool full_stop_may_follow(const struct language *lang, struct span text);

#endif
