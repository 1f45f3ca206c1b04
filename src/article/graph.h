/*
 * graph: which sentences of a text say what the others say too.
 *
 * Sentences are vectors of term frequency times inverse sentence frequency; an edge between two of
 * them is the cosine of their angle, and a sentence is central when central ones are like it.
 * Sources: Erkan and Radev, "LexRank: Graph-based Lexical Centrality as Salience in Text
 * Summarization", JAIR 22 (2004); Allan et al., "Retrieval and Novelty Detection at the Sentence
 * Level", SIGIR 2003, for frequencies of terms among sentences.
 *
 * All arithmetic is in whole numbers, so that every machine gets the same ones.
 */
#ifndef ARTICLE_GRAPH_H
#define ARTICLE_GRAPH_H

#include "core/error.h"
#include "prose/terms.h"

/* Most sentences: the number of pairs grows with its square. */
#define GRAPH_MAX 400

/* The unit of all numbers here: a cosine of 1, the highest rank. */
#define GRAPH_ONE ((uint32_t)1 << 16)

struct graph_edge;

struct graph {
    size_t count;          /* sentences, at most GRAPH_MAX and a title */
    size_t terms;          /* different ones, numbered from 0 */
    uint32_t *likeness;    /* count * count cosines, owned */
    struct graph_edge *of; /* weighted terms of all sentences, owned */
    size_t *from;          /* where those of each sentence begin, count + 1, owned */
};

/*
 * Compare sentences with each other.
 *
 * lists   the terms of each, numbers below `terms`
 * Returns ST_OK or ST_NOMEM; graph_fini frees it in either case.
 */
enum status graph_init(struct graph *g, const struct term_list *lists, size_t count,
                       size_t terms) MUST_USE;
void graph_fini(struct graph *g);

/* How like each other two sentences are, 0 to GRAPH_ONE: the cosine. */
static inline uint32_t graph_likeness(const struct graph *g, size_t a, size_t b)
{
    return g->likeness[a * g->count + b];
}

/*
 * The centrality of each sentence (continuous LexRank), from 0 for the lowest of those who vote to
 * GRAPH_ONE for the highest; less where all are nearly the same.
 *
 * votes   which sentences have a say; the others are ranked by what these say
 * rank    gets `count` numbers
 * Returns ST_OK or ST_NOMEM.
 */
enum status graph_rank(const struct graph *g, const bool *votes, uint32_t *rank) MUST_USE;

#endif
