#include "worker/worker_key.h"

#include <string.h>

#include "core/clock.h"
#include "worker/worker.h"

enum status worker_key_open(struct worker_key *k, const char *wanted, struct error *e)
{
    if (strcmp(wanted, "on") != 0)
        return ST_OK;
    return signer_new(WORKER_KEY_FD, clock_ms, &k->signer, e);
}

static void worker_key_on_tick(uv_timer_t *timer)
{
    struct worker_key *k = timer->data;
    if (!signer_is_waiting(k->signer))
        uv_timer_stop(timer);
    signer_tick(k->signer);
}

static void worker_key_on_poll(uv_poll_t *poll, int status, int events)
{
    struct worker_key *k = poll->data;
    signer_receive(k->signer);
    if (status == 0 && (events & UV_DISCONNECT) == 0)
        return;
    k->shut = true;
    uv_poll_stop(poll); /* it would be ready forever */
    k->on_shut(k->context);
}

static void worker_key_listen(struct worker_key *k)
{
    uv_poll_start(&k->poll, UV_READABLE | UV_DISCONNECT, worker_key_on_poll);
}

/* Before the loop waits: what all connections of this round asked for leaves in one piece. */
static void worker_key_on_prepare(uv_prepare_t *prepare)
{
    struct worker_key *k = prepare->data;
    signer_run(k->signer);
    if (signer_is_waiting(k->signer) && !uv_is_active((uv_handle_t *)&k->timer))
        uv_timer_start(&k->timer, worker_key_on_tick, SIGNER_TICK, SIGNER_TICK);
    if (k->shared && !signer_is_waiting(k->signer))
        uv_poll_stop(&k->poll);
    else if (k->shared && !k->shut && !uv_is_active((uv_handle_t *)&k->poll))
        worker_key_listen(k);
}

enum status worker_key_start(struct worker_key *k, uv_loop_t *loop, void (*on_shut)(void *context),
                             void *context, struct error *e)
{
    int result = k->signer == NULL ? 0 : uv_poll_init(loop, &k->poll, WORKER_KEY_FD);
    if (result != 0)
        return error_set(e, ST_IO, -result, "socket to the key process");
    if (k->signer == NULL)
        return ST_OK;
    uv_prepare_init(loop, &k->prepare);
    uv_timer_init(loop, &k->timer);
    k->poll.data = k->prepare.data = k->timer.data = k;
    k->on_shut = on_shut;
    k->context = context;
    k->running = true;
    worker_key_listen(k);
    uv_prepare_start(&k->prepare, worker_key_on_prepare);
    return ST_OK;
}

void worker_key_share(struct worker_key *k)
{
    k->shared = true;
}

void worker_key_stop(struct worker_key *k)
{
    if (!k->running)
        return;
    k->running = false;
    uv_close((uv_handle_t *)&k->poll, NULL);
    uv_close((uv_handle_t *)&k->prepare, NULL);
    uv_close((uv_handle_t *)&k->timer, NULL);
}

void worker_key_trim(struct worker_key *k)
{
    if (k->signer != NULL)
        signer_trim(k->signer);
}

void worker_key_fini(struct worker_key *k)
{
    signer_free(k->signer);
    k->signer = NULL;
}
