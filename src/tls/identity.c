#include "tls/identity.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "tls/identity_internal.h"

#define IDENTITY_FILE_MAX   ((size_t)256 * 1024)
#define IDENTITY_PATH_MAX   8192
#define IDENTITY_BACKDATE   (-24L * 60 * 60)
#define IDENTITY_NOT_AFTER  "99991231235959Z" /* RFC 5280 4.1.2.5: no end that is known */
#define IDENTITY_SERIAL_BIT 126
#define IDENTITY_NAME_MAX   253 /* RFC 1035 2.3.4, as text */
#define IDENTITY_CN_MAX     64  /* RFC 5280 appendix A, ub-common-name */

/* The newest entry of OpenSSL's error queue in words; empties the queue. */
static enum status identity_crypto_error(struct error *e, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);
    ERR_clear_error();
    return error_set(e, ST_CRYPTO, 0, "%s: %s", what, reason == NULL ? "refused" : reason);
}

static const char *identity_unbracket(const char *name, char *out, size_t size)
{
    size_t n = strlen(name);
    if (n < 2 || name[0] != '[' || name[n - 1] != ']' || n - 2 >= size)
        return name;
    memcpy(out, name + 1, n - 2);
    out[n - 2] = '\0';
    return out;
}

/* A subjectAltName entry: an address as such, anything else as a DNS name. */
static bool identity_add_name(GENERAL_NAMES *names, const char *name)
{
    char bare[INET6_ADDRSTRLEN + 1];
    name = identity_unbracket(name, bare, sizeof bare);
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);
    ERR_clear_error();
    GENERAL_NAME *entry = GENERAL_NAME_new();
    ASN1_IA5STRING *dns = NULL;
    if (entry == NULL)
        goto fail;
    if (address != NULL) {
        GENERAL_NAME_set0_value(entry, GEN_IPADD, address);
        address = NULL;
    } else {
        dns = ASN1_IA5STRING_new();
        if (dns == NULL || ASN1_STRING_set(dns, name, (int)strlen(name)) != 1)
            goto fail;
        GENERAL_NAME_set0_value(entry, GEN_DNS, dns);
        dns = NULL;
    }
    if (sk_GENERAL_NAME_push(names, entry) > 0)
        return true;
fail:
    ASN1_OCTET_STRING_free(address);
    ASN1_IA5STRING_free(dns);
    GENERAL_NAME_free(entry);
    return false;
}

static bool identity_add_names(X509 *certificate, char *const *names, size_t count)
{
    char bare[INET6_ADDRSTRLEN + 1];
    const char *main_name = identity_unbracket(names[0], bare, sizeof bare);
    X509_NAME *subject = X509_get_subject_name(certificate);
    /* A name too long for a CN stands in subjectAltName alone, which is what counts. */
    if (strlen(main_name) <= IDENTITY_CN_MAX &&
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)main_name,
                                   -1, -1, 0) != 1)
        return false;
    if (X509_set_issuer_name(certificate, subject) != 1)
        return false;
    GENERAL_NAMES *alternatives = GENERAL_NAMES_new();
    bool good = alternatives != NULL;
    for (size_t i = 0; good && i < count; i++)
        good = identity_add_name(alternatives, names[i]);
    good = good && X509_add1_ext_i2d(certificate, NID_subject_alt_name, alternatives, 0,
                                     X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(alternatives);
    return good;
}

static bool identity_set_serial(X509 *certificate)
{
    BIGNUM *serial = BN_new();
    bool good = serial != NULL &&
                BN_rand(serial, IDENTITY_SERIAL_BIT, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != NULL;
    BN_free(serial);
    return good;
}

/* The digest that the key signs; the Edwards curves have their own. */
static const EVP_MD *identity_digest(const EVP_PKEY *key)
{
    bool own = EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1;
    return own ? NULL : EVP_sha256();
}

/* A self-signed certificate for the key, or NULL. */
static X509 *identity_make_certificate(EVP_PKEY *key, char *const *names, size_t count)
{
    X509 *certificate = X509_new();
    if (certificate != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
        identity_set_serial(certificate) &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), IDENTITY_BACKDATE) != NULL &&
        ASN1_TIME_set_string(X509_getm_notAfter(certificate), IDENTITY_NOT_AFTER) == 1 &&
        X509_set_pubkey(certificate, key) == 1 && identity_add_names(certificate, names, count) &&
        X509_sign(certificate, key, identity_digest(key)) > 0)
        return certificate;
    X509_free(certificate);
    return NULL;
}

