/*
 * arena: memory that is freed all at once.  A document lives in one.
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include "core/error.h"
#include "core/span.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first, owned */
    size_t used;                /* bytes handed out, with what alignment costs */
    size_t cap;                 /* most bytes it may hand out */
    enum status status;         /* ST_OK, ST_LIMIT or ST_NOMEM; sticky */
};

/* Start empty.  Allocates nothing. */
void arena_init(struct arena *a, size_t cap);

/* Free everything that came from it; the arena is empty and usable again. */
void arena_fini(struct arena *a);

/*
 * n zeroed bytes, aligned for any type, owned by the arena; NULL on failure, which is sticky
 * (arena_status tells which).
 */
void *arena_alloc(struct arena *a, size_t n);

/* The same for text: n bytes, neither zeroed nor aligned. */
char *arena_bytes(struct arena *a, size_t n);

/* A copy of s with a NUL behind it (not counted); absent on failure, or when s is absent. */
struct span arena_copy(struct arena *a, struct span s);

/* ST_OK when every call since arena_init succeeded. */
enum status arena_status(const struct arena *a) MUST_USE;

#endif
