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
#include "process/heartbeat.h"
#include "process/message.h"
#include "process/relay.h"
#include "sandbox/sandbox.h"
#include "tls/keeper.h"
#include "tls/ticket.h"

#define KEY_SETTINGS_MAX 4096
/* Milliseconds that keys which are not in use any more are kept for handshakes that have begun. */
#define KEY_KEPT 60000
/* Locked memory for secrets: as much as the keys' text has, but at least this; a power of two. */
#define KEY_SECRET_LEAST ((size_t)64 * 1024)
/* Lines of one kind in a minute: a worker that clients have taken over could ask for any number. */
#define KEY_LOG_LINES 60
/* Milliseconds between two looks at what the log left out. */
#define KEY_SETTLE 10000

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
    uv_pipe_t control;
    struct heartbeat heartbeat;
    uv_poll_t relay;   /* of the log */
    bool relays;       /* it is there */
    uv_timer_t forget; /* the keys before */
    uv_timer_t settle; /* of the log */
    uv_poll_t *polls;  /* one for each worker; owned */
    struct message_reader messages;
    uv_write_t ready;
    bool stopping;
};

static enum status key_read_settings(struct key *k, struct error *e)
{
    struct buf text;
    buf_init(&text, KEY_SETTINGS_MAX);
    options_init(&k->options, key_options, key_options_count, &k->settings);
    enum status status = file_read_fd(KEY_SETTINGS_FD, "settings", &text, e);
    if (status == ST_OK)
        status = options_read_text(&k->options, "settings", buf_str(&text), e);
    if (status == ST_OK)
        status = options_complete(&k->options, "settings", e);
    close(KEY_SETTINGS_FD);
    buf_fini(&text);
    return status;
}

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
    uv_handle_t *const handles[] = {(uv_handle_t *)&k->control, (uv_handle_t *)&k->heartbeat.timer,
                                    (uv_handle_t *)&k->forget, (uv_handle_t *)&k->settle};
    if (k->stopping)
        return;
    k->stopping = true;
    for (size_t i = 0; i < sizeof handles / sizeof handles[0]; i++)
        uv_close(handles[i], NULL);
    for (long i = 0; i < k->settings.sockets; i++)
        uv_close((uv_handle_t *)&k->polls[i], NULL);
    if (k->relays)
        uv_close((uv_handle_t *)&k->relay, NULL);
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

static void key_on_settle(uv_timer_t *timer)
{
    (void)timer;
    log_settle(false);
}

static void key_on_written(uv_write_t *write, int status)
{
    (void)status; /* a supervisor that is gone shows at the other direction */
    free(write);
}

/* The workers hear of the certificates of these keys when we have said that we have them. */
static void key_on_message(void *context, char kind, struct span bytes)
{
    static char taken[] = {KEY_SAY_TAKEN};
    struct key *k = context;
    struct error e;
    if (kind == KEY_SAY_QUIT)
        key_stop(k);
    if (kind != KEY_SAY_KEYS)
        return;
    if (keeper_take(k->keeper, bytes, &e) != ST_OK) {
        log_line(LOG_ERROR, "%s; the keys before stay in use", e.message);
        return;
    }
    uv_timer_start(&k->forget, key_on_forget, KEY_KEPT, 0);
    uv_write_t *write = calloc(1, sizeof *write);
    uv_buf_t say = uv_buf_init(taken, sizeof taken);
    if (write != NULL && uv_write(write, (uv_stream_t *)&k->control, &say, 1, key_on_written) != 0)
        free(write);
}

static void key_on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char bytes[4096];
    (void)handle, (void)suggested;
    *buf = uv_buf_init(bytes, sizeof bytes);
}

static void key_on_control(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct key *k = stream->data;
    if (n < 0) {
        key_stop(k); /* without a supervisor nobody would ever stop us */
        return;
    }
    message_reader_take(&k->messages, (struct span){buf->base, (size_t)n});
    ticket_wipe_bytes(buf->base, (size_t)n);
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
    uv_pipe_init(&k->loop, &k->control, 0);
    uv_pipe_open(&k->control, CHILD_CONTROL_FD);
    k->control.data = k;
    uv_read_start((uv_stream_t *)&k->control, key_on_buffer, key_on_control);
    heartbeat_start(&k->heartbeat, &k->loop, (uv_stream_t *)&k->control);
    k->relays = relay_listen(&k->relay, &k->loop, KEY_LOG_FD);
    uv_timer_init(&k->loop, &k->forget);
    uv_timer_init(&k->loop, &k->settle);
    uv_timer_start(&k->settle, key_on_settle, KEY_SETTLE, KEY_SETTLE);
    k->forget.data = k;
    return ST_OK;
}

/* The sandbox comes before the first byte of a worker is read, and behind the last file. */
static enum status key_start(struct key *k, struct error *e)
{
    char told[SANDBOX_TOLD_MAX];
    enum sandbox_wish wish;
    enum status status = key_read_settings(k, e);
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
    message_reader_fini(&k->messages);
    options_fini(&k->options);
    free(k->polls);
    free(k);
}

int key_run(void)
{
    static char ready[] = {CHILD_SAY_READY};
    struct key *k = calloc(1, sizeof *k);
    struct error e = {0};
    log_init("key");
    log_outlive();
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (k == NULL)
        return EXIT_FAILURE;
    message_reader_init(&k->messages);
    k->messages.on_message = key_on_message;
    k->messages.context = k;
    if (key_start(k, &e) != ST_OK) {
        log_error(&e);
        key_free(k);
        return EXIT_FAILURE;
    }
    uv_buf_t say = uv_buf_init(ready, sizeof ready);
    uv_write(&k->ready, (uv_stream_t *)&k->control, &say, 1, NULL);
    uv_run(&k->loop, UV_RUN_DEFAULT);
    uv_loop_close(&k->loop);
    log_settle(true);
    key_free(k);
    return EXIT_SUCCESS;
}
