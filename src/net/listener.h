/*
 * listener: sockets that take connections.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "net/conn.h"
#include "net/prefix.h"

/* Most sockets that a server listens on. */
#define LISTENERS_MAX 64

/* Bytes of "[ADDRESS]:PORT" and its NUL. */
#define LISTENER_NAME_MAX 72

/*
 * Bind and listen on "ADDR:PORT" ("[::1]:1965", "0.0.0.0:1965"; port 0 takes a free one).
 *
 * fd   gets the socket: non-blocking, close-on-exec, IPv6 sockets for IPv6 alone
 * Returns ST_OK, ST_SYNTAX (not ADDR:PORT), ST_MISSING (this machine has no such kind of address)
 * or ST_IO; messages name the address.
 */
enum status listener_bind(const char *address, int *fd, struct error *e) MUST_USE;

/*
 * The same where sockets of this process are in the way, which listen on the port with a wildcard
 * or without: until they are closed, callers go to whichever names their address more precisely.
 *
 * others   they; borrowed
 */
enum status listener_bind_beside(const char *address, const int *others, size_t count, int *fd,
                                 struct error *e) MUST_USE;

/* Does this descriptor listen?  Any other would be ready forever, and nobody ever called. */
bool listener_is_listening(int fd);

/* Is this socket bound to this ADDR:PORT?  Port 0 is no port of a socket. */
bool listener_is_at(int fd, const char *address);

/* The name of a socket's own address as "ADDR:PORT", and its port. */
uint16_t listener_name(int fd, char name[LISTENER_NAME_MAX]);

/* Is this an ADDR:PORT that listener_bind would try?  ST_OK or ST_SYNTAX. */
enum status listener_check(const char *address, struct error *e) MUST_USE;

/* What to accept on, and whom. */
struct listeners_plan {
    const int *fds; /* bound sockets; the listeners own them from now on */
    size_t count;
    size_t most; /* connections at a time; more are closed at once */
    /*
     * The last so many sockets are called by proxies alone, which say in a PROXY header who the
     * client is.  Whoever may do that can claim to be anybody, so they are listed.
     */
    size_t proxied;
    const struct prefix *proxies; /* borrowed as long as the listeners live */
    size_t proxy_count;
};

struct listeners;

/*
 * Accept into connections of `table`.  Who calls a proxied socket and is not listed is closed at
 * once, with a line in the access log.
 *
 * Returns ST_OK with *l, or a failure that must end the process; listeners_stop ends the accepting
 * and closes the sockets, after which the loop frees them.
 */
enum status listeners_start(struct conn_table *table, const struct listeners_plan *plan,
                            struct listeners **l, struct error *e) MUST_USE;
void listeners_stop(struct listeners *l);

/* Take those who are in the system's queue, as far as that goes: they would find it closed. */
void listeners_take(struct listeners *l);

/* A connection is gone: accept again, if that had stopped because no descriptor was left. */
void listeners_resume(struct listeners *l);

#endif
