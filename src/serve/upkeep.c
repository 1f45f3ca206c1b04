#include "serve/upkeep.h"

#include "core/clock.h"
#include "log/log.h"

/* Milliseconds between two looks for damage, doubled each time: a bad disk goes on being bad. */
#define UPKEEP_MEND_FIRST ((uint64_t)5000)
#define UPKEEP_MEND_MOST  ((uint64_t)600000)
/* Milliseconds between two looks at the state folder. */
#define UPKEEP_LOOK 5000

/*
 * Whoever tidies up may delete the folder of the editions, or put another in its place.  What is in
 * service stays open; but no edition would come any more, nor a worker that could open one.
 */
static void upkeep_on_look(uv_timer_t *timer)
{
    struct upkeep *u = timer->data;
    struct error e;
    bool ours = state_is_taken(u->state);
    enum status status = ours ? ST_OK : state_take(u->state, NULL, &e);
    if (status != ST_OK && !u->lost)
        log_line(LOG_ERROR, "the state folder is gone: %s", e.message);
    else if (status == ST_OK && !ours)
        log_line(LOG_ERROR, "%s: deleted or replaced while it was in use; all is pressed into it",
                 u->state->path.p);
    u->lost = status != ST_OK;
    for (size_t i = 0; status == ST_OK && i < u->sites->count; i++) {
        if (ours)
            site_look(&u->sites->items[i]);
        else
            site_mend(&u->sites->items[i]);
    }
}

void upkeep_start(struct upkeep *u, uv_loop_t *loop)
{
    uv_timer_init(loop, &u->look);
    u->look.data = u;
    u->resting = true;
    upkeep_wake(u);
}

/* Nobody says which edition it is, and a disk that damages one may have damaged others. */
void upkeep_mend(struct upkeep *u)
{
    uint64_t now = uv_now(u->look.loop);
    uint64_t calm = now - u->mended;
    uint64_t pause = clock_backoff(u->mends, UPKEEP_MEND_FIRST, UPKEEP_MEND_MOST);
    if (u->resting || (u->mends > 0 && calm < pause))
        return;
    u->mends = calm > 2 * UPKEEP_MEND_MOST ? 1 : u->mends + 1;
    u->mended = now;
    log_line(LOG_ERROR, "an edition in service is damaged; all are looked through");
    for (size_t i = 0; i < u->sites->count; i++)
        site_mend(&u->sites->items[i]);
}

void upkeep_rest(struct upkeep *u)
{
    u->resting = true;
    uv_timer_stop(&u->look);
}

void upkeep_wake(struct upkeep *u)
{
    u->resting = false;
    uv_timer_start(&u->look, upkeep_on_look, UPKEEP_LOOK, UPKEEP_LOOK);
}

static void upkeep_on_closed(uv_handle_t *handle)
{
    const struct upkeep *u = handle->data;
    u->on_stopped(u->context);
}

void upkeep_stop(struct upkeep *u)
{
    u->resting = true; /* nobody presses any more */
    uv_close((uv_handle_t *)&u->look, upkeep_on_closed);
}
