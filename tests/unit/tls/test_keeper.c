/* What the key process signs, with which keys, and what it refuses whoever asks. */
#include "tls/keeper.h"

#include <openssl/err.h>

#include "../fault.h"
#include "core/memory.h"
#include "keys.h"
#include "tls/fingerprint_internal.h"

static struct identity *identity;
static X509 *certificate; /* of the identity */

static void use_key(const char *kind)
{
    identity_free(identity);
    X509_free(certificate);
    identity = keys_identity(kind);
    BIO *pem = BIO_new_file(folder_path("crt"), "r");
    certificate = PEM_read_bio_X509(pem, NULL, NULL, NULL);
    BIO_free(pem);
    assert_non_null(certificate);
    keys_take(identity);
}

static int keeper_make(void **state)
{
    if (quiet_folder_make(state) != 0)
        return -1;
    keys_start();
    return 0;
}

static int keeper_remove(void **state)
{
    keys_stop();
    identity_free(identity);
    X509_free(certificate);
    identity = NULL;
    certificate = NULL;
    return quiet_folder_remove(state);
}

/* Send a packet; false when nothing comes back, else the reply to it. */
static bool ask(struct span packet, struct sign_reply *reply)
{
    static char answer[SIGN_REPLY_MAX];
    assert_int_equal(send(key_fds[0], packet.p, packet.n, 0), packet.n);
    keys_serve();
    ssize_t n = recv(key_fds[0], answer, sizeof answer, 0);
    if (n < 0)
        return false;
    assert_true(sign_reply_read(reply, (struct span){answer, (size_t)n}));
    return true;
}

static enum sign_answer sign(uint16_t scheme, struct span message, struct sign_reply *reply)
{
    static uint64_t number = 1000;
    char packet[SIGN_REQUEST_MAX];
    struct sign_request request = {.number = ++number, .scheme = scheme, .message = message};
    assert_true(fingerprint_of_key(certificate, &request.id));
    size_t n = sign_request_write(&request, packet);
    assert_true(ask((struct span){packet, n}, reply));
    assert_true(reply->number == number);
    return reply->answer;
}

/* Is it a signature of the message by the certificate's key? */
static bool verifies(const struct sign_scheme *scheme, struct span message, struct span signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *how = NULL;
    bool good = EVP_DigestVerifyInit_ex(ctx, &how, scheme->digest, NULL, NULL,
                                        X509_get0_pubkey(certificate), NULL) == 1;
    if (good && scheme->pss)
        good = EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(how, RSA_PSS_SALTLEN_DIGEST) == 1;
    good = good && EVP_DigestVerify(ctx, (const unsigned char *)signature.p, signature.n,
                                    (const unsigned char *)message.p, message.n) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return good;
}

struct kind_row {
    const char *name, *kind;
    enum sign_key key;
    const char *group;
};

static const struct kind_row kind_rows[] = {
    {"P-256 signs in its ways", "P-256", SIGN_EC, "prime256v1"},
    {"P-384 signs in its ways", "P-384", SIGN_EC, "secp384r1"},
    {"P-521 signs in its ways", "P-521", SIGN_EC, "secp521r1"},
    {"RSA of 2048 bits signs in its ways", "RSA-2048", SIGN_RSA, NULL},
    {"RSA of 3072 bits signs in its ways", "RSA-3072", SIGN_RSA, NULL},
    {"Ed25519 signs in its way", "ED25519", SIGN_ED25519, NULL},
};

static void a_key_signs_in_its_ways_and_no_other(void **state)
{
    const struct kind_row *row = *state;
    use_key(row->kind);
    for (size_t i = 0; i < 2 * SIGN_SCHEMES; i++) {
        const struct sign_scheme *scheme = &sign_schemes[i / 2];
        bool tls13 = i % 2 == 1;
        bool fits = scheme->key == row->key;
        if (fits && tls13)
            fits =
                scheme->tls13 && (scheme->group == NULL || strcmp(scheme->group, row->group) == 0);
        for (int again = 0; again < 2; again++) {
            struct sign_reply reply;
            struct span message = keys_message(tls13);
            assert_int_equal(sign(scheme->code, message, &reply), fits ? SIGN_DONE : SIGN_REFUSED);
            if (fits)
                assert_true(verifies(scheme, message, reply.signature));
        }
    }
}

struct refused_row {
    const char *name;
    uint16_t scheme;
    size_t at; /* of a message of TLS 1.3, this byte */
    char byte;
    long longer;
};

static const struct refused_row refused_rows[] = {
    {"another context is refused", 0x0804, 64, 'X', 0},
    {"a client's CertificateVerify is refused", 0x0804, 73, 'c', 0},
    {"what might be a digest is refused", 0x0804, 0, 'x', -98},
    {"an empty message is refused", 0x0804, 0, 'x', -130},
    {"PKCS #1 in a message of TLS 1.3 is refused", 0x0401, 0, ' ', 0},
    {"a scheme that does not exist is refused", 0x1234, 0, ' ', 0},
    {"SHA-1 is refused", 0x0201, 0, ' ', 0},
    {"a scheme of another key is refused", 0x0403, 0, ' ', 0},
};

