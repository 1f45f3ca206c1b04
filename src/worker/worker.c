#include "worker/worker.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "answer/route.h"
#include "core/clock.h"
#include "core/file.h"
#include "log/access.h"
#include "log/log.h"
#include "net/listener.h"
#include "process/reach.h"
#include "process/self.h"
#include "sandbox/sandbox.h"
#include "worker/worker_key.h"
#include "worker/worker_tls.h"

/* Descriptors that are kept for other things than connections. */
#define WORKER_RESERVE   64
#define WORKER_PER_VHOST 3 /* edition, static folder, and one of them while it is exchanged */
/* Of the connections, this part is kept for telling those over the limit; at most so many. */
#define WORKER_TOLD_PART 8
#define WORKER_TOLD_MAX  64
/* Milliseconds for running answers when one other worker is there: a slow line takes long. */
#define WORKER_ROOM_DRAIN 60000
/* Milliseconds that clients get to say what they are about to say when the server stops. */
#define WORKER_GRACE 1000
/* Milliseconds between two looks whether an edition has turned out to be damaged. */
#define WORKER_LOOK 1000
/* Milliseconds until a new edition that could not be opened is tried again. */
#define WORKER_RELOAD_RETRY 1000
/*
 * After so many connections at a time, and when no more than their WORKER_TRIM_SHARE th part is
 * left, memory is given back to the system: so many milliseconds later, and never more often.
 */
#define WORKER_TRIM_LEAST 64
#define WORKER_TRIM_SHARE 4
#define WORKER_TRIM_DELAY 10000
/* What another worker can do that this one cannot. */
#define WORKER_WHY_FOLDER "can reach the new folder"
#define WORKER_WHY_NEWS   "learns what this one had no memory for"
#define WORKER_WHY_SOCKET "has another socket to the key process"

struct worker {
    struct worker_settings settings;
    struct options options; /* which own the settings' values */
    struct routes routes;   /* one for each vhost, in their order */
    struct worker_key key;
    struct worker_tls tls;
    uv_loop_t loop;
    struct self self;
    uv_signal_t term, interrupt, hangup;
    uv_timer_t drain;
    uv_timer_t reload;  /* tries again after a failure */
    uv_timer_t look;    /* at the editions */
    uv_timer_t trim;    /* gives memory back after a peak */
    size_t peak;        /* connections at a time since it was given back */
    struct areas areas; /* who may see what */
    struct conn_table table;
    struct listeners *listeners;
    struct prefix *proxies; /* proxy_from, read */
    struct prefix *exempt;  /* limits.exempt, read */
    struct quotas *quotas;
    struct sandbox_place *places; /* what can be reached: two of each vhost, static/ first */
    bool beyond;                  /* another static/ cannot be */
    bool stopping;
};

static enum status worker_read_areas(struct worker *w, struct error *e)
{
    struct buf packed;
    buf_init(&packed, MESSAGE_MAX);
    enum status status = file_read_fd(WORKER_AREAS_FD, "areas", &packed, e);
    if (status == ST_OK)
        status = areas_unpack(&w->areas, buf_span(&packed), e);
    close(WORKER_AREAS_FD);
    buf_fini(&packed);
    return status;
}

/* *out gets list->count ranges; owned by the caller, also on failure. */
static enum status worker_read_ranges(const struct option_list *list, struct prefix **out,
                                      struct error *e)
{
    enum status status = ST_OK;
    *out = calloc(list->count + 1, sizeof **out);
    if (*out == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "addresses");
    for (size_t i = 0; status == ST_OK && i < list->count; i++)
        status = prefix_parse(list->items[i], &(*out)[i], e);
    return status;
}

