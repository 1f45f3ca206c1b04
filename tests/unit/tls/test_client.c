/* Clients that say who they are: what the handshake takes, and what is known afterwards. */
#include "tls/client.h"

#include <time.h>

#include "connection.h"
#include "maker.h"

static SSL_CTX *asked_ctx; /* of the client */

static int asking_make(void **state)
{
    if (folder_make(state) != 0)
        return -1;
    struct ticket_ring tickets = {.count = 1, .keys = {{1}}};
    ctx = peer_server_of(&tickets, CONTEXT_TLS12, true);
    client_ctx = asked_ctx = peer_client_context();
    SSL_CTX_set_security_level(client_ctx, 0); /* it may have weak keys */
    open_connection();
    return 0;
}

static void use(const struct made *m)
{
    assert_int_equal(SSL_CTX_use_certificate(client_ctx, m->certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(client_ctx, m->key), 1);
}

static void reconnect(int version)
{
    open_connection();
    SSL_set_min_proto_version(client, version);
    SSL_set_max_proto_version(client, version);
}

static void assert_known(const struct made *m)
{
    unsigned char digest[32];
    unsigned char *der = NULL;
    const struct client_cert *known = channel_client(ch);
    assert_non_null(known);
    assert_int_equal(X509_digest(m->certificate, EVP_sha256(), digest, NULL), 1);
    assert_memory_equal(known->certificate.bytes, digest, sizeof digest);
    int n = i2d_PUBKEY(m->key, &der);
    assert_int_equal(EVP_Digest(der, (size_t)n, digest, NULL, EVP_sha256(), NULL), 1);
    assert_memory_equal(known->key.bytes, digest, sizeof digest);
    OPENSSL_free(der);
}

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

static void nobody_must_show_a_certificate(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(versions); i++) {
        reconnect(versions[i]);
        connect_both();
        assert_null(channel_client(ch));
        client_says("hello");
        assert_string_equal(server_hears(CHANNEL_DONE), "hello");
    }
}

struct kind_row {
    const char *name;
    struct wanted wanted;
};

static const struct kind_row kind_rows[] = {
    {"a P-256 key", {.name = "reader"}},
    {"a P-384 key", {.key = "P-384", .name = "reader"}},
    {"a P-521 key", {.key = "P-521", .name = "reader"}},
    {"an RSA key", {.key = "RSA-2048", .name = "reader"}},
    {"a short RSA key", {.key = "RSA-1024", .name = "reader"}},
    {"an Ed25519 key", {.key = "ED25519", .name = "reader"}},
    {"an Ed448 key", {.key = "ED448", .name = "reader"}},
    {"a certificate without a subject", {.key = NULL}},
    {"a certificate for thousands of years", {.name = "r", .begin = -DAY, .end = 365 * 7000 * DAY}},
    {"a certificate that has expired", {.name = "r", .begin = -2 * DAY, .end = -DAY}},
    {"a certificate of the future", {.name = "r", .begin = DAY, .end = 2 * DAY}},
    {"a certificate of version 1", {.name = "r", .v1 = true}},
    {"a critical extension that nobody knows", {.name = "r", .odd = true}},
    {"a SHA-1 signature", {.key = "RSA-2048", .name = "r", .digest = "SHA1"}},
    {"a server's certificate", {.name = "r", .extended = "serverAuth"}},
    {"an authority's certificate", {.name = "r", .ca = true}},
    {"8 KiB of a certificate", {.name = "r", .padding = 8192}},
};

/* In a full handshake, and in three that resume it one after the other. */
static void any_certificate_is_taken_and_stays_known(void **state)
{
    const struct kind_row *row = *state;
    struct made m = make(&row->wanted);
    use(&m);
    for (size_t i = 0; i < COUNT(versions); i++) {
        SSL_SESSION *session = NULL;
        for (int turn = 0; turn < 4; turn++) {
            reconnect(versions[i]);
            if (session != NULL)
                assert_int_equal(SSL_set_session(client, session), 1);
            connect_both();
            server_says("x");
            assert_int_equal(channel_flush(ch), CHANNEL_DONE);
            assert_client_hears("x", SSL_ERROR_WANT_READ); /* and the ticket before it */
            assert_int_equal(channel_resumed(ch), turn > 0);
            assert_known(&m);
            SSL_SESSION_free(session);
            session = SSL_get1_session(client);
            SSL_shutdown(client); /* else OpenSSL takes the session for a broken one */
        }
        SSL_SESSION_free(session);
    }
    maker_free(&m);
}

static void a_chain_beyond_all_measure_ends_the_handshake(void **state)
{
    (void)state;
    struct made m = make(&(struct wanted){.name = "r", .padding = 33000});
    use(&m);
    for (size_t i = 0; i < COUNT(versions); i++) {
        reconnect(versions[i]);
        assert_int_equal(shake_hands(), CHANNEL_FAIL);
        assert_contains(channel_fault(ch), "excessive message size");
    }
    maker_free(&m);
}

