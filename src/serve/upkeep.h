/*
 * upkeep: looks after what a generation has pressed: the state folder, its editions, and what they
 * say.
 */
#ifndef SERVE_UPKEEP_H
#define SERVE_UPKEEP_H

#include <uv.h>

#include "serve/site.h"
#include "serve/state.h"

struct upkeep {
    struct state *state; /* borrowed, as the sites */
    struct sites *sites;
    void (*on_stopped)(void *context);
    void *context;
    uv_timer_t look; /* at the state folder */
    bool resting;
    bool lost;       /* the state folder is, and cannot be had again */
    unsigned mends;  /* how often an edition was found damaged without a long pause, */
    uint64_t mended; /* and when last, by the loop's clock */
};

/*
 * Look at the state folder every few seconds from now on: one that is gone is made and taken again,
 * and what is missing in it is pressed again.
 *
 * u         the fields up to context are set by the caller; on_stopped is called after upkeep_stop,
 *           when the struct may go
 */
void upkeep_start(struct upkeep *u, uv_loop_t *loop);

/*
 * A worker has met an edition that is damaged: all are looked through, and made anew where need be.
 * May be said again and again.
 */
void upkeep_mend(struct upkeep *u);

/* Look at nothing for a while. */
void upkeep_rest(struct upkeep *u);
void upkeep_wake(struct upkeep *u);

void upkeep_stop(struct upkeep *u);

#endif
