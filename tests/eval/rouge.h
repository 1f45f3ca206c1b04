/*
 * rouge: how much a summary has in common with one that is known to be good.
 *
 * Source: Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", Text Summarization
 * Branches Out, ACL 2004.  ROUGE-N is equation 1 of section 2, with the precision beside the recall
 * as ROUGE-L has it; ROUGE-L is the union LCS of section 3.2, equations 5 to 7.  Beta is 1: the F
 * of equation 7 is then the harmonic mean.
 *
 * The paper leaves two things open, which are done as in its author's program, ROUGE 1.5.5: n-grams
 * run across the ends of sentences, and a word counts as a hit of the union LCS no more often than
 * it is in both texts, or precision could exceed 1.
 */
#ifndef EVAL_ROUGE_H
#define EVAL_ROUGE_H

#include <stddef.h>
#include <stdint.h>

enum rouge_measure { ROUGE_1, ROUGE_2, ROUGE_L, ROUGE_MEASURES };

/* A text: its words as numbers, sentence behind sentence. */
struct rouge_text {
    const uint32_t *words; /* borrowed */
    size_t count;
    const size_t *ends; /* offset behind the last word of each sentence; the last is `count` */
    size_t sentences;
};

struct rouge_score {
    double recall, precision, f1; /* 0 to 1; 0 when there is nothing to compare */
};

/* ROUGE-N for n 1 or 2: n-grams that both texts have, each as often as the poorer one has it. */
struct rouge_score rouge_n(struct rouge_text summary, struct rouge_text reference, unsigned n);

/*
 * ROUGE-L: the words of each sentence of the reference that are in a longest common subsequence
 * with any sentence of the summary.  Of several longest ones, one is taken, as a trace back through
 * the table of lengths finds it that prefers the earlier words of the reference sentence.
 */
struct rouge_score rouge_l(struct rouge_text summary, struct rouge_text reference);

/* F1 of every measure, the mean over the references (at least one). */
void rouge_mean(struct rouge_text summary, const struct rouge_text *references, size_t count,
                double f1[ROUGE_MEASURES]);

#endif
