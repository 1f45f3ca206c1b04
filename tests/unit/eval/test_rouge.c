#include "../../eval/rouge.h"

#include "../support.h"

#define WORDS_MAX 64

/* A text in memory: words are parted by blanks, sentences by full stops. */
struct text {
    uint32_t words[WORDS_MAX];
    size_t ends[WORDS_MAX];
    struct rouge_text rouge;
};

/* Small numbers for words: the same word has the same one in all texts of a program. */
static uint32_t number_of(struct span word)
{
    static char known[WORDS_MAX][16];
    for (uint32_t i = 0; i < WORDS_MAX; i++) {
        if (known[i][0] == '\0')
            memcpy(known[i], word.p, word.n);
        if (span_eq(word, span_of(known[i])))
            return i;
    }
    abort();
}

static struct rouge_text read_text(struct text *t, const char *words)
{
    t->rouge = (struct rouge_text){.words = t->words, .ends = t->ends};
    for (const char *p = words; *p != '\0';) {
        size_t n = strcspn(p, " .");
        if (n > 0)
            t->words[t->rouge.count++] = number_of((struct span){p, n});
        if (p[n] == '.')
            t->ends[t->rouge.sentences++] = t->rouge.count;
        p += n + (p[n] != '\0');
    }
    return t->rouge;
}

enum measure { UNIGRAMS, BIGRAMS, SUBSEQUENCES };

struct row {
    const char *name;
    enum measure measure;
    const char *summary, *reference;
    double recall, precision;
};

static const struct row rows[] = {
    {"the paper, 3.1: S2 by ROUGE-2 (the gunman)", BIGRAMS, "police kill the gunman.",
     "police killed the gunman.", 1 / 3.0, 1 / 3.0},
    {"the paper, 3.1: S3 by ROUGE-2 is as good", BIGRAMS, "the gunman kill police.",
     "police killed the gunman.", 1 / 3.0, 1 / 3.0},
    {"the paper, 3.1: S2 by ROUGE-L", SUBSEQUENCES, "police kill the gunman.",
     "police killed the gunman.", 3 / 4.0, 3 / 4.0},
    {"the paper, 3.1: S3 by ROUGE-L", SUBSEQUENCES, "the gunman kill police.",
     "police killed the gunman.", 2 / 4.0, 2 / 4.0},
    {"the paper, 3.1: S4 by ROUGE-L is as good as S3", SUBSEQUENCES, "the gunman police killed.",
     "police killed the gunman.", 2 / 4.0, 2 / 4.0},
    {"the paper, 3.1: S4 by ROUGE-2 is better than S3", BIGRAMS, "the gunman police killed.",
     "police killed the gunman.", 2 / 3.0, 2 / 3.0},
    {"the paper, 3.2: union of two LCS", SUBSEQUENCES, "w1 w2 w6 w7 w8. w1 w3 w8 w9 w5.",
     "w1 w2 w3 w4 w5.", 4 / 5.0, 4 / 10.0},
    {"a word counts as often as the reference has it", UNIGRAMS, "the the the the cat.",
     "the cat and the dog.", 3 / 5.0, 3 / 5.0},
    {"a word counts as often as the summary has it", UNIGRAMS, "the cat.",
     "the cat the cat the cat.", 2 / 6.0, 2 / 2.0},
    {"a pair counts as often as both have it", BIGRAMS, "a b a b a b.", "a b c a b.", 2 / 4.0,
     2 / 5.0},
    {"pairs run across the ends of sentences", BIGRAMS, "a b. c d.", "a. b c. d.", 3 / 3.0,
     3 / 3.0},
    {"subsequences do not", SUBSEQUENCES, "a b. c d.", "b c.", 2 / 2.0, 2 / 4.0},
    {"order matters within a sentence", SUBSEQUENCES, "c b a.", "a b c.", 1 / 3.0, 1 / 3.0},
    {"and not between sentences", SUBSEQUENCES, "c d. a b.", "a b. c d.", 4 / 4.0, 4 / 4.0},
    {"a word of the summary is hit once", SUBSEQUENCES, "a b.", "a c. a d. b a.", 2 / 6.0, 2 / 2.0},
    {"gaps on both sides", SUBSEQUENCES, "x a y b z c.", "a b q c r.", 3 / 5.0, 3 / 6.0},
    {"nothing in common", UNIGRAMS, "a b.", "c d.", 0, 0},
    {"nothing in common in order", SUBSEQUENCES, "a b.", "c d.", 0, 0},
    {"an empty summary", UNIGRAMS, "", "a b.", 0, 0},
    {"an empty summary in pairs", BIGRAMS, "", "a b.", 0, 0},
    {"an empty summary in order", SUBSEQUENCES, "", "a b.", 0, 0},
    {"an empty reference", UNIGRAMS, "a b.", "", 0, 0},
    {"an empty reference in pairs", BIGRAMS, "a b.", "", 0, 0},
    {"an empty reference in order", SUBSEQUENCES, "a b.", "", 0, 0},
    {"nothing at all", SUBSEQUENCES, "", "", 0, 0},
    {"one word has no pairs", BIGRAMS, "a.", "a.", 0, 0},
    {"empty sentences do no harm", SUBSEQUENCES, ". a. . b.", ". . a b. .", 2 / 2.0, 2 / 2.0},
    {"the same", UNIGRAMS, "the cat sat. the dog ran.", "the cat sat. the dog ran.", 1, 1},
    {"the same in pairs", BIGRAMS, "the cat sat. the dog ran.", "the cat sat. the dog ran.", 1, 1},
    {"the same in order", SUBSEQUENCES, "the cat sat. the dog ran.", "the cat sat. the dog ran.", 1,
     1},
};

