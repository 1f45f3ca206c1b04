#include "edition/rule.h"

#include <stdlib.h>

#include "protocol/url.h"

#define RULE_ARENA_MAX ((size_t)16 * 1024 * 1024)

void rule_set_init(struct rule_set *set)
{
    *set = (struct rule_set){0};
    arena_init(&set->arena, RULE_ARENA_MAX);
}

void rule_set_fini(struct rule_set *set)
{
    free(set->rules);
    arena_fini(&set->arena);
    *set = (struct rule_set){0};
}

enum status rule_set_add(struct rule_set *set, const struct rule *rule)
{
    if (set->count == RULE_SET_MAX)
        return ST_LIMIT;
    if (set->rules == NULL)
        set->rules = calloc(RULE_SET_MAX, sizeof *set->rules);
    if (set->rules == NULL)
        return ST_NOMEM;
    struct rule *copy = &set->rules[set->count];
    *copy = *rule;
    copy->path = arena_copy(&set->arena, rule->path);
    copy->meta = arena_copy(&set->arena, rule->meta);
    copy->target = arena_copy(&set->arena, rule->target);
    if (arena_status(&set->arena) != ST_OK)
        return ST_NOMEM;
    set->count++;
    if (rule->mark == RULE_QUESTION_MARK)
        set->questions++;
    return ST_OK;
}

static int rule_order(const void *a, const void *b)
{
    const struct rule *x = a;
    const struct rule *y = b;
    if (x->mark != y->mark)
        return x->mark == RULE_QUESTION_MARK ? -1 : 1;
    if (x->mark == RULE_PREFIX_MARK && x->path.n != y->path.n)
        return x->path.n > y->path.n ? -1 : 1;
    return span_cmp(x->path, y->path);
}

void rule_set_sort(struct rule_set *set)
{
    if (set->count > 0)
        qsort(set->rules, set->count, sizeof *set->rules, rule_order);
}

const struct rule *rule_set_question(const struct rule_set *set, struct span path)
{
    const struct rule wanted = {.mark = RULE_QUESTION_MARK, .path = path};
    if (set->questions == 0)
        return NULL;
    return bsearch(&wanted, set->rules, set->questions, sizeof wanted, rule_order);
}

const struct rule *rule_set_prefix(const struct rule_set *set, struct span path)
{
    for (size_t i = set->questions; i < set->count; i++) {
        if (span_starts(path, set->rules[i].path))
            return &set->rules[i];
    }
    return NULL;
}

enum status rule_fill(struct span target, struct span rest, struct buf *out)
{
    size_t star = span_find(target, 0, '*');
    size_t from = out->n;
    buf_put(out, span_sub(target, 0, star));
    if (star < target.n)
        buf_put(out, rest);
    buf_put(out, span_sub(target, star + 1, target.n));
    if (buf_status(out) != ST_OK)
        return buf_status(out);
    struct span filled = span_sub(buf_span(out), from, out->n);
    if (filled.n > GEMINI_META_MAX)
        return ST_LIMIT;
    struct span path = span_sub(filled, 0, span_find(filled, 0, '?'));
    return span_starts(path, SPAN("//")) || url_has_dot_segment(path) ? ST_SYNTAX : ST_OK;
}
