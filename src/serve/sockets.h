/*
 * sockets: what a server listens on, as the supervisor holds it for its workers.
 */
#ifndef SERVE_SOCKETS_H
#define SERVE_SOCKETS_H

#include "config/server.h"
#include "net/listener.h"

/* All zeros is none. */
struct sockets {
    int fds[LISTENERS_MAX];           /* bound; owned */
    const char *asked[LISTENERS_MAX]; /* ADDR:PORT of the configuration; borrowed from it */
    bool told[LISTENERS_MAX];         /* the line is printed */
    size_t count;
    size_t proxied; /* the last so many of them are for proxies */
};

/*
 * Get all that a configuration listens on: clients first, then proxies, the order in which workers
 * get them.  Sockets that a service manager handed over (activation.h) take the place of all that
 * it says.  Of several addresses one may be of a kind that this machine does not have: a warning.
 *
 * before   of the configuration in service, or NULL: what is listened on already is shared with it,
 *          so that nobody finds it closed
 * Returns ST_OK; ST_LIMIT for more than LISTENERS_MAX, or as listener_bind and activation_copy, and
 * sockets_close closes those that are there.
 */
enum status sockets_open(struct sockets *s, const struct server_config *config,
                         const struct sockets *before, struct error *e) MUST_USE;
void sockets_close(struct sockets *s);

/* The port that clients connect to, as far as a server can know that. */
unsigned sockets_public_port(const struct sockets *s, const struct server_config *config);

/* Print a line for each new one on standard output, `listening on ADDR:PORT`. */
void sockets_tell(struct sockets *s);

#endif