static void scores(void **state)
{
    const struct row *row = *state;
    struct text summary;
    struct text reference;
    struct rouge_text a = read_text(&summary, row->summary);
    struct rouge_text b = read_text(&reference, row->reference);
    struct rouge_score s = row->measure == SUBSEQUENCES ? rouge_l(a, b)
                           : row->measure == BIGRAMS    ? rouge_n(a, b, 2)
                                                        : rouge_n(a, b, 1);
    double sum = row->recall + row->precision;
    double f1 = sum > 0 ? 2 * row->recall * row->precision / sum : 0;
    assert_float_equal(s.recall, row->recall, 1e-6);
    assert_float_equal(s.precision, row->precision, 1e-6);
    assert_float_equal(s.f1, f1, 1e-6);
}

/* Against all subsequences of short sentences: there are 2^n to try. */
static void finds_longest_subsequences(void **state)
{
    (void)state;
    uint32_t a[7];
    uint32_t b[9];
    const size_t ends[] = {COUNT(a), COUNT(b)};
    uint32_t seed = 1;
    for (int turn = 0; turn < 500; turn++) {
        for (size_t i = 0; i < COUNT(a) + COUNT(b); i++) {
            seed = seed * 1664525 + 1013904223;
            *(i < COUNT(a) ? &a[i] : &b[i - COUNT(a)]) = (seed >> 16) % 4;
        }
        size_t longest = 0;
        for (uint32_t mask = 0; mask < 1U << COUNT(a); mask++) {
            size_t length = 0;
            size_t at = 0;
            for (size_t i = 0; i < COUNT(a) && at <= COUNT(b); i++) {
                if ((mask >> i & 1) == 0)
                    continue;
                while (at < COUNT(b) && b[at] != a[i])
                    at++;
                at++; /* beyond the end when it is not there */
                length++;
            }
            if (at <= COUNT(b) && length > longest)
                longest = length;
        }
        struct rouge_score s = rouge_l((struct rouge_text){b, COUNT(b), &ends[1], 1},
                                       (struct rouge_text){a, COUNT(a), &ends[0], 1});
        assert_float_equal(s.recall, (double)longest / COUNT(a), 1e-6);
    }
}

static void averages_over_references(void **state)
{
    (void)state;
    struct text summary;
    struct text references[2];
    double f1[ROUGE_MEASURES];
    read_text(&summary, "police kill the gunman.");
    struct rouge_text both[] = {
        read_text(&references[0], "police killed the gunman."),
        read_text(&references[1], "police kill the gunman."),
    };
    rouge_mean(summary.rouge, both, COUNT(both), f1);
    assert_float_equal(f1[ROUGE_1], (3 / 4.0 + 1) / 2, 1e-6);
    assert_float_equal(f1[ROUGE_2], (1 / 3.0 + 1) / 2, 1e-6);
    assert_float_equal(f1[ROUGE_L], (3 / 4.0 + 1) / 2, 1e-6);
}

int main(void)
{
    static struct suite suite;
    SUITE_ROWS(&suite, scores, rows);
    SUITE_TEST(&suite, finds_longest_subsequences);
    SUITE_TEST(&suite, averages_over_references);
    return suite_run(&suite, "rouge");
}
