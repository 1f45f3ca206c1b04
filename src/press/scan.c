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

#include "core/buf.h"

#define SCAN_PATH_MAX  4096
#define SCAN_ARENA_MAX ((size_t)512 * 1024 * 1024)

struct scan_walk {
    size_t root; /* bytes of "FOLDER/" in every path */
    bool statics;
    struct scan *scan;
    scan_problem *problem;
    void *context;
};

/* A name that is being looked at. */
struct scan_name {
    int dir;          /* the open folder that it is in */
    const char *name; /* there */
    struct span path; /* whole; NUL-ended */
    bool linked;      /* a link leads to that folder */
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

/* Open a folder without leaving the root. */
static int scan_open(const struct scan_walk *w, const char *name)
{
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
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

/*
 * What a name is, and, if a link leads to it, where that is.  A folder was opened without leaving
 * the root, so what lies in it needs no such care, unless it is a link.  Returns false and tells
 * what it cannot be.
 */
static bool scan_stat(const struct scan_walk *w, const struct scan_name *n, struct stat *st,
                      bool *link, char real[PATH_MAX])
{
    struct error e;
    if (fstatat(n->dir, n->name, st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT) /* gone since the folder was read: nothing to tell */
            scan_tell(w, n->path, errno, NULL);
        return false;
    }
    *link = S_ISLNK(st->st_mode);
    if (!*link)
        return true;
    enum status status =
        file_look_beneath(w->scan->fd, n->path.p + w->root, n->path.p, st, real, &e);
    if (status != ST_OK && faccessat(n->dir, n->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        w->problem(w->context, &e);
    return status == ST_OK;
}

/* Is `below` the folder `above` or in it?  Both relative to the root, which is "". */
static bool scan_is_within(struct span below, struct span above)
{
    return above.n == 0 ||
           (span_starts(below, above) && (below.n == above.n || below.p[above.n] == '/'));
}

/*
 * Why a link to a folder is not followed, or NULL.  One link on the way is enough for everybody,
 * and bounds what links can multiply: files times links.
 */
static const char *scan_refusal(const struct scan_walk *w, const struct scan_name *n,
                                const char *real)
{
    size_t folder = n->path.n - strlen(n->name);
    struct span here = {n->path.p + w->root, folder > w->root ? folder - 1 - w->root : 0};
    if (!w->statics)
        return "a link to a folder that is read already";
    if (n->linked)
        return "a link to a folder, in a folder that a link leads to";
    return scan_is_within(here, span_of(real)) ? "a link to a folder that it is in" : NULL;
}

/* Look at one name; adds it unless it is a problem. */
static enum status scan_visit(const struct scan_walk *w, const struct scan_name *n, struct error *e)
{
    struct stat st;
    bool link = false;
    char real[PATH_MAX];
    if (!scan_stat(w, n, &st, &link, real))
        return ST_OK;
    bool folder = S_ISDIR(st.st_mode);
    const char *refusal = link && folder ? scan_refusal(w, n, real) : NULL;
    if (!folder && !S_ISREG(st.st_mode))
        refusal = "neither a file nor a folder";
    if (refusal != NULL) {
        scan_tell(w, n->path, 0, refusal);
        return ST_OK;
    }
    struct scan_entry *entry = scan_add(w->scan, n->path, w->root);
    if (entry == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", n->path.p);
    entry->folder = folder;
    entry->linked = n->linked || (link && folder);
    /* A folder's own times change with what is in it, which is looked at anyway. */
    if (!folder)
        entry->stamp = file_stamp_of(&st);
    return ST_OK;
}

/* Is a name passed over?  Of the hidden ones only the folder /.well-known is not. */
static bool scan_is_private(const struct scan_walk *w, bool top, int dir, const char *name)
{
    struct stat st;
    if (!file_is_private(name))
        return false;
    return !w->statics || !top || strcmp(name, FILE_WELL_KNOWN) != 0 ||
           fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(st.st_mode);
}

/*
 * The next name of a folder, or NULL.  A disk that cannot be read is no reason to take the rest of
 * the folder out of service: *status is ST_IO then, and the edition before stays.
 */
static struct dirent *scan_next(DIR *dir, struct span folder, enum status *status, struct error *e)
{
    errno = 0;
    struct dirent *found = readdir(dir);
    if (found == NULL && errno != 0)
        *status = error_set(e, ST_IO, errno, "%.*s", (int)folder.n, folder.p);
    return found;
}

static enum status scan_read_folder(const struct scan_walk *w, struct span folder, bool linked,
                                    struct error *e)
{
    struct buf path;
    buf_init(&path, SCAN_PATH_MAX);
    enum status status = ST_OK;
    bool top = folder.n < w->root;
    int fd = scan_open(w, top ? "." : folder.p + w->root);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        if (errno == ENOMEM)
            status = error_set(e, ST_NOMEM, ENOMEM, "%.*s", (int)folder.n, folder.p);
        else
            scan_tell(w, folder, errno, NULL);
        if (fd >= 0)
            close(fd);
    }
    struct dirent *found;
    while (dir != NULL && status == ST_OK && (found = scan_next(dir, folder, &status, e)) != NULL) {
        if (scan_is_private(w, top, fd, found->d_name))
            continue;
        buf_clear(&path);
        buf_put(&path, folder);
        buf_putc(&path, '/');
        buf_puts(&path, found->d_name);
        const char *whole = buf_str(&path);
        if (buf_status(&path) == ST_NOMEM)
            status = error_set(e, ST_NOMEM, ENOMEM, "%.*s", (int)folder.n, folder.p);
        else if (buf_status(&path) != ST_OK)
            scan_tell(w, folder, ENAMETOOLONG, NULL);
        else
            status =
                scan_visit(w, &(struct scan_name){fd, found->d_name, {whole, path.n}, linked}, e);
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

enum status scan_folder(int capsule, enum scan_root root, struct scan *s, scan_problem *problem,
                        void *context, struct error *e)
{
    const char *folder = root == SCAN_STATICS ? "static" : "articles";
    *s = (struct scan){.fd = -1};
    arena_init(&s->arena, SCAN_ARENA_MAX);
    struct scan_walk w = {strlen(folder) + 1, root == SCAN_STATICS, s, problem, context};
    s->fd = openat(capsule, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->fd < 0 && errno == ENOENT)
        return ST_OK;
    if (s->fd < 0)
        return error_set(e, ST_IO, errno, "%s", folder);
    enum status status = scan_read_folder(&w, span_of(folder), false, e);
    /* Folders are added at the end of the list that is being walked: no recursion. */
    for (size_t i = 0; status == ST_OK && i < s->count; i++) {
        struct span path = s->entries[i].path;
        if (!s->entries[i].folder)
            continue;
        if (scan_depth(path) > SCAN_DEPTH_MAX)
            scan_tell(&w, path, 0, "folders nested too deeply");
        else
            status = scan_read_folder(&w, path, s->entries[i].linked, e);
    }
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
