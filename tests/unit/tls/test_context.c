/* Which certificate a client is shown, by the name that it asks for. */
#include "tls/context.h"

#include <arpa/inet.h>

#include "../certificate.h"
#include "connection.h"
#include "tls/context_internal.h"

static struct error error;
static char a[] = "a.example";
static char alias[] = "www.a.example.";
static char b[] = "b.example";
static char address[] = "192.0.2.1";
static char *const names_a[] = {a, alias};
static char *const names_b[] = {b, address};

/* An identity whose CN is this; the caller frees it. */
static struct identity *make_identity(const char *name)
{
    struct identity *id = NULL;
    const char *key = folder_path("key");
    const char *certificate = folder_path("crt");
    certificate_put_pair(key, certificate, name, 400);
    assert_status(identity_load(key, certificate, &id, &error), ST_OK, &error);
    return id;
}

/* Show two certificates from now on; `first` and `second` are their CNs. */
static void set_hosts(const char *first, const char *second)
{
    struct identity *ids[] = {make_identity(first), make_identity(second)};
    const struct context_host hosts[] = {{ids[0], names_a, 2}, {ids[1], names_b, 2}};
    enum status status = context_set_hosts(ctx, hosts, COUNT(hosts), &error);
    identity_free(ids[0]);
    identity_free(ids[1]);
    assert_status(status, ST_OK, &error);
}

/* The CN of what the client is shown; good until the next call. */
static const char *shown(void)
{
    static char name[128];
    X509 *certificate = SSL_get0_peer_certificate(client);
    assert_non_null(certificate);
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                              sizeof name);
    return name;
}

static void ask_for(const char *name)
{
    char copy[64]; /* OpenSSL's macro casts const away, and clang minds */
    snprintf(copy, sizeof copy, "%s", name);
    assert_int_equal(SSL_set_tlsext_host_name(client, copy), 1);
}

static void connect_to(const char *name)
{
    open_connection();
    if (name != NULL)
        ask_for(name);
    connect_both();
}

struct name_row {
    const char *name, *asked, *shown;
};

static const struct name_row name_rows[] = {
    {"a name is shown its certificate", "a.example", "first"},
    {"another name is shown another", "b.example", "second"},
    {"an alias is a name", "www.a.example", "first"},
    {"case does not matter", "B.eXample", "second"},
    {"the root's dot does not matter", "b.example.", "second"},
    {"the root's dot of a configured name does not matter", "WWW.a.example.", "first"},
    {"an address as a name is one", "192.0.2.1", "second"},
    {"who is not known gets the first", "c.example", "first"},
    {"a name below one is another", "x.b.example", "first"},
    {"a name above one is another", "example", "first"},
    {"a dot alone is no name", ".", "first"},
    {"without a name it is the first", NULL, "first"},
};

static void the_name_chooses(void **state)
{
    const struct name_row *row = *state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    set_hosts("first", "second");
    for (size_t i = 0; i < COUNT(versions); i++) {
        assert_int_equal(SSL_CTX_set_max_proto_version(client_ctx, versions[i]), 1);
        assert_int_equal(SSL_CTX_set_min_proto_version(client_ctx, versions[i]), 1);
        connect_to(row->asked);
        assert_string_equal(shown(), row->shown);
        assert_int_equal(SSL_version(client), versions[i]);
    }
}

struct local_row {
    const char *name;
    int family;
    const char *local, *named; /* an address of this machine, and a name of the second */
    size_t side;
};

static const struct local_row local_rows[] = {
    {"an IPv4 address is one's own", AF_INET, "127.0.0.1", "127.0.0.1", 1},
    {"another IPv4 address is not", AF_INET, "127.0.0.1", "127.0.0.2", 0},
    {"an IPv4 address in a socket of both kinds", AF_INET6, "::ffff:127.0.0.1", "127.0.0.1", 1},
    {"an IPv6 address is one's own", AF_INET6, "::1", "::1", 1},
    {"an IPv6 address in brackets, written in another way", AF_INET6, "::1", "[0:0::1]", 1},
    {"another IPv6 address is not", AF_INET6, "::1", "::2", 0},
    {"a bracket alone is no address", AF_INET6, "::1", "[", 0},
    {"no brackets around nothing", AF_INET6, "::1", "[]", 0},
    {"a name is no address", AF_INET, "127.0.0.1", "localhost", 0},
    {"the longest name is no address", AF_INET6, "::1",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example", 0},
    {"a socket without addresses", AF_UNIX, NULL, "127.0.0.1", 0},
};

/* A socket that has this address; the caller closes it. */
static int socket_at(const struct local_row *row)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    int off = 0;
    int fd = socket(row->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (row->family == AF_INET) {
        assert_int_equal(inet_pton(AF_INET, row->local, &v4.sin_addr), 1);
        assert_int_equal(bind(fd, (struct sockaddr *)&v4, sizeof v4), 0);
    } else if (row->family == AF_INET6) {
        assert_int_equal(inet_pton(AF_INET6, row->local, &v6.sin6_addr), 1);
        assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off), 0);
        assert_int_equal(bind(fd, (struct sockaddr *)&v6, sizeof v6), 0);
    }
    return fd;
}

