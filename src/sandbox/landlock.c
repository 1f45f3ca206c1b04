#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/parts.h"

/* What the headers of Debian 12 do not know yet; the program runs on newer kernels as well. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP    (1ULL << 0)
#define LANDLOCK_ACCESS_NET_CONNECT_TCP (1ULL << 1)
#endif
#ifndef LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0)
#define LANDLOCK_SCOPE_SIGNAL               (1ULL << 1)
#endif

#define LANDLOCK_PATH_MAX 8192

/* struct landlock_ruleset_attr of ABI 6: one of an older ABI is a beginning of it. */
struct landlock_ruleset {
    uint64_t fs;     /* rights that need a rule */
    uint64_t net;    /* likewise: ABI 4 */
    uint64_t scoped; /* what does not reach outside: ABI 6 */
};

#define LANDLOCK_FS_1                                                                              \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |   \
     LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |                                 \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |   \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

#define LANDLOCK_READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define LANDLOCK_WRITES                                                                          \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_MAKE_REG | \
     LANDLOCK_ACCESS_FS_REMOVE_FILE)
/* Of these, what a rule for a file that is no folder may have. */
#define LANDLOCK_OF_FILE \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)

/* Everything that this ABI can take away; returns how much of the struct it knows. */
static size_t landlock_all(int abi, struct landlock_ruleset *r)
{
    *r = (struct landlock_ruleset){.fs = LANDLOCK_FS_1};
    if (abi >= 2)
        r->fs |= LANDLOCK_ACCESS_FS_REFER;
    if (abi >= 3)
        r->fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
    if (abi >= 4)
        r->net = LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP;
    if (abi >= 5)
        r->fs |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
    if (abi >= 6)
        r->scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL;
    if (abi >= 6)
        return sizeof *r;
    return abi >= 4 ? offsetof(struct landlock_ruleset, scoped)
                    : offsetof(struct landlock_ruleset, net);
}

/* One rule; *st tells for what, all zeros when there is no such file. */
static bool landlock_allow(int ruleset, const char *path, uint64_t rights, struct stat *st)
{
    *st = (struct stat){0};
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return true; /* what is missing, or already out of reach, needs no rule */
    bool good = fstat(fd, st) == 0;
    if (good && !S_ISDIR(st->st_mode))
        rights &= LANDLOCK_OF_FILE;
    const struct landlock_path_beneath_attr rule = {.allowed_access = rights, .parent_fd = fd};
    good =
        good && syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    int cause = errno;
    close(fd);
    errno = cause;
    return good;
}

/* The path of the folder that holds path, NUL-ended. */
static const char *landlock_holder(const char *path, struct buf *out)
{
    struct span whole = span_of(path);
    while (whole.n > 0 && path[whole.n - 1] != '/')
        whole.n--;
    buf_clear(out);
    buf_put(out, whole.n == 0 ? SPAN("./") : whole);
    return buf_str(out);
}

static bool landlock_add_rules(int ruleset, uint64_t handled, struct sandbox_place *places,
                               size_t count, const char *const *system)
{
    struct stat st;
    struct buf holder;
    bool good = true;
    buf_init(&holder, LANDLOCK_PATH_MAX);
    for (size_t i = 0; good && i < count; i++) {
        const char *path = places[i].path;
        path = places[i].holder ? landlock_holder(path, &holder) : path;
        if (buf_status(&holder) == ST_NOMEM) {
            errno = ENOMEM;
            good = false;
            break;
        }
        uint64_t rights = LANDLOCK_READS | (places[i].writes ? LANDLOCK_WRITES : 0);
        good = landlock_allow(ruleset, path, rights & handled, &st);
        places[i].device = st.st_dev;
        places[i].inode = st.st_ino;
    }
    for (; good && *system != NULL; system++)
        good = landlock_allow(ruleset, *system, LANDLOCK_READS, &st);
    buf_fini(&holder);
    return good;
}

int landlock_enter(struct sandbox_place *places, size_t count, const char *const *system)
{
    struct landlock_ruleset all;
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return -1;
    size_t size = landlock_all(abi, &all);
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, size, 0);
    if (ruleset < 0)
        return -1;
    bool good = landlock_add_rules(ruleset, all.fs, places, count, system) &&
                syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    int cause = errno;
    close(ruleset);
    errno = cause;
    for (size_t i = 0; i < count; i++)
        places[i].is_in_force = good;
    return good ? abi : -1;
}
