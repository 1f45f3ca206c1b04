/*
 * identity: a server's private key and certificate, made once and kept: clients trust the key
 * that they saw first.
 */
#ifndef TLS_IDENTITY_H
#define TLS_IDENTITY_H

#include "core/buf.h"

struct identity;

/*
 * Load the identity of a host from `dir`/NAME.key and `dir`/NAME.crt (PEM, NAME being names[0]),
 * and make what is missing: a P-256 key (mode 0600), a self-signed certificate with CN and
 * subjectAltName for every name, valid from a day ago until 9999-12-31.  A key without a
 * certificate gets one; an existing key or certificate is never replaced.
 *
 * dir     made when it does not exist
 * names   host names and IP addresses (with or without brackets), at least one
 * Returns ST_OK with *id (identity_free frees it); else a message that names the file: ST_MISSING
 * (a certificate without its key), ST_IO,
 * ST_CRYPTO (no PEM key or certificate in it), ST_FORMAT (they do not belong together, or others
 * can read the key), ST_SYNTAX (a name that cannot be a host).
 * Source: Gemini specification, "TLS" (trust on first use); RFC 5280.
 */
enum status identity_open(const char *dir, char *const *names, size_t count, struct identity **id,
                          struct error *e) MUST_USE;

/* Can all these be host names or IP addresses?  ST_OK, or ST_SYNTAX with the first that cannot. */
enum status identity_check_names(char *const *names, size_t count, struct error *e) MUST_USE;

/* Load from two files, as the workers do; nothing is made. */
enum status identity_load(const char *key_path, const char *certificate_path, struct identity **id,
                          struct error *e) MUST_USE;
void identity_free(struct identity *id);

/* Where the files are; borrowed. */
const char *identity_key_path(const struct identity *id);
const char *identity_certificate_path(const struct identity *id);

/*
 * Append the SHA-256 fingerprint as capital hex pairs parted by ':', as clients show it: of the
 * whole certificate (DER), or of the public key (DER, SubjectPublicKeyInfo), which Lagrange and
 * Amfora pin.
 */
void identity_certificate_fingerprint(const struct identity *id, struct buf *out);
void identity_key_fingerprint(const struct identity *id, struct buf *out);

/* Does the certificate name this host or address (subjectAltName, else CN)? */
bool identity_names(const struct identity *id, const char *name);

/* Whole days until the certificate expires (negative when it has); a large number for 9999. */
long identity_days_left(const struct identity *id);

/* Does the certificate's time only begin in the future? */
bool identity_is_early(const struct identity *id);

#endif
