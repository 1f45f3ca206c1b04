/* What a connection does before TLS: it waits for the whole first record, and costs little. */
#include <dlfcn.h>
#include <sys/syscall.h>

#include "client.h"
#include "log/log.h"

#define HELLO_MAX     20000
#define RECORD_HEADER 5
#define TINY_QUEUE    1 /* the kernel makes it the least that it allows */

static char hello[HELLO_MAX];
static size_t hello_n;
static SSL *hand; /* the client whose hello that is */

/* Budgets are this many times shorter. */
static unsigned hurry = 1;

/* conn.c's calls come here. */
int uv_timer_start(uv_timer_t *timer, uv_timer_cb call, uint64_t timeout, uint64_t repeat)
{
    static int (*real)(uv_timer_t *, uv_timer_cb, uint64_t, uint64_t);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "uv_timer_start");
    return real(timer, call, timeout / hurry, repeat);
}

static unsigned marks; /* how often SO_RCVLOWAT was set */

/* conn_hello.c's calls come here. */
int setsockopt(int fd, int level, int name, const void *value, socklen_t n)
{
    marks += level == SOL_SOCKET && name == SO_RCVLOWAT;
    return (int)syscall(SYS_setsockopt, fd, level, name, value, n);
}

static int hello_make(void **state)
{
    log_init(NULL);
    if (loop_make(state) != 0)
        return -1;
    hurry = 1;
    hand = hand_open();
    hello_n = hand_hello(hand, hello, sizeof hello);
    marks = 0;
    return 0;
}

static int hello_remove(void **state)
{
    SSL_free(hand);
    return loop_remove(state);
}

