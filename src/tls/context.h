/*
 * context: what all TLS connections of a server have in common.
 */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include "tls/identity.h"
#include "tls/signer.h"
#include "tls/ticket.h"

/* The least version of TLS that is spoken. */
enum context_version { CONTEXT_TLS12, CONTEXT_TLS13 };

struct context;

/* A certificate, and the server names (SNI) for which it is shown. */
struct context_host {
    const struct identity *identity;
    /*
     * Host names and addresses; any case, a trailing dot does not matter.  Sessions are resumed
     * where the first name is the same.
     */
    char *const *names;
    size_t count;
};

struct context_plan {
    /*
     * When no name, or another, is asked for, the one with the address that the client connected
     * to is shown, else the first.
     */
    const struct context_host *hosts;
    size_t count;                      /* at least one */
    const struct ticket_ring *tickets; /* the same in all processes that resume each other's */
    enum context_version least;
    bool ask_client; /* ask who the client is; it may keep that to itself */
    /*
     * Signs in place of the identities' keys, of which the public half is enough then; borrowed
     * for the context's life.  NULL: they sign themselves.
     */
    struct signer *signer;
};

/*
 * Make the server's TLS context: TLS 1.2 (unless `least` is above it) and 1.3, forward-secret AEAD
 * suites, one session ticket, no renegotiation, no 0-RTT; unknown server names and ALPN are
 * ignored.  Where clients are asked for a certificate, any is taken and none is fine.
 *
 * plan   borrowed for the call; what is in it is copied
 * Returns ST_OK with *ctx (context_free frees it, and wipes the ticket keys), ST_CRYPTO with the
 * name of the certificate that OpenSSL refused, or ST_NOMEM.
 * Source: Gemini specification, "TLS"; RFC 6066 section 3; RFC 8446, RFC 5077.
 */
enum status context_new(const struct context_plan *plan, struct context **ctx,
                        struct error *e) MUST_USE;
void context_free(struct context *ctx);

/* Use other ticket keys from now on; they are copied, the ones before are wiped. */
void context_set_tickets(struct context *ctx, const struct ticket_ring *tickets);

/*
 * Show other certificates from now on; connections that are there keep theirs.  On failure the
 * ones before stay.  Returns as context_new.
 */
enum status context_set_hosts(struct context *ctx, const struct context_host *hosts, size_t count,
                              struct error *e) MUST_USE;

/* The version that is written "1.2" or "1.3".  ST_OK, or ST_SYNTAX for anything else. */
enum status context_version_find(const char *name, enum context_version *version,
                                 struct error *e) MUST_USE;

#endif
