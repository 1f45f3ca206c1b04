#include "article/candidate.h"

#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "prose/sentence.h"
#include "prose/sign.h"
#include "prose/words.h"

/*
 * Mean length of a Chinese word in signs, rounded: 1.5 to 1.8 by corpus; Japanese has kana besides.
 */
#define CANDIDATE_SIGNS_A_WORD 2

/* An interviewer's paragraph has at most so many sentences before its question. */
#define CANDIDATE_QUESTION_SENTENCES 4

/* Words that may stand between a quotation and the pronoun that says whose it is: "sagte er". */
#define CANDIDATE_SPEAKER_WORDS 2

/* Most words of a phrase that leads up to the pronoun that a sentence is about: "On Monday, he". */
#define CANDIDATE_PHRASE_WORDS 5

/* Longest name of a speaker in front of what is said, in words and bytes. */
#define CANDIDATE_LABEL_WORDS 2
#define CANDIDATE_LABEL_MAX   30

size_t candidate_words(const struct language *lang, struct span text)
{
    size_t words = words_count(text);
    return lang->unspaced ? (words + CANDIDATE_SIGNS_A_WORD - 1) / CANDIDATE_SIGNS_A_WORD : words;
}

size_t candidate_signs(const struct language *lang, size_t words)
{
    return lang->unspaced && words <= SIZE_MAX / CANDIDATE_SIGNS_A_WORD
               ? words * CANDIDATE_SIGNS_A_WORD
               : words;
}

static bool candidate_asks(uint32_t cp)
{
    return cp == '?' || cp == 0xff1f || cp == 0x061f || cp == 0x1367 || cp == 0x203d ||
           cp == 0x2e2e || cp == 0x37e || (cp >= 0x2047 && cp <= 0x2049);
}

/* Is there a question mark among the end marks: also "?!", but not “Why?”. */
static bool candidate_is_question(struct span s)
{
    uint32_t cp = 0;
    size_t at = s.n;
    do
        at = utf8_before(s, at, &cp);
    while (at > 0 && (sign_is_closing(cp) || utf8_blank(cp)));
    while (at > 0 && sign_is_end(cp) && !candidate_asks(cp))
        at = utf8_before(s, at, &cp);
    return candidate_asks(cp);
}

/* The quotation mark that ends what `open` begins: both ways of »« and the three of “. */
static bool candidate_closes(uint32_t open, uint32_t cp)
{
    switch (open) {
    case 0x201e: /* „ */
        return cp == 0x201c || cp == 0x201d;
    case 0x201c: /* “ */
        return cp == 0x201d;
    case 0x201d: /* ” as in Swedish, and as in Urdu */
        return cp == 0x201d || cp == 0x201c;
    case 0xab:
        return cp == 0xbb;
    case 0xbb:
        return cp == 0xab || cp == 0xbb;
    case 0x300c:
        return cp == 0x300d;
    case 0x300e:
        return cp == 0x300f;
    default:
        return cp == open;
    }
}

static bool candidate_is_quote(uint32_t cp)
{
    return cp == '"' || cp == 0x201c || cp == 0x201d || cp == 0x201e || cp == 0xab || cp == 0xbb ||
           (cp >= 0x300c && cp <= 0x300f);
}

/*
 * Are all quotations of a sentence whole?  *behind gets the offset behind the last one, 0 when
 * there is none.
 */
static bool candidate_quotes(struct span s, size_t *behind)
{
    uint32_t open = 0;
    size_t at = 0;
    *behind = 0;
    while (at < s.n) {
        uint32_t cp = (unsigned char)s.p[at];
        if (cp < 0xe0 && cp != '"' && cp != 0xc2) { /* most letters of most languages */
            at++;
            continue;
        }
        unsigned len = utf8_decode(span_sub(s, at, s.n), &cp);
        at += len == 0 ? 1 : len;
        if (!candidate_is_quote(cp))
            continue;
        if (open == 0) {
            open = cp;
        } else if (candidate_closes(open, cp)) {
            open = 0;
            *behind = at;
        }
    }
    return open == 0;
}

/* The rest of s behind its first word. */
static struct span candidate_next_word(struct span s)
{
    size_t at = 0;
    while (at < s.n && s.p[at] != ' ')
        at++;
    return utf8_trim(span_sub(s, at, s.n));
}

