#include "net/conn.h"

#include <dlfcn.h>
#include <sys/syscall.h>

#include "client.h"
#include "log/log.h"

#define REQUEST "gemini://localhost/page\r\n"
#define HEADER  "20 text/gemini\r\n"
#define NEVER   UINT64_MAX
/* Another page, whatever the size of the first. */
#define SMALL_REQUEST "gemini://localhost/small\r\n"
#define SMALL_SIZE    1000

/* What is answered to every request, and what was asked. */
static struct {
    uint64_t size, fail_at;
    unsigned asked, done;
    uint64_t end;   /* of the furthest range */
    size_t largest; /* range */
    bool gap;       /* was a range skipped? */
    char line[GEMINI_URL_MAX + 1];
    uint16_t port;
} page;

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

static int bottomless = -1; /* socket whose client has read whatever is sent, at once */

/* channel.c's calls come here. */
ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
    return fd == bottomless ? (ssize_t)n : syscall(SYS_sendto, fd, bytes, n, flags, NULL, 0);
}

static char page_byte(uint64_t offset)
{
    return (char)(offset * 7 + offset / 1021);
}

static enum status page_fill(struct response *r, uint64_t offset, char *to, size_t n,
                             struct error *e)
{
    (void)r;
    if (page.fail_at < offset + n)
        return error_set(e, ST_IO, 0, "the page broke");
    page.gap = page.gap || offset > page.end || n == 0 || offset + n > page.size;
    page.end = offset + n > page.end ? offset + n : page.end;
    page.largest = n > page.largest ? n : page.largest;
    for (size_t i = 0; i < n; i++)
        to[i] = page_byte(offset + i);
    return ST_OK;
}

static void page_done(struct response *r)
{
    (void)r;
    page.done++;
}

static void page_respond(void *context, const struct net_request *request, struct response *out)
{
    assert_ptr_equal(context, &page);
    page.asked++;
    page.port = request->port;
    snprintf(page.line, sizeof page.line, "%.*s", (int)request->line.n, request->line.p);
    response_set(out, GEMINI_SUCCESS, "text/gemini");
    out->size = strstr(page.line, "/small") == NULL ? page.size : SMALL_SIZE;
    out->fill = page_fill;
    out->done = page_done;
    out->host = SPAN("localhost");
    out->path = SPAN("/page");
}

static int page_make(void **state)
{
    memset(&page, 0, sizeof page);
    page.fail_at = NEVER;
    hurry = 1;
    bottomless = -1;
    log_init(NULL);
    if (loop_make(state) != 0)
        return -1;
    table.respond = page_respond;
    table.context = &page;
    return 0;
}

/* A client heard the header and so many bytes of the page. */
static void assert_heard(const struct client *c, uint64_t size)
{
    size_t header = strlen(HEADER);
    assert_int_equal(c->n, header + size);
    assert_memory_equal(c->in, HEADER, header);
    for (uint64_t i = 0; i < size; i++) {
        if (c->in[header + i] != page_byte(i))
            fail_at(__FILE__, __LINE__, "# byte %zu is wrong\n", (size_t)i);
    }
}

