/* What a context is made of; for this room only, since OpenSSL's types stay in it. */
#ifndef TLS_CONTEXT_INTERNAL_H
#define TLS_CONTEXT_INTERNAL_H

#include <openssl/ssl.h>

#include "tls/ticket.h"

struct context {
    SSL_CTX *ctx;
    BIO_METHOD *gather;         /* of the channels' BIO, see channel.c */
    struct ticket_ring tickets; /* wiped when others come and at the end */
};

/* The method of a channel's BIO; NULL without memory.  In channel.c. */
BIO_METHOD *channel_bio_method(void);

/* Have tickets sealed and opened with context->tickets.  In ticket.c. */
bool ticket_attach(struct context *context);

#endif
