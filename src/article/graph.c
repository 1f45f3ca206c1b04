#include "article/graph.h"

#include <stdlib.h>
#include <string.h>

/* Most terms of one sentence that are looked at: what is longer is no sentence to be chosen. */
#define GRAPH_TERMS_MAX 256

/* Weights and vectors have so many bits behind the point. */
#define GRAPH_WEIGHT_BITS 12
#define GRAPH_VECTOR_BITS 15

/* How much of a vote goes along the edges: Erkan and Radev, 3.2, after Page et al. */
#define GRAPH_FOLLOW (GRAPH_ONE * 85 / 100)

/* Rounds of the power method; it ends when no share moves by more than GRAPH_STILL any more. */
#define GRAPH_ROUNDS     40
#define GRAPH_SHARE_BITS 32
#define GRAPH_STILL      ((uint64_t)1 << (GRAPH_SHARE_BITS - 20))

/* Shares that differ by less than this part of the mean are not drawn apart. */
#define GRAPH_FLAT 4

struct graph_edge {
    uint32_t term;
    uint32_t weight;
};

/* The square root, rounded down. */
static uint64_t graph_root(uint64_t square)
{
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 31; bit > 0; bit >>= 1) {
        if ((root | bit) * (root | bit) <= square)
            root |= bit;
    }
    return root;
}

/* log2(1 + all / some) with GRAPH_WEIGHT_BITS behind the point, digit by digit. */
static uint32_t graph_log(size_t all, size_t some)
{
    uint64_t x = (((uint64_t)all + some) << 32) / some;
    uint32_t log = 0;
    while (x >= (uint64_t)2 << 32) {
        x >>= 1;
        log += (uint32_t)1 << GRAPH_WEIGHT_BITS;
    }
    for (uint32_t bit = (uint32_t)1 << (GRAPH_WEIGHT_BITS - 1); bit > 0; bit >>= 1) {
        x >>= 1; /* 31 bits behind the point: the square fits */
        x = x * x >> 30;
        if (x >= (uint64_t)2 << 32) {
            x >>= 1;
            log |= bit;
        }
    }
    return log;
}

/*
 * Write the terms of sentence s behind those of the ones before it, each once, with how often it
 * occurs; count who holds it, and remember in `last` where it was written last.
 */
static void graph_tally(const struct graph *g, size_t s, const struct term_list *list,
                        size_t *holders, size_t *last)
{
    size_t count = list->count < GRAPH_TERMS_MAX ? list->count : GRAPH_TERMS_MAX;
    size_t end = g->from[s];
    for (size_t i = 0; i < count; i++) {
        uint32_t term = list->ids[i];
        if (holders[term] > 0 && last[term] >= g->from[s]) {
            g->of[last[term]].weight++;
            continue;
        }
        holders[term]++;
        last[term] = end;
        g->of[end++] = (struct graph_edge){term, 1};
    }
    g->from[s + 1] = end;
}

/* From counts to vectors of length 1. */
static void graph_weigh(const struct graph *g, const size_t *holders)
{
    size_t some = 1; /* most terms are held by one sentence */
    uint32_t log = graph_log(g->count, some);
    for (size_t s = 0; s < g->count; s++) {
        uint64_t square = 0;
        for (size_t i = g->from[s]; i < g->from[s + 1]; i++) {
            struct graph_edge *e = &g->of[i];
            if (holders[e->term] != some) {
                some = holders[e->term];
                log = graph_log(g->count, some);
            }
            e->weight *= log;
            square += (uint64_t)e->weight * e->weight;
        }
        uint64_t length = graph_root(square);
        for (size_t i = g->from[s]; i < g->from[s + 1]; i++)
            g->of[i].weight = (uint32_t)(((uint64_t)g->of[i].weight << GRAPH_VECTOR_BITS) / length);
    }
}

