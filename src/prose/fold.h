/*
 * fold: one form for a word however it is capitalised.
 */
#ifndef PROSE_FOLD_H
#define PROSE_FOLD_H

#include "core/span.h"

/* Longest folded word, in bytes; what is longer is no word of any list. */
#define FOLD_MAX 128

/*
 * Fold the case of a word of clean text (Unicode full case folding, NFC; ’ becomes ', so that a
 * list has one apostrophe).
 *
 * out   FOLD_MAX bytes
 * Returns the folded word in out, or the absent span when it does not fit.
 */
struct span fold_word(struct span word, char *out);

#endif
