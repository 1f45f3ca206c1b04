/* Handshakes of a worker without private keys: each signature comes from the key process. */
#include "tls/signer.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "keys.h"
#include "tls/channel.h"
#include "tls/signer_internal.h"

static uint64_t now; /* of the signer's clock */
static struct signer *signer;
static struct context *ctx;
static SSL_CTX *client_ctx;
static struct identity *identity; /* with its private key */

/* A client, and the server's side of it. */
struct pair {
    int fds[2]; /* server's, client's */
    struct channel *ch;
    SSL *client;
    enum channel_result result; /* of the handshake's last step */
    unsigned readied;           /* calls of on_ready */
};

static struct pair pairs[SIGNER_JOBS + 3];

static uint64_t test_clock(void)
{
    return now;
}

static void use_key(const char *kind)
{
    static char name[] = "localhost";
    static char *const names[] = {name};
    const struct ticket_ring tickets = {.count = 1};
    struct error e;
    context_free(ctx);
    identity_free(identity);
    ctx = NULL;
    identity = keys_identity(kind);
    keys_take(identity);
    struct identity *shown = keys_public(identity);
    struct context_host host = {shown, names, 1};
    struct context_plan plan = {.hosts = &host, .count = 1, .tickets = &tickets, .signer = signer};
    assert_status(context_new(&plan, &ctx, &e), ST_OK, &e);
    identity_free(shown);
}

static int signer_make(void **state)
{
    struct error e;
    if (quiet_folder_make(state) != 0)
        return -1;
    now = 1000000;
    keys_start();
    assert_status(signer_new(key_fds[0], test_clock, &signer, &e), ST_OK, &e);
    client_ctx = SSL_CTX_new(TLS_client_method());
    return 0;
}

static void part(struct pair *p)
{
    channel_close(p->ch);
    SSL_free(p->client);
    if (p->ch != NULL) {
        close(p->fds[0]);
        close(p->fds[1]);
    }
    *p = (struct pair){0};
}

static int signer_remove(void **state)
{
    for (size_t i = 0; i < COUNT(pairs); i++)
        part(&pairs[i]);
    context_free(ctx);
    identity_free(identity);
    signer_free(signer);
    SSL_CTX_free(client_ctx);
    keys_stop();
    ctx = NULL;
    identity = NULL;
    return quiet_folder_remove(state);
}

static void server_goes_on(void *context)
{
    struct pair *p = context;
    p->readied++;
    p->result = channel_handshake(p->ch);
}

/* A client whose hello has been read. */
static struct pair *greet(struct pair *p)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, p->fds), 0);
    assert_status(channel_open(ctx, p->fds[0], &p->ch), ST_OK, NULL);
    channel_on_ready(p->ch, server_goes_on, p);
    p->client = SSL_new(client_ctx);
    assert_int_equal(SSL_set_fd(p->client, p->fds[1]), 1);
    SSL_set_connect_state(p->client);
    SSL_do_handshake(p->client);
    p->result = channel_handshake(p->ch);
    return p;
}

/* One time round of the loop, with a key process that answers. */
static void turn_round(void)
{
    signer_run(signer);
    keys_serve();
    signer_receive(signer);
    signer_run(signer);
}

/* Both go on until the handshake is over, or stands still. */
static void finish(struct pair *p)
{
    for (int i = 0; i < 10 && p->result == CHANNEL_READ; i++) {
        SSL_do_handshake(p->client);
        p->result = channel_handshake(p->ch);
    }
    if (p->result == CHANNEL_DONE) {
        assert_int_equal(channel_flush(p->ch), CHANNEL_DONE);
        SSL_do_handshake(p->client);
        assert_int_equal(SSL_is_init_finished(p->client), 1);
    }
}

struct kind_row {
    const char *name, *kind;
    int version;
    const char *schemes; /* of the client; NULL: all that it knows */
};

