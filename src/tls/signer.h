/*
 * signer: has a worker's handshakes signed by the key process, which alone has the private keys.
 *
 * A signature takes a message there and one back.  Meanwhile the handshake stands still on a stack
 * of its own (OpenSSL's ASYNC_JOB) and its connection waits, without holding up another: see
 * CHANNEL_ASYNC.  Whoever owns the event loop calls signer_run before the loop waits,
 * signer_receive when there is something to read, and signer_tick now and then.
 *
 * A request without an answer is sent again, since what was sent last may have been lost with a
 * key process: to sign the same message twice does no harm.  When the socket's other end is silent
 * for SIGNER_PATIENCE the handshake fails.
 */
#ifndef TLS_SIGNER_H
#define TLS_SIGNER_H

#include <stdint.h>

#include "core/error.h"
#include "core/span.h"

/* Signatures under way at a time; handshakes beyond these wait for a place. */
#define SIGNER_JOBS 64

/* Milliseconds until a request is sent again, doubled each time, and until it has failed. */
#define SIGNER_AGAIN    500
#define SIGNER_PATIENCE 5000

/* signer_tick is due that often while signer_is_waiting, in milliseconds. */
#define SIGNER_TICK 100

struct signer;

/*
 * Begin.  One at a time in a process, for OpenSSL's stacks are of the thread.
 *
 * fd      non-blocking SOCK_SEQPACKET socket to the key process; stays the caller's
 * clock   milliseconds, only going forward: clock_ms, or a test's own
 * Returns ST_OK with *out (signer_free frees it, after all channels and contexts that use it),
 * ST_CRYPTO or ST_NOMEM.
 */
enum status signer_new(int fd, uint64_t (*clock)(void), struct signer **out,
                       struct error *e) MUST_USE;
void signer_free(struct signer *s);

/* Send what is to be signed, and tell those whose signature came that they can go on. */
void signer_run(struct signer *s);

/* Take what the key process answered.  signer_run tells whom it is for. */
void signer_receive(struct signer *s);

/* Is a signature on its way? */
bool signer_is_waiting(const struct signer *s);

/* Send again, or give up on, what has not been answered for long. */
void signer_tick(struct signer *s);

/* Give the memory of stacks back that are not in use, if none is. */
void signer_trim(struct signer *s);

#endif
