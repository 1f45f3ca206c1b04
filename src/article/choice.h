/*
 * choice: which sentences of a document stand for all of it.
 *
 * A sentence scores by its place (in news the first say most: Lin and Hovy, "Identifying Topics by
 * Position", ANLP 1997), by its centrality (graph.h) and by what it shares with the title
 * (Edmundson, "New Methods in Automatic Extracting", JACM 16, 1969).  They are taken one by one,
 * each the best that does not say again what is taken: maximal marginal relevance (Carbonell and
 * Goldstein, "The Use of MMR", SIGIR 1998).
 */
#ifndef ARTICLE_CHOICE_H
#define ARTICLE_CHOICE_H

#include "article/candidate.h"

/* From so many words an article is long: its sections are heard, its summary may be longer. */
#define CHOICE_LONG_WORDS 1000

/* How much may be chosen. */
struct choice_limit {
    size_t sentences, words;
    bool filled; /* rather something weak than less than this */
};

/*
 * Mark what is chosen.
 *
 * Sentences with faults (candidate.h) are not; but where there is nothing else, those that only
 * stand in a list, a quote or a verse.
 *
 * title     absent when there is none
 * chosen    c->count marks, all false before
 * Returns ST_OK, also when nothing may be chosen, or ST_NOMEM.
 */
enum status choice_make(const struct candidates *c, struct span title, struct choice_limit limit,
                        bool *chosen) MUST_USE;

#endif
