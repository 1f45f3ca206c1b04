/*
 * eval: how good are the summaries, beside those that others would make?
 *
 *     eval [--kinds] [--detail] DIR
 *
 * For every DIR/NAME.txt that has references (NAME.ref1, NAME.ref2 ..., see README.md) it makes a
 * summary by each method within a budget of words and scores it with ROUGE (see rouge.h) against
 * each reference; means over the references, then over the articles.  Words are stemmed, and all
 * count.  A method that is `cut` uses the budget to its last word: its last sentence is cut.  One
 * that is `whole` has whole sentences only, as readers get them, and is therefore shorter.
 * `other editor` is each reference against the others of its article.
 *
 * --kinds adds R-1 for each kind of article, --detail for each article.
 * Exit status: 0 scored, 1 nothing to score or a file that cannot be read, 2 usage.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "article/summary.h"
#include "report.h"
#include "rivals.h"
#include "sample.h"

/* So many sentences of ours fill every budget. */
#define OURS_MAX 12

struct options {
    const char *folder;
    bool kinds;
    bool detail;
};

/* The articles that were scored so far. */
struct results {
    struct result *all; /* owned */
    size_t count, room;
    size_t references; /* of all of them */
    size_t left_out;   /* articles without a reference */
};

/* What scoring an article needs at hand. */
struct judge {
    struct sample sample;
    struct terms words;           /* all of them, as ROUGE counts */
    struct extract_terms *terms;  /* of each reference; owned, as all below */
    struct rouge_text *reference; /* borrows from terms */
    size_t *order[METHODS];       /* in which a rival prefers the sentences; NULL as they stand */
};

/* The message of *e, and no way on. */
static _Noreturn void eval_fail(const struct error *e)
{
    fprintf(stderr, "eval: %s\n", e->message);
    exit(1);
}

/* Let the rivals rank the sentences, which they look at without stop words. */
static void judge_rank(struct judge *j)
{
    const struct extract *all = &j->sample.sentences;
    struct term_list *lists = alloc_zeroed(all->count, sizeof *lists);
    struct terms terms;
    enum status status = terms_init(&terms, j->sample.language);
    for (size_t i = 0; i < all->count && status == ST_OK; i++)
        status = terms_of(&terms, all->sentences[i], &lists[i]);
    if (status != ST_OK)
        alloc_failed();
    j->order[LEXRANK] = alloc_zeroed(all->count, sizeof *j->order[LEXRANK]);
    j->order[TEXTRANK] = alloc_zeroed(all->count, sizeof *j->order[TEXTRANK]);
    rivals_lexrank(lists, all->count, j->order[LEXRANK]);
    rivals_textrank(lists, all->count, j->order[TEXTRANK]);
    for (size_t i = 0; i < all->count; i++)
        term_list_fini(&lists[i]);
    free(lists);
    terms_fini(&terms);
}

/*
 * Our order of preference: what a summary of one sentence has, then what one of two has besides,
 * and so on; then the rest as it stands.
 */
static void judge_rank_ours(struct judge *j)
{
    const struct extract *all = &j->sample.sentences;
    size_t *order = alloc_zeroed(all->count, sizeof *order);
    bool *taken = alloc_zeroed(all->count, sizeof *taken);
    size_t count = 0;
    for (size_t n = 1; n <= all->count && n <= OURS_MAX; n++) {
        struct summary summary;
        if (summary_make(&j->sample.doc, (struct summary_options){.sentences = n}, &summary) !=
            ST_OK)
            alloc_failed();
        const struct summary_part *part = summary.parts;
        for (size_t i = 0; i < all->count && part != NULL; i++) {
            const char *start = all->sentences[i].p;
            if (start < part->text.p || start >= part->text.p + part->text.n)
                continue;
            if (!taken[i])
                order[count++] = i;
            taken[i] = true;
            if (start + all->sentences[i].n == part->text.p + part->text.n)
                part = part->next;
        }
    }
    for (size_t i = 0; i < all->count; i++) {
        if (!taken[i])
            order[count++] = i;
    }
    free(taken);
    j->order[OURS_CUT] = order;
}

/* Make ready for a sample that is read and has references. */
static void judge_begin(struct judge *j)
{
    const struct sample *s = &j->sample;
    if (terms_init(&j->words, s->language) != ST_OK)
        alloc_failed();
    j->words.keep_stops = true;
    j->terms = alloc_zeroed(s->count, sizeof *j->terms);
    j->reference = alloc_zeroed(s->count, sizeof *j->reference);
    for (size_t i = 0; i < s->count; i++) {
        extract_terms_init(&j->terms[i], &s->references[i].extract, &j->words);
        j->reference[i] = extract_rouge(&j->terms[i], &s->references[i].extract);
    }
    judge_rank(j);
    judge_rank_ours(j);
}

static void judge_end(struct judge *j)
{
    for (size_t i = 0; i < j->sample.count; i++)
        extract_terms_fini(&j->terms[i]);
    for (int method = 0; method < METHODS; method++)
        free(j->order[method]);
    free(j->reference);
    free(j->terms);
    terms_fini(&j->words);
}

