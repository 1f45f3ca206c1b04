/*
 * span: a borrowed run of bytes.  It owns nothing, need not end in NUL and lives as long as the
 * memory it points into.  An absent value is {NULL, 0}.
 */
#ifndef CORE_SPAN_H
#define CORE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const char *p; /* first byte, or NULL */
    size_t n;      /* bytes */
};

/* A span over a string literal. */
#define SPAN(literal) ((struct span){(literal), sizeof(literal) - 1})

/* A span over the NUL-ended string s; NULL gives the absent span. */
struct span span_of(const char *s);

/* The bytes of s from offset `from` up to `to` (clamped to s). */
static inline struct span span_sub(struct span s, size_t from, size_t to)
{
    if (to > s.n)
        to = s.n;
    if (from > to)
        from = to;
    return (struct span){from == 0 ? s.p : s.p + from, to - from}; /* NULL is never moved */
}

/* s without ASCII blanks (space, TAB, CR, LF, VT, FF) at its ends. */
struct span span_trim(struct span s);

/* Is every byte the same? */
bool span_eq(struct span a, struct span b);

/* The same, taking A-Z and a-z as equal (host names, header words: never article text). */
bool span_eq_nocase(struct span a, struct span b);

/* Does s begin (end) with these bytes? */
bool span_starts(struct span s, struct span prefix);
bool span_ends(struct span s, struct span suffix);

/* Offset of the first byte c in s at or after `from`, or s.n when there is none. */
size_t span_find(struct span s, size_t from, char c);

/* Order as by memcmp, the shorter first on a tie; for qsort and sorted tables. */
int span_cmp(struct span a, struct span b);

/*
 * Cut the next line from *rest: the bytes up to LF, which is dropped.
 *
 * Returns false when *rest is empty.  A last line without LF is a line.
 */
bool span_line(struct span *rest, struct span *line);

/* A hash of s: tells texts apart, protects nothing.  Source: FNV-1a, 64 bits. */
uint64_t span_hash(struct span s);

/* ASCII questions that no locale changes. */
static inline bool ascii_digit(int c)
{
    return c >= '0' && c <= '9';
}
static inline bool ascii_alpha(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline char ascii_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}
/* Value of a hexadecimal digit, or -1. */
int ascii_hex(int c);

#endif
