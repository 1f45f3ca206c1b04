#include "net/listener.h"

#include <errno.h>
#include <sys/resource.h>

#include "client.h"

static struct error error;
static int bound[4] = {-1, -1, -1, -1}; /* sockets that a test has bound */
static struct listeners *listeners;

static int sockets_remove(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bound); i++) {
        if (bound[i] >= 0)
            close(bound[i]);
        bound[i] = -1;
    }
    return 0;
}

struct address_row {
    const char *name, *address;
    bool good;
};

static const struct address_row address_rows[] = {
    {"all IPv4 addresses", "0.0.0.0:1965", true},
    {"all IPv6 addresses", "[::]:1965", true},
    {"one IPv4 address", "192.0.2.1:1965", true},
    {"one IPv6 address", "[2001:db8::1]:1965", true},
    {"port 0", "127.0.0.1:0", true},
    {"the last port", "127.0.0.1:65535", true},
    {"one port over the last", "127.0.0.1:65536", false},
    {"a port below 0", "127.0.0.1:-1", false},
    {"a port that is a word", "127.0.0.1:gemini", false},
    {"a port with something behind it", "127.0.0.1:1965x", false},
    {"a port in hexadecimal", "127.0.0.1:0x7ad", false},
    {"a port with a blank", "127.0.0.1: 1965", false},
    {"a port with a sign", "127.0.0.1:+1965", false},
    {"a port over all ranges", "127.0.0.1:99999999999999999999", false},
    {"an empty port", "127.0.0.1:", false},
    {"an address alone", "127.0.0.1", false},
    {"a port alone", "1965", false},
    {"an empty address", ":1965", false},
    {"empty brackets", "[]:1965", false},
    {"an IPv6 address without brackets", "::1:1965", false},
    {"an IPv6 address without a port", "[::1]", false},
    {"brackets that are not closed", "[::1:1965", false},
    {"a host name, which may mean many addresses", "localhost:1965", false},
    {"a star", "*:1965", false},
    {"an address that is too large", "256.0.0.1:1965", false},
    {"a blank before the address", " 127.0.0.1:1965", false},
    {"a URL", "gemini://127.0.0.1:1965", false},
    {"nothing", "", false},
};

static void addresses_are_checked(void **state)
{
    const struct address_row *row = *state;
    assert_status(listener_check(row->address, &error), row->good ? ST_OK : ST_SYNTAX, &error);
    if (!row->good) {
        char expected[128];
        snprintf(expected, sizeof expected, "listen %s: ", row->address);
        assert_contains(error.message, expected);
        assert_status(listener_bind(row->address, &bound[0], &error), ST_SYNTAX, &error);
        assert_contains(error.message, expected);
    }
}

static void a_very_long_address_is_refused(void **state)
{
    (void)state;
    char address[2000];
    memset(address, '1', sizeof address);
    memcpy(address + sizeof address - 6, ":1965", 6);
    assert_status(listener_check(address, &error), ST_SYNTAX, &error);
}

/* Bind, or skip the test where the machine has no such kind of address. */
static void bind_or_skip(const char *address, int *fd)
{
    enum status status = listener_bind(address, fd, &error);
    if (status == ST_MISSING)
        skip();
    assert_status(status, ST_OK, &error);
}

static void port_0_takes_a_free_one_and_the_name_tells_it(void **state)
{
    (void)state;
    static const char *const addresses[] = {"127.0.0.1:0", "[::1]:0"};
    for (size_t i = 0; i < COUNT(addresses); i++) {
        char name[LISTENER_NAME_MAX];
        char expected[LISTENER_NAME_MAX];
        bind_or_skip(addresses[i], &bound[i]);
        uint16_t port = listener_name(bound[i], name);
        assert_true(port > 0);
        snprintf(expected, sizeof expected, "%.*s:%u", (int)strlen(addresses[i]) - 2, addresses[i],
                 port);
        assert_string_equal(name, expected);
    }
}