static void what_is_no_handshake_is_refused_and_told(void **state)
{
    const struct refused_row *row = *state;
    char bytes[SIGN_MESSAGE_MAX];
    struct sign_reply reply;
    struct span message = keys_message(true);
    use_key("RSA-2048");
    memcpy(bytes, message.p, message.n);
    bytes[row->at] = row->byte;
    message = (struct span){bytes, (size_t)((long)message.n + row->longer)};
    assert_int_equal(sign(row->scheme, message, &reply), SIGN_REFUSED);
    assert_contains(stderr_text(), "no TLS handshake");
    assert_int_equal(sign(0x0804, keys_message(true), &reply), SIGN_DONE);
}

static void what_is_no_request_is_told_and_not_answered(void **state)
{
    (void)state;
    struct sign_reply reply;
    char large[SIGN_REQUEST_MAX + 100] = {0};
    use_key("P-256");
    assert_false(ask(SPAN("sign this"), &reply));
    assert_false(ask((struct span){large, sizeof large}, &reply));
    assert_contains(stderr_text(), "no request");
}

static void the_keys_before_are_kept_until_they_are_forgotten(void **state)
{
    (void)state;
    struct sign_reply reply;
    use_key("P-256");
    struct identity *other = keys_identity("P-256");
    keys_take(other);
    assert_int_equal(sign(0x0403, keys_message(true), &reply), SIGN_DONE);
    keeper_forget(keeper);
    assert_int_equal(sign(0x0403, keys_message(true), &reply), SIGN_NO_KEY);
    keys_take(identity);
    assert_int_equal(sign(0x0403, keys_message(true), &reply), SIGN_DONE);
    keys_take(other);
    keys_take(other); /* then it is two generations old */
    assert_int_equal(sign(0x0403, keys_message(true), &reply), SIGN_NO_KEY);
    identity_free(other);
}

static void what_is_no_key_changes_nothing(void **state)
{
    (void)state;
    struct sign_reply reply;
    struct error e;
    use_key("P-256");
    assert_status(keeper_take(keeper, SPAN("no PEM"), &e), ST_CRYPTO, &e);
    assert_int_equal(sign(0x0403, keys_message(true), &reply), SIGN_DONE);
}

/* One that does not read costs the others nothing: its answers are lost, and no more. */
static void a_worker_that_does_not_listen_holds_nobody_up(void **state)
{
    (void)state;
    char packet[SIGN_REQUEST_MAX];
    struct sign_request request = {.scheme = 0x0403, .message = keys_message(true)};
    use_key("P-256");
    assert_true(fingerprint_of_key(certificate, &request.id));
    size_t n = sign_request_write(&request, packet);
    for (int i = 0; i < 2000; i++) {
        assert_int_equal(send(key_fds[0], packet, n, 0), n);
        keys_serve();
    }
    assert_contains(stderr_text(), "does not take its signatures");
    char bytes[SIGN_REPLY_MAX];
    while (recv(key_fds[0], bytes, sizeof bytes, 0) > 0) {
    }
    struct sign_reply reply;
    assert_int_equal(sign(0x0403, keys_message(true), &reply), SIGN_DONE);
}

/* Begin with locked memory, in a process that may lock none; not refused memory by that. */
static enum status begin_unlocked(struct error *e)
{
    struct keeper *k = NULL;
    bool locked = true;
    memory_watch();
    unsigned long refusals = memory_refusals();
    enum status status = keeper_new((size_t)64 * 1024, &locked, &k, e);
    memory_settle();
    keeper_free(k);
    if (status == ST_OK && memory_refusals() != refusals)
        return error_set(e, ST_NOMEM, 0, "a limit of mlock(2) counts as memory that was refused");
    return status == ST_OK && locked ? error_set(e, ST_FORMAT, 0, "locked") : status;
}

/* mlock(2) says ENOMEM of the limit RLIMIT_MEMLOCK. */
static void memory_that_cannot_be_locked_is_used_all_the_same(void **state)
{
    (void)state;
    static const struct fault fault = {{"mlock", "mlock2"}, ENOMEM};
    struct fault_outcome outcome = fault_try(&fault, begin_unlocked);
    assert_status(outcome.status, ST_OK, &outcome.e);
}

int main(void)
{
    static struct suite s = {.setup = keeper_make, .teardown = keeper_remove};
    SUITE_ROWS(&s, a_key_signs_in_its_ways_and_no_other, kind_rows);
    SUITE_ROWS(&s, what_is_no_handshake_is_refused_and_told, refused_rows);
    SUITE_TEST(&s, what_is_no_request_is_told_and_not_answered);
    SUITE_TEST(&s, the_keys_before_are_kept_until_they_are_forgotten);
    SUITE_TEST(&s, what_is_no_key_changes_nothing);
    SUITE_TEST(&s, a_worker_that_does_not_listen_holds_nobody_up);
    SUITE_TEST(&s, memory_that_cannot_be_locked_is_used_all_the_same);
    return suite_run(&s, "tls/keeper");
}
