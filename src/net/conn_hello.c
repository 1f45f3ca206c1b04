/* What is said before TLS begins: a proxy's header, and the record with the ClientHello. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/conn_internal.h"
#include "net/conn_limit.h"
#include "protocol/proxy.h"

/* A TLS record: content type, version, length; RFC 8446 section 5.1. */
#define RECORD_HEADER    ((size_t)5)
#define RECORD_MAX       ((size_t)16384 + 256)
#define RECORD_HANDSHAKE 0x16
#define RECORD_MAJOR     3

_Static_assert(PROXY_MAX <= REQUEST_MAX, "a PROXY header fits where the request comes later");
_Static_assert(RECORD_HEADER + RECORD_MAX <= CONN_CHUNK, "a record fits into the scratch space");

/* The header is whole: whose connection is it, and may that client have one more? */
static enum conn_step conn_take_proxy(struct conn *c, const struct proxy_header *header)
{
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    free(c->exchange); /* the request needs one later, if there ever is a request */
    c->exchange = NULL;
    c->probe = header->caller == PROXY_ITSELF;
    if (header->caller == PROXY_CLIENT) {
        c->client = header->source;
        memcpy(&v4, &header->destination, sizeof v4);
        memcpy(&v6, &header->destination, sizeof v6);
        c->port = ntohs(header->destination.ss_family == AF_INET6 ? v6.sin6_port : v4.sin_port);
        if (c->table->quotas != NULL && !quota_enter(c->table->quotas, &c->client, &c->quota)) {
            c->reason = CONN_LIMIT_ADDRESS;
            return STEP_FAIL;
        }
    }
    return STEP_NEXT;
}

/*
 * The header is taken from the socket up to its last byte and no further: the next one is TLS's.
 * What is known to be of the header is taken even when there is more to come, or the loop would
 * find the same bytes again and again.
 */
enum conn_step conn_run_proxy(struct conn *c)
{
    struct conn_exchange *x = conn_exchange(c);
    while (x != NULL) {
        struct proxy_header header;
        ssize_t n = recv(c->fd, x->line + x->line_n, PROXY_MAX - x->line_n, MSG_PEEK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return STEP_READ;
        if (n < 0) {
            c->reason = CONN_RESET "in the PROXY header";
            return STEP_FAIL;
        }
        if (n == 0) {
            c->reason = x->line_n == 0 ? "no PROXY header" : "bad PROXY header: cut";
            return STEP_FAIL;
        }
        size_t come = x->line_n + (size_t)n;
        enum proxy_state found = proxy_read((struct span){x->line, come}, &header);
        if (found == PROXY_BAD) {
            c->reason = header.fault;
            return STEP_FAIL;
        }
        size_t end = found == PROXY_DONE ? header.size : come;
        if (recv(c->fd, x->line + x->line_n, end - x->line_n, 0) != (ssize_t)(end - x->line_n)) {
            c->reason = CONN_RESET "in the PROXY header";
            return STEP_FAIL;
        }
        x->line_n = end;
        if (found == PROXY_DONE)
            return conn_take_proxy(c, &header);
    }
    return STEP_FAIL;
}

/*
 * How many bytes must be there before TLS can do something with them: the header of the first
 * record, then all of that record.  What begins otherwise is for TLS to refuse.
 */
static size_t conn_hello_needed(const unsigned char *p, size_t n)
{
    if (n < RECORD_HEADER)
        return RECORD_HEADER;
    size_t size = (size_t)p[3] << 8 | p[4];
    bool hello = p[0] == RECORD_HANDSHAKE && p[1] == RECORD_MAJOR && size <= RECORD_MAX;
    return RECORD_HEADER + (hello ? size : 0);
}

/* Have the loop wake us when so many bytes are there, and no sooner. */
static void conn_set_low_water(const struct conn *c, size_t n)
{
    int bytes = (int)n;
    setsockopt(c->fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes);
}

/*
 * TLS costs 40 KiB from its first byte on, so it begins when the whole first record is there: who
 * sends half of it costs next to nothing.  The bytes stay in the socket.  Where the kernel wakes us
 * without one byte more than before, there is no use in waiting: the client has closed, or the
 * socket cannot hold the record, and TLS takes what there is.
 */
enum conn_step conn_run_hello(struct conn *c)
{
    ssize_t n;
    do {
        n = recv(c->fd, c->table->scratch, RECORD_HEADER + RECORD_MAX, MSG_PEEK);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return STEP_READ;
    if (n <= 0) {
        c->reason = n == 0 ? CONN_LEFT CONN_IN_HANDSHAKE : CONN_RESET CONN_IN_HANDSHAKE;
        return STEP_FAIL;
    }
    size_t come = (size_t)n;
    size_t needed = conn_hello_needed((const unsigned char *)c->table->scratch, come);
    if (come < needed && come > c->hello_n) {
        c->hello_n = come;
        c->hello_awaited = true;
        conn_set_low_water(c, needed);
        return STEP_READ;
    }
    if (c->hello_awaited)
        conn_set_low_water(c, 1);
    if (channel_open(c->table->tls, c->fd, &c->channel) != ST_OK) {
        c->reason = CONN_NO_MEMORY;
        return STEP_FAIL;
    }
    channel_on_ready(c->channel, conn_on_ready, c);
    return STEP_NEXT;
}