static void without_a_name_the_address_chooses(void **state)
{
    const struct local_row *row = *state;
    char named[128];
    snprintf(named, sizeof named, "%s", row->named);
    char *const names[] = {b, named};
    struct identity *id = make_identity("both");
    const struct context_host hosts[] = {{id, names_a, 2}, {id, names, 2}};
    enum status status = context_set_hosts(ctx, hosts, COUNT(hosts), &error);
    identity_free(id);
    assert_status(status, ST_OK, &error);
    int fd = socket_at(row);
    const struct context_side *side = context_side_at(ctx, fd);
    close(fd);
    assert_ptr_equal(side, &ctx->sides[row->side]);
}

static void a_connection_keeps_its_certificate(void **state)
{
    (void)state;
    size_t n = 0;
    set_hosts("first", "second");
    connect_to("b.example");
    set_hosts("third", "fourth");
    assert_string_equal(shown(), "second");
    client_says("question");
    char bytes[32] = "";
    assert_int_equal(channel_read(ch, bytes, sizeof bytes, &n), CHANNEL_DONE);
    assert_string_equal(bytes, "question");
    connect_to("b.example");
    assert_string_equal(shown(), "fourth");
    connect_to(NULL);
    assert_string_equal(shown(), "third");
}

static void others_may_come_in_the_middle_of_a_handshake(void **state)
{
    (void)state;
    set_hosts("first", "second");
    SSL_CTX_set_max_proto_version(client_ctx, TLS1_2_VERSION); /* two turns of the server */
    open_connection();
    ask_for("b.example");
    SSL_do_handshake(client);
    assert_int_equal(channel_handshake(ch), CHANNEL_READ); /* its certificate is out */
    set_hosts("third", "fourth");
    connect_both();
    assert_string_equal(shown(), "second");
    /* And before the first byte of one. */
    open_connection();
    ask_for("b.example");
    set_hosts("fifth", "sixth");
    connect_both();
    assert_string_equal(shown(), "sixth");
}

static void fewer_hosts_may_come(void **state)
{
    (void)state;
    set_hosts("first", "second");
    struct identity *id = make_identity("alone");
    struct context_host host = {id, names_a, 1};
    enum status status = context_set_hosts(ctx, &host, 1, &error);
    identity_free(id);
    assert_status(status, ST_OK, &error);
    connect_to("b.example");
    assert_string_equal(shown(), "alone");
}

static void a_chain_is_sent_whole(void **state)
{
    (void)state;
    EVP_PKEY *keys[3];
    X509 *chain[3];
    struct identity *id = NULL;
    for (size_t i = 0; i < 3; i++)
        keys[i] = EVP_EC_gen("P-256");
    chain[2] = certificate_make(keys[2], "root", 400, NULL, NULL);
    chain[1] = certificate_make(keys[1], "middle", 400, chain[2], keys[2]);
    chain[0] = certificate_make(keys[0], "leaf", 400, chain[1], keys[1]);
    certificate_put_key(folder_path("key"), keys[0]);
    certificate_put(folder_path("crt"), chain, 2); /* the root is the client's */
    assert_status(identity_load(folder_path("key"), folder_path("crt"), &id, &error), ST_OK,
                  &error);
    struct context_host host = {id, names_a, 1};
    assert_status(context_set_hosts(ctx, &host, 1, &error), ST_OK, &error);
    identity_free(id);
    connect_to("a.example");
    const STACK_OF(X509) *sent = SSL_get_peer_cert_chain(client);
    assert_int_equal(sk_X509_num(sent), 2);
    assert_int_equal(X509_cmp(sk_X509_value(sent, 0), chain[0]), 0);
    assert_int_equal(X509_cmp(sk_X509_value(sent, 1), chain[1]), 0);
    for (size_t i = 0; i < 3; i++) {
        X509_free(chain[i]);
        EVP_PKEY_free(keys[i]);
    }
}

static void versions_are_found_by_their_names(void **state)
{
    (void)state;
    enum context_version version = CONTEXT_TLS13;
    assert_status(context_version_find("1.2", &version, &error), ST_OK, &error);
    assert_int_equal(version, CONTEXT_TLS12);
    assert_status(context_version_find("1.3", &version, &error), ST_OK, &error);
    assert_int_equal(version, CONTEXT_TLS13);
    assert_status(context_version_find("1.1", &version, &error), ST_SYNTAX, &error);
    assert_contains(error.message, "1.1");
}

int main(void)
{
    static struct suite s = {.setup = connection_make, .teardown = connection_remove};
    SUITE_ROWS(&s, the_name_chooses, name_rows);
    SUITE_ROWS(&s, without_a_name_the_address_chooses, local_rows);
    SUITE_TEST(&s, a_connection_keeps_its_certificate);
    SUITE_TEST(&s, others_may_come_in_the_middle_of_a_handshake);
    SUITE_TEST(&s, fewer_hosts_may_come);
    SUITE_TEST(&s, a_chain_is_sent_whole);
    SUITE_TEST(&s, versions_are_found_by_their_names);
    return suite_run(&s, "tls/context");
}