/* Somebody who started at the same moment may have made it first: then it is his. */
static enum status identity_save(BIO *pem, const char *path, mode_t mode, struct error *e)
{
    char *bytes = NULL;
    long n = BIO_get_mem_data(pem, &bytes);
    if (n <= 0)
        return error_set(e, ST_CRYPTO, 0, "%s: nothing to write", path);
    enum status status = file_write_new(path, mode, (struct span){bytes, (size_t)n}, e);
    return status == ST_EXISTS ? ST_OK : status;
}

static enum status identity_make_key(const char *path, struct error *e)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *pem = BIO_new(BIO_s_secmem());
    enum status status;
    if (key == NULL || pem == NULL ||
        PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) != 1)
        status = identity_crypto_error(e, path);
    else
        status = identity_save(pem, path, 0600, e);
    BIO_free_all(pem);
    EVP_PKEY_free(key);
    return status;
}

/* No passphrase is ever asked for: a server starts without anybody at the terminal. */
static int identity_no_passphrase(char *out, int size, int writing, void *context)
{
    (void)out, (void)size, (void)writing, (void)context;
    return -1;
}

static enum status identity_read_key(const char *path, EVP_PKEY **key, struct error *e)
{
    struct buf text;
    struct stat st;
    buf_init(&text, IDENTITY_FILE_MAX);
    enum status status = file_read(path, &text, e);
    if (status == ST_OK && stat(path, &st) == 0 && (st.st_mode & (S_IROTH | S_IWOTH)) != 0)
        status = error_set(e, ST_FORMAT, 0, "%s: a private key that others can read: chmod 600 it",
                           path);
    if (status == ST_OK) {
        BIO *pem = BIO_new_mem_buf(text.n == 0 ? "" : text.p, (int)text.n);
        *key =
            pem == NULL ? NULL : PEM_read_bio_PrivateKey(pem, NULL, identity_no_passphrase, NULL);
        BIO_free(pem);
        ERR_clear_error();
        if (*key == NULL)
            status =
                error_set(e, ST_CRYPTO, 0, "%s: no private key in it (PEM, unencrypted)", path);
    }
    if (text.p != NULL)
        OPENSSL_cleanse(text.p, text.n);
    buf_fini(&text);
    return status;
}

static enum status identity_read_chain(const char *path, struct identity *id, struct error *e)
{
    struct buf text;
    buf_init(&text, IDENTITY_FILE_MAX);
    enum status status = file_read(path, &text, e);
    BIO *pem = status == ST_OK ? BIO_new_mem_buf(text.n == 0 ? "" : text.p, (int)text.n) : NULL;
    id->chain = sk_X509_new_null();
    if (status == ST_OK && (pem == NULL || id->chain == NULL))
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", path);
    X509 *certificate;
    while (status == ST_OK &&
           (certificate = PEM_read_bio_X509(pem, NULL, identity_no_passphrase, NULL)) != NULL) {
        if (id->certificate == NULL)
            id->certificate = certificate;
        else if (sk_X509_push(id->chain, certificate) <= 0)
            X509_free(certificate);
    }
    ERR_clear_error(); /* the end of the file is an error to OpenSSL */
    BIO_free(pem);
    buf_fini(&text);
    if (status == ST_OK && id->certificate == NULL)
        status = error_set(e, ST_CRYPTO, 0, "%s: no certificate in it (PEM)", path);
    return status;
}

