#include "core/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

#define BUF_FIRST_SIZE 256

void buf_init(struct buf *b, size_t cap)
{
    *b = (struct buf){.cap = cap};
}

void buf_fini(struct buf *b)
{
    free(b->p);
    buf_init(b, b->cap);
}

void buf_wipe(struct buf *b)
{
    if (b->p != NULL)
        explicit_bzero(b->p, b->size);
    buf_fini(b);
}

void buf_clear(struct buf *b)
{
    b->n = 0;
    b->status = ST_OK;
}

void buf_cut(struct buf *b, size_t n)
{
    if (n < b->n)
        b->n = n;
}

char *buf_reserve(struct buf *b, size_t n)
{
    if (b->status != ST_OK)
        return NULL;
    if (n > b->cap - b->n) {
        b->status = ST_LIMIT;
        return NULL;
    }
    if (b->n + n >= b->size) {
        size_t size = b->size < BUF_FIRST_SIZE ? BUF_FIRST_SIZE : b->size;
        while (size <= b->n + n)
            size = size > b->cap / 2 ? b->cap + 1 : size * 2;
        char *p = realloc(b->p, size);
        if (p == NULL) {
            b->status = ST_NOMEM;
            memory_note();
            return NULL;
        }
        b->p = p;
        b->size = size;
    }
    return b->p + b->n;
}

void buf_put(struct buf *b, struct span s)
{
    if (s.n == 0)
        return;
    char *to = buf_reserve(b, s.n);
    if (to != NULL) {
        memcpy(to, s.p, s.n);
        b->n += s.n;
    }
}

void buf_puts(struct buf *b, const char *s)
{
    buf_put(b, span_of(s));
}

void buf_putc(struct buf *b, char c)
{
    buf_put(b, (struct span){&c, 1});
}

void buf_putf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_list again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *to = n < 0 ? NULL : buf_reserve(b, (size_t)n);
    if (to != NULL) {
        vsnprintf(to, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

struct span buf_span(const struct buf *b)
{
    return (struct span){b->p, b->n};
}

const char *buf_str(struct buf *b)
{
    char *end = buf_reserve(b, 0);
    if (end == NULL)
        return "";
    *end = '\0';
    return b->p;
}

enum status buf_status(const struct buf *b)
{
    return b->status;
}
