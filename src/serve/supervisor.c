#include "serve/supervisor.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "log/access.h"
#include "log/file.h"
#include "log/log.h"
#include "net/listener.h"
#include "process/reach.h"
#include "process/relay.h"
#include "sandbox/sandbox.h"
#include "serve/activation.h"
#include "serve/generation.h"
#include "serve/notify.h"
#include "tls/context.h"

/* Most bytes of a configuration that is compared with another. */
#define SUPERVISOR_CONFIG_MAX ((size_t)16 * 1024 * 1024)
/*
 * So many generations may take their time to leave: behind a reader who is slow.  The oldest ends
 * as if the server stopped.
 */
#define SUPERVISOR_LEAVING_MAX 4
/* Descriptors that its loop bears from the start: those of some generations of workers. */
#define SUPERVISOR_REACH 1024
/* Bytes of an allocation that has pages of its own. */
#define SUPERVISOR_LARGE (256 * 1024)

struct supervisor {
    const struct supervisor_source *source;
    struct generation_owner owner;
    struct job_queue jobs;
    struct generation *current; /* that serves, or is about to when the server starts */
    struct generation *next;    /* that gets ready to take its place, or NULL */
    struct generation *leaving; /* those before, and those given up; the newest first */
    bool again;                 /* read the configuration once more, when there is no next one */
    uv_loop_t loop;
    uv_signal_t term, interrupt, hangup, rotated;
    struct notify notify;
    bool stopping;
    enum status status; /* how it ends */
    struct error *error;
};

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
    if (config->log != NULL && *config->log == '\0')
        return error_set(e, ST_SYNTAX, 0, "log: an empty name is no file");
    enum context_version least;
    enum sandbox_wish wish;
    enum access_addresses how;
    enum status status = context_version_find(config->tls_min, &least, e);
    if (status == ST_OK)
        status = sandbox_wish_find(config->sandbox, &wish, e);
    if (status == ST_OK)
        status = access_addresses_find(config->log_addresses, &how, e);
    if (status == ST_OK)
        status = sites_check(config, e);
    for (size_t i = 0; status == ST_OK && i < config->listen.count; i++)
        status = listener_check(config->listen.items[i], e);
    return status == ST_OK ? supervisor_check_proxies(config, e) : status;
}

/* Do this to all generations. */
static void supervisor_each(struct supervisor *s, void (*what)(struct generation *g))
{
    if (s->current != NULL)
        what(s->current);
    if (s->next != NULL)
        what(s->next);
    for (struct generation *g = s->leaving; g != NULL; g = g->older)
        what(g);
}

static void supervisor_stop(struct supervisor *s)
{
    s->stopping = true;
    supervisor_each(s, generation_stop);
    notify_stopping(&s->notify, s->status == ST_OK || s->error == NULL ? NULL : s->error->message);
}

/* Let one end in its own time, unless there are too many. */
static void supervisor_let_go(struct supervisor *s, struct generation *g)
{
    size_t count = 0;
    generation_leave(g);
    g->older = s->leaving;
    s->leaving = g;
    for (struct generation *old = g; old != NULL; old = old->older) {
        if (++count > SUPERVISOR_LEAVING_MAX)
            generation_stop(old);
    }
}

static void supervisor_on_gone(void *context, struct generation *g)
{
    struct supervisor *s = context;
    struct generation **at = &s->leaving;
    while (*at != NULL && *at != g)
        at = &(*at)->older;
    if (*at != NULL)
        *at = g->older;
    if (s->current == g)
        s->current = NULL;
    if (s->next == g)
        s->next = NULL;
    generation_free(g);
}

/* Do two configurations say the same? */
static bool supervisor_is_same(const struct server_config *one, const struct server_config *other)
{
    struct buf a;
    struct buf b;
    buf_init(&a, SUPERVISOR_CONFIG_MAX);
    buf_init(&b, SUPERVISOR_CONFIG_MAX);
    server_config_write(one, &a);
    server_config_write(other, &b);
    bool same =
        buf_status(&a) == ST_OK && buf_status(&b) == ST_OK && span_eq(buf_span(&a), buf_span(&b));
    buf_fini(&a);
    buf_fini(&b);
    return same;
}

