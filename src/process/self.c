#include "process/self.h"

#include <stdlib.h>
#include <string.h>

#include "log/log.h"
#include "process/child.h"
#include "process/relay.h"

/* Milliseconds until what the log has left out is told, when there is nothing else to tell. */
#define SELF_SETTLE 10000

struct self_saying {
    uv_write_t write;
    char what;
};

static void self_on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char bytes[4096];
    (void)handle, (void)suggested;
    *buf = uv_buf_init(bytes, sizeof bytes);
}

static void self_on_control(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct self *s = stream->data;
    if (n < 0) {
        uv_read_stop(stream);
        s->plan.on_alone(s->plan.context);
        return;
    }
    message_reader_take(&s->messages, (struct span){buf->base, (size_t)n});
    explicit_bzero(buf->base, (size_t)n); /* keys may have been among them */
}

static void self_on_settle(uv_timer_t *timer)
{
    (void)timer;
    log_settle(false);
}

static void self_on_beat(uv_timer_t *timer)
{
    struct self *s = timer->data;
    char alive = CHILD_SAY_ALIVE;
    uv_buf_t say = uv_buf_init(&alive, 1);
    /* Where nobody reads for a while the stream is full, and says enough. */
    (void)uv_try_write((uv_stream_t *)&s->control, &say, 1);
}

void self_start(struct self *s, const struct self_plan *plan)
{
    *s = (struct self){.plan = *plan};
    message_reader_init(&s->messages);
    s->messages.on_message = plan->on_message;
    s->messages.on_lost = plan->on_lost;
    s->messages.context = plan->context;
    uv_pipe_init(plan->loop, &s->control, 0);
    uv_pipe_open(&s->control, CHILD_CONTROL_FD);
    s->control.data = s;
    uv_read_start((uv_stream_t *)&s->control, self_on_buffer, self_on_control);
    uv_timer_init(plan->loop, &s->heart);
    s->heart.data = s;
    uv_timer_start(&s->heart, self_on_beat, CHILD_HEARTBEAT, CHILD_HEARTBEAT);
    s->relays = relay_listen(&s->relay, plan->loop, plan->log_fd);
    uv_timer_init(plan->loop, &s->settle);
    uv_timer_start(&s->settle, self_on_settle, SELF_SETTLE, SELF_SETTLE);
}

static void self_on_said(uv_write_t *write, int status)
{
    (void)status; /* a supervisor that is gone shows at the other direction */
    free(write->data);
}

void self_say(struct self *s, char what)
{
    uv_buf_t say = uv_buf_init(&what, 1);
    uv_stream_t *stream = (uv_stream_t *)&s->control;
    if (uv_is_closing((uv_handle_t *)stream) || uv_try_write(stream, &say, 1) == 1)
        return;
    struct self_saying *later = calloc(1, sizeof *later);
    if (later == NULL)
        return;
    later->what = what;
    later->write.data = later;
    say.base = &later->what;
    if (uv_write(&later->write, stream, &say, 1, self_on_said) != 0)
        free(later);
}

void self_stop(struct self *s)
{
    if (uv_is_closing((uv_handle_t *)&s->control))
        return;
    uv_close((uv_handle_t *)&s->control, NULL);
    uv_close((uv_handle_t *)&s->heart, NULL);
    uv_close((uv_handle_t *)&s->settle, NULL);
    if (s->relays)
        uv_close((uv_handle_t *)&s->relay, NULL);
}

void self_fini(struct self *s)
{
    message_reader_fini(&s->messages);
    log_settle(true);
}
