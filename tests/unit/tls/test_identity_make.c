/* Making and renewing: what is there is never lost, and is a working pair at every moment. */
#include "tls/identity_make.h"

#include "../certificate.h"

static struct error error;
static char localhost[] = "localhost";
static char second[] = "second.example";
static char third[] = "192.0.2.3";
static char *const names[] = {localhost, second, third};

static struct identity *load(void)
{
    struct identity *id = NULL;
    assert_status(
        identity_load(folder_path("localhost.key"), folder_path("localhost.crt"), &id, &error),
        ST_OK, &error);
    return id;
}

static void create(enum identity_kind kind, size_t count)
{
    assert_status(identity_create(test_folder, names, count, kind, &error), ST_OK, &error);
}

/* The names of the certificate; good until the next call. */
static const char *named(const struct identity *id)
{
    static char text[256];
    struct buf b;
    buf_init(&b, sizeof text - 1);
    identity_put_names(id, ", ", &b);
    snprintf(text, sizeof text, "%s", buf_str(&b));
    buf_fini(&b);
    return text;
}

struct kind_row {
    const char *name, *shown;
    bool good;
};

static const struct kind_row kind_rows[] = {
    {"p256", "ECDSA P-256", true}, {"p384", "ECDSA P-384", true},
    {"rsa2048", "RSA 2048", true}, {"rsa3072", "RSA 3072", true},
    {"ed25519", "Ed25519", true},  {"rsa1024", "", false},
    {"P256", "", false},           {"", "", false},
};

static void kinds_have_names(void **state)
{
    const struct kind_row *row = *state;
    enum identity_kind kind = IDENTITY_P256;
    struct buf shown;
    if (!row->good) {
        assert_status(identity_kind_find(row->name, &kind, &error), ST_SYNTAX, &error);
        assert_contains(error.message, "ed25519");
        return;
    }
    assert_status(identity_kind_find(row->name, &kind, &error), ST_OK, &error);
    create(kind, 1);
    struct identity *id = load();
    buf_init(&shown, 100);
    identity_put_key_type(id, &shown);
    assert_string_equal(buf_str(&shown), row->shown);
    assert_true(identity_is_self_signed(id));
    buf_fini(&shown);
    identity_free(id);
}

static void what_is_there_is_never_made_again(void **state)
{
    (void)state;
    create(IDENTITY_P256, 1);
    const char *key = folder_path("localhost.key");
    const char *certificate = folder_path("localhost.crt");
    struct span before = file_bytes(key);
    assert_status(identity_create(test_folder, names, 1, IDENTITY_P256, &error), ST_EXISTS, &error);
    assert_contains(error.message, "localhost.crt");
    assert_int_equal(unlink(certificate), 0);
    assert_status(identity_create(test_folder, names, 1, IDENTITY_P256, &error), ST_EXISTS, &error);
    assert_contains(error.message, "localhost.key");
    assert_span_equal(file_bytes(key), before);
    assert_int_equal(folder_count(test_folder), 1);
}

static void a_renewal_keeps_key_and_names(void **state)
{
    (void)state;
    struct identity_renewal renewal = {.names = names, .count = 1};
    create(IDENTITY_P384, 3);
    struct identity *old = load();
    struct span key = file_bytes(folder_path("localhost.key"));
    assert_status(identity_renew(test_folder, &renewal, &error), ST_OK, &error);
    struct identity *new = load();
    assert_true(identity_same_key(old, new));
    assert_string_equal(named(new), "localhost, second.example, 192.0.2.3");
    assert_span_equal(file_bytes(folder_path("localhost.key")), key);
    assert_true(identity_days_left(new) > 2000000);
    identity_free(old);
    identity_free(new);
    assert_int_equal(folder_count(test_folder), 2);
}

static void a_renewal_may_have_other_names(void **state)
{
    (void)state;
    struct identity_renewal renewal = {.names = names, .count = 2};
    create(IDENTITY_P256, 1);
    assert_status(identity_renew(test_folder, &renewal, &error), ST_OK, &error);
    struct identity *id = load();
    assert_string_equal(named(id), "localhost, second.example");
    identity_free(id);
}

static void an_expired_certificate_is_renewed(void **state)
{
    (void)state;
    struct identity_renewal renewal = {.names = names, .count = 1};
    certificate_put_pair(folder_path("localhost.key"), folder_path("localhost.crt"), "old.example",
                         -5);
    struct identity *old = load();
    assert_true(identity_is_late(old));
    assert_status(identity_renew(test_folder, &renewal, &error), ST_OK, &error);
    struct identity *new = load();
    assert_false(identity_is_late(new));
    assert_true(identity_same_key(old, new));
    assert_string_equal(named(new), "old.example");
    identity_free(old);
    identity_free(new);
}

