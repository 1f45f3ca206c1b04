#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_READ_STEP ((size_t)64 * 1024)

static int64_t file_nanoseconds(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct file_stamp file_stamp_of(const struct stat *st)
{
    return (struct file_stamp){.size = st->st_size,
                               .mtime = file_nanoseconds(st->st_mtim),
                               .ctime = file_nanoseconds(st->st_ctim),
                               .inode = (int64_t)st->st_ino};
}

bool file_stamp_eq(struct file_stamp a, struct file_stamp b)
{
    return a.size == b.size && a.mtime == b.mtime && a.ctime == b.ctime && a.inode == b.inode;
}

bool file_is_private(const char *name)
{
    return (name[0] == '.' && strcmp(name, ".well-known") != 0) ||
           span_ends(span_of(name), SPAN("~"));
}

enum status file_open_beneath(int dirfd, const char *path, const char *shown, int *fd,
                              struct stat *st, struct error *e)
{
    struct open_how how = {
        .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long opened = syscall(SYS_openat2, dirfd, path, &how, sizeof how);
    if (opened < 0) {
        if (errno == EXDEV)
            return error_set(e, ST_FORMAT, 0, "%s: leads out of its folder", shown);
        if (errno == ENXIO) /* what open(2) says of a socket */
            return error_set(e, ST_FORMAT, 0, "%s: not a regular file", shown);
        bool missing = errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG;
        return error_set(e, missing ? ST_MISSING : ST_IO, errno, "%s", shown);
    }
    *fd = (int)opened;
    enum status status = ST_OK;
    if (fstat(*fd, st) != 0)
        status = error_set(e, ST_IO, errno, "%s", shown);
    else if (!S_ISREG(st->st_mode))
        status = error_set(e, ST_FORMAT, 0, "%s: not a regular file", shown);
    if (status != ST_OK) {
        close(*fd);
        *fd = -1;
    }
    return status;
}

enum status file_read_fd(int fd, const char *shown, struct buf *b, struct error *e)
{
    for (;;) {
        size_t room = b->cap - b->n;
        size_t want = room < FILE_READ_STEP ? room : FILE_READ_STEP;
        char extra = 0;
        char *to = want == 0 ? &extra : buf_reserve(b, want);
        if (to == NULL)
            return error_set(e, ST_NOMEM, ENOMEM, "%s", shown);
        ssize_t n = read(fd, to, want == 0 ? 1 : want);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(e, ST_IO, errno, "%s", shown);
        if (n == 0)
            return ST_OK;
        if (want == 0)
            return error_set(e, ST_LIMIT, 0, "%s: larger than %zu bytes", shown, b->cap);
        b->n += (size_t)n;
    }
}

enum status file_read(const char *path, struct buf *b, struct error *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return error_set(e, errno == ENOENT ? ST_MISSING : ST_IO, errno, "%s", path);
    enum status status = file_read_fd(fd, path, b, e);
    close(fd);
    return status;
}

static enum status file_put_all(int fd, const char *path, struct span bytes, struct error *e)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(e, ST_IO, errno, "%s", path);
        bytes = span_sub(bytes, (size_t)n, bytes.n);
    }
    return ST_OK;
}

/* Give the finished file its name: over the one that has it, or only if nobody has. */
static enum status file_publish(const char *temporary, const char *path, bool new, struct error *e)
{
    if (!new && rename(temporary, path) == 0)
        return ST_OK;
    if (new && link(temporary, path) == 0) {
        unlink(temporary);
        return ST_OK;
    }
    bool exists = new && errno == EEXIST;
    enum status status = error_set(e, exists ? ST_EXISTS : ST_IO, errno, "%s", path);
    unlink(temporary);
    return status;
}

static enum status file_write_as(const char *path, mode_t mode, struct span bytes, bool new,
                                 struct error *e)
{
    struct buf name;
    buf_init(&name, 8192);
    buf_putf(&name, "%s.%ld.new", path, (long)getpid());
    const char *temporary = buf_str(&name);
    enum status status = ST_OK;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        status = error_set(e, ST_IO, errno, "%s", path);
        goto out;
    }
    status = file_put_all(fd, path, bytes, e);
    if (status == ST_OK && (fchmod(fd, mode) != 0 || fsync(fd) != 0))
        status = error_set(e, ST_IO, errno, "%s", path);
    if (close(fd) != 0 && status == ST_OK)
        status = error_set(e, ST_IO, errno, "%s", path);
    if (status != ST_OK)
        unlink(temporary);
    else
        status = file_publish(temporary, path, new, e);
    if (status == ST_OK)
        file_sync_dir_of(path);
out:
    buf_fini(&name);
    return status;
}

enum status file_write(const char *path, mode_t mode, struct span bytes, struct error *e)
{
    return file_write_as(path, mode, bytes, false, e);
}

enum status file_write_new(const char *path, mode_t mode, struct span bytes, struct error *e)
{
    return file_write_as(path, mode, bytes, true, e);
}

enum status file_make_dir(const char *path, struct error *e)
{
    char *copy = strdup(path);
    if (copy == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", path);
    enum status status = ST_OK;
    for (char *at = copy + (*copy == '/');; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char end = *at;
        *at = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST) {
            status = error_set(e, ST_IO, errno, "%s", copy);
            break;
        }
        if (end == '\0')
            break;
        *at = end;
    }
    struct stat st;
    if (status == ST_OK && (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)))
        status = error_set(e, ST_IO, ENOTDIR, "%s", path);
    free(copy);
    return status;
}

void file_sync_dir_of(const char *path)
{
    struct span whole = span_of(path);
    size_t cut = whole.n;
    while (cut > 0 && path[cut - 1] != '/')
        cut--;
    struct buf dir;
    buf_init(&dir, 8192);
    buf_put(&dir, cut == 0 ? SPAN("./") : span_sub(whole, 0, cut));
    int fd = open(buf_str(&dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    buf_fini(&dir);
}
