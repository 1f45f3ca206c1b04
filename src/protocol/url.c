#include "protocol/url.h"

#include <arpa/inet.h>
#include <string.h>

#define URL_PORT_MAX 65535
#define URL_HOST_MAX 255 /* bytes; RFC 1035 section 2.3.4 */

/* RFC 3986 2.3 and 2.2: what may stand for itself in a path segment, "pchar" without escapes. */
static bool url_is_pchar(char c)
{
    return ascii_alpha(c) || ascii_digit(c) ||
           (c != '\0' && strchr("-._~!$&'()*+,;=:@", c) != NULL);
}

static bool url_is_reg_name(char c)
{
    return c != ':' && c != '@' && url_is_pchar(c);
}

/* Every byte is a URI character and every '%' begins an escape. */
static enum status url_check_alphabet(struct span in, struct error *e)
{
    for (size_t i = 0; i < in.n; i++) {
        char c = in.p[i];
        if (c == '%') {
            if (i + 2 >= in.n || ascii_hex(in.p[i + 1]) < 0 || ascii_hex(in.p[i + 2]) < 0)
                return error_set(e, ST_SYNTAX, 0, "The request has a broken percent-escape");
            i += 2;
        } else if (!url_is_pchar(c) && (c == '\0' || strchr("/?#[]", c) == NULL)) {
            return error_set(e, ST_SYNTAX, 0,
                             "The request has a character that must be percent-encoded");
        }
    }
    return ST_OK;
}

static enum status url_split_scheme(struct span in, struct url *out, size_t *at, struct error *e)
{
    size_t i = 0;
    while (i < in.n && (ascii_alpha(in.p[i]) ||
                        (i > 0 && (ascii_digit(in.p[i]) || strchr("+-.", in.p[i]) != NULL))))
        i++;
    if (i == 0 || i == in.n || in.p[i] != ':')
        return error_set(e, ST_SYNTAX, 0, "The request must be an absolute URL");
    out->scheme = span_sub(in, 0, i);
    *at = i + 1;
    return ST_OK;
}

static enum status url_split_port(struct span digits, struct url *out, struct error *e)
{
    uint32_t port = 0;
    for (size_t i = 0; i < digits.n; i++) {
        if (!ascii_digit(digits.p[i]))
            return error_set(e, ST_SYNTAX, 0, "The port must be a number");
        port = port * 10 + (uint32_t)(digits.p[i] - '0');
        if (port > URL_PORT_MAX)
            return error_set(e, ST_SYNTAX, 0, "The port must be at most 65535");
    }
    out->has_port = digits.n > 0;
    out->port = port;
    return ST_OK;
}

/* "[...]" of RFC 3986 3.2.2: an IPv6 address or "v1.something". */
static bool url_is_literal(struct span inside)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (inside.n > 2 && ascii_lower(inside.p[0]) == 'v') {
        size_t dot = span_find(inside, 1, '.');
        bool good = dot > 1 && dot + 1 < inside.n;
        for (size_t i = 1; good && i < inside.n; i++) {
            good = i < dot ? ascii_hex(inside.p[i]) >= 0
                           : inside.p[i] == ':' || url_is_reg_name(inside.p[i]);
        }
        return good;
    }
    if (inside.n == 0 || inside.n >= sizeof text)
        return false;
    memcpy(text, inside.p, inside.n);
    text[inside.n] = '\0';
    return strlen(text) == inside.n && inet_pton(AF_INET6, text, &address) == 1;
}

static bool url_has_bracket(struct span s)
{
    return span_find(s, 0, '[') < s.n || span_find(s, 0, ']') < s.n;
}

/* RFC 3986 3.2.1, which gemini does without. */
static enum status url_skip_user(struct span *authority, bool gemini, struct error *e)
{
    size_t at = span_find(*authority, 0, '@');
    if (at == authority->n)
        return ST_OK;
    if (gemini)
        return error_set(e, ST_SYNTAX, 0, "A request must not contain user information");
    if (url_has_bracket(span_sub(*authority, 0, at)))
        return error_set(e, ST_SYNTAX, 0, "The user information is not valid");
    *authority = span_sub(*authority, at + 1, authority->n);
    return ST_OK;
}

static enum status url_split_authority(struct span authority, bool gemini, struct url *out,
                                       struct error *e)
{
    size_t end;
    enum status status = url_skip_user(&authority, gemini, e);
    if (status != ST_OK)
        return status;
    if (authority.n > 0 && authority.p[0] == '[') {
        size_t close = span_find(authority, 0, ']');
        if (close == authority.n || !url_is_literal(span_sub(authority, 1, close)))
            return error_set(e, ST_SYNTAX, 0, "The address in brackets is not valid");
        out->literal = true;
        out->host = span_sub(authority, 1, close);
        end = close + 1;
        if (end < authority.n && authority.p[end] != ':')
            return error_set(e, ST_SYNTAX, 0, "The host is not valid");
    } else {
        end = span_find(authority, 0, ':');
        out->host = span_sub(authority, 0, end);
        for (size_t i = 0; i < out->host.n; i++) {
            if (!url_is_reg_name(out->host.p[i]) && out->host.p[i] != '%')
                return error_set(e, ST_SYNTAX, 0, "The host is not valid");
        }
    }
    if (gemini && out->host.n == 0)
        return error_set(e, ST_SYNTAX, 0, "The request must name a host");
    return url_split_port(span_sub(authority, end + 1, authority.n), out, e);
}

