#include "tls/identity_make.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "../support.h"

static struct error error;
static char localhost[] = "localhost";
static char *const localhost_alone[] = {localhost};

static const char *key_path(void)
{
    return folder_path("certs/localhost.key");
}

static const char *certificate_path(void)
{
    return folder_path("certs/localhost.crt");
}

static struct identity *open_identity(void)
{
    struct identity *id = NULL;
    assert_status(identity_open(folder_path("certs"), localhost_alone, 1, &id, &error), ST_OK,
                  &error);
    return id;
}

/* The certificate that is in the folder; the caller frees it. */
static X509 *read_certificate(const char *path)
{
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    assert_non_null(certificate);
    return certificate;
}

/* Write a key where identity_open looks for it; the caller frees it. */
static EVP_PKEY *put_key(EVP_PKEY *key, const char *passphrase)
{
    assert_non_null(key);
    folder_make_dir("certs");
    BIO *out = BIO_new_file(key_path(), "w");
    assert_non_null(out);
    const EVP_CIPHER *cipher = passphrase == NULL ? NULL : EVP_aes_128_cbc();
    int length = passphrase == NULL ? 0 : (int)strlen(passphrase);
    char secret[32];
    snprintf(secret, sizeof secret, "%s", passphrase == NULL ? "" : passphrase);
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(out, key, cipher, secret, length, NULL, NULL),
                     1);
    BIO_free(out);
    assert_int_equal(chmod(key_path(), 0600), 0);
    return key;
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void an_identity_is_made_once_and_kept(void **state)
{
    (void)state;
    struct identity *first = open_identity();
    assert_string_equal(identity_key_path(first), key_path());
    assert_string_equal(identity_certificate_path(first), certificate_path());
    struct span key = file_bytes(key_path());
    struct span certificate = file_bytes(certificate_path());
    struct identity *second = open_identity();
    assert_span_equal(file_bytes(key_path()), key);
    assert_span_equal(file_bytes(certificate_path()), certificate);
    assert_int_equal(folder_count(folder_path("certs")), 2);
    identity_free(first);
    identity_free(second);
    identity_free(NULL);
}

static void only_the_owner_reads_the_key(void **state)
{
    (void)state;
    mode_t mask = umask(0);
    struct identity *id = open_identity();
    umask(mask);
    assert_int_equal(mode_of(folder_path("certs")), 0700);
    assert_int_equal(mode_of(key_path()), 0600);
    assert_int_equal(mode_of(certificate_path()), 0644);
    identity_free(id);
}

static void the_key_is_p256_and_the_certificate_is_its_own(void **state)
{
    (void)state;
    char group[32] = "";
    size_t n = 0;
    identity_free(open_identity());
    X509 *certificate = read_certificate(certificate_path());
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    assert_int_equal(EVP_PKEY_get_group_name(key, group, sizeof group, &n), 1);
    assert_string_equal(group, "prime256v1");
    assert_int_equal(X509_verify(certificate, key), 1);
    assert_int_equal(X509_get_version(certificate), X509_VERSION_3);
    assert_int_equal(
        X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)), 0);
    assert_true(ASN1_STRING_length(X509_get0_serialNumber(certificate)) >= 8);
    X509_free(certificate);
}

static void the_certificate_has_no_end_that_is_known(void **state)
{
    (void)state;
    time_t two_days_ago = time(NULL) - 2L * 24 * 3600;
    time_t hours_ago = time(NULL) - 12L * 3600;
    struct identity *id = open_identity();
    X509 *certificate = read_certificate(certificate_path());
    const ASN1_TIME *after = X509_get0_notAfter(certificate);
    assert_string_equal((const char *)ASN1_STRING_get0_data(after), "99991231235959Z");
    assert_int_equal(X509_cmp_time(X509_get0_notBefore(certificate), &two_days_ago), 1);
    assert_int_equal(X509_cmp_time(X509_get0_notBefore(certificate), &hours_ago), -1);
    assert_true(identity_days_left(id) > 2000000);
    X509_free(certificate);
    identity_free(id);
}

struct names_row {
    const char *name;
    const char *names[4];
    const char *alternatives; /* as OpenSSL prints subjectAltName */
    const char *common;       /* CN, "" for none */
};

#define LABEL_63  "abcdefghijklmnopqrstuvwxyz-0123456789-abcdefghijklmnopqrstuvwxyz"
#define LONG_NAME LABEL_63 ".example.org"

