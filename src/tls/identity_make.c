#include "tls/identity_make.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "log/log.h"
#include "tls/identity_internal.h"

#define IDENTITY_BACKDATE   (-24L * 60 * 60)
#define IDENTITY_NOT_AFTER  "99991231235959Z" /* RFC 5280 4.1.2.5: no end that is known */
#define IDENTITY_SERIAL_BIT 126
#define IDENTITY_CN_MAX     64  /* RFC 5280 appendix A, ub-common-name */
#define IDENTITY_NAMES_MAX  256 /* of a certificate that is renewed */

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

/* The digest that the key signs; Ed25519 has its own. */
static const EVP_MD *identity_digest(const EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "ED25519") == 1 ? NULL : EVP_sha256();
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

struct identity_kind_row {
    const char *name;
    const char *group; /* of an EC key */
    unsigned bits;     /* of an RSA key */
};

static const struct identity_kind_row identity_kinds[] = {
    [IDENTITY_P256] = {"p256", "P-256", 0},       [IDENTITY_P384] = {"p384", "P-384", 0},
    [IDENTITY_RSA2048] = {"rsa2048", NULL, 2048}, [IDENTITY_RSA3072] = {"rsa3072", NULL, 3072},
    [IDENTITY_RSA4096] = {"rsa4096", NULL, 4096}, [IDENTITY_ED25519] = {"ed25519", NULL, 0},
};

enum status identity_kind_find(const char *name, enum identity_kind *kind, struct error *e)
{
    for (size_t i = 0; i < sizeof identity_kinds / sizeof identity_kinds[0]; i++) {
        if (strcmp(name, identity_kinds[i].name) == 0) {
            *kind = (enum identity_kind)i;
            return ST_OK;
        }
    }
    return error_set(e, ST_SYNTAX, 0,
                     "key type %s: not p256, p384, rsa2048, rsa3072, rsa4096 or ed25519", name);
}

static EVP_PKEY *identity_generate(enum identity_kind kind)
{
    const struct identity_kind_row *row = &identity_kinds[kind];
    if (row->group != NULL)
        return EVP_EC_gen(row->group);
    return row->bits > 0 ? EVP_RSA_gen(row->bits) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

typedef enum status identity_writer(const char *path, mode_t mode, struct span bytes,
                                    struct error *e);

/* Write what is in a BIO as a file. */
static enum status identity_save(BIO *pem, const char *path, mode_t mode, identity_writer *writer,
                                 struct error *e)
{
    char *bytes = NULL;
    long n = BIO_get_mem_data(pem, &bytes);
    if (n <= 0)
        return error_set(e, ST_CRYPTO, 0, "%s: nothing to write", path);
    return writer(path, mode, (struct span){bytes, (size_t)n}, e);
}

static enum status identity_save_key(EVP_PKEY *key, const char *path, identity_writer *writer,
                                     struct error *e)
{
    BIO *pem = BIO_new(BIO_s_secmem());
    enum status status;
    if (key == NULL || pem == NULL ||
        PEM_write_bio_PKCS8PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) != 1)
        status = identity_crypto_error(e, path);
    else
        status = identity_save(pem, path, 0600, writer, e);
    BIO_free_all(pem);
    return status;
}

/* Make a certificate for a key and write it. */
static enum status identity_certify(EVP_PKEY *key, const char *path, char *const *names,
                                    size_t count, identity_writer *writer, struct error *e)
{
    X509 *certificate = identity_make_certificate(key, names, count);
    BIO *pem = BIO_new(BIO_s_mem());
    enum status status;
    if (certificate == NULL || pem == NULL || PEM_write_bio_X509(pem, certificate) != 1)
        status = identity_crypto_error(e, path);
    else
        status = identity_save(pem, path, 0644, writer, e);
    BIO_free_all(pem);
    X509_free(certificate);
    return status;
}

static bool identity_is_missing(const char *path)
{
    struct stat st;
    return lstat(path, &st) != 0 && errno == ENOENT;
}

