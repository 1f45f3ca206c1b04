/*
 * words: how much text is there, and how long it takes to read.
 */
#ifndef PROSE_WORDS_H
#define PROSE_WORDS_H

#include "core/span.h"

/*
 * Words in valid UTF-8 text: runs without white space that hold a letter or digit; in scripts
 * written without spaces (Han, Kana) every character counts as one.
 */
size_t words_count(struct span text);

/*
 * Minutes to read so many words, rounded to the nearest minute, at least 1.
 * Source: 238 words a minute for silent reading of non-fiction, Brysbaert, "How many words do we
 * read per minute?", Journal of Memory and Language 109 (2019).
 */
unsigned words_minutes(size_t words);

/*
 * Does the text begin (end) with a sign of a script written without spaces, or with its
 * punctuation, so that no blank stands beside it where lines are joined?
 */
bool words_begin_unspaced(struct span text);
bool words_end_unspaced(struct span text);

/* A word without the signs at its ends that are neither letters nor digits; maybe empty. */
struct span words_bare(struct span word);

/* The leading part of text that holds at most `limit` words, without blanks at its end. */
struct span words_first(struct span text, size_t limit);

#endif