static unsigned logged(const char *part)
{
    unsigned count = 0;
    for (const char *at = stderr_text(); (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

static void say(const struct client *c, const char *bytes, size_t n)
{
    assert_int_equal(send(c->fd, bytes, n, MSG_NOSIGNAL), n);
}

/* The connection has nothing but its struct. */
static void assert_waits(void)
{
    assert_non_null(table.first);
    assert_int_equal(table.first->state, CONN_HELLO);
    assert_null(table.first->channel);
    assert_null(table.first->exchange);
}

static int low_water(void)
{
    int bytes = 0;
    socklen_t n = sizeof bytes;
    assert_int_equal(getsockopt(table.first->fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, &n), 0);
    return bytes;
}

/* Shake hands to the end; the server then waits for a request, and for every byte of it. */
static void assert_shakes(const struct client *c)
{
    hand_shake(hand, c->fd);
    char bytes[4096];
    int n = BIO_read(SSL_get_wbio(hand), bytes, sizeof bytes);
    assert_true(n > 0);
    say(c, bytes, (size_t)n);
    wait_until(table.first->state == CONN_REQUEST);
    assert_int_equal(low_water(), 1);
    assert_null(table.first->exchange);
}

static void a_hello_in_one_piece_is_not_waited_for(void **state)
{
    (void)state;
    const struct client *c = client_call(&clients[0], false);
    turn();
    assert_waits();
    say(c, hello, hello_n);
    assert_shakes(c);
    assert_int_equal(marks, 0);
}

static void a_hello_may_come_byte_by_byte(void **state)
{
    (void)state;
    const struct client *c = client_call(&clients[0], false);
    for (size_t i = 0; i + 1 < hello_n; i++) {
        say(c, hello + i, 1);
        turn();
        assert_waits();
    }
    wait_for(20);
    assert_waits();
    assert_int_equal(marks, 2); /* for the header and for the record; the loop sleeps in between */
    say(c, hello + hello_n - 1, 1);
    assert_shakes(c);
}

static void a_hello_may_come_in_two_records(void **state)
{
    (void)state;
    const size_t first = 60;
    size_t rest = hello_n - RECORD_HEADER - first;
    const char header[RECORD_HEADER] = {hello[0], hello[1], hello[2], (char)(rest >> 8),
                                        (char)rest};
    const struct client *c = client_call(&clients[0], false);
    char one[RECORD_HEADER + 60];
    memcpy(one, hello, sizeof one);
    one[3] = 0;
    one[4] = (char)first;
    say(c, one, sizeof one);
    wait_until(table.first->state == CONN_HANDSHAKE);
    say(c, header, sizeof header);
    say(c, hello + sizeof one, rest);
    assert_shakes(c);
}

/* No socket of this size ever holds the record. */
static void a_hello_may_be_larger_than_the_socket(void **state)
{
    (void)state;
    unsigned char names[12000];
    int tiny = TINY_QUEUE;
    memset(names, 'x', sizeof names);
    for (size_t i = 0; i < sizeof names; i += 200)
        names[i] = 199;
    SSL_free(hand);
    hand = hand_open();
    assert_int_equal(SSL_set_alpn_protos(hand, names, sizeof names), 0);
    hello_n = hand_hello(hand, hello, sizeof hello);
    assert_true(hello_n > sizeof names);
    const struct client *c = client_call(&clients[0], false);
    setsockopt(table.first->fd, SOL_SOCKET, SO_RCVBUF, &tiny, sizeof tiny);
    for (size_t sent = 0; sent < hello_n;) {
        ssize_t n = send(c->fd, hello + sent, hello_n - sent, MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        turn();
    }
    assert_shakes(c);
}

struct stranger_row {
    const char *name;
    struct span bytes;
};

static const struct stranger_row stranger_rows[] = {
    {"a request without TLS is refused", BYTES("gemini://localhost/\r\n")},
    {"so is a record of a version that never was", BYTES("\x16\x09\x01\x02\0\1")},
    {"so is one over the size of any record", BYTES("\x16\x03\x01\xff\xff\1")},
    {"so is an answer of a server", BYTES("\x17\x03\x03\0\5abcde")},
};

/* Nothing is waited for that TLS would never take. */
static void strangers_are_refused_at_once(void **state)
{
    const struct stranger_row *row = *state;
    const struct client *c = client_call(&clients[0], false);
    say(c, row->bytes.p, 1);
    turn();
    turn();
    assert_waits();
    say(c, row->bytes.p + 1, row->bytes.n - 1);
    wait_until(table.count == 0 || table.first->state == CONN_LINGER);
    assert_int_equal(logged("192.0.2.0/24 - - - 0 0B "), 1);
    assert_int_equal(logged("closed"), 0);
}

struct cut_row {
    const char *name;
    size_t n;
};

static const struct cut_row cut_rows[] = {
    {"an end within the record's header is told", 3},
    {"an end behind the record's header is told", RECORD_HEADER},
    {"an end within the record is told", 100},
};

static void an_end_within_the_hello_is_told(void **state)
{
    const struct cut_row *row = *state;
    const struct client *c = client_call(&clients[0], false);
    say(c, hello, row->n);
    turn();
    shutdown(c->fd, SHUT_WR);
    wait_until(table.count == 0);
    assert_int_equal(logged(" - client closed in the handshake\n"), 1);
}

/* Neither a byte nor a whole record renews it. */
static void the_whole_handshake_has_its_time(void **state)
{
    (void)state;
    hurry = 10; /* 1000 ms */
    uv_update_time(&loop);
    uint64_t began = clock_ms();
    const struct client *c = client_call(&clients[0], false);
    const char fragment[] = "\x16\x03\x01\0\4\1\0\2"; /* and a byte, its NUL: a whole record */
    for (size_t i = 0; i < sizeof fragment && table.count > 0; i++) {
        (void)send(c->fd, fragment + i, 1, MSG_NOSIGNAL);
        wait_for(70);
    }
    assert_int_equal(table.count, 1);
    assert_int_equal(table.first->state, CONN_HANDSHAKE);
    wait_until(table.count == 0);
    uint64_t took = clock_ms() - began;
    assert_true(took >= 990 && took < 1500);
    assert_int_equal(logged(" - timeout in the handshake\n"), 1);
}

static void half_a_hello_has_its_time(void **state)
{
    (void)state;
    hurry = 100;
    const struct client *c = client_call(&clients[0], false);
    say(c, hello, hello_n / 2);
    turn();
    assert_waits();
    wait_until(table.count == 0);
    assert_int_equal(logged(" - timeout in the handshake\n"), 1);
}

static void stopping_ends_those_that_wait_for_a_hello(void **state)
{
    (void)state;
    const struct client *c = client_call(&clients[0], false);
    say(c, hello, hello_n / 2);
    turn();
    conn_hurry(&table, 0);
    wait_until(freed == 1);
    assert_int_equal(logged("server stops\n"), 1);
}

int main(void)
{
    static struct suite s = {.setup = hello_make, .teardown = hello_remove};
    SUITE_TEST(&s, a_hello_in_one_piece_is_not_waited_for);
    SUITE_TEST(&s, a_hello_may_come_byte_by_byte);
    SUITE_TEST(&s, a_hello_may_come_in_two_records);
    SUITE_TEST(&s, a_hello_may_be_larger_than_the_socket);
    SUITE_ROWS(&s, strangers_are_refused_at_once, stranger_rows);
    SUITE_ROWS(&s, an_end_within_the_hello_is_told, cut_rows);
    SUITE_TEST(&s, the_whole_handshake_has_its_time);
    SUITE_TEST(&s, half_a_hello_has_its_time);
    SUITE_TEST(&s, stopping_ends_those_that_wait_for_a_hello);
    return suite_run(&s, "net/conn_hello");
}
