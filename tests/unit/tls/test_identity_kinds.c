/* What an operator may bring: kinds of keys, chains, files as programs and editors write them. */
#include "tls/identity.h"

#include "../certificate.h"

static struct error error;

static enum status load(struct identity **id)
{
    *id = NULL;
    return identity_load(folder_path("key"), folder_path("crt"), id, &error);
}

static void assert_refused(enum status expected, const char *part)
{
    struct identity *id = NULL;
    enum status status = load(&id);
    identity_free(id);
    assert_status(status, expected, &error);
    assert_contains(error.message, test_folder);
    assert_contains(error.message, part);
}

struct kind_row {
    const char *name;
    const char *algorithm; /* of OpenSSL */
    const char *group;     /* of EC */
    unsigned bits;         /* of RSA */
    const char *shown;     /* as identity_put_key_type has it; NULL when it is refused */
    const char *why;       /* it is refused */
};

static const struct kind_row kind_rows[] = {
    {"P-256 is fine", "EC", "P-256", 0, "ECDSA P-256", NULL},
    {"P-384 is fine", "EC", "P-384", 0, "ECDSA P-384", NULL},
    {"P-521 is fine", "EC", "P-521", 0, "ECDSA P-521", NULL},
    {"RSA of 2048 bits is fine", "RSA", NULL, 2048, "RSA 2048", NULL},
    {"RSA of 3072 bits is fine", "RSA", NULL, 3072, "RSA 3072", NULL},
    {"Ed25519 is fine", "ED25519", NULL, 0, "Ed25519", NULL},
    {"RSA of 1024 bits is refused", "RSA", NULL, 1024, NULL, "1024 bits"},
    {"RSA of 2040 bits is refused", "RSA", NULL, 2040, NULL, "2040 bits"},
    {"Ed448 is refused", "ED448", NULL, 0, NULL, "ED448"},
    {"secp256k1 is refused", "EC", "secp256k1", 0, NULL, "secp256k1"},
    {"P-224 is refused", "EC", "P-224", 0, NULL, "secp224r1"},
};

static EVP_PKEY *make_key(const struct kind_row *row)
{
    if (row->group != NULL)
        return EVP_EC_gen(row->group);
    return row->bits > 0 ? EVP_RSA_gen(row->bits) : EVP_PKEY_Q_keygen(NULL, NULL, row->algorithm);
}

static void kinds_of_keys_are_told_apart(void **state)
{
    const struct kind_row *row = *state;
    EVP_PKEY *key = make_key(row);
    X509 *certificate = certificate_make(key, "localhost", 400, NULL, NULL);
    certificate_put_key(folder_path("key"), key);
    certificate_put(folder_path("crt"), &certificate, 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (row->shown == NULL) {
        assert_refused(ST_FORMAT, row->why);
        assert_contains(error.message, "clients refuse");
        assert_contains(error.message, "P-256");
        return;
    }
    struct identity *id = NULL;
    struct buf shown;
    buf_init(&shown, 100);
    assert_status(load(&id), ST_OK, &error);
    identity_put_key_type(id, &shown);
    assert_string_equal(buf_str(&shown), row->shown);
    assert_true(identity_is_self_signed(id));
    assert_int_equal(identity_chain_length(id), 1);
    buf_fini(&shown);
    identity_free(id);
}

static void a_dsa_key_is_refused(void **state)
{
    (void)state;
    EVP_PKEY *parameters = NULL;
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
    assert_int_equal(EVP_PKEY_paramgen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_paramgen(ctx, &parameters), 1);
    EVP_PKEY_CTX_free(ctx);
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, parameters, NULL);
    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_keygen(ctx, &key), 1);
    certificate_put_key(folder_path("key"), key);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(parameters);
    EVP_PKEY_free(key);
    folder_put("crt", SPAN(""));
    assert_refused(ST_FORMAT, "DSA");
}

/* A chain of three: 0 is the leaf, 2 the root; the leaf's key is in its file. */
static EVP_PKEY *keys[3];
static X509 *chain[3];

static int chain_make(void **state)
{
    int made = folder_make(state);
    for (size_t i = 0; i < 3; i++)
        keys[i] = EVP_EC_gen("P-256");
    chain[2] = certificate_make(keys[2], "root", 4000, NULL, NULL);
    chain[1] = certificate_make(keys[1], "middle", 2000, chain[2], keys[2]);
    chain[0] = certificate_make(keys[0], "localhost", 90, chain[1], keys[1]);
    certificate_put_key(folder_path("key"), keys[0]);
    return made;
}

static int chain_remove(void **state)
{
    for (size_t i = 0; i < 3; i++) {
        X509_free(chain[i]);
        EVP_PKEY_free(keys[i]);
    }
    return folder_remove(state);
}

static void a_chain_is_kept_whole(void **state)
{
    (void)state;
    struct identity *id = NULL;
    certificate_put(folder_path("crt"), chain, 3);
    assert_status(load(&id), ST_OK, &error);
    assert_int_equal(identity_chain_length(id), 3);
    assert_int_equal(identity_chain_gap(id), 0);
    assert_false(identity_is_self_signed(id));
    assert_int_equal(identity_days_left(id), 90);
    assert_true(identity_names(id, "localhost"));
    identity_free(id);
}

static void a_leaf_that_is_not_the_first_is_named(void **state)
{
    (void)state;
    X509 *const wrong[] = {chain[2], chain[1], chain[0]};
    certificate_put(folder_path("crt"), wrong, 3);
    assert_refused(ST_FORMAT, "number 3 in it: it must be the first");
}

