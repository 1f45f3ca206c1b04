#include "tls/channel.h"

#include <sys/syscall.h>

#include "connection.h"

/* As in channel.c: what may be gathered, and a record more. */
#define GATHER_MAX ((size_t)(64 + 17) * 1024)

static size_t sends; /* calls of send(2) */

/* channel.c's calls come here. */
ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
    sends++;
    return syscall(SYS_sendto, fd, bytes, n, flags, NULL, 0);
}

struct version_row {
    const char *name;
    int version;
    const char *expected; /* NULL: the handshake fails */
};

static const struct version_row version_rows[] = {
    {"a client of TLS 1.3 is served", TLS1_3_VERSION, "TLSv1.3"},
    {"a client of TLS 1.2 is served", TLS1_2_VERSION, "TLSv1.2"},
    {"a client of TLS 1.1 is refused", TLS1_1_VERSION, NULL},
    {"a client of TLS 1.0 is refused", TLS1_VERSION, NULL},
};

static void versions_are_agreed_on(void **state)
{
    const struct version_row *row = *state;
    SSL_set_security_level(client, 0);
    SSL_set_min_proto_version(client, row->version);
    SSL_set_max_proto_version(client, row->version);
    assert_string_equal(channel_version(ch), "-");
    if (row->expected != NULL) {
        connect_both();
        assert_string_equal(channel_version(ch), row->expected);
        assert_false(channel_resumed(ch));
    } else {
        assert_int_equal(shake_hands(), CHANNEL_FAIL);
        assert_contains(channel_fault(ch), "unsupported protocol");
        assert_true(channel_pending(ch) > 0);
        assert_string_equal(channel_version(ch), "-");
    }
}

static void only_tls13_is_spoken_where_it_is_the_least(void **state)
{
    (void)state;
    struct ticket_ring tickets = {.count = 1};
    close_connection();
    context_free(ctx);
    ctx = peer_server_with(&tickets, CONTEXT_TLS13);
    open_connection();
    connect_both();
    assert_string_equal(channel_version(ch), "TLSv1.3");
    open_connection();
    SSL_set_max_proto_version(client, TLS1_2_VERSION);
    assert_int_equal(shake_hands(), CHANNEL_FAIL);
    assert_contains(channel_fault(ch), "unsupported protocol");
}

struct suite_row {
    const char *name, *list;
    bool good;
};

static const struct suite_row suite_rows[] = {
    {"AES 128 GCM is served", "ECDHE-ECDSA-AES128-GCM-SHA256", true},
    {"AES 256 GCM is served", "ECDHE-ECDSA-AES256-GCM-SHA384", true},
    {"ChaCha20 is served", "ECDHE-ECDSA-CHACHA20-POLY1305", true},
    {"CBC is refused", "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384", false},
    {"nothing encrypted is refused", "ECDHE-ECDSA-NULL-SHA", false},
    {"an RSA suite does not fit the key", "ECDHE-RSA-AES128-GCM-SHA256", false},
};

static void suites_of_tls12_are_forward_secret_and_authenticated(void **state)
{
    const struct suite_row *row = *state;
    SSL_set_security_level(client, 0);
    SSL_set_max_proto_version(client, TLS1_2_VERSION);
    assert_int_equal(SSL_set_cipher_list(client, row->list), 1);
    assert_int_equal(shake_hands(), row->good ? CHANNEL_DONE : CHANNEL_FAIL);
}

static void a_hello_may_come_byte_by_byte(void **state)
{
    (void)state;
    int slow[2];
    char byte;
    peer_sockets(slow);
    assert_int_equal(SSL_set_fd(client, slow[0]), 1);
    SSL_do_handshake(client);
    while (recv(slow[1], &byte, 1, 0) == 1) {
        assert_int_equal(write(fds[1], &byte, 1), 1);
        enum channel_result result = channel_handshake(ch);
        assert_int_equal(result, CHANNEL_READ);
    }
    close(slow[0]);
    close(slow[1]);
    assert_int_equal(SSL_set_fd(client, fds[1]), 1);
    connect_both();
}

