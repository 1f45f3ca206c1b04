#include "report.h"

#include <stdio.h>
#include <string.h>

#include "alloc.h"

const size_t report_budgets[BUDGETS] = {50, 100};

static const char *const report_methods[METHODS] = {
    "first sentences, cut",   "LexRank, cut",      "TextRank, cut", "broadsheet, cut",
    "first sentences, whole", "broadsheet, whole", "other editor",
};
static const char *const report_short_methods[METHODS] = {
    "first", "LexRank", "TextRank", "ours", "f. whole", "o. whole", "editor",
};
static const char *const report_measures[ROUGE_MEASURES] = {"R-1", "R-2", "R-L"};

#define REPORT_NAME_WIDTH 24
#define REPORT_RESAMPLES  1000
#define REPORT_TAIL       25 /* resamples on either side of the 95 % */

/* Which results are meant: all, or those of a kind. */
struct selection {
    const struct result *results;
    size_t count;
    const char *kind; /* as report_kind has it; NULL for all */
    size_t kind_length;
};

/* The kind in an article's name; "other" when it has none. */
static const char *report_kind(const char *name, size_t *length)
{
    const char *kind = strchr(name, '-');
    kind = kind == NULL || kind[1] == '\0' || kind[1] == '-' ? "other" : kind + 1;
    *length = strcspn(kind, "-");
    return kind;
}

static bool report_selects(const struct selection *s, const struct result *r)
{
    size_t length;
    const char *kind = report_kind(r->name, &length);
    return s->kind == NULL ||
           (length == s->kind_length && strncmp(kind, s->kind, s->kind_length) == 0);
}

/* Mean score of a method over the articles for which it is given. */
static struct score report_mean(const struct selection *s, enum budget budget, enum method method)
{
    struct score mean = {0};
    double given = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct score *one = &s->results[i].scores[budget][method];
        if (!one->given || !report_selects(s, &s->results[i]))
            continue;
        given++;
        mean.given = true;
        mean.words += one->words;
        for (int m = 0; m < ROUGE_MEASURES; m++)
            mean.f1[m] += one->f1[m];
    }
    for (int m = 0; m < ROUGE_MEASURES && mean.given; m++)
        mean.f1[m] /= given;
    mean.words = mean.given ? mean.words / given : 0;
    return mean;
}

static void report_cell(bool given, int width, int digits, double value)
{
    if (given)
        printf("  %*.*f", width, digits, value);
    else
        printf("  %*s", width, "-");
}

static void report_detail(const struct result *results, size_t count, enum budget budget)
{
    printf("\nR-1 of each article at %zu words\n%-*s", report_budgets[budget], REPORT_NAME_WIDTH,
           "");
    for (int method = 0; method < METHODS; method++)
        printf("  %10s", report_short_methods[method]);
    putchar('\n');
    for (size_t i = 0; i < count; i++) {
        printf("%-*s", REPORT_NAME_WIDTH, results[i].name);
        for (int method = 0; method < METHODS; method++) {
            const struct score *s = &results[i].scores[budget][method];
            report_cell(s->given, 10, 3, s->f1[ROUGE_1]);
        }
        putchar('\n');
    }
}

void report_table(const struct result *results, size_t count, enum budget budget, bool detail)
{
    struct selection all = {.results = results, .count = count};
    char title[REPORT_NAME_WIDTH];
    snprintf(title, sizeof title, "%zu words", report_budgets[budget]);
    printf("\n%-*s", REPORT_NAME_WIDTH, title);
    for (int m = 0; m < ROUGE_MEASURES; m++)
        printf("  %5s", report_measures[m]);
    printf("  %6s\n", "words");
    for (int method = 0; method < METHODS; method++) {
        struct score mean = report_mean(&all, budget, (enum method)method);
        printf("%-*s", REPORT_NAME_WIDTH, report_methods[method]);
        for (int m = 0; m < ROUGE_MEASURES; m++)
            report_cell(mean.given, 5, 3, mean.f1[m]);
        report_cell(mean.given, 6, 1, mean.words);
        putchar('\n');
    }
    if (detail)
        report_detail(results, count, budget);
}

