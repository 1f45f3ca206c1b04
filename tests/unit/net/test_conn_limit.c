/* What a connection may take: its address's share, and a reader's time. */
#include "client.h"
#include "log/log.h"

#define REQUEST "gemini://localhost/page\r\n"
#define PAGE    1000000 /* bytes, more than the queues of both sides */

/* Bytes that a client's queue does not take, and the server's does. */
#define TAIL 30000

static unsigned asked;
static size_t page; /* bytes of it */

static enum status fill(struct response *r, uint64_t offset, char *to, size_t n, struct error *e)
{
    (void)r, (void)offset, (void)e;
    memset(to, 'x', n);
    return ST_OK;
}

static void respond(void *context, const struct net_request *request, struct response *out)
{
    (void)context, (void)request;
    asked++;
    response_set(out, GEMINI_SUCCESS, "text/plain");
    out->size = page;
    out->fill = fill;
}

static int limit_make(void **state)
{
    log_init(NULL);
    if (loop_make(state) != 0)
        return -1;
    table.respond = respond;
    asked = 0;
    page = PAGE;
    return 0;
}

static int limit_remove(void **state)
{
    struct quotas *quotas = table.quotas;
    int removed = loop_remove(state); /* connections have a share of them */
    quotas_free(quotas);
    return removed;
}

static void limit_to(unsigned connections, unsigned rate, unsigned burst)
{
    struct error e;
    struct quota_plan plan = {.connections = connections, .rate = rate, .burst = burst};
    assert_status(quotas_new(&plan, &table.quotas, &e), ST_OK, &e);
}

/* Is the address of client_call's clients let in once more? */
static bool has_room(void)
{
    struct sockaddr_storage from = {0};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct quota *one;
    assert_int_equal(inet_pton(AF_INET, "192.0.2.77", &v4.sin_addr), 1);
    memcpy(&from, &v4, sizeof v4);
    bool room = quota_enter(table.quotas, &from, &one);
    if (room)
        quota_leave(one);
    return room;
}

static void requests_over_the_rate_are_not_looked_at(void **state)
{
    (void)state;
    limit_to(0, 1, 1);
    struct client *first = client_open(&clients[0], REQUEST);
    wait_until(first->ended == SSL_ERROR_ZERO_RETURN);
    struct client *second = client_open(&clients[1], REQUEST);
    wait_until(second->ended == SSL_ERROR_ZERO_RETURN);
    assert_span_equal(((struct span){second->in, second->n}), SPAN("44 1\r\n"));
    assert_int_equal(asked, 1);
    client_close(second);
    wait_until(strstr(stderr_text(), " - - 44 0B ") != NULL);
    assert_contains(stderr_text(), " too many requests\n");
}

static void one_too_many_of_an_address_is_closed(void **state)
{
    (void)state;
    int server = -1, client = -1;
    char byte;
    struct sockaddr_storage from = {.ss_family = AF_INET};
    limit_to(1, 0, 1);
    tcp_pair(&server, &client);
    assert_status(conn_accept(&table, server, &from, GEMINI_PORT, false), ST_OK, NULL);
    int refused = client;
    tcp_pair(&server, &refused);
    assert_int_equal(send(refused, "hello", 5, MSG_NOSIGNAL), 5);
    assert_status(conn_accept(&table, server, &from, GEMINI_PORT, false), ST_LIMIT, NULL);
    assert_int_equal(table.count, 1);
    assert_int_equal(recv(refused, &byte, 1, 0), 0); /* no reset */
    assert_contains(stderr_text(), " too many connections of one address\n");
    close(refused);
    close(client);
}

struct end_row {
    const char *name;
    const char *request; /* NULL: only TCP is connected */
    bool deaf;
};

static const struct end_row end_rows[] = {
    {"a client that never speaks", NULL, false},
    {"a client with half a request", "gemini://half", false},
    {"a client that leaves in the answer", REQUEST, true},
};

static void whoever_leaves_gives_the_place_back(void **state)
{
    const struct end_row *row = *state;
    limit_to(1, 0, 1);
    struct client *c = row->request == NULL ? client_call(&clients[0], false)
                                            : client_open(&clients[0], row->request);
    c->deaf = row->deaf;
    for (int i = 0; i < 100; i++)
        turn();
    assert_false(has_room());
    client_close(c);
    wait_until(table.count == 0);
    assert_true(has_room());
}

static void whoever_has_the_answer_and_stays_takes_no_place(void **state)
{
    (void)state;
    table.limits.close = 60000;
    limit_to(1, 0, 1);
    struct client *c = client_open(&clients[0], REQUEST);
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    wait_until(has_room());
    assert_int_equal(table.count, 1);
}

