/*
 * identity_make: keys and self-signed certificates are made and renewed here.
 *
 * A folder is a working pair at every moment, also after a crash.  Where the key changes, the new
 * one is written as NAME.key.new, the old pair is kept as NAME.key.old and NAME.crt.old, the new
 * certificate is renamed to NAME.crt, and last NAME.key.new to NAME.key.  Whoever finds that
 * NAME.key is not that of NAME.crt looks for NAME.key.new: identity_load does.
 */
#ifndef TLS_IDENTITY_MAKE_H
#define TLS_IDENTITY_MAKE_H

#include "tls/identity.h"

/* A kind of key that can be made. */
enum identity_kind {
    IDENTITY_P256, /* what every client takes, and the smallest handshake */
    IDENTITY_P384,
    IDENTITY_RSA2048,
    IDENTITY_RSA3072,
    IDENTITY_RSA4096,
    IDENTITY_ED25519,
};

/* The kind that is called "p256", "rsa3072" and so on.  ST_OK or ST_SYNTAX. */
enum status identity_kind_find(const char *name, enum identity_kind *kind,
                               struct error *e) MUST_USE;

/*
 * Load the identity of a host from `dir`/NAME.key and `dir`/NAME.crt (PEM, NAME being names[0]),
 * and make what is missing: a P-256 key (mode 0600), a self-signed certificate with CN and
 * subjectAltName for every name, valid from a day ago until 9999-12-31.  A key without a
 * certificate gets one; an existing key or certificate is never replaced.  What is made is told to
 * the log.
 *
 * dir     made when it does not exist
 * names   host names and IP addresses (with or without brackets), at least one
 * Returns as identity_load (ST_MISSING: a certificate without its key); ST_SYNTAX (a name that
 * cannot be a host).
 * Source: Gemini specification, "TLS" (trust on first use); RFC 5280.
 */
enum status identity_open(const char *dir, char *const *names, size_t count, struct identity **id,
                          struct error *e) MUST_USE;

/*
 * Make a key and a certificate where there is neither, as identity_open does.  ST_EXISTS, and
 * nothing changed, when one of the files is there.
 */
enum status identity_create(const char *dir, char *const *names, size_t count,
                            enum identity_kind kind, struct error *e) MUST_USE;

/* How a certificate is to be renewed. */
struct identity_renewal {
    char *const *names; /* the first is that of the files; alone it keeps the certificate's names */
    size_t count;
    bool new_key;            /* every client that knows the old one will warn */
    enum identity_kind kind; /* of a new key */
    bool self_signed;        /* also in place of one that a CA signed */
};

/*
 * Make a new self-signed certificate in place of one that is there.
 *
 * Returns ST_OK; ST_MISSING (no such pair), ST_FORMAT (a CA signed it, or the pair is not good),
 * ST_EXISTS (a pair before this one is still there as .old), or what identity_load and file_write
 * return.  After a failure the pair that was there is in service.
 */
enum status identity_renew(const char *dir, const struct identity_renewal *renewal,
                           struct error *e) MUST_USE;

#endif
