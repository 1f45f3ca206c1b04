#include "article/link.h"

#include <string.h>
#include <unictype.h>
#include <uriparser/Uri.h>

#include "core/utf8.h"
#include "prose/words.h"

/* Parts of a reference as RFC 3986, appendix B, splits it; the p of one that is absent is NULL. */
struct link_parts {
    struct span scheme;    /* without ':' */
    struct span authority; /* without "//" */
    struct span path;
    struct span query;    /* with '?' */
    struct span fragment; /* with '#' */
};

static const struct link_scheme {
    const char *name;
    bool host; /* leads to a host: what follows is "//host" */
} link_schemes[] = {
    {"https", true},   {"http", true},   {"gemini", true},  {"gopher", true},
    {"spartan", true}, {"finger", true}, {"mailto", false}, {"tel", false},
};

/* What clients have run, or shown as if it came from the capsule. */
static const char *const link_dangerous[] = {"javascript", "vbscript", "data", "file"};

static const struct link_scheme *link_find_scheme(struct span name)
{
    for (size_t i = 0; i < sizeof link_schemes / sizeof link_schemes[0]; i++) {
        if (span_eq_nocase(name, span_of(link_schemes[i].name)))
            return &link_schemes[i];
    }
    return NULL;
}

/* Length of the scheme that url begins with, without ':'; 0 when it has none. */
static size_t link_scheme_length(struct span url)
{
    size_t n = 0;
    while (n < url.n &&
           (ascii_alpha(url.p[n]) || (n > 0 && (ascii_digit(url.p[n]) || url.p[n] == '+' ||
                                                url.p[n] == '-' || url.p[n] == '.'))))
        n++;
    return n < url.n && url.p[n] == ':' ? n : 0;
}

static struct link_parts link_split(struct span url)
{
    struct link_parts parts = {0};
    size_t scheme = link_scheme_length(url);
    if (scheme > 0) {
        parts.scheme = span_sub(url, 0, scheme);
        url = span_sub(url, scheme + 1, url.n);
    }
    size_t hash = span_find(url, 0, '#');
    parts.fragment = span_sub(url, hash, url.n);
    url = span_sub(url, 0, hash);
    size_t mark = span_find(url, 0, '?');
    parts.query = span_sub(url, mark, url.n);
    url = span_sub(url, 0, mark);
    if (span_starts(url, SPAN("//"))) {
        size_t end = span_find(url, 2, '/');
        parts.authority = span_sub(url, 2, end);
        url = span_sub(url, end, url.n);
    }
    parts.path = url;
    return parts;
}

/* The host of an authority, an address with its brackets. */
static struct span link_host(struct span authority)
{
    size_t from = 0;
    for (size_t at = span_find(authority, 0, '@'); at < authority.n;
         at = span_find(authority, from, '@'))
        from = at + 1;
    struct span host = span_sub(authority, from, authority.n);
    bool literal = span_starts(host, SPAN("["));
    return span_sub(host, 0, literal ? span_find(host, 0, ']') + 1 : span_find(host, 0, ':'));
}

static bool link_is_escape(struct span s, size_t at)
{
    return s.p[at] == '%' && at + 2 < s.n && ascii_hex(s.p[at + 1]) >= 0 &&
           ascii_hex(s.p[at + 2]) >= 0;
}

/* Append a part with all escaped that may not stand there, but for `also`. */
static void link_escape(struct span part, const char *also, struct buf *out)
{
    if (part.p == NULL)
        return; /* absent */
    for (size_t at = 0; at < part.n; at++) {
        char c = part.p[at];
        bool plain = ascii_alpha(c) || ascii_digit(c) ||
                     (c != '\0' && strchr("-._~!$&'()*+,;=:@/?", c) != NULL) ||
                     (c != '\0' && strchr(also, c) != NULL) || link_is_escape(part, at);
        if (plain)
            buf_putc(out, c);
        else
            buf_putf(out, "%%%02X", (unsigned)(unsigned char)c);
    }
}