/* Else one address could have every place of the server, for as long as a reader may stall. */
static void who_leaves_the_end_of_the_answer_lying_takes_a_place(void **state)
{
    (void)state;
    page = TAIL;
    table.limits.close = 50;
    limit_to(1, 0, 1);
    struct client *c = client_open(&clients[0], REQUEST);
    c->deaf = true;
    wait_until(asked == 1 && table.first->state == CONN_LINGER);
    wait_until(!has_room());
    wait_for(4 * table.limits.close);
    assert_int_equal(table.count, 1);
    assert_false(has_room());
    client_close(c);
    wait_until(table.count == 0);
    assert_true(has_room());
}

static void who_leaves_it_lying_when_others_have_the_places_is_closed(void **state)
{
    (void)state;
    page = TAIL;
    table.limits.close = 500;
    limit_to(1, 0, 1);
    struct client *c = client_open(&clients[0], REQUEST);
    c->deaf = true;
    wait_until(asked == 1 && table.first->state == CONN_LINGER);
    client_call(&clients[1], false);
    assert_int_equal(table.count, 2);
    wait_until(table.count == 1);
    assert_int_equal(table.first->state, CONN_HELLO);
    c->deaf = false; /* the system sends the rest */
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    assert_true(c->n > TAIL);
}

static void a_proxy_takes_no_place_but_its_clients_do(void **state)
{
    (void)state;
    static const char line[] = "PROXY TCP4 192.0.2.77 203.0.113.1 50000 7000\r\n";
    limit_to(1, 0, 1);
    struct client *c = client_call(&clients[0], true);
    struct client *second = client_call(&clients[1], true);
    turn();
    assert_true(has_room());
    assert_int_equal(send(c->fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
    wait_until(!has_room());
    assert_int_equal(send(second->fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
    wait_until(table.count == 1);
    assert_contains(stderr_text(), "192.0.2.0/24 ");
    assert_contains(stderr_text(), " too many connections of one address\n");
}

/* A reader that takes some 500 KB a second. */
static void read_slowly(struct client *c)
{
    c->deaf = true;
    wait_until(SSL_is_init_finished(c->ssl) && asked == 1);
    while (c->n < PAGE && table.count > 0) {
        size_t got = peer_read(c->ssl, c->in + c->n, 16000, &c->ended);
        c->n += got;
        if (got == 0 && c->ended != SSL_ERROR_WANT_READ)
            break;
        wait_for(30);
    }
}

struct rate_row {
    const char *name;
    unsigned rate;
    bool whole;
};

static const struct rate_row rate_rows[] = {
    {"a reader at more than the least rate is not cut", 100000, true},
    {"a reader at less is cut, though it always takes some", 5000000, false},
    {"without a rate it is enough to take some", 0, true},
};

static void readers_must_keep_up(void **state)
{
    const struct rate_row *row = *state;
    table.limits.stall = 360;
    table.limits.rate = row->rate;
    struct client *c = client_open(&clients[0], REQUEST);
    read_slowly(c);
    assert_int_equal(c->n >= PAGE, row->whole);
    assert_int_equal(strstr(stderr_text(), "timeout in the answer\n") == NULL, row->whole);
}

static void a_stalled_reader_is_cut_in_its_time(void **state)
{
    (void)state;
    table.limits.stall = 240;
    struct client *c = client_open(&clients[0], REQUEST);
    c->deaf = true;
    wait_until(asked == 1);
    uint64_t began = clock_ms();
    wait_until(table.count == 0);
    assert_in_range(clock_ms() - began, 200, 5000);
    assert_contains(stderr_text(), "timeout in the answer\n");
}

int main(void)
{
    static struct suite s = {.setup = limit_make, .teardown = limit_remove};
    SUITE_TEST(&s, requests_over_the_rate_are_not_looked_at);
    SUITE_TEST(&s, one_too_many_of_an_address_is_closed);
    SUITE_ROWS(&s, whoever_leaves_gives_the_place_back, end_rows);
    SUITE_TEST(&s, whoever_has_the_answer_and_stays_takes_no_place);
    SUITE_TEST(&s, who_leaves_the_end_of_the_answer_lying_takes_a_place);
    SUITE_TEST(&s, who_leaves_it_lying_when_others_have_the_places_is_closed);
    SUITE_TEST(&s, a_proxy_takes_no_place_but_its_clients_do);
    SUITE_ROWS(&s, readers_must_keep_up, rate_rows);
    SUITE_TEST(&s, a_stalled_reader_is_cut_in_its_time);
    return suite_run(&s, "net/conn_limit");
}
