#include "tls/context.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "tls/context_internal.h"
#include "tls/identity_internal.h"

/* AES-128 first: its SHA-256 key schedule is the cheapest; ChaCha20 for those who put it first. */
#define CONTEXT_SUITES_13 \
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"
#define CONTEXT_SUITES_12 "ECDHE+AESGCM:ECDHE+CHACHA20"

static bool context_setup(struct context *context, const struct identity *id,
                          enum context_version least)
{
    static const unsigned char session_context[] = "broadsheet";
    SSL_CTX *ctx = context->ctx;
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                 SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets carry the sessions */
    SSL_CTX_set_read_ahead(ctx, 1);                          /* one recv for a flight */
    return SSL_CTX_set_min_proto_version(ctx, least == CONTEXT_TLS13 ? TLS1_3_VERSION
                                                                     : TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(ctx, CONTEXT_SUITES_13) == 1 &&
           SSL_CTX_set_cipher_list(ctx, CONTEXT_SUITES_12) == 1 &&
           SSL_CTX_set_num_tickets(ctx, 1) == 1 && ticket_attach(context) &&
           SSL_CTX_set_max_early_data(ctx, 0) == 1 && /* a request must not be replayed */
           SSL_CTX_set_session_id_context(ctx, session_context, sizeof session_context - 1) == 1 &&
           SSL_CTX_use_cert_and_key(ctx, id->certificate, id->key, id->chain, 1) == 1;
}

enum status context_new(const struct identity *id, const struct ticket_ring *tickets,
                        enum context_version least, struct context **out, struct error *e)
{
    struct context *context = calloc(1, sizeof *context);
    if (context == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "TLS");
    ERR_clear_error();
    context->ctx = SSL_CTX_new(TLS_server_method());
    context->gather = channel_bio_method();
    if (context->ctx != NULL && context->gather != NULL && context_setup(context, id, least)) {
        context_set_tickets(context, tickets);
        *out = context;
        return ST_OK;
    }
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    enum status status = error_set(e, ST_CRYPTO, 0, "%s: %s", identity_certificate_path(id),
                                   reason == NULL ? "OpenSSL refused it" : reason);
    ERR_clear_error();
    context_free(context);
    return status;
}

void context_free(struct context *context)
{
    if (context == NULL)
        return;
    SSL_CTX_free(context->ctx);
    BIO_meth_free(context->gather);
    ticket_wipe(&context->tickets);
    free(context);
}

void context_set_tickets(struct context *context, const struct ticket_ring *tickets)
{
    ticket_wipe(&context->tickets);
    context->tickets = *tickets;
}

enum status context_version_find(const char *name, enum context_version *version, struct error *e)
{
    if (strcmp(name, "1.2") == 0)
        *version = CONTEXT_TLS12;
    else if (strcmp(name, "1.3") == 0)
        *version = CONTEXT_TLS13;
    else
        return error_set(e, ST_SYNTAX, 0, "tls-min: neither 1.2 nor 1.3: %s", name);
    return ST_OK;
}
