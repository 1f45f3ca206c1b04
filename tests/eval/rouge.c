#include "rouge.h"

#include <stdbool.h>

#include "alloc.h"

static struct rouge_score rouge_score_of(size_t hits, size_t summary, size_t reference)
{
    struct rouge_score s = {0};
    if (hits == 0)
        return s;
    s.recall = (double)hits / (double)reference;
    s.precision = (double)hits / (double)summary;
    s.f1 = 2 * s.recall * s.precision / (s.recall + s.precision);
    return s;
}

static int rouge_compare(const void *a, const void *b)
{
    const uint64_t *left = a;
    const uint64_t *right = b;
    return (*left > *right) - (*left < *right);
}

/* The n-grams of a text, sorted; *count gets how many.  The caller frees them. */
static uint64_t *rouge_grams(struct rouge_text text, unsigned n, size_t *count)
{
    *count = text.count < n ? 0 : text.count - n + 1;
    uint64_t *grams = alloc_zeroed(*count, sizeof *grams);
    for (size_t i = 0; i < *count; i++)
        grams[i] = n == 1 ? text.words[i] : (uint64_t)text.words[i] << 32 | text.words[i + 1];
    qsort(grams, *count, sizeof *grams, rouge_compare);
    return grams;
}

struct rouge_score rouge_n(struct rouge_text summary, struct rouge_text reference, unsigned n)
{
    size_t has;
    size_t wants;
    size_t hits = 0;
    uint64_t *a = rouge_grams(summary, n, &has);
    uint64_t *b = rouge_grams(reference, n, &wants);
    for (size_t i = 0, k = 0; i < has && k < wants;) {
        int order = rouge_compare(&a[i], &b[k]);
        hits += order == 0;
        i += order <= 0;
        k += order >= 0;
    }
    free(a);
    free(b);
    return rouge_score_of(hits, has, wants);
}

/* One sentence. */
struct rouge_sentence {
    const uint32_t *words;
    size_t count;
};

static struct rouge_sentence rouge_sentence_at(struct rouge_text text, size_t i)
{
    size_t start = i == 0 ? 0 : text.ends[i - 1];
    const uint32_t *words = start == 0 ? text.words : text.words + start; /* NULL is never moved */
    return (struct rouge_sentence){words, text.ends[i] - start};
}

/* A word of the reference that a common subsequence ends with, and the one before it. */
struct rouge_match {
    size_t word;
    size_t before; /* index of a match, or ROUGE_NO_MATCH */
};

#define ROUGE_NO_MATCH SIZE_MAX

/* A cell of the one row of the table: the longest common subsequence so far. */
struct rouge_cell {
    size_t length;
    size_t last; /* index of its last match, or ROUGE_NO_MATCH */
};

/* What the search for common subsequences needs, kept from one pair of sentences to the next. */
struct rouge_lcs {
    struct rouge_cell *row;
    size_t row_room;
    struct rouge_match *matches;
    size_t count, room;
};

static void rouge_lcs_begin(struct rouge_lcs *lcs, size_t columns)
{
    lcs->count = 0;
    while (lcs->row_room < columns + 1)
        lcs->row = alloc_grown(lcs->row, lcs->row_room, &lcs->row_room, sizeof *lcs->row);
    for (size_t k = 0; k <= columns; k++)
        lcs->row[k] = (struct rouge_cell){0, ROUGE_NO_MATCH};
}

/*
 * Mark the words of the reference sentence that are in its LCS with a sentence of the summary.
 * One row of lengths is kept; each cell knows its last match and each match the one before, so that
 * there is a way back without the table.
 */
static void rouge_lcs_mark(struct rouge_lcs *lcs, struct rouge_sentence reference,
                           struct rouge_sentence summary, bool *hit)
{
    rouge_lcs_begin(lcs, summary.count);
    for (size_t i = 0; i < reference.count; i++) {
        struct rouge_cell corner = lcs->row[0]; /* row i - 1, column k - 1 */
        for (size_t k = 1; k <= summary.count; k++) {
            struct rouge_cell above = lcs->row[k];
            if (reference.words[i] == summary.words[k - 1]) {
                lcs->matches =
                    alloc_grown(lcs->matches, lcs->count, &lcs->room, sizeof *lcs->matches);
                lcs->matches[lcs->count] = (struct rouge_match){i, corner.last};
                lcs->row[k] = (struct rouge_cell){corner.length + 1, lcs->count++};
            } else if (above.length < lcs->row[k - 1].length) {
                lcs->row[k] = lcs->row[k - 1];
            }
            corner = above;
        }
    }
    for (size_t m = lcs->row[summary.count].last; m != ROUGE_NO_MATCH; m = lcs->matches[m].before)
        hit[lcs->matches[m].word] = true;
}

/* Which word numbers are left to be hit in a text: its words, sorted, each with a mark. */
struct rouge_stock {
    uint64_t *words;
    bool *gone;
    size_t count;
};

static struct rouge_stock rouge_stock_of(struct rouge_text text)
{
    struct rouge_stock stock;
    stock.words = rouge_grams(text, 1, &stock.count);
    stock.gone = alloc_zeroed(stock.count, sizeof *stock.gone);
    return stock;
}

static void rouge_stock_fini(struct rouge_stock *stock)
{
    free(stock->words);
    free(stock->gone);
}

/* Take one such word; false when none is left. */
static bool rouge_stock_take(struct rouge_stock *stock, uint32_t word)
{
    size_t low = 0;
    for (size_t high = stock->count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (stock->words[middle] < word)
            low = middle + 1;
        else
            high = middle;
    }
    while (low < stock->count && stock->words[low] == word && stock->gone[low])
        low++;
    if (low == stock->count || stock->words[low] != word)
        return false;
    stock->gone[low] = true;
    return true;
}

struct rouge_score rouge_l(struct rouge_text summary, struct rouge_text reference)
{
    struct rouge_lcs lcs = {0};
    struct rouge_stock stock = rouge_stock_of(summary);
    size_t hits = 0;
    for (size_t r = 0; r < reference.sentences; r++) {
        struct rouge_sentence sentence = rouge_sentence_at(reference, r);
        bool *hit = alloc_zeroed(sentence.count, sizeof *hit);
        for (size_t s = 0; s < summary.sentences; s++)
            rouge_lcs_mark(&lcs, sentence, rouge_sentence_at(summary, s), hit);
        for (size_t i = 0; i < sentence.count; i++)
            hits += hit[i] && rouge_stock_take(&stock, sentence.words[i]);
        free(hit);
    }
    rouge_stock_fini(&stock);
    free(lcs.row);
    free(lcs.matches);
    return rouge_score_of(hits, summary.count, reference.count);
}

void rouge_mean(struct rouge_text summary, const struct rouge_text *references, size_t count,
                double f1[ROUGE_MEASURES])
{
    f1[ROUGE_1] = f1[ROUGE_2] = f1[ROUGE_L] = 0;
    for (size_t i = 0; i < count; i++) {
        f1[ROUGE_1] += rouge_n(summary, references[i], 1).f1 / (double)count;
        f1[ROUGE_2] += rouge_n(summary, references[i], 2).f1 / (double)count;
        f1[ROUGE_L] += rouge_l(summary, references[i]).f1 / (double)count;
    }
}
