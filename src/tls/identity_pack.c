/* Identities as the text that one process hands to another. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "tls/identity.h"
#include "tls/identity_internal.h"

static enum status identity_write(const struct identity *id, bool secret, struct buf *out,
                                  struct error *e)
{
    const char *path = id->certificate_path;
    BIO *pem = BIO_new(BIO_s_secmem());
    bool good = pem != NULL && id->key != NULL;
    if (good && secret)
        good = PEM_write_bio_PKCS8PrivateKey(pem, id->key, NULL, NULL, 0, NULL, NULL) == 1;
    else if (good)
        good = PEM_write_bio_PUBKEY(pem, X509_get0_pubkey(id->certificate)) == 1;
    good = good && PEM_write_bio_X509(pem, id->certificate) == 1;
    for (int i = 0; good && i < sk_X509_num(id->chain); i++)
        good = PEM_write_bio_X509(pem, sk_X509_value(id->chain, i)) == 1;
    char *bytes = NULL;
    long n = good ? BIO_get_mem_data(pem, &bytes) : 0;
    enum status status = good && n > 0 ? ST_OK : identity_crypto_error(e, path);
    if (status == ST_OK) {
        buf_put(out, (struct span){bytes, (size_t)n});
        if (buf_status(out) != ST_OK)
            status = error_set(e, buf_status(out), 0, "%s: too many certificates together", path);
    }
    BIO_free_all(pem);
    return status;
}

enum status identity_pack(const struct identity *id, struct buf *out, struct error *e)
{
    return identity_write(id, true, out, e);
}

enum status identity_pack_public(const struct identity *id, struct buf *out, struct error *e)
{
    return identity_write(id, false, out, e);
}

struct identity_unpacking {
    struct identity **ids;
    size_t most, count;
};

/* One block of the text: a key begins an identity, a certificate belongs to the key before it. */
static enum status identity_take(struct identity_unpacking *u, const char *name,
                                 const unsigned char *der, long n, struct error *e)
{
    struct identity *id = u->count == 0 ? NULL : u->ids[u->count - 1];
    bool secret = strcmp(name, PEM_STRING_PKCS8INF) == 0;
    if (secret || strcmp(name, PEM_STRING_PUBLIC) == 0) {
        char shown[32];
        if (u->count == u->most)
            return error_set(e, ST_LIMIT, 0, "more than %zu certificates", u->most);
        snprintf(shown, sizeof shown, "certificate %zu", u->count + 1);
        id = identity_blank("", shown);
        if (id == NULL)
            return error_set(e, ST_NOMEM, ENOMEM, "%s", shown);
        u->ids[u->count++] = id;
        id->key = secret ? d2i_AutoPrivateKey(NULL, &der, n) : d2i_PUBKEY(NULL, &der, n);
        return id->key == NULL ? identity_crypto_error(e, shown) : ST_OK;
    }
    X509 *certificate = strcmp(name, PEM_STRING_X509) == 0 ? d2i_X509(NULL, &der, n) : NULL;
    if (id == NULL || certificate == NULL) {
        X509_free(certificate);
        return identity_crypto_error(e, "certificates");
    }
    return identity_add_certificate(id, certificate)
               ? ST_OK
               : error_set(e, ST_NOMEM, ENOMEM, "certificates");
}

static enum status identity_take_all(struct identity_unpacking *u, BIO *pem, struct error *e)
{
    char *name;
    char *header;
    unsigned char *der;
    long n;
    enum status status = ST_OK;
    ERR_clear_error();
    while (status == ST_OK && PEM_read_bio(pem, &name, &header, &der, &n) == 1) {
        status = identity_take(u, name, der, n, e);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(der, (size_t)n);
    }
    if (status == ST_OK && ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        status = identity_crypto_error(e, "certificates");
    ERR_clear_error();
    for (size_t i = 0; status == ST_OK && i < u->count; i++) {
        status = u->ids[i]->certificate == NULL
                     ? error_set(e, ST_CRYPTO, 0, "%s: a key alone", u->ids[i]->certificate_path)
                     : identity_check(u->ids[i], e);
    }
    if (status == ST_OK && u->count == 0)
        status = error_set(e, ST_CRYPTO, 0, "no certificates");
    return status;
}

enum status identity_unpack(struct span text, struct identity **ids, size_t most, size_t *count,
                            struct error *e)
{
    struct identity_unpacking u = {ids, most, 0};
    memory_watch();
    unsigned long refusals = memory_refusals();
    BIO *pem = BIO_new_mem_buf(text.n == 0 ? "" : text.p, (int)text.n);
    enum status status = pem == NULL ? error_set(e, ST_NOMEM, ENOMEM, "certificates")
                                     : identity_take_all(&u, pem, e);
    BIO_free(pem);
    memory_settle();
    /* OpenSSL may have made a certificate with less than what its key takes to be used. */
    if (memory_refusals() != refusals)
        status = error_set(e, ST_NOMEM, ENOMEM, "certificates");
    *count = u.count;
    if (status != ST_OK) {
        for (size_t i = 0; i < u.count; i++) {
            identity_free(ids[i]);
            ids[i] = NULL;
        }
        *count = 0;
    }
    return status;
}
