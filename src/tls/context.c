#include "tls/context.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/memory.h"
#include "tls/context_internal.h"
#include "tls/identity_internal.h"
#include "tls/methods.h"
#include "tls/signer_internal.h"

/* AES-128 first: its SHA-256 key schedule is the cheapest; ChaCha20 for those who put it first. */
#define CONTEXT_SUITES_13 \
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"
#define CONTEXT_SUITES_12 "ECDHE+AESGCM:ECDHE+CHACHA20"

/* Of a server_name extension: the list's length, a name's type and its length. */
#define CONTEXT_NAME_HEAD 5

/* Is this the same host?  Case and the root's dot do not matter. */
static bool context_is_name(struct span a, const char *name)
{
    struct span b = span_of(name);
    a.n -= a.n > 1 && a.p[a.n - 1] == '.';
    b.n -= b.n > 1 && b.p[b.n - 1] == '.';
    return span_eq_nocase(a, b);
}

/* The side of the server that a client named, or NULL. */
static const struct context_side *context_find(const struct context *context, struct span asked)
{
    for (size_t i = 0; asked.n > 0 && i < context->count; i++) {
        const struct context_side *side = &context->sides[i];
        for (size_t k = 0; k < side->count; k++) {
            if (context_is_name(asked, side->names[k]))
                return side;
        }
    }
    return NULL;
}

/* Is this name, written in any way, the IPv6 address, or the IPv4 address mapped into it? */
static bool context_is_address(const char *name, const struct in6_addr *address)
{
    char bare[INET6_ADDRSTRLEN] = "::ffff:";
    struct in6_addr named;
    size_t n = strlen(name);
    size_t at = strchr(name, ':') == NULL ? strlen(bare) : 0;
    if (n > 1 && name[0] == '[' && name[n - 1] == ']') {
        name++;
        n -= 2;
    }
    if (n >= sizeof bare - at)
        return false;
    memcpy(bare + at, name, n);
    bare[at + n] = '\0';
    return inet_pton(AF_INET6, bare, &named) == 1 && memcmp(&named, address, sizeof named) == 0;
}

/* The address that a client connected to, IPv4 mapped into IPv6; false where there is none. */
static bool context_local_address(int fd, struct in6_addr *address)
{
    struct sockaddr_storage local = {0};
    socklen_t size = sizeof local;
    if (getsockname(fd, (struct sockaddr *)&local, &size) != 0)
        return false;
    if (local.ss_family == AF_INET6) {
        *address = ((struct sockaddr_in6 *)&local)->sin6_addr;
        return true;
    }
    *address = (struct in6_addr){.s6_addr[10] = 0xff, .s6_addr[11] = 0xff};
    memcpy(address->s6_addr + 12, &((struct sockaddr_in *)&local)->sin_addr, 4);
    return local.ss_family == AF_INET;
}

const struct context_side *context_side_at(const struct context *context, int fd)
{
    struct in6_addr address;
    if (context->count == 1 || !context_local_address(fd, &address))
        return &context->sides[0];
    for (size_t i = 0; i < context->count; i++) {
        const struct context_side *side = &context->sides[i];
        for (size_t k = 0; k < side->count; k++) {
            if (context_is_address(side->names[k], &address))
                return side;
        }
    }
    return &context->sides[0];
}

struct span context_server_name(struct span extension)
{
    const struct span none = {0};
    if (extension.n < CONTEXT_NAME_HEAD)
        return none;
    const unsigned char *p = (const unsigned char *)extension.p;
    size_t n = (size_t)p[3] << 8 | p[4];
    if (p[2] != TLSEXT_NAMETYPE_host_name || n > extension.n - CONTEXT_NAME_HEAD)
        return none;
    return span_sub(extension, CONTEXT_NAME_HEAD, CONTEXT_NAME_HEAD + n);
}

/*
 * The first thing that happens to a ClientHello: the server that it names gets the connection, and
 * so a session of another one's is not resumed (RFC 6066 section 3).  OpenSSL's own call for names
 * comes after that.  Who is not known keeps what context_side_at chose.
 */
static int context_on_hello(SSL *ssl, int *alert, void *data)
{
    const unsigned char *bytes = NULL;
    size_t n = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &n) != 1)
        return SSL_CLIENT_HELLO_SUCCESS;
    const struct context_side *side =
        context_find(data, context_server_name((struct span){(const char *)bytes, n}));
    if (side == NULL || SSL_set_SSL_CTX(ssl, side->ctx) != NULL)
        return SSL_CLIENT_HELLO_SUCCESS;
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
}

/* Whether the answer says that the name in the hello counted. */
static int context_on_name(SSL *ssl, int *alert, void *data)
{
    const char *asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    (void)alert;
    return asked != NULL && context_find(data, span_of(asked)) != NULL ? SSL_TLSEXT_ERR_OK
                                                                       : SSL_TLSEXT_ERR_NOACK;
}