static enum status worker_start_limits(struct worker *w, struct error *e)
{
    const struct limits_config *limits = &w->settings.limits;
    enum status status = worker_read_ranges(&w->settings.proxy_from, &w->proxies, e);
    if (status == ST_OK)
        status = worker_read_ranges(&limits->exempt, &w->exempt, e);
    struct quota_plan plan = {.connections = (unsigned)limits->per_address,
                              .rate = (unsigned)limits->request_rate,
                              .burst = (unsigned)limits->request_burst,
                              .exempt = w->exempt,
                              .exempt_count = limits->exempt.count};
    if (status == ST_OK)
        status = quotas_new(&plan, &w->quotas, e);
    w->table.quotas = w->quotas;
    w->table.limits = (struct conn_limits){.handshake = (unsigned)limits->handshake_timeout * 1000,
                                           .request = (unsigned)limits->request_timeout * 1000,
                                           .close = (unsigned)limits->close_timeout * 1000,
                                           .stall = (unsigned)limits->stall_timeout * 1000,
                                           .rate = (unsigned)limits->least_rate};
    log_limit((unsigned)limits->log_lines, clock_ms);
    enum access_addresses how;
    if (status == ST_OK)
        status = access_addresses_find(w->settings.log_addresses, &how, e);
    if (status == ST_OK)
        access_tell_addresses(how);
    return status;
}

/* Everything is closed: the loop has nothing left to run. */
static void worker_finish(struct worker *w)
{
    uv_handle_t *const handles[] = {(uv_handle_t *)&w->term,   (uv_handle_t *)&w->interrupt,
                                    (uv_handle_t *)&w->hangup, (uv_handle_t *)&w->drain,
                                    (uv_handle_t *)&w->reload, (uv_handle_t *)&w->trim,
                                    (uv_handle_t *)&w->look};
    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++) {
        if (!uv_is_closing(handles[i]))
            uv_close(handles[i], NULL);
    }
    worker_key_stop(&w->key);
    self_stop(&w->self);
}

static void worker_on_drained(uv_timer_t *timer)
{
    struct worker *w = timer->data;
    conn_abort_all(&w->table);
}

/* Take no more connections; what is there gets so many milliseconds to finish. */
static void worker_drain(struct worker *w, uint64_t patience)
{
    if (w->listeners != NULL)
        listeners_stop(w->listeners);
    w->listeners = NULL;
    if (w->table.count == 0)
        worker_finish(w);
    else
        uv_timer_start(&w->drain, worker_on_drained, patience, 0);
}

/* The server ends: who is still about to ask must be quick. */
static void worker_stop(struct worker *w, uint64_t patience)
{
    if (w->stopping)
        return;
    w->stopping = true;
    conn_hurry(&w->table, WORKER_GRACE);
    worker_drain(w, patience);
}

/* Milliseconds that running answers get to finish when the server stops. */
static uint64_t worker_patience(const struct worker *w)
{
    return (uint64_t)w->settings.limits.drain_timeout * 1000;
}

/* Others have taken the place of all of us: those that are here see nothing of it. */
static void worker_leave(struct worker *w)
{
    if (w->listeners != NULL) {
        listeners_take(w->listeners);
        listeners_stop(w->listeners);
    }
    w->listeners = NULL;
    self_say(&w->self, WORKER_SAY_LEFT);
    if (w->table.count == 0)
        worker_finish(w);
}

/* Another worker takes our place: to the clients that are here nothing happens. */
static void worker_make_room(struct worker *w, const char *why)
{
    if (w->listeners == NULL)
        return;
    log_line(LOG_INFO, "makes room for another one, which %s", why);
    self_say(&w->self, CHILD_SAY_ROOM);
    worker_key_share(&w->key);
    worker_drain(w, WORKER_ROOM_DRAIN);
}

/* Is the peak over, and was it one? */
static bool worker_calm(const struct worker *w)
{
    return w->peak >= WORKER_TRIM_LEAST && w->table.count <= w->peak / WORKER_TRIM_SHARE;
}

/* The allocator keeps what lies between two connections that are still there; ask for it. */
static void worker_on_trim(uv_timer_t *timer)
{
    struct worker *w = timer->data;
    if (!worker_calm(w))
        return; /* the next connection that ends sees about it */
    worker_key_trim(&w->key);
    malloc_trim(0);
    w->peak = w->table.count;
}

static void worker_on_conn_free(void *owner)
{
    struct worker *w = owner;
    if (w->peak <= w->table.count)
        w->peak = w->table.count + 1; /* with the one that has just gone */
    if (w->listeners != NULL && worker_calm(w) && !uv_is_active((uv_handle_t *)&w->trim))
        uv_timer_start(&w->trim, worker_on_trim, WORKER_TRIM_DELAY, 0);
    if (w->listeners != NULL)
        listeners_resume(w->listeners);
    else if (w->table.count == 0)
        worker_finish(w);
}

