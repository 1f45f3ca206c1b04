#include "serve/crew.h"

#include <errno.h>
#include <stdlib.h>

#include "serve/child.h"
#include "serve/worker.h"

/* So many deaths of workers before the first was ever ready: it makes no sense to go on. */
#define CREW_FAILURES_MAX 3

struct crew {
    struct crew_plan plan;
    bool failed;
    bool any_ready;    /* some worker has answered requests once */
    bool was_ready;    /* and all of them at the same time */
    unsigned failures; /* before anybody was ready */
    struct child members[];
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
    ticket_wipe_bytes(keys, sizeof *keys);
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
    const struct crew *c = context;
    size_t n = 0;
    out[n++].fd = child_memory_fd("settings", c->plan.settings);
    out[n++].fd = crew_tickets_fd(c);
    out[n++].fd = child_memory_fd("certificates", buf_span(c->plan.certificates));
    out[n++].fd = child_memory_fd("areas", buf_span(c->plan.areas));
    for (size_t i = 0; i < n; i++)
        out[i].borrowed = false;
    for (size_t i = 0; i < c->plan.socket_count; i++)
        out[n++] = (struct child_handed){.fd = c->plan.sockets[i], .borrowed = true};
    return n;
}

static void crew_on_ready(void *context)
{
    struct crew *c = context;
    bool all = true;
    c->any_ready = true;
    for (size_t i = 0; i < c->plan.workers; i++)
        all = all && c->members[i].ready;
    if (all && !c->was_ready) {
        c->was_ready = true;
        c->plan.on_ready(c->plan.context);
    }
}

static void crew_on_gone(void *context)
{
    struct crew *c = context;
    if (c->any_ready || ++c->failures < CREW_FAILURES_MAX)
        return;
    if (!c->failed)
        c->plan.on_failed(c->plan.context);
    c->failed = true;
}

enum status crew_start(const struct crew_plan *plan, struct crew **out, struct error *e)
{
    static char subcommand[] = "worker";
    struct crew *c = calloc(1, sizeof *c + plan->workers * sizeof c->members[0]);
    if (c == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "workers");
    c->plan = *plan;
    *out = c;
    const struct child_plan worker = {.loop = plan->loop,
                                      .name = "worker",
                                      .subcommand = subcommand,
                                      .silence = plan->silence,
                                      .room = "one that can reach the new static folder",
                                      .hand = crew_hand,
                                      .on_ready = crew_on_ready,
                                      .on_gone = crew_on_gone,
                                      .context = c};
    for (size_t i = 0; i < plan->workers; i++)
        child_start(&c->members[i], &worker);
    return ST_OK;
}

/* One message to every worker, see worker.h. */
static void crew_send(struct crew *c, char what, struct span bytes)
{
    for (size_t i = 0; i < c->plan.workers; i++)
        child_say(&c->members[i], what, bytes);
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

void crew_stop(struct crew *c)
{
    for (size_t i = 0; i < c->plan.workers; i++)
        child_stop(&c->members[i]);
}

void crew_free(struct crew *c)
{
    free(c);
}
