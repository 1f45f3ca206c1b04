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

enum status state_make_place(const struct sites *sites, const char *path, struct error *e)
{
    enum status status = sites_check_private(sites, path, e);
    return status == ST_OK ? file_make_dir(path, e) : status;
}

/* Two servers on one edition would serve each other's pages. */
static enum status state_lock(const char *dir, int before, int *lock, struct error *e)
{
    struct stat ours;
    struct stat theirs;
    struct buf path;
    buf_init(&path, STATE_PATH_MAX);
    buf_putf(&path, "%s/lock", dir);
    enum status status = ST_OK;
    *lock = open(buf_str(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*lock < 0)
        status = error_set(e, ST_IO, errno, "%s", buf_str(&path));
    else if (before >= 0 && fstat(before, &theirs) == 0 && fstat(*lock, &ours) == 0 &&
             ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
        status = dup3(before, *lock, O_CLOEXEC) >= 0 /* both hold it: it ends with the last */
                     ? ST_OK
                     : error_set(e, ST_IO, errno, "%s", buf_str(&path));
    else if (flock(*lock, LOCK_EX | LOCK_NB) != 0)
        status = error_set(e, ST_EXISTS, 0, "%s: another server uses this --state folder", dir);
    buf_fini(&path);
    return status;
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

enum status state_open(struct sites *sites, const struct server_config *config, int before,
                       int *lock, struct error *e)
{
    struct buf dir;
    buf_init(&dir, STATE_PATH_MAX);
    if (config->state != NULL) {
        buf_puts(&dir, config->state);
    } else {
        /* One folder for each capsule, or configuration of several: name, and path as a hash. */
        const char *told = config->sole ? sites->items[0].config->capsule : config->config;
        char *real = realpath(told, NULL);
        const char *path = real == NULL ? told : real;
        const char *name = strrchr(path, '/');
        name = name == NULL ? path : name + 1;
        state_put_home(&dir);
        buf_putf(&dir, "/%.100s-%016" PRIx64, name, span_hash(span_of(path)));
        free(real);
    }
    enum status status = state_make_place(sites, buf_str(&dir), e);
    if (status == ST_OK)
        status = state_lock(buf_str(&dir), before, lock, e);
    if (status == ST_OK)
        sites_place(sites, buf_str(&dir), config->sole);
    buf_fini(&dir);
    return status;
}
