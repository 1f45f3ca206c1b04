/*
 * The OpenSSL provider of keys whose private half is elsewhere.
 *
 * A key is what OpenSSL's own provider makes of the public key, and the signer.  What is asked of
 * the public key is asked of that one; the private half cannot be exported, and the one algorithm
 * that signs with such a key has a name of its own, so that OpenSSL never looks for another.
 * Sources: provider(7), provider-keymgmt(7), provider-signature(7).
 */
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "tls/fingerprint_internal.h"
#include "tls/signer_internal.h"

#define REMOTE_PROVIDER  "broadsheet"
#define REMOTE_QUERY     "provider=" REMOTE_PROVIDER
#define REMOTE_SIGNATURE "BROADSHEET-REMOTE"
/* The one parameter that a key is made of: a struct remote_key. */
#define REMOTE_PARAM "broadsheet-key"

struct remote_key {
    struct signer *signer; /* borrowed */
    EVP_PKEY *pub;         /* owned */
    struct fingerprint id;
    enum sign_key kind;
};

static void *remote_new(void *provider)
{
    (void)provider;
    return calloc(1, sizeof(struct remote_key));
}

static void remote_free(void *data)
{
    struct remote_key *key = data;
    if (key != NULL)
        EVP_PKEY_free(key->pub);
    free(key);
}

/* Everything that a key can have is there, the private half in another process. */
static int remote_has(const void *data, int selection)
{
    const struct remote_key *key = data;
    (void)selection;
    return key != NULL && key->pub != NULL;
}

static int remote_match(const void *a, const void *b, int selection)
{
    const struct remote_key *one = a;
    const struct remote_key *two = b;
    (void)selection;
    return EVP_PKEY_eq(one->pub, two->pub) == 1;
}

/* Only what signer_key hands over: another provider's key is none of ours. */
static int remote_import(void *data, int selection, const OSSL_PARAM params[])
{
    struct remote_key *key = data;
    const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, REMOTE_PARAM);
    (void)selection;
    if (p == NULL || p->data_type != OSSL_PARAM_OCTET_STRING || p->data_size != sizeof *key)
        return 0;
    memcpy(key, p->data, sizeof *key);
    return EVP_PKEY_up_ref(key->pub);
}

static const OSSL_PARAM *remote_import_types(int selection)
{
    static const OSSL_PARAM types[] = {OSSL_PARAM_octet_string(REMOTE_PARAM, NULL, 0),
                                       OSSL_PARAM_END};
    (void)selection;
    return types;
}

static int remote_export(void *data, int selection, OSSL_CALLBACK *take, void *context)
{
    const struct remote_key *key = data;
    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0)
        return 0;
    return EVP_PKEY_export(key->pub, selection, take, context);
}

/* Whatever the public key is made of. */
static const OSSL_PARAM *remote_export_types(int selection)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
        OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
        OSSL_PARAM_END,
    };
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 ? NULL : types;
}

static int remote_get_params(void *data, OSSL_PARAM params[])
{
    const struct remote_key *key = data;
    return key->pub != NULL && EVP_PKEY_get_params(key->pub, params) == 1;
}

static const OSSL_PARAM *remote_gettable_params(void *provider)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_END,
    };
    (void)provider;
    return types;
}

static const char *remote_operation_name(int operation)
{
    return operation == OSSL_OP_SIGNATURE ? REMOTE_SIGNATURE : NULL;
}

/* One signing: which key, and how. */
struct remote_signing {
    const struct remote_key *key; /* borrowed: OpenSSL keeps it */
    char digest[16];              /* OpenSSL's name, "" for none */
    bool pss;
};

static void *remote_signing_new(void *provider, const char *query)
{
    (void)provider, (void)query;
    return calloc(1, sizeof(struct remote_signing));
}

static void remote_signing_free(void *data)
{
    free(data);
}

/* The scheme of a signing, or NULL. */
static const struct sign_scheme *remote_scheme(const struct remote_signing *signing)
{
    for (size_t i = 0; i < SIGN_SCHEMES; i++) {
        const struct sign_scheme *scheme = &sign_schemes[i];
        const char *digest = scheme->digest == NULL ? "" : scheme->digest;
        if (scheme->key == signing->key->kind && scheme->pss == signing->pss &&
            strcmp(digest, signing->digest) == 0)
            return scheme;
    }
    return NULL;
}

