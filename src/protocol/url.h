/*
 * url: strict parsing of the URI in a request, and the canonical form of its path.
 */
#ifndef PROTOCOL_URL_H
#define PROTOCOL_URL_H

#include <stdint.h>

#include "core/buf.h"

struct url {
    struct span scheme;
    struct span host;  /* as sent, without brackets; never empty for gemini */
    bool literal;      /* the host stood in brackets: an IPv6 (or future) address */
    uint32_t port;     /* number after the colon, or 0 when there is none */
    bool has_port;     /* was a port written out, and not empty? */
    struct span path;  /* as sent, may be empty; absent where no host can stand before it */
    struct span query; /* after '?', without it */
    bool has_query;
};

/*
 * Split an absolute URI into parts, without copying.
 *
 * in      bytes without CRLF; need not be NUL-ended
 * out     spans point into `in` and live as long as it does; filled only on ST_OK
 * e       says in a short sentence, fit for the meta of a 59, what is wrong
 * Returns ST_OK or ST_SYNTAX.  A fragment and a port over 65535 are errors; for gemini also user
 * information, an empty host and no host at all.  Other schemes are read as closely, for a request
 * that is no URI is told so before anybody looks at what it asks for.
 * Never allocates, never blocks.
 * Source: RFC 3986 section 3 and appendix A; Gemini specification, "Requests".
 */
enum status url_parse(struct span in, struct url *out, struct error *e) MUST_USE;

/*
 * Append the canonical form of a URL's path: what two spellings of one address have in common, and
 * the key of a page.
 *
 * path    as in struct url; "" is "/"
 * Escapes are decoded once, after splitting at '/'; dot segments go, also encoded ones, and never
 * lead above the root; what may not stand in a path segment is written as %XX in capitals, so the
 * result has no control byte, and %2F and %00 stay what they are: no separator, no end.
 * Source: RFC 3986 sections 3.3, 5.2.4, 6.2.2.
 */
void url_canonical_path(struct span path, struct buf *out);

/*
 * Does a path, or what it stands in, have a segment that is "." or "..", in whatever spelling?  Who
 * follows a link to it goes elsewhere.  Source: RFC 3986 section 5.2.4.
 */
bool url_has_dot_segment(struct span path);

/*
 * Append bytes of a valid URL (a segment, the answer in a query) as one path segment in canonical
 * spelling: decoded once, then escaped, so that '/', '?' and line ends are written as %XX.
 */
void url_respell_segment(struct span segment, struct buf *out);

/* Append one path segment's bytes (a file name), escaped so that it can stand in a URL. */
void url_escape_segment(struct span name, struct buf *out);

/*
 * Do a host of a URL and a configured name mean the same host?  Letters of either case, escapes
 * and a trailing dot do not matter; addresses compare as addresses.
 * Source: RFC 3986 section 3.2.2, RFC 5952.
 */
bool url_host_is(const struct url *url, struct span name);

#endif
