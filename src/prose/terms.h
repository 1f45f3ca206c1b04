/*
 * terms: what a text is about: its words without stop words, folded and stemmed, as numbers.  The
 * only file that knows libstemmer.
 */
#ifndef PROSE_TERMS_H
#define PROSE_TERMS_H

#include "core/book.h"
#include "prose/language.h"

struct sb_stemmer;

/* What was found out about a folded word. */
struct terms_memo {
    char word[27];
    uint8_t n;   /* its bytes; 0 in a free place */
    uint32_t id; /* 1 + number of its term, 0 when it has none */
};

#define TERMS_MEMOS 512 /* a power of two */

struct terms {
    const struct language *language; /* borrowed */
    struct sb_stemmer *stemmer;      /* owned; NULL when the language has none */
    struct book numbers;             /* of each term, from 0 in the order of first appearance */
    bool keep_stops; /* stop words are terms too: what ROUGE counts; not to change half way */
    struct terms_memo memos[TERMS_MEMOS]; /* of the words met last, by their hash */
};

/* A growing list of term numbers. */
struct term_list {
    uint32_t *ids; /* owned */
    size_t count, room;
};

/* ST_OK or ST_NOMEM; terms_fini frees it in either case. */
enum status terms_init(struct terms *t, const struct language *lang) MUST_USE;
void terms_fini(struct terms *t);

/*
 * Append the terms of a text, valid UTF-8, in its order, repeated as they are.
 *
 * Words end where Unicode's word boundaries are (UAX 29) and hold a letter or digit; those longer
 * than FOLD_MAX are left out.  Numbers are terms as they stand.  In scripts written without blanks
 * every pair of neighbouring signs is a term (a lone sign is one).  Where libstemmer has nothing
 * for the language, words of an alphabet are cut to their first letters:
 * McNamee, Nicholas and Mayfield, "Addressing morphological variation in alphabetic languages",
 * SIGIR 2009.
 * Returns ST_OK or ST_NOMEM.  Linear in the length of the text.
 */
enum status terms_of(struct terms *t, struct span text, struct term_list *out) MUST_USE;
void term_list_fini(struct term_list *list);

#endif