static int remote_set_params(void *data, const OSSL_PARAM params[])
{
    struct remote_signing *signing = data;
    const OSSL_PARAM *p =
        params == NULL ? NULL : OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
    if (p != NULL) {
        int mode = 0;
        if (p->data_type == OSSL_PARAM_UTF8_STRING && p->data != NULL)
            mode = strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0 ? RSA_PKCS1_PSS_PADDING
                                                                    : RSA_PKCS1_PADDING;
        else if (OSSL_PARAM_get_int(p, &mode) != 1)
            return 0;
        if (mode != RSA_PKCS1_PSS_PADDING && mode != RSA_PKCS1_PADDING)
            return 0;
        signing->pss = mode == RSA_PKCS1_PSS_PADDING;
    }
    p = params == NULL ? NULL : OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
    if (p != NULL) {
        int salt = 0;
        if (p->data_type == OSSL_PARAM_UTF8_STRING && p->data != NULL)
            return strcmp(p->data, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST) == 0;
        return OSSL_PARAM_get_int(p, &salt) == 1 && salt == RSA_PSS_SALTLEN_DIGEST;
    }
    return 1;
}

static const OSSL_PARAM *remote_settable_params(void *data, void *provider)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
        OSSL_PARAM_END,
    };
    (void)data, (void)provider;
    return types;
}

/* OpenSSL asks with this also whether a key can sign with a digest. */
static int remote_sign_init(void *data, const char *digest, void *key, const OSSL_PARAM params[])
{
    static const struct {
        const char *name, *ours;
    } names[] = {{"SHA2-256", "SHA256"}, {"SHA2-384", "SHA384"}, {"SHA2-512", "SHA512"},
                 {"SHA2-224", "SHA224"}, {"SHA256", "SHA256"},   {"SHA384", "SHA384"},
                 {"SHA512", "SHA512"},   {"SHA224", "SHA224"}};
    struct remote_signing *signing = data;
    signing->key = key == NULL ? signing->key : key;
    signing->digest[0] = '\0';
    bool known = digest == NULL || *digest == '\0';
    for (size_t i = 0; !known && i < sizeof names / sizeof names[0]; i++) {
        known = OPENSSL_strcasecmp(digest, names[i].name) == 0;
        if (known)
            memcpy(signing->digest, names[i].ours, strlen(names[i].ours) + 1);
    }
    return known && signing->key != NULL && remote_set_params(data, params) == 1 &&
           remote_scheme(signing) != NULL;
}

static int remote_sign(void *data, unsigned char *out, size_t *n, size_t size,
                       const unsigned char *message, size_t message_n)
{
    const struct remote_signing *signing = data;
    unsigned char signature[SIGN_SIGNATURE_MAX];
    int most = EVP_PKEY_get_size(signing->key->pub);
    const struct sign_scheme *scheme = remote_scheme(signing);
    if (most <= 0 || (size_t)most > sizeof signature || scheme == NULL)
        return 0;
    if (out == NULL) {
        *n = (size_t)most;
        return 1;
    }
    size_t got = signer_sign(signing->key->signer, &signing->key->id, scheme,
                             (struct span){(const char *)message, message_n}, signature);
    if (got == 0 || got > size || got > (size_t)most)
        return 0;
    memcpy(out, signature, got);
    *n = got;
    return 1;
}

#define REMOTE_FUNCTION(id, function) {(id), (void (*)(void))(function)}

static const OSSL_DISPATCH remote_keymgmt[] = {
    REMOTE_FUNCTION(OSSL_FUNC_KEYMGMT_NEW, remote_new),
    REMOTE_FUNCTION(OSSL_FUNC_KEYMGMT_FREE, remote_free),
    REMOTE_FUNCTION(OSSL_FUNC_KEYMGMT_HAS, remote_has),
    REMOTE_FUNCTION(OSSL_FUNC_KEYMGMT_MATCH, remote_match),
    REMOTE_FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT, remote_import),
    REMOTE_FUNCTION(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, remote_import_types),
    REMOTE_FUNCTION(OSSL_FUNC_KEYMGMT_EXPORT, remote_export),
    REMOTE_FUNCTION(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, remote_export_types),
    REMOTE_FUNCTION(OSSL_FUNC_KEYMGMT_GET_PARAMS, remote_get_params),
    REMOTE_FUNCTION(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, remote_gettable_params),
    REMOTE_FUNCTION(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, remote_operation_name),
    {0, NULL},
};