static void worker_on_signal(uv_signal_t *handle, int number)
{
    struct worker *w = handle->data;
    if (number != SIGHUP) /* that one is the supervisor's */
        worker_stop(w, worker_patience(w));
}

static void worker_on_reload(uv_timer_t *timer);

static bool worker_is_beyond(const char *folder, const struct sandbox_place *place)
{
    struct stat now;
    return stat(folder, &now) == 0 && S_ISDIR(now.st_mode) && sandbox_is_beyond(place, &now);
}

/*
 * Another folder was put in the place of static/, or of that with the edition: the sandbox is for
 * good, so we cannot read it.
 */
static bool worker_is_outside(const struct worker_vhost *v, const struct sandbox_place places[2])
{
    const char *slash = strrchr(v->edition, '/');
    char holder[PATH_MAX];
    snprintf(holder, sizeof holder, "%.*s.", slash == NULL ? 0 : (int)(slash - v->edition) + 1,
             v->edition);
    return worker_is_beyond(v->statics, &places[0]) || worker_is_beyond(holder, &places[1]);
}

/* A vhost that has no edition yet waits for its first without a word. */
static void worker_reload(struct worker *w)
{
    const struct worker_vhost *vhosts = w->settings.vhost.items;
    bool failed = false;
    for (size_t i = 0; i < w->routes.count; i++) {
        struct route *r = &w->routes.items[i];
        struct error e;
        /* What is asked here until another worker does it is in the edition and folder before. */
        if (worker_is_outside(&vhosts[i], &w->places[2 * i])) {
            w->beyond = true;
            continue;
        }
        enum status status = route_reload(r, vhosts[i].edition, vhosts[i].statics, &e);
        bool fine = status == ST_OK || (status == ST_MISSING && r->edition == NULL);
        if (!fine && !r->told)
            log_line(LOG_ERROR, "%s%s", e.message,
                     r->edition == NULL ? "" : "; the edition before stays in service");
        r->told = !fine;
        r->damaged = status == ST_FORMAT;
        failed = failed || !fine;
    }
    if (w->beyond)
        worker_make_room(w, WORKER_WHY_FOLDER);
    else if (failed)
        uv_timer_start(&w->reload, worker_on_reload, WORKER_RELOAD_RETRY, 0);
    else
        uv_timer_stop(&w->reload);
}

static void worker_on_reload(uv_timer_t *timer)
{
    worker_reload(timer->data);
}

/* The supervisor says something: all of it is taken, or what was there before stays. */
static void worker_on_message(void *context, char kind, struct span bytes)
{
    struct worker *w = context;
    struct error e;
    enum status status = ST_OK;
    switch (kind) {
    case WORKER_SAY_EDITION:
        worker_reload(w);
        break;
    case WORKER_SAY_TICKETS:
        status = worker_tls_tickets(&w->tls, bytes, &e);
        break;
    case WORKER_SAY_CERTIFICATES:
        status = worker_tls_certificates(&w->tls, bytes, &e);
        break;
    case WORKER_SAY_AREAS:
        status = areas_unpack(&w->areas, bytes, &e);
        break;
    case WORKER_SAY_LEAVE:
        worker_leave(w);
        break;
    case WORKER_SAY_QUIT:
        worker_stop(w, 0);
        conn_abort_all(&w->table);
        break;
    default:
        break;
    }
    if (status != ST_OK)
        log_line(LOG_ERROR, "%s; what was there before stays in use", e.message);
    if (status == ST_NOMEM)
        worker_make_room(w, WORKER_WHY_NEWS);
}

static void worker_on_lost(void *context)
{
    worker_make_room(context, WORKER_WHY_NEWS);
}

/* By a worker before us in our place, which clients have taken over. */
static void worker_on_shut(void *context)
{
    worker_make_room(context, WORKER_WHY_SOCKET);
}

static void worker_on_alone(void *context)
{
    worker_stop(context, 0);
}

