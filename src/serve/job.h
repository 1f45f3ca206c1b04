/*
 * job: one run of press in a process of its own, so that whatever an article does to it, serving
 * goes on.
 */
#ifndef SERVE_JOB_H
#define SERVE_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/option.h"

/* Subcommand of the program that is press under a supervisor: it logs as a server does. */
#define JOB_SUBCOMMAND "press-job"

/* Its exit status after a failure that is not the capsule's: a full disk, no memory. */
#define JOB_TEMPORARY 75 /* EX_TEMPFAIL of sysexits.h */

struct job;

/*
 * Where jobs wait their turn: at most JOB_PARALLEL run at the same time, and never two that write
 * the same edition.  Zeroed at first.
 */
struct job_queue {
    unsigned running;  /* how many, */
    struct job *runs;  /* and which */
    struct job *first; /* of those that wait */
};

struct job {
    uv_loop_t *loop;
    struct job_queue *queue;                  /* borrowed */
    const char *capsule, *edition, *base_url; /* borrowed */
    const char *sandbox;                      /* --sandbox of the run; borrowed */
    unsigned timeout;                /* seconds: a run that takes longer hangs, and is ended */
    const struct option_list *areas; /* prefixes of areas; borrowed */
    void (*on_done)(void *context, bool good);
    void (*on_stopped)(void *context); /* after job_stop: the struct may go */
    void *context;
    char **args; /* of the run: owned array of borrowed strings, behind a place for one more */
    uv_process_t process;
    uv_timer_t timer;  /* of the run */
    uv_timer_t retry;  /* after a run that failed for a cause that may pass */
    unsigned failures; /* such runs in a row */
    struct job *next;  /* in a list of the queue */
    bool waiting;      /* there */
    bool running;
    bool resting;   /* nothing is to be started */
    bool again;     /* something changed while it ran */
    bool verify;    /* the next run looks through the edition before */
    bool verifying; /* this one does */
    bool stopping;
    bool good;
    bool later; /* it failed, but may do better another time */
    unsigned handles;
};

/*
 * Ready a job; the fields up to context are set by the caller.  ST_OK (job_stop ends it) or
 * ST_NOMEM.
 */
enum status job_init(struct job *j, struct error *e) MUST_USE;

/*
 * Run press as soon as the queue allows, or once more after the run that is under way.  on_done
 * tells how each ended.  A run that failed for a cause that may pass is made again after a while.
 */
void job_run(struct job *j);

/* The same, and let that run look through the edition before, for it may be damaged. */
void job_verify(struct job *j);

/*
 * Start nothing for a while; a run under way goes on.  Behind job_wake it is as if nothing had ever
 * been wanted.
 */
void job_rest(struct job *j);
void job_wake(struct job *j);

/* Run no more; a run under way is ended. */
void job_stop(struct job *j);

/*
 * So many runs at the same time leave the processors to the workers, and a capsule that makes press
 * hang does not keep the others waiting.
 */
#define JOB_PARALLEL 4

#endif
