#include "html/stack.h"

#include <string.h>

#include "html/kinds.h"

void open_init(struct open_elements *o)
{
    o->n = o->counted = o->foreign = o->weight = 0;
    o->lost = o->kept = false;
    memset(o->of, 0, sizeof o->of);
}

static bool stack_counts(const struct open_element *e)
{
    return (kinds_of[e->tag] & KIND_FREE) == 0 || (e->status & OPEN_FOREIGN) != 0;
}

unsigned stack_kind(const struct open_element *e)
{
    unsigned kind = kinds_of[e->tag];
    if ((e->status & OPEN_FOREIGN) == 0)
        return kind & ~(unsigned)KIND_GATE;
    return kind & KIND_GATE ? KIND_GATE | KIND_SPECIAL | KIND_SCOPE : 0;
}

bool stack_is(const struct open_element *e, GumboTag tag)
{
    return e->tag == tag && (e->status & OPEN_FOREIGN) == 0;
}

void stack_unlist(struct open_elements *o, struct open_element *e)
{
    if (e->status & OPEN_LISTED)
        o->weight -= e->weight;
    e->status &= (uint8_t)~OPEN_LISTED;
}

/* Add one to the counts, or take it away. */
static void stack_count(struct open_elements *o, const struct open_element *e, bool more)
{
    size_t one = more ? 1 : SIZE_MAX;
    o->counted += stack_counts(e) ? one : 0;
    if (e->status & OPEN_FOREIGN)
        o->foreign += one;
    else
        o->of[e->tag] = (uint16_t)(o->of[e->tag] + one);
}

void stack_doubt(struct open_elements *o, size_t from)
{
    for (size_t i = from; i < o->n; i++)
        o->e[i].status |= OPEN_DOUBT;
}

void stack_remove(struct open_elements *o, size_t at)
{
    stack_unlist(o, &o->e[at]);
    stack_count(o, &o->e[at], false);
    o->n--;
    for (size_t i = at; i < o->n; i++)
        o->e[i] = o->e[i + 1];
}

/*
 * No end tag reaches the formatting elements that are open now; and the next marker that goes will
 * not be the one in front of them.
 */
static void stack_stick(struct open_elements *o)
{
    for (size_t i = 0; i < o->n; i++)
        o->e[i].status |= o->e[i].status & OPEN_LISTED ? OPEN_STUCK | OPEN_LEFT : 0;
}

void stack_close(struct open_elements *o, size_t at)
{
    if (o->lost || (o->e[at].status & OPEN_DOUBT) != 0) {
        stack_remove(o, at);
        stack_doubt(o, 0); /* it may have been another one, further out */
        return;
    }
    size_t kept = at;
    size_t markers = 0;
    size_t clears = 0; /* markers that go: its own, or that of its cell */
    for (size_t i = at; i < o->n; i++) {
        bool marker = (stack_kind(&o->e[i]) & KIND_MARKER) != 0;
        markers += marker;
        if (marker && (i == at || (stack_kind(&o->e[i]) & KIND_PART) != 0))
            clears = 1;
    }
    if (markers > clears)
        stack_stick(o); /* a marker stays in the parser's list */
    bool marked = false;
    for (size_t i = at; i < o->n; i++) {
        marked = marked || (markers == clears && (stack_kind(&o->e[i]) & KIND_MARKER) != 0);
        if ((o->e[i].status & OPEN_LISTED) && (!marked || (o->e[i].status & OPEN_LEFT))) {
            o->e[kept] = o->e[i];
            o->e[kept++].status |= OPEN_DOUBT | OPEN_KEPT;
            o->kept = true;
        } else {
            stack_unlist(o, &o->e[i]);
            stack_count(o, &o->e[i], false);
        }
    }
    o->n = kept;
}

void stack_reopen(struct open_elements *o)
{
    size_t n = o->n;
    size_t left = 0;
    for (size_t i = 0; o->kept && i < n && o->n < OPEN_ROOM; i++) {
        if ((o->e[i].status & OPEN_KEPT) == 0)
            continue;
        o->e[i].status &= (uint8_t)~OPEN_KEPT;
        o->e[o->n++] = o->e[i];
        o->e[i].raw.p = NULL; /* moved */
    }
    for (size_t i = 0; o->kept && i < o->n; i++) {
        if (o->e[i].raw.p != NULL)
            o->e[left++] = o->e[i];
    }
    o->n = o->kept ? left : n;
    o->kept = false;
}

bool stack_stops(struct open_elements *o, const struct open_element *e, unsigned kinds)
{
    if ((stack_kind(e) & kinds) == 0 && !stack_is(e, GUMBO_TAG_SELECT))
        return false;
    if (e->status & OPEN_DOUBT)
        stack_doubt(o, 0);
    return true;
}

