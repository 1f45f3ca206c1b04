/*
 * job: one run of press in a process of its own, so that whatever an article does to it, serving
 * goes on.
 */
#ifndef SERVE_JOB_H
#define SERVE_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* Subcommand of the program that is press under a supervisor: it logs as a server does. */
#define JOB_SUBCOMMAND "press-job"

struct job {
    uv_loop_t *loop;
    const char *capsule, *edition, *base_url; /* borrowed */
    void (*on_done)(void *context, bool good);
    void *context;
    uv_process_t process;
    uv_timer_t timer;
    bool running;
    bool again; /* something changed while it ran */
    bool stopping;
    bool good;
    unsigned handles;
};

/* Ready a job; the fields up to context are set by the caller. */
void job_init(struct job *j);

/* Run press now, or once more after the run that is under way.  on_done tells how each ended. */
void job_run(struct job *j);

/* Run no more; a run under way is ended. */
void job_stop(struct job *j);

/* A run that takes longer hangs, and is ended (milliseconds). */
#define JOB_BUDGET ((uint64_t)10 * 60 * 1000)

#endif
