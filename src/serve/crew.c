#include "serve/crew.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "process/child.h"
#include "process/relay.h"
#include "worker/worker.h"

struct crew_member {
    struct crew *crew;
    size_t number; /* from 0 */
    struct child child;
    bool left; /* it accepts no more, or is gone */
};

/* Milliseconds until workers that were told to end at once are killed. */
#define CREW_QUIT 1000

struct crew {
    struct crew_plan plan;
    bool leaving, left;
    bool any_ready; /* some worker has answered requests once */
    bool was_ready; /* and all of them at the same time */
    size_t open;    /* members that have not ended for good */
    struct crew_member members[];
};

/* The ticket keys as the bytes that a worker reads. */
union crew_tickets {
    unsigned char packed[TICKET_PACKED_SIZE];
    char bytes[TICKET_PACKED_SIZE];
};

static struct span crew_pack_tickets(const struct crew *c, union crew_tickets *keys)
{
    ticket_pack(c->plan.tickets, keys->packed);
    return (struct span){keys->bytes, sizeof *keys};
}

static void crew_wipe_tickets(union crew_tickets *keys)
{
    explicit_bzero(keys, sizeof *keys);
    ticket_wipe_stack();
}

/* They, in a file without a name. */
static int crew_tickets_fd(const struct crew *c)
{
    union crew_tickets keys;
    int fd = child_memory_fd("tickets", crew_pack_tickets(c, &keys));
    crew_wipe_tickets(&keys);
    return fd;
}

/* The descriptors of worker.h, in their order. */
static size_t crew_hand(void *context, struct child_handed *out)
{
    const struct crew_member *m = context;
    const struct crew *c = m->crew;
    size_t n = 0;
    out[n++].fd = child_memory_fd("settings", c->plan.settings);
    out[n++].fd = crew_tickets_fd(c);
    out[n++].fd = child_memory_fd("certificates", buf_span(c->plan.certificates));
    out[n++].fd = child_memory_fd("areas", buf_span(c->plan.areas));
    out[n++].fd = relay_open();
    for (size_t i = 0; i < n; i++)
        out[i].borrowed = false;
    out[n++] = (struct child_handed){
        .fd = c->plan.keys == NULL ? -1 : keys_worker_end(c->plan.keys, m->number),
        .borrowed = true};
    for (size_t i = 0; i < c->plan.socket_count; i++)
        out[n++] = (struct child_handed){.fd = c->plan.sockets[i], .borrowed = true};
    return n;
}

static void crew_on_ready(void *context)
{
    const struct crew_member *m = context;
    struct crew *c = m->crew;
    bool all = true;
    c->any_ready = true;
    for (size_t i = 0; i < c->plan.workers; i++)
        all = all && c->members[i].child.ready;
    if (all && !c->was_ready) {
        c->was_ready = true;
        c->plan.on_ready(c->plan.context);
    }
}

static void crew_check_left(struct crew *c)
{
    bool all = c->leaving && !c->left;
    for (size_t i = 0; all && i < c->plan.workers; i++)
        all = c->members[i].left;
    if (!all)
        return;
    c->left = true;
    c->plan.on_left(c->plan.context);
}

static void crew_on_said(void *context, char what)
{
    struct crew_member *m = context;
    struct crew *c = m->crew;
    if (what == WORKER_SAY_DAMAGED)
        c->plan.on_damaged(c->plan.context);
    if (what != WORKER_SAY_LEFT)
        return;
    m->left = true;
    crew_check_left(c);
}

static void crew_on_failed(void *context)
{
    const struct crew_member *m = context;
    const struct crew *c = m->crew;
    if (!c->any_ready)
        c->plan.on_failed(c->plan.context);
}

static void crew_on_stopped(void *context)
{
    struct crew_member *m = context;
    struct crew *c = m->crew;
    m->left = true;
    crew_check_left(c);
    if (--c->open == 0)
        c->plan.on_gone(c->plan.context);
}

enum status crew_start(const struct crew_plan *plan, struct crew **out, struct error *e)
{
    static char subcommand[] = "worker";
    struct crew *c = calloc(1, sizeof *c + plan->workers * sizeof c->members[0]);
    if (c == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "workers");
    c->plan = *plan;
    *out = c;
    struct child_plan worker = {.loop = plan->loop,
                                .name = "worker",
                                .subcommand = subcommand,
                                .silence = plan->silence,
                                .makes_room = true,
                                .hand = crew_hand,
                                .on_ready = crew_on_ready,
                                .on_said = crew_on_said,
                                .on_failed = crew_on_failed,
                                .on_stopped = crew_on_stopped};
    c->open = plan->workers;
    for (size_t i = 0; i < plan->workers; i++) {
        struct crew_member *m = &c->members[i];
        m->crew = c;
        m->number = i;
        worker.context = m;
        child_start(&m->child, &worker);
    }
    return ST_OK;
}

/* One message to every worker, see worker.h. */
static void crew_send(struct crew *c, char what, struct span bytes)
{
    for (size_t i = 0; i < c->plan.workers; i++)
        child_say(&c->members[i].child, what, bytes);
}

void crew_say_edition(struct crew *c)
{
    crew_send(c, WORKER_SAY_EDITION, (struct span){0});
}

void crew_say_tickets(struct crew *c)
{
    union crew_tickets keys;
    crew_send(c, WORKER_SAY_TICKETS, crew_pack_tickets(c, &keys));
    crew_wipe_tickets(&keys);
}

void crew_say_certificates(struct crew *c)
{
    crew_send(c, WORKER_SAY_CERTIFICATES, buf_span(c->plan.certificates));
}

void crew_say_areas(struct crew *c)
{
    crew_send(c, WORKER_SAY_AREAS, buf_span(c->plan.areas));
}

void crew_leave(struct crew *c)
{
    c->leaving = true;
    crew_send(c, WORKER_SAY_LEAVE, (struct span){0});
    for (size_t i = 0; i < c->plan.workers; i++) {
        struct crew_member *m = &c->members[i];
        m->left = m->child.work == NULL; /* nobody is there to say so */
        child_retire(&m->child);
    }
    crew_check_left(c);
}

void crew_stop(struct crew *c, uint64_t patience)
{
    for (size_t i = 0; i < c->plan.workers; i++)
        child_stop(&c->members[i].child, patience);
}

void crew_quit(struct crew *c)
{
    crew_send(c, WORKER_SAY_QUIT, (struct span){0});
    crew_stop(c, CREW_QUIT);
}

void crew_free(struct crew *c)
{
    free(c);
}
