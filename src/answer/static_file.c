#include "answer/static_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"

struct static_file {
    int fd;
    struct file_stamp stamp; /* when it was opened */
    nlink_t names;           /* likewise */
    char shown[];            /* "static/NAME" */
};

/* A name more or less changes ctime and not the bytes; any other change of it may. */
static bool static_file_is_same(const struct static_file *f, const struct stat *st)
{
    struct file_stamp now = file_stamp_of(st);
    if (st->st_nlink != f->names)
        now.ctime = f->stamp.ctime;
    return file_stamp_eq(now, f->stamp);
}

/* Asked for behind each read: a write shows in the times before it shows in the bytes. */
static enum status static_file_check(const struct static_file *f, struct error *e)
{
    struct stat st;
    if (fstat(f->fd, &st) != 0)
        return error_set(e, ST_IO, errno, "%s", f->shown);
    if (st.st_size < f->stamp.size)
        return error_set(e, ST_CHANGED, 0, "%s: became shorter while it was sent", f->shown);
    if (!static_file_is_same(f, &st))
        return error_set(e, ST_CHANGED, 0, "%s: changed while it was sent", f->shown);
    return ST_OK;
}

static enum status static_file_fill(struct response *r, uint64_t offset, char *to, size_t n,
                                    struct error *e)
{
    const struct static_file *f = r->holder;
    while (n > 0) {
        ssize_t got = pread(f->fd, to, n, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(e, ST_IO, errno, "%s", f->shown);
        if (got == 0)
            return error_set(e, ST_CHANGED, 0, "%s: became shorter while it was sent", f->shown);
        to += got;
        n -= (size_t)got;
        offset += (uint64_t)got;
    }
    return static_file_check(f, e);
}

static void static_file_done(struct response *r)
{
    struct static_file *f = r->holder;
    close(f->fd);
    free(f);
}

enum status static_file_open(int folder, const char *name, struct response *out, struct error *e)
{
    static const char where[] = "static/";
    size_t n = strlen(name) + 1;
    struct stat st;
    struct static_file *f = malloc(sizeof *f + sizeof where + n);
    if (f == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s%s", where, name);
    memcpy(f->shown, where, sizeof where - 1);
    memcpy(f->shown + sizeof where - 1, name, n);
    enum status status = file_open_beneath(folder, name, f->shown, &f->fd, &st, e);
    if (status != ST_OK) {
        free(f);
        return status;
    }
    f->stamp = file_stamp_of(&st);
    f->names = st.st_nlink;
    out->size = (uint64_t)st.st_size;
    out->holder = f;
    out->fill = static_file_fill;
    out->done = static_file_done;
    return ST_OK;
}
