#include "press/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* So much waits in memory: a press of few changes needs no file. */
#define SPILL_RECENT ((size_t)1024 * 1024)
#define SPILL_MAX    ((size_t)512 * 1024 * 1024)

void spill_init(struct spill *s, const char *path)
{
    *s = (struct spill){.path = path, .fd = -1};
    buf_init(&s->recent, SPILL_MAX);
}

void spill_fini(struct spill *s)
{
    buf_fini(&s->recent);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

/* Made under a name that the next edition sweeps away, should we be killed before it is gone. */
static enum status spill_open(struct spill *s, struct error *e)
{
    struct buf name;
    enum status status = ST_OK;
    buf_init(&name, 8192);
    buf_putf(&name, "%s.%ld.new", s->path, (long)getpid());
    const char *path = buf_str(&name);
    unlink(path); /* of a dead process that had our number */
    s->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->fd < 0)
        status = error_set(e, ST_IO, errno, "%s", s->path);
    else
        unlink(path);
    buf_fini(&name);
    return status;
}

static enum status spill_flush(struct spill *s, struct error *e)
{
    enum status status = s->fd < 0 ? spill_open(s, e) : ST_OK;
    if (status != ST_OK)
        return status;
    struct span rest = buf_span(&s->recent);
    while (rest.n > 0) {
        ssize_t n = pwrite(s->fd, rest.p, rest.n, (off_t)s->written);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return error_set(e, ST_IO, errno, "%s", s->path);
        rest = span_sub(rest, (size_t)n, rest.n);
        s->written += (uint64_t)n;
    }
    buf_clear(&s->recent);
    return ST_OK;
}

enum status spill_put(struct spill *s, struct span text, uint64_t *at, struct error *e)
{
    if (s->recent.n > 0 && s->recent.n + text.n > SPILL_RECENT) {
        enum status status = spill_flush(s, e);
        if (status != ST_OK)
            return status;
    }
    *at = s->written + s->recent.n;
    buf_put(&s->recent, text);
    return buf_status(&s->recent) == ST_OK ? ST_OK : error_set(e, ST_NOMEM, ENOMEM, "%s", s->path);
}

enum status spill_get(const struct spill *s, uint64_t at, size_t n, struct buf *out,
                      struct error *e)
{
    if (at >= s->written) { /* no text lies on both sides */
        size_t from = (size_t)(at - s->written);
        buf_put(out, span_sub(buf_span(&s->recent), from, from + n));
        return ST_OK;
    }
    char *to = buf_reserve(out, n);
    while (to != NULL && n > 0) {
        ssize_t got = pread(s->fd, to, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return error_set(e, ST_IO, got == 0 ? 0 : errno, "%s: a text that was kept is gone",
                             s->path);
        to += got;
        out->n += (size_t)got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return ST_OK;
}