static void unknown_names_and_protocols_are_ignored(void **state)
{
    (void)state;
    static const unsigned char protocols[] = "\x02h2\x06gemini";
    char name[] = "unknown.example";
    assert_int_equal(SSL_set_tlsext_host_name(client, name), 1);
    assert_int_equal(SSL_set_alpn_protos(client, protocols, sizeof protocols - 1), 0);
    connect_both();
}

static void a_client_of_tls12_cannot_renegotiate(void **state)
{
    (void)state;
    SSL_set_max_proto_version(client, TLS1_2_VERSION);
    connect_both();
    assert_int_equal(SSL_renegotiate(client), 1);
    assert_int_equal(SSL_do_handshake(client), -1);
    server_hears(CHANNEL_READ); /* answered with an alert, and no more */
    assert_int_equal(SSL_do_handshake(client), -1);
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_NO_RENEGOTIATION);
}

static void what_the_client_writes_is_read(void **state)
{
    (void)state;
    connect_both();
    server_hears(CHANNEL_READ);
    client_says("gemini://localhost/\r\n");
    assert_string_equal(server_hears(CHANNEL_DONE), "gemini://localhost/\r\n");
    server_hears(CHANNEL_READ);
    client_says("a");
    client_says("b");
    assert_string_equal(server_hears(CHANNEL_DONE), "a");
    assert_string_equal(server_hears(CHANNEL_DONE), "b");
    server_hears(CHANNEL_READ);
}

static void the_answer_and_the_goodbye_reach_the_client(void **state)
{
    (void)state;
    connect_both();
    server_says("20 text/gemini\r\n");
    server_says("# Title\n");
    assert_true(channel_pending(ch) > 0);
    assert_client_hears("", SSL_ERROR_WANT_READ); /* still gathered */
    channel_end(ch);
    assert_int_equal(channel_flush(ch), CHANNEL_DONE);
    assert_int_equal(channel_pending(ch), 0);
    assert_client_hears("20 text/gemini\r\n# Title\n", SSL_ERROR_ZERO_RETURN);
    assert_int_equal(SSL_get_shutdown(client), SSL_RECEIVED_SHUTDOWN);
}

static void what_is_not_flushed_leaves_before_a_wait(void **state)
{
    (void)state;
    connect_both();
    server_says("early");
    server_hears(CHANNEL_READ);
    assert_int_equal(channel_pending(ch), 0);
    assert_client_hears("early", SSL_ERROR_WANT_READ);
}

static void an_end_without_a_goodbye_is_no_goodbye(void **state)
{
    (void)state;
    connect_both();
    server_says("half");
    assert_int_equal(channel_flush(ch), CHANNEL_DONE);
    channel_close(ch);
    ch = NULL;
    shutdown(fds[0], SHUT_WR);
    assert_client_hears("half", SSL_ERROR_SSL); /* "unexpected eof while reading" */
    assert_int_equal(SSL_get_shutdown(client) & SSL_RECEIVED_SHUTDOWN, 0);
}

static void nothing_is_written_after_the_goodbye(void **state)
{
    (void)state;
    size_t put = 0;
    connect_both();
    channel_end(ch);
    assert_int_equal(channel_write(ch, "late", 4, &put), CHANNEL_FAIL);
    assert_int_equal(channel_flush(ch), CHANNEL_DONE);
    assert_client_hears("", SSL_ERROR_ZERO_RETURN);
}

static void a_whole_connection_takes_two_sends(void **state)
{
    (void)state;
    sends = 0;
    SSL_do_handshake(client);
    assert_int_equal(channel_handshake(ch), CHANNEL_READ);
    assert_int_equal(sends, 1); /* the whole first flight */
    assert_int_equal(SSL_do_handshake(client), 1);
    client_says("request");
    assert_int_equal(channel_handshake(ch), CHANNEL_DONE);
    assert_string_equal(server_hears(CHANNEL_DONE), "request");
    for (int i = 0; i < 10; i++)
        server_says("a line of the answer\n");
    channel_end(ch);
    assert_int_equal(channel_flush(ch), CHANNEL_DONE);
    assert_int_equal(sends, 2); /* ticket, answer and close_notify */
}

