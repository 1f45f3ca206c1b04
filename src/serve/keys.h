/*
 * keys: the key process as the supervisor has it.
 *
 * Each worker's place in the crew has a pair of sockets to it.  The supervisor keeps both ends, so
 * a worker or a key process that dies finds its successor on the same socket, with what was asked
 * meanwhile.  A pair that a worker has shut, which none of ours does, is made anew before the next
 * process is handed an end of it, be that the key process or a worker.
 */
#ifndef SERVE_KEYS_H
#define SERVE_KEYS_H

#include <uv.h>

#include "core/buf.h"
#include "process/child.h"

struct keys_plan {
    uv_loop_t *loop;
    size_t workers;
    unsigned silence;         /* seconds after which it hangs, as in process/child.h */
    char *sandbox;            /* --sandbox; borrowed */
    const struct buf *text;   /* as identity_pack writes it; borrowed, read at every start */
    const struct buf *before; /* the keys before, which workers may still ask for; so, too */
    /* What keys_say told is known there: time for the workers to hear of it. */
    void (*on_taken)(void *context);
    void (*on_ready)(void *context);  /* it works; called once */
    void (*on_failed)(void *context); /* it does not even start; called once */
    void (*on_gone)(void *context);   /* after keys_stop: it has ended for good */
    void *context;
};

struct keys {
    struct keys_plan plan;
    struct child child;
    struct buf settings;
    int *worker_ends; /* of the sockets, one for each worker; owned, as the others are */
    int *key_ends;
    size_t count;   /* of each */
    bool running;   /* the child has been started, and not stopped */
    bool any_ready; /* it has worked once */
    bool telling;   /* of other keys, which it has not said to have taken */
};

/*
 * Make the sockets and start the process.  ST_OK (keys_stop ends it, keys_fini frees what is left
 * after on_gone), ST_IO or ST_NOMEM.
 */
enum status keys_start(struct keys *k, const struct keys_plan *plan, struct error *e) MUST_USE;

/* plan->text is another; on_taken follows, if need be from the next process. */
void keys_say(struct keys *k);

/* For a worker that starts: the socket of its place, from 0 on; borrowed. */
int keys_worker_end(struct keys *k, size_t worker);

/* End it, when no worker has a handshake any more; nothing is done where there is none. */
void keys_stop(struct keys *k);

/* Free what is left, after on_gone or where there never was one. */
void keys_fini(struct keys *k);

#endif
