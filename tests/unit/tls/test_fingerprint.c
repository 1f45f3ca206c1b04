/* What people compare by eye, against what the openssl program says of a certificate that stays. */
#include "tls/identity.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include "../support.h"

/* openssl ecparam -name prime256v1 -genkey | openssl pkcs8 -topk8 -nocrypt */
static const char fixed_key[] = "-----BEGIN PRIVATE KEY-----\n"
                                "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQn4DFU/2tDGUwI+q\n"
                                "WOsBAZChWWyhS7lC70bYTq8TyrGhRANCAARf/aqDK6TEJiZD6xYg6q18TgU4UN+N\n"
                                "sZCHFig+7It93I9QRXgPBcLpWG2bcIGjfJLjBbHiEIlCpx8Xo5KFSfIN\n"
                                "-----END PRIVATE KEY-----\n";

/* openssl req -new -x509 -subj /CN=old.example -set_serial 1: no subjectAltName, one day. */
static const char fixed_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBEjCBugIBATAKBggqhkjOPQQDAjAWMRQwEgYDVQQDDAtvbGQuZXhhbXBsZTAe\n"
    "Fw0yNjExMjIxNTQ1MDRaFw0yNjExMjMxNTQ1MDRaMBYxFDASBgNVBAMMC29sZC5l\n"
    "eGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEX/2qgyukxCYmQ+sWIOqt\n"
    "fE4FOFDfjbGQhxYoPuyLfdyPUEV4DwXC6Vhtm3CBo3yS4wWx4hCJQqcfF6OShUny\n"
    "DTAKBggqhkjOPQQDAgNHADBEAiA6uw9OcF58ZAVy5y6Jn7M4KEIyDkuRiSBF5AWp\n"
    "Y/U1CgIgUrYOt7N5KvFy1wNuhpLtGNX9SBavJph9XgZ8HxIBSmI=\n"
    "-----END CERTIFICATE-----\n";

/* openssl x509 -noout -fingerprint -sha256 */
static const char fixed_certificate_fingerprint[] =
    "24:7B:F3:41:1A:47:E9:43:F8:BD:70:B5:C1:58:27:EE:"
    "E7:99:1F:16:BB:FD:70:33:DD:64:9D:81:4A:C1:38:CD";

/* openssl pkey -pubout -outform DER | openssl dgst -sha256 -c */
static const char fixed_key_fingerprint[] = "A9:20:49:B3:DC:A5:60:2A:2D:DD:94:99:D4:FD:F8:58:"
                                            "24:5B:56:67:F6:19:63:52:6A:3A:D8:22:43:49:F1:BD";

static struct error error;

static struct identity *load(const char *key, const char *certificate)
{
    struct identity *id = NULL;
    const char *key_path = folder_put("a.key", span_of(key));
    assert_int_equal(chmod(key_path, 0600), 0);
    const char *certificate_path = folder_put("a.crt", span_of(certificate));
    assert_status(identity_load(key_path, certificate_path, &id, &error), ST_OK, &error);
    return id;
}

static void assert_fingerprints(const struct identity *id)
{
    struct buf text;
    buf_init(&text, 1000);
    identity_certificate_fingerprint(id, &text);
    buf_putc(&text, ' ');
    identity_key_fingerprint(id, &text);
    char expected[256];
    snprintf(expected, sizeof expected, "%s %s", fixed_certificate_fingerprint,
             fixed_key_fingerprint);
    assert_span_equal(buf_span(&text), span_of(expected));
    buf_fini(&text);
}

static void fingerprints_are_those_of_openssl(void **state)
{
    (void)state;
    struct identity *id = load(fixed_key, fixed_certificate);
    assert_fingerprints(id);
    identity_free(id);
}

static void text_around_the_pem_does_not_matter(void **state)
{
    (void)state;
    char key[1024];
    char certificate[2048];
    snprintf(key, sizeof key, "a line before\n%sa line behind\n", fixed_key);
    snprintf(certificate, sizeof certificate, "Certificate:\n    Data:\n%s\n\n", fixed_certificate);
    struct identity *id = load(key, certificate);
    assert_fingerprints(id);
    identity_free(id);
}

static void lines_that_end_in_crlf_do_not_matter(void **state)
{
    (void)state;
    char certificate[2048];
    size_t n = 0;
    for (const char *c = fixed_certificate; *c != '\0'; c++) {
        if (*c == '\n')
            certificate[n++] = '\r';
        certificate[n++] = *c;
    }
    certificate[n] = '\0';
    struct identity *id = load(fixed_key, certificate);
    assert_fingerprints(id);
    identity_free(id);
}

/* The PEM of a certificate for a fresh key, which ends in so many days. */
static void make_certificate(int days, char *key_pem, char *pem, size_t size)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    BIO *out = BIO_new(BIO_s_mem());
    assert_true(key != NULL && certificate != NULL && out != NULL);
    X509_time_adj_ex(X509_getm_notBefore(certificate), -100, 0, NULL);
    X509_time_adj_ex(X509_getm_notAfter(certificate), days, 3600, NULL);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
    int n = BIO_read(out, key_pem, (int)size - 1);
    key_pem[n > 0 ? n : 0] = '\0';
    assert_int_equal(PEM_write_bio_X509(out, certificate), 1);
    n = BIO_read(out, pem, (int)size - 1);
    pem[n > 0 ? n : 0] = '\0';
    BIO_free(out);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static void the_first_certificate_of_a_chain_counts(void **state)
{
    (void)state;
    char other_key[2048];
    char other[2048];
    char chain[4096];
    make_certificate(10, other_key, other, sizeof other);
    snprintf(chain, sizeof chain, "%s%s", fixed_certificate, other);
    struct identity *id = load(fixed_key, chain);
    assert_fingerprints(id);
    identity_free(id);
}

static void days_left_count_down_to_the_end(void **state)
{
    (void)state;
    static const int days[] = {400, 30, 1, 0};
    for (size_t i = 0; i < COUNT(days); i++) {
        char key[2048];
        char pem[2048];
        make_certificate(days[i], key, pem, sizeof pem);
        struct identity *id = load(key, pem);
        assert_int_equal(identity_days_left(id), days[i]);
        identity_free(id);
    }
}

static void days_left_are_negative_behind_the_end(void **state)
{
    (void)state;
    char key[2048];
    char pem[2048];
    make_certificate(-20, key, pem, sizeof pem);
    struct identity *id = load(key, pem);
    assert_in_range(-identity_days_left(id), 19, 20);
    identity_free(id);
}

static void the_cn_names_where_no_alternative_does(void **state)
{
    (void)state;
    struct identity *id = load(fixed_key, fixed_certificate);
    assert_true(identity_names(id, "old.example"));
    assert_true(identity_names(id, "OLD.example"));
    assert_false(identity_names(id, "sub.old.example"));
    assert_false(identity_names(id, "example"));
    assert_false(identity_names(id, "192.0.2.1"));
    identity_free(id);
}

int main(void)
{
    static struct suite s = {.setup = folder_make, .teardown = folder_remove};
    SUITE_TEST(&s, fingerprints_are_those_of_openssl);
    SUITE_TEST(&s, text_around_the_pem_does_not_matter);
    SUITE_TEST(&s, lines_that_end_in_crlf_do_not_matter);
    SUITE_TEST(&s, the_first_certificate_of_a_chain_counts);
    SUITE_TEST(&s, days_left_count_down_to_the_end);
    SUITE_TEST(&s, days_left_are_negative_behind_the_end);
    SUITE_TEST(&s, the_cn_names_where_no_alternative_does);
    return suite_run(&s, "tls/fingerprint");
}
