#include "serve/job.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "log/log.h"

/* Milliseconds before a run is made again: doubled from the first to the most. */
#define JOB_RETRY_FIRST 1000
#define JOB_RETRY_MOST  60000

/*
 * The command line, "broadsheet press-job [--verify] --output EDITION ... -- CAPSULE", with the
 * first three left to job_start; NULL without memory.
 */
static char **job_make_args(const struct job *j)
{
    static char output[] = "--output";
    static char base[] = "--base-url";
    static char sandbox[] = "--sandbox";
    static char area[] = "--area";
    static char end[] = "--";
    union {
        const char *read;
        char *args;
    } edition = {j->edition}, base_url = {j->base_url}, capsule = {j->capsule}, how = {j->sandbox};
    char *const first[] = {NULL, NULL,          NULL,    output,  edition.args,
                           base, base_url.args, sandbox, how.args};
    const size_t firsts = sizeof first / sizeof first[0];
    char **args = calloc(firsts + 2 * j->areas->count + 3, sizeof *args);
    size_t n = 0;
    if (args == NULL)
        return NULL;
    while (n < firsts) {
        args[n] = first[n];
        n++;
    }
    for (size_t i = 0; i < j->areas->count; i++) {
        args[n++] = area;
        args[n++] = j->areas->items[i];
    }
    args[n++] = end;
    args[n++] = capsule.args;
    return args;
}

