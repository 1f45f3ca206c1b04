/* Fingerprints of OpenSSL's things; for this room only. */
#ifndef TLS_FINGERPRINT_INTERNAL_H
#define TLS_FINGERPRINT_INTERNAL_H

#include <openssl/x509.h>

#include "tls/fingerprint.h"

/* SHA-256 of a certificate (DER).  False when OpenSSL fails. */
bool fingerprint_of_certificate(const X509 *certificate, struct fingerprint *f);

/* SHA-256 of the SubjectPublicKeyInfo as it stands in the certificate (DER).  Likewise. */
bool fingerprint_of_key(const X509 *certificate, struct fingerprint *f);

#endif
