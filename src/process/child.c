#include "process/child.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "log/log.h"
#include "process/message.h"

/* Milliseconds before a new start: doubled from the first to the most while it keeps dying. */
#define CHILD_BACKOFF_FIRST 50
#define CHILD_BACKOFF_MOST  10000
/* So many deaths in a row are told. */
#define CHILD_FAILURES_TOLD 4
/*
 * One that lived so long is started anew at once, however often that happens: a worker that dies of
 * some client every few seconds must not be away for longer and longer because of it.
 */
#define CHILD_SOUND_LIFE 1000
/* A child that is not ready yet may be silent for so many times longer: a cold disk is slow. */
#define CHILD_START_PATIENCE 6

/* One process, from its start until its handles are closed. */
struct child_life {
    struct child *child;
    struct child_life *next; /* of the same child */
    uv_process_t process;
    uv_pipe_t control;
    uv_timer_t look;  /* at what it has said, once a second */
    unsigned handles; /* of these, not closed yet */
    unsigned silent;  /* looks since it has said something */
    bool alive;       /* it runs */
    uint64_t started;
};

struct child_saying {
    uv_write_t write;
    size_t n;
    char bytes[]; /* wiped when they are gone: there may be keys among them */
};

static void child_spawn(struct child *c);

static void child_on_retry(uv_timer_t *timer)
{
    child_spawn(timer->data);
}

/* Start another one, the later the more of them have died. */
static void child_retry(struct child *c)
{
    uint64_t wait = clock_backoff(c->failures++, CHILD_BACKOFF_FIRST, CHILD_BACKOFF_MOST);
    if (c->failures >= CHILD_FAILURES_TOLD)
        log_line(LOG_ERROR, "%s: %u have died in a row; the next one starts in %u ms", c->plan.name,
                 c->failures, (unsigned)wait);
    uv_timer_start(&c->timer, child_on_retry, wait, 0);
}

/* The one that did the work does it no more, for whatever cause. */
static void child_gone(struct child *c, const struct child_life *life)
{
    c->work = NULL;
    c->ready = false;
    if (uv_now(c->plan.loop) - life->started >= CHILD_SOUND_LIFE)
        c->failures = 0;
}

static void child_on_timer_closed(uv_handle_t *handle)
{
    const struct child *c = handle->data;
    if (c->plan.on_stopped != NULL)
        c->plan.on_stopped(c->plan.context);
}

/* Nothing is left of one that is not started again but its timer. */
static void child_end(struct child *c)
{
    if (!uv_is_closing((uv_handle_t *)&c->timer))
        uv_close((uv_handle_t *)&c->timer, child_on_timer_closed);
}

static void child_on_handle_closed(uv_handle_t *handle)
{
    struct child_life *life = handle->data;
    struct child *c = life->child;
    if (--life->handles > 0)
        return;
    bool worked = c->work == life;
    struct child_life **at = &c->lives;
    while (*at != life)
        at = &(*at)->next;
    *at = life->next;
    if (worked)
        child_gone(c, life);
    free(life);
    if (worked && !c->was_ready && ++c->stillborn == CHILD_FAILURES_MAX)
        c->plan.on_failed(c->plan.context); /* which may stop it */
    if (worked && !c->stopping)
        child_retry(c);
    else if (c->stopping && c->lives == NULL)
        child_end(c);
}

static void child_bury(struct child_life *life)
{
    life->alive = false;
    life->handles = 3;
    uv_close((uv_handle_t *)&life->process, child_on_handle_closed);
    uv_close((uv_handle_t *)&life->control, child_on_handle_closed);
    uv_close((uv_handle_t *)&life->look, child_on_handle_closed);
}

