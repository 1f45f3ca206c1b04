#include "core/span.h"

#include <string.h>

struct span span_of(const char *s)
{
    return (struct span){s, s == NULL ? 0 : strlen(s)};
}

static bool ascii_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct span span_trim(struct span s)
{
    while (s.n > 0 && ascii_blank(s.p[0]))
        s = span_sub(s, 1, s.n);
    while (s.n > 0 && ascii_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool span_eq(struct span a, struct span b)
{
    if (a.n != b.n || a.p == NULL || b.p == NULL)
        return a.n == b.n;
    return memcmp(a.p, b.p, a.n) == 0;
}

bool span_eq_nocase(struct span a, struct span b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    }
    return true;
}

bool span_starts(struct span s, struct span prefix)
{
    return s.n >= prefix.n && span_eq(span_sub(s, 0, prefix.n), prefix);
}

bool span_ends(struct span s, struct span suffix)
{
    return s.n >= suffix.n && span_eq(span_sub(s, s.n - suffix.n, s.n), suffix);
}

size_t span_find(struct span s, size_t from, char c)
{
    if (from >= s.n)
        return s.n;
    const char *hit = memchr(s.p + from, c, s.n - from);
    return hit == NULL ? s.n : (size_t)(hit - s.p);
}

int span_cmp(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

bool span_line(struct span *rest, struct span *line)
{
    if (rest->n == 0)
        return false;
    size_t end = span_find(*rest, 0, '\n');
    *line = span_sub(*rest, 0, end);
    *rest = span_sub(*rest, end + 1, rest->n);
    return true;
}

uint64_t span_hash(struct span s)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < s.n; i++)
        hash = (hash ^ (unsigned char)s.p[i]) * 0x100000001b3U;
    return hash;
}

int ascii_hex(int c)
{
    if (ascii_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}
