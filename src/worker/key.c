#include "worker/key.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/memory.h"
#include "log/log.h"
#include "process/self.h"
#include "sandbox/sandbox.h"
#include "tls/keeper.h"

/* Milliseconds that keys which are not in use any more are kept for handshakes that have begun. */
#define KEY_KEPT 60000
/* Locked memory for secrets: as much as the keys' text has, but at least this; a power of two. */
#define KEY_SECRET_LEAST ((size_t)64 * 1024)
/* Lines of one kind in a minute: a worker that clients have taken over could ask for any number. */
#define KEY_LOG_LINES 60

#define FIELD(name) offsetof(struct key_settings, name)

const struct option_row key_options[] = {
    {.name = "sockets",
     .type = OPTION_NUMBER,
     .offset = FIELD(sockets),
     .min = 1,
     .max = CHILD_HANDED_MAX - (KEY_SOCKET_FD - CHILD_HANDED_FD)},
    {.name = "sandbox", .type = OPTION_STRING, .offset = FIELD(sandbox)},
};

const size_t key_options_count = sizeof key_options / sizeof key_options[0];

struct key {
    struct key_settings settings;
    struct options options; /* which own the settings' values */
    struct keeper *keeper;
    uv_loop_t loop;
    struct self self;
    uv_timer_t forget; /* the keys before */
    uv_poll_t *polls;  /* one for each worker; owned */
    bool stopping;
};

/* Before anything is opened that could take the number of one that is missing. */
static enum status key_check_sockets(const struct key *k, struct error *e)
{
    if (!child_has_socket(CHILD_CONTROL_FD, SOCK_STREAM))
        return error_set(e, ST_IO, 0, "no control stream");
    for (long i = 0; i < k->settings.sockets; i++) {
        if (!child_has_socket(KEY_SOCKET_FD + (int)i, SOCK_SEQPACKET))
            return error_set(e, ST_IO, 0, "no socket to worker %ld", i + 1);
    }
    return ST_OK;
}

/* The memory for the text is had at once: a buf that grows leaves keys behind. */
static enum status key_read_keys(struct key *k, struct error *e)
{
    struct buf text;
    struct stat st = {0};
    bool locked = false;
    size_t secret = KEY_SECRET_LEAST;
    memory_watch();
    unsigned long refusals = memory_refusals();
    (void)fstat(KEY_KEYS_FD, &st);
    buf_init(&text, (size_t)st.st_size);
    while (secret < text.cap)
        secret *= 2;
    enum status status = buf_reserve(&text, text.cap) == NULL
                             ? error_set(e, ST_NOMEM, ENOMEM, "keys")
                             : file_read_fd(KEY_KEYS_FD, "keys", &text, e);
    if (status == ST_OK)
        status = keeper_new(secret, &locked, &k->keeper, e);
    if (status == ST_OK)
        status = keeper_take(k->keeper, buf_span(&text), e);
    if (status == ST_OK)
        log_line(LOG_INFO, "keys are %s", locked ? "kept out of the swap" : "not locked in memory");
    close(KEY_KEYS_FD);
    buf_wipe(&text);
    memory_settle();
    /* OpenSSL would do without what it could not make now for as long as the process lives. */
    if (memory_refusals() != refusals)
        status = error_set(e, ST_NOMEM, ENOMEM, "keys");
    return status;
}

static void key_stop(struct key *k)
{
    if (k->stopping)
        return;
    k->stopping = true;
    self_stop(&k->self);
    uv_close((uv_handle_t *)&k->forget, NULL);
    for (long i = 0; i < k->settings.sockets; i++)
        uv_close((uv_handle_t *)&k->polls[i], NULL);
}

/*
 * A worker's end is shut only by a worker that clients have taken over, for the supervisor has it,
 * too: with the next key process come other sockets.
 */
static void key_on_poll(uv_poll_t *poll, int status, int events)
{
    struct key *k = poll->data;
    if (status != 0 || (events & UV_DISCONNECT) != 0) {
        log_line(LOG_ERROR, "a worker has shut its socket: the next key process has another");
        key_stop(k);
    } else {
        keeper_serve(k->keeper, KEY_SOCKET_FD + (int)(poll - k->polls));
    }
}

