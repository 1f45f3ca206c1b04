#include "serve/generation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log/log.h"
#include "sandbox/sandbox.h"
#include "worker/worker.h"

/* Milliseconds that a start with several capsules waits for the slowest. */
#define GENERATION_PATIENCE 10000
/* Milliseconds that the processes get to start when others serve until they do. */
#define GENERATION_START 30000
/* Milliseconds behind the drain-timeout until a worker that has not ended is killed. */
#define GENERATION_GRACE 3000

/* Before any key is read.  What the one before has given up is gone: that is told, once. */
static enum status generation_enter_sandbox(const struct generation *g,
                                            const struct generation *before, struct error *e)
{
    char told[SANDBOX_TOLD_MAX];
    enum sandbox_wish wish;
    enum status status = sandbox_wish_find(g->config->sandbox, &wish, e);
    if (status == ST_OK)
        status = sandbox_supervisor(wish, told, e);
    else
        return status;
    if (before == NULL || strcmp(before->config->sandbox, g->config->sandbox) != 0)
        log_line(LOG_INFO, "sandbox: %s%s", told,
                 before != NULL && wish == SANDBOX_OFF
                     ? " (what this process has given up stays so until it is started anew)"
                     : "");
    return status;
}

/*
 * Can the capsules be read?  A sole one must; of several one may be missing, as after a start
 * before its disk is there: it is served as soon as it is.
 */
static enum status generation_check_capsules(const struct generation *g, struct error *e)
{
    for (size_t i = 0; i < g->sites.count; i++) {
        const char *capsule = g->sites.items[i].config->capsule;
        if (access(capsule, R_OK | X_OK) != 0 && g->config->sole)
            return error_set(e, ST_IO, errno, "%s", capsule);
    }
    return ST_OK;
}

/* Session tickets: a file's keys, or keys of its own, which are drawn anew at every start. */
static enum status generation_open_keyring(struct generation *g, const struct generation *before,
                                           struct error *e)
{
    const char *path = g->config->ticket_keys;
    enum status status = path == NULL ? ST_OK : sites_check_private(&g->sites, path, e);
    return status == ST_OK
               ? keyring_init(&g->keyring, path, before == NULL ? NULL : &before->keyring, e)
               : status;
}

static enum status generation_make_settings(struct generation *g, struct error *e)
{
    struct worker_vhost *vhosts = calloc(g->sites.count, sizeof *vhosts);
    if (vhosts == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "settings");
    for (size_t i = 0; i < g->sites.count; i++)
        vhosts[i] = site_settings(&g->sites.items[i]);
    struct worker_settings settings = {
        .tls_min = g->config->tls_min,
        .vhost = {vhosts, g->sites.count},
        .listeners = (long)g->sockets.count,
        .proxied = (long)g->sockets.proxied,
        .proxy_from = g->config->proxy_from,
        .public_port = (long)sockets_public_port(&g->sockets, g->config),
        .sandbox = g->config->sandbox,
        .log_addresses = g->config->log_addresses,
        .key_process = g->config->key_process,
        .limits = g->config->limits,
    };
    settings.limits.exempt = server_config_exempt(g->config);
    struct options options;
    options_init(&options, worker_options, worker_options_count, &settings);
    options_write(&options, &g->settings);
    free(vhosts);
    return buf_status(&g->settings) == ST_OK ? ST_OK : error_set(e, ST_NOMEM, ENOMEM, "settings");
}

/* What the one before has pressed is served at once, when it would be pressed the same. */
static void generation_take_editions(struct generation *g, const struct generation *before)
{
    for (size_t i = 0; i < g->sites.count; i++) {
        struct site *site = &g->sites.items[i];
        for (size_t k = 0; k < before->sites.count; k++) {
            const struct site *other = &before->sites.items[k];
            if (!site_is_same(site, other) || !other->tried || !site_has_edition(site))
                continue;
            site->tried = site->pressed = true;
            site->served = other->served;
        }
    }
}

