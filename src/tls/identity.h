/*
 * identity: a server's private key and certificate, made once and kept: clients trust the key
 * that they saw first.
 */
#ifndef TLS_IDENTITY_H
#define TLS_IDENTITY_H

#include "core/buf.h"

struct identity;

/* Can all these be host names or IP addresses?  ST_OK, or ST_SYNTAX with the first that cannot. */
enum status identity_check_names(char *const *names, size_t count, struct error *e) MUST_USE;

/*
 * Append the path of a host's key or certificate: `dir`/NAME.key, `dir`/NAME.crt.  The buffers are
 * the caller's.
 */
void identity_put_paths(const char *dir, const char *name, struct buf *key,
                        struct buf *certificate);

/*
 * Load a key and its certificate chain (PEM) from two files; nothing is made.  Around the PEM
 * there may be other text.
 *
 * Returns ST_OK with *id (identity_free frees it); else a message that names the file: ST_MISSING,
 * ST_IO, ST_CRYPTO (no PEM key or certificate in it, or one that is damaged), ST_FORMAT (others can
 * read the key, or all can write the certificate; one that is no regular file; the certificate is
 * another key's, or not the first in its file; a kind of key that clients refuse: anything but
 * ECDSA P-256, P-384, P-521, RSA of 2048 to 8192 bits, Ed25519).
 * Where a renewal with a new key was cut off, the new key is found (identity_make.h).
 */
enum status identity_load(const char *key_path, const char *certificate_path, struct identity **id,
                          struct error *e) MUST_USE;

/* Load the certificates of a file without their key, to look at them. */
enum status identity_load_certificate(const char *certificate_path, struct identity **id,
                                      struct error *e) MUST_USE;
void identity_free(struct identity *id);

/*
 * Append key and certificates as the PEM text that processes hand to each other: for each identity
 * its key, then its certificates.  The buffer holds a secret: buf_wipe it.
 * Returns ST_OK, ST_CRYPTO, ST_LIMIT or ST_NOMEM.
 */
enum status identity_pack(const struct identity *id, struct buf *out, struct error *e) MUST_USE;

/* The same with the public key in place of the private one: for whom a key process signs. */
enum status identity_pack_public(const struct identity *id, struct buf *out,
                                 struct error *e) MUST_USE;

/*
 * Read such a text, of either kind.
 *
 * ids     gets at most `most` identities, which the caller frees; without paths
 * Returns ST_OK with *count; else none: ST_CRYPTO (no such text), ST_LIMIT (too many), ST_NOMEM.
 */
enum status identity_unpack(struct span text, struct identity **ids, size_t most, size_t *count,
                            struct error *e) MUST_USE;

/* Where the files are; borrowed, "" for a key or a file that there is none of. */
const char *identity_key_path(const struct identity *id);
const char *identity_certificate_path(const struct identity *id);

/*
 * Append the SHA-256 fingerprint as capital hex pairs parted by ':', as clients show it: of the
 * whole certificate (DER), or of the public key (DER, SubjectPublicKeyInfo), which Lagrange and
 * Amfora pin.
 */
void identity_certificate_fingerprint(const struct identity *id, struct buf *out);
void identity_key_fingerprint(const struct identity *id, struct buf *out);

/* Is it the same public key: nothing that a reader's client would notice? */
bool identity_same_key(const struct identity *a, const struct identity *b);

/* Is it the same certificate with the same chain, and so the same key? */
bool identity_same(const struct identity *a, const struct identity *b);

/* Does the certificate name this host or address (subjectAltName, else CN)? */
bool identity_names(const struct identity *id, const char *name);

/*
 * Append the names and addresses of the certificate, parted by `between`; what no host is called is
 * left out.
 */
void identity_put_names(const struct identity *id, const char *between, struct buf *out);

/* Append the kind of the key: "ECDSA P-256", "RSA 2048", "Ed25519". */
void identity_put_key_type(const struct identity *id, struct buf *out);

/* Append when the certificate begins or ends to be valid, in UTC as RFC 3339 writes it. */
void identity_put_begin(const struct identity *id, struct buf *out);
void identity_put_end(const struct identity *id, struct buf *out);

/* Did the key sign its own certificate? */
bool identity_is_self_signed(const struct identity *id);

/* Number of certificates in the file: 1, and those behind the first. */
size_t identity_chain_length(const struct identity *id);

/*
 * The first certificate of the file (from 1) that did not sign the one before it, though it stands
 * behind it; 0 when the order is right.
 * Source: RFC 8446 section 4.4.2.
 */
size_t identity_chain_gap(const struct identity *id);

/* Whole days until the certificate expires (negative when it has); a large number for 9999. */
long identity_days_left(const struct identity *id);

/* Has it expired? */
bool identity_is_late(const struct identity *id);

/* Does the certificate's time only begin in the future? */
bool identity_is_early(const struct identity *id);

#endif
