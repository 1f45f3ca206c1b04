/*
 * certs: the certificates of a running server, as the supervisor keeps them: looks whether their
 * files change, takes a new pair when it is good, keeps the one before when it is not, warns
 * before one expires.  Workers get them from here as text, so that one which starts while a file
 * is bad shows what the others show.
 */
#ifndef SERVE_CERTS_H
#define SERVE_CERTS_H

#include <uv.h>

#include "core/file.h"
#include "tls/identity.h"

/* Milliseconds between two looks at the files. */
#define CERTS_LOOK 1000

/* A certificate that ends in fewer days is warned of, once a day. */
#define CERTS_EXPIRY_DAYS 30

struct certs_item;

struct certs {
    struct certs_item *items; /* owned */
    size_t count;
    struct buf text;   /* all of them, as identity_pack writes them; wiped when others come */
    struct buf public; /* the same as identity_pack_public has it */
    struct buf before; /* the text before, as long as handshakes may have begun with it; or empty */
    unsigned kept;     /* looks until that is wiped */
    int64_t told;      /* when the warnings were told last, nanoseconds since 1970 */
    uv_timer_t timer;
    bool looking; /* the timer is there */
    void (*on_change)(void *context);
    void (*on_stopped)(void *context);
    void *context;
};

/* Start without a certificate. */
void certs_init(struct certs *c);
void certs_fini(struct certs *c);

/*
 * Keep a certificate from now on; its fingerprints and what is to be warned of go to the log.
 *
 * id             taken over, also on failure
 * names, count   those it is shown for, the main one first; borrowed
 * Returns ST_OK or ST_NOMEM.
 */
enum status certs_add(struct certs *c, struct identity *id, char *const *names, size_t count,
                      struct error *e) MUST_USE;

/* Write c->text and c->public, once all have been added.  Returns as identity_pack. */
enum status certs_pack(struct certs *c, struct error *e) MUST_USE;

/*
 * Look at the files every CERTS_LOOK milliseconds.
 *
 * on_change    called when c->text is another
 * on_stopped   called after certs_stop, when the struct may go
 */
void certs_start(struct certs *c, uv_loop_t *loop, void (*on_change)(void *context),
                 void (*on_stopped)(void *context), void *context);

/*
 * One look.  Files that changed are read when they have been the same for two looks: who copies a
 * key and a certificate needs a moment.  When a day has passed the warnings are told again.
 *
 * now   nanoseconds since 1970; a clock that was set back counts as a day
 */
void certs_look(struct certs *c, int64_t now);

/* Read all files now, as SIGHUP asks. */
void certs_reload(struct certs *c);

/* Look no more, so that the loop can end. */
void certs_stop(struct certs *c);

/*
 * Warn of a certificate that clients will complain of: expired, soon or not yet valid, without one
 * of these names, with a chain in the wrong order.
 */
void certs_warn(const struct identity *id, char *const *names, size_t count);

/* Tell the log which certificate it is. */
void certs_tell(const struct identity *id);

#endif
