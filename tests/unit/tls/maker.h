/* maker: makes the certificates of clients and of those who sign them. */
#ifndef TESTS_UNIT_TLS_MAKER_H
#define TESTS_UNIT_TLS_MAKER_H

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "../support.h"

#define DAY ((long)24 * 60 * 60)

/* A certificate and its key; maker_free frees both. */
struct made {
    X509 *certificate;
    EVP_PKEY *key;
};

/* What is not said is as good as can be: P-256, SHA-256, from a day ago for ten days. */
struct wanted {
    const char *key;           /* "RSA-2048", or the name of a curve */
    const char *digest;        /* NULL: SHA-256, none for Ed25519 and Ed448 */
    const struct made *signer; /* NULL: itself */
    const char *name;          /* CN; NULL: no subject at all */
    long begin, end;           /* seconds from now; both 0: as above */
    bool ca;                   /* may it sign others? */
    bool v1;                   /* a certificate of version 1, without extensions */
    const char *extended;      /* extendedKeyUsage */
    bool odd;                  /* with a critical extension that nobody knows */
    size_t padding;            /* bytes of a comment, to make it large */
};

static inline EVP_PKEY *maker_key(const char *kind)
{
    EVP_PKEY *key = NULL;
    if (kind == NULL)
        kind = "P-256";
    if (strncmp(kind, "RSA-", 4) == 0)
        key = EVP_RSA_gen((unsigned)atoi(kind + 4)); /* NOLINT(cert-err34-c): a literal */
    else if (strncmp(kind, "ED", 2) == 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
    else
        key = EVP_EC_gen(kind);
    assert_non_null(key);
    return key;
}

static inline void maker_extend(X509 *x, X509 *signer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, signer, x, NULL, NULL, 0);
    X509_EXTENSION *one = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(one);
    assert_int_equal(X509_add_ext(x, one, -1), 1);
    X509_EXTENSION_free(one);
}

/* An extension of a private number, critical or not. */
static inline void maker_extend_oddly(X509 *x, int critical, size_t n)
{
    ASN1_OBJECT *object = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
    ASN1_OCTET_STRING *bytes = ASN1_OCTET_STRING_new();
    unsigned char *padding = calloc(n + 1, 1);
    assert_non_null(padding);
    assert_int_equal(ASN1_OCTET_STRING_set(bytes, padding, (int)n), 1);
    X509_EXTENSION *one = X509_EXTENSION_create_by_OBJ(NULL, object, critical, bytes);
    assert_non_null(one);
    assert_int_equal(X509_add_ext(x, one, -1), 1);
    X509_EXTENSION_free(one);
    ASN1_OCTET_STRING_free(bytes);
    ASN1_OBJECT_free(object);
    free(padding);
}

static inline struct made make(const struct wanted *w)
{
    static long serial;
    struct made m = {X509_new(), maker_key(w->key)};
    bool bare = EVP_PKEY_is_a(m.key, "ED25519") || EVP_PKEY_is_a(m.key, "ED448");
    X509 *x = m.certificate;
    X509_set_version(x, w->v1 ? X509_VERSION_1 : X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    bool usual = w->begin == 0 && w->end == 0;
    X509_gmtime_adj(X509_getm_notBefore(x), usual ? -DAY : w->begin);
    X509_gmtime_adj(X509_getm_notAfter(x), usual ? 10 * DAY : w->end);
    X509_NAME *name = X509_get_subject_name(x);
    if (w->name != NULL)
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)w->name, -1,
                                   -1, 0);
    X509_set_issuer_name(x,
                         w->signer == NULL ? name : X509_get_subject_name(w->signer->certificate));
    X509_set_pubkey(x, m.key);
    X509 *issuer = w->signer == NULL ? x : w->signer->certificate;
    if (!w->v1) {
        maker_extend(x, issuer, NID_basic_constraints, w->ca ? "critical,CA:TRUE" : "CA:FALSE");
        maker_extend(x, issuer, NID_subject_key_identifier, "hash");
        maker_extend(x, issuer, NID_authority_key_identifier, "keyid");
    }
    if (w->extended != NULL)
        maker_extend(x, issuer, NID_ext_key_usage, w->extended);
    if (w->odd || w->padding > 0)
        maker_extend_oddly(x, w->odd, w->padding);
    EVP_PKEY *signer = w->signer == NULL ? m.key : w->signer->key;
    bool plain = w->signer == NULL && bare;
    const EVP_MD *digest =
        plain ? NULL : EVP_get_digestbyname(w->digest == NULL ? "SHA256" : w->digest);
    assert_true(X509_sign(x, signer, digest) > 0);
    return m;
}

static inline void maker_free(struct made *m)
{
    X509_free(m->certificate);
    EVP_PKEY_free(m->key);
    *m = (struct made){NULL, NULL};
}

/* The certificate as PEM, appended. */
static inline void maker_put_pem(const struct made *m, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    assert_int_equal(PEM_write_bio_X509(bio, m->certificate), 1);
    long n = BIO_get_mem_data(bio, &text);
    buf_put(out, (struct span){text, (size_t)n});
    BIO_free(bio);
}

#endif
