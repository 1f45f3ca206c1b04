#include "serve/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"

#define STATE_PATH_MAX 8192

void state_init(struct state *s)
{
    buf_init(&s->path, STATE_PATH_MAX);
    s->lock = -1;
}

void state_fini(struct state *s)
{
    if (s->lock >= 0)
        close(s->lock);
    buf_fini(&s->path);
}

enum status state_make_place(const struct sites *sites, const char *path, struct error *e)
{
    enum status status = sites_check_private(sites, path, e);
    return status == ST_OK ? file_make_dir(path, e) : status;
}

/* Append the system's place for state. */
static void state_put_home(struct buf *dir)
{
    const char *system = getenv("STATE_DIRECTORY"); /* systemd's */
    const char *xdg = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (system != NULL && *system != '\0')
        buf_puts(dir, system);
    else if (xdg != NULL && *xdg != '\0')
        buf_putf(dir, "%s/broadsheet", xdg);
    else if (home != NULL && *home != '\0')
        buf_putf(dir, "%s/.local/state/broadsheet", home);
    else
        buf_puts(dir, "/var/lib/broadsheet");
}

static enum status state_place(struct state *s, const struct server_config *config, struct error *e)
{
    if (config->state != NULL) {
        buf_puts(&s->path, config->state);
    } else {
        /* Name, and path as a hash. */
        const char *told = config->sole ? server_config_vhosts(config)->capsule : config->config;
        char *real = realpath(told, NULL);
        const char *path = real == NULL ? told : real;
        const char *name = strrchr(path, '/');
        name = name == NULL ? path : name + 1;
        state_put_home(&s->path);
        buf_putf(&s->path, "/%.100s-%016" PRIx64, name, span_hash(span_of(path)));
        free(real);
    }
    (void)buf_str(&s->path);
    return buf_status(&s->path) == ST_OK ? ST_OK
                                         : error_set(e, ST_NOMEM, ENOMEM, "the state folder");
}

enum status state_open(struct state *s, struct sites *sites, const struct server_config *config,
                       const struct state *before, struct error *e)
{
    enum status status = state_place(s, config, e);
    if (status == ST_OK)
        status = sites_check_private(sites, s->path.p, e);
    if (status == ST_OK)
        status = state_take(s, before, e);
    if (status == ST_OK)
        sites_place(sites, s->path.p, config->sole);
    return status;
}

static void state_put_lock(const struct state *s, struct buf *path)
{
    buf_init(path, STATE_PATH_MAX);
    buf_putf(path, "%s/lock", s->path.p);
}

static bool state_is_held(const struct state *s, const struct stat *file)
{
    struct stat held;
    return s->lock >= 0 && fstat(s->lock, &held) == 0 && file->st_dev == held.st_dev &&
           file->st_ino == held.st_ino;
}

/* Two servers on one edition would serve each other's pages.  *fd gets the lock. */
static enum status state_lock(const struct state *s, const struct state *before, int *fd,
                              struct error *e)
{
    struct stat st;
    struct buf path;
    state_put_lock(s, &path);
    enum status status = ST_OK;
    *fd = open(buf_str(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0)
        status = error_set(e, ST_IO, errno, "%s", buf_str(&path));
    else if (before != NULL && fstat(*fd, &st) == 0 && state_is_held(before, &st))
        status = dup3(before->lock, *fd, O_CLOEXEC) >= 0 /* both hold it: it ends with the last */
                     ? ST_OK
                     : error_set(e, ST_IO, errno, "%s", buf_str(&path));
    else if (flock(*fd, LOCK_EX | LOCK_NB) != 0)
        status =
            error_set(e, ST_EXISTS, 0, "%s: another server uses this --state folder", s->path.p);
    buf_fini(&path);
    return status;
}

enum status state_take(struct state *s, const struct state *before, struct error *e)
{
    int fd = -1;
    enum status status = file_make_dir(s->path.p, e);
    if (status == ST_OK)
        status = state_lock(s, before, &fd, e);
    if (status != ST_OK) {
        if (fd >= 0)
            close(fd);
        return status;
    }
    if (s->lock >= 0)
        close(s->lock);
    s->lock = fd;
    return ST_OK;
}

bool state_is_taken(const struct state *s)
{
    struct stat named;
    struct buf path;
    state_put_lock(s, &path);
    bool same = stat(buf_str(&path), &named) == 0 && state_is_held(s, &named);
    buf_fini(&path);
    return same;
}
