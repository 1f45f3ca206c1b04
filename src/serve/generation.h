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
#include "serve/site.h"
#include "serve/sockets.h"

/* Whom a generation tells what becomes of it. */
struct generation_owner {
    void (*on_ready)(void *context); /* all workers answer requests; called once */
    /* It cannot serve, and has been stopped. */
    void (*on_failed)(void *context, const struct error *e);
    void *context;
};

struct generation {
    const struct server_config *config; /* borrowed */
    struct generation_owner owner;
    uv_loop_t *loop; /* borrowed; NULL until generation_start */
    struct sites sites;
    struct job_queue jobs; /* of the sites */
    struct buf settings;   /* for the workers */
    struct sockets sockets;
    int lock; /* of the state folder, or -1 */
    struct keyring keyring;
    struct certs certs;
    struct admission admission;
    struct crew *crew;   /* NULL until there is something to serve */
    uv_timer_t patience; /* of the start, while some capsule is pressed */
    bool waiting;        /* it is there */
    bool ready;          /* requests are answered */
    bool stopping;
};

/*
 * Read, make and bind all that a configuration says, short of starting anything.
 *
 * config   whole and checked (supervisor_check); borrowed for the generation's life
 * Returns ST_OK with *out, which generation_free frees; else what is wrong.
 */
enum status generation_new(const struct server_config *config, const struct generation_owner *owner,
                           struct generation **out, struct error *e) MUST_USE;

/*
 * Watch and press the capsules; the workers start as soon as there is something to serve.  ST_OK;
 * on failure it has been stopped.
 */
enum status generation_start(struct generation *g, uv_loop_t *loop, struct error *e) MUST_USE;

/* Look again at all that is in files: ticket keys, certificates, lists of areas, capsules. */
void generation_renew(struct generation *g);

/*
 * End it: no new connection, nothing pressed; the workers finish what they do.  When the loop has
 * ended it may be freed.
 */
void generation_stop(struct generation *g);
void generation_free(struct generation *g);

#endif
