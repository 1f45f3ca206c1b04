/*
 * rule: what a capsule answers at addresses where no page does: redirects, what is gone, questions.
 * A rule for one address is a row like a page's.  Those here a reader keeps in memory: rules for
 * all addresses that begin alike, and questions, which are asked before an address is looked up.
 */
#ifndef EDITION_RULE_H
#define EDITION_RULE_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/buf.h"
#include "protocol/gemini.h"

/* Most rules of a set. */
#define RULE_SET_MAX 1000

/* What the keys of such rows begin with: no path of a request does.  The path comes behind it. */
#define RULE_PREFIX_MARK   '*'
#define RULE_QUESTION_MARK '?'

struct rule {
    char mark;          /* one of the above; 0: for one address, no member of a set */
    struct span path;   /* canonical; of a prefix rule what the addresses begin with */
    int status;         /* Gemini status: 10, 11, 30, 31 or 52 */
    struct span meta;   /* the target of a redirect, of a prefix rule with '*' for the rest */
    struct span target; /* of a question: where the answer leads, '*' for it; else absent: a page */
};

struct rule_set {
    struct rule *rules; /* owned: questions by path, then prefix rules, longest first */
    size_t count;
    size_t questions;
    struct arena arena; /* what they say */
};

void rule_set_init(struct rule_set *set);
void rule_set_fini(struct rule_set *set);

/* Add a copy.  ST_OK; ST_LIMIT when there are RULE_SET_MAX; ST_NOMEM. */
enum status rule_set_add(struct rule_set *set, const struct rule *rule) MUST_USE;

/* Put them in order, after the last one was added. */
void rule_set_sort(struct rule_set *set);

/* The question that is asked at a canonical path; the prefix rule that fits it best; or NULL. */
const struct rule *rule_set_question(const struct rule_set *set, struct span path);
const struct rule *rule_set_prefix(const struct rule_set *set, struct span path);

/*
 * Append a target with `rest` in the place of its first '*', if it has one.
 *
 * rest    spelled as in a canonical path
 * Returns ST_OK; ST_LIMIT when that is longer than GEMINI_META_MAX; ST_SYNTAX when it leads
 * elsewhere than the target says: it begins with "//", or has a dot segment; ST_NOMEM.
 */
enum status rule_fill(struct span target, struct span rest, struct buf *out) MUST_USE;

#endif
