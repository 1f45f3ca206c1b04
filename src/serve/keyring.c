#include "serve/keyring.h"

#include "log/log.h"

enum status keyring_init(struct keyring *k, const char *path, struct error *e)
{
    *k = (struct keyring){.path = path};
    enum status status =
        path == NULL ? ticket_rotate(&k->ring, e) : ticket_read_file(&k->ring, path, e);
    ticket_wipe_stack();
    return status;
}

static void keyring_on_timer(uv_timer_t *timer)
{
    struct keyring *k = timer->data;
    struct error e;
    if (ticket_rotate(&k->ring, &e) == ST_OK)
        k->on_change(k->context);
    else
        log_line(LOG_ERROR, "%s; the keys before stay in use", e.message);
    ticket_wipe_stack();
}

void keyring_start(struct keyring *k, uv_loop_t *loop, long seconds,
                   void (*on_change)(void *context), void *context)
{
    k->on_change = on_change;
    k->context = context;
    if (k->path != NULL)
        return;
    uint64_t wait = (uint64_t)seconds * 1000;
    uv_timer_init(loop, &k->timer);
    k->timer.data = k;
    k->turning = true;
    uv_timer_start(&k->timer, keyring_on_timer, wait, wait);
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

void keyring_stop(struct keyring *k)
{
    if (k->turning)
        uv_close((uv_handle_t *)&k->timer, NULL);
    k->turning = false;
}

void keyring_fini(struct keyring *k)
{
    ticket_wipe(&k->ring);
}