static const struct names_row names_rows[] = {
    {"a host name", {"localhost"}, "DNS:localhost", "localhost"},
    {"several host names",
     {"example.org", "www.example.org"},
     "DNS:example.org, DNS:www.example.org",
     "example.org"},
    {"an IPv4 address", {"192.0.2.1"}, "IP Address:192.0.2.1", "192.0.2.1"},
    {"an IPv6 address in brackets",
     {"[2001:db8::1]"},
     "IP Address:2001:DB8:0:0:0:0:0:1",
     "2001:db8::1"},
    {"an IPv6 address without brackets", {"::1"}, "IP Address:0:0:0:0:0:0:0:1", "::1"},
    {"names and addresses",
     {"a.example", "::1", "10.0.0.1"},
     "DNS:a.example, IP Address:0:0:0:0:0:0:0:1, IP Address:10.0.0.1",
     "a.example"},
    {"an international name",
     {"xn--bcher-kva.example"},
     "DNS:xn--bcher-kva.example",
     "xn--bcher-kva.example"},
    {"a name too long for a CN", {LONG_NAME}, "DNS:" LONG_NAME, ""},
};

static void the_certificate_has_every_name(void **state)
{
    const struct names_row *row = *state;
    static char copies[COUNT(row->names)][256];
    char *names[COUNT(row->names)];
    size_t count = 0;
    for (; count < COUNT(row->names) && row->names[count] != NULL; count++) {
        snprintf(copies[count], sizeof copies[0], "%s", row->names[count]);
        names[count] = copies[count];
    }
    struct identity *id = NULL;
    assert_status(identity_open(folder_path("certs"), names, count, &id, &error), ST_OK, &error);
    for (size_t i = 0; i < count; i++)
        assert_true(identity_names(id, names[i]));
    assert_false(identity_names(id, "other.example"));
    X509 *certificate = read_certificate(identity_certificate_path(id));
    char common[128] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, common,
                              sizeof common);
    assert_string_equal(common, row->common);
    BIO *text = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    int at = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1);
    assert_int_equal(X509V3_EXT_print(text, X509_get_ext(certificate, at), 0, 0), 1);
    long n = BIO_get_mem_data(text, &bytes);
    assert_span_equal(((struct span){bytes, (size_t)n}), span_of(row->alternatives));
    BIO_free(text);
    X509_free(certificate);
    identity_free(id);
}

static void assert_key_alone_gets_a_certificate(EVP_PKEY *made)
{
    EVP_PKEY *key = put_key(made, NULL);
    struct span before = file_bytes(key_path());
    struct identity *id = NULL;
    enum status status = identity_open(folder_path("certs"), localhost_alone, 1, &id, &error);
    if (status == ST_OK) {
        X509 *certificate = read_certificate(certificate_path());
        assert_int_equal(X509_check_private_key(certificate, key), 1);
        assert_int_equal(X509_verify(certificate, key), 1);
        X509_free(certificate);
    }
    EVP_PKEY_free(key);
    identity_free(id);
    assert_status(status, ST_OK, &error);
    assert_span_equal(file_bytes(key_path()), before);
}

static void a_p256_key_alone_gets_a_certificate(void **state)
{
    (void)state;
    assert_key_alone_gets_a_certificate(EVP_EC_gen("P-256"));
}

static void an_rsa_key_alone_gets_a_certificate(void **state)
{
    (void)state;
    assert_key_alone_gets_a_certificate(EVP_RSA_gen(2048));
}

