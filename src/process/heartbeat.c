#include "process/heartbeat.h"

#include "process/child.h"

static void heartbeat_on_timer(uv_timer_t *timer)
{
    const struct heartbeat *h = timer->data;
    char alive = CHILD_SAY_ALIVE;
    uv_buf_t say = uv_buf_init(&alive, 1);
    /* Where nobody reads for a while the stream is full, and says enough. */
    (void)uv_try_write(h->control, &say, 1);
}

void heartbeat_start(struct heartbeat *h, uv_loop_t *loop, uv_stream_t *control)
{
    h->control = control;
    uv_timer_init(loop, &h->timer);
    h->timer.data = h;
    uv_timer_start(&h->timer, heartbeat_on_timer, HEARTBEAT_EVERY, HEARTBEAT_EVERY);
}
