/*
 * terms: the same text has the same terms, whether it is given at once or cut at a blank; and a
 * language is found for every text.
 */
#include "page.h"

#include "article/clean.h"
#include "prose/fold.h"
#include "prose/guess.h"
#include "prose/split.h"
#include "prose/terms.h"

/* Pieces come in order, do not overlap and are whole signs. */
static void check_split(struct span text)
{
    struct split split;
    struct span piece = {0};
    enum split_kind kind;
    size_t end = 0;
    split_start(&split, text);
    while ((kind = split_next(&split, &piece)) != SPLIT_END) {
        MUST(fuzz_inside(piece, text) && piece.n > 0);
        MUST((size_t)(piece.p - text.p) >= end);
        MUST(utf8_valid(piece) == piece.n);
        end = (size_t)(piece.p - text.p) + piece.n;
        char room[FOLD_MAX];
        struct span folded = fold_word(piece, room);
        MUST(folded.n <= FOLD_MAX && utf8_valid(folded) == folded.n);
        while (kind == SPLIT_SIGNS && piece.n > 0)
            MUST(split_sign(&piece).n > 0);
    }
}

static bool same(const uint32_t *a, const uint32_t *b, size_t count)
{
    return count == 0 || memcmp(a, b, count * sizeof *a) == 0;
}

static void check_terms(const struct language *lang, struct span text, bool keep_stops)
{
    struct terms terms;
    struct term_list all = {0};
    struct term_list parts = {0};
    MUST(terms_init(&terms, lang) == ST_OK);
    terms.keep_stops = keep_stops;
    MUST(terms_of(&terms, text, &all) == ST_OK);
    size_t known = terms.numbers.count;
    size_t next = 0; /* number of the next term that is new */
    for (size_t i = 0; i < all.count; i++) {
        MUST(all.ids[i] <= next);
        next += all.ids[i] == next;
    }
    MUST(next == known);
    MUST(terms_of(&terms, text, &parts) == ST_OK);
    MUST(parts.count == all.count && same(parts.ids, all.ids, all.count));

    /* Cut in two at the blank nearest to the middle. */
    size_t blank = text.n / 2;
    while (blank < text.n && text.p[blank] != ' ' && text.p[blank] != '\n')
        blank++;
    parts.count = 0;
    MUST(terms_of(&terms, span_sub(text, 0, blank), &parts) == ST_OK);
    MUST(terms_of(&terms, span_sub(text, blank, text.n), &parts) == ST_OK);
    MUST(parts.count == all.count && same(parts.ids, all.ids, all.count));
    MUST(terms.numbers.count == known);
    term_list_fini(&all);
    term_list_fini(&parts);
    terms_fini(&terms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const tags[] = {"en", "fr", "ru", "ja"};
    struct buf text;
    struct error e;
    buf_init(&text, size * 3 + 1);
    if (clean_text(fuzz_input(data, size), "fuzz", &text, &e) == ST_OK) {
        char *copy = fuzz_copy(buf_span(&text));
        struct span clean = {copy, text.n};
        check_split(clean);
        const struct language *guess = guess_language(clean);
        MUST(guess != NULL && guess_language(clean) == guess);
        check_terms(guess, clean, true);
        check_terms(&language_und, clean, false);
        check_terms(language_of_tag(span_of(tags[size % 4])), clean, false);
        free(copy);
    }
    buf_fini(&text);
    return 0;
}
