/*
 * conn_limit: what a connection may take, for conn.c alone: time, and its share of the server.
 */
#ifndef NET_CONN_LIMIT_H
#define NET_CONN_LIMIT_H

#include "net/conn.h"

/* What the log says of those who are one too many of their address. */
#define CONN_LIMIT_ADDRESS "too many connections of one address"

/* Milliseconds that a connection has where it is, or until it is looked at there. */
uint64_t conn_limit_time(const struct conn *c);

/*
 * That time is over: may it stay for once more?  While an answer is on its way the client may stall
 * for `stall` milliseconds, and what it takes gains it some of that back: at less than `rate` bytes
 * a second it loses more than it gains.
 */
bool conn_limit_waits(struct conn *c);

/* The connection lingers or is closed: does its address get its place back? */
void conn_limit_leave(struct conn *c);

/*
 * Is it a limit that answers the request, whatever it is?  Then the response is filled in: 41 when
 * there are too many connections, 44 when there are too many requests of the address.
 */
bool conn_limit_answer(struct conn *c);

#endif