static void key_on_forget(uv_timer_t *timer)
{
    const struct key *k = timer->data;
    keeper_forget(k->keeper);
}

/* The workers wait for those keys; what they ask for meanwhile waits in their sockets. */
static void key_on_lost(void *context)
{
    log_line(LOG_ERROR, "the next key process has the new keys");
    key_stop(context);
}

static void key_on_alone(void *context)
{
    key_stop(context);
}

/* The workers hear of the certificates of these keys when we have said that we have them. */
static void key_on_message(void *context, char kind, struct span bytes)
{
    struct key *k = context;
    struct error e;
    if (kind == KEY_SAY_QUIT)
        key_stop(k);
    if (kind != KEY_SAY_KEYS)
        return;
    enum status status = keeper_take(k->keeper, bytes, &e);
    if (status == ST_NOMEM) {
        log_error(&e);
        key_on_lost(k);
    } else if (status != ST_OK) {
        log_line(LOG_ERROR, "%s; the keys before stay in use", e.message);
    } else {
        uv_timer_start(&k->forget, key_on_forget, KEY_KEPT, 0);
        self_say(&k->self, KEY_SAY_TAKEN);
    }
}

static enum status key_start_handles(struct key *k, struct error *e)
{
    k->polls = calloc((size_t)k->settings.sockets, sizeof *k->polls);
    if (k->polls == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "sockets");
    for (long i = 0; i < k->settings.sockets; i++) {
        int result = uv_poll_init(&k->loop, &k->polls[i], KEY_SOCKET_FD + (int)i);
        if (result != 0)
            return error_set(e, ST_IO, -result, "socket of worker %ld", i + 1);
        k->polls[i].data = k;
        uv_poll_start(&k->polls[i], UV_READABLE | UV_DISCONNECT, key_on_poll);
    }
    const struct self_plan plan = {.loop = &k->loop,
                                   .log_fd = KEY_LOG_FD,
                                   .on_message = key_on_message,
                                   .on_lost = key_on_lost,
                                   .on_alone = key_on_alone,
                                   .context = k};
    self_start(&k->self, &plan);
    uv_timer_init(&k->loop, &k->forget);
    k->forget.data = k;
    return ST_OK;
}

/* The sandbox comes before the first byte of a worker is read, and behind the last file. */
static enum status key_start(struct key *k, struct error *e)
{
    char told[SANDBOX_TOLD_MAX];
    enum sandbox_wish wish;
    options_init(&k->options, key_options, key_options_count, &k->settings);
    enum status status = options_read_fd(&k->options, KEY_SETTINGS_FD, e);
    if (status == ST_OK)
        status = key_check_sockets(k, e);
    if (status == ST_OK)
        status = sandbox_wish_find(k->settings.sandbox, &wish, e);
    if (status == ST_OK)
        status = key_read_keys(k, e);
    if (status != ST_OK)
        return status;
    status = sandbox_key(wish, told, e);
    log_line(LOG_INFO, "sandbox: %s", told);
    if (status != ST_OK)
        return status;
    log_limit(KEY_LOG_LINES, clock_ms);
    int result = uv_loop_init(&k->loop);
    if (result != 0)
        return error_set(e, ST_IO, -result, "event loop");
    return key_start_handles(k, e);
}

static void key_free(struct key *k)
{
    keeper_free(k->keeper);
    self_fini(&k->self);
    options_fini(&k->options);
    free(k->polls);
    free(k);
}

int key_run(void)
{
    struct key *k = calloc(1, sizeof *k);
    struct error e = {0};
    log_init("key");
    log_outlive();
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (k == NULL) {
        (void)error_set(&e, ST_NOMEM, ENOMEM, "key process");
        log_error(&e);
        return EXIT_FAILURE;
    }
    if (key_start(k, &e) != ST_OK) {
        log_error(&e);
        key_free(k);
        return EXIT_FAILURE;
    }
    self_say(&k->self, CHILD_SAY_READY);
    uv_run(&k->loop, UV_RUN_DEFAULT);
    uv_loop_close(&k->loop);
    key_free(k);
    return EXIT_SUCCESS;
}
