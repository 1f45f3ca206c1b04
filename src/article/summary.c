#include "article/summary.h"

#include <stdlib.h>

#include "article/choice.h"
#include "article/description.h"
#include "article/graph.h"
#include "prose/words.h"

/* Lengths when nobody says otherwise. */
#define SUMMARY_SENTENCES_SHORT 3
#define SUMMARY_SENTENCES_LONG  5
#define SUMMARY_WORDS           100

struct summary_making {
    struct document *doc;
    struct candidates candidates;
    struct choice_limit limit;
    bool *chosen; /* of each candidate */
    struct summary *out;
    struct summary_part *last;
};

static void summary_add(struct summary_making *m, struct span text)
{
    struct summary_part *part = arena_alloc(&m->doc->arena, sizeof *part);
    if (part == NULL)
        return;
    part->text = text;
    if (m->last == NULL)
        m->out->parts = part;
    else
        m->last->next = part;
    m->last = part;
    m->out->words += words_count(text);
}

static struct choice_limit summary_limit(const struct candidates *c, struct summary_options options)
{
    struct choice_limit limit = {options.sentences, options.words, true};
    if (limit.sentences == 0 && limit.words == 0) {
        limit.filled = false;
        limit.words = SUMMARY_WORDS;
        limit.sentences =
            c->words < CHOICE_LONG_WORDS ? SUMMARY_SENTENCES_SHORT : SUMMARY_SENTENCES_LONG;
    }
    limit.sentences = limit.sentences == 0 ? SIZE_MAX : limit.sentences;
    limit.words = limit.words == 0 ? SIZE_MAX : limit.words;
    return limit;
}

/* The first sentences, whatever they are, as long as they fit. */
static void summary_open(struct summary_making *m, struct choice_limit left)
{
    for (size_t i = 0; i < m->candidates.count && left.sentences > 0; i++) {
        size_t words = m->candidates.list[i].words;
        if (words > left.words)
            break;
        left.words -= words;
        left.sentences--;
        m->chosen[i] = true;
    }
}

static bool summary_is_empty(const struct summary_making *m)
{
    for (size_t i = 0; i < m->candidates.count; i++) {
        if (m->chosen[i])
            return false;
    }
    return true;
}

/*
 * Does the whole article fit?  How many sentences that are matters only to those who said how many
 * they want.
 */
static bool summary_fits(const struct summary_making *m, struct summary_options options)
{
    const struct candidates *c = &m->candidates;
    return c->words <= m->limit.words && (c->sentences <= m->limit.sentences ||
                                          (options.sentences == 0 && c->count == c->sentences));
}

/* Choose by merit; where nothing has any, take what comes first. */
static enum status summary_choose(struct summary_making *m)
{
    enum status status = choice_make(&m->candidates, m->doc->title, m->limit, m->chosen);
    if (status == ST_OK && summary_is_empty(m))
        summary_open(m, m->limit);
    return status;
}

/* A part for each run of chosen sentences that stand together in a paragraph. */
static void summary_write(struct summary_making *m)
{
    const struct candidate *list = m->candidates.list;
    for (size_t i = 0; i < m->candidates.count; i++) {
        const char *start = list[i].text.p;
        if (!m->chosen[i])
            continue;
        m->out->chosen++;
        while (i + 1 < m->candidates.count && m->chosen[i + 1] && list[i + 1].follows &&
               list[i + 1].block == list[i].block) {
            m->out->chosen++;
            i++;
        }
        summary_add(m, (struct span){start, (size_t)(list[i].text.p + list[i].text.n - start)});
    }
}

/* What there is when no sentence fits: the first words; of a page without prose its title. */
static void summary_cut(struct summary_making *m)
{
    struct span text = m->doc->title;
    size_t words = m->limit.words == SIZE_MAX ? SUMMARY_WORDS : m->limit.words;
    for (size_t i = 0; i < m->doc->count; i++) {
        if (block_is_prose(&m->doc->blocks[i])) {
            text = m->doc->blocks[i].text;
            break;
        }
    }
    m->out->kind = SUMMARY_CUT;
    summary_add(m, words_first(text, candidate_signs(m->candidates.language, words)));
}

static enum status summary_extract(struct summary_making *m, struct summary_options options)
{
    const struct language *lang;
    enum status status = document_language(m->doc, &lang);
    if (status == ST_OK)
        status = candidates_find(m->doc, lang, GRAPH_MAX, &m->candidates);
    if (status == ST_OK)
        m->chosen = calloc(m->candidates.count + 1, sizeof *m->chosen);
    if (status == ST_OK && m->chosen == NULL)
        status = ST_NOMEM;
    if (status == ST_OK) {
        m->limit = summary_limit(&m->candidates, options);
        m->out->sentences = m->candidates.sentences;
        if (summary_fits(m, options))
            summary_open(m, (struct choice_limit){SIZE_MAX, SIZE_MAX, true});
        else
            status = summary_choose(m);
    }
    if (status == ST_OK)
        summary_write(m);
    if (status == ST_OK && m->out->parts == NULL)
        summary_cut(m);
    candidates_fini(&m->candidates);
    free(m->chosen);
    return status;
}

enum status summary_make(struct document *doc, struct summary_options options, struct summary *out)
{
    struct summary_making m = {.doc = doc, .out = out};
    enum status status = ST_OK;
    bool tells = false;
    *out = (struct summary){.kind = SUMMARY_SENTENCES};
    if (!doc->no_summary && doc->summary.n == 0)
        status = description_tells(doc, &tells);
    if (doc->no_summary) {
        out->kind = SUMMARY_NONE;
    } else if (doc->summary.n > 0) {
        out->kind = SUMMARY_AUTHOR;
        summary_add(&m, doc->summary);
    } else if (tells) {
        out->kind = SUMMARY_DESCRIPTION;
        summary_add(&m, doc->description);
    } else if (status == ST_OK) {
        status = summary_extract(&m, options);
    }
    return status == ST_OK ? arena_status(&doc->arena) : status;
}
