/*
 * worker_key: the key process as a worker has it: a socket, and the loop's part of having
 * handshakes signed over it (tls/signer.h).
 */
#ifndef WORKER_WORKER_KEY_H
#define WORKER_WORKER_KEY_H

#include <uv.h>

#include "tls/signer.h"

/* All zeros is one without a key process, and all of the following do nothing then. */
struct worker_key {
    struct signer *signer; /* owned; NULL where the worker has the keys itself */
    uv_poll_t poll;
    uv_prepare_t prepare;
    uv_timer_t timer;
    bool running; /* the three are there */
    bool shared;  /* another worker has the socket, too */
    bool shut;    /* and has shut it */
    void (*on_shut)(void *context);
    void *context;
};

/*
 * Begin, with the socket WORKER_KEY_FD.
 *
 * wanted   the worker's setting, "on" or not
 * Returns ST_OK (worker_key_fini ends it), or as signer_new.
 */
enum status worker_key_open(struct worker_key *k, const char *wanted, struct error *e) MUST_USE;

/*
 * Have signatures come while the loop runs.  ST_OK, or ST_IO when it cannot look at the socket.
 *
 * on_shut   somebody has shut the socket, and no signature comes any more; once
 */
enum status worker_key_start(struct worker_key *k, uv_loop_t *loop, void (*on_shut)(void *context),
                             void *context, struct error *e) MUST_USE;

/*
 * Another worker takes our place, and has the same socket from now on: take from it only while we
 * wait ourselves.  What either takes of the other's is lost, and asked for again.
 */
void worker_key_share(struct worker_key *k);

/* No more, so that the loop can end; no connection is left. */
void worker_key_stop(struct worker_key *k);

/* Give memory back after a peak. */
void worker_key_trim(struct worker_key *k);

/* When the loop and the TLS context are gone. */
void worker_key_fini(struct worker_key *k);

#endif
