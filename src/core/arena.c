#include "core/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

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
        memory_note();
        return NULL;
    }
    c->size = size;
    c->next = a->chunks;
    a->chunks = c;
    return c;
}

/* n bytes behind what is used, at a multiple of `align`. */
static char *arena_take(struct arena *a, size_t n, size_t align)
{
    if (a->status != ST_OK)
        return NULL;
    struct arena_chunk *c = a->chunks;
    size_t pad = c == NULL ? 0 : (align - c->used % align) % align;
    if (n > SIZE_MAX - align || pad + n > a->cap - a->used) {
        a->status = ST_LIMIT;
        return NULL;
    }
    if (c == NULL || c->size - c->used < pad + n) {
        c = arena_grow(a, n);
        pad = 0;
    }
    if (c == NULL)
        return NULL;
    char *p = c->bytes + c->used + pad;
    c->used += pad + n;
    a->used += pad + n;
    return p;
}

void *arena_alloc(struct arena *a, size_t n)
{
    return arena_take(a, n, alignof(max_align_t));
}

char *arena_bytes(struct arena *a, size_t n)
{
    return arena_take(a, n, 1);
}

struct span arena_copy(struct arena *a, struct span s)
{
    if (s.p == NULL)
        return s;
    char *p = arena_bytes(a, s.n + 1);
    if (p == NULL)
        return (struct span){NULL, 0};
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return (struct span){p, s.n};
}

enum status arena_status(const struct arena *a)
{
    return a->status;
}
