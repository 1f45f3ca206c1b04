#include "serve/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include <uv.h>

#include "core/file.h"
#include "edition/reader.h"
#include "log/log.h"
#include "net/listener.h"
#include "serve/crew.h"
#include "serve/job.h"
#include "serve/keyring.h"
#include "serve/watch.h"
#include "serve/worker.h"

#define SUPERVISOR_SOCKETS_MAX 64
#define SUPERVISOR_PATH_MAX    8192
#define SUPERVISOR_EXPIRY_WARN 30 /* days */

struct supervisor {
    const struct server_config *config;
    const char *capsule;
    struct buf edition;  /* path of the edition, NUL-ended */
    struct buf statics;  /* path of static/ */
    struct buf base_url; /* for press */
    struct buf settings; /* for the workers */
    int sockets[SUPERVISOR_SOCKETS_MAX];
    int lock; /* of the state folder, or -1 */
    size_t socket_count;
    uv_loop_t loop;
    uv_signal_t term, interrupt, hangup;
    struct watch *watch;
    struct job job;
    struct keyring keyring;
    struct crew *crew;
    bool stopping;
    enum status status; /* how it ends */
    struct error *error;
};

/* A default address that this machine does not have is no error: there is the other one. */
static enum status supervisor_bind(struct supervisor *s, struct error *e)
{
    const struct option_list *listen = &s->config->listen;
    struct error cause = {0};
    for (size_t i = 0; i < listen->count; i++) {
        if (s->socket_count == SUPERVISOR_SOCKETS_MAX)
            return error_set(e, ST_LIMIT, 0, "listen: more than %d addresses",
                             SUPERVISOR_SOCKETS_MAX);
        enum status status = listener_bind(listen->items[i], &s->sockets[s->socket_count], &cause);
        if (status == ST_OK) {
            s->socket_count++;
        } else if (status == ST_MISSING && listen->count > 1) {
            log_line(LOG_WARNING, "%s; the other addresses are served", cause.message);
        } else {
            if (e != NULL)
                *e = cause;
            return status;
        }
    }
    if (s->socket_count > 0)
        return ST_OK;
    if (e != NULL)
        *e = cause;
    return ST_IO;
}

/* "gemini://HOST/", with the port where it is not the protocol's own. */
static void supervisor_make_base_url(struct supervisor *s)
{
    char name[LISTENER_NAME_MAX];
    const char *host = s->config->host.items[0];
    bool bare6 = strchr(host, ':') != NULL && host[0] != '[';
    unsigned port = listener_name(s->sockets[0], name);
    buf_putf(&s->base_url, bare6 ? "gemini://[%s]" : "gemini://%s", host);
    if (port != GEMINI_PORT)
        buf_putf(&s->base_url, ":%u", port);
    buf_putc(&s->base_url, '/');
    (void)buf_str(&s->base_url);
}

/* Is `path` (or its folder, if it is not there yet) inside this folder of the capsule? */
static bool supervisor_is_inside(const struct supervisor *s, const char *folder, const char *path)
{
    struct buf inside;
    buf_init(&inside, SUPERVISOR_PATH_MAX);
    buf_putf(&inside, "%s/%s", s->capsule, folder);
    char *outer = realpath(buf_str(&inside), NULL);
    char *inner = realpath(path, NULL);
    bool found = false;
    if (outer != NULL && inner != NULL) {
        size_t n = strlen(outer);
        found = strncmp(inner, outer, n) == 0 && (inner[n] == '/' || inner[n] == '\0');
    }
    free(outer);
    free(inner);
    buf_fini(&inside);
    return found;
}

/* A private key or an edition among the published files would be published with them. */
static enum status supervisor_check_private(const struct supervisor *s, const char *path,
                                            struct error *e)
{
    static const char *const published[] = {"static", "articles"};
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        if (supervisor_is_inside(s, published[i], path))
            return error_set(e, ST_FORMAT, 0, "%s: lies in %s/%s, which is published", path,
                             s->capsule, published[i]);
    }
    return ST_OK;
}

/* The same for a folder, which is made. */
static enum status supervisor_check_place(const struct supervisor *s, const char *path,
                                          struct error *e)
{
    enum status status = file_make_dir(path, e);
    return status == ST_OK ? supervisor_check_private(s, path, e) : status;
}

