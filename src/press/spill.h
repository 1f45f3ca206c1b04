/*
 * spill: texts that wait for their pages.  The neighbours of a piece are known when all pieces have
 * been read; until then their texts lie in a file, so that memory does not grow with them.
 */
#ifndef PRESS_SPILL_H
#define PRESS_SPILL_H

#include "core/buf.h"

struct spill {
    const char *path;  /* beside which the file is made, borrowed */
    int fd;            /* of the file, which has no name; -1 while memory is enough */
    uint64_t written;  /* bytes in it */
    struct buf recent; /* those behind them */
};

/* Start empty.  path is that of the edition: there is room for it and so for this. */
void spill_init(struct spill *s, const char *path);
void spill_fini(struct spill *s);

/* Keep a text; *at is where it is.  ST_OK, ST_IO or ST_NOMEM. */
enum status spill_put(struct spill *s, struct span text, uint64_t *at, struct error *e) MUST_USE;

/* Append n bytes of a text that was put at `at`; what stops the buf shows there.  ST_OK, ST_IO. */
enum status spill_get(const struct spill *s, uint64_t at, size_t n, struct buf *out,
                      struct error *e) MUST_USE;

#endif