static const OSSL_DISPATCH remote_signature[] = {
    REMOTE_FUNCTION(OSSL_FUNC_SIGNATURE_NEWCTX, remote_signing_new),
    REMOTE_FUNCTION(OSSL_FUNC_SIGNATURE_FREECTX, remote_signing_free),
    REMOTE_FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, remote_sign_init),
    REMOTE_FUNCTION(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, remote_sign),
    REMOTE_FUNCTION(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, remote_set_params),
    REMOTE_FUNCTION(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, remote_settable_params),
    {0, NULL},
};

static const OSSL_ALGORITHM remote_keymgmts[] = {
    {"EC:id-ecPublicKey:1.2.840.10045.2.1", REMOTE_QUERY, remote_keymgmt, "EC"},
    {"RSA:rsaEncryption:1.2.840.113549.1.1.1", REMOTE_QUERY, remote_keymgmt, "RSA"},
    {"ED25519:1.3.101.112", REMOTE_QUERY, remote_keymgmt, "ED25519"},
    {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM remote_signatures[] = {
    {REMOTE_SIGNATURE, REMOTE_QUERY, remote_signature, "by the key process"},
    {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM *remote_query(void *provider, int operation, int *no_store)
{
    (void)provider;
    *no_store = 0;
    if (operation == OSSL_OP_KEYMGMT)
        return remote_keymgmts;
    return operation == OSSL_OP_SIGNATURE ? remote_signatures : NULL;
}

static int remote_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                       const OSSL_DISPATCH **out, void **context)
{
    static const OSSL_DISPATCH functions[] = {
        REMOTE_FUNCTION(OSSL_FUNC_PROVIDER_QUERY_OPERATION, remote_query),
        {0, NULL},
    };
    static char nothing; /* a context must not be NULL */
    (void)handle, (void)in;
    *out = functions;
    *context = &nothing;
    return 1;
}

bool signer_provider_load(struct signer *s)
{
    static bool added;
    added = added || OSSL_PROVIDER_add_builtin(NULL, REMOTE_PROVIDER, remote_init) == 1;
    /* Both have keys of these names: whoever says nothing means OpenSSL's own. */
    if (!added || EVP_set_default_properties(NULL, "?provider=default") != 1)
        return false;
    s->defaults = OSSL_PROVIDER_load(NULL, "default");
    s->provider = OSSL_PROVIDER_load(NULL, REMOTE_PROVIDER);
    return s->defaults != NULL && s->provider != NULL;
}

void signer_provider_unload(struct signer *s)
{
    if (s->provider != NULL)
        OSSL_PROVIDER_unload(s->provider);
    if (s->defaults != NULL)
        OSSL_PROVIDER_unload(s->defaults);
    s->provider = s->defaults = NULL;
}

EVP_PKEY *signer_key(struct signer *s, const X509 *certificate)
{
    struct remote_key key = {.signer = s, .pub = X509_get0_pubkey(certificate)};
    EVP_PKEY *out = NULL;
    const char *name = "EC";
    if (key.pub == NULL || !fingerprint_of_key(certificate, &key.id))
        return NULL;
    if (EVP_PKEY_is_a(key.pub, "ED25519") == 1) {
        key.kind = SIGN_ED25519;
        name = "ED25519";
    } else if (EVP_PKEY_is_a(key.pub, "RSA") == 1) {
        key.kind = SIGN_RSA;
        name = "RSA";
    }
    OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(REMOTE_PARAM, &key, sizeof key),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, name, REMOTE_QUERY);
    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &out, EVP_PKEY_KEYPAIR, params) != 1)
        out = NULL;
    EVP_PKEY_CTX_free(ctx);
    return out;
}