/* Two servers on one edition would serve each other's pages.  The lock ends with the process. */
static enum status supervisor_lock(struct supervisor *s, const char *dir, struct error *e)
{
    struct buf path;
    buf_init(&path, SUPERVISOR_PATH_MAX);
    buf_putf(&path, "%s/lock", dir);
    enum status status = ST_OK;
    s->lock = open(buf_str(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock < 0)
        status = error_set(e, ST_IO, errno, "%s", buf_str(&path));
    else if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
        status = error_set(e, ST_EXISTS, 0, "%s: another server uses this --state folder", dir);
    buf_fini(&path);
    return status;
}

/* Where the edition of this capsule lives: told by --state, or the system's place for state. */
static enum status supervisor_make_state(struct supervisor *s, struct error *e)
{
    struct buf dir;
    buf_init(&dir, SUPERVISOR_PATH_MAX);
    const char *system = getenv("STATE_DIRECTORY"); /* systemd's */
    const char *xdg = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (s->config->state != NULL) {
        buf_puts(&dir, s->config->state);
    } else {
        char *real = realpath(s->capsule, NULL);
        if (system != NULL && *system != '\0')
            buf_puts(&dir, system);
        else if (xdg != NULL && *xdg != '\0')
            buf_putf(&dir, "%s/broadsheet", xdg);
        else if (home != NULL && *home != '\0')
            buf_putf(&dir, "%s/.local/state/broadsheet", home);
        else
            buf_puts(&dir, "/var/lib/broadsheet");
        /* One folder for each capsule: its name, and its whole path as a hash. */
        const char *path = real == NULL ? s->capsule : real;
        const char *name = strrchr(path, '/');
        name = name == NULL ? path : name + 1;
        buf_putf(&dir, "/%.100s-%016" PRIx64, name, span_hash(span_of(path)));
        free(real);
    }
    enum status status = supervisor_check_place(s, buf_str(&dir), e);
    if (status == ST_OK)
        status = supervisor_lock(s, buf_str(&dir), e);
    if (status == ST_OK) {
        buf_putf(&s->edition, "%s/edition.db", buf_str(&dir));
        buf_putf(&s->statics, "%s/static", s->capsule);
        (void)buf_str(&s->edition);
        (void)buf_str(&s->statics);
    }
    buf_fini(&dir);
    return status;
}

static void supervisor_tell_identity(const struct supervisor *s, const struct identity *id)
{
    struct buf print;
    buf_init(&print, 256);
    identity_certificate_fingerprint(id, &print);
    log_line(LOG_INFO, "certificate %s, fingerprint SHA-256 %s", identity_certificate_path(id),
             buf_str(&print));
    buf_clear(&print);
    identity_key_fingerprint(id, &print);
    log_line(LOG_INFO, "public key fingerprint SHA-256 %s", buf_str(&print));
    buf_fini(&print);
    for (size_t i = 0; i < s->config->host.count; i++) {
        if (!identity_names(id, s->config->host.items[i]))
            log_line(LOG_WARNING,
                     "%s does not name %s: clients will warn (the certificate is kept: readers "
                     "trust it)",
                     identity_certificate_path(id), s->config->host.items[i]);
    }
    long days = identity_days_left(id);
    if (days < SUPERVISOR_EXPIRY_WARN)
        log_line(LOG_WARNING, "%s %s", identity_certificate_path(id),
                 days < 0 ? "has expired" : "expires in less than 30 days");
    if (identity_is_early(id))
        log_line(LOG_WARNING, "%s is not valid yet: is the clock right?",
                 identity_certificate_path(id));
}

static enum status supervisor_make_settings(struct supervisor *s, const struct identity *id,
                                            struct error *e)
{
    union {
        const char *read;
        char *field;
    } key_path = {identity_key_path(id)}, certificate_path = {identity_certificate_path(id)};
    struct worker_settings settings = {
        .edition = s->edition.p,
        .statics = s->statics.p,
        .key = key_path.field,
        .certificate = certificate_path.field,
        .tls_min = s->config->tls_min,
        .host = s->config->host,
        .listeners = (long)s->socket_count,
    };
    struct options options;
    options_init(&options, worker_options, worker_options_count, &settings);
    options_write(&options, &s->settings);
    return buf_status(&s->settings) == ST_OK ? ST_OK : error_set(e, ST_NOMEM, ENOMEM, "settings");
}

enum status supervisor_check(const struct server_config *config, struct error *e)
{
    if (*config->certs == '\0' || (config->state != NULL && *config->state == '\0'))
        return error_set(e, ST_SYNTAX, 0, "an empty name is no folder");
    if (config->ticket_keys != NULL && *config->ticket_keys == '\0')
        return error_set(e, ST_SYNTAX, 0, "ticket-keys: an empty name is no file");
    enum context_version least;
    enum status status = context_version_find(config->tls_min, &least, e);
    if (status == ST_OK)
        status = identity_check_names(config->host.items, config->host.count, e);
    for (size_t i = 0; status == ST_OK && i < config->listen.count; i++)
        status = listener_check(config->listen.items[i], e);
    return status;
}

/* Session tickets: a file's keys, or keys of its own, which are drawn anew at every start. */
static enum status supervisor_open_keyring(struct supervisor *s, struct error *e)
{
    const char *path = s->config->ticket_keys;
    enum status status = path == NULL ? ST_OK : supervisor_check_private(s, path, e);
    return status == ST_OK ? keyring_init(&s->keyring, path, e) : status;
}

static enum status supervisor_prepare(struct supervisor *s, struct error *e)
{
    struct identity *id = NULL;
    if (access(s->capsule, R_OK | X_OK) != 0)
        return error_set(e, ST_IO, errno, "%s", s->capsule);
    enum status status = supervisor_open_keyring(s, e);
    if (status == ST_OK)
        status = supervisor_check_place(s, s->config->certs, e);
    if (status == ST_OK)
        status =
            identity_open(s->config->certs, s->config->host.items, s->config->host.count, &id, e);
    if (status != ST_OK)
        return status;
    supervisor_tell_identity(s, id);
    status = supervisor_bind(s, e);
    if (status == ST_OK)
        status = supervisor_make_state(s, e);
    if (status == ST_OK) {
        supervisor_make_base_url(s);
        status = supervisor_make_settings(s, id, e);
    }
    identity_free(id);
    return status;
}

static void supervisor_stop(struct supervisor *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    if (s->watch != NULL)
        watch_stop(s->watch);
    job_stop(&s->job);
    keyring_stop(&s->keyring);
    /* New callers are refused at once; those in the kernel's queue with them. */
    for (size_t i = 0; i < s->socket_count; i++)
        close(s->sockets[i]);
    s->socket_count = 0;
    if (s->crew != NULL)
        crew_stop(s->crew);
}

static void supervisor_on_failed(void *context)
{
    struct supervisor *s = context;
    s->status = error_set(s->error, ST_IO, 0, "the workers do not start");
    supervisor_stop(s);
}

/* Whether there is an edition that can be served. */
static bool supervisor_has_edition(const struct supervisor *s)
{
    struct edition *edition = NULL;
    struct error e;
    bool good = edition_open(s->edition.p, &edition, &e) == ST_OK;
    edition_release(edition);
    return good;
}

static void supervisor_on_ready(void *context)
{
    struct supervisor *s = context;
    log_line(LOG_INFO, "serving %s: open %s in Lagrange or Amfora", s->capsule, s->base_url.p);
    for (size_t i = 0; i < s->socket_count; i++) {
        char name[LISTENER_NAME_MAX];
        listener_name(s->sockets[i], name);
        printf("listening on %s\n", name);
    }
    fflush(stdout);
}

static void supervisor_start_crew(struct supervisor *s)
{
    size_t workers = (size_t)s->config->workers;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (workers == 0)
        workers = processors < 1 ? 1 : (size_t)processors;
    struct crew_plan plan = {.loop = &s->loop,
                             .workers = workers,
                             .settings = buf_span(&s->settings),
                             .tickets = &s->keyring.ring,
                             .sockets = s->sockets,
                             .socket_count = s->socket_count,
                             .on_ready = supervisor_on_ready,
                             .on_failed = supervisor_on_failed,
                             .context = s};
    s->status = crew_start(&plan, &s->crew, s->error);
    if (s->status != ST_OK)
        supervisor_stop(s);
}

static void supervisor_on_pressed(void *context, bool good)
{
    struct supervisor *s = context;
    if (s->crew == NULL && !good && !supervisor_has_edition(s)) {
        s->status = error_set(s->error, ST_FORMAT, 0, "%s: there is nothing to serve", s->capsule);
        supervisor_stop(s);
        return;
    }
    if (!good)
        log_line(LOG_ERROR, "%s could not be pressed; the last good edition stays in service",
                 s->capsule);
    if (s->crew == NULL)
        supervisor_start_crew(s);
    else if (good)
        crew_say(s->crew, WORKER_SAY_EDITION);
}

static void supervisor_on_change(void *context)
{
    struct supervisor *s = context;
    job_run(&s->job);
}

static void supervisor_on_tickets(void *context)
{
    struct supervisor *s = context;
    if (s->crew != NULL)
        crew_say_tickets(s->crew);
}

static void supervisor_on_signal(uv_signal_t *handle, int number)
{
    struct supervisor *s = handle->data;
    if (s->stopping)
        return;
    if (number == SIGHUP) {
        keyring_renew(&s->keyring);
        watch_renew(s->watch);
        job_run(&s->job);
        return;
    }
    log_line(LOG_INFO, "stopping");
    supervisor_stop(s);
}

static void supervisor_start_signals(struct supervisor *s)
{
    uv_signal_t *const handles[] = {&s->term, &s->interrupt, &s->hangup};
    const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uv_signal_init(&s->loop, handles[i]);
        handles[i]->data = s;
        uv_signal_start(handles[i], supervisor_on_signal, numbers[i]);
        /* They do not keep the loop running, but are listened to until it ends. */
        uv_unref((uv_handle_t *)handles[i]);
    }
}

