/*
 * sentence: cuts running text into sentences.
 */
#ifndef PROSE_SENTENCE_H
#define PROSE_SENTENCE_H

#include "core/span.h"

/*
 * Cut the next sentence from *rest, a paragraph of clean text.
 *
 * rest       gets what is behind the sentence
 * sentence   points into the same bytes, with its end mark and closing quotes, no blanks around it
 * Returns false when *rest holds nothing but blanks.  The end of the text always ends a sentence;
 * a full stop after an abbreviation or an initial, or before a small letter, never does.
 * Never allocates; linear in the length of the text.
 */
bool sentence_next(struct span *rest, struct span *sentence);

#endif
