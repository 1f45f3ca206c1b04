/* The authorities of client.h: who made a client's certificate. */
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "tls/client.h"

/* Certificates between a client's and the authority's, at most. */
#define AUTHORITY_DEPTH 8
/* OpenSSL's scale: signatures and keys of 112 bits, so no SHA-1 and no RSA below 2048. */
#define AUTHORITY_LEVEL 2

struct authority {
    X509_STORE *store;
    STACK_OF(X509) * certificates;
};

/* The next certificate of a file.  ST_OK; ST_MISSING at its end. */
static enum status authority_read(struct authority *a, BIO *bio, const char *shown, struct error *e)
{
    int number = sk_X509_num(a->certificates) + 1;
    X509 *one = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (one == NULL) {
        unsigned long code = ERR_peek_last_error();
        if (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE)
            return ST_MISSING;
        const char *reason = ERR_reason_error_string(code);
        return error_set(e, ST_CRYPTO, 0, "%s: certificate %d: %s", shown, number,
                         reason == NULL ? "cannot be read" : reason);
    }
    if (number > AUTHORITIES_MAX) {
        X509_free(one);
        return error_set(e, ST_LIMIT, 0, "%s: more than %d certificates", shown, AUTHORITIES_MAX);
    }
    if (X509_STORE_add_cert(a->store, one) != 1 || sk_X509_push(a->certificates, one) <= 0) {
        X509_free(one);
        return error_set(e, ST_NOMEM, ENOMEM, "%s", shown);
    }
    return ST_OK;
}

static enum status authority_read_all(struct authority *a, const char *shown, struct span pem,
                                      struct error *e)
{
    BIO *bio = pem.n > INT_MAX ? NULL : BIO_new_mem_buf(pem.p == NULL ? "" : pem.p, (int)pem.n);
    a->store = X509_STORE_new();
    a->certificates = sk_X509_new_null();
    enum status status = ST_OK;
    if (bio == NULL || a->store == NULL || a->certificates == NULL)
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", shown);
    while (status == ST_OK)
        status = authority_read(a, bio, shown, e);
    BIO_free(bio);
    ERR_clear_error();
    if (status == ST_MISSING && sk_X509_num(a->certificates) > 0)
        return ST_OK;
    return status == ST_MISSING
               ? error_set(e, ST_CRYPTO, 0, "%s: no certificate (PEM) in it", shown)
               : status;
}

enum status authority_parse(const char *shown, struct span pem, struct authority **out,
                            struct error *e)
{
    struct authority *a = calloc(1, sizeof *a);
    if (a == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", shown);
    enum status status = authority_read_all(a, shown, pem, e);
    if (status == ST_OK)
        *out = a;
    else
        authority_free(a);
    return status;
}

void authority_free(struct authority *a)
{
    if (a == NULL)
        return;
    X509_STORE_free(a->store);
    sk_X509_pop_free(a->certificates, X509_free);
    free(a);
}

void authority_write(const struct authority *a, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool good = bio != NULL;
    for (int i = 0; good && i < sk_X509_num(a->certificates); i++)
        good = PEM_write_bio_X509(bio, sk_X509_value(a->certificates, i)) == 1;
    long n = good ? BIO_get_mem_data(bio, &text) : -1;
    if (n >= 0)
        buf_put(out, (struct span){text, (size_t)n});
    else
        out->status = ST_NOMEM;
    BIO_free(bio);
    ERR_clear_error();
}

bool authority_is_out_of_time(const struct authority *a, time_t now)
{
    bool out = false;
    for (int i = 0; !out && i < sk_X509_num(a->certificates); i++) {
        const X509 *one = sk_X509_value(a->certificates, i);
        out = X509_cmp_time(X509_get0_notBefore(one), &now) > 0 ||
              X509_cmp_time(X509_get0_notAfter(one), &now) < 0;
    }
    ERR_clear_error();
    return out;
}

bool authority_signed(const struct authority *a, const struct client_cert *client, time_t now)
{
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    bool good = check != NULL &&
                X509_STORE_CTX_init(check, a->store, client->leaf, client->chain) == 1 &&
                X509_STORE_CTX_set_purpose(check, X509_PURPOSE_SSL_CLIENT) == 1;
    if (good) {
        X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(check);
        X509_VERIFY_PARAM_set_time(rules, now);
        X509_VERIFY_PARAM_set_depth(rules, AUTHORITY_DEPTH);
        X509_VERIFY_PARAM_set_auth_level(rules, AUTHORITY_LEVEL);
        /* An authority need not be a root: the file's word is enough for any of them. */
        good = X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
               X509_verify_cert(check) == 1;
    }
    X509_STORE_CTX_free(check);
    ERR_clear_error();
    return good;
}