/* The loop has ended: a signal that comes now changes nothing any more. */
static void supervisor_stop_signals(struct supervisor *s)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL); /* closing a handle brings the default action back */
    uv_close((uv_handle_t *)&s->term, NULL);
    uv_close((uv_handle_t *)&s->interrupt, NULL);
    uv_close((uv_handle_t *)&s->hangup, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
}

static void supervisor_loop(struct supervisor *s)
{
    int result = uv_loop_init(&s->loop);
    if (result != 0) {
        s->status = error_set(s->error, ST_IO, -result, "event loop");
        return;
    }
    supervisor_start_signals(s);
    s->job = (struct job){.loop = &s->loop,
                          .capsule = s->capsule,
                          .edition = s->edition.p,
                          .base_url = s->base_url.p,
                          .on_done = supervisor_on_pressed,
                          .context = s};
    job_init(&s->job);
    keyring_start(&s->keyring, &s->loop, s->config->ticket_rotation, supervisor_on_tickets, s);
    s->status = watch_start(&s->loop, s->capsule, supervisor_on_change, s, &s->watch, s->error);
    if (s->status == ST_OK)
        job_run(&s->job);
    else
        supervisor_stop(s);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    supervisor_stop_signals(s);
    uv_loop_close(&s->loop);
}

enum status supervisor_run(const char *capsule, const struct server_config *config, struct error *e)
{
    struct supervisor *s = calloc(1, sizeof *s);
    if (s == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", capsule);
    log_init("supervisor");
    signal(SIGPIPE, SIG_IGN);
    s->config = config;
    s->capsule = capsule;
    s->error = e;
    s->lock = -1;
    buf_init(&s->edition, SUPERVISOR_PATH_MAX);
    buf_init(&s->statics, SUPERVISOR_PATH_MAX);
    buf_init(&s->base_url, SUPERVISOR_PATH_MAX);
    buf_init(&s->settings, (size_t)1024 * 1024);
    s->status = supervisor_prepare(s, e);
    if (s->status == ST_OK)
        supervisor_loop(s);
    for (size_t i = 0; i < s->socket_count; i++)
        close(s->sockets[i]);
    enum status status = s->status;
    if (s->lock >= 0)
        close(s->lock);
    if (s->crew != NULL)
        crew_free(s->crew);
    keyring_fini(&s->keyring);
    buf_fini(&s->edition);
    buf_fini(&s->statics);
    buf_fini(&s->base_url);
    buf_fini(&s->settings);
    free(s);
    return status;
}
