/*
 * buf: bytes that grow, up to a cap given at the start.  Failure is sticky: puts return nothing,
 * and whoever writes asks buf_status() once at the end.
 */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include "core/error.h"
#include "core/span.h"

struct buf {
    char *p;            /* bytes, owned; NULL until the first put */
    size_t n;           /* bytes used */
    size_t size;        /* bytes allocated: one more than it holds, for a NUL */
    size_t cap;         /* most bytes it may ever hold */
    enum status status; /* ST_OK, ST_LIMIT or ST_NOMEM; once bad, puts do nothing */
};

/* Start empty.  Allocates nothing. */
void buf_init(struct buf *b, size_t cap);

/* Give the memory back; the buf is empty and usable again. */
void buf_fini(struct buf *b);

/* The same for secrets: nothing of them stays in the memory that is given back. */
void buf_wipe(struct buf *b);

/* Forget the bytes and a failure, keep the memory. */
void buf_clear(struct buf *b);

/* Cut back to the first n bytes (n <= b->n). */
void buf_cut(struct buf *b, size_t n);

/* Append.  buf_putf is for short formatted text. */
void buf_put(struct buf *b, struct span s);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_putf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Make room for n more bytes and return where they go, or NULL (failure noted).  The caller
 * writes them and adds what it wrote to b->n.
 */
char *buf_reserve(struct buf *b, size_t n);

/* The bytes, borrowed until the next put. */
struct span buf_span(const struct buf *b);

/* The bytes as a NUL-ended string, borrowed until the next put; "" after a failure. */
const char *buf_str(struct buf *b);

/* ST_OK when every put since buf_init or buf_clear succeeded. */
enum status buf_status(const struct buf *b) MUST_USE;

#endif