/* Is the speaker of a quotation named by a pronoun: “...,” he said; „...“, sagte er? */
static bool candidate_speaker_hangs(const struct language *lang, struct span s, size_t behind)
{
    if (behind == 0)
        return false;
    struct span rest = span_sub(s, behind, s.n);
    while (rest.n > 0 && (rest.p[0] == ',' || rest.p[0] == ' ' || rest.p[0] == '-'))
        rest = span_sub(rest, 1, rest.n);
    for (int i = 0; i < CANDIDATE_SPEAKER_WORDS && rest.n > 0; i++) {
        if (language_opens(lang, lang->openers, rest) > 0)
            return true;
        rest = candidate_next_word(rest);
    }
    return false;
}

/*
 * Does a short phrase lead up to a pronoun: "On Monday, she said"?  Who that is was told before,
 * unless the phrase is a clause with a subject of its own.
 */
static bool candidate_turns_back(const struct language *lang, struct span s)
{
    size_t comma = span_find(s, 0, ',');
    while (comma + 1 < s.n && ascii_digit(s.p[comma + 1])) /* of a number: "1,80 m" */
        comma = span_find(s, comma + 1, ',');
    struct span phrase = span_sub(s, 0, comma);
    struct span rest = utf8_trim(span_sub(s, comma + 1, s.n));
    return language_opens(lang, lang->pronouns, rest) > 0 &&
           words_count(phrase) <= CANDIDATE_PHRASE_WORDS &&
           language_opens(lang, lang->clauses, phrase) == 0;
}

/* Does it begin with the name of who speaks: "A: ", "Reed: "?  Then it answers a question. */
static bool candidate_is_labelled(struct span s)
{
    size_t colon = span_find(s, 0, ':');
    return colon < s.n && colon <= CANDIDATE_LABEL_MAX &&
           words_count(span_sub(s, 0, colon)) <= CANDIDATE_LABEL_WORDS &&
           utf8_trim(span_sub(s, colon + 1, colon + 2)).n == 0;
}

static bool candidate_holds(struct span s, struct span part)
{
    return memmem(s.p, s.n, part.p, part.n) != NULL;
}

/* A byline, a credit, a call to read more; a whole sentence in brackets; an address. */
static bool candidate_is_furniture(const struct language *lang, struct span s)
{
    size_t opens = language_opens(lang, lang->furniture, s);
    if (opens > 0) {
        struct span rest = utf8_trim(span_sub(s, opens, s.n));
        bool phrase = span_find(span_sub(s, 0, opens), 0, ' ') < opens;
        uint32_t cp = 0;
        utf8_decode(rest, &cp);
        if (phrase || rest.n == 0 || cp == ':' || cp == '|' || cp == '/' || cp == 0xff1a ||
            cp == 0xff5c)
            return true;
    }
    if (s.n > 0 && (s.p[0] == '(' || s.p[0] == '['))
        return true;
    return candidate_holds(s, SPAN("://")) || candidate_holds(s, SPAN("www.")) ||
           candidate_holds(s, SPAN("@"));
}

/* What can be said of a sentence by itself. */
static void candidate_judge(const struct language *lang, struct candidate *c)
{
    size_t behind = 0;
    c->words = candidate_words(lang, c->text);
    if (c->words < CANDIDATE_WORDS_MIN)
        c->faults |= FAULT_SHORT;
    if (c->words > CANDIDATE_WORDS_MAX) {
        c->faults |= FAULT_LONG;
        return; /* however long, nothing more is asked of it */
    }
    if (candidate_is_question(c->text))
        c->faults |= FAULT_QUESTION;
    if (!sign_is_end(sign_end_mark(c->text)))
        c->faults |= FAULT_OPEN;
    if (!candidate_quotes(c->text, &behind))
        c->faults |= FAULT_QUOTE;
    if (candidate_is_furniture(lang, c->text))
        c->faults |= FAULT_FURNITURE;
    c->hangs = language_opens(lang, lang->openers, c->text) > 0 ||
               candidate_turns_back(lang, c->text) ||
               (c->leads && candidate_is_labelled(c->text)) ||
               candidate_speaker_hangs(lang, c->text, behind);
}

/* Is every sentence of the paragraph an interviewer's: does it end with a question? */
static bool candidate_is_asked(const struct language *lang, struct span text)
{
    struct span sentence;
    size_t count = 0;
    if (!candidate_is_question(text))
        return false;
    while (count <= CANDIDATE_QUESTION_SENTENCES && sentence_next(lang, &text, &sentence))
        count++;
    return count <= CANDIDATE_QUESTION_SENTENCES;
}