/* How many times a text is in the log. */
static unsigned logged(const char *part)
{
    unsigned count = 0;
    for (const char *at = stderr_text(); (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

/* The client hangs up, and the connection is given back. */
static void hang_up(struct client *c)
{
    client_close(c);
    wait_until(table.count == 0);
}

struct size_row {
    const char *name;
    uint64_t size;
};

static const struct size_row size_rows[] = {
    {"a page without a byte is answered", 0},
    {"a page of one byte is answered", 1},
    {"a page of one record is answered", 16384},
    {"a page of a chunk is answered", CONN_CHUNK},
    {"a page of a chunk and a byte is answered", CONN_CHUNK + 1},
    {"a page of many chunks is answered", 1000000},
};

static void pages_are_answered(void **state)
{
    const struct size_row *row = *state;
    page.size = row->size;
    struct client *c = client_open(&clients[0], REQUEST);
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    assert_heard(c, row->size);
    assert_int_equal(page.asked, 1);
    assert_int_equal(page.end, row->size);
    assert_false(page.gap);
    assert_true(page.largest <= CONN_CHUNK);
    hang_up(c);
    assert_int_equal(page.done, 1);
    assert_int_equal(freed, 1);
}

static void the_request_is_handed_on(void **state)
{
    (void)state;
    struct client *c = client_open(&clients[0], "gemini://localhost/a%20b?c\r\n");
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    assert_string_equal(page.line, "gemini://localhost/a%20b?c");
    assert_int_equal(page.port, 1965);
}

static void the_log_tells_of_the_connection(void **state)
{
    (void)state;
    page.size = 12345;
    struct client *c = client_open(&clients[0], REQUEST);
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    hang_up(c);
    assert_int_equal(logged("192.0.2.0/24 - localhost /page 20 12345B "), 1);
    assert_int_equal(logged("ms TLSv1.3 done\n"), 1);
    assert_int_equal(logged("\n"), 1);
}

static void the_socket_is_closed_behind_the_goodbye(void **state)
{
    (void)state;
    char byte;
    struct client *c = client_open(&clients[0], REQUEST);
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    ssize_t n = -1;
    wait_until((n = recv(c->fd, &byte, 1, 0)) >= 0);
    assert_int_equal(n, 0);
}

static void a_slow_client_costs_one_chunk_at_a_time(void **state)
{
    (void)state;
    page.size = 1000000;
    struct client *c = client_open(&clients[0], REQUEST);
    c->deaf = true;
    wait_until(page.end > 0);
    wait_for(100);
    uint64_t end = page.end;
    assert_true(end < page.size / 2);
    wait_for(100);
    assert_int_equal(page.end, end);
    assert_int_equal(page.done, 0);
    c->deaf = false;
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    assert_heard(c, page.size);
    assert_false(page.gap);
    hang_up(c);
    assert_int_equal(page.done, 1);
}

struct failure_row {
    const char *name;
    uint64_t fail_at;
};

static const struct failure_row failure_rows[] = {
    {"a page that fails in its second chunk ends without a goodbye", CONN_CHUNK},
    {"a page that fails far in ends without a goodbye", 700000},
};

static void failures_end_without_a_goodbye(void **state)
{
    const struct failure_row *row = *state;
    page.size = 1000000;
    page.fail_at = row->fail_at;
    struct client *c = client_open(&clients[0], REQUEST);
    wait_until(c->ended != SSL_ERROR_NONE && c->ended != SSL_ERROR_WANT_READ);
    assert_int_not_equal(c->ended, SSL_ERROR_ZERO_RETURN);
    assert_true(c->n <= strlen(HEADER) + row->fail_at);
    assert_heard(c, c->n - strlen(HEADER));
    hang_up(c);
    assert_int_equal(page.done, 1);
    assert_int_equal(freed, 1);
    assert_int_equal(logged("the page broke\n"), 1);
    assert_int_equal(logged(" body not readable\n"), 1);
}

struct unreadable_row {
    const char *name;
    uint64_t size, fail_at;
};

static const struct unreadable_row unreadable_rows[] = {
    {"a small page that cannot be read is answered with 40", 1, 0},
    {"a large page whose start cannot be read is answered with 40", 1000000, 0},
    {"a large page whose first chunk cannot be read whole likewise", 1000000, CONN_CHUNK - 1},
};

static void unreadable_pages_are_answered_with_40(void **state)
{
    const struct unreadable_row *row = *state;
    page.size = row->size;
    page.fail_at = row->fail_at;
    struct client *c = client_open(&clients[0], REQUEST);
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    assert_span_equal(((struct span){c->in, c->n}),
                      SPAN("40 This page cannot be read at the moment\r\n"));
    hang_up(c);
    assert_int_equal(page.done, 1);
    assert_int_equal(freed, 1);
    assert_int_equal(logged("the page broke\n"), 1);
    assert_int_equal(logged(" localhost /page 40 0B "), 1);
    assert_int_equal(logged(" done\n"), 1);
}

static char long_line[GEMINI_URL_MAX + 64];

struct bad_row {
    const char *name, *request;
};

static const struct bad_row bad_rows[] = {
    {"a line that ends in LF alone is a bad request", "gemini://localhost/\n"},
    {"a CR in the line is a bad request", "gemini://localhost/\ra\r\n"},
    {"an LF in the line is a bad request", "gemini://localhost/\na\r\n"},
    {"a line over 1024 bytes is a bad request", long_line},
};

static void bad_requests_are_answered_with_59(void **state)
{
    const struct bad_row *row = *state;
    memset(long_line, 'x', sizeof long_line - 1);
    struct client *c = client_open(&clients[0], row->request);
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    c->in[c->n] = '\0';
    assert_true(c->n > 5);
    assert_memory_equal(c->in, "59 ", 3);
    assert_ptr_equal(strstr(c->in, "\r\n"), c->in + c->n - 2);
    assert_int_equal(page.asked, 0);
    hang_up(c);
    assert_int_equal(logged("192.0.2.0/24 - - - 59 0B "), 1);
    c->in[c->n - 2] = '\n'; /* the log says what the client was told */
    c->in[c->n - 1] = '\0';
    assert_int_equal(logged(c->in + 3), 1);
}

static void half_a_request_and_an_end_is_answered_with_59(void **state)
{
    (void)state;
    struct client *c = client_open(&clients[0], "gemini://local");
    wait_until(c->request.n == 0);
    shutdown(c->fd, SHUT_WR);
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    assert_memory_equal(c->in, "59 ", 3);
    assert_int_equal(page.asked, 0);
}

static void a_request_may_come_in_pieces(void **state)
{
    (void)state;
    struct client *c = client_open(&clients[0], "gemini://");
    wait_until(c->request.n == 0);
    wait_for(20);
    c->request = SPAN("localhost/\r");
    wait_for(20);
    assert_int_equal(page.asked, 0);
    c->request = SPAN("\n");
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    assert_string_equal(page.line, "gemini://localhost/");
}

static void what_comes_behind_a_request_is_nobodys(void **state)
{
    (void)state;
    static char text[200000];
    memset(text, 'x', sizeof text - 1);
    memcpy(text, REQUEST REQUEST, strlen(REQUEST REQUEST));
    page.size = 500000;
    struct client *c = client_open(&clients[0], text);
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    assert_heard(c, page.size);
    assert_int_equal(page.asked, 1);
}

static void a_client_that_never_speaks_is_given_back(void **state)
{
    (void)state;
    struct client *c = client_open(&clients[0], "");
    hang_up(c);
    assert_int_equal(freed, 1);
    assert_int_equal(page.asked, 0);
    assert_int_equal(logged("192.0.2.0/24 - - - 0 0B "), 1);
    assert_int_equal(logged(" - client closed in the handshake\n"), 1);
}

static void a_client_that_leaves_before_a_request_is_given_back(void **state)
{
    (void)state;
    struct client *c = client_open(&clients[0], "");
    wait_until(table.first != NULL && table.first->state == CONN_REQUEST);
    hang_up(c);
    assert_int_equal(page.asked, 0);
    assert_int_equal(logged(" TLSv1.3 client closed before a request\n"), 1);
}

static void a_client_that_leaves_in_the_answer_is_given_back(void **state)
{
    (void)state;
    page.size = 1000000;
    struct client *c = client_open(&clients[0], REQUEST);
    c->deaf = true;
    wait_until(page.end > 0);
    wait_for(20);
    hang_up(c);
    assert_int_equal(page.done, 1);
    assert_int_equal(freed, 1);
    assert_int_equal(logged(" /page 20 "), 1);
    assert_int_equal(logged("connection reset in the answer\n"), 1);
    assert_int_equal(logged(" TLSv1.3 "), 1); /* it was agreed on */
}

static void a_broken_hello_is_answered_with_an_alert(void **state)
{
    (void)state;
    struct span bad = PEER_BAD_RECORD;
    char answer[64] = {0};
    struct client *c = client_open(&clients[0], "");
    SSL_free(c->ssl);
    c->ssl = NULL;
    assert_true(write(c->fd, bad.p, bad.n) == (ssize_t)bad.n);
    wait_until(recv(c->fd, answer, sizeof answer, 0) > 0);
    assert_int_equal(answer[0], PEER_ALERT);
    hang_up(c);
    assert_int_equal(freed, 1);
}

static void clients_are_served_at_the_same_time(void **state)
{
    (void)state;
    page.size = 300000;
    for (size_t i = 0; i < CLIENTS; i++)
        client_open(&clients[i], REQUEST);
    clients[0].deaf = true;
    assert_int_equal(table.count, CLIENTS);
    for (size_t i = 1; i < CLIENTS; i++) {
        wait_until(clients[i].ended == SSL_ERROR_ZERO_RETURN);
        assert_heard(&clients[i], page.size);
    }
    clients[0].deaf = false;
    wait_until(clients[0].ended == SSL_ERROR_ZERO_RETURN);
    assert_heard(&clients[0], page.size);
    for (size_t i = 0; i < CLIENTS; i++)
        client_close(&clients[i]);
    wait_until(table.count == 0);
    assert_int_equal(page.done, CLIENTS);
    assert_int_equal(freed, CLIENTS);
}

/* A client whose handshake is over, before its request. */
static struct client *client_ready(struct client *c)
{
    client_open(c, "");
    struct conn *own = table.first;
    wait_until(own->state == CONN_REQUEST && SSL_is_init_finished(c->ssl));
    return c;
}

/* Who takes every byte at once could be served without end. */
static void a_client_that_reads_fast_leaves_the_others_their_turn(void **state)
{
    (void)state;
    page.size = (uint64_t)64 * 1024 * 1024;
    struct client *fast = client_ready(&clients[0]);
    bottomless = table.first->fd;
    struct client *other = client_ready(&clients[1]);
    fast->request = SPAN(REQUEST);
    wait_until(page.end > 0);
    assert_true(page.end < page.size);
    other->request = SPAN(SMALL_REQUEST);
    wait_until(other->ended == SSL_ERROR_ZERO_RETURN);
    assert_heard(other, SMALL_SIZE);
    assert_true(page.end < page.size);
    wait_until(page.end == page.size); /* and it is not forgotten */
    assert_int_equal(page.asked, 2);
    assert_false(page.gap);
}

static void stopping_ends_those_that_wait_and_lets_answers_finish(void **state)
{
    (void)state;
    page.size = 1000000;
    struct client *busy = client_open(&clients[0], REQUEST);
    busy->deaf = true;
    client_open(&clients[1], "gemini://half");
    wait_until(page.end > 0 && clients[1].request.n == 0);
    client_open(&clients[2], "");
    conn_hurry(&table, 0);
    wait_until(freed == 2);
    assert_int_equal(logged("server stops\n"), 2);
    busy->deaf = false;
    wait_until(busy->ended == SSL_ERROR_ZERO_RETURN);
    assert_heard(busy, page.size);
}

static void stopping_waits_a_moment_for_those_who_are_about_to_ask(void **state)
{
    (void)state;
    struct client *quick = client_ready(&clients[0]);
    client_open(&clients[1], SMALL_REQUEST);
    client_open(&clients[2], "gemini://half");
    conn_hurry(&table, 100);
    quick->request = SPAN(SMALL_REQUEST);
    wait_until(freed == 3);
    assert_heard(quick, SMALL_SIZE);
    assert_heard(&clients[1], SMALL_SIZE);
    assert_int_equal(logged("server stops\n"), 1);
}

static void stopping_at_once_ends_everything(void **state)
{
    (void)state;
    page.size = 1000000;
    struct client *busy = client_open(&clients[0], REQUEST);
    busy->deaf = true;
    client_open(&clients[1], "");
    wait_until(page.end > 0);
    conn_abort_all(&table);
    wait_until(freed == 2);
    assert_int_equal(page.done, 1);
    busy->deaf = false;
    wait_until(busy->ended != SSL_ERROR_NONE && busy->ended != SSL_ERROR_WANT_READ);
    assert_int_not_equal(busy->ended, SSL_ERROR_ZERO_RETURN);
}

static void a_handshake_has_its_time(void **state)
{
    (void)state;
    hurry = 100;
    struct client *c = client_open(&clients[0], "");
    SSL_free(c->ssl);
    c->ssl = NULL;
    wait_until(table.count == 0);
    assert_int_equal(logged(" - timeout in the handshake\n"), 1);
}

/* And no byte of it renews that. */
static void a_proxy_header_has_its_time(void **state)
{
    (void)state;
    hurry = 50; /* 100 ms */
    uv_update_time(&loop);
    uint64_t began = clock_ms();
    struct client *c = client_call(&clients[0], true);
    for (int i = 0; i < 60 && table.count > 0; i++) {
        (void)send(c->fd, i == 0 ? "PROXY UNKNOWN " : "x", i == 0 ? 14 : 1, MSG_NOSIGNAL);
        wait_for(20);
    }
    assert_int_equal(table.count, 0);
    assert_true(clock_ms() - began >= 95);
    assert_int_equal(logged(" - timeout in the PROXY header\n"), 1);
}

static void a_request_has_its_time_and_ends_with_a_goodbye(void **state)
{
    (void)state;
    struct client *c = client_open(&clients[0], "gemini://half");
    wait_until(SSL_is_init_finished(c->ssl));
    hurry = 100;
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    assert_int_equal(c->n, 0);
    hang_up(c);
    assert_int_equal(logged("timeout before a request\n"), 1);
    assert_int_equal(page.asked, 0);
}

static void an_answer_that_nobody_takes_has_its_time(void **state)
{
    (void)state;
    page.size = 1000000;
    struct client *c = client_open(&clients[0], REQUEST);
    c->deaf = true;
    wait_until(SSL_is_init_finished(c->ssl));
    hurry = 500;
    wait_until(table.count == 0);
    assert_int_equal(page.done, 1);
    assert_int_equal(logged("timeout in the answer\n"), 1);
    assert_int_equal(logged(" TLSv1.3 "), 1); /* it was agreed on */
}

static void an_answer_that_is_taken_slowly_is_not_cut(void **state)
{
    (void)state;
    page.size = 600000;
    struct client *c = client_open(&clients[0], REQUEST);
    c->deaf = true;
    wait_until(SSL_is_init_finished(c->ssl));
    hurry = 500; /* 240 ms */
    uint64_t began = clock_ms();
    while (c->n < strlen(HEADER) + page.size && clock_ms() < began + PATIENCE) {
        size_t rest = TEXT_MAX - c->n;
        c->n += peer_read(c->ssl, c->in + c->n, rest < 16000 ? rest : 16000, &c->ended);
        wait_for(30);
    }
    assert_true(clock_ms() - began > 900);
    assert_heard(c, page.size);
    assert_int_equal(logged("timeout"), 0);
}

static void a_client_that_stays_is_left_after_a_second(void **state)
{
    (void)state;
    struct client *c = client_open(&clients[0], REQUEST);
    wait_until(SSL_is_init_finished(c->ssl));
    hurry = 10;
    wait_until(table.count == 0);
    assert_int_equal(c->ended, SSL_ERROR_ZERO_RETURN);
    assert_int_equal(logged(" done\n"), 1);
}

int main(void)
{
    static struct suite s = {.setup = page_make, .teardown = loop_remove};
    SUITE_ROWS(&s, pages_are_answered, size_rows);
    SUITE_TEST(&s, the_request_is_handed_on);
    SUITE_TEST(&s, the_log_tells_of_the_connection);
    SUITE_TEST(&s, the_socket_is_closed_behind_the_goodbye);
    SUITE_TEST(&s, a_slow_client_costs_one_chunk_at_a_time);
    SUITE_ROWS(&s, failures_end_without_a_goodbye, failure_rows);
    SUITE_ROWS(&s, unreadable_pages_are_answered_with_40, unreadable_rows);
    SUITE_ROWS(&s, bad_requests_are_answered_with_59, bad_rows);
    SUITE_TEST(&s, half_a_request_and_an_end_is_answered_with_59);
    SUITE_TEST(&s, a_request_may_come_in_pieces);
    SUITE_TEST(&s, what_comes_behind_a_request_is_nobodys);
    SUITE_TEST(&s, a_client_that_never_speaks_is_given_back);
    SUITE_TEST(&s, a_client_that_leaves_before_a_request_is_given_back);
    SUITE_TEST(&s, a_client_that_leaves_in_the_answer_is_given_back);
    SUITE_TEST(&s, a_broken_hello_is_answered_with_an_alert);
    SUITE_TEST(&s, clients_are_served_at_the_same_time);
    SUITE_TEST(&s, a_client_that_reads_fast_leaves_the_others_their_turn);
    SUITE_TEST(&s, stopping_ends_those_that_wait_and_lets_answers_finish);
    SUITE_TEST(&s, stopping_waits_a_moment_for_those_who_are_about_to_ask);
    SUITE_TEST(&s, stopping_at_once_ends_everything);
    SUITE_TEST(&s, a_handshake_has_its_time);
    SUITE_TEST(&s, a_proxy_header_has_its_time);
    SUITE_TEST(&s, a_request_has_its_time_and_ends_with_a_goodbye);
    SUITE_TEST(&s, an_answer_that_nobody_takes_has_its_time);
    SUITE_TEST(&s, an_answer_that_is_taken_slowly_is_not_cut);
    SUITE_TEST(&s, a_client_that_stays_is_left_after_a_second);
    return suite_run(&s, "net/conn");
}
