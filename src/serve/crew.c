#include "serve/crew.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/clock.h"
#include "log/log.h"
#include "serve/message.h"
#include "serve/worker.h"

#define CREW_STDIO_MAX 128
#define CREW_HANDED    (WORKER_LISTEN_FD - WORKER_SETTINGS_FD)
/* Milliseconds before a new start: doubled from the first to the most while workers keep dying. */
#define CREW_BACKOFF_FIRST 50
#define CREW_BACKOFF_MOST  10000
/* A worker that lived so long is not one that keeps dying. */
#define CREW_SOUND_LIFE 10000
/* So many deaths of workers before the first was ever ready: it makes no sense to go on. */
#define CREW_FAILURES_MAX 3

struct crew_member {
    struct crew *crew;
    uv_process_t process;
    uv_pipe_t control;
    uv_timer_t retry;
    unsigned handles; /* of process and control, not closed yet */
    bool alive, ready;
    unsigned failures; /* deaths in a row */
    uint64_t started;
};

struct crew {
    struct crew_plan plan;
    uv_timer_t patience;
    bool stopping, failed;
    bool any_ready;    /* some worker has answered requests once */
    bool was_ready;    /* and all of them at the same time */
    unsigned failures; /* before anybody was ready */
    struct crew_member members[];
};

struct crew_say {
    uv_write_t write;
    size_t n;
    char bytes[]; /* wiped when they are gone: there may be keys among them */
};

static void crew_spawn(struct crew_member *m);

static size_t crew_alive(const struct crew *c)
{
    size_t alive = 0;
    for (size_t i = 0; i < c->plan.workers; i++)
        alive += c->members[i].alive || c->members[i].handles > 0;
    return alive;
}

/* Nobody is left: close what is the crew's own, so that the loop can end. */
static void crew_check_gone(struct crew *c)
{
    if (!c->stopping || crew_alive(c) > 0 || uv_is_closing((uv_handle_t *)&c->patience))
        return;
    uv_close((uv_handle_t *)&c->patience, NULL);
    for (size_t i = 0; i < c->plan.workers; i++)
        uv_close((uv_handle_t *)&c->members[i].retry, NULL);
}

static void crew_on_retry(uv_timer_t *timer)
{
    crew_spawn(timer->data);
}

static void crew_on_handle_closed(uv_handle_t *handle)
{
    struct crew_member *m = handle->data;
    struct crew *c = m->crew;
    if (--m->handles > 0)
        return;
    if (c->stopping) {
        crew_check_gone(c);
        return;
    }
    if (!c->any_ready && ++c->failures >= CREW_FAILURES_MAX) {
        if (!c->failed)
            c->plan.on_failed(c->plan.context);
        c->failed = true;
        return;
    }
    if (uv_now(c->plan.loop) - m->started >= CREW_SOUND_LIFE)
        m->failures = 0;
    uint64_t wait = clock_backoff(m->failures++, CREW_BACKOFF_FIRST, CREW_BACKOFF_MOST);
    uv_timer_start(&m->retry, crew_on_retry, wait, 0);
}

static void crew_bury(struct crew_member *m)
{
    m->alive = m->ready = false;
    m->handles = 2;
    uv_close((uv_handle_t *)&m->process, crew_on_handle_closed);
    uv_close((uv_handle_t *)&m->control, crew_on_handle_closed);
}

static void crew_on_exit(uv_process_t *process, int64_t status, int signal_number)
{
    struct crew_member *m = process->data;
    if (signal_number != 0 && !(m->crew->stopping && signal_number == SIGTERM))
        log_line(LOG_WARNING, "worker %d ended by signal %d%s", uv_process_get_pid(process),
                 signal_number, m->crew->stopping ? "" : "; another one takes its place");
    else if (!m->crew->stopping && status == WORKER_BEYOND)
        log_line(LOG_INFO, "worker %d makes room for one that can reach the new static folder",
                 uv_process_get_pid(process));
    else if (!m->crew->stopping)
        log_line(LOG_WARNING, "worker %d ended with status %d; another one takes its place",
                 uv_process_get_pid(process), (int)status);
    crew_bury(m);
}

