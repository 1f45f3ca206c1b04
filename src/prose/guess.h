/*
 * guess: the language in which a text is written.
 */
#ifndef PROSE_GUESS_H
#define PROSE_GUESS_H

#include "prose/language.h"

/*
 * Tell the language of a text, valid UTF-8, from its first 4 KiB; language_und when it is none of
 * those that have a file, or does not tell.
 *
 * The script that most words are written in decides first: Han with Kana is Japanese, Han alone is
 * Chinese, and of the others only Latin and Cyrillic are asked further.  Cyrillic with letters that
 * Russian has not is not Russian.  Then the language whose stop words are most of the words must
 * have a clear share of them and be well ahead of the next.  Neighbours of which nothing else is
 * known (Italian, Dutch, Czech and so on) compete with their commonest words, so that no text in
 * one is taken for another language.  Of a few words half must be stop words.
 * Deterministic; never allocates.
 */
const struct language *guess_language(struct span text);

#endif