static void signers_in_a_wrong_order_are_found(void **state)
{
    (void)state;
    struct identity *id = NULL;
    X509 *const wrong[] = {chain[0], chain[2], chain[1]};
    certificate_put(folder_path("crt"), wrong, 3);
    assert_status(load(&id), ST_OK, &error);
    assert_int_equal(identity_chain_gap(id), 2);
    identity_free(id);
}

static void a_chain_without_the_leaf_does_not_fit(void **state)
{
    (void)state;
    certificate_put(folder_path("crt"), chain + 1, 2);
    assert_refused(ST_FORMAT, "does not belong to");
}

/* Put other text behind the first certificate, and before all; then the second follows. */
static void put_with(const char *before, const char *between, const char *behind)
{
    char text[8192];
    certificate_put(folder_path("one"), chain, 1);
    certificate_put(folder_path("two"), chain + 1, 1);
    snprintf(text, sizeof text, "%s%s%s%s%s", before, file_bytes(folder_path("one")).p, between,
             file_bytes(folder_path("two")).p, behind);
    folder_put("crt", span_of(text));
}

struct text_row {
    const char *name, *before, *between, *behind;
};

static const struct text_row text_rows[] = {
    {"text around the PEM does not matter", "Bag Attributes\n  x: 1\n", "subject=/CN=x\n\n",
     "the end"},
    {"a byte order mark does not matter", "\xef\xbb\xbf", "", ""},
    {"other PEM does not matter",
     "-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----\n", "\n", "\n\n\n"},
};

static void text_around_certificates_does_not_matter(void **state)
{
    const struct text_row *row = *state;
    struct identity *id = NULL;
    put_with(row->before, row->between, row->behind);
    assert_status(load(&id), ST_OK, &error);
    assert_int_equal(identity_chain_length(id), 2);
    identity_free(id);
}

static void a_damaged_certificate_in_a_chain_is_named(void **state)
{
    (void)state;
    put_with("", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "");
    assert_refused(ST_CRYPTO, "certificate 2 in it is damaged");
    put_with("", "", "-----BEGIN CERTIFICATE-----\nMIIB\n");
    assert_refused(ST_CRYPTO, "certificate 3 in it is damaged");
}

static void identities_are_handed_over_whole(void **state)
{
    (void)state;
    struct identity *given[2] = {NULL, NULL};
    struct identity *got[2];
    size_t count = 0;
    struct buf text;
    struct buf prints;
    buf_init(&text, 100000);
    buf_init(&prints, 1000);
    certificate_put(folder_path("crt"), chain, 2);
    assert_status(load(&given[0]), ST_OK, &error);
    certificate_put_pair(folder_path("key"), folder_path("crt"), "other", 10);
    assert_status(load(&given[1]), ST_OK, &error);
    for (size_t i = 0; i < 2; i++)
        assert_status(identity_pack(given[i], &text, &error), ST_OK, &error);
    assert_status(identity_unpack(buf_span(&text), got, 1, &count, &error), ST_LIMIT, &error);
    assert_int_equal(count, 0);
    assert_status(identity_unpack(buf_span(&text), got, 2, &count, &error), ST_OK, &error);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < 2; i++) {
        buf_clear(&prints);
        identity_certificate_fingerprint(given[i], &prints);
        size_t n = prints.n;
        identity_certificate_fingerprint(got[i], &prints);
        assert_int_equal(prints.n, 2 * n);
        assert_memory_equal(prints.p, prints.p + n, n);
        assert_int_equal(identity_chain_length(got[i]), 2 - i);
        assert_true(identity_same_key(given[i], got[i]));
        assert_false(identity_same_key(given[i], got[1 - i]));
    }
    for (size_t i = 0; i < 2; i++) {
        identity_free(given[i]);
        identity_free(got[i]);
    }
    buf_fini(&prints);
    buf_wipe(&text);
}

static void what_was_not_handed_over_whole_is_refused(void **state)
{
    (void)state;
    struct identity *got[2];
    struct identity *id = NULL;
    size_t count = 1;
    struct buf text;
    buf_init(&text, 100000);
    certificate_put(folder_path("crt"), chain, 1);
    assert_status(load(&id), ST_OK, &error);
    assert_status(identity_pack(id, &text, &error), ST_OK, &error);
    identity_free(id);
    size_t key = span_find(buf_span(&text), 100, 'C'); /* somewhere in the key */
    for (size_t n = 0; n < text.n - 1; n += n < key ? 1 : 37) {
        assert_int_not_equal(
            identity_unpack(span_sub(buf_span(&text), 0, n), got, 2, &count, &error), ST_OK);
        assert_int_equal(count, 0);
    }
    buf_wipe(&text);
}

int main(void)
{
    static struct suite s = {.setup = folder_make, .teardown = folder_remove};
    SUITE_ROWS(&s, kinds_of_keys_are_told_apart, kind_rows);
    SUITE_TEST(&s, a_dsa_key_is_refused);
    s.setup = chain_make;
    s.teardown = chain_remove;
    SUITE_TEST(&s, a_chain_is_kept_whole);
    SUITE_TEST(&s, a_leaf_that_is_not_the_first_is_named);
    SUITE_TEST(&s, signers_in_a_wrong_order_are_found);
    SUITE_TEST(&s, a_chain_without_the_leaf_does_not_fit);
    SUITE_ROWS(&s, text_around_certificates_does_not_matter, text_rows);
    SUITE_TEST(&s, a_damaged_certificate_in_a_chain_is_named);
    SUITE_TEST(&s, identities_are_handed_over_whole);
    SUITE_TEST(&s, what_was_not_handed_over_whole_is_refused);
    return suite_run(&s, "tls/identity_kinds");
}