static const struct kind_row kind_rows[] = {
    {"P-256 in TLS 1.3", "P-256", TLS1_3_VERSION, NULL},
    {"P-256 in TLS 1.2", "P-256", TLS1_2_VERSION, NULL},
    {"P-256 in TLS 1.2 with SHA-512", "P-256", TLS1_2_VERSION, "ECDSA+SHA512"},
    {"P-256 in TLS 1.2 with SHA-224", "P-256", TLS1_2_VERSION, "ECDSA+SHA224"},
    {"P-384 in TLS 1.3", "P-384", TLS1_3_VERSION, NULL},
    {"P-384 in TLS 1.2", "P-384", TLS1_2_VERSION, NULL},
    {"P-521 in TLS 1.3", "P-521", TLS1_3_VERSION, NULL},
    {"P-521 in TLS 1.2", "P-521", TLS1_2_VERSION, NULL},
    {"RSA in TLS 1.3", "RSA-2048", TLS1_3_VERSION, NULL},
    {"RSA in TLS 1.3 with SHA-384", "RSA-2048", TLS1_3_VERSION, "rsa_pss_rsae_sha384"},
    {"RSA in TLS 1.3 with SHA-512", "RSA-2048", TLS1_3_VERSION, "rsa_pss_rsae_sha512"},
    {"RSA in TLS 1.2", "RSA-2048", TLS1_2_VERSION, NULL},
    {"RSA in TLS 1.2 with PSS", "RSA-3072", TLS1_2_VERSION, "rsa_pss_rsae_sha256"},
    {"RSA in TLS 1.2 with PKCS #1", "RSA-3072", TLS1_2_VERSION, "RSA+SHA256"},
    {"RSA in TLS 1.2 with PKCS #1 and SHA-384", "RSA-2048", TLS1_2_VERSION, "RSA+SHA384"},
    {"RSA in TLS 1.2 with PKCS #1 and SHA-512", "RSA-2048", TLS1_2_VERSION, "RSA+SHA512"},
    {"Ed25519 in TLS 1.3", "ED25519", TLS1_3_VERSION, NULL},
    {"Ed25519 in TLS 1.2", "ED25519", TLS1_2_VERSION, NULL},
};

static void every_kind_of_key_signs(void **state)
{
    const struct kind_row *row = *state;
    use_key(row->kind);
    SSL_CTX_set_min_proto_version(client_ctx, row->version);
    SSL_CTX_set_max_proto_version(client_ctx, row->version);
    if (row->schemes != NULL)
        assert_int_equal(SSL_CTX_set1_sigalgs_list(client_ctx, row->schemes), 1);
    struct pair *p = greet(&pairs[0]);
    assert_int_equal(p->result, CHANNEL_WAIT);
    assert_true(signer_is_waiting(signer));
    turn_round();
    assert_int_equal(p->readied, 1);
    assert_false(signer_is_waiting(signer));
    finish(p);
    assert_int_equal(p->result, CHANNEL_DONE);
    assert_int_equal(SSL_version(p->client), row->version);
    assert_false(channel_resumed(p->ch));
}

static void a_retried_hello_is_signed_as_well(void **state)
{
    (void)state;
    use_key("P-256");
    assert_int_equal(SSL_CTX_set1_groups_list(client_ctx, "secp224r1:P-384:P-256"), 1);
    struct pair *p = greet(&pairs[0]);
    finish(p);
    assert_int_equal(p->result, CHANNEL_WAIT);
    turn_round();
    finish(p);
    assert_int_equal(p->result, CHANNEL_DONE);
}

/* P-256 for the key agreement is OpenSSL's own, though the provider has keys of that name. */
static void the_key_agreement_is_as_ever(void **state)
{
    (void)state;
    static const char *const groups[] = {"P-256", "P-384", "P-521", "X25519", "X448"};
    use_key("RSA-2048"); /* one on a curve would have to be on that one */
    for (size_t i = 0; i < 2 * COUNT(groups); i++) {
        SSL_CTX_set_max_proto_version(client_ctx, i % 2 == 0 ? TLS1_3_VERSION : TLS1_2_VERSION);
        assert_int_equal(SSL_CTX_set1_groups_list(client_ctx, groups[i / 2]), 1);
        struct pair *p = greet(&pairs[0]);
        turn_round();
        finish(p);
        assert_int_equal(p->result, CHANNEL_DONE);
        part(p);
    }
}

static void the_private_key_cannot_be_had(void **state)
{
    (void)state;
    static const char *const kinds[] = {"P-256", "RSA-2048", "ED25519"};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        use_key(kinds[i]);
        struct pair *p = greet(&pairs[0]);
        BIO *out = BIO_new(BIO_s_mem());
        turn_round();
        finish(p);
        X509 *shown = SSL_get1_peer_certificate(p->client);
        EVP_PKEY *key = signer_key(signer, shown);
        assert_non_null(key);
        assert_int_equal(EVP_PKEY_eq(key, X509_get0_pubkey(shown)), 1);
        assert_int_equal(PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 0);
        OSSL_PARAM *params = NULL;
        assert_int_equal(EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &params), 0);
        assert_int_equal(EVP_PKEY_todata(key, EVP_PKEY_PUBLIC_KEY, &params), 1);
        OSSL_PARAM_free(params);
        EVP_PKEY_free(key);
        X509_free(shown);
        BIO_free(out);
        ERR_clear_error();
        part(p);
    }
}

