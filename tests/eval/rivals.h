/*
 * rivals: other ways to choose the sentences of a summary, to measure ours against.
 */
#ifndef EVAL_RIVALS_H
#define EVAL_RIVALS_H

#include "prose/terms.h"

/* Most sentences of an article: what is compared is every pair of them. */
#define RIVALS_SENTENCES_MAX 4096

/*
 * Rank the sentences of an article: order[0] gets the index of the best, and so on; of two that are
 * as good, the earlier one is better.
 *
 * terms   of each sentence; without stop words, as both then choose better
 *
 * LexRank is Erkan and Radev, "LexRank: Graph-based Lexical Centrality as Salience in Text
 * Summarization", JAIR 22 (2004), sections 3.1 and 3.2: sentences whose idf-modified cosine
 * (equation 1) exceeds 0.1 are linked, links weigh the same, a sentence is linked with itself, and
 * links are followed with a chance of 0.85.  No position and no other feature of MEAD.  The idf is
 * over the sentences of the article: there is no corpus.
 *
 * TextRank is Mihalcea and Tarau, "TextRank: Bringing Order into Texts", EMNLP 2004, sections 2.2
 * and 4.1: links weigh as many terms as two sentences share, over the logarithms of their lengths.
 */
void rivals_lexrank(const struct term_list *terms, size_t count, size_t *order);
void rivals_textrank(const struct term_list *terms, size_t count, size_t *order);

#endif
