#include "tls/context.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "tls/context_internal.h"
#include "tls/identity_internal.h"

/* AES-128 first: its SHA-256 key schedule is the cheapest; ChaCha20 for those who put it first. */
#define CONTEXT_SUITES_13 \
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"
#define CONTEXT_SUITES_12 "ECDHE+AESGCM:ECDHE+CHACHA20"

static bool context_setup(SSL_CTX *ctx, const struct identity *id,
                          const unsigned char ticket_key[CONTEXT_TICKET_KEY])
{
    static const unsigned char session_context[] = "broadsheet";
    unsigned char keys[CONTEXT_TICKET_KEY];
    for (size_t i = 0; i < sizeof keys; i++)
        keys[i] = ticket_key[i];
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                 SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets carry the sessions */
    SSL_CTX_set_read_ahead(ctx, 1);                          /* one recv for a flight */
    bool good =
        SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
        SSL_CTX_set_ciphersuites(ctx, CONTEXT_SUITES_13) == 1 &&
        SSL_CTX_set_cipher_list(ctx, CONTEXT_SUITES_12) == 1 &&
        SSL_CTX_set_num_tickets(ctx, 1) == 1 &&
        SSL_CTX_set_tlsext_ticket_keys(ctx, keys, (int)sizeof keys) == 1 &&
        SSL_CTX_set_session_id_context(ctx, session_context, sizeof session_context - 1) == 1 &&
        SSL_CTX_use_cert_and_key(ctx, id->certificate, id->key, id->chain, 1) == 1;
    OPENSSL_cleanse(keys, sizeof keys);
    return good;
}

enum status context_new(const struct identity *id,
                        const unsigned char ticket_key[CONTEXT_TICKET_KEY], struct context **out,
                        struct error *e)
{
    struct context *context = calloc(1, sizeof *context);
    if (context == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "TLS");
    ERR_clear_error();
    context->ctx = SSL_CTX_new(TLS_server_method());
    context->gather = channel_bio_method();
    if (context->ctx != NULL && context->gather != NULL &&
        context_setup(context->ctx, id, ticket_key)) {
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
    free(context);
}

enum status context_random(unsigned char *out, size_t n, struct error *e)
{
    if (RAND_bytes(out, (int)n) == 1)
        return ST_OK;
    ERR_clear_error();
    return error_set(e, ST_CRYPTO, 0, "no random bytes");
}
