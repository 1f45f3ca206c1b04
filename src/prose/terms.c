#include "prose/terms.h"

#include <libstemmer.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "prose/fold.h"
#include "prose/split.h"

/*
 * Letters that are left of a word where there is no stemmer.  McNamee, Nicholas and Mayfield found
 * 4 or 5 best for nearly all of their languages.
 */
#define TERMS_CUT 5

/* A text of a few hundred words is listed without a second allocation. */
#define TERMS_FIRST_ROOM 512

enum status terms_init(struct terms *t, const struct language *lang)
{
    *t = (struct terms){.language = lang};
    book_init(&t->numbers);
    if (lang->stemmer != NULL)
        t->stemmer = sb_stemmer_new(lang->stemmer, NULL);
    if (lang->stemmer != NULL && t->stemmer == NULL)
        return ST_NOMEM;
    return book_room(&t->numbers, TERMS_FIRST_ROOM);
}

void terms_fini(struct terms *t)
{
    sb_stemmer_delete(t->stemmer);
    t->stemmer = NULL;
    book_fini(&t->numbers);
}

void term_list_fini(struct term_list *list)
{
    free(list->ids);
    *list = (struct term_list){0};
}

static enum status terms_put(struct term_list *list, uint32_t id)
{
    if (list->count == list->room) {
        size_t room = list->room == 0 ? TERMS_FIRST_ROOM : list->room * 2;
        uint32_t *ids = reallocarray(list->ids, room, sizeof *ids);
        if (ids == NULL)
            return ST_NOMEM;
        list->ids = ids;
        list->room = room;
    }
    list->ids[list->count++] = id;
    return ST_OK;
}

/* Find the number of a term, a new one when it is the first time. */
static enum status terms_number(struct terms *t, struct span term, size_t *id)
{
    struct span nobody = {NULL, 0};
    const struct book_entry *entry = book_find(&t->numbers, term);
    *id = entry == NULL ? t->numbers.count : entry->value;
    return entry == NULL ? book_add(&t->numbers, term, nobody, *id) : ST_OK;
}

static enum status terms_add(struct terms *t, struct span term, struct term_list *out)
{
    size_t id = 0;
    enum status status = terms_number(t, term, &id);
    return status == ST_OK ? terms_put(out, (uint32_t)id) : status;
}

/* The first letters of a folded word. */
static struct span terms_cut(struct span word)
{
    size_t at = 0;
    for (unsigned letters = 0; letters < TERMS_CUT && at < word.n; letters++) {
        uint32_t cp;
        unsigned len = utf8_decode(span_sub(word, at, word.n), &cp);
        at += len == 0 ? 1 : len;
    }
    return span_sub(word, 0, at);
}

/* What a folded word is after its ending is off; absent when memory could not be had. */
static struct span terms_stem(const struct terms *t, struct span word)
{
    if (t->stemmer == NULL)
        return terms_cut(word);
    const sb_symbol *stem = sb_stemmer_stem(t->stemmer, (const sb_symbol *)word.p, (int)word.n);
    size_t n = stem == NULL ? 0 : (size_t)sb_stemmer_length(t->stemmer);
    return (struct span){(const char *)stem, n};
}

/* Find 1 + the number of the term of a folded word that was not seen; 0 when it has none. */
static enum status terms_new(struct terms *t, struct span word, size_t *id)
{
    *id = 0;
    if (!t->keep_stops && language_has(t->language->stops, word))
        return ST_OK;
    struct span stem = terms_stem(t, word);
    if (stem.p == NULL)
        return ST_NOMEM;
    if (stem.n == 0) /* of a word such as 's */
        return ST_OK;
    enum status status = terms_number(t, stem, id);
    ++*id;
    return status;
}

/*
 * Append the term of a folded word, unless it is a stop word.  Half of the words of a text were in
 * it before, and to look for a stop word and stem another is what costs most.
 */
static enum status terms_folded(struct terms *t, struct span word, struct term_list *out)
{
    struct terms_memo *memo = &t->memos[span_hash(word) & (TERMS_MEMOS - 1)];
    size_t id = 0;
    if (memo->n == word.n && memcmp(memo->word, word.p, word.n) == 0) {
        id = memo->id;
    } else {
        enum status status = terms_new(t, word, &id);
        if (status != ST_OK)
            return status;
        if (word.n <= sizeof memo->word) {
            memcpy(memo->word, word.p, word.n);
            memo->n = (uint8_t)word.n;
            memo->id = (uint32_t)id;
        }
    }
    return id > 0 ? terms_put(out, (uint32_t)(id - 1)) : ST_OK;
}

/*
 * Append the terms of a word.  "l'eau" and "who's" are two words when the part before the
 * apostrophe is a stop word: then the longer part is the one that says something, and a shorter one
 * behind it is a stop word as well.
 */
static enum status terms_word(struct terms *t, struct span word, struct term_list *out)
{
    char room[FOLD_MAX];
    struct span folded = fold_word(word, room);
    if (folded.p == NULL)
        return ST_OK;
    size_t mark = span_find(folded, 0, '\'');
    struct span head = span_sub(folded, 0, mark);
    struct span tail = span_sub(folded, mark + 1, folded.n);
    struct language_words stops = t->language->stops;
    if (head.n == 0 || tail.n == 0 || language_has(stops, folded) || !language_has(stops, head))
        return terms_folded(t, folded, out);
    enum status status = terms_folded(t, head, out);
    if (status == ST_OK && (t->keep_stops || tail.n >= head.n))
        status = terms_folded(t, tail, out);
    return status;
}

/* Append every pair of neighbouring signs, or the only sign. */
static enum status terms_signs(struct terms *t, struct span run, struct term_list *out)
{
    struct span rest = run;
    struct span sign = split_sign(&rest);
    struct span pair = sign;
    enum status status = ST_OK;
    do {
        if (rest.n > 0) {
            struct span next = split_sign(&rest);
            pair = (struct span){sign.p, sign.n + next.n};
            sign = next;
        }
        bool stop = !t->keep_stops && language_has(t->language->stops, pair);
        if (pair.n <= FOLD_MAX && !stop)
            status = terms_add(t, pair, out);
    } while (status == ST_OK && rest.n > 0);
    return status;
}

enum status terms_of(struct terms *t, struct span text, struct term_list *out)
{
    enum status status = ST_OK;
    struct split split;
    struct span piece;
    enum split_kind kind;
    split_start(&split, text);
    while (status == ST_OK && (kind = split_next(&split, &piece)) != SPLIT_END) {
        if (kind == SPLIT_SIGNS)
            status = terms_signs(t, piece, out);
        else if (kind == SPLIT_WORD)
            status = terms_word(t, piece, out);
        else if (piece.n <= FOLD_MAX)
            status = terms_add(t, piece, out);
    }
    return status;
}
