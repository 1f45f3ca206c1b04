/*
 * keeper: the private keys of the key process, and what is signed with them.
 */
#ifndef TLS_KEEPER_H
#define TLS_KEEPER_H

#include "core/error.h"
#include "core/span.h"

struct keeper;

/*
 * Begin, without a key.
 *
 * secret   bytes of the locked memory that OpenSSL is to keep secrets in; 0 for none.  Of the
 *          process, and for its life: only the first counts.
 * *locked  whether the kernel keeps it out of the swap
 * Returns ST_OK (keeper_free frees it, and wipes the keys) or ST_NOMEM.
 */
enum status keeper_new(size_t secret, bool *locked, struct keeper **out, struct error *e) MUST_USE;
void keeper_free(struct keeper *k);

/*
 * Use these keys from now on.  Those that were in use until now can still be used, for handshakes
 * that have begun, until keeper_forget; older ones are wiped.
 *
 * text   identities as identity_pack writes them
 * Returns ST_OK; as identity_unpack, or ST_NOMEM, and then nothing is other than before.
 */
enum status keeper_take(struct keeper *k, struct span text, struct error *e) MUST_USE;

/* Wipe what is not in use any more. */
void keeper_forget(struct keeper *k);

/*
 * Answer requests that a worker has sent, at most KEEPER_TURN of them, in the order in which they
 * came.  Those for what no TLS server signs are refused, and logged.  A worker that does not take
 * its answers loses them.
 *
 * fd   non-blocking SOCK_SEQPACKET socket to the worker
 */
void keeper_serve(struct keeper *k, int fd);

#define KEEPER_TURN 16

#endif