/* The public part of one key with the private part of another. */
static EVP_PKEY *forge(EVP_PKEY *shown, EVP_PKEY *owned)
{
    unsigned char public[200];
    size_t n = 0;
    BIGNUM *secret = NULL;
    EVP_PKEY *forged = NULL;
    assert_int_equal(
        EVP_PKEY_get_octet_string_param(shown, OSSL_PKEY_PARAM_PUB_KEY, public, sizeof public, &n),
        1);
    assert_int_equal(EVP_PKEY_get_bn_param(owned, OSSL_PKEY_PARAM_PRIV_KEY, &secret), 1);
    unsigned char bytes[32];
    char group[] = "P-256";
    assert_int_equal(BN_bn2nativepad(secret, bytes, sizeof bytes), sizeof bytes);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                           OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, public, n),
                           OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, bytes, sizeof bytes),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    assert_int_equal(EVP_PKEY_fromdata_init(maker), 1);
    assert_int_equal(EVP_PKEY_fromdata(maker, &forged, EVP_PKEY_KEYPAIR, params), 1);
    EVP_PKEY_CTX_free(maker);
    BN_clear_free(secret);
    return forged;
}

static void a_certificate_without_its_key_proves_nothing(void **state)
{
    (void)state;
    struct made owner = make(&(struct wanted){.name = "r"});
    struct made thief = make(&(struct wanted){.name = "r"});
    EVP_PKEY *forged = forge(owner.key, thief.key);
    assert_int_equal(SSL_CTX_use_certificate(client_ctx, owner.certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(client_ctx, forged), 1);
    for (size_t i = 0; i < COUNT(versions); i++) {
        reconnect(versions[i]);
        assert_int_equal(shake_hands(), CHANNEL_FAIL);
        assert_contains(channel_fault(ch), "signature"); /* bad, or the provider's failure */
        assert_null(channel_client(ch));
    }
    EVP_PKEY_free(forged);
    maker_free(&owner);
    maker_free(&thief);
}

/* A session with a server that did not ask, taken to one with the same ticket keys. */
static void a_session_from_before_is_not_resumed(void **state)
{
    bool ask_first = *(const bool *)*state;
    struct made m = make(&(struct wanted){.name = "r"});
    struct ticket_ring tickets = {.count = 1, .keys = {{1}}};
    struct context *asking = ctx;
    struct context *silent = peer_server_of(&tickets, CONTEXT_TLS12, false);
    use(&m);
    for (size_t i = 0; i < COUNT(versions); i++) {
        ctx = ask_first ? asking : silent;
        reconnect(versions[i]);
        connect_both();
        assert_int_equal(channel_client(ch) != NULL, ask_first);
        server_says("x");
        assert_int_equal(channel_flush(ch), CHANNEL_DONE);
        assert_client_hears("x", SSL_ERROR_WANT_READ);
        SSL_SESSION *session = SSL_get1_session(client);
        SSL_shutdown(client);
        ctx = asking;
        reconnect(versions[i]);
        assert_int_equal(SSL_set_session(client, session), 1);
        connect_both();
        assert_int_equal(channel_resumed(ch), ask_first);
        assert_known(&m);
        SSL_SESSION_free(session);
    }
    close_connection();
    context_free(silent);
    ctx = asking;
    maker_free(&m);
}

struct time_row {
    const char *name;
    long at; /* seconds from the first, resp. from the last */
    bool last;
    enum client_time expected;
};

static const struct time_row time_rows[] = {
    {"a second before it begins", -1, false, CLIENT_TIME_EARLY},
    {"a year before", -365 * DAY, false, CLIENT_TIME_EARLY},
    {"the second in which it begins", 0, false, CLIENT_TIME_GOOD},
    {"a second later", 1, false, CLIENT_TIME_GOOD},
    {"the last second", 0, true, CLIENT_TIME_GOOD},
    {"a second after the last", 1, true, CLIENT_TIME_EXPIRED},
    {"a year after", 365 * DAY, true, CLIENT_TIME_EXPIRED},
};

static time_t when(const ASN1_TIME *t)
{
    struct tm parts;
    assert_int_equal(ASN1_TIME_to_tm(t, &parts), 1);
    return timegm(&parts);
}

static void a_certificate_has_its_time(void **state)
{
    const struct time_row *row = *state;
    struct made m = make(&(struct wanted){.name = "r"});
    struct client_cert shown = {.leaf = m.certificate};
    time_t from =
        when(row->last ? X509_get0_notAfter(m.certificate) : X509_get0_notBefore(m.certificate));
    assert_int_equal(client_time(&shown, from + row->at), row->expected);
    maker_free(&m);
}

static void dates_that_are_none_are_bad(void **state)
{
    (void)state;
    struct made m = make(&(struct wanted){.name = "r"});
    struct client_cert shown = {.leaf = m.certificate};
    ASN1_STRING_set(X509_getm_notAfter(m.certificate), "tomorrow", -1);
    assert_int_equal(client_time(&shown, time(NULL)), CLIENT_TIME_BAD);
    maker_free(&m);
}

int main(void)
{
    static const bool first[] = {false, true};
    struct suite s = {.setup = asking_make, .teardown = connection_remove};
    SUITE_TEST(&s, nobody_must_show_a_certificate);
    SUITE_ROWS(&s, any_certificate_is_taken_and_stays_known, kind_rows);
    SUITE_TEST(&s, a_chain_beyond_all_measure_ends_the_handshake);
    SUITE_TEST(&s, a_certificate_without_its_key_proves_nothing);
    suite_add(&s, "a session from before clients were asked is not resumed",
              a_session_from_before_is_not_resumed, &first[0]);
    suite_add(&s, "a session from after that is", a_session_from_before_is_not_resumed, &first[1]);
    s.setup = s.teardown = NULL;
    SUITE_ROWS(&s, a_certificate_has_its_time, time_rows);
    SUITE_TEST(&s, dates_that_are_none_are_bad);
    return suite_run(&s, "tls/client");
}
