/* What a context is made of; for this room only, since OpenSSL's types stay in it. */
#ifndef TLS_CONTEXT_INTERNAL_H
#define TLS_CONTEXT_INTERNAL_H

#include <openssl/ssl.h>

#include "tls/client.h"
#include "tls/context.h"

/* One certificate: its own SSL_CTX, with the settings of all. */
struct context_side {
    SSL_CTX *ctx;
    char **names; /* owned */
    size_t count;
};

struct context {
    struct context_side *sides; /* the first is for whom no other fits */
    size_t count;
    enum context_version least;
    bool ask_client;
    struct signer *signer;      /* borrowed; NULL where keys sign themselves */
    BIO_METHOD *gather;         /* of the channels' BIO, see channel.c */
    struct ticket_ring tickets; /* wiped when others come and at the end */
};

/*
 * The host name that is the first entry of a server_name extension, as OpenSSL takes it; absent
 * when there is none.
 *
 * extension   its bytes, of any kind
 * Source: RFC 6066 section 3.
 */
struct span context_server_name(struct span extension);

/*
 * The side of a connection whose client names no server, as clients do that follow a URL with an
 * address: the one that has the address it connected to among its names, else the first.
 *
 * fd   the connected socket
 * Source: RFC 6066 section 3 (no addresses in server_name).
 */
const struct context_side *context_side_at(const struct context *context, int fd);

/* The method of a channel's BIO; NULL without memory.  In channel.c. */
BIO_METHOD *channel_bio_method(void);

/* Have connections of this SSL_CTX ask for the client's certificate, and take any.  In client.c. */
bool client_ask(SSL_CTX *ctx);

/*
 * What the client of a connection showed, when the handshake is over; NULL when that was nothing,
 * or without memory.  client_free frees it.  In client.c.
 */
struct client_cert *client_new(SSL *ssl);
void client_free(struct client_cert *client);

/* Have tickets of this SSL_CTX sealed and opened with context->tickets.  In ticket.c. */
bool ticket_attach(SSL_CTX *ctx, struct context *context);

#endif
