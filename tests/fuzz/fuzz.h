/*
 * fuzz: what the targets share.  A target is given any bytes, and ends the process when something
 * that the code under test promises does not hold.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/span.h"

/* What libFuzzer and replay.c call with each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise: print it and abort when it does not hold. */
#define MUST(promise) ((promise) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #promise))

_Noreturn static inline void fuzz_broken(const char *file, int line, const char *promise)
{
    fflush(stdout);
    fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, promise);
    abort();
}

/* A copy of s in a block of exactly its size, so that a sanitizer sees one byte too far. */
static inline char *fuzz_copy(struct span s)
{
    char *copy = malloc(s.n > 0 ? s.n : 1);
    MUST(copy != NULL);
    if (s.n > 0)
        memcpy(copy, s.p, s.n);
    return copy;
}

/* Does s lie inside `in`?  An absent span does. */
static inline bool fuzz_inside(struct span s, struct span in)
{
    if (s.p == NULL)
        return s.n == 0;
    return s.p >= in.p && s.n <= in.n && (size_t)(s.p - in.p) <= in.n - s.n;
}

/* The input as a span. */
static inline struct span fuzz_input(const uint8_t *data, size_t size)
{
    return (struct span){(const char *)data, size};
}

/*
 * The first line of an input, and everything behind it: for targets that take two values.  A
 * NUL-ended copy is not made; the second is absent when there is no line end.
 */
static inline void fuzz_split(struct span in, struct span *first, struct span *second)
{
    size_t end = span_find(in, 0, '\n');
    *first = span_sub(in, 0, end);
    *second = end < in.n ? span_sub(in, end + 1, in.n) : (struct span){NULL, 0};
}

#endif
