/*
 * context: what all TLS connections of a server have in common.
 */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include "tls/identity.h"

/* Bytes of the secret that session tickets are sealed with: name, HMAC key, AES key. */
#define CONTEXT_TICKET_KEY 80

struct context;

/*
 * Make the server's TLS context: TLS 1.2 and 1.3, forward-secret AEAD suites, one session ticket,
 * no renegotiation, no 0-RTT; unknown server names and ALPN are ignored.
 *
 * id           borrowed for the call
 * ticket_key   the same in all processes that shall resume each other's sessions
 * Returns ST_OK with *ctx (context_free frees it) or ST_CRYPTO.
 * Source: Gemini specification, "TLS"; RFC 8446, RFC 5077.
 */
enum status context_new(const struct identity *id,
                        const unsigned char ticket_key[CONTEXT_TICKET_KEY], struct context **ctx,
                        struct error *e) MUST_USE;
void context_free(struct context *ctx);

/* Fill `out` with n unpredictable bytes.  ST_OK or ST_CRYPTO. */
enum status context_random(unsigned char *out, size_t n, struct error *e) MUST_USE;

#endif
