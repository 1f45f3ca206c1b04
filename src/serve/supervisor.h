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

/*
 * Serve until SIGTERM or SIGINT.
 *
 * config    whole: with its defaults, and server_config_finish
 * Prints one line `listening on ADDR:PORT` for each socket on standard output when requests are
 * answered, or `listening for PROXY on ADDR:PORT`; everything else goes to the log.
 * Returns ST_OK after an orderly stop; else what kept it from serving, in e.
 */
enum status supervisor_run(const struct server_config *config, struct error *e) MUST_USE;

#endif
