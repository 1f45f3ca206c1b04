/*
 * candidate: the sentences of a document, and which of them a summary may show by themselves.
 */
#ifndef ARTICLE_CANDIDATE_H
#define ARTICLE_CANDIDATE_H

#include "article/document.h"
#include "prose/language.h"

/* Why a sentence is no candidate: bits. */
enum {
    FAULT_SHORT = 1,      /* fewer than CANDIDATE_WORDS_MIN words */
    FAULT_LONG = 2,       /* more than CANDIDATE_WORDS_MAX */
    FAULT_QUESTION = 4,   /* a question, or part of an interviewer's */
    FAULT_OPEN = 8,       /* no end mark, or a colon: what it announces is elsewhere */
    FAULT_QUOTE = 16,     /* a quotation begins or ends outside */
    FAULT_FURNITURE = 32, /* a byline, a credit, a call, an address */
    FAULT_PLACE = 64,     /* in a list, a quote or a verse: it leans on its neighbours */
};

/*
 * Kupiec, Pedersen and Chen, "A Trainable Document Summarizer", SIGIR 1995, leave out sentences of
 * up to five words; eight also keeps out what only carries a story on.
 */
#define CANDIDATE_WORDS_MIN 8
#define CANDIDATE_WORDS_MAX 60

struct candidate {
    struct span text; /* in the document */
    size_t block;     /* of doc->blocks */
    size_t section;   /* how many headings stand before it */
    size_t order;     /* how many sentences without FAULT_FURNITURE stand before it */
    size_t words;     /* as candidate_words counts them */
    unsigned faults;
    bool leads;   /* the first of its block */
    bool follows; /* nothing stands between it and the one before it in the list */
    bool hangs;   /* it opens as only a sentence with another before it can */
};

struct candidates {
    const struct language *language;
    struct candidate *list; /* owned; in the order of the text */
    size_t count;
    size_t sentences; /* of the whole document, */
    size_t words;     /*   their words, */
    size_t sections;  /*   and how many sections hold any */
};

/*
 * List at most `limit` sentences: the first ones; of a document with headings the first ones of
 * each section, in equal shares.
 *
 * Returns ST_OK or ST_NOMEM; candidates_fini frees the list in either case.
 */
enum status candidates_find(const struct document *doc, const struct language *lang, size_t limit,
                            struct candidates *out) MUST_USE;
void candidates_fini(struct candidates *c);

/*
 * Words of a text as limits mean them: in unspaced languages, where words.h counts every sign, two
 * signs are one.  candidate_signs turns such a number back into what words.h counts.
 */
size_t candidate_words(const struct language *lang, struct span text);
size_t candidate_signs(const struct language *lang, size_t words);

#endif
