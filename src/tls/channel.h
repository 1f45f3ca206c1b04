/*
 * channel: one TLS connection over a non-blocking socket.
 *
 * What OpenSSL wants to send is gathered and leaves in one piece: before the channel waits for the
 * client, and when it is flushed.  So the ticket, the answer and close_notify share one segment.
 */
#ifndef TLS_CHANNEL_H
#define TLS_CHANNEL_H

#include "tls/client.h"
#include "tls/context.h"

enum channel_result {
    CHANNEL_DONE,  /* it is done */
    CHANNEL_READ,  /* call again when the socket can be read */
    CHANNEL_WRITE, /* call again when the socket can be written */
    CHANNEL_WAIT,  /* call again when on_ready was called: a signature is on its way */
    CHANNEL_END,   /* the client has sent its last byte */
    CHANNEL_FAIL,  /* the connection is of no more use; channel_fault tells why */
};

struct channel;

/*
 * Begin a connection; nothing is sent or read yet.
 *
 * ctx   must outlive the channel
 * fd    non-blocking socket; stays the caller's
 * Returns ST_OK with *ch (channel_close frees it) or ST_NOMEM.
 */
enum status channel_open(struct context *ctx, int fd, struct channel **ch) MUST_USE;

/*
 * Have on_ready called when a handshake that had to wait (CHANNEL_WAIT) can go on.  It may close
 * the channel, but no other.
 */
void channel_on_ready(struct channel *ch, void (*on_ready)(void *context), void *context);

/* Go on with the handshake; only this answers CHANNEL_WAIT. */
enum channel_result channel_handshake(struct channel *ch) MUST_USE;

/* Read up to n bytes; on CHANNEL_DONE *got is at least 1. */
enum channel_result channel_read(struct channel *ch, char *to, size_t n, size_t *got) MUST_USE;

/*
 * Write up to n bytes; on CHANNEL_DONE *put tells how many were taken.  After CHANNEL_WRITE the
 * next call must offer the same bytes again.
 */
enum channel_result channel_write(struct channel *ch, const char *from, size_t n,
                                  size_t *put) MUST_USE;

/* Say goodbye: close_notify goes behind what was written.  Nothing can be written after it. */
void channel_end(struct channel *ch);

/* Send what was gathered. */
enum channel_result channel_flush(struct channel *ch) MUST_USE;

/* Free it; sends nothing.  NULL is fine. */
void channel_close(struct channel *ch);

/* Bytes gathered and not yet given to the socket. */
size_t channel_pending(const struct channel *ch);

/* "TLSv1.3", or "-" before that is settled; and whether a session was resumed. */
const char *channel_version(const struct channel *ch);
bool channel_resumed(const struct channel *ch);

/*
 * Who the client says it is, once the handshake is over; borrowed from the channel.  NULL when it
 * showed no certificate (or when there is no memory to look at it).
 */
const struct client_cert *channel_client(struct channel *ch);

/* Why the channel failed, in a few words without anything from the client; borrowed. */
const char *channel_fault(const struct channel *ch);

/* Was it that the client, or the way to it, broke the connection? */
bool channel_was_reset(const struct channel *ch);

#endif