static void many_are_under_way_and_one_more_waits_for_a_place(void **state)
{
    (void)state;
    use_key("P-256");
    for (size_t i = 0; i < COUNT(pairs); i++)
        assert_int_equal(greet(&pairs[i])->result, CHANNEL_WAIT);
    size_t last = COUNT(pairs) - 1;
    part(&pairs[last - 1]); /* one of those that wait for a place is gone */
    for (int i = 0; i < 20; i++)
        turn_round();
    for (size_t i = 0; i < COUNT(pairs); i++) {
        if (i == last - 1)
            continue;
        finish(&pairs[i]);
        assert_int_equal(pairs[i].result, CHANNEL_DONE);
        assert_int_equal(pairs[i].readied, i < SIGNER_JOBS ? 1 : 2);
    }
    signer_trim(signer);
    struct pair *p = greet(&pairs[last - 1]);
    turn_round();
    finish(p);
    assert_int_equal(p->result, CHANNEL_DONE);
}

/* Or all behind it would wait for somebody who comes later, if anybody does. */
static void who_leaves_when_it_is_its_turn_leaves_it_to_the_next(void **state)
{
    (void)state;
    use_key("P-256");
    for (size_t i = 0; i < SIGNER_JOBS + 2; i++)
        assert_int_equal(greet(&pairs[i])->result, CHANNEL_WAIT);
    part(&pairs[0]);
    part(&pairs[SIGNER_JOBS]); /* it was told, and has not gone on yet */
    signer_run(signer);
    assert_int_equal(pairs[SIGNER_JOBS + 1].readied, 1);
    for (int i = 0; i < 20; i++)
        turn_round();
    finish(&pairs[SIGNER_JOBS + 1]);
    assert_int_equal(pairs[SIGNER_JOBS + 1].result, CHANNEL_DONE);
}

static void a_client_may_leave_while_its_signature_is_out(void **state)
{
    (void)state;
    use_key("P-256");
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_CTX_set_max_proto_version(client_ctx, version);
        struct pair *before = greet(&pairs[0]); /* not sent yet */
        struct pair *out = greet(&pairs[1]);
        struct pair *other = greet(&pairs[2]);
        part(before);
        signer_run(signer);
        part(out); /* sent */
        keys_serve();
        signer_receive(signer); /* the answer is for nobody */
        struct pair *come = greet(&pairs[1]);
        signer_run(signer);
        keys_serve();
        signer_receive(signer);
        part(come); /* the answer is there */
        signer_run(signer);
        assert_int_equal(come->readied, 0);
        assert_false(signer_is_waiting(signer));
        finish(other);
        assert_int_equal(other->result, CHANNEL_DONE);
        part(other);
    }
}

static void what_is_not_answered_is_sent_again(void **state)
{
    (void)state;
    char lost[SIGN_REQUEST_MAX];
    use_key("P-256");
    struct pair *p = greet(&pairs[0]);
    signer_run(signer);
    assert_true(recv(key_fds[1], lost, sizeof lost, 0) > 0); /* a key process that dies */
    now += SIGNER_AGAIN - 1;
    signer_tick(signer);
    signer_run(signer);
    assert_int_equal(recv(key_fds[1], lost, sizeof lost, 0), -1);
    now++;
    signer_tick(signer);
    turn_round();
    finish(p);
    assert_int_equal(p->result, CHANNEL_DONE);
}

static void two_answers_are_as_good_as_one(void **state)
{
    (void)state;
    use_key("P-256");
    struct pair *p = greet(&pairs[0]);
    signer_run(signer);
    now += SIGNER_AGAIN;
    signer_tick(signer);
    turn_round();
    assert_int_equal(p->readied, 1);
    struct pair *next = greet(&pairs[1]);
    turn_round();
    finish(p);
    finish(next);
    assert_int_equal(p->result, CHANNEL_DONE);
    assert_int_equal(next->result, CHANNEL_DONE);
}

static void a_silent_key_process_fails_the_handshake_in_the_end(void **state)
{
    (void)state;
    use_key("P-256");
    struct pair *p = greet(&pairs[0]);
    for (int i = 0; i < SIGNER_PATIENCE / SIGNER_TICK; i++) {
        assert_int_equal(p->readied, 0);
        now += SIGNER_TICK;
        signer_tick(signer);
        signer_run(signer);
    }
    assert_int_equal(p->result, CHANNEL_FAIL);
    assert_string_equal(channel_fault(p->ch), "the key process does not answer");
    assert_int_equal(channel_flush(p->ch), CHANNEL_DONE); /* an alert */
    assert_int_equal(SSL_do_handshake(p->client), -1);
    for (size_t i = 0; i < 10; i++) /* it is back, and finds what was asked of it */
        keys_serve();
    struct pair *next = greet(&pairs[1]);
    turn_round();
    finish(next);
    assert_int_equal(next->result, CHANNEL_DONE);
}

