#include "serve/keys.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/relay.h"
#include "worker/key.h"

#define KEYS_SETTINGS_MAX 4096
/* Milliseconds until one that was told to end is killed. */
#define KEYS_QUIT 1000

/* Make the pair of a worker's place.  False, with errno, on failure. */
static bool keys_make_pair(struct keys *k, size_t i)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    k->worker_ends[i] = ends[0];
    k->key_ends[i] = ends[1];
    return true;
}

static bool keys_is_shut(int fd)
{
    struct pollfd look = {.fd = fd, .events = POLLRDHUP};
    return poll(&look, 1, 0) > 0 && look.revents != 0;
}

/* Without descriptors the pair stays what it is: the next key process finds that out. */
static void keys_mend(struct keys *k, size_t i)
{
    int old[] = {k->worker_ends[i], k->key_ends[i]};
    if ((keys_is_shut(old[0]) || keys_is_shut(old[1])) && keys_make_pair(k, i)) {
        close(old[0]);
        close(old[1]);
    }
}

int keys_worker_end(struct keys *k, size_t worker)
{
    keys_mend(k, worker);
    return k->worker_ends[worker];
}

/* The keys and those before, in a file without a name.  -1 without memory. */
static int keys_text_fd(const struct keys *k)
{
    struct buf both;
    int fd = -1;
    buf_init(&both, k->plan.text->n + k->plan.before->n);
    if (buf_reserve(&both, both.cap) != NULL) {
        buf_put(&both, buf_span(k->plan.text));
        buf_put(&both, buf_span(k->plan.before));
        fd = child_memory_fd("keys", buf_span(&both));
    }
    buf_wipe(&both);
    return fd;
}

static size_t keys_hand(void *context, struct child_handed *out)
{
    struct keys *k = context;
    size_t n = 0;
    out[n++] = (struct child_handed){.fd = child_memory_fd("settings", buf_span(&k->settings))};
    out[n++] = (struct child_handed){.fd = keys_text_fd(k)};
    out[n++] = (struct child_handed){.fd = relay_open()};
    for (size_t i = 0; i < k->count; i++) {
        keys_mend(k, i);
        out[n++] = (struct child_handed){.fd = k->key_ends[i], .borrowed = true};
    }
    return n;
}

/* Whoever waits for the new keys: they are there. */
static void keys_taken(struct keys *k)
{
    if (k->telling)
        k->plan.on_taken(k->plan.context);
    k->telling = false;
}

/* A process that starts has the newest keys, and those before until it has been told again. */
static void keys_on_ready(void *context)
{
    struct keys *k = context;
    bool first = !k->any_ready;
    k->any_ready = true;
    keys_taken(k);
    if (k->plan.before->n > 0)
        child_say(&k->child, KEY_SAY_KEYS, buf_span(k->plan.text));
    if (first)
        k->plan.on_ready(k->plan.context);
}

static void keys_on_said(void *context, char what)
{
    if (what == KEY_SAY_TAKEN)
        keys_taken(context);
}

static void keys_on_failed(void *context)
{
    const struct keys *k = context;
    k->plan.on_failed(k->plan.context);
}

static void keys_on_stopped(void *context)
{
    const struct keys *k = context;
    k->plan.on_gone(k->plan.context);
}

static enum status keys_make_sockets(struct keys *k, struct error *e)
{
    k->worker_ends = calloc(k->plan.workers, sizeof *k->worker_ends);
    k->key_ends = calloc(k->plan.workers, sizeof *k->key_ends);
    if (k->worker_ends == NULL || k->key_ends == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "key process");
    for (size_t i = 0; i < k->plan.workers; i++) {
        if (!keys_make_pair(k, i))
            return error_set(e, ST_IO, errno, "key process: socket of worker %zu", i + 1);
        k->count++;
    }
    return ST_OK;
}

static enum status keys_make_settings(struct keys *k, struct error *e)
{
    struct key_settings settings = {.sockets = (long)k->count, .sandbox = k->plan.sandbox};
    struct options options;
    buf_init(&k->settings, KEYS_SETTINGS_MAX);
    options_init(&options, key_options, key_options_count, &settings);
    options_write(&options, &k->settings);
    return buf_status(&k->settings) == ST_OK ? ST_OK : error_set(e, ST_NOMEM, ENOMEM, "settings");
}

enum status keys_start(struct keys *k, const struct keys_plan *plan, struct error *e)
{
    static char subcommand[] = KEY_SUBCOMMAND;
    *k = (struct keys){.plan = *plan};
    enum status status = keys_make_sockets(k, e);
    if (status == ST_OK)
        status = keys_make_settings(k, e);
    if (status != ST_OK) {
        keys_fini(k);
        return status;
    }
    const struct child_plan child = {.loop = plan->loop,
                                     .name = "key process",
                                     .subcommand = subcommand,
                                     .silence = plan->silence,
                                     .hand = keys_hand,
                                     .on_ready = keys_on_ready,
                                     .on_said = keys_on_said,
                                     .on_failed = keys_on_failed,
                                     .on_stopped = keys_on_stopped,
                                     .context = k};
    k->running = true;
    child_start(&k->child, &child);
    return ST_OK;
}

void keys_say(struct keys *k)
{
    k->telling = true;
    child_say(&k->child, KEY_SAY_KEYS, buf_span(k->plan.text));
}

void keys_stop(struct keys *k)
{
    if (!k->running)
        return;
    k->running = false;
    child_say(&k->child, KEY_SAY_QUIT, (struct span){0});
    child_stop(&k->child, KEYS_QUIT);
}

void keys_fini(struct keys *k)
{
    for (size_t i = 0; i < k->count; i++) {
        close(k->worker_ends[i]);
        close(k->key_ends[i]);
    }
    free(k->worker_ends);
    free(k->key_ends);
    buf_fini(&k->settings);
    *k = (struct keys){0};
}
