/*
 * worker_tls: TLS as a worker has it: certificates and ticket keys come from the supervisor, at the
 * start by descriptor, later over the control stream.
 */
#ifndef SERVE_WORKER_TLS_H
#define SERVE_WORKER_TLS_H

#include "serve/worker.h"
#include "tls/context.h"

struct worker_tls {
    const struct worker_settings *settings; /* borrowed */
    struct context *context;                /* owned */
    unsigned char header[WORKER_HEADER];    /* of the message that is being read */
    size_t header_n;                        /* bytes of it that are there */
    struct buf message;                     /* the message; wiped behind each */
};

/*
 * Make the context from WORKER_CERTIFICATES_FD and WORKER_TICKETS_FD, which are closed.
 *
 * settings   whole; borrowed for the life of t
 * Returns ST_OK (worker_tls_fini frees it) or what was not good.
 */
enum status worker_tls_start(struct worker_tls *t, const struct worker_settings *settings,
                             struct error *e) MUST_USE;
void worker_tls_fini(struct worker_tls *t);

/*
 * Take bytes of the control stream, messages in any number of pieces.  Certificates and ticket keys
 * are used from then on; those that are not good change nothing but the log.  True when a new
 * edition was among what they tell.
 */
bool worker_tls_take(struct worker_tls *t, struct span bytes);

#endif
