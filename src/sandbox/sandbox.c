#include "sandbox/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sandbox/parts.h"

/* What a worker opens of the system: SQLite's random numbers, and the listeners' spare. */
static const char *const sandbox_of_worker[] = {"/dev/urandom", "/dev/null", NULL};

/* And the key process. */
static const char *const sandbox_of_key[] = {NULL};

/* And press: libmagic's database, gconv modules. */
static const char *const sandbox_of_press[] = {
    "/dev/urandom", "/dev/null", "/usr", "/lib", "/lib64", "/etc/magic", "/etc/magic.mime", NULL,
};

/* And a build with AddressSanitizer besides, see parts.h. */
static const char *const sandbox_of_sanitizer[] = {
    "/dev/urandom", "/dev/null",       "/usr",           "/lib",  "/lib64",
    "/etc/magic",   "/etc/magic.mime", "/proc/self/exe", "/proc", NULL,
};

/* What is asked for, and what came of it. */
struct sandbox {
    enum sandbox_wish wish;
    struct buf told;
    struct error failed; /* the first that there is not although it is required */
};

enum status sandbox_wish_find(const char *text, enum sandbox_wish *out, struct error *e)
{
    static const char *const names[] = {
        [SANDBOX_OFF] = "off", [SANDBOX_TRY] = "try", [SANDBOX_REQUIRE] = "require"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum sandbox_wish)i;
            return ST_OK;
        }
    }
    return error_set(e, ST_SYNTAX, 0, "sandbox %s: not require, try or off", text);
}

bool sandbox_is_beyond(const struct sandbox_place *place, const struct stat *now)
{
    return place->is_in_force && (now->st_dev != place->device || now->st_ino != place->inode);
}

static void sandbox_begin(struct sandbox *s, enum sandbox_wish wish)
{
    *s = (struct sandbox){.wish = wish};
    buf_init(&s->told, SANDBOX_TOLD_MAX - 1);
}

/* Tell of one thing: that it is in force, or that it is not, and why (errno). */
static void sandbox_tell(struct sandbox *s, const char *what, bool good)
{
    int cause = errno;
    if (s->told.n > 0)
        buf_puts(&s->told, ", ");
    if (good)
        buf_puts(&s->told, what);
    else
        buf_putf(&s->told, "%s: no (%s)", what, strerror(cause));
    /* It can be had, only not now: nobody goes on without it for that. */
    if (!good && cause == ENOMEM && s->failed.code == ST_OK)
        (void)error_set(&s->failed, ST_NOMEM, cause, "sandbox: %s", what);
    if (!good && s->wish == SANDBOX_REQUIRE && s->failed.code == ST_OK)
        (void)error_set(&s->failed, ST_IO, cause, "sandbox: %s is required, but not there", what);
}

static enum status sandbox_end(struct sandbox *s, char told[SANDBOX_TOLD_MAX], struct error *e)
{
    struct span text = buf_status(&s->told) == ST_OK ? buf_span(&s->told) : SPAN("(out of memory)");
    if (s->wish == SANDBOX_OFF)
        text = SPAN("off");
    memcpy(told, text.p, text.n);
    told[text.n] = '\0';
    buf_fini(&s->told);
    if (s->failed.code != ST_OK && e != NULL)
        *e = s->failed;
    return s->failed.code;
}

/* Filters add up, and every system call goes through all of them: one is enough. */
static bool sandbox_filter_supervisor(void)
{
    static bool filtered;
    filtered = filtered || seccomp_enter(SECCOMP_SUPERVISOR);
    return filtered;
}

enum status sandbox_supervisor(enum sandbox_wish wish, char told[SANDBOX_TOLD_MAX], struct error *e)
{
    struct sandbox s;
    sandbox_begin(&s, wish);
    if (wish != SANDBOX_OFF) {
        sandbox_tell(&s, "no_new_privs", limits_no_new_privs());
        sandbox_tell(&s, "not dumpable", limits_not_dumpable());
        sandbox_tell(&s, "seccomp", sandbox_filter_supervisor());
    }
    return sandbox_end(&s, told, e);
}

/* seccomp comes last: it takes away what the others are made with. */
static void sandbox_enter(struct sandbox *s, enum seccomp_kind kind, struct sandbox_place *places,
                          size_t count, const char *const *system)
{
    char name[32] = "Landlock";
    tzset(); /* else the first line of the log would want to read it */
    sandbox_tell(s, "no_new_privs", limits_no_new_privs());
    sandbox_tell(s, "not dumpable", limits_not_dumpable());
    if (!SANDBOX_SANITIZED)
        sandbox_tell(s, "process limit 0", limits_no_processes());
    int abi = landlock_enter(places, count, SANDBOX_SANITIZED ? sandbox_of_sanitizer : system);
    if (abi > 0)
        snprintf(name, sizeof name, "Landlock ABI %d", abi);
    sandbox_tell(s, name, abi > 0);
    bool filtered = seccomp_enter(kind);
    sandbox_tell(s, SANDBOX_SANITIZED && filtered ? "seccomp, but for AddressSanitizer" : "seccomp",
                 filtered);
}

/* All but the supervisor: reach the places and what is listed of the system, make these calls. */
static enum status sandbox_confine(enum sandbox_wish wish, enum seccomp_kind kind,
                                   struct sandbox_place *places, size_t count,
                                   const char *const *system, char told[SANDBOX_TOLD_MAX],
                                   struct error *e)
{
    struct sandbox s;
    sandbox_begin(&s, wish);
    if (wish != SANDBOX_OFF)
        sandbox_enter(&s, kind, places, count, system);
    return sandbox_end(&s, told, e);
}

enum status sandbox_worker(enum sandbox_wish wish, struct sandbox_place *places, size_t count,
                           char told[SANDBOX_TOLD_MAX], struct error *e)
{
    return sandbox_confine(wish, SECCOMP_WORKER, places, count, sandbox_of_worker, told, e);
}

enum status sandbox_key(enum sandbox_wish wish, char told[SANDBOX_TOLD_MAX], struct error *e)
{
    return sandbox_confine(wish, SECCOMP_KEY, NULL, 0, sandbox_of_key, told, e);
}

enum status sandbox_press(enum sandbox_wish wish, struct sandbox_place *places, size_t count,
                          char told[SANDBOX_TOLD_MAX], struct error *e)
{
    return sandbox_confine(wish, SECCOMP_PRESS, places, count, sandbox_of_press, told, e);
}
