#include "press/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/book.h"
#include "core/buf.h"

#define SCAN_PATH_MAX  4096
#define SCAN_ARENA_MAX ((size_t)512 * 1024 * 1024)

struct scan_walk {
    size_t root; /* bytes of "FOLDER/" in every path */
    struct scan *scan;
    struct book *seen; /* device and inode of every folder */
    scan_problem *problem;
    void *context;
};

static void scan_tell(const struct scan_walk *w, struct span path, int errnum, const char *what)
{
    struct error e;
    if (errnum != 0)
        (void)error_set(&e, ST_IO, errnum, "%.*s", (int)path.n, path.p);
    else
        (void)error_set(&e, ST_FORMAT, 0, "%.*s: %s", (int)path.n, path.p, what);
    w->problem(w->context, &e);
}

/* Open without leaving the folder; O_PATH asks for nothing but the name. */
static int scan_open(const struct scan_walk *w, const char *name, uint64_t flags)
{
    struct open_how how = {.flags = flags | O_CLOEXEC,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, w->scan->fd, name, &how, sizeof how);
}

static struct scan_entry *scan_add(struct scan *s, struct span path, size_t root)
{
    if (s->count == s->room) {
        size_t room = s->room == 0 ? 64 : s->room * 2;
        struct scan_entry *entries = realloc(s->entries, room * sizeof *entries);
        if (entries == NULL)
            return NULL;
        s->entries = entries;
        s->room = room;
    }
    struct scan_entry *entry = &s->entries[s->count];
    *entry = (struct scan_entry){.path = arena_copy(&s->arena, path)};
    if (entry->path.p == NULL)
        return NULL;
    entry->name = entry->path.p + root;
    s->count++;
    return entry;
}

/* Is this folder met for the first time?  Links in a circle would multiply it. */
static bool scan_is_new(const struct scan_walk *w, const struct stat *st)
{
    char key[48];
    snprintf(key, sizeof key, "%ju:%ju", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino);
    return book_add(w->seen, span_of(key), SPAN(""), 0) == ST_OK;
}

/*
 * What a name in the open folder dir is.  A folder was opened without leaving the root, so what
 * lies in it needs no such care, unless it is a link.  Returns false and tells what it cannot be.
 */
static bool scan_stat(const struct scan_walk *w, int dir, const char *name, struct span path,
                      struct stat *st)
{
    if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT) /* gone since the folder was read: nothing to tell */
            scan_tell(w, path, errno, NULL);
        return false;
    }
    if (!S_ISLNK(st->st_mode))
        return true;
    int fd = scan_open(w, path.p + w->root, O_PATH);
    bool good = fd >= 0 && fstat(fd, st) == 0;
    int cause = errno;
    if (fd >= 0)
        close(fd);
    if (!good && cause == EXDEV)
        scan_tell(w, path, 0, "a link that leads out of its folder");
    else if (!good && (cause != ENOENT || faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0))
        scan_tell(w, path, cause, NULL);
    return good;
}

/* Look at one name; adds it unless it is a problem. */
static enum status scan_visit(const struct scan_walk *w, int dir, const char *name,
                              struct span path, struct error *e)
{
    struct stat st;
    if (!scan_stat(w, dir, name, path, &st))
        return ST_OK;
    if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) {
        scan_tell(w, path, 0, "neither a file nor a folder");
        return ST_OK;
    }
    if (S_ISDIR(st.st_mode) && !scan_is_new(w, &st)) {
        scan_tell(w, path, 0, "a link to a folder that is served already");
        return ST_OK;
    }
    struct scan_entry *entry = scan_add(w->scan, path, w->root);
    if (entry == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", path.p);
    entry->folder = S_ISDIR(st.st_mode);
    /* A folder's own times change with what is in it, which is looked at anyway. */
    if (!entry->folder)
        entry->stamp = file_stamp_of(&st);
    return ST_OK;
}

static enum status scan_read_folder(const struct scan_walk *w, struct span folder, struct error *e)
{
    struct buf path;
    buf_init(&path, SCAN_PATH_MAX);
    enum status status = ST_OK;
    const char *name = folder.n < w->root ? "." : folder.p + w->root;
    int fd = scan_open(w, name, O_RDONLY | O_DIRECTORY);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        scan_tell(w, folder, errno, NULL);
        if (fd >= 0)
            close(fd);
    }
    struct dirent *found;
    while (dir != NULL && status == ST_OK && (found = readdir(dir)) != NULL) {
        if (file_is_private(found->d_name))
            continue;
        buf_clear(&path);
        buf_put(&path, folder);
        buf_putc(&path, '/');
        buf_puts(&path, found->d_name);
        const char *whole = buf_str(&path);
        if (buf_status(&path) != ST_OK)
            scan_tell(w, folder, ENAMETOOLONG, NULL);
        else
            status = scan_visit(w, fd, found->d_name, (struct span){whole, path.n}, e);
    }
    if (dir != NULL)
        closedir(dir);
    buf_fini(&path);
    return status;
}

static unsigned scan_depth(struct span path)
{
    unsigned depth = 0;
    for (size_t i = 0; i < path.n; i++)
        depth += path.p[i] == '/';
    return depth;
}

static int scan_by_path(const void *a, const void *b)
{
    const struct scan_entry *x = a;
    const struct scan_entry *y = b;
    return span_cmp(x->path, y->path);
}

enum status scan_folder(int capsule, const char *folder, struct scan *s, scan_problem *problem,
                        void *context, struct error *e)
{
    *s = (struct scan){.fd = -1};
    arena_init(&s->arena, SCAN_ARENA_MAX);
    struct book seen;
    struct stat st;
    struct scan_walk w = {strlen(folder) + 1, s, &seen, problem, context};
    s->fd = openat(capsule, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->fd < 0 && errno == ENOENT)
        return ST_OK;
    if (s->fd < 0)
        return error_set(e, ST_IO, errno, "%s", folder);
    book_init(&seen);
    if (fstat(s->fd, &st) == 0)
        (void)scan_is_new(&w, &st);
    enum status status = scan_read_folder(&w, span_of(folder), e);
    /* Folders are added at the end of the list that is being walked: no recursion. */
    for (size_t i = 0; status == ST_OK && i < s->count; i++) {
        struct span path = s->entries[i].path;
        if (!s->entries[i].folder)
            continue;
        if (scan_depth(path) > SCAN_DEPTH_MAX)
            scan_tell(&w, path, 0, "folders nested too deeply");
        else
            status = scan_read_folder(&w, path, e);
    }
    book_fini(&seen);
    if (s->count > 0)
        qsort(s->entries, s->count, sizeof *s->entries, scan_by_path);
    return status;
}

struct scan_entry *scan_find(const struct scan *s, struct span path)
{
    struct scan_entry key = {.path = path};
    if (s->count == 0)
        return NULL;
    return bsearch(&key, s->entries, s->count, sizeof *s->entries, scan_by_path);
}

void scan_fini(struct scan *s)
{
    free(s->entries);
    arena_fini(&s->arena);
    if (s->fd >= 0)
        close(s->fd);
    *s = (struct scan){.fd = -1};
}
