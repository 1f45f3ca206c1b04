#include "serve/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/file.h"
#include "log/log.h"

#define WATCH_PATH_MAX    8192
#define WATCH_FOLDERS_MAX 8192
#define WATCH_LOOK        500 /* milliseconds */
#define WATCH_DEPTH_MAX   34  /* two more than press reads, so that its complaint comes back */
/*
 * Behind so many events in a row others may be lost without a word (max_queued_events, 16384):
 * those of any folder, since all wait in one queue.
 */
#define WATCH_MANY 1000

/* Events that have come for all capsules. */
static unsigned watch_events;

struct watch_folder {
    uv_fs_event_t event;
    struct watch *watch;
    struct watch_folder *next;
    char *path;
    unsigned depth;
};

struct watch {
    uv_loop_t *loop;
    uv_timer_t timer;
    uv_timer_t look;  /* for what no event tells: another folder has its name, or one is lost */
    unsigned handles; /* timers that are not closed yet, while stopping */
    struct stat seen; /* the capsule when it was looked at last; zeros: it was not there */
    char *path;
    const char *base; /* the capsule's name */
    watch_changed *changed;
    void *context;
    struct watch_folder *folders;
    size_t count;
    uint64_t first;  /* uv_now() of the burst's first change; 0 for none */
    unsigned events; /* watch_events when it was last asked whether there were many */
    bool folders_changed;
    bool told; /* a failure is logged once, until things get better */
};

static void watch_on_closed(uv_handle_t *handle)
{
    struct watch_folder *f = handle->data;
    free(f->path);
    free(f);
}

static void watch_drop_all(struct watch *w)
{
    while (w->folders != NULL) {
        struct watch_folder *next = w->folders->next;
        uv_close((uv_handle_t *)&w->folders->event, watch_on_closed);
        w->folders = next;
    }
    w->count = 0;
}

static void watch_on_event(uv_fs_event_t *event, const char *name, int events, int status);

static void watch_tell(struct watch *w, const char *path, const char *why)
{
    if (!w->told)
        log_line(LOG_WARNING, "cannot watch %s: %s; changes there show after SIGHUP", path, why);
    w->told = true;
}

static void watch_add(struct watch *w, const char *path, unsigned depth)
{
    struct watch_folder *f = calloc(1, sizeof *f);
    char *copy = strdup(path);
    if (f == NULL || copy == NULL || w->count == WATCH_FOLDERS_MAX) {
        watch_tell(w, path, f == NULL || copy == NULL ? "out of memory" : "too many folders");
        free(f);
        free(copy);
        return;
    }
    f->watch = w;
    f->path = copy;
    f->depth = depth;
    f->event.data = f;
    uv_fs_event_init(w->loop, &f->event);
    int result = uv_fs_event_start(&f->event, watch_on_event, path, 0);
    if (result != 0) {
        if (result != UV_ENOENT && result != UV_ENOTDIR)
            watch_tell(w, path, uv_strerror(result));
        uv_close((uv_handle_t *)&f->event, watch_on_closed);
        return;
    }
    f->next = w->folders;
    w->folders = f;
    w->count++;
}

/* Is a name in this folder nobody's business?  static/.well-known is served. */
static bool watch_is_private(const struct watch_folder *f, const char *name)
{
    return file_is_private(name) && !(f->depth == 1 && strcmp(name, FILE_WELL_KNOWN) == 0);
}

/* Watch the folders directly in f. */
static void watch_add_below(struct watch *w, const struct watch_folder *f)
{
    DIR *dir = f->depth < WATCH_DEPTH_MAX ? opendir(f->path) : NULL;
    struct buf path;
    buf_init(&path, WATCH_PATH_MAX);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        struct stat st;
        /* Most names are files, and most file systems say so without being asked again. */
        if (entry->d_type == DT_REG || watch_is_private(f, entry->d_name))
            continue;
        /* Of the capsule's own folder only the two that are read matter. */
        if (f->depth == 0 && strcmp(entry->d_name, "articles") != 0 &&
            strcmp(entry->d_name, "static") != 0)
            continue;
        buf_clear(&path);
        buf_putf(&path, "%s/%s", f->path, entry->d_name);
        /* Deeper down a link leads to what is watched anyway, or out, where nothing is read. */
        int flags = f->depth == 0 ? 0 : AT_SYMLINK_NOFOLLOW;
        if (fstatat(AT_FDCWD, buf_str(&path), &st, flags) == 0 && S_ISDIR(st.st_mode))
            watch_add(w, buf_str(&path), f->depth + 1);
    }
    if (dir != NULL)
        closedir(dir);
    buf_fini(&path);
}

/*
 * Is the capsule another folder than at the last look, gone, back, or may be watched now?  We look
 * its name up, for watching the folder that holds it would wake us for all that is written there.
 */
