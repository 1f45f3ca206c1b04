/* What a context is made of; for this room only, since OpenSSL's types stay in it. */
#ifndef TLS_CONTEXT_INTERNAL_H
#define TLS_CONTEXT_INTERNAL_H

#include <openssl/ssl.h>

struct context {
    SSL_CTX *ctx;
    BIO_METHOD *gather; /* of the channels' BIO, see channel.c */
};

/* The method of a channel's BIO; NULL without memory.  In channel.c. */
BIO_METHOD *channel_bio_method(void);

#endif