/*
 * As many connections as are wanted and descriptors allow, the ones over the limit among them: one
 * may need a second descriptor for a file that it sends.
 */
static size_t worker_connections(size_t vhosts, size_t wanted)
{
    size_t told = wanted / WORKER_TOLD_PART;
    size_t all = wanted + (told < WORKER_TOLD_MAX ? told : WORKER_TOLD_MAX);
    rlim_t reserve = WORKER_RESERVE + WORKER_PER_VHOST * (rlim_t)vhosts;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return all;
    limit.rlim_cur = limit.rlim_max; /* the soft limit is for programs that select(2) */
    setrlimit(RLIMIT_NOFILE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return all;
    size_t room = limit.rlim_cur > reserve * 2 ? limit.rlim_cur - reserve : limit.rlim_cur / 2;
    room /= 2;
    return room < all ? room : all;
}

/* How many of these are answered in earnest, when all are there. */
static size_t worker_served(size_t all, size_t wanted)
{
    size_t told = all / WORKER_TOLD_PART;
    size_t served = all - (told < WORKER_TOLD_MAX ? told : WORKER_TOLD_MAX);
    return served < wanted ? served : wanted;
}

/* The supervisor can have another one made. */
static void worker_on_look(uv_timer_t *timer)
{
    struct worker *w = timer->data;
    bool damaged = false;
    for (size_t i = 0; i < w->routes.count; i++) {
        const struct route *r = &w->routes.items[i];
        damaged = damaged || r->damaged || (r->edition != NULL && edition_is_damaged(r->edition));
    }
    if (damaged && w->listeners != NULL)
        self_say(&w->self, WORKER_SAY_DAMAGED);
}

static void worker_start_handles(struct worker *w)
{
    const struct self_plan plan = {.loop = &w->loop,
                                   .log_fd = WORKER_LOG_FD,
                                   .on_message = worker_on_message,
                                   .on_lost = worker_on_lost,
                                   .on_alone = worker_on_alone,
                                   .context = w};
    self_start(&w->self, &plan);
    uv_signal_t *const signals[] = {&w->term, &w->interrupt, &w->hangup};
    const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uv_signal_init(&w->loop, signals[i]);
        signals[i]->data = w;
        uv_signal_start(signals[i], worker_on_signal, numbers[i]);
    }
    uv_timer_init(&w->loop, &w->drain);
    uv_timer_init(&w->loop, &w->reload);
    uv_timer_init(&w->loop, &w->trim);
    uv_timer_init(&w->loop, &w->look);
    w->drain.data = w->reload.data = w->trim.data = w->look.data = w;
    uv_timer_start(&w->look, worker_on_look, WORKER_LOOK, WORKER_LOOK);
}

/*
 * An edition that cannot be opened does not keep the others from being served; its own readers are
 * told to come back, and the supervisor what is wrong with it.
 */
static enum status worker_open_routes(struct worker *w, struct error *e)
{
    const struct worker_vhost *vhosts = w->settings.vhost.items;
    size_t count = w->settings.vhost.count;
    w->routes.items = calloc(count == 0 ? 1 : count, sizeof *w->routes.items);
    if (w->routes.items == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "vhosts");
    enum status status = ST_OK;
    for (size_t i = 0; status != ST_NOMEM && i < count; i++) {
        const struct worker_vhost *v = &vhosts[i];
        status = route_open(&w->routes.items[i], v->edition, v->statics, &v->host, e);
        w->routes.items[i].areas = &w->areas;
        w->routes.items[i].site = (long)i;
        w->routes.count++;
    }
    return status == ST_NOMEM ? status : ST_OK;
}

/* Give up all that is not needed from now on.  The next edition is another file in its folder. */
static enum status worker_enter_sandbox(struct worker *w, struct error *e)
{
    const struct worker_vhost *vhosts = w->settings.vhost.items;
    size_t count = w->settings.vhost.count;
    char told[SANDBOX_TOLD_MAX];
    enum sandbox_wish wish;
    enum status status = sandbox_wish_find(w->settings.sandbox, &wish, e);
    if (status != ST_OK)
        return status;
    w->places = calloc(2 * count, sizeof *w->places);
    if (w->places == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "sandbox");
    for (size_t i = 0; i < count; i++) {
        w->places[2 * i] = (struct sandbox_place){.path = vhosts[i].statics};
        w->places[2 * i + 1] = (struct sandbox_place){.path = vhosts[i].edition, .holder = true};
    }
    status = sandbox_worker(wish, w->places, 2 * count, told, e);
    log_line(LOG_INFO, "sandbox: %s", told);
    return status;
}

