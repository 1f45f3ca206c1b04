/* What an identity is made of; for this room only, since OpenSSL's types stay in it. */
#ifndef TLS_IDENTITY_INTERNAL_H
#define TLS_IDENTITY_INTERNAL_H

#include <openssl/x509.h>

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
    STACK_OF(X509) * chain; /* what stands behind the certificate in its file */
    char *key_path;
    char *certificate_path;
};

#endif
