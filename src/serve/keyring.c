#include "serve/keyring.h"

#include "core/clock.h"
#include "log/log.h"

enum status keyring_init(struct keyring *k, const char *path, const struct keyring *before,
                         struct error *e)
{
    *k = (struct keyring){.path = path, .turned = clock_ms()};
    enum status status = ST_OK;
    if (path != NULL) {
        status = ticket_read_file(&k->ring, path, e);
    } else if (before != NULL && before->path == NULL) {
        k->ring = before->ring;
        k->turned = before->turned;
    } else {
        status = ticket_rotate(&k->ring, e);
    }
    ticket_wipe_stack();
    return status;
}

static void keyring_on_timer(uv_timer_t *timer)
{
    struct keyring *k = timer->data;
    struct error e;
    k->turned = clock_ms();
    if (ticket_rotate(&k->ring, &e) == ST_OK)
        k->on_change(k->context);
    else
        log_line(LOG_ERROR, "%s; the keys before stay in use", e.message);
    ticket_wipe_stack();
}

void keyring_wake(struct keyring *k)
{
    uint64_t wait = (uint64_t)k->seconds * 1000;
    uint64_t waited = clock_ms() - k->turned;
    if (k->path == NULL)
        uv_timer_start(&k->timer, keyring_on_timer, waited < wait ? wait - waited : 0, wait);
}

void keyring_rest(struct keyring *k)
{
    uv_timer_stop(&k->timer);
}

void keyring_start(struct keyring *k, uv_loop_t *loop, long seconds,
                   void (*on_change)(void *context), void (*on_stopped)(void *context),
                   void *context)
{
    k->on_change = on_change;
    k->on_stopped = on_stopped;
    k->context = context;
    k->seconds = seconds;
    uv_timer_init(loop, &k->timer);
    k->timer.data = k;
    k->turning = true;
    keyring_wake(k);
}

void keyring_renew(struct keyring *k)
{
    struct ticket_ring found = {0};
    struct error e;
    if (k->path == NULL)
        return;
    if (ticket_read_file(&found, k->path, &e) != ST_OK) {
        log_line(LOG_ERROR, "%s; the ticket keys before stay in use", e.message);
    } else if (!ticket_same(&found, &k->ring)) {
        ticket_wipe(&k->ring);
        k->ring = found;
        log_line(LOG_INFO, "%s: other ticket keys (%zu)", k->path, found.count);
        k->on_change(k->context);
    }
    ticket_wipe(&found);
    ticket_wipe_stack();
}

static void keyring_on_closed(uv_handle_t *handle)
{
    const struct keyring *k = handle->data;
    k->on_stopped(k->context);
}

void keyring_stop(struct keyring *k)
{
    if (k->turning)
        uv_close((uv_handle_t *)&k->timer, keyring_on_closed);
    k->turning = false;
}

void keyring_fini(struct keyring *k)
{
    ticket_wipe(&k->ring);
}
