/*
 * activation: sockets that a service manager has bound and hands over.  They stay its own, so that
 * callers wait in their queue while one server takes the place of another, and none is refused.
 * Source: sd_listen_fds(3), systemd.socket(5).
 */
#ifndef SERVE_ACTIVATION_H
#define SERVE_ACTIVATION_H

#include "serve/sockets.h"

/*
 * Take what was handed to this process, if anything was: once, before it opens or starts anything.
 * The variables are removed from the environment, the sockets are not inherited.
 *
 * A socket whose name is "proxy" is for proxies; one that is "gemini", or has no name but its
 * unit's, for clients.
 * Returns ST_OK; ST_SYNTAX for variables that make no sense or another name; ST_FORMAT for what is
 * no listening TCP socket; ST_LIMIT for more than LISTENERS_MAX.
 */
enum status activation_take(struct error *e) MUST_USE;

/* Was anything handed over? */
bool activation_is_there(void);

/* Duplicates of them, clients first, as sockets_open orders them.  ST_OK or ST_IO. */
enum status activation_copy(struct sockets *out, struct error *e) MUST_USE;

/* Close ours. */
void activation_close(void);

#endif
