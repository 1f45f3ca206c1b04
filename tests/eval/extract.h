/*
 * extract: sentences taken from a text, and what is left of them in a budget of words.
 */
#ifndef EVAL_EXTRACT_H
#define EVAL_EXTRACT_H

#include "prose/terms.h"
#include "rouge.h"

/* Sentences in the order of the text; they point into it. */
struct extract {
    struct span *sentences; /* owned */
    size_t count, room;
    size_t words; /* see words.h */
};

void extract_fini(struct extract *e);

/* Append the sentences of a paragraph. */
void extract_read(struct extract *e, const struct language *language, struct span paragraph);

/*
 * Append to `out` what fits of all sentences, in order of preference, up to exactly `budget` words:
 * the last one is cut, as DUC cut summaries.  They come out in the order of the text.
 *
 * order   indices of all sentences, the best first; NULL takes them as they stand
 */
void extract_cut(const struct extract *all, const size_t *order, size_t budget,
                 struct extract *out);

/*
 * Append to `out` the leading sentences that fit whole, up to the first that does not.  If that is
 * the very first it is cut: a summary has something in it.
 */
void extract_whole(const struct extract *all, size_t budget, struct extract *out);

/* An extract as ROUGE reads it. */
struct extract_terms {
    struct term_list words; /* owned, as `ends` */
    size_t *ends;
};

/* Read the words of an extract as terms; fini frees them.  Terms are numbered as they come. */
void extract_terms_init(struct extract_terms *t, const struct extract *e, struct terms *terms);
void extract_terms_fini(struct extract_terms *t);

/* The text that ROUGE scores; borrows from t. */
struct rouge_text extract_rouge(const struct extract_terms *t, const struct extract *e);

#endif