size_t stack_find(struct open_elements *o, GumboTag tag, unsigned kinds)
{
    unsigned heading = kinds_of[tag] & KIND_HEADING;
    if (o->of[tag] == 0 && heading == 0)
        return STACK_NONE;
    for (size_t i = o->n; i-- > 0;) {
        struct open_element *e = &o->e[i];
        if (stack_is(e, tag) || (stack_kind(e) & heading) != 0)
            return i;
        if (stack_stops(o, e, kinds))
            return STACK_NONE;
    }
    return STACK_NONE;
}

size_t stack_find_table(const struct open_elements *o, size_t *cell)
{
    *cell = STACK_NONE;
    if (o->of[GUMBO_TAG_TABLE] == 0)
        return STACK_NONE;
    for (size_t i = o->n; i-- > 0;) {
        if (stack_is(&o->e[i], GUMBO_TAG_TABLE))
            return i;
        if (stack_is(&o->e[i], GUMBO_TAG_TEMPLATE))
            return STACK_NONE;
        if ((stack_kind(&o->e[i]) & KIND_PART) != 0)
            *cell = i;
    }
    return STACK_NONE;
}

void stack_clear_table(struct open_elements *o, size_t at)
{
    if (o->lost || (o->e[at].status & OPEN_DOUBT) != 0) {
        stack_doubt(o, at);
        return;
    }
    struct open_element table = o->e[at];
    stack_close(o, at);
    /* The table itself goes back below the formatting elements that stack_close kept. */
    for (size_t i = o->n++; i > at; i--)
        o->e[i] = o->e[i - 1];
    o->e[at] = table;
    stack_count(o, &table, true);
}

size_t stack_marker(const struct open_elements *o)
{
    size_t i = o->n;
    while (i > 0 && (stack_kind(&o->e[i - 1]) & KIND_MARKER) == 0)
        i--;
    return i;
}

void stack_spare(struct open_elements *o, const struct open_tag *t)
{
    size_t alike = 0;
    size_t same = 0;
    size_t first = stack_marker(o);
    for (size_t i = o->n; i > first; i--) {
        struct open_element *e = &o->e[i - 1];
        if (e->tag != t->tag || !(e->status & OPEN_LISTED) || e->attributes != t->attributes)
            continue;
        same += span_eq(e->raw, t->raw);
        alike++;
        if (alike >= 3 && same == alike)
            stack_unlist(o, e);
        else if (alike >= 3)
            e->status |= OPEN_STUCK | OPEN_DOUBT;
    }
}

enum open_next stack_push(struct open_elements *o, const struct open_tag *t, unsigned status)
{
    if (o->n == OPEN_ROOM)
        return OPEN_FULL;
    struct open_element *e = &o->e[o->n++];
    bool format = (kinds_of[t->tag] & KIND_FORMAT) != 0 && (status & OPEN_FOREIGN) == 0;
    size_t template = stack_any(o, GUMBO_TAG_TEMPLATE);
    bool doubt = o->lost || (template != STACK_NONE && (o->e[template].status & OPEN_STUCK) != 0) ||
                 ((kinds_of[t->tag] & KIND_UNSURE) != 0 && (status & OPEN_FOREIGN) == 0);
    *e = (struct open_element){.raw = t->raw, .name = t->name, .tag = (uint8_t)t->tag};
    e->attributes = (uint16_t)t->attributes;
    e->status = (uint8_t)(status | (doubt ? OPEN_DOUBT : 0) | (format ? OPEN_LISTED : 0));
    e->weight = format ? 1 + t->attributes + t->raw.n / 128 : 0;
    stack_count(o, e, true);
    o->weight += e->weight;
    return OPEN_MARKUP;
}

size_t stack_any(const struct open_elements *o, GumboTag tag)
{
    size_t i = o->of[tag] == 0 ? 0 : o->n;
    while (i > 0 && !stack_is(&o->e[i - 1], tag))
        i--;
    return i == 0 ? STACK_NONE : i - 1;
}

void stack_pop(struct open_elements *o, GumboTag tag)
{
    unsigned heading = kinds_of[tag] & KIND_HEADING;
    size_t i = o->n;
    while (i > 0) {
        struct open_element *e = &o->e[i - 1];
        if (stack_is(e, tag) || (stack_kind(e) & heading) != 0)
            break;
        if ((e->status & OPEN_DOUBT) == 0)
            return;
        i--;
    }
    if (i == 0)
        return;
    if (i == o->n)
        stack_remove(o, i - 1);
    else
        stack_doubt(o, i - 1);
}