static enum status generation_prepare(struct generation *g, const struct generation *before,
                                      struct error *e)
{
    enum status status = generation_enter_sandbox(g, before, e);
    if (status == ST_OK)
        status = sites_init(&g->sites, g->config, e);
    if (status == ST_OK)
        status = generation_check_capsules(g, e);
    if (status == ST_OK)
        status = sites_open_areas(&g->sites, &g->admission, e);
    if (status == ST_OK)
        status = generation_open_keyring(g, before, e);
    if (status == ST_OK)
        status = state_make_place(&g->sites, g->config->certs, e);
    if (status == ST_OK)
        status = sites_open_identities(&g->sites, g->config->certs, &g->certs, e);
    if (status == ST_OK)
        status = certs_pack(&g->certs, e);
    if (status == ST_OK)
        status = sockets_open(&g->sockets, g->config, before == NULL ? NULL : &before->sockets, e);
    if (status == ST_OK)
        status =
            state_open(&g->state, &g->sites, g->config, before == NULL ? NULL : &before->state, e);
    if (status != ST_OK)
        return status;
    sites_make_base_urls(&g->sites, sockets_public_port(&g->sockets, g->config));
    if (before != NULL)
        generation_take_editions(g, before);
    return generation_make_settings(g, e);
}

enum status generation_new(struct server_config *config, const struct generation *before,
                           const struct generation_owner *owner, struct generation **out,
                           struct error *e)
{
    struct generation *g = calloc(1, sizeof *g);
    if (g == NULL) {
        server_config_free(config);
        return error_set(e, ST_NOMEM, ENOMEM, "serve");
    }
    g->config = config;
    g->owner = *owner;
    g->replaces = before != NULL;
    state_init(&g->state);
    buf_init(&g->settings, (size_t)1024 * 1024);
    certs_init(&g->certs);
    admission_init(&g->admission);
    enum status status = generation_prepare(g, before, e);
    if (status == ST_OK)
        *out = g;
    else
        generation_free(g);
    return status;
}

void generation_free(struct generation *g)
{
    sockets_close(&g->sockets);
    state_fini(&g->state);
    if (g->crew != NULL)
        crew_free(g->crew);
    keys_fini(&g->keys);
    keyring_fini(&g->keyring);
    certs_fini(&g->certs);
    admission_fini(&g->admission);
    sites_fini(&g->sites);
    buf_fini(&g->settings);
    server_config_free(g->config);
    free(g);
}

static void generation_on_part(void *context)
{
    struct generation *g = context;
    if (--g->parts == 0)
        g->owner.on_gone(g->owner.context, g);
}

static void generation_on_patience_closed(uv_handle_t *handle)
{
    generation_on_part(handle->data);
}

/* End all but the workers, and what they need as long as they are there. */
static void generation_close(struct generation *g)
{
    if (g->leaving)
        return;
    g->leaving = true;
    for (size_t i = 0; i < g->sites.count; i++)
        site_stop(&g->sites.items[i]);
    uv_close((uv_handle_t *)&g->patience, generation_on_patience_closed);
    upkeep_stop(&g->upkeep);
    keyring_stop(&g->keyring);
    certs_stop(&g->certs);
    /* Where nobody else listens, new callers are refused when the workers close theirs. */
    sockets_close(&g->sockets);
    if (g->crew == NULL)
        keys_stop(&g->keys);
}

void generation_leave(struct generation *g)
{
    bool left = g->leaving;
    generation_close(g);
    if (g->crew != NULL && !left)
        crew_leave(g->crew);
}

void generation_stop(struct generation *g)
{
    generation_close(g);
    if (g->crew != NULL && !g->stopping)
        crew_stop(g->crew, (uint64_t)g->config->limits.drain_timeout * 1000 + GENERATION_GRACE);
    g->stopping = true;
}

void generation_quit(struct generation *g)
{
    generation_close(g);
    if (g->crew != NULL)
        crew_quit(g->crew);
    g->stopping = true;
}

void generation_rest(struct generation *g)
{
    for (size_t i = 0; i < g->sites.count; i++)
        site_rest(&g->sites.items[i]);
    upkeep_rest(&g->upkeep);
    keyring_rest(&g->keyring);
}

void generation_wake(struct generation *g)
{
    for (size_t i = 0; i < g->sites.count; i++)
        site_wake(&g->sites.items[i]);
    upkeep_wake(&g->upkeep);
    keyring_wake(&g->keyring);
}