static void child_on_exit(uv_process_t *process, int64_t status, int signal_number)
{
    struct child_life *life = process->data;
    const struct child *c = life->child;
    const char *next = c->work == life && !c->stopping ? "; another one takes its place" : "";
    int pid = uv_process_get_pid(process);
    if (signal_number != 0 && !(c->stopping && signal_number == SIGTERM))
        log_line(LOG_WARNING, "%s %d ended by signal %d%s", c->plan.name, pid, signal_number, next);
    else if (!c->stopping && (c->work == life || status != 0))
        log_line(LOG_WARNING, "%s %d ended with status %d%s", c->plan.name, pid, (int)status, next);
    child_bury(life);
}

static void child_on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char bytes[64];
    (void)handle, (void)suggested;
    *buf = uv_buf_init(bytes, sizeof bytes);
}

/* It lives on to finish what it has begun; who does the work is another one. */
static void child_take_room(struct child *c, const struct child_life *life)
{
    bool was_ready = c->ready;
    if (c->work != life || c->stopping)
        return;
    log_line(LOG_INFO, "%s %d makes room for another one", c->plan.name,
             uv_process_get_pid(&life->process));
    child_gone(c, life);
    if (was_ready)
        child_spawn(c);
    else
        child_retry(c); /* what it stumbled over may be there for the next one, too */
}

static void child_take(struct child_life *life, char said)
{
    struct child *c = life->child;
    switch (said) {
    case CHILD_SAY_ALIVE:
        break;
    case CHILD_SAY_READY:
        if (c->ready || c->work != life)
            break;
        c->ready = c->was_ready = true;
        if (c->plan.on_ready != NULL)
            c->plan.on_ready(c->plan.context);
        break;
    case CHILD_SAY_ROOM:
        if (c->plan.makes_room)
            child_take_room(c, life);
        break;
    default:
        if (c->plan.on_said != NULL)
            c->plan.on_said(c->plan.context, said);
    }
}

static void child_on_said(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct child_life *life = stream->data;
    if (n < 0)
        uv_read_stop(stream); /* its exit tells the rest */
    else
        life->silent = 0;
    for (ssize_t i = 0; i < n; i++)
        child_take(life, buf->base[i]);
}

/* Its loop has not turned for too long; stuck in whatever, it would not hear SIGTERM. */
static void child_on_look(uv_timer_t *timer)
{
    struct child_life *life = timer->data;
    const struct child *c = life->child;
    bool starts = c->work == life && !c->ready;
    unsigned most = c->plan.silence * (starts ? CHILD_START_PATIENCE : 1);
    if (++life->silent != most + 1)
        return;
    log_line(LOG_ERROR, "%s %d has said nothing for %u s and is killed", c->plan.name,
             uv_process_get_pid(&life->process), most);
    uv_process_kill(&life->process, SIGKILL);
}

/* Start the process with these descriptors; 0, or libuv's error. */
static int child_spawn_process(struct child_life *life, const struct child_handed *handed,
                               size_t count)
{
    static char program[] = "broadsheet";
    const struct child_plan *plan = &life->child->plan;
    char *args[] = {program, plan->subcommand, NULL};
    uv_stdio_container_t stdio[CHILD_HANDED_FD + CHILD_HANDED_MAX] = {{.flags = UV_IGNORE}};
    stdio[1].flags = UV_IGNORE;
    stdio[2] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO};
    /* libuv's flags are an enum that is meant to be or-ed. */
    stdio[CHILD_CONTROL_FD]
        .flags = /* NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange) */
        (uv_stdio_flags)(UV_CREATE_PIPE | UV_READABLE_PIPE | UV_WRITABLE_PIPE);
    stdio[CHILD_CONTROL_FD].data.stream = (uv_stream_t *)&life->control;
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
    return uv_spawn(plan->loop, &life->process, &options);
}

/* A life that has not begun; NULL without memory. */
static struct child_life *child_conceive(struct child *c)
{
    struct child_life *life = calloc(1, sizeof *life);
    if (life == NULL)
        return NULL;
    uv_pipe_init(c->plan.loop, &life->control, 0);
    uv_timer_init(c->plan.loop, &life->look);
    life->control.data = life->process.data = life->look.data = life;
    life->child = c;
    life->started = uv_now(c->plan.loop);
    life->next = c->lives;
    c->lives = c->work = life;
    return life;
}