static enum status worker_start(struct worker *w, struct error *e)
{
    int fds[LISTENERS_MAX];
    options_init(&w->options, worker_options, worker_options_count, &w->settings);
    enum status status = options_read_fd(&w->options, WORKER_SETTINGS_FD, e);
    if (status == ST_OK)
        status = worker_check_sockets(&w->settings, e);
    if (status == ST_OK)
        status = worker_open_routes(w, e);
    if (status == ST_OK)
        status = worker_read_areas(w, e);
    if (status == ST_OK)
        status = worker_key_open(&w->key, w->settings.key_process, e);
    if (status == ST_OK)
        status = worker_tls_start(&w->tls, &w->settings, w->areas.count > 0, w->key.signer, e);
    if (status == ST_OK)
        status = worker_start_limits(w, e);
    /* Before there is a loop, so that libuv sees from the start what it can have. */
    if (status == ST_OK)
        status = worker_enter_sandbox(w, e);
    if (status != ST_OK)
        return status;
    w->routes.public_port = (uint16_t)w->settings.public_port;
    for (long i = 0; i < w->settings.listeners; i++)
        fds[i] = WORKER_LISTEN_FD + (int)i;
    int result = uv_loop_init(&w->loop);
    if (result != 0)
        return error_set(e, ST_IO, -result, "event loop");
    w->table.loop = &w->loop;
    w->table.tls = w->tls.context;
    w->table.respond = route_respond;
    w->table.context = &w->routes;
    w->table.on_free = worker_on_conn_free;
    w->table.owner = w;
    worker_start_handles(w);
    status = worker_key_start(&w->key, &w->loop, worker_on_shut, w, e);
    if (status != ST_OK)
        return status;
    worker_reload(w); /* again what did not go, if anything */
    size_t wanted = (size_t)w->settings.limits.connections;
    size_t all = worker_connections(w->routes.count, wanted);
    w->table.most = worker_served(all, wanted);
    struct listeners_plan plan = {.fds = fds,
                                  .count = (size_t)w->settings.listeners,
                                  .most = all,
                                  .proxied = (size_t)w->settings.proxied,
                                  .proxies = w->proxies,
                                  .proxy_count = w->settings.proxy_from.count};
    status = listeners_start(&w->table, &plan, &w->listeners, e);
    if (status == ST_OK)
        reach_start(&w->loop, 2 * all + WORKER_RESERVE + WORKER_PER_VHOST * w->routes.count);
    if (status == ST_OK && w->beyond)
        worker_make_room(w, WORKER_WHY_FOLDER);
    return status;
}

static void worker_free(struct worker *w)
{
    for (size_t i = 0; i < w->routes.count; i++)
        route_close(&w->routes.items[i]);
    free(w->routes.items);
    worker_tls_fini(&w->tls);
    worker_key_fini(&w->key);
    areas_fini(&w->areas);
    self_fini(&w->self);
    options_fini(&w->options);
    quotas_free(w->quotas);
    free(w->exempt);
    free(w->proxies);
    free(w->places);
    free(w);
}

int worker_run(void)
{
    struct worker *w = calloc(1, sizeof *w);
    struct error e = {0};
    log_init("worker");
    log_outlive();
    if (w == NULL) {
        (void)error_set(&e, ST_NOMEM, ENOMEM, "worker");
        log_error(&e);
        return EXIT_FAILURE;
    }
    if (worker_start(w, &e) != ST_OK) {
        log_error(&e);
        worker_free(w);
        return EXIT_FAILURE;
    }
    if (!w->beyond)
        self_say(&w->self, CHILD_SAY_READY);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    uv_loop_close(&w->loop);
    worker_free(w);
    return EXIT_SUCCESS;
}
