/*
 * crew: the worker processes: so many children (process/child.h), and what all of them are told.
 */
#ifndef SERVE_CREW_H
#define SERVE_CREW_H

#include <uv.h>

#include "serve/keys.h"
#include "tls/ticket.h"

struct crew_plan {
    uv_loop_t *loop;
    size_t workers;
    unsigned silence;     /* seconds after which one hangs, as in process/child.h */
    struct span settings; /* of worker.h, as a configuration; borrowed for the crew's life */
    /* Read when a worker starts and by crew_say_tickets; borrowed for the crew's life. */
    const struct ticket_ring *tickets;
    /* As identity_pack and areas_pack write them; likewise, and by crew_say_... */
    const struct buf *certificates;
    const struct buf *areas;
    struct keys *keys;  /* the key process; borrowed likewise.  NULL without one */
    const int *sockets; /* bound; borrowed for the crew's life */
    size_t socket_count;
    void (*on_ready)(void *context);  /* every worker answers requests; called once */
    void (*on_failed)(void *context); /* one does not even start, nor has any other one */
    void (*on_left)(void *context);   /* after crew_leave: none of them accepts any more; once */
    void (*on_gone)(void *context);   /* they have ended for good, and crew_free may be called */
    /* An edition in service is damaged; said again and again until another one is. */
    void (*on_damaged)(void *context);
    void *context;
};

struct crew;

/* Start the workers.  ST_OK with *c, which is to be stopped, then freed; ST_NOMEM. */
enum status crew_start(const struct crew_plan *plan, struct crew **c, struct error *e) MUST_USE;

/* Tell every worker that there is a new edition. */
void crew_say_edition(struct crew *c);

/* Tell every worker that the ticket keys are others: those that the plan's ring now has. */
void crew_say_tickets(struct crew *c);

/* The same for the certificates, and the areas. */
void crew_say_certificates(struct crew *c);
void crew_say_areas(struct crew *c);

/*
 * Others take their place: they accept no more, and end when the last of their clients has gone,
 * however long that takes.
 */
void crew_leave(struct crew *c);

/*
 * Have them finish what they do within their drain-timeout and end, as child_stop; also after
 * crew_leave.  crew_quit does not wait for that.
 */
void crew_stop(struct crew *c, uint64_t patience);
void crew_quit(struct crew *c);

/* Free a crew, after its on_gone. */
void crew_free(struct crew *c);

#endif
