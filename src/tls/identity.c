#include "tls/identity.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "tls/identity_internal.h"

#define IDENTITY_NAME_MAX 253                 /* RFC 1035 2.3.4, as text */
#define IDENTITY_KEY_MAX  ((size_t)64 * 1024) /* bytes of a key file */
#define IDENTITY_RSA_MIN  2048
#define IDENTITY_RSA_MAX  8192 /* what clients written in Go verify */

enum status identity_crypto_error(struct error *e, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);
    ERR_clear_error();
    return error_set(e, ST_CRYPTO, 0, "%s: %s", what, reason == NULL ? "refused" : reason);
}

const char *identity_unbracket(const char *name, char *out, size_t size)
{
    size_t n = strlen(name);
    if (n < 2 || name[0] != '[' || name[n - 1] != ']' || n - 2 >= size)
        return name;
    memcpy(out, name + 1, n - 2);
    out[n - 2] = '\0';
    return out;
}

/* An IPv6 address with or without brackets, or labels of letters, digits, '-' and '_'. */
static bool identity_is_name(const char *name)
{
    char bare[INET6_ADDRSTRLEN + 1];
    unsigned char address[sizeof(struct in6_addr)];
    if (strchr(name, ':') != NULL || strchr(name, '[') != NULL)
        return inet_pton(AF_INET6, identity_unbracket(name, bare, sizeof bare), address) == 1;
    size_t label = 0;
    for (const char *c = name; *c != '\0'; c++) {
        bool letter = ascii_alpha(*c) || ascii_digit(*c) || *c == '_' || (*c == '-' && label > 0);
        if (!letter && (*c != '.' || label == 0))
            return false;
        label = letter ? label + 1 : 0;
    }
    /* A trailing dot is the root's. */
    return *name != '\0' && *name != '.' && strlen(name) <= IDENTITY_NAME_MAX;
}

enum status identity_check_names(char *const *names, size_t count, struct error *e)
{
    for (size_t i = 0; i < count; i++) {
        if (!identity_is_name(names[i]))
            return error_set(e, ST_SYNTAX, 0,
                             "host %s: not a host name or address (write IDN as xn--...)",
                             names[i]);
    }
    return ST_OK;
}

void identity_put_paths(const char *dir, const char *name, struct buf *key, struct buf *certificate)
{
    buf_putf(key, "%s/%s.key", dir, name);
    buf_putf(certificate, "%s/%s.crt", dir, name);
}

/* No passphrase is ever asked for: a server starts without anybody at the terminal. */
static int identity_no_passphrase(char *out, int size, int writing, void *context)
{
    (void)out, (void)size, (void)writing, (void)context;
    return -1;
}

/* PEM as OpenSSL reads it: it wants the first "-----" at the beginning of a line. */
static BIO *identity_open_pem(struct span text)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (span_starts(text, SPAN(mark)))
        text = span_sub(text, 3, text.n);
    return BIO_new_mem_buf(text.n == 0 ? "" : text.p, (int)text.n);
}

static enum status identity_check_ec(const EVP_PKEY *key, const char *shown, struct error *e)
{
    static const char *const good[] = {"prime256v1", "secp384r1", "secp521r1"};
    char group[64] = "of its own";
    size_t n = 0;
    (void)EVP_PKEY_get_group_name(key, group, sizeof group, &n);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (strcmp(group, good[i]) == 0)
            return ST_OK;
    }
    return error_set(e, ST_FORMAT, 0,
                     "%s: a key on the curve %s, which clients refuse: use P-256, P-384 or P-521",
                     shown, group);
}

enum status identity_check_key(const EVP_PKEY *key, const char *shown, struct error *e)
{
    if (EVP_PKEY_is_a(key, "ED25519") == 1)
        return ST_OK;
    if (EVP_PKEY_is_a(key, "EC") == 1)
        return identity_check_ec(key, shown, e);
    const char *kind = EVP_PKEY_get0_type_name(key);
    if (EVP_PKEY_is_a(key, "RSA") != 1)
        return error_set(e, ST_FORMAT, 0,
                         "%s: a key of the kind %s, which clients refuse: use ECDSA P-256", shown,
                         kind == NULL ? "unknown" : kind);
    int bits = EVP_PKEY_get_bits(key);
    if (bits >= IDENTITY_RSA_MIN && bits <= IDENTITY_RSA_MAX)
        return ST_OK;
    return error_set(e, ST_FORMAT, 0,
                     "%s: an RSA key of %d bits, which clients refuse: use ECDSA P-256, or RSA of "
                     "%d to %d bits",
                     shown, bits, IDENTITY_RSA_MIN, IDENTITY_RSA_MAX);
}

enum status identity_read_key(const char *path, EVP_PKEY **key, struct error *e)
{
    struct buf text;
    *key = NULL;
    buf_init(&text, IDENTITY_KEY_MAX);
    enum status status = file_read_secret(path, "a private key", &text, e);
    if (status == ST_OK) {
        BIO *pem = identity_open_pem(buf_span(&text));
        *key =
            pem == NULL ? NULL : PEM_read_bio_PrivateKey(pem, NULL, identity_no_passphrase, NULL);
        BIO_free(pem);
        ERR_clear_error();
        if (*key == NULL)
            status =
                error_set(e, ST_CRYPTO, 0, "%s: no private key in it (PEM, unencrypted)", path);
    }
    if (status == ST_OK)
        status = identity_check_key(*key, path, e);
    if (status != ST_OK) {
        EVP_PKEY_free(*key);
        *key = NULL;
    }
    buf_wipe(&text);
    return status;
}

