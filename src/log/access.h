/*
 * access: one line per request that was answered, or per connection that ended without one.
 */
#ifndef LOG_ACCESS_H
#define LOG_ACCESS_H

#include <stdint.h>
#include <sys/socket.h>

#include "core/error.h"
#include "core/span.h"

#define ACCESS_PRINT 32

/* What a line tells of the client's address. */
enum access_addresses {
    ACCESS_CUT,   /* its network: IPv4 /24, IPv6 /48; so it begins */
    ACCESS_WHOLE, /* all of it */
    ACCESS_NONE,  /* nothing: "-" */
};

/* "cut", "whole" or "none".  ST_OK or ST_SYNTAX. */
enum status access_addresses_find(const char *text, enum access_addresses *out,
                                  struct error *e) MUST_USE;

/* Tell this of addresses from now on, in this process. */
void access_tell_addresses(enum access_addresses how);

struct access {
    const struct sockaddr *client;    /* peer address; an IPv4 one that is mapped is one */
    const unsigned char *certificate; /* SHA-256 of the client's, ACCESS_PRINT bytes, or NULL */
    struct span host;                 /* of the URL; logged as "-" where it has none */
    struct span path;   /* as it was sent, without the query; absent when there was no URL */
    int status;         /* Gemini status, 0 when none was sent */
    uint64_t bytes;     /* of body handed to the client */
    uint64_t ms;        /* from accept to the end of the answer, without lingering */
    const char *tls;    /* protocol version, or "-" */
    bool resumed;       /* did the handshake resume a session? */
    bool refused;       /* a limit was the answer, whatever was asked for */
    const char *reason; /* why the connection ended: "done", "reset", what a 59 said ... */
};

/*
 * Write the line.  Requests that were answered are told every time; of connections without one, and
 * of those that met a limit, each reason is a kind of line (see log_limit).  Never blocks on
 * anything but the log itself.
 */
void access_log(const struct access *a);

#endif