/* The configuration is not what is served from now on: then what is served looks at its files. */
static void supervisor_stay(struct supervisor *s, const struct error *e)
{
    const char *file = s->current->config->config;
    bool named = file == NULL || strncmp(e->message, file, strlen(file)) == 0;
    log_line(LOG_ERROR, "%s%s%s; the configuration before stays in service", named ? "" : file,
             named ? "" : ": ", e->message);
}

static void supervisor_tell_ready(const struct supervisor *s)
{
    size_t count = s->current->config->vhost.count;
    notify_ready(&s->notify, "serving %zu capsule%s", count, count == 1 ? "" : "s");
}

/* Addresses and names of what is in the areas are in it: it must not be among the pages. */
static enum status supervisor_open_log(const struct server_config *config, struct error *e)
{
    struct sites sites;
    if (config->log == NULL)
        return ST_OK;
    enum status status = sites_init(&sites, config, e);
    if (status == ST_OK)
        status = sites_check_private(&sites, config->log, e);
    sites_fini(&sites);
    return status == ST_OK ? log_file_open(config->log, e) : status;
}

/* The log goes where the configuration in service says, unless that cannot be had (yet). */
static void supervisor_follow_log(const struct supervisor *s)
{
    const struct server_config *config = s->current->config;
    struct error e;
    if (log_file_is(config->log))
        return;
    if (supervisor_open_log(config, &e) != ST_OK) {
        log_line(LOG_ERROR, "%s; the log stays where it was", e.message);
        return;
    }
    if (config->log == NULL)
        log_file_close();
    relay_tell();
}

/*
 * A file that is being written names no vhost yet, and what nobody names has defaults: they are not
 * what the others are to make room for.
 */
static enum status supervisor_check_whole(const struct server_config *before,
                                          const struct server_config *now, struct error *e)
{
    const struct vhost_config *vhost = server_config_vhosts(now);
    if (before->sole || !now->sole || strcmp(vhost->name, SERVER_HOST) != 0)
        return ST_OK;
    return error_set(e, ST_SYNTAX, 0,
                     "%s: no vhost, and no host but localhost: is it still being written?",
                     now->config);
}

/* SIGHUP: read the configuration again, and begin with what is new in it. */
static void supervisor_reload(struct supervisor *s)
{
    struct server_config *config = NULL;
    struct error e;
    s->again = false;
    notify_reloading(&s->notify);
    enum status status = s->source->read(s->source->context, &config, &e);
    bool same = status == ST_OK && supervisor_is_same(config, s->current->config);
    if (same && config->config != NULL)
        log_line(LOG_INFO, "%s: nothing in it is new", config->config);
    if (status == ST_OK && !same)
        status = supervisor_check_whole(s->current->config, config, &e);
    if (status == ST_OK && !same)
        status = generation_new(config, s->current, &s->owner, &s->next, &e);
    else
        server_config_free(config);
    if (status != ST_OK)
        supervisor_stay(s, &e);
    if (status != ST_OK || same) {
        supervisor_follow_log(s);
        generation_renew(s->current);
        supervisor_tell_ready(s);
        return;
    }
    generation_rest(s->current);
    struct generation *next = s->next;
    status = generation_start(next, &s->loop, &s->jobs, &e);
    if (status != ST_OK)
        s->owner.on_failed(s, next, &e);
}

static void supervisor_on_ready(void *context, struct generation *g)
{
    struct supervisor *s = context;
    if (g == s->next) {
        struct generation *before = s->current;
        s->current = g;
        s->next = NULL;
        supervisor_follow_log(s);
        supervisor_let_go(s, before);
    }
    supervisor_tell_ready(s);
    if (s->again)
        supervisor_reload(s);
}

/* No connection is taken any more as the configuration before had it. */
static void supervisor_on_left(void *context, struct generation *g)
{
    const struct supervisor *s = context;
    if (s->stopping || g->failed)
        return;
    const struct server_config *config = s->current->config;
    size_t workers = generation_workers(config);
    log_line(LOG_INFO, "configuration read again: %zu vhost%s, %zu worker%s", config->vhost.count,
             config->vhost.count == 1 ? "" : "s", workers, workers == 1 ? "" : "s");
}

static void supervisor_on_failed(void *context, struct generation *g, const struct error *e)
{
    struct supervisor *s = context;
    if (g == s->next) {
        s->next = NULL;
        supervisor_stay(s, e);
        supervisor_let_go(s, g);
        generation_wake(s->current);
        supervisor_tell_ready(s);
        if (s->again)
            supervisor_reload(s);
        return;
    }
    s->status = e->code;
    if (s->error != NULL)
        *s->error = *e;
    supervisor_stop(s);
}

