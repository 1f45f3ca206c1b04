/*
 * peer: what the tests of TLS have on both ends of a socket: a server's context, whose identity is
 * in the test's own folder, and a client of OpenSSL's.
 */
#ifndef TESTS_UNIT_TLS_PEER_H
#define TESTS_UNIT_TLS_PEER_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "../support.h"
#include "tls/context.h"
#include "tls/identity_make.h"

/* Broken before anything is agreed on: a handshake record with a message that does not exist. */
#define PEER_BAD_RECORD SPAN("\x16\x03\x01\0\x05\x63\0\0\1\0")
#define PEER_ALERT      21 /* content type of an alert, RFC 8446 5.1 */

/* A server's context with these ticket keys; the caller frees it. */
static inline struct context *peer_server_of(const struct ticket_ring *tickets,
                                             enum context_version least, bool ask_client)
{
    static char name[] = "localhost";
    static char *const names[] = {name};
    struct identity *id = NULL;
    struct context *ctx = NULL;
    struct error e;
    assert_status(identity_open(folder_path("certs"), names, 1, &id, &e), ST_OK, &e);
    stderr_forget(); /* that it was made */
    struct context_host host = {id, names, 1};
    struct context_plan plan = {
        .hosts = &host, .count = 1, .tickets = tickets, .least = least, .ask_client = ask_client};
    enum status status = context_new(&plan, &ctx, &e);
    identity_free(id);
    assert_status(status, ST_OK, &e);
    return ctx;
}

static inline struct context *peer_server_with(const struct ticket_ring *tickets,
                                               enum context_version least)
{
    return peer_server_of(tickets, least, false);
}

/* The same with one ticket key, of this byte alone. */
static inline struct context *peer_server(unsigned char secret)
{
    struct ticket_ring tickets = {.count = 1};
    memset(tickets.keys[0], secret, sizeof tickets.keys[0]);
    return peer_server_with(&tickets, CONTEXT_TLS12);
}

/* What a client needs, who trusts everybody; the caller frees it. */
static inline SSL_CTX *peer_client_context(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    assert_non_null(ctx);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return ctx;
}

/* A client on a socket that stays the caller's; the caller frees it. */
static inline SSL *peer_client(SSL_CTX *ctx, int fd)
{
    SSL *ssl = SSL_new(ctx);
    assert_non_null(ssl);
    assert_int_equal(SSL_set_fd(ssl, fd), 1);
    SSL_set_connect_state(ssl);
    return ssl;
}

/* Two ends of a connection, neither of which waits. */
static inline void peer_sockets(int fds[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
}

/*
 * Read what there is, into `to`.  Returns the number of bytes; *ended is SSL_ERROR_ZERO_RETURN
 * after a close_notify, SSL_ERROR_WANT_READ when more may come, or what else SSL_get_error says.
 */
static inline size_t peer_read(SSL *ssl, char *to, size_t size, int *ended)
{
    size_t n = 0;
    size_t got = 0;
    *ended = SSL_ERROR_NONE;
    while (n < size) {
        ERR_clear_error();
        int result = SSL_read_ex(ssl, to + n, size - n, &got);
        if (result != 1) {
            *ended = SSL_get_error(ssl, result);
            break;
        }
        n += got;
    }
    return n;
}

#endif