static bool watch_moved(struct watch *w)
{
    struct stat st = {0};
    if (stat(w->path, &st) != 0)
        st = (struct stat){0};
    bool moved = st.st_dev != w->seen.st_dev || st.st_ino != w->seen.st_ino ||
                 (w->count == 0 && (st.st_ctim.tv_sec != w->seen.st_ctim.tv_sec ||
                                    st.st_ctim.tv_nsec != w->seen.st_ctim.tv_nsec));
    w->seen = st;
    return moved;
}

void watch_renew(struct watch *w)
{
    (void)watch_moved(w);
    watch_drop_all(w);
    w->told = false;
    w->folders_changed = false;
    watch_add(w, w->path, 0);
    /* The list grows at its head; walk it level by level until nothing is added. */
    for (unsigned depth = 0; depth < WATCH_DEPTH_MAX; depth++) {
        size_t before = w->count;
        for (struct watch_folder *f = w->folders; f != NULL; f = f->next) {
            if (f->depth == depth)
                watch_add_below(w, f);
        }
        if (w->count == before)
            break;
    }
}

/* Have there been so many events since this was last asked that some may be lost? */
static bool watch_was_flooded(struct watch *w)
{
    bool flooded = watch_events - w->events >= WATCH_MANY;
    w->events = watch_events;
    return flooded;
}

/* First watch anew, then tell: what happens in between is a change of its own. */
static void watch_end_burst(struct watch *w)
{
    uv_timer_stop(&w->timer);
    if (watch_was_flooded(w) || w->folders_changed)
        watch_renew(w);
    w->first = 0;
    w->changed(w->context);
}

static void watch_on_quiet(uv_timer_t *timer)
{
    watch_end_burst(timer->data);
}

/* A change, or what may be one: it is told as soon as there is no other for a moment. */
static void watch_wait(struct watch *w)
{
    uint64_t now = uv_now(w->loop);
    if (w->first == 0)
        w->first = now == 0 ? 1 : now;
    uint64_t waited = now - w->first;
    uint64_t wait = waited + WATCH_QUIET > WATCH_PATIENCE
                        ? (waited < WATCH_PATIENCE ? WATCH_PATIENCE - waited : 0)
                        : WATCH_QUIET;
    uv_timer_start(&w->timer, watch_on_quiet, wait, 0);
}

static void watch_on_event(uv_fs_event_t *event, const char *name, int events, int status)
{
    const struct watch_folder *f = event->data;
    struct watch *w = f->watch;
    watch_events++;
    if (f->depth == 0 && name != NULL && strcmp(name, "capsule.conf") != 0 &&
        strcmp(name, "articles") != 0 && strcmp(name, "static") != 0 && strcmp(name, w->base) != 0)
        return;
    if (f->depth > 0 && name != NULL && watch_is_private(f, name))
        return;
    if (status < 0 || (events & UV_RENAME) != 0)
        w->folders_changed = true;
    watch_wait(w);
}

static void watch_on_look(uv_timer_t *timer)
{
    struct watch *w = timer->data;
    bool flooded = watch_was_flooded(w);
    bool moved = watch_moved(w);
    w->folders_changed = w->folders_changed || flooded || moved;
    if (moved)
        watch_end_burst(w);
    else if (flooded)
        watch_wait(w);
}

/* The capsule's name in the folder that holds it. */
static void watch_name(struct watch *w)
{
    size_t n = strlen(w->path);
    while (n > 1 && w->path[n - 1] == '/')
        w->path[--n] = '\0';
    char *slash = strrchr(w->path, '/');
    w->base = slash == NULL ? w->path : slash + 1;
}

enum status watch_start(uv_loop_t *loop, const char *path, watch_changed *changed, void *context,
                        struct watch **out, struct error *e)
{
    struct watch *w = calloc(1, sizeof *w);
    if (w != NULL)
        w->path = strdup(path);
    if (w == NULL || w->path == NULL) {
        free(w);
        return error_set(e, ST_NOMEM, ENOMEM, "watch %s", path);
    }
    watch_name(w);
    w->events = watch_events;
    w->loop = loop;
    w->changed = changed;
    w->context = context;
    uv_timer_init(loop, &w->timer);
    uv_timer_init(loop, &w->look);
    w->timer.data = w->look.data = w;
    watch_renew(w);
    uv_timer_start(&w->look, watch_on_look, WATCH_LOOK, WATCH_LOOK);
    *out = w;
    return ST_OK;
}

static void watch_on_timer_closed(uv_handle_t *handle)
{
    struct watch *w = handle->data;
    if (--w->handles > 0)
        return;
    free(w->path);
    free(w);
}

void watch_stop(struct watch *w)
{
    watch_drop_all(w);
    w->handles = 2;
    uv_close((uv_handle_t *)&w->timer, watch_on_timer_closed);
    uv_close((uv_handle_t *)&w->look, watch_on_timer_closed);
}