enum status url_parse(struct span in, struct url *out, struct error *e)
{
    struct url url = {0};
    size_t at = 0;
    if (in.n == 0)
        return error_set(e, ST_SYNTAX, 0, "The request is empty");
    enum status status = url_check_alphabet(in, e);
    if (status == ST_OK)
        status = url_split_scheme(in, &url, &at, e);
    if (status != ST_OK)
        return status;
    if (span_find(in, 0, '#') < in.n)
        return error_set(e, ST_SYNTAX, 0, "A request must not contain a fragment");
    struct span rest = span_sub(in, at, in.n);
    bool gemini = span_eq_nocase(url.scheme, SPAN("gemini"));
    size_t question = span_find(rest, 0, '?');
    url.has_query = question < rest.n;
    url.query = span_sub(rest, question + 1, rest.n);
    rest = span_sub(rest, 0, question);
    if (span_starts(rest, SPAN("//"))) {
        size_t slash = span_find(rest, 2, '/');
        struct span authority = span_sub(rest, 2, slash);
        rest = span_sub(rest, slash, rest.n);
        url.path = rest;
        status = url_split_authority(authority, gemini, &url, e);
    } else if (gemini) {
        return error_set(e, ST_SYNTAX, 0, "The request must name a host");
    }
    if (status != ST_OK)
        return status;
    /* RFC 3986 keeps brackets for addresses alone. */
    if (url_has_bracket(rest) || url_has_bracket(url.query))
        return error_set(e, ST_SYNTAX, 0,
                         "The request has a character that must be percent-encoded");
    *out = url;
    return ST_OK;
}

/* One byte of a segment, decoded; returns how many bytes of the spelling it took. */
static size_t url_decode_byte(struct span segment, size_t at, char *byte)
{
    if (segment.p[at] == '%' && at + 2 < segment.n) {
        *byte = (char)(ascii_hex(segment.p[at + 1]) << 4 | ascii_hex(segment.p[at + 2]));
        return 3;
    }
    *byte = segment.p[at];
    return 1;
}

static void url_put_escaped(struct buf *out, char byte)
{
    if (url_is_pchar(byte))
        buf_putc(out, byte);
    else
        buf_putf(out, "%%%02X", (unsigned char)byte);
}

/* Number of dots when the segment, decoded, is "." or ".."; else 0. */
static unsigned url_dots(struct span segment)
{
    unsigned dots = 0;
    for (size_t at = 0; at < segment.n;) {
        char byte;
        at += url_decode_byte(segment, at, &byte);
        if (byte != '.' || ++dots > 2)
            return 0;
    }
    return dots;
}

bool url_has_dot_segment(struct span path)
{
    for (size_t at = 0; at < path.n;) {
        size_t end = span_find(path, at, '/');
        if (url_dots(span_sub(path, at, end)) > 0)
            return true;
        at = end + 1;
    }
    return false;
}

void url_respell_segment(struct span segment, struct buf *out)
{
    for (size_t i = 0; i < segment.n;) {
        char byte;
        i += url_decode_byte(segment, i, &byte);
        url_put_escaped(out, byte);
    }
}

void url_canonical_path(struct span path, struct buf *out)
{
    size_t root = out->n;
    if (path.n == 0)
        buf_putc(out, '/');
    for (size_t at = 0; at < path.n;) {
        size_t end = span_find(path, at + 1, '/');
        struct span segment = span_sub(path, at + 1, end);
        bool last = end == path.n;
        at = end;
        unsigned dots = url_dots(segment);
        if (dots == 2) {
            while (out->n > root && out->p[out->n - 1] != '/')
                buf_cut(out, out->n - 1);
            buf_cut(out, out->n > root ? out->n - 1 : root);
        }
        if (dots == 0) {
            buf_putc(out, '/');
            url_respell_segment(segment, out);
        } else if (last) {
            buf_putc(out, '/');
        }
    }
}

void url_escape_segment(struct span name, struct buf *out)
{
    for (size_t i = 0; i < name.n; i++)
        url_put_escaped(out, name.p[i]);
}

static bool url_same_address(int family, const char *a, const char *b)
{
    unsigned char x[sizeof(struct in6_addr)];
    unsigned char y[sizeof(struct in6_addr)];
    size_t n = family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
    return inet_pton(family, a, x) == 1 && inet_pton(family, b, y) == 1 && memcmp(x, y, n) == 0;
}

bool url_host_is(const struct url *url, struct span name)
{
    char host[URL_HOST_MAX + 2];
    char wanted[URL_HOST_MAX + 2];
    size_t n = 0;
    for (size_t at = 0; at < url->host.n; n++) {
        char byte;
        at += url_decode_byte(url->host, at, &byte);
        if (n > URL_HOST_MAX || byte == '\0')
            return false;
        host[n] = ascii_lower(byte);
    }
    if (name.n > 1 && name.p[0] == '[' && name.p[name.n - 1] == ']')
        name = span_sub(name, 1, name.n - 1);
    if (name.n == 0 || name.n > URL_HOST_MAX)
        return false;
    host[n] = '\0';
    memcpy(wanted, name.p, name.n);
    wanted[name.n] = '\0';
    if (url->literal)
        return url_same_address(AF_INET6, host, wanted);
    if (n > 1 && host[n - 1] == '.')
        host[--n] = '\0';
    if (name.n > 1 && wanted[name.n - 1] == '.')
        wanted[--name.n] = '\0';
    return span_eq_nocase((struct span){host, n}, (struct span){wanted, name.n});
}
