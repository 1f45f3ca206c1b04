/*
 * heartbeat: how a child (process/child.h) shows that its loop turns: a byte a second on the
 * control stream.  A child that is stuck in anything says none.
 */
#ifndef PROCESS_HEARTBEAT_H
#define PROCESS_HEARTBEAT_H

#include <uv.h>

/* Milliseconds from one to the next, and from one look of the supervisor to the next. */
#define HEARTBEAT_EVERY 1000

struct heartbeat {
    uv_timer_t timer; /* closed by whoever closes the loop's handles */
    uv_stream_t *control;
};

/* Begin, and go on until the timer is closed.  The stream is borrowed, and closed after it. */
void heartbeat_start(struct heartbeat *h, uv_loop_t *loop, uv_stream_t *control);

#endif