static void crew_on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char bytes[64];
    (void)handle, (void)suggested;
    *buf = uv_buf_init(bytes, sizeof bytes);
}

static void crew_on_said(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct crew_member *m = stream->data;
    struct crew *c = m->crew;
    for (ssize_t i = 0; i < n; i++)
        m->ready = m->ready || buf->base[i] == WORKER_SAY_READY;
    if (n < 0) {
        uv_read_stop(stream); /* its exit tells the rest */
        return;
    }
    c->any_ready = c->any_ready || m->ready;
    bool all = true;
    for (size_t i = 0; i < c->plan.workers; i++)
        all = all && c->members[i].ready;
    if (all && !c->was_ready) {
        c->was_ready = true;
        c->plan.on_ready(c->plan.context);
    }
}

/* Bytes in a file without a name; the worker reads it to its end.  -1 on failure. */
static int crew_memory_fd(const char *name, struct span s)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd >= 0 && (write(fd, s.p, s.n) != (ssize_t)s.n || lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* The ticket keys as the bytes that a worker reads. */
union crew_tickets {
    unsigned char packed[TICKET_PACKED_SIZE];
    char bytes[TICKET_PACKED_SIZE];
};

static struct span crew_pack_tickets(const struct crew *c, union crew_tickets *keys)
{
    ticket_pack(c->plan.tickets, keys->packed);
    return (struct span){keys->bytes, sizeof *keys};
}

static void crew_wipe_tickets(union crew_tickets *keys)
{
    ticket_wipe_bytes(keys, sizeof *keys);
    ticket_wipe_stack();
}

/* They, in a file without a name. */
static int crew_tickets_fd(const struct crew *c)
{
    union crew_tickets keys;
    int fd = crew_memory_fd("tickets", crew_pack_tickets(c, &keys));
    crew_wipe_tickets(&keys);
    return fd;
}

/* What a worker is handed in a descriptor of its own; a failure (-1) leaves it closed. */
static uv_stdio_container_t crew_handed(int fd)
{
    return (uv_stdio_container_t){.flags = fd < 0 ? UV_IGNORE : UV_INHERIT_FD, .data.fd = fd};
}

/* handed   CREW_HANDED descriptors from WORKER_SETTINGS_FD on */
static int crew_spawn_process(struct crew_member *m, const int *handed)
{
    static char program[] = "broadsheet";
    static char subcommand[] = "worker";
    char *args[] = {program, subcommand, NULL};
    uv_stdio_container_t stdio[CREW_STDIO_MAX] = {{.flags = UV_IGNORE}};
    const struct crew_plan *plan = &m->crew->plan;
    stdio[1].flags = UV_IGNORE;
    stdio[2] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO};
    /* libuv's flags are an enum that is meant to be or-ed. */
    stdio[WORKER_CONTROL_FD]
        .flags = /* NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange) */
        (uv_stdio_flags)(UV_CREATE_PIPE | UV_READABLE_PIPE | UV_WRITABLE_PIPE);
    stdio[WORKER_CONTROL_FD].data.stream = (uv_stream_t *)&m->control;
    for (int i = 0; i < CREW_HANDED; i++)
        stdio[WORKER_SETTINGS_FD + i] = crew_handed(handed[i]);
    for (size_t i = 0; i < plan->socket_count; i++)
        stdio[WORKER_LISTEN_FD + i] = crew_handed(plan->sockets[i]);
    uv_process_options_t options = {
        .exit_cb = crew_on_exit,
        .file = "/proc/self/exe", /* this very program, even if its file was replaced since */
        .args = args,
        .stdio = stdio,
        .stdio_count = WORKER_LISTEN_FD + (int)plan->socket_count,
    };
    return uv_spawn(plan->loop, &m->process, &options);
}

