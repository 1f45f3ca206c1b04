/*
 * worker_tls: TLS as a worker has it: certificates and ticket keys come from the supervisor, at the
 * start by descriptor, later over the control stream.
 */
#ifndef WORKER_WORKER_TLS_H
#define WORKER_WORKER_TLS_H

#include "tls/context.h"
#include "worker/worker.h"

struct worker_tls {
    const struct worker_settings *settings; /* borrowed */
    struct context *context;                /* owned */
    bool ask_client;                        /* for a certificate of theirs */
    struct signer *signer;                  /* borrowed, or NULL */
};

/*
 * Make the context from WORKER_CERTIFICATES_FD and WORKER_TICKETS_FD, which are closed.
 *
 * settings   whole; borrowed for the life of t
 * signer     signs for the certificates, which come without keys then; likewise.  NULL for none.
 * Returns ST_OK (worker_tls_fini frees it) or what was not good.
 */
enum status worker_tls_start(struct worker_tls *t, const struct worker_settings *settings,
                             bool ask_client, struct signer *signer, struct error *e) MUST_USE;
void worker_tls_fini(struct worker_tls *t);

/*
 * Use other certificates, other ticket keys from now on; as they were handed over at the start.
 * On failure those before stay in use.
 */
enum status worker_tls_certificates(struct worker_tls *t, struct span text,
                                    struct error *e) MUST_USE;
enum status worker_tls_tickets(struct worker_tls *t, struct span packed, struct error *e) MUST_USE;

#endif