static void the_socket_does_not_wait_and_is_not_inherited(void **state)
{
    (void)state;
    assert_status(listener_bind("127.0.0.1:0", &bound[0], &error), ST_OK, &error);
    assert_true((fcntl(bound[0], F_GETFL) & O_NONBLOCK) != 0);
    assert_int_equal(fcntl(bound[0], F_GETFD), FD_CLOEXEC);
    assert_int_equal(accept(bound[0], NULL, NULL), -1);
    assert_true(errno == EAGAIN || errno == EWOULDBLOCK);
}

static void a_taken_port_is_told_by_its_address(void **state)
{
    (void)state;
    char name[LISTENER_NAME_MAX];
    char expected[LISTENER_NAME_MAX + 64];
    assert_status(listener_bind("127.0.0.1:0", &bound[0], &error), ST_OK, &error);
    listener_name(bound[0], name);
    assert_status(listener_bind(name, &bound[1], &error), ST_IO, &error);
    snprintf(expected, sizeof expected, "listen %s: Address already in use", name);
    assert_string_equal(error.message, expected);
    assert_int_equal(error.errnum, EADDRINUSE);
}

/* Other programs take ports too: what must hold for a port may be tried with another one. */
#define TRIES 20

static void a_port_is_free_again_at_once(void **state)
{
    (void)state;
    enum status status = ST_IO;
    for (int i = 0; i < TRIES && status != ST_OK; i++) {
        char name[LISTENER_NAME_MAX];
        int fd = -1;
        assert_status(listener_bind("127.0.0.1:0", &fd, &error), ST_OK, &error);
        listener_name(fd, name);
        close(fd);
        status = listener_bind(name, &bound[0], &error);
    }
    assert_status(status, ST_OK, &error);
}

static void both_kinds_of_address_share_a_port(void **state)
{
    (void)state;
    enum status status = ST_IO;
    for (int i = 0; i < TRIES && status != ST_OK; i++) {
        char name[LISTENER_NAME_MAX];
        char other[LISTENER_NAME_MAX];
        sockets_remove(NULL);
        bind_or_skip("[::]:0", &bound[0]);
        snprintf(other, sizeof other, "0.0.0.0:%u", listener_name(bound[0], name));
        status = listener_bind(other, &bound[1], &error);
    }
    assert_status(status, ST_OK, &error);
}

static void an_address_of_another_machine_is_told(void **state)
{
    (void)state;
    assert_int_not_equal(listener_bind("192.0.2.1:0", &bound[0], &error), ST_OK);
    assert_contains(error.message, "listen 192.0.2.1:0: ");
}

static void bind_two(void)
{
    assert_status(listener_bind("127.0.0.1:0", &bound[0], &error), ST_OK, &error);
    assert_status(listener_bind("127.0.0.1:0", &bound[1], &error), ST_OK, &error);
}

/* Accepting: two sockets, at most `most` connections. */
static void start(size_t most)
{
    bind_two();
    struct listeners_plan plan = {.fds = bound, .count = 2, .most = most};
    assert_status(listeners_start(&table, &plan, &listeners, &error), ST_OK, &error);
}

static void resume(void *owner)
{
    (void)owner;
    freed++;
    if (listeners != NULL)
        listeners_resume(listeners);
}

static void no_page(void *context, const struct net_request *request, struct response *out)
{
    (void)context;
    char meta[64];
    snprintf(meta, sizeof meta, "port %u", request->port);
    response_set(out, GEMINI_NOT_FOUND, meta);
}

static int listeners_make(void **state)
{
    if (loop_make(state) != 0)
        return -1;
    table.on_free = resume;
    table.respond = no_page;
    return 0;
}

static int listeners_remove(void **state)
{
    if (listeners != NULL)
        listeners_stop(listeners);
    listeners = NULL;
    for (size_t i = 0; i < COUNT(bound); i++)
        bound[i] = -1; /* they were the listeners' */
    return loop_remove(state);
}

static uint16_t port_of(int fd)
{
    char name[LISTENER_NAME_MAX];
    return listener_name(fd, name);
}

