/*
 * request: finds the request line in the bytes that have come so far.
 */
#ifndef PROTOCOL_REQUEST_H
#define PROTOCOL_REQUEST_H

#include "core/span.h"
#include "protocol/gemini.h"

/* The most bytes that are ever needed to decide: the longest URL and its CRLF. */
#define REQUEST_MAX (GEMINI_URL_MAX + 2)

enum request_state {
    REQUEST_MORE,     /* no line end yet, and none is missed: read on */
    REQUEST_LINE,     /* a whole line */
    REQUEST_TOO_LONG, /* over GEMINI_URL_MAX bytes: 59, without waiting for a CRLF */
    REQUEST_BAD_END,  /* a CR or LF that is not part of the CRLF: 59 */
};

/*
 * Look for a request line at the start of `in`.
 *
 * in      all bytes that have come, at most REQUEST_MAX of them are looked at
 * line    on REQUEST_LINE the bytes before CRLF, pointing into `in`
 * Bytes behind the CRLF are nobody's: one request per connection.
 * Never allocates, never blocks.  Source: specification, "Requests": `absolute-URI CRLF`.
 */
enum request_state request_find(struct span in, struct span *line);

/* Why a state other than REQUEST_LINE and REQUEST_MORE is refused: the meta of the 59. */
const char *request_fault(enum request_state state);

#endif