/* Sessions are those of a server, in all processes and machines that share ticket keys. */
static bool context_set_session_name(SSL_CTX *ctx, const char *name)
{
    char lower[256] = {0};
    char id[SSL_MAX_SID_CTX_LENGTH + 1];
    size_t n = strlen(name);
    n -= n > 1 && name[n - 1] == '.';
    n = n < sizeof lower ? n : sizeof lower;
    for (size_t i = 0; i < n; i++)
        lower[i] = ascii_lower(name[i]);
    int length =
        snprintf(id, sizeof id, "broadsheet %016" PRIx64, span_hash((struct span){lower, n}));
    return SSL_CTX_set_session_id_context(ctx, (const unsigned char *)id, (unsigned)length) == 1;
}

/* Show the certificate, and sign with its key or have the signer do so. */
static bool context_show(const struct context *context, SSL_CTX *ctx, const struct identity *id)
{
    if (context->signer == NULL)
        return SSL_CTX_use_cert_and_key(ctx, id->certificate, id->key, id->chain, 1) == 1;
    EVP_PKEY *key = signer_key(context->signer, id->certificate);
    bool good =
        key != NULL && SSL_CTX_use_cert_and_key(ctx, id->certificate, key, id->chain, 1) == 1;
    EVP_PKEY_free(key);
    return good;
}

static bool context_setup(struct context *context, SSL_CTX *ctx, const struct context_host *host)
{
    int least = context->least == CONTEXT_TLS13 ? TLS1_3_VERSION : TLS1_2_VERSION;
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                 SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); /* tickets carry the sessions */
    SSL_CTX_set_read_ahead(ctx, 1);                          /* one recv for a flight */
    SSL_CTX_set_client_hello_cb(ctx, context_on_hello, context);
    return SSL_CTX_set_min_proto_version(ctx, least) == 1 &&
           SSL_CTX_set_ciphersuites(ctx, CONTEXT_SUITES_13) == 1 &&
           SSL_CTX_set_cipher_list(ctx, CONTEXT_SUITES_12) == 1 &&
           SSL_CTX_set_num_tickets(ctx, 1) == 1 && ticket_attach(ctx, context) &&
           (!context->ask_client || client_ask(ctx)) &&
           SSL_CTX_set_max_early_data(ctx, 0) == 1 && /* a request must not be replayed */
           context_set_session_name(ctx, host->count == 0 ? "" : host->names[0]) &&
           SSL_CTX_set_tlsext_servername_callback(ctx, context_on_name) == 1 &&
           SSL_CTX_set_tlsext_servername_arg(ctx, context) == 1 &&
           context_show(context, ctx, host->identity);
}

static void context_free_sides(struct context_side *sides, size_t count)
{
    for (size_t i = 0; sides != NULL && i < count; i++) {
        SSL_CTX_free(sides[i].ctx);
        for (size_t k = 0; k < sides[i].count; k++)
            free(sides[i].names[k]);
        free(sides[i].names);
    }
    free(sides);
}

static enum status context_make_side(struct context *context, const struct context_host *host,
                                     struct context_side *side, struct error *e)
{
    const char *path = identity_certificate_path(host->identity);
    side->names = calloc(host->count + 1, sizeof *side->names);
    for (size_t i = 0; side->names != NULL && i < host->count; i++) {
        side->names[i] = strdup(host->names[i]);
        if (side->names[i] == NULL)
            break;
        side->count++;
    }
    if (side->names == NULL || side->count < host->count)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", path);
    ERR_clear_error();
    side->ctx = SSL_CTX_new(TLS_server_method());
    if (side->ctx != NULL && context_setup(context, side->ctx, host))
        return ST_OK;
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    (void)error_set(e, ST_CRYPTO, 0, "%s: %s", path,
                    reason == NULL ? "OpenSSL refused it" : reason);
    ERR_clear_error();
    return ST_CRYPTO;
}

enum status context_set_hosts(struct context *context, const struct context_host *hosts,
                              size_t count, struct error *e)
{
    struct context_side *sides = calloc(count, sizeof *sides);
    enum status status = ST_OK;
    if (sides == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "TLS");
    memory_watch();
    unsigned long refusals = memory_refusals();
    for (size_t i = 0; status == ST_OK && i < count; i++)
        status = context_make_side(context, &hosts[i], &sides[i], e);
    memory_settle();
    /* A context can lack what OpenSSL was refused memory for, and look good. */
    if (memory_refusals() != refusals)
        status = error_set(e, ST_NOMEM, ENOMEM, "TLS");
    if (status != ST_OK) {
        context_free_sides(sides, count);
        return status;
    }
    context_free_sides(context->sides, context->count);
    context->sides = sides;
    context->count = count;
    return ST_OK;
}

enum status context_new(const struct context_plan *plan, struct context **out, struct error *e)
{
    struct context *context = calloc(1, sizeof *context);
    if (context == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "TLS");
    context->least = plan->least;
    context->ask_client = plan->ask_client;
    context->signer = plan->signer;
    context->gather = channel_bio_method();
    enum status status =
        context->gather == NULL ? error_set(e, ST_NOMEM, ENOMEM, "TLS") : methods_load(e);
    if (status == ST_OK)
        status = context_set_hosts(context, plan->hosts, plan->count, e);
    if (status != ST_OK) {
        context_free(context);
        return status;
    }
    context_set_tickets(context, plan->tickets);
    *out = context;
    return ST_OK;
}

void context_free(struct context *context)
{
    if (context == NULL)
        return;
    context_free_sides(context->sides, context->count);
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
