#include "serve/child.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/clock.h"
#include "log/log.h"
#include "serve/message.h"
#include "tls/ticket.h"

/* Milliseconds before a new start: doubled from the first to the most while it keeps dying. */
#define CHILD_BACKOFF_FIRST 50
#define CHILD_BACKOFF_MOST  10000
/* One that lived so long is not one that keeps dying. */
#define CHILD_SOUND_LIFE 10000

struct child_say {
    uv_write_t write;
    size_t n;
    char bytes[]; /* wiped when they are gone: there may be keys among them */
};

static void child_spawn(struct child *c);

static void child_on_retry(uv_timer_t *timer)
{
    child_spawn(timer->data);
}

static void child_on_handle_closed(uv_handle_t *handle)
{
    struct child *c = handle->data;
    if (--c->handles > 0)
        return;
    if (!c->stopping && c->plan.on_gone != NULL)
        c->plan.on_gone(c->plan.context); /* which may stop it */
    if (c->stopping) {
        if (!uv_is_closing((uv_handle_t *)&c->timer))
            uv_close((uv_handle_t *)&c->timer, NULL);
        return;
    }
    if (uv_now(c->plan.loop) - c->started >= CHILD_SOUND_LIFE)
        c->failures = 0;
    uint64_t wait = clock_backoff(c->failures++, CHILD_BACKOFF_FIRST, CHILD_BACKOFF_MOST);
    uv_timer_start(&c->timer, child_on_retry, wait, 0);
}

static void child_bury(struct child *c)
{
    c->alive = c->ready = false;
    c->handles = 2;
    uv_close((uv_handle_t *)&c->process, child_on_handle_closed);
    uv_close((uv_handle_t *)&c->control, child_on_handle_closed);
}

static void child_on_exit(uv_process_t *process, int64_t status, int signal_number)
{
    struct child *c = process->data;
    int pid = uv_process_get_pid(process);
    if (signal_number != 0 && !(c->stopping && signal_number == SIGTERM))
        log_line(LOG_WARNING, "%s %d ended by signal %d%s", c->plan.name, pid, signal_number,
                 c->stopping ? "" : "; another one takes its place");
    else if (!c->stopping && status == CHILD_MAKES_ROOM && c->plan.room != NULL)
        log_line(LOG_INFO, "%s %d makes room for %s", c->plan.name, pid, c->plan.room);
    else if (!c->stopping)
        log_line(LOG_WARNING, "%s %d ended with status %d; another one takes its place",
                 c->plan.name, pid, (int)status);
    child_bury(c);
}

static void child_on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char bytes[64];
    (void)handle, (void)suggested;
    *buf = uv_buf_init(bytes, sizeof bytes);
}

static void child_on_said(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct child *c = stream->data;
    if (n < 0)
        uv_read_stop(stream); /* its exit tells the rest */
    for (ssize_t i = 0; i < n; i++) {
        if (buf->base[i] != CHILD_SAY_READY) {
            if (c->plan.on_said != NULL)
                c->plan.on_said(c->plan.context, buf->base[i]);
        } else if (!c->ready) {
            c->ready = true;
            if (c->plan.on_ready != NULL)
                c->plan.on_ready(c->plan.context);
        }
    }
}

/* Start the process with these descriptors; 0, or libuv's error. */
static int child_spawn_process(struct child *c, const struct child_handed *handed, size_t count)
{
    static char program[] = "broadsheet";
    char *args[] = {program, c->plan.subcommand, NULL};
    uv_stdio_container_t stdio[CHILD_HANDED_FD + CHILD_HANDED_MAX] = {{.flags = UV_IGNORE}};
    stdio[1].flags = UV_IGNORE;
    stdio[2] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO};
    /* libuv's flags are an enum that is meant to be or-ed. */
    stdio[CHILD_CONTROL_FD]
        .flags = /* NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange) */
        (uv_stdio_flags)(UV_CREATE_PIPE | UV_READABLE_PIPE | UV_WRITABLE_PIPE);
    stdio[CHILD_CONTROL_FD].data.stream = (uv_stream_t *)&c->control;
    for (size_t i = 0; i < count; i++)
        stdio[CHILD_HANDED_FD + i] = (uv_stdio_container_t){
            .flags = handed[i].fd < 0 ? UV_IGNORE : UV_INHERIT_FD, .data.fd = handed[i].fd};
    uv_process_options_t options = {
        .exit_cb = child_on_exit,
        .file = "/proc/self/exe", /* this very program, even if its file was replaced since */
        .args = args,
        .stdio = stdio,
        .stdio_count = CHILD_HANDED_FD + (int)count,
    };
    return uv_spawn(c->plan.loop, &c->process, &options);
}

static void child_spawn(struct child *c)
{
    struct child_handed handed[CHILD_HANDED_MAX];
    uv_pipe_init(c->plan.loop, &c->control, 0);
    c->control.data = c;
    c->process.data = c;
    c->started = uv_now(c->plan.loop);
    size_t count = c->plan.hand(c->plan.context, handed);
    /* One that is missing: the child says so and ends; one way for all failures. */
    int result = child_spawn_process(c, handed, count);
    for (size_t i = 0; i < count; i++) {
        if (handed[i].fd >= 0 && !handed[i].borrowed)
            close(handed[i].fd);
    }
    if (result != 0) {
        log_line(LOG_ERROR, "a %s cannot be started: %s", c->plan.name, uv_strerror(result));
        child_bury(c);
        return;
    }
    c->alive = true;
    uv_read_start((uv_stream_t *)&c->control, child_on_buffer, child_on_said);
}

void child_start(struct child *c, const struct child_plan *plan)
{
    *c = (struct child){.plan = *plan};
    uv_timer_init(plan->loop, &c->timer);
    c->timer.data = c;
    child_spawn(c);
}

static void child_on_written(uv_write_t *write, int status)
{
    (void)status; /* a child that is gone starts with what is new anyway */
    struct child_say *say = write->data;
    ticket_wipe_bytes(say->bytes, say->n);
    free(say);
}

void child_say(struct child *c, char kind, struct span bytes)
{
    size_t n = MESSAGE_HEADER + bytes.n;
    struct child_say *say = c->alive ? calloc(1, sizeof *say + n) : NULL;
    if (say == NULL)
        return;
    say->n = n;
    message_header(kind, bytes.n, say->bytes);
    if (bytes.n > 0)
        memcpy(say->bytes + MESSAGE_HEADER, bytes.p, bytes.n);
    say->write.data = say;
    uv_buf_t message = uv_buf_init(say->bytes, (unsigned)n);
    int result = uv_write(&say->write, (uv_stream_t *)&c->control, &message, 1, child_on_written);
    if (result != 0)
        child_on_written(&say->write, result);
}

void child_signal(struct child *c, int number)
{
    if (c->alive)
        uv_process_kill(&c->process, number);
}

static void child_on_patience(uv_timer_t *timer)
{
    child_signal(timer->data, SIGKILL);
}

void child_stop(struct child *c)
{
    if (c->stopping)
        return;
    c->stopping = true;
    if (c->alive || c->handles > 0) {
        uv_timer_start(&c->timer, child_on_patience, CHILD_PATIENCE, 0);
        child_signal(c, SIGTERM);
    } else {
        uv_close((uv_handle_t *)&c->timer, NULL);
    }
}

int child_memory_fd(const char *name, struct span s)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd >= 0 && (write(fd, s.p, s.n) != (ssize_t)s.n || lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}
