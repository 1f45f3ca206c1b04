#include "serve/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "core/file.h"
#include "log/log.h"
#include "net/listener.h"
#include "sandbox/sandbox.h"
#include "serve/admission.h"
#include "serve/certs.h"
#include "serve/crew.h"
#include "serve/keyring.h"
#include "serve/site.h"
#include "serve/worker.h"

#define SUPERVISOR_SOCKETS_MAX 64
#define SUPERVISOR_PATH_MAX    8192
/* Milliseconds that a start with several capsules waits for the slowest. */
#define SUPERVISOR_PATIENCE 10000

struct supervisor {
    const struct server_config *config;
    struct sites sites;
    struct job_queue jobs; /* of the sites */
    struct buf settings;   /* for the workers */
    int sockets[SUPERVISOR_SOCKETS_MAX];
    int lock; /* of the state folder, or -1 */
    size_t socket_count;
    size_t proxied; /* the last so many of them are for proxies */
    uv_loop_t loop;
    uv_signal_t term, interrupt, hangup;
    uv_timer_t patience; /* of the start, while some capsule is pressed */
    bool waiting;        /* it is there */
    struct keyring keyring;
    struct certs certs;
    struct admission admission;
    struct crew *crew;
    bool ready; /* requests are answered */
    bool stopping;
    enum status status; /* how it ends */
    struct error *error;
};

/* A default address that this machine does not have is no error: there is the other one. */
static enum status supervisor_bind(struct supervisor *s, const struct option_list *listen,
                                   struct error *e)
{
    struct error cause = {0};
    size_t before = s->socket_count;
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
    if (s->socket_count > before || listen->count == 0)
        return ST_OK;
    if (e != NULL)
        *e = cause;
    return ST_IO;
}

/* Clients first, then proxies: the order in which workers get the sockets. */
static enum status supervisor_bind_all(struct supervisor *s, struct error *e)
{
    enum status status = supervisor_bind(s, &s->config->listen, e);
    size_t clients = s->socket_count;
    if (status == ST_OK)
        status = supervisor_bind(s, &s->config->proxy_listen, e);
    s->proxied = s->socket_count - clients;
    return status;
}

/* The port that clients connect to, as far as a server can know that. */
static unsigned supervisor_public_port(const struct supervisor *s)
{
    char name[LISTENER_NAME_MAX];
    if (s->config->public_port != 0)
        return (unsigned)s->config->public_port;
    return s->proxied == s->socket_count ? GEMINI_PORT : listener_name(s->sockets[0], name);
}