static int report_compare_kinds(const void *a, const void *b)
{
    const struct selection *left = a;
    const struct selection *right = b;
    size_t shorter =
        left->kind_length < right->kind_length ? left->kind_length : right->kind_length;
    int order = strncmp(left->kind, right->kind, shorter);
    return order != 0 ? order
                      : (left->kind_length > right->kind_length) -
                            (left->kind_length < right->kind_length);
}

/* A selection for each kind, sorted; *kinds gets how many.  The caller frees them. */
static struct selection *report_select_kinds(const struct result *results, size_t count,
                                             size_t *kinds)
{
    struct selection *found = alloc_zeroed(count, sizeof *found);
    *kinds = 0;
    for (size_t i = 0; i < count; i++) {
        struct selection new = {.results = results, .count = count};
        new.kind = report_kind(results[i].name, &new.kind_length);
        size_t k = 0;
        while (k < *kinds && !report_selects(&found[k], &results[i]))
            k++;
        if (k == *kinds)
            found[(*kinds)++] = new;
    }
    qsort(found, *kinds, sizeof *found, report_compare_kinds);
    return found;
}

static size_t report_count(const struct selection *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->count; i++)
        n += report_selects(s, &s->results[i]);
    return n;
}

void report_kinds(const struct result *results, size_t count)
{
    size_t kinds;
    struct selection *found = report_select_kinds(results, count, &kinds);
    printf("\nR-1 at %3zu words", report_budgets[LONG_BUDGET]);
    printf("%*s", REPORT_NAME_WIDTH - 16, "");
    for (size_t k = 0; k < kinds; k++)
        printf("  %10.*s", (int)found[k].kind_length, found[k].kind);
    printf("\n%-*s", REPORT_NAME_WIDTH, "articles");
    for (size_t k = 0; k < kinds; k++)
        printf("  %10zu", report_count(&found[k]));
    putchar('\n');
    for (int method = 0; method < METHODS; method++) {
        printf("%-*s", REPORT_NAME_WIDTH, report_methods[method]);
        for (size_t k = 0; k < kinds; k++) {
            struct score mean = report_mean(&found[k], LONG_BUDGET, (enum method)method);
            report_cell(mean.given, 10, 3, mean.f1[ROUGE_1]);
        }
        putchar('\n');
    }
    free(found);
}

/* Source: Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003), 64 bits. */
static uint64_t report_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int report_compare_means(const void *a, const void *b)
{
    const double *left = a;
    const double *right = b;
    return (*left > *right) - (*left < *right);
}

static void report_interval(const double *differences, size_t count, double *low, double *high)
{
    static double means[REPORT_RESAMPLES];
    uint64_t state = 0x9e3779b97f4a7c15;
    for (size_t r = 0; r < REPORT_RESAMPLES; r++) {
        means[r] = 0;
        for (size_t i = 0; i < count; i++)
            means[r] += differences[report_random(&state) % count] / (double)count;
    }
    qsort(means, REPORT_RESAMPLES, sizeof means[0], report_compare_means);
    *low = means[REPORT_TAIL];
    *high = means[REPORT_RESAMPLES - 1 - REPORT_TAIL];
}

static void report_pair(const struct result *results, size_t count, enum method ours,
                        enum method other)
{
    double *differences = alloc_zeroed(count, sizeof *differences);
    printf("\n%s minus %s, with the 95 %% interval of %d paired resamples\n", report_methods[ours],
           report_methods[other], REPORT_RESAMPLES);
    for (int budget = 0; budget < BUDGETS; budget++) {
        printf("%3zu words", report_budgets[budget]);
        for (int m = 0; m < ROUGE_MEASURES; m++) {
            double mean = 0;
            double low;
            double high;
            for (size_t i = 0; i < count; i++) {
                const struct score *scores = results[i].scores[budget];
                differences[i] = scores[ours].f1[m] - scores[other].f1[m];
                mean += differences[i] / (double)count;
            }
            report_interval(differences, count, &low, &high);
            printf("   %s %+.3f [%+.3f, %+.3f]", report_measures[m], mean, low, high);
        }
        putchar('\n');
    }
    free(differences);
}

void report_difference(const struct result *results, size_t count)
{
    report_pair(results, count, OURS_CUT, FIRST_CUT);
    report_pair(results, count, OURS_WHOLE, FIRST_WHOLE);
}
