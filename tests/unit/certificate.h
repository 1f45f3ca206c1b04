/*
 * certificate: keys and certificates as an operator may bring them, in the test's own folder.
 */
#ifndef TESTS_UNIT_CERTIFICATE_H
#define TESTS_UNIT_CERTIFICATE_H

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "support.h"

/*
 * A certificate for a key that began 100 days ago, ends in so many days and names a host; signed by
 * the issuer's key, or its own when there is none.  The caller frees it.
 */
static inline X509 *certificate_make(EVP_PKEY *key, const char *name, int days, X509 *issuer,
                                     EVP_PKEY *issuer_key)
{
    static long serial = 1;
    X509 *certificate = X509_new();
    char alternative[300];
    assert_true(key != NULL && certificate != NULL);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_time_adj_ex(X509_getm_notBefore(certificate), -100, 0, NULL);
    X509_time_adj_ex(X509_getm_notAfter(certificate), days, 3600, NULL);
    X509_NAME *subject = X509_get_subject_name(certificate);
    assert_int_equal(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                                (const unsigned char *)name, -1, -1, 0),
                     1);
    X509_set_issuer_name(certificate, issuer == NULL ? subject : X509_get_subject_name(issuer));
    snprintf(alternative, sizeof alternative, "DNS:%s", name);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alternative);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    EVP_PKEY *signer = issuer_key == NULL ? key : issuer_key;
    bool own = EVP_PKEY_is_a(signer, "ED25519") == 1 || EVP_PKEY_is_a(signer, "ED448") == 1;
    assert_true(X509_sign(certificate, signer, own ? NULL : EVP_sha256()) > 0);
    return certificate;
}

/* Write a key (mode 0600), and certificates one behind the other. */
static inline void certificate_put_key(const char *path, EVP_PKEY *key)
{
    BIO *out = BIO_new_file(path, "w");
    assert_non_null(out);
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
    BIO_free(out);
    assert_int_equal(chmod(path, 0600), 0);
}

static inline void certificate_put(const char *path, X509 *const *certificates, size_t count)
{
    BIO *out = BIO_new_file(path, "w");
    assert_non_null(out);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(PEM_write_bio_X509(out, certificates[i]), 1);
    BIO_free(out);
}

/* Write a self-signed pair. */
static inline void certificate_put_pair(const char *key_path, const char *path, const char *name,
                                        int days)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = certificate_make(key, name, days, NULL, NULL);
    certificate_put_key(key_path, key);
    certificate_put(path, &certificate, 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

#endif