/* href without what browsers drop from it: blanks and control bytes at its ends, line ends. */
static void link_strip(struct span href, struct buf *out)
{
    while (href.n > 0 && (unsigned char)href.p[0] <= ' ')
        href = span_sub(href, 1, href.n);
    while (href.n > 0 && (unsigned char)href.p[href.n - 1] <= ' ')
        href.n--;
    /* An image can be in its own URL; no more of that is read than is needed to refuse it. */
    for (size_t i = 0; i < href.n && buf_status(out) == ST_OK; i++) {
        if (href.p[i] != '\t' && href.p[i] != '\n' && href.p[i] != '\r')
            buf_putc(out, href.p[i]);
    }
}

/* Begin url with href, escaped.  Returns false when there is nothing in it, or too much. */
static bool link_begin(struct buf *url, struct span href)
{
    struct buf raw;
    buf_init(&raw, LINK_URL_MAX);
    buf_init(url, LINK_URL_MAX);
    link_strip(href, &raw);
    struct link_parts parts = link_split(buf_span(&raw));
    if (parts.scheme.p != NULL) {
        buf_put(url, parts.scheme);
        buf_putc(url, ':');
    }
    if (parts.authority.p != NULL) {
        buf_puts(url, "//");
        link_escape(parts.authority, "[]", url);
    }
    link_escape(parts.path, "", url);
    link_escape(parts.query, "", url);
    if (parts.fragment.n > 0) {
        buf_putc(url, '#');
        link_escape(span_sub(parts.fragment, 1, parts.fragment.n), "", url);
    }
    if (buf_status(&raw) != ST_OK)
        url->status = buf_status(&raw);
    buf_fini(&raw);
    return url->n > 0 && buf_status(url) == ST_OK;
}

/* Append url to out when it is good, and free it.  Returns whether it was appended. */
static bool link_end(struct buf *url, bool good, struct buf *out)
{
    good = good && buf_status(url) == ST_OK;
    if (good)
        buf_put(out, buf_span(url));
    else if (buf_status(url) == ST_NOMEM && buf_status(out) == ST_OK)
        out->status = ST_NOMEM;
    buf_fini(url);
    return good;
}

/* Put `prefix` before the URL. */
static void link_prepend(struct buf *url, struct span prefix)
{
    struct buf whole;
    buf_init(&whole, LINK_URL_MAX);
    buf_put(&whole, prefix);
    buf_put(&whole, buf_span(url));
    buf_fini(url);
    *url = whole;
}

/* Parse the URL; *uri borrows from it, and is to be freed when this returns true. */
static bool link_parse(struct buf *url, UriUriA *uri)
{
    const char *error = NULL;
    int failure = uriParseSingleUriExA(uri, url->p, url->p + url->n, &error);
    if (failure == URI_ERROR_MALLOC)
        url->status = ST_NOMEM;
    return failure == URI_SUCCESS;
}

static bool link_is_uri(struct buf *url)
{
    UriUriA uri;
    if (buf_status(url) != ST_OK || url->n == 0 || !link_parse(url, &uri))
        return false;
    uriFreeUriMembersA(&uri);
    return true;
}

/* Can a host have this name?  RFC 3986 lets anything stand in one if it is escaped. */
static bool link_host_is_good(struct span host)
{
    for (size_t at = 0; at < host.n; at++) {
        if (!link_is_escape(host, at))
            continue;
        int byte = ascii_hex(host.p[at + 1]) << 4 | ascii_hex(host.p[at + 2]);
        if (byte < 0x80 && !ascii_alpha(byte) && !ascii_digit(byte) && byte != '-' && byte != '.' &&
            byte != '_')
            return false;
    }
    return host.n > 0;
}

/* Is it an absolute URL that may be linked to?  Its scheme is written lower case. */
static bool link_is_absolute(struct buf *url)
{
    struct link_parts parts = link_split(buf_span(url));
    const struct link_scheme *scheme = link_find_scheme(parts.scheme);
    if (scheme == NULL)
        return false;
    for (size_t i = 0; i < parts.scheme.n; i++)
        url->p[i] = ascii_lower(url->p[i]);
    bool leads = scheme->host ? link_host_is_good(link_host(parts.authority))
                              : parts.authority.p == NULL && parts.path.n + parts.query.n > 0;
    return leads && link_is_uri(url);
}