enum status job_init(struct job *j, struct error *e)
{
    j->args = job_make_args(j);
    if (j->args == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s: press", j->capsule);
    j->waiting = j->running = j->resting = j->again = j->stopping = j->verifying = false;
    j->verify = true; /* what happened to it while nobody looked? */
    j->next = NULL;
    j->failures = 0;
    uv_timer_init(j->loop, &j->retry);
    j->retry.data = j;
    return ST_OK;
}

static void job_on_retry(uv_timer_t *timer)
{
    job_run(timer->data);
}

static void job_retry_later(struct job *j)
{
    uint64_t wait = clock_backoff(j->failures++, JOB_RETRY_FIRST, JOB_RETRY_MOST);
    uv_timer_start(&j->retry, job_on_retry, wait, 0);
}

static void job_start(struct job *j);

static void job_enqueue(struct job *j)
{
    struct job **end = &j->queue->first;
    while (*end != NULL)
        end = &(*end)->next;
    *end = j;
    j->next = NULL;
    j->waiting = true;
}

static void job_unlink(struct job **list, const struct job *j)
{
    while (*list != NULL && *list != j)
        list = &(*list)->next;
    if (*list != NULL)
        *list = j->next;
}

/* Does one run already that writes the same edition?  Another reading of the configuration's. */
static bool job_is_barred(const struct job *j)
{
    const struct job *other = j->queue->runs;
    while (other != NULL && strcmp(other->edition, j->edition) != 0)
        other = other->next;
    return other != NULL;
}

/* Start those that wait, as many as may run. */
static void job_dequeue(struct job_queue *q)
{
    struct job **at = &q->first;
    while (*at != NULL && q->running < JOB_PARALLEL) {
        struct job *j = *at;
        if (job_is_barred(j)) {
            at = &j->next;
            continue;
        }
        *at = j->next;
        j->waiting = false;
        j->next = q->runs;
        q->runs = j;
        q->running++;
        job_start(j);
    }
}

static void job_on_stopped(uv_handle_t *handle)
{
    const struct job *j = handle->data;
    j->on_stopped(j->context);
}

static void job_on_closed(uv_handle_t *handle)
{
    struct job *j = handle->data;
    struct job_queue *q = j->queue;
    if (--j->handles > 0)
        return;
    j->running = false;
    q->running--;
    job_unlink(&q->runs, j);
    if (j->stopping) {
        uv_close((uv_handle_t *)&j->retry, job_on_stopped);
        job_dequeue(q);
        return;
    }
    job_dequeue(q);
    bool again = j->again;
    if (!j->later)
        j->failures = 0;
    j->on_done(j->context, j->good);
    if (j->stopping || j->resting)
        return;
    if (again)
        job_run(j);
    else if (j->later)
        job_retry_later(j);
}

static void job_end(struct job *j, bool good, bool later)
{
    j->good = good;
    j->later = later;
    j->verify = j->verify || (j->verifying && !good);
    j->handles = 2;
    uv_close((uv_handle_t *)&j->process, job_on_closed);
    uv_close((uv_handle_t *)&j->timer, job_on_closed);
}

static void job_on_exit(uv_process_t *process, int64_t status, int signal_number)
{
    struct job *j = process->data;
    if (signal_number != 0 && !j->stopping)
        log_line(LOG_ERROR, "%s: press ended by signal %d", j->capsule, signal_number);
    bool good = signal_number == 0 && status == EXIT_SUCCESS;
    /* libconfuse ends the process by itself, with 2, when it has no memory for a text. */
    bool temporary = signal_number != 0 || status != EXIT_FAILURE;
    job_end(j, good, !good && temporary);
}

static void job_on_timer(uv_timer_t *timer)
{
    struct job *j = timer->data;
    log_line(LOG_ERROR, "%s: press has not ended after %u s and is killed", j->capsule, j->timeout);
    uv_process_kill(&j->process, SIGKILL);
}

void job_run(struct job *j)
{
    if (j->stopping || j->resting || j->waiting)
        return;
    if (j->running) {
        j->again = true;
        return;
    }
    job_enqueue(j);
    job_dequeue(j->queue);
}

void job_verify(struct job *j)
{
    j->verify = true;
    job_run(j);
}

/* Write the beginning of the command line; where it begins. */
static char **job_begin_args(struct job *j)
{
    static char program[] = "broadsheet";
    static char subcommand[] = JOB_SUBCOMMAND;
    static char verify[] = "--verify";
    char *const words[] = {program, subcommand, verify};
    const size_t count = sizeof words / sizeof words[0];
    char **args = j->verify ? j->args : j->args + 1;
    memcpy(args, words, (j->verify ? count : count - 1) * sizeof words[0]);
    j->verifying = j->verify;
    j->verify = false;
    return args;
}

static void job_start(struct job *j)
{
    uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE}, {.flags = UV_IGNORE}};
    stdio[2] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO};
    uv_process_options_t options = {.exit_cb = job_on_exit,
                                    .file = "/proc/self/exe",
                                    .args = job_begin_args(j),
                                    .stdio = stdio,
                                    .stdio_count = 3};
    uv_timer_stop(&j->retry);
    j->running = true;
    j->again = false;
    j->process.data = j;
    uv_timer_init(j->loop, &j->timer);
    j->timer.data = j;
    int result = uv_spawn(j->loop, &j->process, &options);
    if (result != 0) {
        log_line(LOG_ERROR, "%s: press cannot be started: %s", j->capsule, uv_strerror(result));
        job_end(j, false, true);
        return;
    }
    uv_timer_start(&j->timer, job_on_timer, (uint64_t)j->timeout * 1000, 0);
}

void job_rest(struct job *j)
{
    j->resting = true;
    uv_timer_stop(&j->retry);
    if (j->waiting)
        job_unlink(&j->queue->first, j);
    j->waiting = false;
}

void job_wake(struct job *j)
{
    j->resting = j->again = false;
}

void job_stop(struct job *j)
{
    if (j->stopping)
        return;
    job_rest(j);
    j->stopping = true; /* nothing is started any more */
    free(j->args);
    j->args = NULL;
    if (!j->running)
        uv_close((uv_handle_t *)&j->retry, job_on_stopped);
    else if (!uv_is_closing((uv_handle_t *)&j->process))
        uv_process_kill(&j->process, SIGKILL); /* what it leaves is swept by the next */
}
