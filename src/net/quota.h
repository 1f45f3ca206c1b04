/*
 * quota: what one address may take: connections at a time, and requests a second.
 *
 * An IPv6 address counts by its /64, which is what a subscriber has.  The table of addresses has a
 * fixed size: who is new takes the place of whoever has been quiet for longest, and a random key
 * keeps anybody from choosing addresses that meet in it.  When all whom an address could replace
 * have connections open, it is not counted: the limit of all connections holds for it.
 */
#ifndef NET_QUOTA_H
#define NET_QUOTA_H

#include <stdint.h>

#include "net/prefix.h"

struct quota_plan {
    unsigned connections;        /* of an address at a time; 0 for no limit */
    unsigned rate;               /* requests of an address in a second; 0 for no limit */
    unsigned burst;              /* requests that may come at once, at least 1 */
    const struct prefix *exempt; /* who is not counted; borrowed for the quotas' life */
    size_t exempt_count;
};

/* Addresses that are known at a time: sets of so many, one of which an address belongs to. */
#define QUOTA_SETS 1024
#define QUOTA_WAYS 8

struct quotas;
struct quota; /* one address's */

/* ST_OK with *out, which quotas_free frees; ST_NOMEM; ST_IO when the system has no random key. */
enum status quotas_new(const struct quota_plan *plan, struct quotas **out,
                       struct error *e) MUST_USE;
void quotas_free(struct quotas *q); /* NULL is fine */

/*
 * A connection begins.
 *
 * out   gets the address's quota, to be given to quota_leave; NULL when it is not counted
 * Returns false when the address has as many as it may: then there is nothing to leave.
 */
bool quota_enter(struct quotas *q, const struct sockaddr_storage *client,
                 struct quota **out) MUST_USE;

/* It has ended, or lingers.  NULL is fine. */
void quota_leave(struct quota *one);

/*
 * May this address make a request now?  Counts it if so.
 *
 * one      of a connection that is open; NULL is never limited
 * now_ms   of a clock that only goes forward
 * Returns 0, or the whole seconds until the next one may come: a request that is refused costs
 * nothing.  Source: ITU-T I.371 annex A, the generic cell rate algorithm.
 */
unsigned quota_ask(const struct quotas *q, struct quota *one, uint64_t now_ms) MUST_USE;

#endif