/* Offset of what follows the authority. */
static size_t link_root(struct span url)
{
    struct span authority = link_split(url).authority;
    return (size_t)(authority.p + authority.n - url.p);
}

/* Append uri as text. */
static bool link_write(const UriUriA *uri, struct buf *out)
{
    int n = 0;
    if (uriToStringCharsRequiredA(uri, &n) != URI_SUCCESS)
        return false;
    char *to = buf_reserve(out, (size_t)n + 1);
    if (to == NULL || uriToStringA(to, uri, n + 1, NULL) != URI_SUCCESS)
        return false;
    out->n += (size_t)n;
    return true;
}

/* Resolve a path or query against `from`, whose scheme and authority keep their spelling. */
static bool link_join(struct buf *url, struct buf *from)
{
    UriUriA base;
    UriUriA ref;
    UriUriA joined = {0};
    if (!link_parse(from, &base))
        return false;
    if (!link_parse(url, &ref)) {
        uriFreeUriMembersA(&base);
        return false;
    }
    struct buf text;
    buf_init(&text, (size_t)4 * LINK_URL_MAX); /* uriparser writes addresses at full length */
    int failure = uriAddBaseUriExA(&joined, &ref, &base, URI_RESOLVE_STRICTLY);
    bool good = failure == URI_SUCCESS && link_write(&joined, &text);
    if (good) {
        struct span whole = buf_span(&text);
        buf_clear(url);
        buf_put(url, span_sub(buf_span(from), 0, link_root(buf_span(from))));
        buf_put(url, span_sub(whole, link_root(whole), whole.n));
    } else if (failure == URI_ERROR_MALLOC || buf_status(&text) == ST_NOMEM) {
        url->status = ST_NOMEM;
    }
    uriFreeUriMembersA(&joined);
    uriFreeUriMembersA(&ref);
    uriFreeUriMembersA(&base);
    buf_fini(&text);
    return good;
}

/* Length of a path without the suffix of an article's source; the whole length without one. */
static size_t link_stem(struct span path)
{
    static const char *const suffixes[] = {".md", ".markdown"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        struct span suffix = span_of(suffixes[i]);
        size_t stem = path.n > suffix.n ? path.n - suffix.n : 0;
        if (stem > 0 && path.p[stem - 1] != '/' &&
            span_eq_nocase(span_sub(path, stem, path.n), suffix))
            return stem;
    }
    return path.n;
}

/* Make the reference, which is relative, one that leads to a page of the capsule. */
static bool link_keep_relative(struct buf *url)
{
    struct link_parts parts = link_split(buf_span(url));
    buf_cut(url, url->n - parts.fragment.n);
    if (!link_is_uri(url))
        return false;
    size_t stem = link_stem(parts.path);
    if (stem == parts.path.n)
        return true;
    struct buf page;
    buf_init(&page, LINK_URL_MAX);
    buf_put(&page, span_sub(parts.path, 0, stem));
    buf_puts(&page, ".gmi");
    buf_put(&page, parts.query);
    buf_fini(url);
    *url = page;
    return true;
}

/* Make a reference without a scheme say where it leads. */
static bool link_complete(struct buf *url, struct span base, enum link_relative relative)
{
    struct link_parts parts = link_split(buf_span(url));
    if (parts.authority.p == NULL && parts.path.n == 0 && parts.query.n == 0)
        return false;
    struct buf from;
    bool based = link_begin(&from, base) && link_is_absolute(&from) &&
                 link_split(buf_span(&from)).authority.p != NULL;
    bool good;
    if (buf_status(&from) == ST_NOMEM) {
        url->status = ST_NOMEM; /* not the same as no base */
        good = false;
    } else if (parts.authority.p != NULL) {
        size_t scheme = based ? link_scheme_length(buf_span(&from)) + 1 : 0;
        link_prepend(url, based ? span_sub(buf_span(&from), 0, scheme) : SPAN("https:"));
        good = link_is_absolute(url);
    } else if (based) {
        good = link_join(url, &from);
    } else {
        good = relative == LINK_RELATIVE_KEEP && link_keep_relative(url);
    }
    buf_fini(&from);
    return good;
}

