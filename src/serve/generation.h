/*
 * generation: all that one reading of the configuration makes in the supervisor: the sites, their
 * editions, keys and certificates, the sockets, and the workers that answer with them.
 */
#ifndef SERVE_GENERATION_H
#define SERVE_GENERATION_H

#include "serve/admission.h"
#include "serve/certs.h"
#include "serve/crew.h"
#include "serve/keyring.h"
#include "serve/keys.h"
#include "serve/site.h"
#include "serve/sockets.h"
#include "serve/state.h"
#include "serve/upkeep.h"

struct generation;

/* Whom a generation tells what becomes of it. */
struct generation_owner {
    void (*on_ready)(void *context, struct generation *g); /* all workers answer requests; once */
    /* It cannot serve; once.  To be stopped. */
    void (*on_failed)(void *context, struct generation *g, const struct error *e);
    void (*on_left)(void *context, struct generation *g); /* left: it accepts no more */
    void (*on_gone)(void *context, struct generation *g); /* it has ended, and can be freed */
    void *context;
};

struct generation {
    struct server_config *config; /* owned */
    struct generation_owner owner;
    struct generation *older; /* for the owner's list of those that leave */
    uv_loop_t *loop;          /* borrowed; NULL until generation_start */
    struct sites sites;
    struct buf settings; /* for the workers */
    struct sockets sockets;
    struct state state;
    struct upkeep upkeep; /* of the state and sites */
    struct keyring keyring;
    struct certs certs;
    struct admission admission;
    struct keys keys;    /* zeros without a key process */
    struct crew *crew;   /* NULL until there is something to serve */
    uv_timer_t patience; /* with what is pressed, then with workers that start */
    size_t parts;        /* that have not ended: sites, crew, timers */
    bool waiting;        /* for the slowest capsule */
    bool starting;       /* the processes, or they have started */
    bool replaces;       /* another one, which serves until this one does */
    bool ready;          /* requests are answered */
    bool failed;
    bool leaving, stopping;
};

/*
 * Read, make and bind all that a configuration says, short of starting anything.
 *
 * config   whole and checked (supervisor_check); taken over, also on failure
 * before   the generation in service, or NULL: sockets, the state folder and ticket keys that stay
 *          the same are shared with it
 * Returns ST_OK with *out, to be started, or freed by generation_free; else what is wrong.
 */
enum status generation_new(struct server_config *config, const struct generation *before,
                           const struct generation_owner *owner, struct generation **out,
                           struct error *e) MUST_USE;

/*
 * Watch and press the capsules; the workers start as soon as there is something to serve, at once
 * where the one before has its edition.
 *
 * jobs   of all generations; borrowed
 * Returns ST_OK; else it is to be stopped.
 */
enum status generation_start(struct generation *g, uv_loop_t *loop, struct job_queue *jobs,
                             struct error *e) MUST_USE;

/* Look again at all that is in files: ticket keys, certificates, lists of areas, capsules. */
void generation_renew(struct generation *g);

/*
 * Press nothing and draw no ticket key while another one, that may take its place, does; serve on.
 * generation_wake makes up for what was missed.
 */
void generation_rest(struct generation *g);
void generation_wake(struct generation *g);

/*
 * Another one has taken its place: nothing is pressed, no connection accepted any more; each worker
 * ends with its last connection.
 */
void generation_leave(struct generation *g);

/*
 * End it: no new connection, nothing pressed; the workers finish what they do within the
 * drain-timeout.  Also after generation_leave.  generation_quit does not wait.
 */
void generation_stop(struct generation *g);
void generation_quit(struct generation *g);

/* Free one that has not been started, or is gone. */
void generation_free(struct generation *g);

/* How many workers a configuration wants. */
size_t generation_workers(const struct server_config *config);

#endif
