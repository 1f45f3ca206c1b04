/*
 * sign_message: what a worker and the key process say to each other, one packet each; and what may
 * be signed at all.
 *
 * A worker counts as hostile: whoever has taken one over must get nothing signed that is not a
 * server's part of a TLS handshake.  So a request carries the message, not its digest.
 */
#ifndef TLS_SIGN_MESSAGE_H
#define TLS_SIGN_MESSAGE_H

#include "tls/fingerprint.h"

/* Bytes of the longest message: TLS 1.2, a point on P-521. */
#define SIGN_MESSAGE_MAX   201
#define SIGN_SIGNATURE_MAX 1024 /* RSA of 8192 bits */
#define SIGN_REQUEST_MAX   (8 + FINGERPRINT_SIZE + 2 + SIGN_MESSAGE_MAX)
#define SIGN_REPLY_MAX     (8 + 1 + SIGN_SIGNATURE_MAX)

enum sign_key { SIGN_EC, SIGN_RSA, SIGN_ED25519 };

/* A way to sign, as TLS names it.  Source: RFC 8446 section 4.2.3, RFC 5246 section 7.4.1.4.1. */
struct sign_scheme {
    uint16_t code;
    enum sign_key key;
    bool pss;           /* RSASSA-PSS with a salt as long as the digest, else PKCS #1 v1.5 */
    const char *digest; /* OpenSSL's name; NULL where the scheme has its own */
    const char *group;  /* of an EC key, OpenSSL's name, which TLS 1.3 insists on */
    bool tls13;         /* may be used there */
};

#define SIGN_SCHEMES 12
extern const struct sign_scheme sign_schemes[SIGN_SCHEMES];

/* The scheme with this code, or NULL. */
const struct sign_scheme *sign_scheme_find(unsigned code);

/* What a message is. */
enum sign_form {
    SIGN_NONE,  /* nothing that a TLS server signs */
    SIGN_TLS12, /* ServerKeyExchange: both randoms and the point; RFC 5246 7.4.3, RFC 8422 5.4 */
    SIGN_TLS13, /* a server's CertificateVerify; RFC 8446 4.4.3 */
};

enum sign_form sign_form_of(struct span message);

struct sign_request {
    uint64_t number;       /* the asker's own; comes back with the answer */
    struct fingerprint id; /* SHA-256 of the key's SubjectPublicKeyInfo */
    uint16_t scheme;
    struct span message; /* borrowed */
};

/* Write one; its bytes.  The message is at most SIGN_MESSAGE_MAX long. */
size_t sign_request_write(const struct sign_request *request, char out[SIGN_REQUEST_MAX]);

/* Read one, which borrows from the packet.  False: it is none. */
bool sign_request_read(struct sign_request *request, struct span packet) MUST_USE;

enum sign_answer {
    SIGN_DONE,    /* here is the signature */
    SIGN_NO_KEY,  /* no key with this id, or not yet */
    SIGN_REFUSED, /* the message or the scheme is nothing that is signed with that key */
    SIGN_FAILED,  /* OpenSSL could not */
};

struct sign_reply {
    uint64_t number;
    enum sign_answer answer;
    struct span signature; /* borrowed; empty but for SIGN_DONE */
};

/* The same; a signature is at most SIGN_SIGNATURE_MAX long. */
size_t sign_reply_write(const struct sign_reply *reply, char out[SIGN_REPLY_MAX]);
bool sign_reply_read(struct sign_reply *reply, struct span packet) MUST_USE;

#endif
