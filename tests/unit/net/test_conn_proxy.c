/* Connections that a proxy hands on: the header before TLS. */
#include "client.h"
#include "log/log.h"

#define REQUEST "gemini://localhost/page\r\n"
#define LINE    "PROXY TCP4 198.51.100.9 203.0.113.1 50000 7000\r\n"
#define LOCAL   "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"

static uint16_t asked_port; /* of the last request */

static void respond(void *context, const struct net_request *request, struct response *out)
{
    (void)context;
    asked_port = request->port;
    response_set(out, GEMINI_NOT_FOUND, "Not here");
}

static int proxy_make(void **state)
{
    log_init(NULL);
    if (loop_make(state) != 0)
        return -1;
    table.respond = respond;
    asked_port = 0;
    return 0;
}

static unsigned logged(const char *part)
{
    unsigned count = 0;
    for (const char *at = stderr_text(); (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

/* A connection that must begin with a header. */
static struct client *call(void)
{
    return client_call(&clients[0], true);
}

static void say(const struct client *c, struct span bytes)
{
    assert_int_equal(send(c->fd, bytes.p, bytes.n, MSG_NOSIGNAL), bytes.n);
}

/* Bytes of the header that the connection has taken. */
static size_t taken(void)
{
    const struct conn_exchange *exchange = table.first->exchange;
    return exchange == NULL ? 0 : exchange->line_n;
}

/* Begin TLS behind the header, and hear the whole answer. */
static void shake_and_ask(struct client *c)
{
    client_begin(c, REQUEST);
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    assert_span_equal(((struct span){c->in, c->n}), SPAN("51 Not here\r\n"));
}

static void end(struct client *c)
{
    client_close(c);
    wait_until(table.count == 0);
}

struct good_row {
    const char *name;
    struct span header;
    uint16_t port;
    const char *logged; /* the client; NULL when there is no line */
};

static const struct good_row good_rows[] = {
    {"the client and the port are the line's", BYTES(LINE), 7000, "198.51.100.0/24 "},
    {"the client and the port are those of the bytes",
     BYTES("\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24"
           "\x20\x01\x0d\xb8\0\7\0\0\0\0\0\0\0\0\0\1\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2"
           "\xc3\x50\x1b\x58"),
     7000, "2001:db8:7::/48 "},
    {"a mapped client is one of IPv4",
     BYTES("PROXY TCP6 ::ffff:198.51.100.9 ::ffff:203.0.113.1 50000 7000\r\n"), 7000,
     "198.51.100.0/24 "},
    {"an unknown client has the socket's addresses", BYTES("PROXY UNKNOWN\r\n"), GEMINI_PORT,
     "192.0.2.0/24 "},
    {"so has the proxy itself", BYTES(LOCAL), GEMINI_PORT, "192.0.2.0/24 "},
};

static void headers_tell_who_calls(void **state)
{
    const struct good_row *row = *state;
    struct client *c = call();
    say(c, row->header);
    shake_and_ask(c);
    assert_int_equal(asked_port, row->port);
    end(c);
    assert_int_equal(logged(row->logged), 1);
    assert_int_equal(logged("\n"), 1);
}

static void headers_may_come_in_pieces(void **state)
{
    const struct good_row *row = *state;
    struct client *c = call();
    for (size_t i = 0; i < row->header.n; i++) {
        assert_null(table.first->channel);
        say(c, span_sub(row->header, i, i + 1));
        wait_until(i + 1 == row->header.n || taken() == i + 1);
    }
    wait_until(table.first->state == CONN_HELLO);
    assert_null(table.first->exchange);
    shake_and_ask(c);
    assert_int_equal(asked_port, row->port);
}

/* What is behind the header belongs to TLS, up to the last byte. */
static void tls_begins_right_behind_the_header(void **state)
{
    (void)state;
    char both[8192] = LINE;
    struct client *c = call();
    SSL *ssl = hand_open();
    size_t n = hand_hello(ssl, both + strlen(LINE), sizeof both - strlen(LINE));
    say(c, (struct span){both, strlen(LINE) + n});
    hand_shake(ssl, c->fd);
    SSL_free(ssl);
}

struct bad_row {
    const char *name;
    struct span bytes;
    const char *reason;
};

static const struct bad_row bad_rows[] = {
    {"a ClientHello", BYTES("\x16\x03\x01\x02\0\1"), " - no PROXY header\n"},
    {"a request", BYTES("gemini://localhost/\r\n"), " - no PROXY header\n"},
    {"a line with a bad port", BYTES("PROXY TCP4 192.0.2.1 192.0.2.2 1 02\r\n"),
     " - bad PROXY header: bad port\n"},
    {"two headers", BYTES(LINE LINE), " wrong version number\n"},
};

/* Is the socket closed, with nothing said before? */
static bool hung_up(const struct client *c)
{
    char byte;
    ssize_t n = recv(c->fd, &byte, 1, 0);
    assert_true(n <= 0);
    return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static void what_is_no_header_ends_the_connection(void **state)
{
    const struct bad_row *row = *state;
    struct client *c = call();
    say(c, row->bytes);
    if (strstr(row->reason, "PROXY") != NULL)
        wait_until(hung_up(c));
    end(c);
    assert_int_equal(logged(row->reason), 1);
    assert_int_equal(logged("\n"), 1);
}

static void an_end_before_the_header_is_told(void **state)
{
    (void)state;
    end(call());
    assert_int_equal(logged("192.0.2.0/24 - - - 0 0B "), 1);
    assert_int_equal(logged(" - no PROXY header\n"), 1);
}

static void an_end_in_the_header_is_told(void **state)
{
    (void)state;
    struct client *c = call();
    say(c, SPAN("PROXY TCP4 "));
    end(c);
    assert_int_equal(logged(" - bad PROXY header: cut\n"), 1);
}

static void a_probe_that_asks_nothing_is_no_line_in_the_log(void **state)
{
    (void)state;
    struct client *c = call();
    say(c, (struct span)BYTES(LOCAL));
    wait_until(table.first->state == CONN_HELLO);
    end(c);
    assert_int_equal(freed, 1);
    assert_int_equal(logged("\n"), 0);
}

static void stopping_ends_those_that_wait_for_a_header(void **state)
{
    (void)state;
    struct client *c = call();
    say(c, SPAN("PROXY "));
    wait_until(taken() == 6);
    conn_hurry(&table, 0);
    wait_until(freed == 1);
    assert_int_equal(logged("server stops\n"), 1);
}

int main(void)
{
    static struct suite s = {.setup = proxy_make, .teardown = loop_remove};
    SUITE_ROWS(&s, headers_tell_who_calls, good_rows);
    SUITE_ROWS(&s, headers_may_come_in_pieces, good_rows);
    SUITE_TEST(&s, tls_begins_right_behind_the_header);
    SUITE_ROWS(&s, what_is_no_header_ends_the_connection, bad_rows);
    SUITE_TEST(&s, an_end_before_the_header_is_told);
    SUITE_TEST(&s, an_end_in_the_header_is_told);
    SUITE_TEST(&s, a_probe_that_asks_nothing_is_no_line_in_the_log);
    SUITE_TEST(&s, stopping_ends_those_that_wait_for_a_header);
    return suite_run(&s, "net/conn_proxy");
}
