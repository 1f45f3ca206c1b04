#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_READ_STEP ((size_t)64 * 1024)

/* An open file by its number: the only way to what was found, whatever has its name by now. */
#define FILE_PROC     "/proc/self/fd/%d"
#define FILE_PROC_MAX 32
/* How often a name is looked for while folders above it are being renamed. */
#define FILE_TRIES 16

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
    struct span s = span_of(name);
    return name[0] == '.' || span_ends(s, SPAN("~")) ||
           (s.n > 2 && name[0] == '#' && name[s.n - 1] == '#');
}

/* Is any name on a path private?  The folder .well-known at its beginning is not. */
static bool file_path_is_private(char *path)
{
    bool first = true;
    for (char *rest = path, *name; (name = strsep(&rest, "/")) != NULL; first = false) {
        if (file_is_private(name) && !(first && strcmp(name, FILE_WELL_KNOWN) == 0))
            return true;
    }
    return false;
}

/*
 * Where an open file lies below an open folder, without links; "" is the folder itself.  The kernel
 * tells both paths.
 */
static bool file_real_path(int dirfd, int fd, char out[PATH_MAX])
{
    char name[FILE_PROC_MAX];
    char root[PATH_MAX];
    char path[PATH_MAX];
    snprintf(name, sizeof name, FILE_PROC, dirfd);
    ssize_t root_n = readlink(name, root, sizeof root);
    snprintf(name, sizeof name, FILE_PROC, fd);
    ssize_t n = readlink(name, path, sizeof path);
    if (root_n <= 0 || n <= 0 || (size_t)root_n == sizeof root || (size_t)n == sizeof path)
        return false;
    struct span below = {path, (size_t)n};
    struct span above = {root, root[root_n - 1] == '/' ? (size_t)root_n - 1 : (size_t)root_n};
    if (!span_starts(below, above))
        return false;
    below = span_sub(below, above.n, below.n);
    if (below.n > 0 && below.p[0] != '/')
        return false;
    below = span_sub(below, below.n > 0, below.n);
    memcpy(out, below.p, below.n);
    out[below.n] = '\0';
    return true;
}

/* openat2(2) for the name alone: nothing is opened, so nothing happens at the other end of it. */
static int file_openat2(int dirfd, const char *path, uint64_t resolve)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve};
    long fd = -1;
    for (int i = 0; i < FILE_TRIES; i++) {
        fd = syscall(SYS_openat2, dirfd, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN) /* said while something above is being renamed */
            break;
    }
    return (int)fd;
}

static enum status file_find_failed(const char *shown, struct error *e)
{
    if (errno == EXDEV)
        return error_set(e, ST_FORMAT, 0, "%s: leads out of its folder", shown);
    if (errno == ELOOP)
        return error_set(e, ST_FORMAT, 0, "%s: links that lead in a circle", shown);
    bool missing = errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG;
    return error_set(e, missing ? ST_MISSING : ST_IO, errno, "%s", shown);
}

/* Find a path below a folder; *fd is good for asking about it (O_PATH). */
static enum status file_find(int dirfd, const char *path, const char *shown, int *fd,
                             struct stat *st, char real[PATH_MAX], struct error *e)
{
    real[0] = '\0';
    *fd = file_openat2(dirfd, path, RESOLVE_NO_SYMLINKS);
    bool linked = *fd < 0 && errno == ELOOP;
    if (linked)
        *fd = file_openat2(dirfd, path, 0);
    if (*fd < 0)
        return file_find_failed(shown, e);
    enum status status = ST_OK;
    if (fstat(*fd, st) != 0 || (linked && !file_real_path(dirfd, *fd, real)))
        status = error_set(e, ST_IO, errno, "%s", shown);
    else if (linked) {
        char names[PATH_MAX];
        memcpy(names, real, strlen(real) + 1);
        if (file_path_is_private(names))
            status = error_set(e, ST_FORMAT, 0, "%s: a link to what is hidden", shown);
    }
    if (status != ST_OK)
        close(*fd);
    return status;
}