static void generation_fail(struct generation *g, const struct error *e)
{
    if (g->failed || g->leaving)
        return;
    g->failed = true;
    g->owner.on_failed(g->owner.context, g, e);
}

static void generation_on_crew_failed(void *context)
{
    struct error e;
    (void)error_set(&e, ST_IO, 0, "the workers do not start");
    generation_fail(context, &e);
}

static void generation_on_crew_left(void *context)
{
    struct generation *g = context;
    g->owner.on_left(g->owner.context, g);
}

static void generation_on_damaged(void *context)
{
    struct generation *g = context;
    upkeep_mend(&g->upkeep);
}

/* No worker has a handshake any more. */
static void generation_on_crew_gone(void *context)
{
    struct generation *g = context;
    keys_stop(&g->keys);
    generation_on_part(g);
}

static void generation_on_keys_failed(void *context)
{
    struct error e;
    (void)error_set(&e, ST_IO, 0, "the key process does not start");
    generation_fail(context, &e);
}

/* The key process has the keys of the new certificates: now they can be shown. */
static void generation_on_keys(void *context)
{
    struct generation *g = context;
    if (g->crew != NULL)
        crew_say_certificates(g->crew);
}

static void generation_start_crew(struct generation *g);

/* Without it no handshake would succeed: a worker before it would take callers away from others. */
static void generation_on_keys_ready(void *context)
{
    struct generation *g = context;
    if (!g->failed && !g->leaving)
        generation_start_crew(g);
}

static enum status generation_start_keys(struct generation *g, struct error *e)
{
    const struct keys_plan plan = {.loop = g->loop,
                                   .workers = generation_workers(g->config),
                                   .silence = (unsigned)g->config->hang_timeout,
                                   .sandbox = g->config->sandbox,
                                   .text = &g->certs.text,
                                   .before = &g->certs.before,
                                   .on_taken = generation_on_keys,
                                   .on_ready = generation_on_keys_ready,
                                   .on_failed = generation_on_keys_failed,
                                   .on_gone = generation_on_part,
                                   .context = g};
    enum status status = keys_start(&g->keys, &plan, e);
    g->parts += status == ST_OK;
    return status;
}

static void generation_on_ready(void *context)
{
    struct generation *g = context;
    if (g->failed || g->leaving)
        return;
    uv_timer_stop(&g->patience);
    for (size_t i = 0; i < g->sites.count; i++) {
        if (!g->sites.items[i].served)
            site_tell_served(&g->sites.items[i]);
    }
    sockets_tell(&g->sockets);
    g->ready = true;
    g->owner.on_ready(g->owner.context, g);
}

size_t generation_workers(const struct server_config *config)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (config->workers > 0)
        return (size_t)config->workers;
    if (processors > SERVER_WORKERS_MAX)
        return SERVER_WORKERS_MAX;
    return processors < 1 ? 1 : (size_t)processors;
}

static void generation_start_crew(struct generation *g)
{
    bool apart = server_config_has_key_process(g->config);
    struct error e;
    const struct crew_plan plan = {.loop = g->loop,
                                   .workers = generation_workers(g->config),
                                   .silence = (unsigned)g->config->hang_timeout,
                                   .settings = buf_span(&g->settings),
                                   .tickets = &g->keyring.ring,
                                   .certificates = apart ? &g->certs.public : &g->certs.text,
                                   .areas = &g->admission.packed,
                                   .keys = apart ? &g->keys : NULL,
                                   .sockets = g->sockets.fds,
                                   .socket_count = g->sockets.count,
                                   .on_ready = generation_on_ready,
                                   .on_failed = generation_on_crew_failed,
                                   .on_left = generation_on_crew_left,
                                   .on_gone = generation_on_crew_gone,
                                   .on_damaged = generation_on_damaged,
                                   .context = g};
    if (crew_start(&plan, &g->crew, &e) == ST_OK)
        g->parts++;
    else
        generation_fail(g, &e);
}

static void generation_on_patience(uv_timer_t *timer);

