/* What signer.c, its provider and the channels share; for this room only. */
#ifndef TLS_SIGNER_INTERNAL_H
#define TLS_SIGNER_INTERNAL_H

#include <openssl/x509.h>

#include "tls/sign_message.h"
#include "tls/signer.h"

enum signer_state { SIGNER_FREE, SIGNER_UNSENT, SIGNER_WAITS, SIGNER_SIGNED, SIGNER_FAILED };

/* One signature that was asked for. */
struct signer_slot {
    enum signer_state state;
    struct signer_party *party; /* who waits for it; NULL: signer_sign itself */
    uint64_t number;            /* of the request */
    uint64_t began, sent;       /* when */
    unsigned times;             /* that it was sent */
    char request[SIGN_REQUEST_MAX];
    size_t request_n;
    unsigned char signature[SIGN_SIGNATURE_MAX];
    size_t signature_n;
};

/* A connection's part; zeroed at first.  It is in one list of the signer's at most. */
struct signer_party {
    void (*on_ready)(void *context); /* its handshake can go on; may end the connection */
    void *context;
    struct signer_list *list; /* that it is in, or NULL */
    struct signer_party *next, *previous;
    struct signer_slot *slot; /* its signature, while its handshake stands still for it */
    const char *fault;        /* why there is none; static */
    bool done;                /* it has its signature: a handshake needs one */
};

struct signer_list {
    struct signer_party *first, *last;
};

struct signer {
    int fd; /* borrowed */
    uint64_t (*clock)(void);
    struct ossl_provider_st *defaults, *provider; /* OSSL_PROVIDER */
    uint64_t serial;                              /* of the next request; begins anywhere */
    uint64_t turns;                               /* calls of signer_enter */
    bool stands;      /* handshakes can stand still; where the system has no way, all wait */
    unsigned waiting; /* slots that are neither free nor decided */
    struct signer_party *current; /* whose handshake runs now */
    struct signer_list ready;     /* they can go on */
    struct signer_list queue;     /* there was no stack left for them */
    struct signer_slot slots[SIGNER_JOBS];
};

/* Around each call that may have something signed for a connection. */
void signer_enter(struct signer *s, struct signer_party *party);
void signer_leave(struct signer *s);

/*
 * There was no stack: have on_ready called when one is free again.  False when none is in use, so
 * that none would be: there was no memory for one.  The stacks begin anew then, for OpenSSL loses
 * one for good that it has no memory to put aside.
 */
bool signer_queue(struct signer *s, struct signer_party *party) MUST_USE;

/* A stack is free again: whoever waits for one longest can go on. */
void signer_next(struct signer *s);

/*
 * Want nothing more: a signature that is under way fails, and the handshake must be called once
 * more, so that it ends and its stack is free before the connection is.
 * Returns whether there is such a handshake.
 */
bool signer_cancel(struct signer *s, struct signer_party *party) MUST_USE;

/*
 * Have a message signed.  In a handshake between signer_enter and signer_leave it stands still
 * meanwhile; anywhere else this waits.
 *
 * out   gets SIGN_SIGNATURE_MAX bytes at most
 * Returns the number of bytes, or 0: then the party's fault tells why.
 */
size_t signer_sign(struct signer *s, const struct fingerprint *id, const struct sign_scheme *scheme,
                   struct span message, unsigned char out[SIGN_SIGNATURE_MAX]);

/*
 * A key to give to OpenSSL: it has the public key of the certificate, and signs by the signer,
 * which must outlive it.  NULL on failure, with OpenSSL's error.
 */
EVP_PKEY *signer_key(struct signer *s, const X509 *certificate);

/* Load the provider of these keys.  False, with OpenSSL's error, on failure. */
bool signer_provider_load(struct signer *s);
void signer_provider_unload(struct signer *s);

#endif