enum status file_look_beneath(int dirfd, const char *path, const char *shown, struct stat *st,
                              char real[PATH_MAX], struct error *e)
{
    int fd = -1;
    enum status status = file_find(dirfd, path, shown, &fd, st, real, e);
    if (status == ST_OK)
        close(fd);
    return status;
}

enum status file_open_beneath(int dirfd, const char *path, const char *shown, int *fd,
                              struct stat *st, struct error *e)
{
    char real[PATH_MAX];
    char name[FILE_PROC_MAX];
    int found = -1;
    enum status status = file_find(dirfd, path, shown, &found, st, real, e);
    if (status != ST_OK)
        return status;
    snprintf(name, sizeof name, FILE_PROC, found);
    bool regular = S_ISREG(st->st_mode);
    *fd = regular ? open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
    if (!regular)
        status = error_set(e, ST_FORMAT, 0, "%s: not a regular file", shown);
    else if (*fd < 0)
        status = error_set(e, ST_IO, errno, "%s", shown);
    close(found);
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

/* Open without waiting for anybody, and look what it is; *fd is the caller's on ST_OK. */
static enum status file_open_now(const char *path, int *fd, struct stat *st, struct error *e)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return error_set(e, errno == ENOENT ? ST_MISSING : ST_IO, errno, "%s", path);
    if (fstat(*fd, st) == 0)
        return ST_OK;
    enum status status = error_set(e, ST_IO, errno, "%s", path);
    close(*fd);
    return status;
}

enum status file_read_now(const char *path, struct buf *b, struct error *e)
{
    struct stat st = {0};
    int fd = -1;
    enum status status = file_open_now(path, &fd, &st, e);
    if (status != ST_OK)
        return status;
    if (S_ISFIFO(st.st_mode))
        status = error_set(e, ST_FORMAT, 0, "%s: a FIFO, for which one may wait for ever", path);
    else
        status = file_read_fd(fd, path, b, e);
    close(fd);
    return status;
}

/* Open a regular file, whatever its rights; *fd is the caller's on ST_OK. */
static enum status file_open_regular(const char *path, int *fd, struct stat *st, struct error *e)
{
    enum status status = file_open_now(path, fd, st, e);
    if (status != ST_OK || S_ISREG(st->st_mode))
        return status;
    close(*fd);
    return error_set(e, ST_FORMAT, 0, "%s: not a regular file", path);
}

enum status file_read_guarded(const char *path, struct buf *b, struct error *e)
{
    struct stat st = {0};
    int fd = -1;
    enum status status = file_open_regular(path, &fd, &st, e);
    if (status != ST_OK)
        return status;
    if ((st.st_mode & S_IWOTH) != 0)
        status = error_set(e, ST_FORMAT, 0, "%s: everybody can write to it: chmod o-w it", path);
    else
        status = file_read_fd(fd, path, b, e);
    close(fd);
    return status;
}

static enum status file_check_secret(const struct stat *st, const char *path, const char *what,
                                     struct error *e)
{
    if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return error_set(
            e, ST_FORMAT, 0,
            "%s: %s that others can read: chmod 600 it (mode %04o gives its group or others "
            "a right)",
            path, what, (unsigned)(st->st_mode & 07777));
    if (st->st_uid != geteuid() && st->st_uid != 0)
        return error_set(e, ST_FORMAT, 0,
                         "%s: %s that belongs to user %lu, not to the one who runs this (%lu)",
                         path, what, (unsigned long)st->st_uid, (unsigned long)geteuid());
    return ST_OK;
}

enum status file_read_secret(const char *path, const char *what, struct buf *b, struct error *e)
{
    struct stat st = {0};
    int fd = -1;
    enum status status = file_open_regular(path, &fd, &st, e);
    if (status != ST_OK)
        return status;
    status = file_check_secret(&st, path, what, e);
    if (status == ST_OK && buf_reserve(b, b->cap) == NULL)
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", path);
    if (status == ST_OK)
        status = file_read_fd(fd, path, b, e);
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
