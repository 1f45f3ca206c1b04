#include "serve/generation.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "log/log.h"
#include "sandbox/sandbox.h"
#include "serve/state.h"
#include "serve/worker.h"

/* Milliseconds that a start with several capsules waits for the slowest. */
#define GENERATION_PATIENCE 10000

/* Before any key is read. */
static enum status generation_enter_sandbox(struct generation *g, struct error *e)
{
    char told[SANDBOX_TOLD_MAX];
    enum sandbox_wish wish;
    enum status status = sandbox_wish_find(g->config->sandbox, &wish, e);
    if (status != ST_OK)
        return status;
    status = sandbox_supervisor(wish, told, e);
    log_line(LOG_INFO, "sandbox: %s", told);
    g->jobs.sandbox = g->config->sandbox;
    g->jobs.timeout = (unsigned)g->config->press_timeout;
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
static enum status generation_open_keyring(struct generation *g, struct error *e)
{
    const char *path = g->config->ticket_keys;
    enum status status = path == NULL ? ST_OK : sites_check_private(&g->sites, path, e);
    return status == ST_OK ? keyring_init(&g->keyring, path, e) : status;
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
        .limits = g->config->limits,
    };
    settings.limits.exempt = server_config_exempt(g->config);
    struct options options;
    options_init(&options, worker_options, worker_options_count, &settings);
    options_write(&options, &g->settings);
    free(vhosts);
    return buf_status(&g->settings) == ST_OK ? ST_OK : error_set(e, ST_NOMEM, ENOMEM, "settings");
}

static enum status generation_prepare(struct generation *g, struct error *e)
{
    enum status status = generation_enter_sandbox(g, e);
    if (status == ST_OK)
        status = sites_init(&g->sites, g->config, e);
    if (status == ST_OK)
        status = generation_check_capsules(g, e);
    if (status == ST_OK)
        status = sites_open_areas(&g->sites, &g->admission, e);
    if (status == ST_OK)
        status = generation_open_keyring(g, e);
    if (status == ST_OK)
        status = state_make_place(&g->sites, g->config->certs, e);
    if (status == ST_OK)
        status = sites_open_identities(&g->sites, g->config->certs, &g->certs, e);
    if (status == ST_OK)
        status = certs_pack(&g->certs, e);
    if (status == ST_OK)
        status = sockets_open(&g->sockets, g->config, e);
    if (status == ST_OK)
        status = state_open(&g->sites, g->config, &g->lock, e);
    if (status != ST_OK)
        return status;
    sites_make_base_urls(&g->sites, sockets_public_port(&g->sockets, g->config));
    return generation_make_settings(g, e);
}

enum status generation_new(const struct server_config *config, const struct generation_owner *owner,
                           struct generation **out, struct error *e)
{
    struct generation *g = calloc(1, sizeof *g);
    if (g == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "serve");
    g->config = config;
    g->owner = *owner;
    g->lock = -1;
    buf_init(&g->settings, (size_t)1024 * 1024);
    certs_init(&g->certs);
    admission_init(&g->admission);
    enum status status = generation_prepare(g, e);
    if (status == ST_OK)
        *out = g;
    else
        generation_free(g);
    return status;
}

void generation_free(struct generation *g)
{
    sockets_close(&g->sockets);
    if (g->lock >= 0)
        close(g->lock);
    if (g->crew != NULL)
        crew_free(g->crew);
    keyring_fini(&g->keyring);
    certs_fini(&g->certs);
    admission_fini(&g->admission);
    sites_fini(&g->sites);
    buf_fini(&g->settings);
    free(g);
}

static void generation_wait_no_more(struct generation *g)
{
    if (g->waiting)
        uv_close((uv_handle_t *)&g->patience, NULL);
    g->waiting = false;
}

void generation_stop(struct generation *g)
{
    if (g->stopping)
        return;
    g->stopping = true;
    for (size_t i = 0; i < g->sites.count; i++)
        site_stop(&g->sites.items[i]);
    generation_wait_no_more(g);
    keyring_stop(&g->keyring);
    certs_stop(&g->certs);
    /* New callers are refused at once; those in the kernel's queue with them. */
    sockets_close(&g->sockets);
    if (g->crew != NULL)
        crew_stop(g->crew);
}

static void generation_fail(struct generation *g, const struct error *e)
{
    generation_stop(g);
    g->owner.on_failed(g->owner.context, e);
}

static void generation_on_failed(void *context)
{
    struct error e;
    (void)error_set(&e, ST_IO, 0, "the workers do not start");
    generation_fail(context, &e);
}

static void generation_on_ready(void *context)
{
    struct generation *g = context;
    for (size_t i = 0; i < g->sites.count; i++)
        site_tell_served(&g->sites.items[i]);
    sockets_tell(&g->sockets);
    g->ready = true;
    g->owner.on_ready(g->owner.context);
}

static void generation_start_crew(struct generation *g)
{
    size_t workers = (size_t)g->config->workers;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct error e;
    if (workers == 0)
        workers = processors < 1 ? 1 : (size_t)processors;
    struct crew_plan plan = {.loop = g->loop,
                             .workers = workers,
                             .silence = (unsigned)g->config->hang_timeout,
                             .settings = buf_span(&g->settings),
                             .tickets = &g->keyring.ring,
                             .certificates = &g->certs.text,
                             .areas = &g->admission.packed,
                             .sockets = g->sockets.fds,
                             .socket_count = g->sockets.count,
                             .on_ready = generation_on_ready,
                             .on_failed = generation_on_failed,
                             .context = g};
    generation_wait_no_more(g);
    if (crew_start(&plan, &g->crew, &e) != ST_OK)
        generation_fail(g, &e);
}

/*
 * Start the workers when every capsule has been pressed, well or not, or when that takes long and
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
        generation_start_crew(g);
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
    if (g->crew == NULL)
        generation_consider_start(g);
    else if (good)
        crew_say_edition(g->crew);
    if (g->ready && good && !site->served)
        site_tell_served(site);
}

/* One that hangs at the start does not keep the others from their readers. */
static void generation_on_patience(uv_timer_t *timer)
{
    struct generation *g = timer->data;
    generation_wait_no_more(g);
    generation_consider_start(g);
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
    if (g->crew != NULL)
        crew_say_certificates(g->crew);
}

enum status generation_start(struct generation *g, uv_loop_t *loop, struct error *e)
{
    g->loop = loop;
    keyring_start(&g->keyring, loop, g->config->ticket_rotation, generation_on_tickets, g);
    certs_start(&g->certs, loop, generation_on_certificates, g);
    g->waiting = true;
    uv_timer_init(loop, &g->patience);
    g->patience.data = g;
    if (!g->config->sole)
        uv_timer_start(&g->patience, generation_on_patience, GENERATION_PATIENCE, 0);
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < g->sites.count; i++)
        status = site_start(&g->sites.items[i], loop, &g->jobs, generation_on_pressed, g, e);
    if (status != ST_OK)
        generation_stop(g);
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
