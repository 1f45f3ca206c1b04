/*
 * client: a loop with a connection table, and clients that speak to it from the same process: the
 * loop and the clients move in turns.
 */
#ifndef TESTS_UNIT_NET_CLIENT_H
#define TESTS_UNIT_NET_CLIENT_H

#include <arpa/inet.h>
#include <signal.h>
#include <time.h>

#include "../tls/peer.h"
#include "core/clock.h"
#include "net/conn.h"

#define CLIENTS     3
#define PATIENCE    20000 /* milliseconds until a test that waits has failed */
#define SMALL_QUEUE 16384 /* bytes of socket buffers, so that a client can be slow */

struct client {
    int fd; /* -1: there is none */
    SSL *ssl;
    struct span request; /* what it still has to say */
    bool deaf;           /* does not read */
    char *in;            /* what it has heard */
    size_t n;
    int ended; /* as peer_read has it; SSL_ERROR_NONE before */
};

static uv_loop_t loop;
static struct conn_table table;
static SSL_CTX *client_ctx;
static struct client clients[CLIENTS];
static char heard[CLIENTS][TEXT_MAX];
static unsigned freed; /* calls of on_free */

static inline void on_free(void *owner)
{
    assert_ptr_equal(owner, &table);
    freed++;
}

static inline int loop_make(void **state)
{
    if (quiet_folder_make(state) != 0 || uv_loop_init(&loop) != 0)
        return -1;
    memset(&table, 0, sizeof table);
    table.loop = &loop;
    table.tls = peer_server(1);
    table.limits = (struct conn_limits){
        .handshake = 10000, .request = 10000, .close = 1000, .stall = 120000, .rate = 256};
    table.on_free = on_free;
    table.owner = &table;
    client_ctx = peer_client_context();
    freed = 0;
    signal(SIGPIPE, SIG_IGN); /* the clients write to connections that are gone */
    for (size_t i = 0; i < CLIENTS; i++)
        clients[i] = (struct client){.fd = -1, .in = heard[i]};
    return 0;
}

static inline void client_close(struct client *c)
{
    SSL_free(c->ssl);
    c->ssl = NULL;
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

/* Everything that is left is given back: the loop has nothing to run. */
static inline int loop_remove(void **state)
{
    for (size_t i = 0; i < CLIENTS; i++)
        client_close(&clients[i]);
    conn_abort_all(&table);
    uv_run(&loop, UV_RUN_DEFAULT);
    int closed = uv_loop_close(&loop);
    context_free(table.tls);
    SSL_CTX_free(client_ctx);
    return quiet_folder_remove(state) != 0 || closed != 0 ? -1 : 0;
}

/* Let a client do what it can without waiting. */
static inline void client_step(struct client *c)
{
    if (c->ssl == NULL)
        return;
    ERR_clear_error();
    if (!SSL_is_init_finished(c->ssl) && SSL_do_handshake(c->ssl) != 1)
        return;
    size_t put = 0;
    while (c->request.n > 0 && SSL_write_ex(c->ssl, c->request.p, c->request.n, &put) == 1)
        c->request = span_sub(c->request, put, c->request.n);
    if (!c->deaf && (c->ended == SSL_ERROR_NONE || c->ended == SSL_ERROR_WANT_READ))
        c->n += peer_read(c->ssl, c->in + c->n, TEXT_MAX - c->n, &c->ended);
}

static inline void turn(void)
{
    uv_run(&loop, UV_RUN_NOWAIT);
    for (size_t i = 0; i < CLIENTS; i++)
        client_step(&clients[i]);
    nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

/* Take turns until the condition holds; fails when it never does. */
#define wait_until(condition)                                                      \
    do {                                                                           \
        uint64_t end_ = clock_ms() + PATIENCE;                                     \
        bool good_;                                                                \
        while (!(good_ = (condition)) && clock_ms() < end_)                        \
            turn();                                                                \
        if (!good_)                                                                \
            fail_at(__FILE__, __LINE__, "# waited in vain for: %s\n", #condition); \
    } while (0)

/* Take turns for so many milliseconds. */
static inline void wait_for(unsigned ms)
{
    uint64_t end = clock_ms() + ms;
    while (clock_ms() < end)
        turn();
}

/* Two ends of a TCP connection over loopback, both small: the server's and the client's. */
static inline void tcp_pair(int *server, int *client)
{
    int small = SMALL_QUEUE;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    assert_int_equal(bind(listener, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &n), 0);
    *client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(*client, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(connect(*client, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(fcntl(*client, F_SETFL, O_NONBLOCK), 0);
    *server = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(*server >= 0);
    close(listener);
}

/* Put a connection into the table, from 192.0.2.77 to port 1965; its client says nothing yet. */
static inline struct client *client_call(struct client *c, bool proxied)
{
    struct sockaddr_storage from = {0};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(40000)};
    int fd = -1;
    assert_int_equal(inet_pton(AF_INET, "192.0.2.77", &v4.sin_addr), 1);
    memcpy(&from, &v4, sizeof v4);
    tcp_pair(&fd, &c->fd);
    assert_status(conn_accept(&table, fd, &from, GEMINI_PORT, proxied), ST_OK, NULL);
    return c;
}

/* Let it begin TLS, and then ask. */
static inline struct client *client_begin(struct client *c, const char *request)
{
    c->request = span_of(request);
    c->ssl = peer_client(client_ctx, c->fd);
    return c;
}

static inline struct client *client_open(struct client *c, const char *request)
{
    return client_begin(client_call(c, false), request);
}

/* A client whose bytes the test carries by hand; the caller frees it. */
static inline SSL *hand_open(void)
{
    SSL *ssl = SSL_new(client_ctx);
    assert_non_null(ssl);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl);
    return ssl;
}

/* Put its ClientHello to `to`; returns the bytes of it. */
static inline size_t hand_hello(SSL *ssl, char *to, size_t size)
{
    assert_int_equal(SSL_do_handshake(ssl), -1);
    int n = BIO_read(SSL_get_wbio(ssl), to, (int)size);
    assert_true(n > 0 && (size_t)n < size);
    return (size_t)n;
}

/* Its ClientHello is sent: read on until the handshake is over on its side. */
static inline void hand_shake(SSL *ssl, int fd)
{
    for (int i = 0; i < 20000 && !SSL_is_init_finished(ssl); i++) {
        char bytes[4096];
        ssize_t got;
        turn();
        while ((got = recv(fd, bytes, sizeof bytes, 0)) > 0)
            assert_int_equal(BIO_write(SSL_get_rbio(ssl), bytes, (int)got), got);
        if (SSL_do_handshake(ssl) != 1)
            ERR_clear_error();
    }
    assert_int_equal(SSL_is_init_finished(ssl), 1);
}

#endif
