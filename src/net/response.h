/*
 * response: what the layer above answers to a request, and how its body is pulled.
 */
#ifndef NET_RESPONSE_H
#define NET_RESPONSE_H

#include <stdint.h>

#include "core/error.h"
#include "core/span.h"
#include "protocol/gemini.h"
#include "tls/client.h"

struct response;

/* A request line and where it came in.  Borrowed for the call of respond. */
struct net_request {
    struct span line;                 /* without CRLF; lives as long as the connection */
    uint16_t port;                    /* that the client connected to */
    const struct client_cert *client; /* whose certificate the client showed; NULL for none */
};

/*
 * Fill in `out`, which comes zeroed.  Never blocks for long; must not fail: a fault of the server
 * is a 40 or 42.
 */
typedef void net_respond(void *context, const struct net_request *request, struct response *out);

struct response {
    enum gemini_status status;
    char meta[GEMINI_META_MAX + 1]; /* NUL-ended */
    uint64_t size;                  /* bytes of body; 0 for none */

    /*
     * Copy n bytes of body from `offset` to `to`; [offset, offset + n) lies in the size.  The same
     * range may be asked for again.  A failure ends the connection without close_notify, so that
     * the client knows that its page is cut; ST_CHANGED tells that the page is being written.
     */
    enum status (*fill)(struct response *r, uint64_t offset, char *to, size_t n, struct error *e);
    /* Give back what the response holds.  Called once if it is set. */
    void (*done)(struct response *r);
    void *holder; /* fill's own */
    int64_t id;   /* fill's own */

    struct span host; /* for the access log; points into the request line, or absent */
    struct span path; /* likewise, as it was sent, without the query; "/" when it was empty */
};

/* Make it an answer without a body. */
void response_set(struct response *r, enum gemini_status status, const char *meta);

#endif
