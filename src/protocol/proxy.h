/*
 * proxy: reads the header that a proxy puts before a connection which it hands on, so that the
 * server knows who really called.
 *
 * Source: "The PROXY protocol, Versions 1 & 2", Willy Tarreau, HAProxy Technologies, 2020/03/05
 * (proxy-protocol.txt); sections are of that text.
 */
#ifndef PROTOCOL_PROXY_H
#define PROTOCOL_PROXY_H

#include <sys/socket.h>

#include "core/span.h"

/*
 * The most bytes that are ever needed to decide.  Both versions are made to fit in the smallest TCP
 * segment that every host takes (section 2); a version 1 line has 107 at most (2.1).
 */
#define PROXY_MAX      ((size_t)536)
#define PROXY_LINE_MAX ((size_t)107)

enum proxy_state {
    PROXY_MORE, /* a header so far, but not all of it: read on */
    PROXY_DONE, /* a whole header */
    PROXY_BAD,  /* none, or one that breaks a rule: end the connection, `fault` says why */
};

/* On whose behalf the proxy calls. */
enum proxy_caller {
    PROXY_CLIENT,  /* a client's, whose addresses are known */
    PROXY_UNKNOWN, /* a client's whose addresses are not: the socket's own must do */
    PROXY_ITSELF,  /* its own (LOCAL, version 2): it asks whether the server is there */
};

struct proxy_header {
    size_t size; /* bytes of the header; what follows is the client's */
    enum proxy_caller caller;
    /* AF_INET or AF_INET6 with the port when the caller is PROXY_CLIENT, else AF_UNSPEC.  An IPv4
     * address that comes mapped into IPv6 is given as IPv4. */
    struct sockaddr_storage source, destination;
    const char *fault; /* on PROXY_BAD: static text, for the log */
};

/*
 * Look for a PROXY header at the start of `in`.
 *
 * in       all bytes that have come, at most PROXY_MAX of them are looked at; PROXY_MORE says that
 *          every one of them belongs to the header
 * header   is overwritten; filled in on PROXY_DONE, its fault on PROXY_BAD
 * Version 1 is taken to the letter: single spaces, addresses and ports in their canonical form,
 * CRLF.  Of version 2 TCP over IPv4 and IPv6 are understood; other families and protocols that the
 * specification names are PROXY_UNKNOWN, as it asks, and what it does not name is PROXY_BAD.  TLVs
 * are skipped but must be whole, and a checksum among them must be right.
 * Never allocates, never blocks.  Source: sections 2, 2.1, 2.2 and 2.2.3.
 */
enum proxy_state proxy_read(struct span in, struct proxy_header *header);

#endif
