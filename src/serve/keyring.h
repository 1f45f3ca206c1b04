/*
 * keyring: the session ticket keys of a running server, as the supervisor keeps them: read from a
 * file that a fleet shares, or its own, which change with time.
 */
#ifndef SERVE_KEYRING_H
#define SERVE_KEYRING_H

#include <uv.h>

#include "tls/ticket.h"

struct keyring {
    struct ticket_ring ring; /* to be read by all */
    const char *path;        /* file of the keys, borrowed, or NULL */
    uint64_t turned;         /* clock_ms() of the last turn */
    long seconds;            /* between two turns */
    uv_timer_t timer;
    bool turning; /* the timer is there */
    void (*on_change)(void *context);
    void (*on_stopped)(void *context);
    void *context;
};

/*
 * Get the first keys.
 *
 * path     a file of them (tls/ticket.h), borrowed for the keyring's life; NULL draws a key
 * before   a keyring whose keys are taken over when neither are a file's; or NULL
 * Returns ST_OK (keyring_fini wipes them), or as ticket_read_file and ticket_rotate.
 */
enum status keyring_init(struct keyring *k, const char *path, const struct keyring *before,
                         struct error *e) MUST_USE;

/*
 * Draw a new key every so many seconds, counted from the last, unless the keys are a file's, and
 * have on_change called after each change of the ring.
 *
 * on_stopped   called after keyring_stop, when the struct may go
 */
void keyring_start(struct keyring *k, uv_loop_t *loop, long seconds,
                   void (*on_change)(void *context), void (*on_stopped)(void *context),
                   void *context);

/* Draw none for a while: another keyring has the same keys. */
void keyring_rest(struct keyring *k);
void keyring_wake(struct keyring *k);

/* Read the file again, if there is one; keys that cannot be read change nothing but the log. */
void keyring_renew(struct keyring *k);

/* Change no more, so that the loop can end. */
void keyring_stop(struct keyring *k);

/* Wipe the keys. */
void keyring_fini(struct keyring *k);

#endif
