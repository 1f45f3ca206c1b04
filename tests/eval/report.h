/*
 * report: what the scores of many articles say.
 */
#ifndef EVAL_REPORT_H
#define EVAL_REPORT_H

#include <stdbool.h>

#include "rouge.h"

enum method {
    FIRST_CUT,
    LEXRANK,
    TEXTRANK,
    OURS_CUT,
    FIRST_WHOLE,
    OURS_WHOLE,
    OTHER_EDITOR,
    METHODS
};

/* How many words a summary may have. */
enum budget { SHORT_BUDGET, LONG_BUDGET, BUDGETS };
extern const size_t report_budgets[BUDGETS];

/* One summary of one article, scored against its references. */
struct score {
    double f1[ROUGE_MEASURES]; /* mean over the references */
    double words;
    bool given; /* false: there is no such summary */
};

struct result {
    char *name; /* of the article: "en-news-1"; owned by whoever made it */
    struct score scores[BUDGETS][METHODS];
};

/* A table of the means over the articles, a row for each method; `detail`: R-1 of each article. */
void report_table(const struct result *results, size_t count, enum budget budget, bool detail);

/* R-1 at the long budget for each kind of article: the second part of a name like en-news-1. */
void report_kinds(const struct result *results, size_t count);

/*
 * How much better ours is than the first sentences, cut beside cut and whole beside whole, with a
 * 95 % interval: the percentiles of
 * the mean difference over 1,000 resamples of the articles, the same ones each time.
 * Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3; paired, as
 * in Koehn, "Statistical Significance Tests for Machine Translation Evaluation", EMNLP 2004.
 */
void report_difference(const struct result *results, size_t count);

#endif
