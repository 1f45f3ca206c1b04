#include "article/summary.h"

#include "prose/sentence.h"
#include "prose/words.h"

static void summary_add(struct document *doc, struct summary *out, struct summary_part **last,
                        struct span text)
{
    struct summary_part *part = arena_alloc(&doc->arena, sizeof *part);
    if (part == NULL)
        return;
    part->text = text;
    if (*last == NULL)
        out->parts = part;
    else
        (*last)->next = part;
    *last = part;
    out->words += words_count(text);
}

/*
 * The opening sentences that fit: one part for each paragraph that they come from.  Counts all
 * sentences on the way.
 */
static void summary_open(struct document *doc, size_t limit, struct summary *out)
{
    struct summary_part *last = NULL;
    bool full = false;
    for (size_t i = 0; i < doc->count; i++) {
        const struct block *b = &doc->blocks[i];
        if (!block_is_prose(b))
            continue;
        struct span rest = b->text;
        struct span sentence;
        size_t words = 0;
        size_t end = 0; /* of the chosen sentences in this block */
        while (sentence_next(&language_und, &rest, &sentence)) {
            out->sentences++;
            size_t more = full ? 0 : words_count(sentence);
            full = full || out->words + words + more > limit;
            if (full)
                continue;
            words += more;
            out->chosen++;
            end = (size_t)(sentence.p + sentence.n - b->text.p);
        }
        if (end > 0)
            summary_add(doc, out, &last, span_sub(b->text, 0, end));
    }
}

/* What there is when no sentence fits: the first words; of a page without prose its title. */
static struct span summary_first_text(const struct document *doc)
{
    for (size_t i = 0; i < doc->count; i++) {
        if (block_is_prose(&doc->blocks[i]))
            return doc->blocks[i].text;
    }
    return doc->title;
}

static void summary_cut(struct document *doc, size_t limit, struct summary *out)
{
    struct summary_part *last = NULL;
    out->kind = SUMMARY_CUT;
    summary_add(doc, out, &last, words_first(summary_first_text(doc), limit));
}

enum status summary_make(struct document *doc, struct summary_options options, struct summary *out)
{
    *out = (struct summary){.kind = SUMMARY_SENTENCES};
    summary_open(doc, options.words, out);
    if (out->parts == NULL)
        summary_cut(doc, options.words, out);
    struct span given = doc->summary.p != NULL ? doc->summary : doc->description;
    if (given.p != NULL) {
        struct summary_part *last = NULL;
        out->kind = doc->summary.p != NULL ? SUMMARY_AUTHOR : SUMMARY_DESCRIPTION;
        out->words = out->chosen = 0;
        summary_add(doc, out, &last, given);
    }
    return arena_status(&doc->arena);
}
