#include "answer/answer.h"

#include <string.h>

/* Room for what rule_fill makes of a target and an answer, each byte of it three at most. */
#define ANSWER_MAX ((size_t)GEMINI_META_MAX + (size_t)3 * GEMINI_URL_MAX + 8)

void answer_redirect(enum gemini_status status, struct span target, const struct url *url,
                     struct response *out)
{
    bool keep = url != NULL && url->has_query && span_find(target, 0, '?') == target.n;
    size_t n = target.n + (keep ? 1 + url->query.n : 0);
    if (n > GEMINI_META_MAX) {
        response_set(out, GEMINI_BAD_REQUEST, "The address that this leads to is too long");
        return;
    }
    response_set(out, status, "");
    memcpy(out->meta, target.p, target.n);
    if (keep) {
        out->meta[target.n] = '?';
        memcpy(out->meta + target.n + 1, url->query.p, url->query.n);
    }
    out->meta[n] = '\0';
}

/* Redirect to a target with `rest` in it. */
static void answer_filled(enum gemini_status status, struct span target, struct span rest,
                          const struct url *url, struct response *out)
{
    char space[ANSWER_MAX];
    struct buf filled = {.p = space, .size = sizeof space, .cap = sizeof space - 1};
    enum status made = rule_fill(target, rest, &filled);
    if (made == ST_OK || made == ST_LIMIT)
        answer_redirect(status, buf_span(&filled), url, out);
    else /* no page has such a name */
        response_set(out, GEMINI_NOT_FOUND, "This page was not found");
}

static void answer_set(const struct rule *rule, struct response *out)
{
    response_set(out, (enum gemini_status)rule->status, "");
    memcpy(out->meta, rule->meta.p, rule->meta.n);
    out->meta[rule->meta.n] = '\0';
}

bool answer_question(const struct rule_set *rules, struct span path, const struct url *url,
                     struct response *out)
{
    const struct rule *rule = rule_set_question(rules, path);
    if (rule == NULL)
        return false;
    if (url->query.n == 0) {
        answer_set(rule, out);
        return true;
    }
    if (rule->target.n == 0)
        return false;
    char space[ANSWER_MAX];
    struct buf answer = {.p = space, .size = sizeof space, .cap = sizeof space - 1};
    url_respell_segment(url->query, &answer);
    answer_filled(GEMINI_TEMPORARY_REDIRECT, rule->target, buf_span(&answer), NULL, out);
    return true;
}

bool answer_prefix(const struct rule_set *rules, struct span path, const struct url *url,
                   struct response *out)
{
    const struct rule *rule = rule_set_prefix(rules, path);
    if (rule == NULL)
        return false;
    if (rule->status == GEMINI_GONE)
        answer_set(rule, out);
    else
        answer_filled((enum gemini_status)rule->status, rule->meta,
                      span_sub(path, rule->path.n, path.n), url, out);
    return true;
}