static void crew_spawn(struct crew_member *m)
{
    struct crew *c = m->crew;
    if (c->stopping)
        return;
    uv_pipe_init(c->plan.loop, &m->control, 0);
    m->control.data = m;
    m->process.data = m;
    m->started = uv_now(c->plan.loop);
    const int handed[CREW_HANDED] = {
        crew_memory_fd("settings", c->plan.settings),
        crew_tickets_fd(c),
        crew_memory_fd("certificates", buf_span(c->plan.certificates)),
        crew_memory_fd("areas", buf_span(c->plan.areas)),
    };
    /* Without them the worker says so and ends: one way for all failures. */
    int result = crew_spawn_process(m, handed);
    for (int i = 0; i < CREW_HANDED; i++) {
        if (handed[i] >= 0)
            close(handed[i]);
    }
    if (result != 0) {
        log_line(LOG_ERROR, "a worker cannot be started: %s", uv_strerror(result));
        crew_bury(m);
        return;
    }
    m->alive = true;
    uv_read_start((uv_stream_t *)&m->control, crew_on_buffer, crew_on_said);
}

enum status crew_start(const struct crew_plan *plan, struct crew **out, struct error *e)
{
    struct crew *c = calloc(1, sizeof *c + plan->workers * sizeof c->members[0]);
    if (c == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "workers");
    c->plan = *plan;
    *out = c;
    uv_timer_init(plan->loop, &c->patience);
    for (size_t i = 0; i < plan->workers; i++) {
        struct crew_member *m = &c->members[i];
        m->crew = c;
        uv_timer_init(plan->loop, &m->retry);
        m->retry.data = m;
        crew_spawn(m);
    }
    return ST_OK;
}

static void crew_on_written(uv_write_t *write, int status)
{
    (void)status; /* a worker that is gone starts with what is new anyway */
    struct crew_say *say = write->data;
    ticket_wipe_bytes(say->bytes, say->n);
    free(say);
}

/* One message to every worker, see worker.h. */
static void crew_send(struct crew *c, char what, struct span bytes)
{
    size_t n = MESSAGE_HEADER + bytes.n;
    for (size_t i = 0; i < c->plan.workers; i++) {
        struct crew_say *say = c->members[i].alive ? calloc(1, sizeof *say + n) : NULL;
        if (say == NULL)
            continue;
        say->n = n;
        message_header(what, bytes.n, say->bytes);
        if (bytes.n > 0)
            memcpy(say->bytes + MESSAGE_HEADER, bytes.p, bytes.n);
        say->write.data = say;
        uv_buf_t message = uv_buf_init(say->bytes, (unsigned)n);
        int result = uv_write(&say->write, (uv_stream_t *)&c->members[i].control, &message, 1,
                              crew_on_written);
        if (result != 0)
            crew_on_written(&say->write, result);
    }
}

void crew_say_edition(struct crew *c)
{
    crew_send(c, WORKER_SAY_EDITION, (struct span){0});
}

void crew_say_tickets(struct crew *c)
{
    union crew_tickets keys;
    crew_send(c, WORKER_SAY_TICKETS, crew_pack_tickets(c, &keys));
    crew_wipe_tickets(&keys);
}

void crew_say_certificates(struct crew *c)
{
    crew_send(c, WORKER_SAY_CERTIFICATES, buf_span(c->plan.certificates));
}

void crew_say_areas(struct crew *c)
{
    crew_send(c, WORKER_SAY_AREAS, buf_span(c->plan.areas));
}

static void crew_signal(struct crew *c, int number)
{
    for (size_t i = 0; i < c->plan.workers; i++) {
        if (c->members[i].alive)
            uv_process_kill(&c->members[i].process, number);
    }
}

static void crew_on_patience(uv_timer_t *timer)
{
    crew_signal(timer->data, SIGKILL);
}

void crew_stop(struct crew *c)
{
    if (c->stopping)
        return;
    c->stopping = true;
    for (size_t i = 0; i < c->plan.workers; i++)
        uv_timer_stop(&c->members[i].retry);
    c->patience.data = c;
    uv_timer_start(&c->patience, crew_on_patience, CREW_PATIENCE, 0);
    crew_signal(c, SIGTERM);
    crew_check_gone(c);
}

void crew_free(struct crew *c)
{
    free(c);
}