/* A folder for private things, which is made. */
static enum status supervisor_check_place(const struct supervisor *s, const char *path,
                                          struct error *e)
{
    enum status status = sites_check_private(&s->sites, path, e);
    return status == ST_OK ? file_make_dir(path, e) : status;
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

/* Append the system's place for state. */
static void supervisor_put_state_home(struct buf *dir)
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

/* Where the editions live: told by --state, or the system's place for state. */
static enum status supervisor_make_state(struct supervisor *s, struct error *e)
{
    struct buf dir;
    buf_init(&dir, SUPERVISOR_PATH_MAX);
    if (s->config->state != NULL) {
        buf_puts(&dir, s->config->state);
    } else {
        /* One folder for each capsule, or configuration of several: name, and path as a hash. */
        const char *told = s->config->sole ? s->sites.items[0].config->capsule : s->config->config;
        char *real = realpath(told, NULL);
        const char *path = real == NULL ? told : real;
        const char *name = strrchr(path, '/');
        name = name == NULL ? path : name + 1;
        supervisor_put_state_home(&dir);
        buf_putf(&dir, "/%.100s-%016" PRIx64, name, span_hash(span_of(path)));
        free(real);
    }
    enum status status = supervisor_check_place(s, buf_str(&dir), e);
    if (status == ST_OK)
        status = supervisor_lock(s, buf_str(&dir), e);
    if (status == ST_OK)
        sites_place(&s->sites, buf_str(&dir), s->config->sole);
    buf_fini(&dir);
    return status;
}

static enum status supervisor_make_settings(struct supervisor *s, struct error *e)
{
    struct worker_vhost *vhosts = calloc(s->sites.count, sizeof *vhosts);
    if (vhosts == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "settings");
    for (size_t i = 0; i < s->sites.count; i++)
        vhosts[i] = site_settings(&s->sites.items[i]);
    struct worker_settings settings = {
        .tls_min = s->config->tls_min,
        .vhost = {vhosts, s->sites.count},
        .listeners = (long)s->socket_count,
        .proxied = (long)s->proxied,
        .proxy_from = s->config->proxy_from,
        .public_port = (long)supervisor_public_port(s),
        .sandbox = s->config->sandbox,
        .limits = s->config->limits,
    };
    settings.limits.exempt = server_config_exempt(s->config);
    struct options options;
    options_init(&options, worker_options, worker_options_count, &settings);
    options_write(&options, &s->settings);
    free(vhosts);
    return buf_status(&s->settings) == ST_OK ? ST_OK : error_set(e, ST_NOMEM, ENOMEM, "settings");
}

/* Are these all ranges of addresses?  A message begins with the option's name. */
static enum status supervisor_check_ranges(const char *option, const struct option_list *list,
                                           struct error *e)
{
    for (size_t i = 0; i < list->count; i++) {
        struct prefix prefix;
        struct error cause;
        if (prefix_parse(list->items[i], &prefix, &cause) != ST_OK)
            return error_set(e, ST_SYNTAX, 0, "%s %s", option, cause.message);
    }
    return ST_OK;
}

static enum status supervisor_check_proxies(const struct server_config *config, struct error *e)
{
    enum status status = ST_OK;
    struct option_list exempt = server_config_exempt(config);
    for (size_t i = 0; status == ST_OK && i < config->proxy_listen.count; i++)
        status = listener_check(config->proxy_listen.items[i], e);
    if (status == ST_OK)
        status = supervisor_check_ranges("proxy-from", &config->proxy_from, e);
    if (status == ST_OK)
        status = supervisor_check_ranges("unlimited", &exempt, e);
    return status;
}

enum status supervisor_check(const struct server_config *config, struct error *e)
{
    if (*config->certs == '\0' || (config->state != NULL && *config->state == '\0'))
        return error_set(e, ST_SYNTAX, 0, "an empty name is no folder");
    if (config->ticket_keys != NULL && *config->ticket_keys == '\0')
        return error_set(e, ST_SYNTAX, 0, "ticket-keys: an empty name is no file");
    enum context_version least;
    enum sandbox_wish wish;
    enum status status = context_version_find(config->tls_min, &least, e);
    if (status == ST_OK)
        status = sandbox_wish_find(config->sandbox, &wish, e);
    if (status == ST_OK)
        status = sites_check(config, e);
    for (size_t i = 0; status == ST_OK && i < config->listen.count; i++)
        status = listener_check(config->listen.items[i], e);
    return status == ST_OK ? supervisor_check_proxies(config, e) : status;
}

/* Session tickets: a file's keys, or keys of its own, which are drawn anew at every start. */
static enum status supervisor_open_keyring(struct supervisor *s, struct error *e)
{
    const char *path = s->config->ticket_keys;
    enum status status = path == NULL ? ST_OK : sites_check_private(&s->sites, path, e);
    return status == ST_OK ? keyring_init(&s->keyring, path, e) : status;
}

/*
 * Can the capsules be read?  A sole one must; of several one may be missing, as after a start
 * before its disk is there: it is served as soon as it is.
 */
static enum status supervisor_check_capsules(const struct supervisor *s, struct error *e)
{
    for (size_t i = 0; i < s->sites.count; i++) {
        const char *capsule = s->sites.items[i].config->capsule;
        if (access(capsule, R_OK | X_OK) != 0 && s->config->sole)
            return error_set(e, ST_IO, errno, "%s", capsule);
    }
    return ST_OK;
}

/* Before any key is read. */
static enum status supervisor_enter_sandbox(struct supervisor *s, struct error *e)
{
    char told[SANDBOX_TOLD_MAX];
    enum sandbox_wish wish;
    enum status status = sandbox_wish_find(s->config->sandbox, &wish, e);
    if (status != ST_OK)
        return status;
    status = sandbox_supervisor(wish, told, e);
    log_line(LOG_INFO, "sandbox: %s", told);
    s->jobs.sandbox = s->config->sandbox;
    return status;
}

static enum status supervisor_prepare(struct supervisor *s, struct error *e)
{
    enum status status = supervisor_enter_sandbox(s, e);
    if (status == ST_OK)
        status = sites_init(&s->sites, s->config, e);
    if (status == ST_OK)
        status = supervisor_check_capsules(s, e);
    if (status == ST_OK)
        status = sites_open_areas(&s->sites, &s->admission, e);
    if (status == ST_OK)
        status = supervisor_open_keyring(s, e);
    if (status == ST_OK)
        status = supervisor_check_place(s, s->config->certs, e);
    if (status == ST_OK)
        status = sites_open_identities(&s->sites, s->config->certs, &s->certs, e);
    if (status == ST_OK)
        status = certs_pack(&s->certs, e);
    if (status == ST_OK)
        status = supervisor_bind_all(s, e);
    if (status == ST_OK)
        status = supervisor_make_state(s, e);
    if (status != ST_OK)
        return status;
    sites_make_base_urls(&s->sites, supervisor_public_port(s));
    return supervisor_make_settings(s, e);
}

static void supervisor_stop(struct supervisor *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    for (size_t i = 0; i < s->sites.count; i++)
        site_stop(&s->sites.items[i]);
    if (s->waiting)
        uv_close((uv_handle_t *)&s->patience, NULL);
    s->waiting = false;
    keyring_stop(&s->keyring);
    certs_stop(&s->certs);
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

static void supervisor_on_ready(void *context)
{
    struct supervisor *s = context;
    for (size_t i = 0; i < s->sites.count; i++)
        site_tell_served(&s->sites.items[i]);
    for (size_t i = 0; i < s->socket_count; i++) {
        char name[LISTENER_NAME_MAX];
        listener_name(s->sockets[i], name);
        bool proxied = i + s->proxied >= s->socket_count;
        printf("listening %s %s\n", proxied ? "for PROXY on" : "on", name);
    }
    fflush(stdout);
    s->ready = true;
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
                             .certificates = &s->certs.text,
                             .areas = &s->admission.packed,
                             .sockets = s->sockets,
                             .socket_count = s->socket_count,
                             .on_ready = supervisor_on_ready,
                             .on_failed = supervisor_on_failed,
                             .context = s};
    if (s->waiting)
        uv_close((uv_handle_t *)&s->patience, NULL);
    s->waiting = false;
    s->status = crew_start(&plan, &s->crew, s->error);
    if (s->status != ST_OK)
        supervisor_stop(s);
}

/*
 * Start the workers when every capsule has been pressed, well or not, or when that takes long and
 * some can be served; when none can be, there is no server.
 */
static void supervisor_consider_start(struct supervisor *s)
{
    bool tried = true;
    bool servable = false;
    for (size_t i = 0; tried && i < s->sites.count; i++)
        tried = s->sites.items[i].tried;
    if (!tried && s->waiting)
        return;
    for (size_t i = 0; !servable && i < s->sites.count; i++)
        servable = site_has_edition(&s->sites.items[i]);
    if (servable) {
        supervisor_start_crew(s);
    } else if (tried) {
        s->status =
            error_set(s->error, ST_FORMAT, 0, "%s: there is nothing to serve",
                      s->config->sole ? s->sites.items[0].config->capsule : s->config->config);
        supervisor_stop(s);
    }
}

static void supervisor_on_pressed(struct site *site, bool good)
{
    struct supervisor *s = site->owner;
    const char *capsule = site->config->capsule;
    bool servable = good || site_has_edition(site);
    if (!good && servable)
        log_line(LOG_ERROR, "%s could not be pressed; the last good edition stays in service",
                 capsule);
    else if (!good && !s->config->sole)
        log_line(LOG_ERROR, "%s could not be pressed; there is no edition of it", capsule);
    if (s->crew == NULL)
        supervisor_consider_start(s);
    else if (good)
        crew_say_edition(s->crew);
    if (s->ready && good && !site->served)
        site_tell_served(site);
}

/* One that hangs at the start does not keep the others from their readers. */
static void supervisor_on_patience(uv_timer_t *timer)
{
    struct supervisor *s = timer->data;
    uv_close((uv_handle_t *)timer, NULL);
    s->waiting = false;
    supervisor_consider_start(s);
}

static void supervisor_on_tickets(void *context)
{
    struct supervisor *s = context;
    if (s->crew != NULL)
        crew_say_tickets(s->crew);
}

static void supervisor_on_certificates(void *context)
{
    struct supervisor *s = context;
    if (s->crew != NULL)
        crew_say_certificates(s->crew);
}

static void supervisor_on_signal(uv_signal_t *handle, int number)
{
    struct supervisor *s = handle->data;
    if (s->stopping)
        return;
    if (number == SIGHUP) {
        keyring_renew(&s->keyring);
        certs_reload(&s->certs);
        if (admission_renew(&s->admission) && s->crew != NULL)
            crew_say_areas(s->crew);
        for (size_t i = 0; i < s->sites.count; i++)
            site_renew(&s->sites.items[i]);
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
    keyring_start(&s->keyring, &s->loop, s->config->ticket_rotation, supervisor_on_tickets, s);
    certs_start(&s->certs, &s->loop, supervisor_on_certificates, s);
    s->waiting = true;
    uv_timer_init(&s->loop, &s->patience);
    s->patience.data = s;
    if (!s->config->sole)
        uv_timer_start(&s->patience, supervisor_on_patience, SUPERVISOR_PATIENCE, 0);
    for (size_t i = 0; s->status == ST_OK && i < s->sites.count; i++)
        s->status =
            site_start(&s->sites.items[i], &s->loop, &s->jobs, supervisor_on_pressed, s, s->error);
    if (s->status != ST_OK)
        supervisor_stop(s);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    supervisor_stop_signals(s);
    uv_loop_close(&s->loop);
}

enum status supervisor_run(const struct server_config *config, struct error *e)
{
    struct supervisor *s = calloc(1, sizeof *s);
    if (s == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "serve");
    log_init("supervisor");
    signal(SIGPIPE, SIG_IGN);
    umask(S_IRWXG | S_IRWXO); /* for press too: an edition also has what is in the areas */
    s->config = config;
    s->error = e;
    s->lock = -1;
    buf_init(&s->settings, (size_t)1024 * 1024);
    certs_init(&s->certs);
    admission_init(&s->admission);
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
    certs_fini(&s->certs);
    admission_fini(&s->admission);
    sites_fini(&s->sites);
    buf_fini(&s->settings);
    free(s);
    return status;
}