static char bytes_out[1024 * 1024];
static char bytes_in[sizeof bytes_out + 1];

/* Write from *put on as long as it goes; what stopped it. */
static enum channel_result write_all(size_t *put)
{
    enum channel_result result = CHANNEL_DONE;
    while (*put < sizeof bytes_out && result == CHANNEL_DONE) {
        size_t n = 0;
        result = channel_write(ch, bytes_out + *put, sizeof bytes_out - *put, &n);
        if (result == CHANNEL_DONE)
            *put += n;
    }
    return result;
}

static void a_client_that_does_not_read_stops_the_writing(void **state)
{
    (void)state;
    size_t put = 0;
    connect_both();
    assert_int_equal(write_all(&put), CHANNEL_WRITE);
    assert_true(put < sizeof bytes_out);
    assert_in_range(channel_pending(ch), 1, GATHER_MAX);
    size_t before = put;
    for (int i = 0; i < 10; i++)
        assert_int_equal(write_all(&put), CHANNEL_WRITE);
    assert_int_equal(put, before);
    assert_int_equal(channel_flush(ch), CHANNEL_WRITE);
    assert_in_range(channel_pending(ch), 1, GATHER_MAX);
}

static void writing_goes_on_when_the_client_reads(void **state)
{
    (void)state;
    size_t put = 0;
    size_t got = 0;
    int ended = 0;
    bool said = false;
    for (size_t i = 0; i < sizeof bytes_out; i++)
        bytes_out[i] = (char)(i * 31 + i / 4099);
    connect_both();
    for (int i = 0; i < 1000 && ended != SSL_ERROR_ZERO_RETURN; i++) {
        enum channel_result result = write_all(&put);
        if (result == CHANNEL_DONE && !said) {
            channel_end(ch);
            said = true;
        }
        if (said)
            result = channel_flush(ch);
        assert_true(result == CHANNEL_DONE || result == CHANNEL_WRITE);
        assert_in_range(channel_pending(ch), 0, GATHER_MAX);
        got += peer_read(client, bytes_in + got, sizeof bytes_in - got, &ended);
    }
    assert_int_equal(put, sizeof bytes_out);
    assert_int_equal(got, sizeof bytes_out);
    assert_int_equal(ended, SSL_ERROR_ZERO_RETURN);
    assert_memory_equal(bytes_in, bytes_out, sizeof bytes_out);
}

static void a_client_that_says_goodbye_is_still_answered(void **state)
{
    (void)state;
    connect_both();
    client_says("request");
    assert_int_equal(SSL_shutdown(client), 0);
    assert_string_equal(server_hears(CHANNEL_DONE), "request");
    server_hears(CHANNEL_END);
    server_says("answer");
    channel_end(ch);
    assert_int_equal(channel_flush(ch), CHANNEL_DONE);
    assert_client_hears("answer", SSL_ERROR_ZERO_RETURN);
}

static void a_client_that_closes_its_half_is_still_answered(void **state)
{
    (void)state;
    connect_both();
    client_says("request");
    shutdown(fds[1], SHUT_WR);
    assert_string_equal(server_hears(CHANNEL_DONE), "request");
    server_hears(CHANNEL_END);
    server_says("answer");
    channel_end(ch);
    assert_int_equal(channel_flush(ch), CHANNEL_DONE);
    assert_client_hears("answer", SSL_ERROR_ZERO_RETURN);
}

static void a_client_that_closes_in_the_handshake_has_ended(void **state)
{
    (void)state;
    shutdown(fds[1], SHUT_WR);
    assert_int_equal(channel_handshake(ch), CHANNEL_END);
    open_connection();
    SSL_do_handshake(client);
    assert_int_equal(channel_handshake(ch), CHANNEL_READ);
    shutdown(fds[1], SHUT_WR);
    assert_int_equal(channel_handshake(ch), CHANNEL_END);
    channel_end(ch);
    assert_int_equal(channel_pending(ch), 0);
}