bool link_resolve(struct span href, struct span base, enum link_relative relative, struct buf *out)
{
    struct buf url;
    bool good = link_begin(&url, href);
    if (good && link_scheme_length(buf_span(&url)) > 0)
        good = link_is_absolute(&url);
    else if (good)
        good = link_complete(&url, base, relative);
    return link_end(&url, good, out);
}

bool link_keep(struct span href, struct buf *out)
{
    struct buf url;
    bool good = link_begin(&url, href);
    struct span scheme = link_split(buf_span(&url)).scheme;
    for (size_t i = 0; i < sizeof link_dangerous / sizeof link_dangerous[0]; i++)
        good = good && !span_eq_nocase(scheme, span_of(link_dangerous[i]));
    return link_end(&url, good, out);
}

/* Does text begin with a scheme that leads to a host, and "://"? */
static bool link_begins(struct span text)
{
    for (size_t i = 0; i < sizeof link_schemes / sizeof link_schemes[0]; i++) {
        size_t n = strlen(link_schemes[i].name);
        if (link_schemes[i].host && text.n > n && text.p[n] == ':' &&
            span_eq_nocase(span_sub(text, 0, n), span_of(link_schemes[i].name)))
            return span_starts(span_sub(text, n, text.n), SPAN("://"));
    }
    return false;
}

/*
 * Length of the sign at the start of rest when it may be part of a URL in running text, else 0;
 * *last tells whether it may be its last one.
 *
 * open    of each kind of bracket, how many are open; brought up to date
 */
static size_t link_sign(struct span rest, unsigned open[3], bool *last)
{
    static const char opening[] = "([{";
    static const char closing[] = ")]}";
    char c = rest.p[0];
    uint32_t cp = 0;
    if ((unsigned char)c >= 0x80) {
        unsigned len = utf8_decode(rest, &cp);
        bool joiner = cp == 0x200c || cp == 0x200d;
        *last = !joiner;
        if (len == 0 || words_begin_unspaced(rest))
            return 0;
        return joiner || uc_is_general_category_withtable(
                             cp, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N)
                   ? len
                   : 0;
    }
    if (c <= ' ' || strchr("<>\"`\x7f", c) != NULL)
        return 0;
    const char *begins = strchr(opening, c);
    const char *ends = strchr(closing, c);
    if (begins != NULL)
        open[begins - opening]++;
    if (ends != NULL && open[ends - closing]-- == 0)
        return 0; /* it was opened before the URL */
    *last = begins == NULL && strchr(".,;:!?'", c) == NULL;
    return 1;
}

size_t link_in_text(struct span text)
{
    unsigned open[3] = {0};
    size_t at = 0;
    size_t end = 0;
    if (!link_begins(text))
        return 0;
    while (at < text.n && at <= LINK_URL_MAX) {
        bool last = false;
        size_t len = link_sign(span_sub(text, at, text.n), open, &last);
        if (len == 0)
            break;
        at += len;
        end = last ? at : end;
    }
    struct buf url;
    /* One that is too long is not cut: half a URL leads somewhere else. */
    bool good =
        link_begin(&url, span_sub(text, 0, at > LINK_URL_MAX ? 0 : end)) && link_is_absolute(&url);
    buf_fini(&url);
    return good ? end : 0;
}

struct span link_name(struct span url)
{
    struct link_parts parts = link_split(url);
    struct span path = parts.path;
    while (span_ends(path, SPAN("/")))
        path.n--;
    size_t from = path.n;
    while (from > 0 && path.p[from - 1] != '/')
        from--;
    struct span name = span_sub(path, from, path.n);
    if (name.n > 0 && !span_eq(name, SPAN(".")) && !span_eq(name, SPAN("..")))
        return name;
    struct span host = link_host(parts.authority);
    return host.n > 0 ? host : url;
}