static void supervisor_on_signal(uv_signal_t *handle, int number)
{
    struct supervisor *s = handle->data;
    if (number == SIGHUP) {
        s->again = !s->stopping;
        if (!s->stopping && s->next == NULL && s->current->ready)
            supervisor_reload(s);
        return;
    }
    if (number == SIGUSR1) {
        if (log_file_reopen())
            relay_tell();
        return;
    }
    log_line(LOG_INFO, s->stopping ? "stopping at once" : "stopping");
    if (s->stopping)
        supervisor_each(s, generation_quit);
    else
        supervisor_stop(s);
}

/* The log may be moved away before there is a loop: the word of it waits. */
static void supervisor_hold(int how)
{
    sigset_t rotated;
    sigemptyset(&rotated);
    sigaddset(&rotated, SIGUSR1);
    sigprocmask(how, &rotated, NULL);
}

static void supervisor_start_signals(struct supervisor *s)
{
    uv_signal_t *const handles[] = {&s->term, &s->interrupt, &s->hangup, &s->rotated};
    const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uv_signal_init(&s->loop, handles[i]);
        handles[i]->data = s;
        uv_signal_start(handles[i], supervisor_on_signal, numbers[i]);
        /* They do not keep the loop running, but are listened to until it ends. */
        uv_unref((uv_handle_t *)handles[i]);
    }
    supervisor_hold(SIG_UNBLOCK); /* one that came meanwhile is heard now */
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
    uv_close((uv_handle_t *)&s->rotated, NULL);
    notify_watch_no_more(&s->notify);
    uv_run(&s->loop, UV_RUN_DEFAULT);
}

static void supervisor_loop(struct supervisor *s)
{
    struct error e;
    int result = uv_loop_init(&s->loop);
    if (result != 0) {
        s->status = error_set(s->error, ST_IO, -result, "event loop");
        generation_free(s->current);
        return;
    }
    reach_start(&s->loop, SUPERVISOR_REACH);
    supervisor_start_signals(s);
    notify_watch(&s->notify, &s->loop);
    if (generation_start(s->current, &s->loop, &s->jobs, &e) != ST_OK)
        supervisor_on_failed(s, s->current, &e);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    supervisor_stop_signals(s);
    uv_loop_close(&s->loop);
}

/* What is there once for each process, and not for each generation. */
static enum status supervisor_open(struct supervisor *s, const struct server_config *config,
                                   struct error *e)
{
    supervisor_hold(SIG_BLOCK);
    log_outlive();
    log_init("supervisor");
    /* Each generation has a few large buffers; what it frees goes back to the system at once. */
    mallopt(M_MMAP_THRESHOLD, SUPERVISOR_LARGE);
    umask(S_IRWXG | S_IRWXO); /* for press too: an edition also has what is in the areas */
    notify_open(&s->notify);
    enum status status = activation_take(e);
    return status == ST_OK ? supervisor_open_log(config, e) : status;
}

/* A log that is a file also says why there is no server; then standard error is what it was. */
static void supervisor_close(struct supervisor *s, enum status status, const struct error *e)
{
    if (status != ST_OK && e != NULL && !log_file_is(NULL))
        log_error(e);
    if (status != ST_OK && !s->stopping)
        notify_stopping(&s->notify, e == NULL ? NULL : e->message);
    notify_close(&s->notify);
    activation_close();
    log_file_close();
    relay_close();
}

enum status supervisor_run(struct server_config *config, const struct supervisor_source *source,
                           struct error *e)
{
    struct supervisor s = {.source = source, .error = e};
    s.owner = (struct generation_owner){.on_ready = supervisor_on_ready,
                                        .on_failed = supervisor_on_failed,
                                        .on_left = supervisor_on_left,
                                        .on_gone = supervisor_on_gone,
                                        .context = &s};
    enum status status = supervisor_open(&s, config, e);
    if (status == ST_OK)
        status = generation_new(config, NULL, &s.owner, &s.current, e);
    else
        server_config_free(config);
    if (status == ST_OK) {
        supervisor_loop(&s);
        status = s.status;
    }
    supervisor_close(&s, status, e);
    return status;
}