static void generation_start_processes(struct generation *g)
{
    struct error e;
    g->starting = true;
    uv_timer_stop(&g->patience);
    if (g->replaces)
        uv_timer_start(&g->patience, generation_on_patience, GENERATION_START, 0);
    if (!server_config_has_key_process(g->config))
        generation_start_crew(g);
    else if (generation_start_keys(g, &e) != ST_OK)
        generation_fail(g, &e);
}

/*
 * Start the processes when every capsule has been pressed, well or not, or when that takes long and
 * some can be served; when none can be, there is no server.
 */
static void generation_consider_start(struct generation *g)
{
    bool tried = true;
    bool servable = false;
    struct error e;
    for (size_t i = 0; tried && i < g->sites.count; i++)
        tried = g->sites.items[i].tried;
    if (!tried && g->waiting)
        return;
    for (size_t i = 0; !servable && i < g->sites.count; i++)
        servable = site_has_edition(&g->sites.items[i]);
    if (servable) {
        generation_start_processes(g);
    } else if (tried) {
        (void)error_set(&e, ST_FORMAT, 0, "%s: there is nothing to serve",
                        g->config->sole ? g->sites.items[0].config->capsule : g->config->config);
        generation_fail(g, &e);
    }
}

static void generation_on_pressed(struct site *site, bool good)
{
    struct generation *g = site->owner;
    const char *capsule = site->config->capsule;
    bool servable = good || site_has_edition(site);
    if (!good && servable)
        log_line(LOG_ERROR, "%s could not be pressed; the last good edition stays in service",
                 capsule);
    else if (!good && !g->config->sole)
        log_line(LOG_ERROR, "%s could not be pressed; there is no edition of it", capsule);
    if (!g->starting)
        generation_consider_start(g);
    else if (good && g->crew != NULL)
        crew_say_edition(g->crew);
    if (g->ready && good && !site->served)
        site_tell_served(site);
}

/* One capsule that hangs at the start does not keep the others from their readers. */
static void generation_on_patience(uv_timer_t *timer)
{
    struct generation *g = timer->data;
    struct error e;
    if (!g->starting) {
        g->waiting = false;
        generation_consider_start(g);
        return;
    }
    (void)error_set(&e, ST_IO, 0, "the processes are not ready within %d seconds",
                    GENERATION_START / 1000);
    generation_fail(g, &e);
}

static void generation_on_tickets(void *context)
{
    struct generation *g = context;
    if (g->crew != NULL)
        crew_say_tickets(g->crew);
}

static void generation_on_certificates(void *context)
{
    struct generation *g = context;
    if (g->keys.running)
        keys_say(&g->keys);
    else if (g->crew != NULL)
        crew_say_certificates(g->crew);
}

enum status generation_start(struct generation *g, uv_loop_t *loop, struct job_queue *jobs,
                             struct error *e)
{
    bool tried = true;
    g->loop = loop;
    keyring_start(&g->keyring, loop, g->config->ticket_rotation, generation_on_tickets,
                  generation_on_part, g);
    certs_start(&g->certs, loop, generation_on_certificates, generation_on_part, g);
    uv_timer_init(loop, &g->patience);
    g->patience.data = g;
    g->upkeep = (struct upkeep){
        .state = &g->state, .sites = &g->sites, .on_stopped = generation_on_part, .context = g};
    upkeep_start(&g->upkeep, loop);
    g->parts = 4;
    g->waiting = true;
    if (!g->config->sole)
        uv_timer_start(&g->patience, generation_on_patience, GENERATION_PATIENCE, 0);
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < g->sites.count; i++) {
        struct site *site = &g->sites.items[i];
        site->on_pressed = generation_on_pressed;
        site->on_stopped = generation_on_part;
        site->owner = g;
        tried = tried && site->tried;
        status = site_start(site, loop, jobs, g->config, e);
        g->parts += status == ST_OK;
    }
    if (status == ST_OK && tried)
        generation_consider_start(g);
    return status;
}

void generation_renew(struct generation *g)
{
    keyring_renew(&g->keyring);
    certs_reload(&g->certs);
    if (admission_renew(&g->admission) && g->crew != NULL)
        crew_say_areas(g->crew);
    for (size_t i = 0; i < g->sites.count; i++)
        site_renew(&g->sites.items[i]);
}