/* Certificates reach key process and workers at about the same time. */
static void a_key_that_is_not_there_yet_is_asked_for_again(void **state)
{
    (void)state;
    use_key("P-256");
    struct identity *other = keys_identity("P-256");
    keys_take(other);
    keeper_forget(keeper);
    struct pair *p = greet(&pairs[0]);
    turn_round();
    assert_int_equal(p->readied, 0);
    keys_take(identity);
    now += SIGNER_AGAIN;
    signer_tick(signer);
    turn_round();
    finish(p);
    assert_int_equal(p->result, CHANNEL_DONE);
    identity_free(other);
}

static void a_refusal_fails_the_handshake(void **state)
{
    (void)state;
    char packet[SIGN_REQUEST_MAX];
    char answer[SIGN_REPLY_MAX];
    struct sign_request request;
    use_key("P-256");
    struct pair *p = greet(&pairs[0]);
    signer_run(signer);
    ssize_t n = recv(key_fds[1], packet, sizeof packet, 0);
    assert_true(sign_request_read(&request, (struct span){packet, (size_t)n}));
    const struct sign_reply reply = {.number = request.number, .answer = SIGN_REFUSED};
    size_t size = sign_reply_write(&reply, answer);
    assert_int_equal(send(key_fds[1], "none", 4, 0), 4); /* what is no answer is passed over */
    assert_int_equal(send(key_fds[1], answer, size, 0), size);
    signer_receive(signer);
    signer_run(signer);
    assert_int_equal(p->result, CHANNEL_FAIL);
    assert_string_equal(channel_fault(p->ch), "the key process refused to sign");
}

/* A wrong signature of the right size cannot hurt anybody but this handshake. */
static void a_wrong_signature_fails_at_the_client(void **state)
{
    (void)state;
    char packet[SIGN_REQUEST_MAX];
    char answer[SIGN_REPLY_MAX];
    struct sign_request request;
    use_key("RSA-2048");
    for (size_t size = 1; size <= SIGN_SIGNATURE_MAX; size += 255) {
        char bytes[SIGN_SIGNATURE_MAX] = {1};
        struct pair *p = greet(&pairs[0]);
        signer_run(signer);
        ssize_t n = recv(key_fds[1], packet, sizeof packet, 0);
        assert_true(sign_request_read(&request, (struct span){packet, (size_t)n}));
        const struct sign_reply reply = {
            .number = request.number, .answer = SIGN_DONE, .signature = {bytes, size}};
        size_t reply_n = sign_reply_write(&reply, answer);
        assert_int_equal(send(key_fds[1], answer, reply_n, 0), reply_n);
        signer_receive(signer);
        signer_run(signer);
        finish(p);
        assert_int_not_equal(p->result, CHANNEL_DONE);
        assert_int_not_equal(p->result, CHANNEL_WAIT);
        part(p);
    }
}

/* Outside of a handshake there is no other stack to go back to: it waits. */
static void outside_of_a_handshake_it_waits(void **state)
{
    (void)state;
    unsigned char signature[SIGN_SIGNATURE_MAX];
    struct fingerprint id;
    use_key("P-256");
    struct buf print;
    buf_init(&print, 100);
    identity_key_fingerprint(identity, &print);
    assert_status(fingerprint_parse(&id, "key", buf_span(&print), NULL), ST_OK, NULL);
    buf_fini(&print);
    pid_t child = fork();
    if (child == 0) {
        struct pollfd wait = {.fd = key_fds[1], .events = POLLIN};
        while (poll(&wait, 1, 10000) > 0)
            keeper_serve(keeper, key_fds[1]);
        _exit(0);
    }
    size_t n = signer_sign(signer, &id, sign_scheme_find(0x0403), keys_message(true), signature);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_in_range(n, 64, 72);
    assert_false(signer_is_waiting(signer));
}

int main(void)
{
    static struct suite s = {.setup = signer_make, .teardown = signer_remove};
    SUITE_ROWS(&s, every_kind_of_key_signs, kind_rows);
    SUITE_TEST(&s, a_retried_hello_is_signed_as_well);
    SUITE_TEST(&s, the_key_agreement_is_as_ever);
    SUITE_TEST(&s, the_private_key_cannot_be_had);
    SUITE_TEST(&s, many_are_under_way_and_one_more_waits_for_a_place);
    SUITE_TEST(&s, who_leaves_when_it_is_its_turn_leaves_it_to_the_next);
    SUITE_TEST(&s, a_client_may_leave_while_its_signature_is_out);
    SUITE_TEST(&s, what_is_not_answered_is_sent_again);
    SUITE_TEST(&s, two_answers_are_as_good_as_one);
    SUITE_TEST(&s, a_silent_key_process_fails_the_handshake_in_the_end);
    SUITE_TEST(&s, a_key_that_is_not_there_yet_is_asked_for_again);
    SUITE_TEST(&s, a_refusal_fails_the_handshake);
    SUITE_TEST(&s, a_wrong_signature_fails_at_the_client);
    SUITE_TEST(&s, outside_of_a_handshake_it_waits);
    return suite_run(&s, "tls/signer");
}
