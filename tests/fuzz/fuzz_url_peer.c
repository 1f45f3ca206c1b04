/*
 * url_peer: the input is a URL, which url_parse and uriparser must read alike.  What url_parse
 * takes uriparser takes, with the same parts; what uriparser takes and url_parse does not is one of
 * the things that a request may not be.
 */
#include "fuzz.h"

#include <uriparser/Uri.h>

#include "protocol/url.h"

#define PORT_MAX 65535

/* A part of uriparser's as a span; absent when it is. */
static struct span part(UriTextRangeA range)
{
    if (range.first == NULL)
        return (struct span){NULL, 0};
    return (struct span){range.first, (size_t)(range.afterLast - range.first)};
}

/* The path of a URI with a host, as it was written, is what its segments say. */
static void check_path(const UriUriA *uri, struct span path)
{
    for (const UriPathSegmentA *at = uri->pathHead; at != NULL; at = at->next) {
        struct span segment = part(at->text);
        MUST(span_starts(path, SPAN("/")));
        MUST(span_eq(span_sub(path, 1, 1 + segment.n), segment));
        path = span_sub(path, 1 + segment.n, path.n);
    }
    MUST(path.n == 0);
}

static void check_port(const UriUriA *uri, const struct url *url)
{
    struct span digits = part(uri->portText);
    uint32_t port = 0;
    for (size_t i = 0; i < digits.n; i++) {
        port = port * 10 + (uint32_t)(digits.p[i] - '0');
        MUST(port <= PORT_MAX);
    }
    MUST(url->has_port == (digits.n > 0) && url->port == port);
}

/* "//" behind the scheme: only then has a URI a host, and url_parse looks at its path. */
static bool has_authority(struct span in, struct span scheme)
{
    return span_starts(span_sub(in, scheme.n + 1, in.n), SPAN("//"));
}

static void check_parts(const UriUriA *uri, const struct url *url, struct span in)
{
    MUST(span_eq(url->scheme, part(uri->scheme)));
    MUST(uri->fragment.first == NULL);
    MUST(url->has_query == (uri->query.first != NULL));
    MUST(span_eq(url->query, part(uri->query)));
    if (!has_authority(in, url->scheme)) {
        MUST(url->host.n == 0 && url->path.n == 0 && !url->has_port);
        return;
    }
    MUST(span_eq(url->host, part(uri->hostText)));
    MUST(url->literal == (uri->hostData.ip6 != NULL || uri->hostData.ipFuture.first != NULL));
    check_port(uri, url);
    check_path(uri, url->path);
}

static bool port_is_high(struct span digits)
{
    uint32_t port = 0;
    for (size_t i = 0; i < digits.n && port <= PORT_MAX; i++)
        port = port * 10 + (uint32_t)(digits.p[i] - '0');
    return port > PORT_MAX;
}

/* Is it well-formed, but for one of the things that a request may not be? */
static bool is_excused(const UriUriA *uri)
{
    if (uri->scheme.first == NULL || uri->fragment.first != NULL)
        return true;
    if (port_is_high(part(uri->portText)))
        return true;
    if (!span_eq_nocase(part(uri->scheme), SPAN("gemini")))
        return false;
    return uri->userInfo.first != NULL || part(uri->hostText).n == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = fuzz_input(data, size);
    char *copy = fuzz_copy(in);
    in.p = copy;
    struct url url;
    UriUriA uri;
    const char *error = NULL;
    bool ours = url_parse(in, &url, NULL) == ST_OK;
    bool theirs = uriParseSingleUriExA(&uri, in.p, in.p + in.n, &error) == URI_SUCCESS;
    if (ours) {
        MUST(theirs);
        check_parts(&uri, &url, in);
    } else if (theirs) {
        MUST(is_excused(&uri));
    }
    if (theirs)
        uriFreeUriMembersA(&uri);
    free(copy);
    return 0;
}