bool identity_add_certificate(struct identity *id, X509 *certificate)
{
    if (id->certificate == NULL) {
        id->certificate = certificate;
        return true;
    }
    bool good = sk_X509_push(id->chain, certificate) > 0;
    if (!good)
        X509_free(certificate);
    return good;
}

/* All certificates of a PEM text. */
static enum status identity_parse_chain(BIO *pem, struct identity *id, struct error *e)
{
    const char *path = id->certificate_path;
    X509 *certificate;
    size_t count = 0;
    ERR_clear_error();
    while ((certificate = PEM_read_bio_X509(pem, NULL, identity_no_passphrase, NULL)) != NULL) {
        count++;
        if (!identity_add_certificate(id, certificate))
            return error_set(e, ST_NOMEM, ENOMEM, "%s", path);
    }
    /* The end of the file is an error to OpenSSL; any other is one. */
    bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    if (count == 0)
        return error_set(e, ST_CRYPTO, 0, "%s: no certificate in it (PEM)", path);
    if (!end)
        return error_set(e, ST_CRYPTO, 0, "%s: certificate %zu in it is damaged", path, count + 1);
    return ST_OK;
}

static enum status identity_read_chain(struct identity *id, struct error *e)
{
    struct buf text;
    buf_init(&text, IDENTITY_FILE_MAX);
    enum status status = file_read_guarded(id->certificate_path, &text, e);
    BIO *pem = status == ST_OK ? identity_open_pem(buf_span(&text)) : NULL;
    if (status == ST_OK && pem == NULL)
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", id->certificate_path);
    if (status == ST_OK)
        status = identity_parse_chain(pem, id, e);
    BIO_free(pem);
    buf_fini(&text);
    return status;
}

struct identity *identity_blank(const char *key_path, const char *certificate_path)
{
    struct identity *id = calloc(1, sizeof *id);
    if (id == NULL)
        return NULL;
    id->key_path = strdup(key_path);
    id->certificate_path = strdup(certificate_path);
    id->chain = sk_X509_new_null();
    if (id->key_path != NULL && id->certificate_path != NULL && id->chain != NULL)
        return id;
    identity_free(id);
    return NULL;
}

static bool identity_fits(const struct identity *id)
{
    bool fits = X509_check_private_key(id->certificate, id->key) == 1;
    ERR_clear_error();
    return fits;
}

/* The key is another's.  Did the certificates come in a wrong order? */
static enum status identity_misfit(const struct identity *id, struct error *e)
{
    for (int i = 0; i < sk_X509_num(id->chain); i++) {
        bool fits = X509_check_private_key(sk_X509_value(id->chain, i), id->key) == 1;
        ERR_clear_error();
        if (fits)
            return error_set(e, ST_FORMAT, 0,
                             "%s: the certificate of %s is number %d in it: it must be the first, "
                             "and those that signed it follow",
                             id->certificate_path, id->key_path, i + 2);
    }
    return error_set(e, ST_FORMAT, 0, "%s does not belong to the certificate %s", id->key_path,
                     id->certificate_path);
}

enum status identity_check(const struct identity *id, struct error *e)
{
    if (!identity_fits(id))
        return identity_misfit(id, e);
    /* What OpenSSL will not show (a signature with SHA-1 by a CA, say), it tells only here. */
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    bool good =
        ctx != NULL && SSL_CTX_use_cert_and_key(ctx, id->certificate, id->key, id->chain, 1) == 1;
    SSL_CTX_free(ctx);
    return good ? ST_OK : identity_crypto_error(e, id->certificate_path);
}

/*
 * The key is not the certificate's.  A renewal with a new key was cut off, or is under way at this
 * moment: then the new key has the name that it gets first, or, since we looked, its own.
 */
static void identity_find_new_key(struct identity *id)
{
    struct buf path;
    buf_init(&path, IDENTITY_PATH_MAX);
    buf_putf(&path, "%s.new", id->key_path);
    const char *const paths[] = {buf_str(&path), id->key_path};
    for (size_t i = 0; i < 2 && !identity_fits(id); i++) {
        EVP_PKEY *old = id->key;
        if (identity_read_key(paths[i], &id->key, NULL) == ST_OK && identity_fits(id)) {
            EVP_PKEY_free(old);
        } else {
            EVP_PKEY_free(id->key);
            id->key = old;
        }
    }
    buf_fini(&path);
}

enum status identity_load(const char *key_path, const char *certificate_path, struct identity **out,
                          struct error *e)
{
    struct identity *id = identity_blank(key_path, certificate_path);
    if (id == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", key_path);
    enum status status = identity_read_key(key_path, &id->key, e);
    if (status == ST_OK)
        status = identity_read_chain(id, e);
    if (status == ST_OK && !identity_fits(id))
        identity_find_new_key(id);
    if (status == ST_OK)
        status = identity_check(id, e);
    if (status == ST_OK)
        *out = id;
    else
        identity_free(id);
    return status;
}

enum status identity_load_certificate(const char *certificate_path, struct identity **out,
                                      struct error *e)
{
    struct identity *id = identity_blank("", certificate_path);
    enum status status = id == NULL ? error_set(e, ST_NOMEM, ENOMEM, "%s", certificate_path)
                                    : identity_read_chain(id, e);
    if (status == ST_OK)
        *out = id;
    else
        identity_free(id);
    return status;
}

void identity_free(struct identity *id)
{
    if (id == NULL)
        return;
    EVP_PKEY_free(id->key);
    X509_free(id->certificate);
    sk_X509_pop_free(id->chain, X509_free);
    free(id->key_path);
    free(id->certificate_path);
    free(id);
}

const char *identity_key_path(const struct identity *id)
{
    return id->key_path;
}

const char *identity_certificate_path(const struct identity *id)
{
    return id->certificate_path;
}