/* Our own summary, as whole as a reader gets it. */
static void judge_read_ours(struct judge *j, size_t budget, struct extract *out)
{
    struct summary summary;
    struct summary_options options = {.words = budget};
    if (summary_make(&j->sample.doc, options, &summary) != ST_OK)
        alloc_failed();
    for (const struct summary_part *part = summary.parts; part != NULL; part = part->next)
        extract_read(out, j->sample.language, part->text);
}

/* Score a summary against some references: the mean, added to *score with a weight. */
static void judge_score(struct judge *j, const struct extract *summary,
                        const struct rouge_text *references, size_t count, double weight,
                        struct score *score)
{
    struct extract_terms terms;
    double f1[ROUGE_MEASURES];
    extract_terms_init(&terms, summary, &j->words);
    rouge_mean(extract_rouge(&terms, summary), references, count, f1);
    extract_terms_fini(&terms);
    for (int m = 0; m < ROUGE_MEASURES; m++)
        score->f1[m] += weight * f1[m];
    score->words += weight * (double)summary->words;
    score->given = true;
}

/* Each reference as a summary that is scored against the others. */
static void judge_editors(struct judge *j, size_t budget, struct score *score)
{
    const size_t count = j->sample.count;
    struct rouge_text *others = alloc_zeroed(count, sizeof *others);
    for (size_t i = 0; i < count && count > 1; i++) {
        struct extract cut = {0};
        size_t n = 0;
        for (size_t k = 0; k < count; k++) {
            if (k != i)
                others[n++] = j->reference[k];
        }
        extract_cut(&j->sample.references[i].extract, NULL, budget, &cut);
        judge_score(j, &cut, others, n, 1 / (double)count, score);
        extract_fini(&cut);
    }
    free(others);
}

static void judge_method(struct judge *j, enum method method, size_t budget, struct score *score)
{
    struct extract summary = {0};
    if (method == OTHER_EDITOR) {
        judge_editors(j, budget, score);
        return;
    }
    if (method == OURS_WHOLE)
        judge_read_ours(j, budget, &summary);
    else if (method == FIRST_WHOLE)
        extract_whole(&j->sample.sentences, budget, &summary);
    else
        extract_cut(&j->sample.sentences, j->order[method], budget, &summary);
    judge_score(j, &summary, j->reference, j->sample.count, 1, score);
    extract_fini(&summary);
}

/* Score one article, unless nobody made an extract of it. */
static void eval_article(const struct options *o, const char *name, struct results *results)
{
    struct error e;
    struct judge j = {0};
    struct result result = {0};
    if (sample_read(&j.sample, o->folder, name, &e) != ST_OK)
        eval_fail(&e);
    results->references += j.sample.count;
    results->left_out += j.sample.count == 0;
    if (j.sample.count > 0) {
        judge_begin(&j);
        for (int budget = 0; budget < BUDGETS; budget++) {
            for (int method = 0; method < METHODS; method++)
                judge_method(&j, (enum method)method, report_budgets[budget],
                             &result.scores[budget][method]);
        }
        judge_end(&j);
        result.name = strdup(name);
        if (result.name == NULL)
            alloc_failed();
        results->all =
            alloc_grown(results->all, results->count, &results->room, sizeof *results->all);
        results->all[results->count++] = result;
    }
    sample_fini(&j.sample);
}

static int eval_is_article(const struct dirent *entry)
{
    struct span name = span_of(entry->d_name);
    return name.n > 4 && entry->d_name[0] != '.' && span_ends(name, SPAN(".txt"));
}

/* Score every article of the folder, in the order of their names. */
static void eval_folder(const struct options *o, struct results *results)
{
    struct dirent **entries;
    struct error e;
    int count = scandir(o->folder, &entries, eval_is_article, alphasort);
    if (count < 0) {
        error_set(&e, ST_IO, errno, "%s", o->folder);
        eval_fail(&e);
    }
    for (int i = 0; i < count; i++) {
        entries[i]->d_name[strlen(entries[i]->d_name) - strlen(".txt")] = '\0';
        eval_article(o, entries[i]->d_name, results);
        free(entries[i]);
    }
    free(entries);
    if (results->count == 0) {
        error_set(&e, ST_MISSING, 0, "%s: no article with a reference (NAME.txt and NAME.ref1)",
                  o->folder);
        eval_fail(&e);
    }
}

static void eval_report(const struct options *o, const struct results *results)
{
    printf("%zu articles, %zu references", results->count, results->references);
    if (results->left_out > 0)
        printf("; %zu articles without a reference left out", results->left_out);
    putchar('\n');
    for (int budget = 0; budget < BUDGETS; budget++)
        report_table(results->all, results->count, (enum budget)budget, o->detail);
    if (o->kinds)
        report_kinds(results->all, results->count);
    report_difference(results->all, results->count);
}

/* Read the command line; false when it makes no sense. */
static bool eval_options(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--kinds") == 0)
            o->kinds = true;
        else if (strcmp(argv[i], "--detail") == 0)
            o->detail = true;
        else if (o->folder == NULL && argv[i][0] != '-')
            o->folder = argv[i];
        else
            return false;
    }
    return o->folder != NULL;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct results results = {0};
    if (!eval_options(argc, argv, &options)) {
        fputs("usage: eval [--kinds] [--detail] DIR\n", stderr);
        return 2;
    }
    eval_folder(&options, &results);
    eval_report(&options, &results);
    for (size_t i = 0; i < results.count; i++)
        free(results.all[i].name);
    free(results.all);
    return 0;
}