/* Where the sentences that hold each term are listed: begin[t] to begin[t + 1]. */
static void graph_post(const struct graph *g, const size_t *begin, size_t *filled,
                       struct graph_edge *post)
{
    for (size_t s = 0; s < g->count; s++) {
        for (size_t i = g->from[s]; i < g->from[s + 1]; i++) {
            uint32_t term = g->of[i].term;
            post[begin[term] + filled[term]++] = (struct graph_edge){(uint32_t)s, g->of[i].weight};
        }
    }
}

static void graph_compare(const struct graph *g, const size_t *begin, const struct graph_edge *post)
{
    for (size_t s = 0; s < g->count; s++) {
        uint32_t *row = g->likeness + s * g->count;
        for (size_t i = g->from[s]; i < g->from[s + 1]; i++) {
            const struct graph_edge *e = &g->of[i];
            for (size_t k = begin[e->term]; k < begin[e->term + 1]; k++)
                row[post[k].term] += e->weight * post[k].weight >> (2 * GRAPH_VECTOR_BITS - 28);
        }
        for (size_t other = 0; other < g->count; other++) {
            row[other] >>= 12;
            if (row[other] > GRAPH_ONE)
                row[other] = GRAPH_ONE;
        }
    }
}

/* Fill in the cosines; holders counts the sentences of each term. */
static enum status graph_fill(const struct graph *g, const size_t *holders)
{
    size_t *begin = calloc(g->terms + 1, sizeof *begin);
    size_t *filled = calloc(g->terms + 1, sizeof *filled);
    struct graph_edge *post = calloc(g->from[g->count] + 1, sizeof *post);
    bool good = begin != NULL && filled != NULL && post != NULL;
    if (good) {
        for (size_t t = 0; t < g->terms; t++)
            begin[t + 1] = begin[t] + holders[t];
        graph_weigh(g, holders);
        graph_post(g, begin, filled, post);
        graph_compare(g, begin, post);
    }
    free(begin);
    free(filled);
    free(post);
    return good ? ST_OK : ST_NOMEM;
}

enum status graph_init(struct graph *g, const struct term_list *lists, size_t count, size_t terms)
{
    size_t most = 0;
    for (size_t s = 0; s < count; s++)
        most += lists[s].count < GRAPH_TERMS_MAX ? lists[s].count : GRAPH_TERMS_MAX;
    *g = (struct graph){.count = count, .terms = terms};
    size_t *holders = calloc(terms + 1, sizeof *holders);
    size_t *last = calloc(terms + 1, sizeof *last);
    g->likeness = calloc(count * count + 1, sizeof *g->likeness);
    g->of = calloc(most + 1, sizeof *g->of);
    g->from = calloc(count + 1, sizeof *g->from);
    enum status status = ST_NOMEM;
    if (holders != NULL && last != NULL && g->likeness != NULL && g->of != NULL &&
        g->from != NULL) {
        for (size_t s = 0; s < count; s++)
            graph_tally(g, s, &lists[s], holders, last);
        status = graph_fill(g, holders);
    }
    free(holders);
    free(last);
    return status;
}

void graph_fini(struct graph *g)
{
    free(g->likeness);
    free(g->of);
    free(g->from);
}

/* The votes. */
struct graph_ballot {
    uint64_t *share;         /* of each sentence, of 1 << GRAPH_SHARE_BITS in all */
    uint64_t *degree;        /* how like it is to all voters, itself included */
    uint64_t *give;          /* what one unit of likeness to it is worth */
    struct graph_edge *like; /* of all sentences: the voters that each is like at all, and how */
    size_t *from;            /* where those of each sentence begin, count + 1 */
};

static bool graph_hears(const struct graph *g, const bool *votes, size_t s, size_t other)
{
    return votes[other] && graph_likeness(g, s, other) > 0;
}

