#include "core/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Chunks grow with what they serve, so that a small document stays small. */
#define ARENA_CHUNK_MIN ((size_t)2 * 1024)
#define ARENA_CHUNK_MAX ((size_t)64 * 1024)

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;
    size_t used;
    alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *a, size_t cap)
{
    *a = (struct arena){.cap = cap};
}

void arena_fini(struct arena *a)
{
    while (a->chunks != NULL) {
        struct arena_chunk *next = a->chunks->next;
        free(a->chunks);
        a->chunks = next;
    }
    arena_init(a, a->cap);
}

static struct arena_chunk *arena_grow(struct arena *a, size_t n)
{
    size_t size = a->used < ARENA_CHUNK_MIN ? ARENA_CHUNK_MIN : a->used;
    size = size > ARENA_CHUNK_MAX ? ARENA_CHUNK_MAX : size;
    size = size < n ? n : size;
    struct arena_chunk *c = calloc(1, sizeof *c + size);
    if (c == NULL) {
        a->status = ST_NOMEM;
        return NULL;
    }
    c->size = size;
    c->next = a->chunks;
    a->chunks = c;
    return c;
}

void *arena_alloc(struct arena *a, size_t n)
{
    size_t align = alignof(max_align_t);
    if (a->status != ST_OK)
        return NULL;
    if (n > a->cap - a->used || n > SIZE_MAX - align) {
        a->status = ST_LIMIT;
        return NULL;
    }
    size_t take = (n + align - 1) / align * align;
    struct arena_chunk *c = a->chunks;
    if (c == NULL || c->size - c->used < take)
        c = arena_grow(a, take);
    if (c == NULL)
        return NULL;
    void *p = c->bytes + c->used;
    c->used += take;
    a->used += take < a->cap - a->used ? take : a->cap - a->used;
    return p;
}

struct span arena_copy(struct arena *a, struct span s)
{
    if (s.p == NULL)
        return s;
    char *p = arena_alloc(a, s.n + 1);
    if (p == NULL)
        return (struct span){NULL, 0};
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    return (struct span){p, s.n};
}

enum status arena_status(const struct arena *a)
{
    return a->status;
}
