#include "article/choice.h"

#include <stdlib.h>

#include "article/graph.h"
#include "prose/terms.h"

/*
 * Weights, in parts of GRAPH_ONE, found with `make eval`.  Place counts most: of all features it
 * alone is hard to beat in news (Nenkova, "Automatic Text Summarization of Newswire", AAAI 2005).
 */
#define CHOICE_PLACE      (GRAPH_ONE * 54 / 100)
#define CHOICE_CENTRALITY (GRAPH_ONE * 30 / 100)
#define CHOICE_TITLE      (GRAPH_ONE * 16 / 100)

/*
 * A sentence that hangs goes on about the one before it, and loses so much: Lin, "Training a
 * Selection Function for Extraction", CIKM 1999, on pronouns.
 */
#define CHOICE_HANGS (GRAPH_ONE * 4 / 100)

/* The worth of a place is 1 / (1 + order / CHOICE_FADE). */
#define CHOICE_FADE 3

/* The first place of a later section is worth so much of the first of all. */
#define CHOICE_LATER (GRAPH_ONE / 2)

/* MMR's lambda; the likeness from which a sentence only says again what was said. */
#define CHOICE_LAMBDA (GRAPH_ONE * 90 / 100)
#define CHOICE_SAME   (GRAPH_ONE * 70 / 100)

/* What is worth less than this part of the first one taken only fills the page. */
#define CHOICE_FILLER (GRAPH_ONE * 30 / 100)

/* A sentence that hangs brings the one before it, and that one its own: this many at most. */
#define CHOICE_CHAIN 3

struct choice {
    const struct candidates *c;
    unsigned allowed; /* faults that do not count */
    struct graph graph;
    bool sectioned;    /* each section is to have its say */
    uint32_t *score;   /* of each, owned */
    uint32_t *repeats; /* how like each is to what is chosen, owned */
    bool *heard;       /* something of its section is chosen, owned */
    bool *chosen;
    int64_t first; /* what the first one taken is worth */
};

static enum status choice_terms(const struct candidates *c, struct span title, struct terms *t,
                                struct term_list *lists)
{
    enum status status = terms_init(t, c->language);
    for (size_t i = 0; status == ST_OK && i < c->count; i++) {
        if ((c->list[i].faults & FAULT_LONG) == 0)
            status = terms_of(t, c->list[i].text, &lists[i]);
    }
    if (status == ST_OK)
        status = terms_of(t, title, &lists[c->count]);
    return status;
}

/* Compare the sentences and, behind them, the title. */
static enum status choice_compare(struct choice *ch, struct span title)
{
    const struct candidates *c = ch->c;
    struct term_list *lists = calloc(c->count + 1, sizeof *lists);
    struct terms terms;
    if (lists == NULL)
        return ST_NOMEM;
    enum status status = choice_terms(c, title, &terms, lists);
    if (status == ST_OK)
        status = graph_init(&ch->graph, lists, c->count + 1, terms.numbers.count);
    for (size_t i = 0; i <= c->count; i++)
        term_list_fini(&lists[i]);
    terms_fini(&terms);
    free(lists);
    return status;
}

/* What the place of a sentence is worth; `first` is the first of its section. */
static uint32_t choice_place(const struct choice *ch, const struct candidate *c,
                             const struct candidate *first)
{
    bool later = ch->sectioned && first != ch->c->list;
    size_t order = ch->sectioned ? c->order - first->order : c->order;
    uint32_t worth = GRAPH_ONE * CHOICE_FADE / (uint32_t)(CHOICE_FADE + order);
    return later ? (uint32_t)((uint64_t)worth * CHOICE_LATER / GRAPH_ONE) : worth;
}

static enum status choice_score(struct choice *ch)
{
    size_t n = ch->c->count;
    bool *votes = calloc(n + 1, sizeof *votes); /* the title has none */
    enum status status = votes == NULL ? ST_NOMEM : ST_OK;
    if (status == ST_OK) {
        for (size_t i = 0; i < n; i++)
            votes[i] = (ch->c->list[i].faults & (FAULT_FURNITURE | FAULT_LONG)) == 0;
        status = graph_rank(&ch->graph, votes, ch->score);
    }
    const struct candidate *first = ch->c->list;
    for (size_t i = 0; status == ST_OK && i < n; i++) {
        first = ch->c->list[i].section == first->section ? first : &ch->c->list[i];
        uint64_t sum = (uint64_t)CHOICE_PLACE * choice_place(ch, &ch->c->list[i], first) +
                       (uint64_t)CHOICE_CENTRALITY * ch->score[i] +
                       (uint64_t)CHOICE_TITLE * graph_likeness(&ch->graph, i, n);
        uint64_t loss = ch->c->list[i].hangs ? (uint64_t)CHOICE_HANGS * GRAPH_ONE : 0;
        ch->score[i] = (uint32_t)(sum > loss ? (sum - loss) / GRAPH_ONE : 0);
    }
    free(votes);
    return status;
}

