/*
 * supervisor: the process that starts the others and watches over them.  It binds the sockets,
 * owns certs/, has the capsules pressed, and never reads a byte that a client sent.
 */
#ifndef SERVE_SUPERVISOR_H
#define SERVE_SUPERVISOR_H

#include "config/server.h"

/*
 * Can these addresses and vhosts be served at all?  ST_OK, or ST_SYNTAX: a usage error.
 */
enum status supervisor_check(const struct server_config *config, struct error *e) MUST_USE;

/* Where a supervisor gets the configuration from. */
struct supervisor_source {
    /* Read it: a new one, whole and checked, for server_config_free; or what is wrong with it. */
    enum status (*read)(void *context, struct server_config **out, struct error *e);
    void *context;
};

/*
 * Serve until SIGTERM or SIGINT; a second one does not wait for answers that are under way.  SIGHUP
 * reads the configuration again: what is new in it takes effect when it is ready to be served, and
 * nobody finds the server closed meanwhile; one that is wrong changes nothing.
 *
 * config   taken over: whole, with its defaults, and server_config_finish
 * Prints one line `listening on ADDR:PORT` for each socket on standard output when requests are
 * answered, or `listening for PROXY on ADDR:PORT`; everything else goes to the log.
 * Returns ST_OK after an orderly stop; else what kept it from serving, in e.
 */
enum status supervisor_run(struct server_config *config, const struct supervisor_source *source,
                           struct error *e) MUST_USE;

#endif
