#include "extract.h"

#include "alloc.h"
#include "prose/sentence.h"
#include "prose/words.h"

void extract_fini(struct extract *e)
{
    free(e->sentences);
    *e = (struct extract){0};
}

static void extract_add(struct extract *e, struct span sentence)
{
    e->sentences = alloc_grown(e->sentences, e->count, &e->room, sizeof *e->sentences);
    e->sentences[e->count++] = sentence;
    e->words += words_count(sentence);
}

void extract_read(struct extract *e, const struct language *language, struct span paragraph)
{
    struct span sentence;
    while (sentence_next(language, &paragraph, &sentence))
        extract_add(e, sentence);
}

void extract_cut(const struct extract *all, const size_t *order, size_t budget, struct extract *out)
{
    struct span *chosen = alloc_zeroed(all->count, sizeof *chosen);
    for (size_t i = 0; i < all->count && budget > 0; i++) {
        size_t at = order == NULL ? i : order[i];
        chosen[at] = words_first(all->sentences[at], budget);
        budget -= words_count(chosen[at]);
    }
    for (size_t i = 0; i < all->count; i++) {
        if (chosen[i].n > 0)
            extract_add(out, chosen[i]);
    }
    free(chosen);
}

void extract_whole(const struct extract *all, size_t budget, struct extract *out)
{
    for (size_t i = 0; i < all->count; i++) {
        if (out->words + words_count(all->sentences[i]) > budget)
            break;
        extract_add(out, all->sentences[i]);
    }
    if (out->count == 0)
        extract_cut(all, NULL, budget, out);
}

void extract_terms_init(struct extract_terms *t, const struct extract *e, struct terms *terms)
{
    t->words = (struct term_list){0};
    t->ends = alloc_zeroed(e->count, sizeof *t->ends);
    for (size_t i = 0; i < e->count; i++) {
        if (terms_of(terms, e->sentences[i], &t->words) != ST_OK)
            alloc_failed();
        t->ends[i] = t->words.count;
    }
}

void extract_terms_fini(struct extract_terms *t)
{
    term_list_fini(&t->words);
    free(t->ends);
    t->ends = NULL;
}

struct rouge_text extract_rouge(const struct extract_terms *t, const struct extract *e)
{
    return (struct rouge_text){
        .words = t->words.ids, .count = t->words.count, .ends = t->ends, .sentences = e->count};
}
