/* What the files of the connection state machine share; for this room only. */
#ifndef NET_CONN_INTERNAL_H
#define NET_CONN_INTERNAL_H

#include "net/conn.h"

/*
 * What a step answers: go on in the next state, wait for one direction of the socket, or for
 * conn_on_ready, or give up.
 */
enum conn_step { STEP_NEXT, STEP_READ, STEP_WRITE, STEP_WAIT, STEP_FAIL };

/* Reasons for an end that more than one file tells; before a stage, with a blank between. */
#define CONN_LEFT         "client closed "
#define CONN_RESET        "connection reset "
#define CONN_IN_HANDSHAKE "in the handshake"
#define CONN_NO_MEMORY    "out of memory"
#define CONN_STOPS        "server stops"

/* The exchange, made when there is none yet.  NULL without memory, which is the reason then. */
struct conn_exchange *conn_exchange(struct conn *c);

/* The handshake of this connection (struct conn) can go on. */
void conn_on_ready(void *context);

/* The steps before TLS, CONN_PROXY and CONN_HELLO.  In conn_hello.c. */
enum conn_step conn_run_proxy(struct conn *c);
enum conn_step conn_run_hello(struct conn *c);

#endif