/* List who hears whom: most pairs share no term, and every round asks all of them. */
static enum status graph_listen(const struct graph *g, const bool *votes, struct graph_ballot *b)
{
    size_t edges = 0;
    for (size_t s = 0; s < g->count; s++) {
        for (size_t other = 0; other < g->count; other++)
            edges += graph_hears(g, votes, s, other);
    }
    b->like = calloc(edges + 1, sizeof *b->like);
    if (b->like == NULL)
        return ST_NOMEM;
    edges = 0;
    for (size_t s = 0; s < g->count; s++) {
        for (size_t other = 0; other < g->count; other++) {
            if (!graph_hears(g, votes, s, other))
                continue;
            uint32_t likeness = graph_likeness(g, s, other);
            b->like[edges++] = (struct graph_edge){(uint32_t)other, likeness};
            b->degree[s] += likeness;
        }
        b->from[s + 1] = edges;
    }
    return ST_OK;
}

static enum status graph_prepare(const struct graph *g, const bool *votes, uint64_t start,
                                 struct graph_ballot *b)
{
    *b = (struct graph_ballot){.share = calloc(g->count + 1, sizeof *b->share),
                               .degree = calloc(g->count + 1, sizeof *b->degree),
                               .give = calloc(g->count + 1, sizeof *b->give),
                               .from = calloc(g->count + 1, sizeof *b->from)};
    if (b->share == NULL || b->degree == NULL || b->give == NULL || b->from == NULL)
        return ST_NOMEM;
    for (size_t s = 0; s < g->count; s++)
        b->share[s] = start;
    return graph_listen(g, votes, b);
}

static void graph_dismiss(struct graph_ballot *b)
{
    free(b->share);
    free(b->degree);
    free(b->give);
    free(b->like);
    free(b->from);
}

/* One round of the power method; returns the largest move of a share. */
static uint64_t graph_round(const struct graph *g, uint64_t ground, struct graph_ballot *b)
{
    uint64_t most = 0;
    for (size_t s = 0; s < g->count; s++)
        b->give[s] = b->degree[s] > 0 ? (b->share[s] << 16) / b->degree[s] : 0;
    for (size_t s = 0; s < g->count; s++) {
        uint64_t got = 0;
        for (size_t i = b->from[s]; i < b->from[s + 1]; i++)
            got += b->give[b->like[i].term] * b->like[i].weight >> 16;
        uint64_t share = ground + (got * GRAPH_FOLLOW >> 16);
        uint64_t move = share > b->share[s] ? share - b->share[s] : b->share[s] - share;
        most = move > most ? move : most;
        b->share[s] = share;
    }
    return most;
}

/*
 * From shares to ranks: the lowest of a voter is 0, the highest is GRAPH_ONE, unless all are nearly
 * the same: then differences are no larger than they would be over a range of `least`.
 */
static void graph_spread(const struct graph *g, const bool *votes, const uint64_t *share,
                         uint64_t least, uint32_t *rank)
{
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    for (size_t s = 0; s < g->count; s++) {
        if (votes[s]) {
            low = share[s] < low ? share[s] : low;
            high = share[s] > high ? share[s] : high;
        }
    }
    uint64_t range = high > low && high - low > least ? high - low : least;
    for (size_t s = 0; s < g->count; s++) {
        uint64_t over = (share[s] > low ? share[s] - low : 0) * GRAPH_ONE / range;
        rank[s] = over < GRAPH_ONE ? (uint32_t)over : GRAPH_ONE;
    }
}

enum status graph_rank(const struct graph *g, const bool *votes, uint32_t *rank)
{
    struct graph_ballot b;
    size_t voters = 0;
    for (size_t s = 0; s < g->count; s++)
        voters += votes[s];
    uint64_t start = ((uint64_t)1 << GRAPH_SHARE_BITS) / (voters == 0 ? 1 : voters);
    uint64_t ground = start * (GRAPH_ONE - GRAPH_FOLLOW) / GRAPH_ONE;
    enum status status = graph_prepare(g, votes, start, &b);
    if (status == ST_OK) {
        for (int i = 0; i < GRAPH_ROUNDS; i++) {
            if (graph_round(g, ground, &b) <= GRAPH_STILL)
                break;
        }
        graph_spread(g, votes, b.share, start / GRAPH_FLAT, rank);
    }
    graph_dismiss(&b);
    return status;
}
