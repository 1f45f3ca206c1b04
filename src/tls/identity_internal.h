/* What an identity is made of; for this room only, since OpenSSL's types stay in it. */
#ifndef TLS_IDENTITY_INTERNAL_H
#define TLS_IDENTITY_INTERNAL_H

#include <openssl/x509.h>

#include "tls/identity.h"

#define IDENTITY_FILE_MAX ((size_t)256 * 1024)
#define IDENTITY_PATH_MAX 8192

struct identity {
    EVP_PKEY *key; /* NULL when only the certificate was asked for */
    X509 *certificate;
    STACK_OF(X509) * chain; /* what stands behind the certificate in its file */
    char *key_path;
    char *certificate_path;
};

/* The newest entry of OpenSSL's error queue in words; empties the queue. */
enum status identity_crypto_error(struct error *e, const char *what);

/* Read a private key from its file, as identity_load does.  ST_OK with *key, which is freed. */
enum status identity_read_key(const char *path, EVP_PKEY **key, struct error *e) MUST_USE;

/* An identity with nothing but its paths; NULL without memory. */
struct identity *identity_blank(const char *key_path, const char *certificate_path);

/* Put a certificate behind those that are there; it is freed on failure (no memory). */
bool identity_add_certificate(struct identity *id, X509 *certificate);

/* A name without the brackets of an IPv6 address: `name` itself, or `out`. */
const char *identity_unbracket(const char *name, char *out, size_t size);

/* Is it a key that clients take?  ST_OK, or ST_FORMAT with the file and the reason. */
enum status identity_check_key(const EVP_PKEY *key, const char *shown, struct error *e) MUST_USE;

/* Do key and certificates fit each other and OpenSSL?  ST_OK, ST_FORMAT or ST_CRYPTO. */
enum status identity_check(const struct identity *id, struct error *e) MUST_USE;

#endif
