#include "article/description.h"

#include "core/utf8.h"
#include "prose/fold.h"
#include "prose/sign.h"
#include "prose/words.h"

/* What may stand beside a title without telling anything: " | Coast Daily". */
#define DESCRIPTION_SITE_WORDS 4

/* A beginning of the article is looked for behind so many words: a date line may come first. */
#define DESCRIPTION_DATELINE_WORDS 8

/* Bytes of the article that are looked at besides twice what the description has. */
#define DESCRIPTION_SLACK 1024

/* So many words in the order of the article are no accident. */
#define DESCRIPTION_LEDE_WORDS 5

/* Length of the run of s up to a blank; in scripts without blanks every sign stands alone. */
static size_t description_run(struct span s)
{
    uint32_t cp = 0;
    unsigned len = utf8_decode(s, &cp);
    size_t end = len;
    if (words_begin_unspaced(s))
        return end;
    while ((len = utf8_decode(span_sub(s, end, s.n), &cp)) > 0 && !utf8_blank(cp) &&
           !words_begin_unspaced(span_sub(s, end, s.n)))
        end += len;
    return end;
}

/* The next word of *rest, without the punctuation around it; false at the end. */
static bool description_word(struct span *rest, struct span *word)
{
    struct span s = *rest;
    do {
        s = utf8_trim(s);
        size_t end = description_run(s);
        if (end == 0)
            return false;
        *word = words_bare(span_sub(s, 0, end));
        s = span_sub(s, end, s.n);
    } while (word->n == 0);
    *rest = s;
    return true;
}

static bool description_same(struct span a, struct span b)
{
    char x[FOLD_MAX];
    char y[FOLD_MAX];
    struct span folded = fold_word(a, x);
    return span_eq(a, b) || (folded.p != NULL && span_eq(folded, fold_word(b, y)));
}

/* How many words both begin with; both move behind them. */
static size_t description_common(struct span *a, struct span *b)
{
    size_t count = 0;
    for (;;) {
        struct span x = *a;
        struct span y = *b;
        struct span one;
        struct span other;
        if (!description_word(&x, &one) || !description_word(&y, &other) ||
            !description_same(one, other))
            return count;
        *a = x;
        *b = y;
        count++;
    }
}

static size_t description_words(struct span s)
{
    struct span word;
    size_t count = 0;
    while (description_word(&s, &word))
        count++;
    return count;
}

static bool description_is_title(struct span description, struct span title)
{
    if (description_common(&description, &title) == 0)
        return false;
    size_t left = description_words(description);
    return left == 0 || (description_words(title) == 0 && left <= DESCRIPTION_SITE_WORDS);
}

/* Does it begin as the article does, but for one last word that may be cut in two? */
static bool description_is_lede(struct span description, struct span text)
{
    for (int skipped = 0; skipped <= DESCRIPTION_DATELINE_WORDS; skipped++) {
        struct span rest = description;
        struct span behind = text;
        struct span word;
        if (description_common(&rest, &behind) >= DESCRIPTION_LEDE_WORDS &&
            description_words(rest) <= 1)
            return true;
        if (!description_word(&text, &word))
            return false;
    }
    return false;
}

enum status description_tells(const struct document *doc, bool *tells)
{
    struct span description = doc->description;
    *tells = false;
    if (description_words(description) == 0 || description_is_title(description, doc->title))
        return ST_OK;
    uint32_t mark = sign_end_mark(description);
    if (mark == 0x2026 || span_ends(description, SPAN("..")) ||
        span_ends(description, SPAN("...]")))
        return ST_OK;
    *tells = sign_is_end(mark);
    if (*tells)
        return ST_OK;
    struct buf text;
    buf_init(&text, SIZE_MAX / 2);
    document_beginning(doc, 2 * description.n + DESCRIPTION_SLACK, &text);
    enum status status = buf_status(&text);
    *tells = status == ST_OK && !description_is_lede(description, buf_span(&text));
    buf_fini(&text);
    return status;
}
