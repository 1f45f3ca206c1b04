/*
 * client: the certificate with which a client says who it is.
 *
 * The handshake proves that the client has the private key, and takes any certificate: who made
 * it, how long it is good and whether it is listed anywhere is asked when a page is asked for, of
 * a session that is resumed as of a new one.
 */
#ifndef TLS_CLIENT_H
#define TLS_CLIENT_H

#include <time.h>

#include "tls/fingerprint.h"

struct x509_st;       /* OpenSSL's X509 */
struct stack_st_X509; /* and STACK_OF(X509) */

/* Made by channel_client, which owns what is in it. */
struct client_cert {
    struct fingerprint certificate; /* SHA-256 of it, DER */
    struct fingerprint key;         /* SHA-256 of its SubjectPublicKeyInfo, DER */
    struct x509_st *leaf;
    struct stack_st_X509 *chain; /* what the client sent with it; may be NULL */
};

/* Is this the time that a certificate is made for? */
enum client_time {
    CLIENT_TIME_GOOD,
    CLIENT_TIME_EARLY,   /* it is not valid yet */
    CLIENT_TIME_EXPIRED, /* or no longer */
    CLIENT_TIME_BAD,     /* its dates cannot be read */
};

/* Source: RFC 5280 section 4.1.2.5: both ends belong to the validity. */
enum client_time client_time(const struct client_cert *client, time_t now);

/* The certificate authorities of a file. */
struct authority;

/*
 * Read certificate authorities.
 *
 * shown   how messages name the file
 * pem     certificates (PEM), at least one; what else is in it does not count
 * Returns ST_OK with *authority (authority_free frees it), ST_CRYPTO (no certificate, or one that
 * cannot be read: its number is told), ST_LIMIT (more than AUTHORITIES_MAX) or ST_NOMEM.
 */
enum status authority_parse(const char *shown, struct span pem, struct authority **authority,
                            struct error *e) MUST_USE;
void authority_free(struct authority *authority);

#define AUTHORITIES_MAX 256 /* in one file */

/* Append the certificates as PEM, and nothing else that their file had. */
void authority_write(const struct authority *authority, struct buf *out);

/* Is one of them out of its time? */
bool authority_is_out_of_time(const struct authority *authority, time_t now);

/*
 * Did one of them sign the client's certificate, maybe by way of those that the client sent with
 * it, for a client's use?  All certificates on that way must be good at `now`.
 * Authorities of the same name are told apart by their key identifiers.
 * Source: RFC 5280 section 6.
 */
bool authority_signed(const struct authority *authority, const struct client_cert *client,
                      time_t now);

#endif
