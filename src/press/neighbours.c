#include "press/neighbours.h"

#include <errno.h>
#include <stdlib.h>

#include "press/slug.h"

#define NEIGHBOURS_SLUG_MAX  ((size_t)64 * 1024)
#define NEIGHBOURS_ARENA_MAX ((size_t)512 * 1024 * 1024)

/* Books of the held pieces: slug of the title, and slug of the address, to index. */
struct neighbours_held {
    struct card *const *cards;
    size_t count;
    struct book titles;
    struct book slugs;
};

/* In most capsules no piece names another: then nobody is looked for. */
static bool held_is_asked(const struct neighbours_held *h)
{
    for (size_t i = 0; i < h->count; i++) {
        if (h->cards[i]->row.named_previous.n > 0 || h->cards[i]->row.named_next.n > 0)
            return true;
    }
    return false;
}

static enum status held_init(struct neighbours_held *h, struct buf *key)
{
    book_init(&h->titles);
    book_init(&h->slugs);
    enum status status = ST_OK;
    if (!held_is_asked(h))
        return ST_OK;
    for (size_t i = 0; status == ST_OK && i < h->count; i++) {
        buf_clear(key);
        slug_of_title(h->cards[i]->row.title, key);
        status = book_add(&h->titles, buf_span(key), h->cards[i]->row.source, i);
        if (status == ST_OK || status == ST_EXISTS)
            status = book_add(&h->slugs, h->cards[i]->row.slug, h->cards[i]->row.source, i);
        /* Of two pieces with one title the first is meant. */
        if (status == ST_EXISTS)
            status = ST_OK;
    }
    return status;
}

/* The held piece that a title means, not `self`; NULL when there is none. */
static struct card *held_find(const struct neighbours_held *h, struct span key, size_t self)
{
    const struct book *const books[] = {&h->titles, &h->slugs};
    for (size_t i = 0; i < 2; i++) {
        const struct book_entry *found = book_find(books[i], key);
        if (found != NULL && found->value != self)
            return h->cards[found->value];
    }
    return NULL;
}

static struct placeholder *neighbours_placeholder(struct neighbours *n, const struct card *c,
                                                  struct span key, struct span title)
{
    const struct book_entry *known = book_find(&n->by_slug, key);
    if (known != NULL)
        return &n->placeholders[known->value];
    if (n->count == n->room) {
        size_t room = n->room == 0 ? 16 : n->room * 2;
        struct placeholder *placeholders = realloc(n->placeholders, room * sizeof *placeholders);
        if (placeholders == NULL)
            return NULL;
        n->placeholders = placeholders;
        n->room = room;
    }
    struct placeholder *placeholder = &n->placeholders[n->count];
    *placeholder = (struct placeholder){.slug = arena_copy(&n->arena, key),
                                        .title = title,
                                        .lang = c->row.lang,
                                        .href = slug_href_of_title(title, &n->arena)};
    if (placeholder->slug.p == NULL || placeholder->href.p == NULL ||
        book_add(&n->by_slug, key, c->row.source, n->count) != ST_OK)
        return NULL;
    n->count++;
    return placeholder;
}

static bool neighbours_witness(struct neighbours *n, struct placeholder *placeholder,
                               const struct card *c, bool names_as_next)
{
    struct placeholder_witness *w = arena_alloc(&n->arena, sizeof *w);
    if (w == NULL)
        return false;
    w->card = c;
    w->names_as_next = names_as_next;
    if (placeholder->last == NULL)
        placeholder->witnesses = w;
    else
        placeholder->last->next = w;
    placeholder->last = w;
    return true;
}

static struct pages_neighbour neighbours_to(const struct card *c)
{
    return (struct pages_neighbour){c->row.title, c->href};
}

/* One side of one piece, when the piece names it. */
static enum status neighbours_named(struct neighbours *n, const struct neighbours_held *h,
                                    size_t self, bool is_next, struct buf *key)
{
    struct card *c = h->cards[self];
    struct span title = is_next ? c->row.named_next : c->row.named_previous;
    struct pages_neighbour *side = is_next ? &c->next : &c->previous;
    buf_clear(key);
    slug_of_title(title, key);
    const struct card *held = held_find(h, buf_span(key), self);
    if (held != NULL) {
        *side = neighbours_to(held);
        return ST_OK;
    }
    struct placeholder *placeholder = neighbours_placeholder(n, c, buf_span(key), title);
    if (placeholder == NULL || !neighbours_witness(n, placeholder, c, is_next))
        return ST_NOMEM;
    *side = (struct pages_neighbour){title, placeholder->href};
    return ST_OK;
}

static enum status neighbours_of(struct neighbours *n, const struct neighbours_held *h, size_t i,
                                 struct buf *key)
{
    struct card *c = h->cards[i];
    enum status status = ST_OK;
    c->previous = c->next = (struct pages_neighbour){0};
    if (c->row.named_previous.n > 0)
        status = neighbours_named(n, h, i, false, key);
    else if (i > 0)
        c->previous = neighbours_to(h->cards[i - 1]);
    if (status == ST_OK && c->row.named_next.n > 0)
        status = neighbours_named(n, h, i, true, key);
    else if (status == ST_OK && i + 1 < h->count)
        c->next = neighbours_to(h->cards[i + 1]);
    return status;
}

enum status neighbours_find(struct card *const *cards, size_t count, struct neighbours *n,
                            struct error *e)
{
    struct neighbours_held held = {.cards = cards, .count = count};
    struct buf key;
    *n = (struct neighbours){0};
    book_init(&n->by_slug);
    arena_init(&n->arena, NEIGHBOURS_ARENA_MAX);
    buf_init(&key, NEIGHBOURS_SLUG_MAX);
    enum status status = held_init(&held, &key);
    for (size_t i = 0; status == ST_OK && i < count; i++)
        status = neighbours_of(n, &held, i, &key);
    book_fini(&held.titles);
    book_fini(&held.slugs);
    buf_fini(&key);
    return status == ST_OK ? ST_OK : error_set(e, status, ENOMEM, "neighbours");
}

void neighbours_fini(struct neighbours *n)
{
    free(n->placeholders);
    book_fini(&n->by_slug);
    arena_fini(&n->arena);
}
