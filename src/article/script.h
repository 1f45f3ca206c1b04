/*
 * script: sub- and superscripts without markup.
 */
#ifndef ARTICLE_SCRIPT_H
#define ARTICLE_SCRIPT_H

#include "core/buf.h"

/*
 * Append text as it is written below (above) the line: Unicode's signs where it has all of them
 * (H₂O, 10⁶), else "_" ("^") and the text, in brackets when it is longer than one character.
 * Superscript letters behind a digit, and two or more of them, are an ordinal or an abbreviation
 * (1st, Mme) and stay plain; the number of a note loses its brackets ([1] is ¹).
 *
 * before   what stands in front of it
 * Source: Unicode, "Superscripts and Subscripts" (U+2070 to U+209F) and Latin-1.
 */
void script_sub(struct span text, struct buf *out);
void script_super(struct span text, struct span before, struct buf *out);

#endif