/* A sentence with those it hangs on that are not chosen yet. */
struct choice_unit {
    size_t first, last;
    size_t sentences, words;
    int64_t worth;
};

/* What taking sentence `last` means; false when it may not be taken. */
static bool choice_unit(const struct choice *ch, size_t last, struct choice_unit *u)
{
    const struct candidate *list = ch->c->list;
    *u = (struct choice_unit){.last = last};
    int64_t sum = 0;
    for (size_t i = last;; i--) {
        if (ch->chosen[i])
            break; /* what it hangs on is there */
        if ((list[i].faults & ~ch->allowed) != 0 || u->sentences == CHOICE_CHAIN ||
            ch->repeats[i] >= CHOICE_SAME)
            return false;
        sum += (int64_t)CHOICE_LAMBDA * ch->score[i] -
               (int64_t)(GRAPH_ONE - CHOICE_LAMBDA) * ch->repeats[i];
        u->first = i;
        u->sentences++;
        u->words += list[i].words;
        if (!list[i].hangs)
            break;
        if (i == 0 || !list[i].follows)
            return false;
    }
    if (u->sentences == 0)
        return false;
    u->worth = sum / (int64_t)u->sentences;
    return true;
}

/* Take a sentence: nothing like it is wanted any more, and its section is heard. */
static void choice_mark(struct choice *ch, size_t taken)
{
    const struct candidate *list = ch->c->list;
    ch->chosen[taken] = true;
    for (size_t i = 0; i < ch->c->count; i++) {
        uint32_t likeness = graph_likeness(&ch->graph, i, taken);
        if (likeness > ch->repeats[i])
            ch->repeats[i] = likeness;
        ch->heard[i] = ch->heard[i] || list[i].section == list[taken].section;
    }
}

/* Take the best that fits; false when there is none.  `fresh`: from a section not heard yet. */
static bool choice_take(struct choice *ch, bool fresh, struct choice_limit *left)
{
    struct choice_unit best = {.sentences = 0};
    for (size_t i = 0; i < ch->c->count; i++) {
        struct choice_unit u;
        if ((fresh && ch->heard[i]) || !choice_unit(ch, i, &u) || u.sentences > left->sentences ||
            u.words > left->words)
            continue;
        if (best.sentences == 0 || u.worth > best.worth)
            best = u;
    }
    bool weak = best.worth * GRAPH_ONE < ch->first * CHOICE_FILLER;
    if (best.sentences == 0 || (weak && !left->filled))
        return false;
    if (ch->first == 0)
        ch->first = best.worth;
    for (size_t i = best.first; i <= best.last; i++) {
        if (!ch->chosen[i])
            choice_mark(ch, i);
    }
    left->sentences -= best.sentences;
    left->words -= best.words;
    return true;
}

/* Take what fits; false when that is nothing. */
static bool choice_fill(struct choice *ch, struct choice_limit limit)
{
    bool some = false;
    while ((ch->sectioned && choice_take(ch, true, &limit)) || choice_take(ch, false, &limit))
        some = true;
    return some;
}

enum status choice_make(const struct candidates *c, struct span title, struct choice_limit limit,
                        bool *chosen)
{
    struct choice ch = {.c = c, .chosen = chosen};
    ch.sectioned = c->sections > 1 && c->words >= CHOICE_LONG_WORDS;
    ch.score = calloc(c->count + 1, sizeof *ch.score);
    ch.repeats = calloc(c->count + 1, sizeof *ch.repeats);
    ch.heard = calloc(c->count + 1, sizeof *ch.heard);
    enum status status = ST_NOMEM;
    if (ch.score != NULL && ch.repeats != NULL && ch.heard != NULL)
        status = choice_compare(&ch, title);
    if (status == ST_OK)
        status = choice_score(&ch);
    if (status == ST_OK && !choice_fill(&ch, limit)) {
        ch.allowed = FAULT_PLACE;
        choice_fill(&ch, limit);
    }
    graph_fini(&ch.graph);
    free(ch.score);
    free(ch.repeats);
    free(ch.heard);
    return status;
}
