#include "tls/channel.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/buf.h"
#include "tls/context_internal.h"
#include "tls/signer_internal.h"

/* Most bytes that are gathered before the socket must take some. */
#define CHANNEL_GATHER_MAX ((size_t)64 * 1024)
/*
 * Most bytes that one call reads from the socket.  OpenSSL reads on by itself as long as records
 * without data come (a key update, a refused renegotiation), and whoever sends them without end
 * would hold all others up.
 */
#define CHANNEL_READ_MAX ((size_t)64 * 1024)

#define CHANNEL_RESET "connection reset"

struct channel {
    SSL *ssl;
    int fd;                     /* borrowed */
    struct buf out;             /* gathered records */
    size_t out_sent;            /* bytes of them that the socket has taken */
    size_t read_room;           /* bytes that this call may still read */
    bool ending;                /* close_notify is on its way: it fits, whatever was gathered */
    bool eof;                   /* the socket has no more to read */
    bool fatal;                 /* an SSL call failed for good: no more of them */
    struct client_cert *client; /* once somebody asked, and if there is one */
    struct signer *signer;      /* borrowed; NULL where the key signs itself */
    struct signer_party party;  /* what the signer knows of this handshake */
    const char *fault;          /* static text or OpenSSL's, which is static too */
};

/* Give the socket what was gathered.  CHANNEL_DONE, CHANNEL_WRITE or CHANNEL_FAIL. */
static enum channel_result channel_send(struct channel *ch)
{
    while (ch->out_sent < ch->out.n) {
        ssize_t n = send(ch->fd, ch->out.p + ch->out_sent, ch->out.n - ch->out_sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return CHANNEL_WRITE;
        if (n < 0) {
            ch->fault = CHANNEL_RESET;
            ch->fatal = true;
            return CHANNEL_FAIL;
        }
        ch->out_sent += (size_t)n;
    }
    buf_fini(&ch->out);
    ch->out_sent = 0;
    return CHANNEL_DONE;
}

static int channel_bio_write(BIO *bio, const char *from, int n)
{
    struct channel *ch = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (n <= 0)
        return 0;
    if (!ch->ending && ch->out.n + (size_t)n > CHANNEL_GATHER_MAX) {
        enum channel_result sent = channel_send(ch);
        if (sent == CHANNEL_WRITE)
            BIO_set_retry_write(bio);
        if (sent != CHANNEL_DONE)
            return -1;
    }
    buf_put(&ch->out, (struct span){from, (size_t)n});
    return buf_status(&ch->out) == ST_OK ? n : -1;
}

static int channel_bio_read(BIO *bio, char *to, int n)
{
    struct channel *ch = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (ch->read_room == 0) {
        BIO_set_retry_read(bio); /* the loop comes back at once, after the others */
        return -1;
    }
    ssize_t got;
    do {
        got = recv(ch->fd, to, n < 0 ? 0 : (size_t)n, 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        BIO_set_retry_read(bio);
    if (got == 0)
        ch->eof = true;
    if (got > 0)
        ch->read_room -= (size_t)got < ch->read_room ? (size_t)got : ch->read_room;
    return (int)got;
}

/* Flushing is the channel's own affair: a flight leaves when there is nothing left to do. */
static long channel_bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)number, (void)pointer;
    const struct channel *ch = BIO_get_data(bio);
    if (command == BIO_CTRL_FLUSH)
        return 1;
    return command == BIO_CTRL_EOF ? ch->eof : 0;
}

BIO_METHOD *channel_bio_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gather");
    if (method != NULL && BIO_meth_set_write(method, channel_bio_write) == 1 &&
        BIO_meth_set_read(method, channel_bio_read) == 1 &&
        BIO_meth_set_ctrl(method, channel_bio_ctrl) == 1)
        return method;
    BIO_meth_free(method);
    return NULL;
}

enum status channel_open(struct context *ctx, int fd, struct channel **out)
{
    struct channel *ch = calloc(1, sizeof *ch);
    BIO *bio = BIO_new(ctx->gather);
    SSL *ssl = SSL_new(context_side_at(ctx, fd)->ctx);
    if (ch == NULL || bio == NULL || ssl == NULL) {
        ERR_clear_error();
        free(ch);
        BIO_free(bio);
        SSL_free(ssl);
        return ST_NOMEM;
    }
    buf_init(&ch->out, CHANNEL_GATHER_MAX * 2);
    ch->ssl = ssl;
    ch->fd = fd;
    ch->fault = "";
    ch->signer = ctx->signer;
    if (ch->signer != NULL && ch->signer->stands)
        SSL_set_mode(ssl, SSL_MODE_ASYNC);
    BIO_set_data(bio, ch);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    ERR_clear_error();
    SSL_set_accept_state(ssl);
    if (ERR_peek_error() == 0) {
        *out = ch;
        return ST_OK;
    }
    /* It cannot say so, but OpenSSL 3.5 had no memory for what reads records. */
    ERR_clear_error();
    SSL_free(ssl);
    free(ch);
    return ST_NOMEM;
}

void channel_on_ready(struct channel *ch, void (*on_ready)(void *context), void *context)
{
    ch->party.on_ready = on_ready;
    ch->party.context = context;
}

/*
 * A handshake that stands still for a signature is on a stack of its own, which SSL_free would
 * leave there for good, with all that it holds: it is told that there is no signature, and ends.
 */
