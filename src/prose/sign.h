/*
 * sign: the signs that stand between words and sentences, in all scripts.
 */
#ifndef PROSE_SIGN_H
#define PROSE_SIGN_H

#include "core/span.h"

/* Does it end a sentence whatever stands around it: 。 ！ । ؟ and the like? */
bool sign_is_full_end(uint32_t cp);

/* Does it end one at all: also . ! ? … which want a blank behind them? */
bool sign_is_end(uint32_t cp);

/*
 * May it open (close) what is quoted or in brackets?  Languages disagree on which side of “ ’ » is
 * within: a quotation mark may do both.
 */
bool sign_is_opening(uint32_t cp);
bool sign_is_closing(uint32_t cp);

/* Brackets, not quotation marks. */
bool sign_opens_bracket(uint32_t cp);
bool sign_closes_bracket(uint32_t cp);

/* Quotation marks of scripts without blanks between words, of which the sides are certain. */
bool sign_opens_quote(uint32_t cp);
bool sign_closes_quote(uint32_t cp);

bool sign_is_dash(uint32_t cp);
bool sign_is_quote(uint32_t cp); /* any quotation mark */

/* The last sign of s that closes nothing and is no blank; 0 when there is none. */
uint32_t sign_end_mark(struct span s);

#endif