static void an_ed25519_key_alone_gets_a_certificate(void **state)
{
    (void)state;
    assert_key_alone_gets_a_certificate(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
}

/* identity_open fails with such a status, and its message has these parts. */
static void assert_refused(enum status expected, const char *part, const char *other)
{
    struct identity *id = NULL;
    enum status status = identity_open(folder_path("certs"), localhost_alone, 1, &id, &error);
    identity_free(id);
    assert_status(status, expected, &error);
    assert_contains(error.message, part);
    assert_contains(error.message, other);
}

static void a_certificate_without_its_key_is_an_error(void **state)
{
    (void)state;
    identity_free(open_identity());
    assert_int_equal(unlink(key_path()), 0);
    struct identity *id = NULL;
    assert_int_not_equal(identity_open(folder_path("certs"), localhost_alone, 1, &id, &error),
                         ST_OK);
    assert_contains(error.message, key_path());
    assert_int_equal(folder_count(folder_path("certs")), 1);
}

static void a_key_of_another_certificate_names_both_files(void **state)
{
    (void)state;
    identity_free(open_identity());
    assert_int_equal(rename(certificate_path(), folder_path("kept")), 0);
    assert_int_equal(unlink(key_path()), 0);
    identity_free(open_identity());
    assert_int_equal(rename(folder_path("kept"), certificate_path()), 0);
    assert_refused(ST_FORMAT, key_path(), certificate_path());
    assert_int_equal(folder_count(folder_path("certs")), 2);
}

struct mode_row {
    const char *name;
    mode_t mode;
    bool good;
};

static const struct mode_row mode_rows[] = {
    {"a key that everybody can read is refused", 0644, false},
    {"a key that its group can read is refused", 0640, false},
    {"a key that its group can write is refused", 0620, false},
    {"a key that others can write is refused", 0602, false},
    {"a key that others can run is refused", 0601, false},
    {"a key that nobody can write is fine", 0400, true},
    {"a key that its owner can run is fine", 0700, true},
};

static void keys_are_for_their_owner(void **state)
{
    const struct mode_row *row = *state;
    identity_free(open_identity());
    assert_int_equal(chmod(key_path(), row->mode), 0);
    if (row->good)
        identity_free(open_identity());
    else
        assert_refused(ST_FORMAT, key_path(), "others can read: chmod 600");
}

static void a_link_to_a_key_is_judged_by_its_target(void **state)
{
    (void)state;
    identity_free(open_identity());
    const char *target = folder_path("target");
    assert_int_equal(rename(key_path(), target), 0);
    assert_int_equal(symlink(target, key_path()), 0);
    identity_free(open_identity());
    assert_int_equal(chmod(target, 0644), 0);
    assert_refused(ST_FORMAT, key_path(), "chmod");
}

static void a_key_of_another_user_is_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip(); /* nobody else can give a file away */
    identity_free(open_identity());
    assert_int_equal(chown(key_path(), 65534, 0), 0);
    assert_refused(ST_FORMAT, key_path(), "belongs to user 65534");
}

static void a_key_that_is_no_file_is_refused_without_waiting(void **state)
{
    (void)state;
    folder_make_dir("certs");
    assert_int_equal(mkfifo(key_path(), 0600), 0);
    assert_refused(ST_FORMAT, key_path(), "not a regular file");
}

static void a_certificate_that_is_no_file_is_refused_without_waiting(void **state)
{
    (void)state;
    identity_free(open_identity());
    assert_int_equal(unlink(certificate_path()), 0);
    assert_int_equal(mkfifo(certificate_path(), 0644), 0);
    assert_refused(ST_FORMAT, certificate_path(), "not a regular file");
}

static void a_key_with_a_passphrase_is_refused_without_asking(void **state)
{
    (void)state;
    EVP_PKEY_free(put_key(EVP_EC_gen("P-256"), "secret"));
    assert_refused(ST_CRYPTO, key_path(), "unencrypted");
    assert_int_equal(folder_count(folder_path("certs")), 1);
}

struct garbage_row {
    const char *name;
    struct span bytes;
};