/* Make what is missing of a pair.  What somebody else makes at the same moment is his. */
static enum status identity_make(const char *key_path, const char *certificate_path,
                                 char *const *names, size_t count, enum identity_kind kind,
                                 struct error *e)
{
    EVP_PKEY *key = NULL;
    enum status status = ST_OK;
    if (identity_is_missing(key_path)) {
        key = identity_generate(kind);
        status = identity_save_key(key, key_path, file_write_new, e);
        EVP_PKEY_free(key);
        key = NULL;
    }
    if (status == ST_OK || status == ST_EXISTS)
        status = identity_read_key(key_path, &key, e);
    if (status != ST_OK)
        return status;
    status = identity_certify(key, certificate_path, names, count, file_write_new, e);
    EVP_PKEY_free(key);
    return status == ST_EXISTS ? ST_OK : status;
}

/* Where the files of a pair are. */
struct identity_place {
    struct buf key, certificate;
};

static void identity_place_init(struct identity_place *p, const char *dir, const char *name)
{
    buf_init(&p->key, IDENTITY_PATH_MAX);
    buf_init(&p->certificate, IDENTITY_PATH_MAX);
    identity_put_paths(dir, name, &p->key, &p->certificate);
    (void)buf_str(&p->key);
    (void)buf_str(&p->certificate);
}

static void identity_place_fini(struct identity_place *p)
{
    buf_fini(&p->key);
    buf_fini(&p->certificate);
}

/* The last step of a renewal that was cut off: the key that was found has its own name. */
static void identity_settle(const struct identity *id)
{
    struct buf path;
    EVP_PKEY *key = NULL;
    buf_init(&path, IDENTITY_PATH_MAX);
    buf_putf(&path, "%s.new", id->key_path);
    bool named =
        identity_read_key(id->key_path, &key, NULL) == ST_OK && EVP_PKEY_eq(key, id->key) == 1;
    ERR_clear_error();
    if (!named && rename(buf_str(&path), id->key_path) == 0) {
        file_sync_dir_of(id->key_path);
        log_line(LOG_WARNING, "%s: a renewal with a new key was cut off; it is done now",
                 id->key_path);
    }
    EVP_PKEY_free(key);
    buf_fini(&path);
}

enum status identity_open(const char *dir, char *const *names, size_t count, struct identity **id,
                          struct error *e)
{
    struct identity_place at;
    identity_place_init(&at, dir, names[0]);
    const char *key = buf_str(&at.key);
    const char *certificate = buf_str(&at.certificate);
    enum status status = identity_check_names(names, count, e);
    if (status == ST_OK)
        status = file_make_dir(dir, e);
    if (status == ST_OK && identity_is_missing(certificate)) {
        bool alone = !identity_is_missing(key);
        status = identity_make(key, certificate, names, count, IDENTITY_P256, e);
        if (status == ST_OK)
            log_line(LOG_INFO, "made %s%s", certificate,
                     alone ? " for the key that was there" : " and its key; back them up");
    }
    if (status == ST_OK)
        status = identity_load(key, certificate, id, e);
    if (status == ST_OK)
        identity_settle(*id);
    identity_place_fini(&at);
    return status;
}

enum status identity_create(const char *dir, char *const *names, size_t count,
                            enum identity_kind kind, struct error *e)
{
    struct identity_place at;
    identity_place_init(&at, dir, names[0]);
    const char *const paths[] = {buf_str(&at.certificate), buf_str(&at.key)};
    enum status status = identity_check_names(names, count, e);
    if (status == ST_OK)
        status = file_make_dir(dir, e);
    for (size_t i = 0; status == ST_OK && i < 2; i++) {
        if (!identity_is_missing(paths[i]))
            status = error_set(e, ST_EXISTS, 0,
                               "%s: is there already and is kept: readers trust it (cert renew "
                               "renews it)",
                               paths[i]);
    }
    if (status == ST_OK)
        status = identity_make(paths[1], paths[0], names, count, kind, e);
    identity_place_fini(&at);
    return status;
}