static void a_new_key_keeps_the_old_pair(void **state)
{
    (void)state;
    struct identity_renewal renewal = {
        .names = names, .count = 1, .new_key = true, .kind = IDENTITY_ED25519};
    struct stat st;
    create(IDENTITY_P256, 2);
    struct identity *old = load();
    struct span key = file_bytes(folder_path("localhost.key"));
    struct span certificate = file_bytes(folder_path("localhost.crt"));
    assert_status(identity_renew(test_folder, &renewal, &error), ST_OK, &error);
    struct identity *new = load();
    assert_false(identity_same_key(old, new));
    assert_string_equal(named(new), "localhost, second.example");
    assert_span_equal(file_bytes(folder_path("localhost.key.old")), key);
    assert_span_equal(file_bytes(folder_path("localhost.crt.old")), certificate);
    assert_int_equal(stat(folder_path("localhost.key.old"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(folder_path("localhost.key"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(folder_count(test_folder), 4);
    /* That pair is not lost by the next renewal either. */
    assert_status(identity_renew(test_folder, &renewal, &error), ST_EXISTS, &error);
    assert_contains(error.message, "localhost.key.old");
    assert_span_equal(file_bytes(folder_path("localhost.key.old")), key);
    struct identity *same = load();
    assert_true(identity_same_key(same, new));
    identity_free(old);
    identity_free(new);
    identity_free(same);
}

/* A renewal with a new key that was cut off behind the new certificate. */
static void cut_off(void)
{
    struct identity_renewal renewal = {.names = names, .count = 1, .new_key = true};
    create(IDENTITY_P256, 1);
    assert_status(identity_renew(test_folder, &renewal, &error), ST_OK, &error);
    assert_int_equal(rename(folder_path("localhost.key"), folder_path("localhost.key.new")), 0);
    assert_int_equal(link(folder_path("localhost.key.old"), folder_path("localhost.key")), 0);
}

static void a_renewal_that_was_cut_off_is_a_working_pair(void **state)
{
    (void)state;
    struct identity *first = NULL;
    cut_off();
    struct span key = file_bytes(folder_path("localhost.key.new"));
    identity_free(load());
    assert_int_equal(folder_count(test_folder), 5); /* who only looks changes nothing */
    assert_status(identity_open(test_folder, names, 1, &first, &error), ST_OK, &error);
    assert_int_equal(folder_count(test_folder), 4);
    assert_span_equal(file_bytes(folder_path("localhost.key")), key);
    assert_contains(stderr_text(), "cut off");
    identity_free(first);
}

static void a_renewal_that_was_cut_off_early_begins_anew(void **state)
{
    (void)state;
    struct identity_renewal renewal = {.names = names, .count = 1, .new_key = true};
    create(IDENTITY_P256, 1);
    struct identity *old = load();
    assert_int_equal(link(folder_path("localhost.key"), folder_path("localhost.key.old")), 0);
    certificate_put_pair(folder_path("localhost.key.new"), folder_path("x"), "x", 1);
    struct identity *still = load();
    assert_true(identity_same_key(old, still));
    assert_status(identity_renew(test_folder, &renewal, &error), ST_OK, &error);
    struct identity *new = load();
    assert_false(identity_same_key(old, new));
    identity_free(old);
    identity_free(still);
    identity_free(new);
}

static void only_the_key_that_fits_is_taken(void **state)
{
    (void)state;
    struct identity *id = NULL;
    cut_off();
    certificate_put_pair(folder_path("localhost.key.new"), folder_path("x"), "x", 1);
    assert_status(
        identity_load(folder_path("localhost.key"), folder_path("localhost.crt"), &id, &error),
        ST_FORMAT, &error);
    assert_contains(error.message, "does not belong");
}

static void a_certificate_of_a_ca_is_its_own_to_renew(void **state)
{
    (void)state;
    struct identity_renewal renewal = {.names = names, .count = 1};
    EVP_PKEY *ca_key = EVP_EC_gen("P-256");
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *ca = certificate_make(ca_key, "ca", 400, NULL, NULL);
    X509 *certificate = certificate_make(key, "localhost", 40, ca, ca_key);
    certificate_put_key(folder_path("localhost.key"), key);
    certificate_put(folder_path("localhost.crt"), &certificate, 1);
    struct span before = file_bytes(folder_path("localhost.crt"));
    assert_status(identity_renew(test_folder, &renewal, &error), ST_FORMAT, &error);
    assert_contains(error.message, "a CA signed it");
    assert_span_equal(file_bytes(folder_path("localhost.crt")), before);
    renewal.self_signed = true;
    assert_status(identity_renew(test_folder, &renewal, &error), ST_OK, &error);
    struct identity *id = load();
    assert_true(identity_is_self_signed(id));
    identity_free(id);
    X509_free(ca);
    X509_free(certificate);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
}

static void what_is_not_there_is_not_renewed(void **state)
{
    (void)state;
    struct identity_renewal renewal = {.names = names, .count = 1};
    assert_status(identity_renew(test_folder, &renewal, &error), ST_MISSING, &error);
    assert_int_equal(folder_count(test_folder), 0);
}

int main(void)
{
    static struct suite s = {.setup = quiet_folder_make, .teardown = quiet_folder_remove};
    SUITE_ROWS(&s, kinds_have_names, kind_rows);
    SUITE_TEST(&s, what_is_there_is_never_made_again);
    SUITE_TEST(&s, a_renewal_keeps_key_and_names);
    SUITE_TEST(&s, a_renewal_may_have_other_names);
    SUITE_TEST(&s, an_expired_certificate_is_renewed);
    SUITE_TEST(&s, a_new_key_keeps_the_old_pair);
    SUITE_TEST(&s, a_renewal_that_was_cut_off_is_a_working_pair);
    SUITE_TEST(&s, a_renewal_that_was_cut_off_early_begins_anew);
    SUITE_TEST(&s, only_the_key_that_fits_is_taken);
    SUITE_TEST(&s, a_certificate_of_a_ca_is_its_own_to_renew);
    SUITE_TEST(&s, what_is_not_there_is_not_renewed);
    return suite_run(&s, "tls/identity_make");
}
