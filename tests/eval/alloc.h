/*
 * alloc: memory that is there.  An evaluation that runs out of it has nothing left to say, so its
 * callers need not ask.
 */
#ifndef EVAL_ALLOC_H
#define EVAL_ALLOC_H

#include <stdio.h>
#include <stdlib.h>

static inline _Noreturn void alloc_failed(void)
{
    fputs("eval: out of memory\n", stderr);
    exit(1);
}

/* Room for `count` zeroed things of a size; free() gives it back. */
static inline void *alloc_zeroed(size_t count, size_t size)
{
    void *p = calloc(count == 0 ? 1 : count, size);
    if (p == NULL)
        alloc_failed();
    return p;
}

/* The things at p (`*room` of them) with room for one more behind the first `count`. */
static inline void *alloc_grown(void *p, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return p;
    *room = *room == 0 ? 16 : *room * 2;
    p = reallocarray(p, *room, size);
    if (p == NULL)
        alloc_failed();
    return p;
}

#endif