/* Give a file a second name, PATH.old, that outlives the first one's change. */
static enum status identity_keep_old(const char *path, struct error *e)
{
    struct buf old;
    struct stat now;
    struct stat before;
    buf_init(&old, IDENTITY_PATH_MAX);
    buf_putf(&old, "%s.old", path);
    enum status status = ST_OK;
    if (link(path, buf_str(&old)) != 0) {
        int cause = errno;
        /* A renewal that was cut off has kept it before. */
        bool same = cause == EEXIST && lstat(path, &now) == 0 &&
                    lstat(buf_str(&old), &before) == 0 && now.st_ino == before.st_ino &&
                    now.st_dev == before.st_dev;
        if (!same && cause == EEXIST)
            status = error_set(e, ST_EXISTS, 0,
                               "%s: is there from the renewal before: move it away first",
                               buf_str(&old));
        else if (!same)
            status = error_set(e, ST_IO, cause, "%s", buf_str(&old));
    }
    buf_fini(&old);
    return status;
}

/* See identity_make.h for why in this order. */
static enum status identity_renew_key(const struct identity *id, char *const *names, size_t count,
                                      enum identity_kind kind, struct error *e)
{
    struct buf path;
    EVP_PKEY *key = identity_generate(kind);
    buf_init(&path, IDENTITY_PATH_MAX);
    buf_putf(&path, "%s.new", id->key_path);
    enum status status = identity_keep_old(id->key_path, e);
    if (status == ST_OK)
        status = identity_keep_old(id->certificate_path, e);
    if (status == ST_OK)
        status = identity_save_key(key, buf_str(&path), file_write, e);
    if (status == ST_OK)
        status = identity_certify(key, id->certificate_path, names, count, file_write, e);
    if (status == ST_OK && rename(buf_str(&path), id->key_path) != 0)
        status = error_set(e, ST_IO, errno, "%s", id->key_path);
    if (status == ST_OK)
        file_sync_dir_of(id->key_path);
    EVP_PKEY_free(key);
    buf_fini(&path);
    return status;
}

static enum status identity_check_renewal(const struct identity *id,
                                          const struct identity_renewal *renewal, struct error *e)
{
    if (renewal->self_signed || identity_is_self_signed(id))
        return ST_OK;
    return error_set(e, ST_FORMAT, 0,
                     "%s: a CA signed it: get the new one from there (--self-signed makes a "
                     "self-signed one in its place)",
                     id->certificate_path);
}

/* The names of the certificate as strings in `text`, which is theirs; their number. */
static size_t identity_split_names(const struct identity *id, struct buf *text, char **names)
{
    size_t count = 0;
    identity_put_names(id, "\n", text);
    (void)buf_str(text);
    for (char *at = text->n == 0 ? NULL : text->p; at != NULL && count < IDENTITY_NAMES_MAX;) {
        char *end = strchr(at, '\n');
        if (end != NULL)
            *end++ = '\0';
        names[count++] = at;
        at = end;
    }
    return count;
}

enum status identity_renew(const char *dir, const struct identity_renewal *renewal, struct error *e)
{
    struct identity_place at;
    struct identity *id = NULL;
    struct buf text;
    char *kept[IDENTITY_NAMES_MAX];
    char *const *names = renewal->names;
    size_t count = renewal->count;
    buf_init(&text, IDENTITY_FILE_MAX);
    identity_place_init(&at, dir, names[0]);
    enum status status = identity_check_names(names, count, e);
    if (status == ST_OK)
        status = identity_load(buf_str(&at.key), buf_str(&at.certificate), &id, e);
    if (status == ST_OK) {
        identity_settle(id);
        status = identity_check_renewal(id, renewal, e);
    }
    if (status == ST_OK && count == 1) {
        size_t found = identity_split_names(id, &text, kept);
        names = found > 0 ? kept : names;
        count = found > 0 ? found : count;
    }
    if (status == ST_OK)
        status = renewal->new_key
                     ? identity_renew_key(id, names, count, renewal->kind, e)
                     : identity_certify(id->key, id->certificate_path, names, count, file_write, e);
    identity_free(id);
    identity_place_fini(&at);
    buf_fini(&text);
    return status;
}