static void child_spawn(struct child *c)
{
    struct child_handed handed[CHILD_HANDED_MAX];
    struct child_life *life = child_conceive(c);
    if (life == NULL) {
        log_line(LOG_ERROR, "a %s cannot be started: out of memory", c->plan.name);
        child_retry(c);
        return;
    }
    size_t count = c->plan.hand(c->plan.context, handed);
    /* One that is missing: the child says so and ends; one way for all failures. */
    int result = child_spawn_process(life, handed, count);
    for (size_t i = 0; i < count; i++) {
        if (handed[i].fd >= 0 && !handed[i].borrowed)
            close(handed[i].fd);
    }
    if (result != 0) {
        log_line(LOG_ERROR, "a %s cannot be started: %s", c->plan.name, uv_strerror(result));
        child_bury(life);
        return;
    }
    life->alive = true;
    uv_read_start((uv_stream_t *)&life->control, child_on_buffer, child_on_said);
    if (c->plan.silence > 0)
        uv_timer_start(&life->look, child_on_look, CHILD_HEARTBEAT, CHILD_HEARTBEAT);
}

void child_start(struct child *c, const struct child_plan *plan)
{
    *c = (struct child){.plan = *plan};
    uv_timer_init(plan->loop, &c->timer);
    c->timer.data = c;
    child_spawn(c);
}

static void child_on_said_to(uv_write_t *write, int status)
{
    (void)status; /* a child that is gone starts with what is new anyway */
    struct child_saying *saying = write->data;
    explicit_bzero(saying->bytes, saying->n);
    free(saying);
}

/* False without memory. */
static bool child_try_say(struct child_life *life, char kind, struct span bytes)
{
    size_t n = MESSAGE_HEADER + bytes.n;
    struct child_saying *saying = calloc(1, sizeof *saying + n);
    if (saying == NULL)
        return false;
    saying->n = n;
    message_header(kind, bytes.n, saying->bytes);
    if (bytes.n > 0)
        memcpy(saying->bytes + MESSAGE_HEADER, bytes.p, bytes.n);
    saying->write.data = saying;
    uv_buf_t message = uv_buf_init(saying->bytes, (unsigned)n);
    int result =
        uv_write(&saying->write, (uv_stream_t *)&life->control, &message, 1, child_on_said_to);
    if (result != 0)
        child_on_said_to(&saying->write, result);
    return true;
}

void child_say(struct child *c, char kind, struct span bytes)
{
    if (c->work == NULL || !c->work->alive || child_try_say(c->work, kind, bytes))
        return;
    log_line(LOG_ERROR, "%s %d cannot be told what is new, out of memory, and is killed",
             c->plan.name, uv_process_get_pid(&c->work->process));
    uv_process_kill(&c->work->process, SIGKILL);
}

void child_signal(struct child *c, int number)
{
    for (struct child_life *life = c->lives; life != NULL; life = life->next) {
        if (life->alive)
            uv_process_kill(&life->process, number);
    }
}

static void child_on_patience(uv_timer_t *timer)
{
    child_signal(timer->data, SIGKILL);
}

void child_retire(struct child *c)
{
    if (c->stopping)
        return;
    c->stopping = true;
    uv_timer_stop(&c->timer);
    if (c->lives == NULL)
        child_end(c);
}

void child_stop(struct child *c, uint64_t patience)
{
    child_retire(c);
    if (uv_is_closing((uv_handle_t *)&c->timer))
        return;
    uv_timer_start(&c->timer, child_on_patience, patience, 0);
    child_signal(c, SIGTERM);
}

bool child_has_socket(int fd, int type)
{
    int domain = 0;
    int found = 0;
    socklen_t n = sizeof domain;
    bool good = getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) == 0;
    n = sizeof found;
    good = good && getsockopt(fd, SOL_SOCKET, SO_TYPE, &found, &n) == 0;
    return good && domain == AF_UNIX && found == type;
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
