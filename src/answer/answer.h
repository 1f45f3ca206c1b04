/*
 * answer: what is answered where a rule of the capsule stands instead of a page, or before it.
 * Nothing that a client sends leads out of the target that the author wrote: it is put there in
 * canonical spelling, without a line end, as part of a path.
 */
#ifndef ANSWER_ANSWER_H
#define ANSWER_ANSWER_H

#include "edition/rule.h"
#include "net/response.h"
#include "protocol/url.h"

/*
 * Answer a redirect.  It keeps the query of the request (url; NULL: none is to be kept), unless
 * the target has one.  One that is longer than GEMINI_META_MAX is a 59.
 */
void answer_redirect(enum gemini_status status, struct span target, const struct url *url,
                     struct response *out);

/*
 * Before a canonical path is looked up: is a question asked there, and not answered?  Or answered,
 * and the answer leads elsewhere?
 *
 * Returns false when neither is so, and nothing is answered.
 */
bool answer_question(const struct rule_set *rules, struct span path, const struct url *url,
                     struct response *out);

/* After a canonical path was not found: answer by the longest prefix rule.  False: there is none.
 */
bool answer_prefix(const struct rule_set *rules, struct span path, const struct url *url,
                   struct response *out);

#endif