static unsigned candidate_block_faults(const struct language *lang, const struct block *b)
{
    unsigned faults = 0;
    if (b->kind != BLOCK_PARAGRAPH || span_find(b->text, 0, '\n') < b->text.n)
        faults |= FAULT_PLACE;
    if (candidate_is_asked(lang, b->text))
        faults |= FAULT_QUESTION;
    return faults;
}

/* Where a walk over the prose of a document is. */
struct candidate_walk {
    const struct document *doc;
    size_t block;   /* the next one */
    size_t section; /* headings so far */
    bool apart;     /* something stands between this block and the prose before it */
};

/* The next block of prose; false at the end. */
static bool candidate_walk_next(struct candidate_walk *w, const struct block **b)
{
    w->apart = false;
    while (w->block < w->doc->count) {
        *b = &w->doc->blocks[w->block++];
        if (block_is_prose(*b))
            return true;
        w->apart = true;
        w->section += (*b)->kind == BLOCK_HEADING;
    }
    return false;
}

/* The most that every section may have so that all fit; at least 1. */
static size_t candidates_share(const size_t *counts, size_t sections, size_t limit)
{
    size_t low = 1;
    size_t high = limit;
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        size_t sum = 0;
        for (size_t i = 0; i < sections; i++)
            sum += counts[i] < middle ? counts[i] : middle;
        if (sum <= limit)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* What listing needs at hand. */
struct candidate_listing {
    struct candidates *c;
    size_t limit, share; /* most in all and of one section */
    size_t *counts;      /* of every section, listed or not; owned */
    size_t sections;     /* how many counts */
    size_t order;        /* of the next one */
};

static void candidates_add(struct candidate_listing *l, const struct candidate *one)
{
    struct candidates *c = l->c;
    struct candidate *next = &c->list[c->count++];
    *next = *one;
    next->order = l->order;
    candidate_judge(c->language, next);
    l->order += (next->faults & FAULT_FURNITURE) == 0;
}

/* Count the sentences of a block, and list them as far as there is room. */
static void candidates_read_block(struct candidate_listing *l, const struct candidate_walk *w,
                                  const struct block *b)
{
    struct candidates *c = l->c;
    size_t *count = &l->counts[w->section];
    bool apart = w->apart || *count == 0;
    struct candidate one = {.block = w->block - 1, .section = w->section, .leads = true};
    struct span rest = b->text;
    if (*count < l->share && c->count < l->limit)
        one.faults = candidate_block_faults(c->language, b);
    for (; sentence_next(c->language, &rest, &one.text); one.leads = false) {
        one.follows = !(one.leads && apart);
        if (*count < l->share && c->count < l->limit)
            candidates_add(l, &one);
        c->sections += (*count)++ == 0;
        c->sentences++;
    }
    c->words += candidate_words(c->language, b->text);
}

static void candidates_read(struct candidate_listing *l, const struct document *doc, size_t share)
{
    struct candidate_walk w = {.doc = doc};
    const struct block *b;
    struct candidates *c = l->c;
    c->count = c->sentences = c->words = c->sections = 0;
    for (size_t i = 0; i < l->sections; i++)
        l->counts[i] = 0;
    l->share = share;
    l->order = 0;
    while (candidate_walk_next(&w, &b))
        candidates_read_block(l, &w, b);
}

enum status candidates_find(const struct document *doc, const struct language *lang, size_t limit,
                            struct candidates *out)
{
    struct candidate_listing l = {.c = out, .limit = limit, .sections = 1};
    for (size_t i = 0; i < doc->count; i++)
        l.sections += doc->blocks[i].kind == BLOCK_HEADING;
    *out = (struct candidates){.language = lang};
    out->list = malloc((limit + 1) * sizeof *out->list);
    l.counts = calloc(l.sections, sizeof *l.counts);
    bool good = out->list != NULL && l.counts != NULL;
    if (good)
        candidates_read(&l, doc, limit);
    if (good && out->sections > 1 && out->sentences > limit)
        candidates_read(&l, doc, candidates_share(l.counts, l.sections, limit));
    free(l.counts);
    return good ? ST_OK : ST_NOMEM;
}

void candidates_fini(struct candidates *c)
{
    free(c->list);
}