static const struct garbage_row garbage_rows[] = {
    {"nothing in a file", BYTES("")},
    {"a text in a file", BYTES("no PEM\n")},
    {"bytes in a file", BYTES("\0\xff\x30\x82")},
    {"PEM without sense", BYTES("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
                                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")},
    {"PEM without an end", BYTES("-----BEGIN CERTIFICATE-----\nAAAA\n")},
};

static void garbage_for_a_key_is_refused(void **state)
{
    const struct garbage_row *row = *state;
    identity_free(open_identity());
    folder_put("certs/localhost.key", row->bytes);
    assert_refused(ST_CRYPTO, key_path(), "no private key");
    assert_int_equal(unlink(certificate_path()), 0);
    assert_refused(ST_CRYPTO, key_path(), "no private key");
    assert_span_equal(file_bytes(key_path()), row->bytes);
}

static void garbage_for_a_certificate_is_refused(void **state)
{
    const struct garbage_row *row = *state;
    identity_free(open_identity());
    folder_put("certs/localhost.crt", row->bytes);
    assert_refused(ST_CRYPTO, certificate_path(), "no certificate");
    assert_span_equal(file_bytes(certificate_path()), row->bytes);
}

struct host_row {
    const char *name, *host;
    bool good;
};

static const struct host_row host_rows[] = {
    {"a name is a host", "localhost", true},
    {"a name with dots is a host", "a.example.org", true},
    {"capitals and digits are fine", "Host-7.Example", true},
    {"an underscore is seen in the wild", "my_host", true},
    {"an IPv4 address is a host", "192.0.2.1", true},
    {"an IPv6 address is a host", "2001:db8::1", true},
    {"an IPv6 address in brackets is a host", "[2001:db8::1]", true},
    {"nothing is no host", "", false},
    {"a slash is in no host", "a/b", false},
    {"a path out of the folder is no host", "../../etc/passwd", false},
    {"a blank is in no host", "a b", false},
    {"a line end is in no host", "a\nb", false},
    {"letters beyond ASCII are written as xn--", "b\303\274cher.example", false},
    {"an option is no host", "-v", false},
    {"a hidden file is no host", ".hidden", false},
    {"a URL is no host", "gemini://localhost", false},
    {"a host with a port is no host", "localhost:1965", false},
    {"an IPv4 address with a port is no host", "192.0.2.1:1965", false},
    {"brackets that are not closed are no host", "[::1", false},
    {"brackets around a name are no host", "[localhost]", false},
    {"an address with too many groups is no host", "1:2:3:4:5:6:7:8:9", false},
    {"an empty label is in no host", "a..b", false},
};

static void hosts_are_told_from_other_text(void **state)
{
    const struct host_row *row = *state;
    char host[64];
    char *const names[] = {localhost, host};
    snprintf(host, sizeof host, "%s", row->host);
    assert_status(identity_check_names(names, 2, &error), row->good ? ST_OK : ST_SYNTAX, &error);
}

static void a_bad_name_is_told_before_anything_is_made(void **state)
{
    (void)state;
    static char bad[] = "../x";
    char *const names[] = {bad};
    struct identity *id = NULL;
    assert_status(identity_open(folder_path("certs"), names, 1, &id, &error), ST_SYNTAX, &error);
    assert_contains(error.message, "../x");
    assert_int_equal(folder_count(test_folder), 0);
}

static void loading_makes_nothing(void **state)
{
    (void)state;
    struct identity *id = NULL;
    assert_status(identity_load(folder_path("a.key"), folder_path("a.crt"), &id, &error),
                  ST_MISSING, &error);
    assert_contains(error.message, folder_path("a.key"));
    assert_int_equal(folder_count(test_folder), 0);
    identity_free(open_identity());
    assert_status(identity_load(key_path(), folder_path("a.crt"), &id, &error), ST_MISSING, &error);
    assert_contains(error.message, folder_path("a.crt"));
    assert_status(identity_load(key_path(), certificate_path(), &id, &error), ST_OK, &error);
    identity_free(id);
}

int main(void)
{
    static struct suite s = {.setup = folder_make, .teardown = folder_remove};
    SUITE_TEST(&s, an_identity_is_made_once_and_kept);
    SUITE_TEST(&s, only_the_owner_reads_the_key);
    SUITE_TEST(&s, the_key_is_p256_and_the_certificate_is_its_own);
    SUITE_TEST(&s, the_certificate_has_no_end_that_is_known);
    SUITE_ROWS(&s, the_certificate_has_every_name, names_rows);
    SUITE_TEST(&s, a_p256_key_alone_gets_a_certificate);
    SUITE_TEST(&s, an_rsa_key_alone_gets_a_certificate);
    SUITE_TEST(&s, an_ed25519_key_alone_gets_a_certificate);
    SUITE_TEST(&s, a_certificate_without_its_key_is_an_error);
    SUITE_TEST(&s, a_key_of_another_certificate_names_both_files);
    SUITE_ROWS(&s, keys_are_for_their_owner, mode_rows);
    SUITE_TEST(&s, a_link_to_a_key_is_judged_by_its_target);
    SUITE_TEST(&s, a_key_of_another_user_is_refused);
    SUITE_TEST(&s, a_key_that_is_no_file_is_refused_without_waiting);
    SUITE_TEST(&s, a_certificate_that_is_no_file_is_refused_without_waiting);
    SUITE_TEST(&s, a_key_with_a_passphrase_is_refused_without_asking);
    SUITE_ROWS(&s, garbage_for_a_key_is_refused, garbage_rows);
    SUITE_ROWS(&s, garbage_for_a_certificate_is_refused, garbage_rows);
    SUITE_ROWS(&s, hosts_are_told_from_other_text, host_rows);
    SUITE_TEST(&s, a_bad_name_is_told_before_anything_is_made);
    SUITE_TEST(&s, loading_makes_nothing);
    return suite_run(&s, "tls/identity");
}