/* Closing with input that nobody read is a reset. */
static void a_client_that_resets_is_a_failure(void **state)
{
    (void)state;
    connect_both();
    server_says("unread");
    assert_int_equal(channel_flush(ch), CHANNEL_DONE);
    close(fds[1]);
    fds[1] = -1;
    server_hears(CHANNEL_FAIL);
    assert_string_equal(channel_fault(ch), "connection reset");
}

static void writing_to_a_client_that_is_gone_is_a_failure(void **state)
{
    (void)state;
    connect_both();
    server_says("answer");
    close(fds[1]);
    fds[1] = -1;
    channel_end(ch);
    assert_int_equal(channel_flush(ch), CHANNEL_FAIL);
    assert_string_equal(channel_fault(ch), "connection reset");
    channel_end(ch);
    assert_int_equal(channel_flush(ch), CHANNEL_FAIL);
}

struct garbage_row {
    const char *name;
    struct span bytes;
};

static const struct garbage_row garbage_rows[] = {
    {"a request without TLS is refused", BYTES("gemini://localhost/\r\n")},
    {"HTTP is refused", BYTES("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")},
    {"zeros are refused", BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")},
    {"a record of another version is refused", BYTES("\x16\x09\x01\0\x05hello")},
};

static void garbage_is_refused(void **state)
{
    const struct garbage_row *row = *state;
    assert_true(write(fds[1], row->bytes.p, row->bytes.n) == (ssize_t)row->bytes.n);
    assert_int_equal(channel_handshake(ch), CHANNEL_FAIL);
    assert_true(channel_fault(ch)[0] != '\0');
    assert_null(strstr(channel_fault(ch), "localhost"));
    size_t pending = channel_pending(ch);
    channel_end(ch); /* there is nothing to end */
    assert_int_equal(channel_pending(ch), pending);
}

static void a_broken_hello_is_answered_with_an_alert(void **state)
{
    (void)state;
    struct span bad = PEER_BAD_RECORD;
    char answer[64] = {0};
    assert_true(write(fds[1], bad.p, bad.n) == (ssize_t)bad.n);
    assert_int_equal(channel_handshake(ch), CHANNEL_FAIL);
    assert_true(channel_pending(ch) > 0);
    assert_int_equal(channel_flush(ch), CHANNEL_DONE);
    assert_true(recv(fds[1], answer, sizeof answer, 0) >= 7);
    assert_int_equal(answer[0], PEER_ALERT);
    assert_int_equal(answer[5], SSL3_AL_FATAL);
}

static void a_failure_of_one_channel_is_not_anothers(void **state)
{
    (void)state;
    struct channel *broken = NULL;
    struct span bad = PEER_BAD_RECORD;
    int others[2];
    size_t got = 0;
    char byte;
    connect_both();
    peer_sockets(others);
    assert_status(channel_open(ctx, others[0], &broken), ST_OK, NULL);
    assert_true(write(others[1], bad.p, bad.n) == (ssize_t)bad.n);
    enum channel_result result = channel_handshake(broken);
    server_hears(CHANNEL_READ);
    enum channel_result again = channel_read(broken, &byte, 1, &got);
    server_hears(CHANNEL_READ);
    client_says("request");
    assert_string_equal(server_hears(CHANNEL_DONE), "request");
    channel_close(broken);
    close(others[0]);
    close(others[1]);
    assert_int_equal(result, CHANNEL_FAIL);
    assert_int_equal(again, CHANNEL_FAIL);
}

struct resumption_row {
    const char *name;
    int version;
    unsigned char secret; /* of the second context; the first has 1 */
    bool resumed;
};

static const struct resumption_row resumption_rows[] = {
    {"a session of TLS 1.3 is resumed by another process", TLS1_3_VERSION, 1, true},
    {"a session of TLS 1.2 is resumed by another process", TLS1_2_VERSION, 1, true},
    {"a ticket of TLS 1.3 under another key is no obstacle", TLS1_3_VERSION, 2, false},
    {"a ticket of TLS 1.2 under another key is no obstacle", TLS1_2_VERSION, 2, false},
};

static void sessions_are_resumed_where_the_ticket_key_is_the_same(void **state)
{
    const struct resumption_row *row = *state;
    SSL_CTX_set_max_proto_version(client_ctx, row->version);
    open_connection();
    connect_both();
    server_says("answer");
    assert_int_equal(channel_flush(ch), CHANNEL_DONE);
    assert_client_hears("answer", SSL_ERROR_WANT_READ);
    SSL_SESSION *session = SSL_get1_session(client);
    SSL_shutdown(client); /* OpenSSL throws the session of a cut connection away */
    close_connection();
    assert_int_equal(SSL_SESSION_is_resumable(session), 1);
    context_free(ctx);
    ctx = peer_server(row->secret);
    open_connection();
    int set = SSL_set_session(client, session);
    SSL_SESSION_free(session);
    assert_int_equal(set, 1);
    connect_both();
    assert_int_equal(channel_resumed(ch), row->resumed);
    assert_int_equal(SSL_session_reused(client), row->resumed);
    server_says("answer");
    assert_int_equal(channel_flush(ch), CHANNEL_DONE);
    assert_client_hears("answer", SSL_ERROR_WANT_READ);
}

static void a_channel_may_be_closed_at_any_time(void **state)
{
    (void)state;
    channel_end(ch);
    assert_int_equal(channel_flush(ch), CHANNEL_DONE);
    assert_int_equal(channel_pending(ch), 0);
    channel_close(NULL);
    close_connection();
    open_connection();
    SSL_do_handshake(client);
    assert_int_equal(channel_handshake(ch), CHANNEL_READ);
    close_connection();
    open_connection();
    connect_both();
    server_says("never sent");
    sends = 0;
    close_connection();
    assert_int_equal(sends, 0);
}

int main(void)
{
    static struct suite s = {.setup = connection_make, .teardown = connection_remove};
    SUITE_ROWS(&s, versions_are_agreed_on, version_rows);
    SUITE_TEST(&s, only_tls13_is_spoken_where_it_is_the_least);
    SUITE_ROWS(&s, suites_of_tls12_are_forward_secret_and_authenticated, suite_rows);
    SUITE_TEST(&s, a_hello_may_come_byte_by_byte);
    SUITE_TEST(&s, unknown_names_and_protocols_are_ignored);
    SUITE_TEST(&s, a_client_of_tls12_cannot_renegotiate);
    SUITE_TEST(&s, what_the_client_writes_is_read);
    SUITE_TEST(&s, the_answer_and_the_goodbye_reach_the_client);
    SUITE_TEST(&s, what_is_not_flushed_leaves_before_a_wait);
    SUITE_TEST(&s, an_end_without_a_goodbye_is_no_goodbye);
    SUITE_TEST(&s, nothing_is_written_after_the_goodbye);
    SUITE_TEST(&s, a_whole_connection_takes_two_sends);
    SUITE_TEST(&s, a_client_that_does_not_read_stops_the_writing);
    SUITE_TEST(&s, writing_goes_on_when_the_client_reads);
    SUITE_TEST(&s, a_client_that_says_goodbye_is_still_answered);
    SUITE_TEST(&s, a_client_that_closes_its_half_is_still_answered);
    SUITE_TEST(&s, a_client_that_closes_in_the_handshake_has_ended);
    SUITE_TEST(&s, a_client_that_resets_is_a_failure);
    SUITE_TEST(&s, writing_to_a_client_that_is_gone_is_a_failure);
    SUITE_ROWS(&s, garbage_is_refused, garbage_rows);
    SUITE_TEST(&s, a_broken_hello_is_answered_with_an_alert);
    SUITE_TEST(&s, a_failure_of_one_channel_is_not_anothers);
    SUITE_ROWS(&s, sessions_are_resumed_where_the_ticket_key_is_the_same, resumption_rows);
    SUITE_TEST(&s, a_channel_may_be_closed_at_any_time);
    return suite_run(&s, "tls/channel");
}
