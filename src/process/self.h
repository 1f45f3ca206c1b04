/*
 * self: a child's own side of what process/child.h is the supervisor's: the control stream, over
 * which it is told messages and says bytes, its heartbeat, and its log.
 */
#ifndef PROCESS_SELF_H
#define PROCESS_SELF_H

#include <stdbool.h>
#include <uv.h>

#include "process/message.h"

struct self_plan {
    uv_loop_t *loop;
    int log_fd; /* where another log comes (process/relay.h) */
    /* It is told something; the bytes are borrowed, and wiped behind the call. */
    void (*on_message)(void *context, char kind, struct span bytes);
    /* A message is lost, for want of memory: only a process that starts anew hears of it. */
    void (*on_lost)(void *context);
    /* The supervisor is gone: nobody would ever tell it to end. */
    void (*on_alone)(void *context);
    void *context;
};

/* All fields are private. */
struct self {
    struct self_plan plan;
    uv_pipe_t control;
    uv_timer_t heart;
    struct message_reader messages;
    uv_poll_t relay;   /* of the log */
    bool relays;       /* it is there */
    uv_timer_t settle; /* what the log has left out */
};

/*
 * Hear the supervisor from the next turn of the loop on, and let the heart beat.  The descriptors
 * are there (child_has_socket).
 */
void self_start(struct self *s, const struct self_plan *plan);

/*
 * Say a byte, see child.h.  It is lost where the supervisor has read nothing for minutes and there
 * is no memory; one of which that is true has other worries.
 */
void self_say(struct self *s, char what);

/* Close the handles, so that the loop can end; again, nothing is done. */
void self_stop(struct self *s);

/* When the loop has ended: free what is left. */
void self_fini(struct self *s);

#endif