static void channel_cancel(struct channel *ch)
{
    if (!signer_cancel(ch->signer, &ch->party))
        return;
    signer_enter(ch->signer, &ch->party);
    if (SSL_do_handshake(ch->ssl) > 0 || SSL_waiting_for_async(ch->ssl) == 1)
        abort(); /* it cannot go on, and what SSL_free did then would be worse */
    signer_leave(ch->signer);
    signer_next(ch->signer);
}

void channel_close(struct channel *ch)
{
    if (ch == NULL)
        return;
    if (ch->signer != NULL)
        channel_cancel(ch);
    SSL_free(ch->ssl);
    client_free(ch->client);
    buf_fini(&ch->out);
    free(ch);
    ERR_clear_error();
}

/* What an SSL call that returned `result` <= 0 means. */
static enum channel_result channel_judge(struct channel *ch, int result)
{
    switch (SSL_get_error(ch->ssl, result)) {
    case SSL_ERROR_WANT_READ: {
        /* Nobody waits for the client while he waits for us. */
        enum channel_result sent = channel_send(ch);
        return sent == CHANNEL_DONE ? CHANNEL_READ : sent;
    }
    case SSL_ERROR_WANT_WRITE:
        return CHANNEL_WRITE;
    case SSL_ERROR_WANT_ASYNC:
        return CHANNEL_WAIT;
    case SSL_ERROR_WANT_ASYNC_JOB:
        if (signer_queue(ch->signer, &ch->party))
            return CHANNEL_WAIT;
        ch->fatal = true;
        ch->fault = "out of memory";
        return CHANNEL_FAIL;
    case SSL_ERROR_ZERO_RETURN:
        return CHANNEL_END;
    case SSL_ERROR_SYSCALL:
        ch->fatal = true;
        if (ch->eof)
            return CHANNEL_END;
        ch->fault = buf_status(&ch->out) == ST_OK ? CHANNEL_RESET : "out of memory";
        return CHANNEL_FAIL;
    default:
        break;
    }
    unsigned long code = ERR_peek_error();
    const char *reason = ERR_reason_error_string(code);
    ch->fatal = true;
    ch->fault = reason == NULL ? "TLS failure" : reason;
    if (ch->party.fault != NULL)
        ch->fault = ch->party.fault;
    ERR_clear_error();
    return CHANNEL_FAIL;
}

/* Before every call of OpenSSL: no error of another client's, and a share of reading anew. */
static void channel_begin(struct channel *ch)
{
    ERR_clear_error();
    ch->read_room = CHANNEL_READ_MAX;
}

/* A handshake on a stack of its own, as long as it may need a signature. */
static enum channel_result channel_handshake_apart(struct channel *ch)
{
    signer_enter(ch->signer, &ch->party);
    int result = SSL_do_handshake(ch->ssl);
    signer_leave(ch->signer);
    enum channel_result judged = result == 1 ? CHANNEL_DONE : channel_judge(ch, result);
    if (judged != CHANNEL_WAIT) {
        if (ch->party.done || judged == CHANNEL_DONE)
            SSL_clear_mode(ch->ssl, SSL_MODE_ASYNC);
        signer_next(ch->signer);
    }
    return judged;
}

enum channel_result channel_handshake(struct channel *ch)
{
    channel_begin(ch);
    if ((SSL_get_mode(ch->ssl) & SSL_MODE_ASYNC) != 0)
        return channel_handshake_apart(ch);
    int result = SSL_do_handshake(ch->ssl);
    return result == 1 ? CHANNEL_DONE : channel_judge(ch, result);
}

enum channel_result channel_read(struct channel *ch, char *to, size_t n, size_t *got)
{
    channel_begin(ch);
    int result = SSL_read_ex(ch->ssl, to, n, got);
    return result == 1 ? CHANNEL_DONE : channel_judge(ch, result);
}

enum channel_result channel_write(struct channel *ch, const char *from, size_t n, size_t *put)
{
    channel_begin(ch);
    int result = SSL_write_ex(ch->ssl, from, n, put);
    return result == 1 ? CHANNEL_DONE : channel_judge(ch, result);
}

void channel_end(struct channel *ch)
{
    if (ch->fatal || !SSL_is_init_finished(ch->ssl))
        return;
    channel_begin(ch);
    ch->ending = true;
    if (SSL_shutdown(ch->ssl) < 0)
        ERR_clear_error();
}

enum channel_result channel_flush(struct channel *ch)
{
    return channel_send(ch);
}

size_t channel_pending(const struct channel *ch)
{
    return ch->out.n - ch->out_sent;
}

const char *channel_version(const struct channel *ch)
{
    return SSL_is_init_finished(ch->ssl) ? SSL_get_version(ch->ssl) : "-";
}

bool channel_resumed(const struct channel *ch)
{
    return SSL_is_init_finished(ch->ssl) && SSL_session_reused(ch->ssl) == 1;
}

const struct client_cert *channel_client(struct channel *ch)
{
    if (ch->client == NULL && SSL_is_init_finished(ch->ssl))
        ch->client = client_new(ch->ssl);
    return ch->client;
}

const char *channel_fault(const struct channel *ch)
{
    return ch->fault;
}

bool channel_was_reset(const struct channel *ch)
{
    return strcmp(ch->fault, CHANNEL_RESET) == 0;
}
