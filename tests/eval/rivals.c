#include "rivals.h"

#include <math.h>

#include "alloc.h"

#define RIVALS_FOLLOW  0.85 /* chance that a link is followed; else any sentence is next */
#define RIVALS_EPSILON 1e-6 /* the walk has settled when its chances change by less in sum */
#define RIVALS_ROUNDS  1000 /* it settles long before: the change shrinks by RIVALS_FOLLOW */
#define RIVALS_GRAIN   1e-9 /* scores that differ by less are the same but for rounding */
#define LEXRANK_COSINE 0.1  /* threshold of a link */

/* A sentence as its different terms, sorted, each with how often it is there. */
struct bag {
    uint32_t *ids; /* owned, as `times` */
    double *times;
    size_t count;
    size_t length; /* terms with their repetitions */
};

static int rivals_compare_ids(const void *a, const void *b)
{
    const uint32_t *left = a;
    const uint32_t *right = b;
    return (*left > *right) - (*left < *right);
}

static struct bag bag_of(const struct term_list *terms)
{
    struct bag bag = {.ids = alloc_zeroed(terms->count, sizeof *bag.ids),
                      .times = alloc_zeroed(terms->count, sizeof *bag.times),
                      .length = terms->count};
    for (size_t i = 0; i < terms->count; i++)
        bag.ids[i] = terms->ids[i];
    qsort(bag.ids, terms->count, sizeof *bag.ids, rivals_compare_ids);
    for (size_t i = 0; i < terms->count; i++) {
        if (bag.count == 0 || bag.ids[bag.count - 1] != bag.ids[i])
            bag.ids[bag.count++] = bag.ids[i];
        bag.times[bag.count - 1]++;
    }
    return bag;
}

static struct bag *bags_of(const struct term_list *terms, size_t count)
{
    struct bag *bags = alloc_zeroed(count, sizeof *bags);
    for (size_t i = 0; i < count; i++)
        bags[i] = bag_of(&terms[i]);
    return bags;
}

static void bags_free(struct bag *bags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(bags[i].ids);
        free(bags[i].times);
    }
    free(bags);
}

/* Inverse document frequency of every term: log(N / n), n of N sentences having it. */
static double *bags_idf(const struct bag *bags, size_t count)
{
    uint32_t most = 0;
    for (size_t i = 0; i < count; i++) {
        if (bags[i].count > 0 && bags[i].ids[bags[i].count - 1] > most)
            most = bags[i].ids[bags[i].count - 1];
    }
    double *idf = alloc_zeroed((size_t)most + 1, sizeof *idf);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < bags[i].count; k++)
            idf[bags[i].ids[k]]++;
    }
    for (size_t id = 0; id <= most; id++)
        idf[id] = idf[id] > 0 ? log((double)count / idf[id]) : 0;
    return idf;
}

/* Sum over the terms that both have of the product of their weights; idf NULL counts them. */
static double bags_product(const struct bag *a, const struct bag *b, const double *idf)
{
    double sum = 0;
    for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
        if (a->ids[i] < b->ids[k]) {
            i++;
        } else if (a->ids[i] > b->ids[k]) {
            k++;
        } else {
            double weight = idf == NULL ? 1 : idf[a->ids[i]];
            sum += idf == NULL ? 1 : a->times[i] * b->times[k] * weight * weight;
            i++;
            k++;
        }
    }
    return sum;
}

/* Make each row a distribution: the chances to go from that sentence to each other one. */
static void rivals_chances(double *links, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (size_t k = 0; k < count; k++)
            sum += links[i * count + k];
        for (size_t k = 0; k < count && sum > 0; k++)
            links[i * count + k] /= sum;
    }
}

/*
 * Where a walk along the links is how often: power iteration.  Here that sums to 1, as in LexRank;
 * TextRank's sums to the number of sentences, in the same order.
 */
static double *rivals_walk(const double *links, size_t count)
{
    double *now = alloc_zeroed(count, sizeof *now);
    double *next = alloc_zeroed(count, sizeof *next);
    double change = 1;
    for (size_t i = 0; i < count; i++)
        now[i] = 1 / (double)count;
    for (int round = 0; round < RIVALS_ROUNDS && change > RIVALS_EPSILON; round++) {
        change = 0;
        for (size_t i = 0; i < count; i++)
            next[i] = (1 - RIVALS_FOLLOW) / (double)count;
        for (size_t i = 0; i < count; i++) {
            for (size_t k = 0; k < count; k++)
                next[k] += RIVALS_FOLLOW * now[i] * links[i * count + k];
        }
        for (size_t i = 0; i < count; i++) {
            change += fabs(next[i] - now[i]);
            now[i] = next[i];
        }
    }
    free(next);
    return now;
}

struct ranked {
    double score;
    size_t index;
};

static int rivals_compare_ranked(const void *a, const void *b)
{
    const struct ranked *left = a;
    const struct ranked *right = b;
    if (left->score < right->score || left->score > right->score)
        return left->score < right->score ? 1 : -1;
    return (left->index > right->index) - (left->index < right->index);
}

/* Walk along the links, which are given up, and rank by where that leads. */
static void rivals_rank(double *links, size_t count, size_t *order)
{
    rivals_chances(links, count);
    double *scores = rivals_walk(links, count);
    struct ranked *ranked = alloc_zeroed(count, sizeof *ranked);
    for (size_t i = 0; i < count; i++)
        ranked[i] = (struct ranked){rint(scores[i] / RIVALS_GRAIN), i};
    qsort(ranked, count, sizeof *ranked, rivals_compare_ranked);
    for (size_t i = 0; i < count; i++)
        order[i] = ranked[i].index;
    free(ranked);
    free(scores);
    free(links);
}

void rivals_lexrank(const struct term_list *terms, size_t count, size_t *order)
{
    struct bag *bags = bags_of(terms, count);
    double *idf = bags_idf(bags, count);
    double *links = alloc_zeroed(count * count, sizeof *links);
    double *norms = alloc_zeroed(count, sizeof *norms);
    for (size_t i = 0; i < count; i++) {
        norms[i] = sqrt(bags_product(&bags[i], &bags[i], idf));
        links[i * count + i] = 1;
        for (size_t k = 0; k < i; k++) {
            double both = norms[i] * norms[k];
            bool linked = both > 0 && bags_product(&bags[i], &bags[k], idf) / both > LEXRANK_COSINE;
            links[i * count + k] = links[k * count + i] = linked;
        }
    }
    rivals_rank(links, count, order);
    free(norms);
    free(idf);
    bags_free(bags, count);
}

void rivals_textrank(const struct term_list *terms, size_t count, size_t *order)
{
    struct bag *bags = bags_of(terms, count);
    double *links = alloc_zeroed(count * count, sizeof *links);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            double shared = bags_product(&bags[i], &bags[k], NULL);
            double size =
                shared > 0 ? log((double)bags[i].length) + log((double)bags[k].length) : 0;
            double weight = size > 0 ? shared / size : 0; /* two single words: no telling */
            links[i * count + k] = links[k * count + i] = weight;
        }
    }
    rivals_rank(links, count, order);
    bags_free(bags, count);
}
