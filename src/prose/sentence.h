/*
 * sentence: cuts running text into sentences.
 */
#ifndef PROSE_SENTENCE_H
#define PROSE_SENTENCE_H

#include "prose/language.h"

/*
 * Cut the next sentence from *rest, a paragraph of clean text.
 *
 * lang       knows the abbreviations; its script does not matter
 * rest       gets what is behind the sentence
 * sentence   points into the same bytes, with its end mark, closing quotes and footnote marks, no
 *            blanks around it
 * Returns false when *rest holds nothing but blanks.  The end of the text always ends a sentence; a
 * mark before a small letter never does, nor one within brackets that opened after the sentence
 * did.  A full stop is full_stop.h's to judge.
 * Never allocates; linear in the length of the text.
 */
bool sentence_next(const struct language *lang, struct span *rest, struct span *sentence);

#endif
