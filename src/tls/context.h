/*
 * context: what all TLS connections of a server have in common.
 */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include "tls/identity.h"
#include "tls/ticket.h"

/* The least version of TLS that is spoken. */
enum context_version { CONTEXT_TLS12, CONTEXT_TLS13 };

struct context;

/*
 * Make the server's TLS context: TLS 1.2 (unless `least` is above it) and 1.3, forward-secret AEAD
 * suites, one session ticket, no renegotiation, no 0-RTT; unknown server names and ALPN are
 * ignored.
 *
 * id        borrowed for the call
 * tickets   the same in all processes that shall resume each other's sessions; copied
 * Returns ST_OK with *ctx (context_free frees it, and wipes the ticket keys) or ST_CRYPTO.
 * Source: Gemini specification, "TLS"; RFC 8446, RFC 5077.
 */
enum status context_new(const struct identity *id, const struct ticket_ring *tickets,
                        enum context_version least, struct context **ctx, struct error *e) MUST_USE;
void context_free(struct context *ctx);

/* Use other ticket keys from now on; they are copied, the ones before are wiped. */
void context_set_tickets(struct context *ctx, const struct ticket_ring *tickets);

/* The version that is written "1.2" or "1.3".  ST_OK, or ST_SYNTAX for anything else. */
enum status context_version_find(const char *name, enum context_version *version,
                                 struct error *e) MUST_USE;

#endif