/* A client that calls a bound socket. */
static struct client *call(struct client *c, int fd)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(port_of(fd)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(c->fd >= 0);
    assert_int_equal(connect(c->fd, (const struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(fcntl(c->fd, F_SETFL, O_NONBLOCK), 0);
    c->request = SPAN("gemini://localhost/\r\n");
    c->ssl = peer_client(client_ctx, c->fd);
    return c;
}

static void every_socket_is_answered_and_its_port_known(void **state)
{
    (void)state;
    start(10);
    for (size_t i = 0; i < 2; i++) {
        char expected[64];
        struct client *c = call(&clients[i], bound[i]);
        wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
        snprintf(expected, sizeof expected, "51 port %u\r\n", port_of(bound[i]));
        assert_span_equal(((struct span){c->in, c->n}), span_of(expected));
        client_close(c);
    }
    wait_until(table.count == 0);
    assert_contains(stderr_text(), "127.0.0.0/24 ");
}

/* It would hand that on to all whom it accepts, and no worker would ever see a hello. */
static void a_socket_that_another_worker_has_made_deaf_is_answered(void **state)
{
    (void)state;
    const int most = 1024 * 1024;
    start(10);
    assert_int_equal(setsockopt(bound[0], SOL_SOCKET, SO_RCVLOWAT, &most, sizeof most), 0);
    struct client *c = call(&clients[0], bound[0]);
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
}

/* A reserve of places is for saying so; who finds none of these either is closed. */
static void over_the_limit_callers_are_told_and_then_closed(void **state)
{
    (void)state;
    char byte;
    ssize_t n = -1;
    table.most = 1;
    start(2);
    call(&clients[0], bound[0])->request = (struct span){NULL, 0};
    wait_until(table.count == 1);
    struct span request = call(&clients[1], bound[0])->request;
    clients[1].request = (struct span){NULL, 0};
    wait_until(table.count == 2);
    struct client *closed = call(&clients[2], bound[1]);
    SSL_free(closed->ssl);
    closed->ssl = NULL;
    wait_until((n = recv(closed->fd, &byte, 1, 0)) >= 0);
    assert_int_equal(n, 0);
    assert_int_equal(table.count, 2);
    assert_contains(stderr_text(), "127.0.0.0/24 - - - 0 0B 0ms - too many connections\n");
    clients[1].request = request;
    wait_until(clients[1].ended == SSL_ERROR_ZERO_RETURN);
    assert_true(span_starts((struct span){clients[1].in, clients[1].n}, SPAN("41 Too many ")));
    client_close(&clients[1]);
    wait_until(table.count == 1);
    assert_contains(stderr_text(), "- - 41 0B ");
}

static void who_came_to_a_full_table_is_served_when_it_is_not_full_any_more(void **state)
{
    (void)state;
    table.most = 1;
    start(2);
    call(&clients[0], bound[0])->request = (struct span){NULL, 0};
    wait_until(table.count == 1);
    struct span request = call(&clients[1], bound[0])->request;
    clients[1].request = (struct span){NULL, 0};
    wait_until(table.count == 2);
    client_close(&clients[0]);
    wait_until(table.count == 1);
    clients[1].request = request;
    wait_until(clients[1].ended == SSL_ERROR_ZERO_RETURN);
    assert_true(span_starts((struct span){clients[1].in, clients[1].n}, SPAN("51 port ")));
}

static void without_descriptors_a_caller_is_closed_and_the_next_is_served(void **state)
{
    (void)state;
    struct rlimit limit;
    char byte;
    start(10);
    struct client *refused = call(&clients[0], bound[0]);
    int next = dup(refused->fd);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit tight = {(rlim_t)next, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    ssize_t n = -1;
    SSL_free(refused->ssl);
    refused->ssl = NULL;
    for (int i = 0; i < 1000 && n != 0; i++) {
        turn();
        n = recv(refused->fd, &byte, 1, 0);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(n, 0);
    assert_int_equal(table.count, 0);
    struct client *served = call(&clients[1], bound[0]);
    wait_until(served->ended == SSL_ERROR_ZERO_RETURN);
}

/* Without the spare one nobody can even be refused: the loop must not run in circles. */
static void without_any_descriptor_callers_wait_without_work(void **state)
{
    (void)state;
    struct rlimit limit;
    start(10);
    call(&clients[0], bound[0])->request = (struct span){NULL, 0};
    wait_until(table.count == 1);
    call(&clients[1], bound[0]);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    struct rlimit none = {0, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    wait_until(strstr(stderr_text(), "nobody is let in for a moment") != NULL);
    uint64_t turns = 0;
    for (uint64_t end = clock_ms() + 300; clock_ms() < end; turns++)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_in_range(turns, 1, 20);
    call(&clients[2], bound[1]); /* the one before it was closed for the spare descriptor */
    wait_until(clients[2].ended == SSL_ERROR_ZERO_RETURN);
}

/* The second of two sockets is for the proxies of a list. */
static struct client *call_as_proxy(const char *listed)
{
    static struct prefix proxies[2];
    bind_two();
    assert_status(prefix_parse("192.0.2.1", &proxies[0], &error), ST_OK, &error);
    assert_status(prefix_parse(listed, &proxies[1], &error), ST_OK, &error);
    struct listeners_plan plan = {.fds = bound,
                                  .count = 2,
                                  .most = 10,
                                  .proxied = 1,
                                  .proxies = proxies,
                                  .proxy_count = COUNT(proxies)};
    assert_status(listeners_start(&table, &plan, &listeners, &error), ST_OK, &error);
    struct client *c = &clients[0];
    call(c, bound[1]);
    SSL_free(c->ssl);
    c->ssl = NULL;
    return c;
}

static void a_listed_proxy_tells_who_the_client_is(void **state)
{
    (void)state;
    struct client *c = call_as_proxy("127.0.0.0/8");
    static const char line[] = "PROXY TCP4 198.51.100.9 203.0.113.1 50000 7000\r\n";
    assert_int_equal(send(c->fd, line, strlen(line), 0), strlen(line));
    c->ssl = peer_client(client_ctx, c->fd);
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    assert_span_equal(((struct span){c->in, c->n}), SPAN("51 port 7000\r\n"));
}

static void who_is_not_listed_is_turned_away(void **state)
{
    (void)state;
    char byte;
    struct client *c = call_as_proxy("127.0.0.2");
    ssize_t n = -1;
    wait_until((n = recv(c->fd, &byte, 1, 0)) >= 0);
    assert_int_equal(n, 0);
    assert_int_equal(table.count, 0);
    assert_contains(stderr_text(), "127.0.0.0/24 - - - 0 0B 0ms - not a listed proxy\n");
}

static void the_other_sockets_take_no_header(void **state)
{
    (void)state;
    call_as_proxy("127.0.0.1");
    struct client *c = call(&clients[1], bound[0]);
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
    struct client *spoof = call(&clients[2], bound[0]);
    static const char line[] = "PROXY TCP4 198.51.100.9 203.0.113.1 50000 7000\r\n";
    assert_int_equal(send(spoof->fd, line, strlen(line), 0), strlen(line));
    wait_until(strstr(stderr_text(), "wrong version number") != NULL);
    assert_null(strstr(stderr_text(), "198.51.100"));
}

static void stopping_closes_the_sockets_and_keeps_the_connections(void **state)
{
    (void)state;
    start(10);
    struct client *c = call(&clients[0], bound[0]);
    struct span request = c->request;
    c->request = (struct span){NULL, 0};
    wait_until(table.count == 1);
    uint16_t port = port_of(bound[0]);
    listeners_stop(listeners);
    listeners = NULL;
    turn();
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int connected = connect(fd, (const struct sockaddr *)&to, sizeof to);
    close(fd);
    assert_int_equal(connected, -1);
    c->request = request;
    wait_until(c->ended == SSL_ERROR_ZERO_RETURN);
}

struct place_row {
    const char *name, *address; /* %u is the port */
    bool there;
};

static const struct place_row place_rows[] = {
    {"the address itself", "127.0.0.1:%u", true},
    {"a port with a zero before it", "127.0.0.1:0%u", true},
    {"all addresses", "0.0.0.0:%u", false},
    {"another address", "127.0.0.2:%u", false},
    {"an address of the other kind", "[::1]:%u", false},
    {"any port", "127.0.0.1:0", false},
    {"no address", "127.0.0.1", false},
};

static void a_socket_knows_where_it_is(void **state)
{
    const struct place_row *row = *state;
    char name[LISTENER_NAME_MAX];
    char address[128];
    unsigned port = 2000; /* of four digits, so that there is room for a zero */
    do {
        snprintf(address, sizeof address, "127.0.0.1:%u", ++port);
    } while (port < 9999 && listener_bind(address, &bound[0], &error) != ST_OK);
    assert_int_equal(listener_name(bound[0], name), port);
    snprintf(address, sizeof address, "%s", row->address);
    char *number = strstr(address, "%u");
    if (number != NULL)
        snprintf(number, sizeof address - (size_t)(number - address), "%u", port);
    assert_int_equal(listener_is_at(bound[0], address), row->there);
}

/* Our own may be in the way for a moment; another server's is told as before. */
static void a_wildcard_is_bound_beside_our_own(void **state)
{
    (void)state;
    static const char *const from_to[][2] = {{"127.0.0.1:0", "0.0.0.0:%u"},
                                             {"0.0.0.0:0", "127.0.0.1:%u"}};
    for (size_t i = 0; i < COUNT(from_to); i++) {
        char address[LISTENER_NAME_MAX];
        char name[LISTENER_NAME_MAX];
        int before = -1;
        sockets_remove(NULL);
        assert_status(listener_bind(from_to[i][0], &bound[0], &error), ST_OK, &error);
        snprintf(address, sizeof address, "%.*s:%u", (int)strlen(from_to[i][1]) - 3, from_to[i][1],
                 listener_name(bound[0], name));
        assert_status(listener_bind(address, &bound[1], &error), ST_IO, &error);
        assert_status(listener_bind_beside(address, bound, 1, &bound[1], &error), ST_OK, &error);
        assert_status(listener_bind(address, &before, &error), ST_IO, &error);
        close(bound[0]);
        bound[0] = -1;
        assert_status(listener_bind(address, &before, &error), ST_IO, &error);
    }
}

int main(void)
{
    static struct suite s = {.teardown = sockets_remove};
    SUITE_ROWS(&s, addresses_are_checked, address_rows);
    SUITE_TEST(&s, a_very_long_address_is_refused);
    SUITE_TEST(&s, port_0_takes_a_free_one_and_the_name_tells_it);
    SUITE_TEST(&s, the_socket_does_not_wait_and_is_not_inherited);
    SUITE_TEST(&s, a_taken_port_is_told_by_its_address);
    SUITE_ROWS(&s, a_socket_knows_where_it_is, place_rows);
    SUITE_TEST(&s, a_wildcard_is_bound_beside_our_own);
    SUITE_TEST(&s, a_port_is_free_again_at_once);
    SUITE_TEST(&s, both_kinds_of_address_share_a_port);
    SUITE_TEST(&s, an_address_of_another_machine_is_told);
    s.setup = listeners_make;
    s.teardown = listeners_remove;
    SUITE_TEST(&s, every_socket_is_answered_and_its_port_known);
    SUITE_TEST(&s, a_socket_that_another_worker_has_made_deaf_is_answered);
    SUITE_TEST(&s, over_the_limit_callers_are_told_and_then_closed);
    SUITE_TEST(&s, who_came_to_a_full_table_is_served_when_it_is_not_full_any_more);
    SUITE_TEST(&s, without_descriptors_a_caller_is_closed_and_the_next_is_served);
    SUITE_TEST(&s, without_any_descriptor_callers_wait_without_work);
    SUITE_TEST(&s, a_listed_proxy_tells_who_the_client_is);
    SUITE_TEST(&s, who_is_not_listed_is_turned_away);
    SUITE_TEST(&s, the_other_sockets_take_no_header);
    SUITE_TEST(&s, stopping_closes_the_sockets_and_keeps_the_connections);
    return suite_run(&s, "net/listener");
}