enum status identity_load(const char *key_path, const char *certificate_path, struct identity **out,
                          struct error *e)
{
    struct identity *id = calloc(1, sizeof *id);
    if (id == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", key_path);
    id->key_path = strdup(key_path);
    id->certificate_path = strdup(certificate_path);
    enum status status = ST_OK;
    if (id->key_path == NULL || id->certificate_path == NULL)
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", key_path);
    if (status == ST_OK)
        status = identity_read_key(key_path, &id->key, e);
    if (status == ST_OK)
        status = identity_read_chain(certificate_path, id, e);
    if (status == ST_OK && X509_check_private_key(id->certificate, id->key) != 1) {
        ERR_clear_error();
        status = error_set(e, ST_FORMAT, 0, "%s does not belong to the certificate %s", key_path,
                           certificate_path);
    }
    if (status == ST_OK)
        *out = id;
    else
        identity_free(id);
    return status;
}

static enum status identity_make(const char *key_path, const char *certificate_path,
                                 char *const *names, size_t count, struct error *e)
{
    EVP_PKEY *key = NULL;
    enum status status = ST_OK;
    if (access(key_path, F_OK) != 0 && errno == ENOENT)
        status = identity_make_key(key_path, e);
    if (status == ST_OK)
        status = identity_read_key(key_path, &key, e);
    if (status != ST_OK)
        return status;
    X509 *certificate = identity_make_certificate(key, names, count);
    BIO *pem = BIO_new(BIO_s_mem());
    if (certificate == NULL || pem == NULL || PEM_write_bio_X509(pem, certificate) != 1)
        status = identity_crypto_error(e, certificate_path);
    else
        status = identity_save(pem, certificate_path, 0644, e);
    BIO_free_all(pem);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return status;
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

enum status identity_open(const char *dir, char *const *names, size_t count, struct identity **id,
                          struct error *e)
{
    struct buf key_path;
    struct buf certificate_path;
    buf_init(&key_path, IDENTITY_PATH_MAX);
    buf_init(&certificate_path, IDENTITY_PATH_MAX);
    buf_putf(&key_path, "%s/%s.key", dir, names[0]);
    buf_putf(&certificate_path, "%s/%s.crt", dir, names[0]);
    const char *key = buf_str(&key_path);
    const char *certificate = buf_str(&certificate_path);
    enum status status = identity_check_names(names, count, e);
    if (status == ST_OK)
        status = file_make_dir(dir, e);
    bool missing = access(certificate, F_OK) != 0 && errno == ENOENT;
    if (status == ST_OK && missing)
        status = identity_make(key, certificate, names, count, e);
    if (status == ST_OK)
        status = identity_load(key, certificate, id, e);
    buf_fini(&key_path);
    buf_fini(&certificate_path);
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

static void identity_put_digest(const unsigned char *digest, unsigned n, struct buf *out)
{
    for (unsigned i = 0; i < n; i++)
        buf_putf(out, "%s%02X", i == 0 ? "" : ":", digest[i]);
}

void identity_certificate_fingerprint(const struct identity *id, struct buf *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (X509_digest(id->certificate, EVP_sha256(), digest, &n) == 1)
        identity_put_digest(digest, n, out);
}

void identity_key_fingerprint(const struct identity *id, struct buf *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    unsigned char *der = NULL;
    int length = i2d_PUBKEY(id->key, &der);
    if (length > 0 && EVP_Digest(der, (size_t)length, digest, &n, EVP_sha256(), NULL) == 1)
        identity_put_digest(digest, n, out);
    OPENSSL_free(der);
}

bool identity_names(const struct identity *id, const char *name)
{
    char bare[INET6_ADDRSTRLEN + 1];
    name = identity_unbracket(name, bare, sizeof bare);
    bool named = X509_check_host(id->certificate, name, 0, 0, NULL) == 1 ||
                 X509_check_ip_asc(id->certificate, name, 0) == 1;
    ERR_clear_error();
    return named;
}

long identity_days_left(const struct identity *id)
{
    int days = 0;
    int seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(id->certificate)) != 1)
        return LONG_MIN;
    return days;
}

bool identity_is_early(const struct identity *id)
{
    return X509_cmp_current_time(X509_get0_notBefore(id->certificate)) > 0;
}
