/*
 * connection: a channel and a client of OpenSSL's on the two ends of a socket, in one process: they
 * move in turns.
 */
#ifndef TESTS_UNIT_TLS_CONNECTION_H
#define TESTS_UNIT_TLS_CONNECTION_H

#include "peer.h"
#include "tls/channel.h"

static struct context *ctx;
static SSL_CTX *client_ctx;
static struct channel *ch;
static SSL *client;
static int fds[2] = {-1, -1}; /* server's, client's */

static inline void close_connection(void)
{
    channel_close(ch);
    SSL_free(client);
    ch = NULL;
    client = NULL;
    for (size_t i = 0; i < 2; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
        fds[i] = -1;
    }
}

static inline void open_connection(void)
{
    close_connection();
    peer_sockets(fds);
    assert_status(channel_open(ctx, fds[0], &ch), ST_OK, NULL);
    client = peer_client(client_ctx, fds[1]);
}

static inline int connection_make(void **state)
{
    if (folder_make(state) != 0)
        return -1;
    ctx = peer_server(1);
    client_ctx = peer_client_context();
    open_connection();
    return 0;
}

static inline int connection_remove(void **state)
{
    close_connection();
    context_free(ctx);
    SSL_CTX_free(client_ctx);
    return folder_remove(state);
}

/* Both sides in turns until the server is done or gives up. */
static inline enum channel_result shake_hands(void)
{
    enum channel_result result = CHANNEL_READ;
    for (int i = 0; i < 100 && (result == CHANNEL_READ || result == CHANNEL_WRITE); i++) {
        ERR_clear_error();
        SSL_do_handshake(client);
        result = channel_handshake(ch);
    }
    ERR_clear_error();
    SSL_do_handshake(client);
    return result;
}

static inline void connect_both(void)
{
    assert_int_equal(shake_hands(), CHANNEL_DONE);
    assert_int_equal(channel_flush(ch), CHANNEL_DONE); /* what a first wait would send */
    SSL_do_handshake(client);
    assert_int_equal(SSL_is_init_finished(client), 1);
}

static inline void client_says(const char *text)
{
    assert_int_equal(SSL_write(client, text, (int)strlen(text)), (int)strlen(text));
}

/* The server reads once; what it got. */
static inline const char *server_hears(enum channel_result expected)
{
    static char text[4096];
    size_t got = 0;
    assert_int_equal(channel_read(ch, text, sizeof text - 1, &got), expected);
    text[expected == CHANNEL_DONE ? got : 0] = '\0';
    return text;
}

static inline void server_says(const char *text)
{
    size_t put = 0;
    assert_int_equal(channel_write(ch, text, strlen(text), &put), CHANNEL_DONE);
    assert_int_equal(put, strlen(text));
}

/* The client reads all there is; `ended` as peer_read has it. */
static inline void assert_client_hears(const char *expected, int expected_end)
{
    static char text[8192];
    int ended = 0;
    size_t n = peer_read(client, text, sizeof text, &ended);
    assert_span_equal(((struct span){text, n}), span_of(expected));
    assert_int_equal(ended, expected_end);
}

#endif
