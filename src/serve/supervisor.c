#include "serve/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "log/log.h"
#include "net/listener.h"
#include "sandbox/sandbox.h"
#include "serve/generation.h"
#include "tls/context.h"

struct supervisor {
    struct generation *generation;
    uv_loop_t loop;
    uv_signal_t term, interrupt, hangup;
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

static void supervisor_stop(struct supervisor *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    generation_stop(s->generation);
}

static void supervisor_on_ready(void *context)
{
    (void)context; /* the generation has told it */
}

static void supervisor_on_failed(void *context, const struct error *e)
{
    struct supervisor *s = context;
    s->status = e->code;
    if (s->error != NULL)
        *s->error = *e;
    supervisor_stop(s);
}

static void supervisor_on_signal(uv_signal_t *handle, int number)
{
    struct supervisor *s = handle->data;
    if (s->stopping)
        return;
    if (number == SIGHUP) {
        generation_renew(s->generation);
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
    enum status status = generation_start(s->generation, &s->loop, s->error);
    if (status != ST_OK)
        s->status = status;
    uv_run(&s->loop, UV_RUN_DEFAULT);
    supervisor_stop_signals(s);
    uv_loop_close(&s->loop);
}

enum status supervisor_run(const struct server_config *config, struct error *e)
{
    struct supervisor s = {.error = e};
    struct generation_owner owner = {
        .on_ready = supervisor_on_ready, .on_failed = supervisor_on_failed, .context = &s};
    log_init("supervisor");
    signal(SIGPIPE, SIG_IGN);
    umask(S_IRWXG | S_IRWXO); /* for press too: an edition also has what is in the areas */
    enum status status = generation_new(config, &owner, &s.generation, e);
    if (status != ST_OK)
        return status;
    supervisor_loop(&s);
    generation_free(s.generation);
    return s.status;
}
