/*
 * url: first line a URL, the rest a host's name, a file's name and a meta.  What url_parse takes
 * lies inside its input, a canonical path is canonical, and no header breaks out of its line.
 */
#include "fuzz.h"

#include "core/utf8.h"
#include "protocol/gemini.h"
#include "protocol/url.h"

#define CAP ((size_t)1024 * 1024)

static bool is_pchar(char c)
{
    return ascii_alpha(c) || ascii_digit(c) ||
           (c != '\0' && strchr("-._~!$&'()*+,;=:@", c) != NULL);
}

static unsigned byte_of_escape(struct span s, size_t at)
{
    return (unsigned)(ascii_hex(s.p[at + 1]) << 4 | ascii_hex(s.p[at + 2]));
}

/* Escapes of what may stand for itself go, all others are in capitals (RFC 3986, 6.2.2). */
static void normalise(struct span path, struct buf *out)
{
    for (size_t at = 0; at < path.n; at++) {
        if (path.p[at] == '/' || is_pchar(path.p[at])) {
            buf_putc(out, path.p[at]);
            continue;
        }
        MUST(path.p[at] == '%' && at + 2 < path.n);
        unsigned byte = byte_of_escape(path, at);
        if (is_pchar((char)byte))
            buf_putc(out, (char)byte);
        else
            buf_putf(out, "%%%02X", byte);
        at += 2;
    }
}

/* RFC 3986, 5.2.4, to the letter, for a path that is empty or begins with '/'. */
static void remove_dot_segments(struct span in, struct buf *out)
{
    while (in.n > 0) {
        bool here = span_starts(in, SPAN("/./")) || span_eq(in, SPAN("/."));
        bool up = span_starts(in, SPAN("/../")) || span_eq(in, SPAN("/.."));
        if (!here && !up) {
            size_t end = span_find(in, 1, '/');
            buf_put(out, span_sub(in, 0, end));
            in = span_sub(in, end, in.n);
            continue;
        }
        size_t length = up ? 3 : 2;
        in = in.n == length ? SPAN("/") : span_sub(in, length, in.n);
        while (up && out->n > 0) {
            buf_cut(out, out->n - 1);
            if (out->p[out->n] == '/')
                break;
        }
    }
    if (out->n == 0)
        buf_putc(out, '/');
}

static void check_canonical_form(struct span path)
{
    MUST(path.n > 0 && path.p[0] == '/');
    for (size_t at = 0; at < path.n; at++) {
        if (path.p[at] != '%') {
            MUST(path.p[at] == '/' || is_pchar(path.p[at]));
            continue;
        }
        MUST(at + 2 < path.n && ascii_hex(path.p[at + 1]) >= 0 && ascii_hex(path.p[at + 2]) >= 0);
        MUST(ascii_lower(path.p[at + 1]) == path.p[at + 1] || path.p[at + 1] <= 'F');
        MUST(!is_pchar((char)byte_of_escape(path, at)));
        at += 2;
    }
    for (size_t at = 0; at < path.n;) {
        size_t end = span_find(path, at + 1, '/');
        struct span segment = span_sub(path, at + 1, end);
        MUST(!span_eq(segment, SPAN(".")) && !span_eq(segment, SPAN("..")));
        at = end;
    }
}

static void check_path(struct span path)
{
    struct buf canonical;
    struct buf again;
    struct buf expected;
    buf_init(&canonical, CAP);
    buf_init(&again, CAP);
    buf_init(&expected, CAP);

    buf_puts(&canonical, "before");
    size_t start = canonical.n;
    url_canonical_path(path, &canonical);
    struct span result = span_sub(buf_span(&canonical), start, canonical.n);
    MUST(span_starts(buf_span(&canonical), SPAN("before")));
    MUST(result.n <= 3 * path.n + 1);
    check_canonical_form(result);

    url_canonical_path(result, &again);
    MUST(span_eq(result, buf_span(&again)));

    buf_clear(&again);
    normalise(path, &again);
    remove_dot_segments(buf_span(&again), &expected);
    MUST(span_eq(result, buf_span(&expected)));

    buf_fini(&canonical);
    buf_fini(&again);
    buf_fini(&expected);
}

static void check_host(const struct url *url, struct span name)
{
    (void)url_host_is(url, name);
    if (!url->literal && url->host.n <= 255 && span_find(url->host, 0, '%') == url->host.n)
        MUST(url_host_is(url, url->host));
}

static void check_url(struct span in, struct span name)
{
    struct url url = {.port = 4711};
    struct error e = {.message = ""};
    enum status status = url_parse(in, &url, &e);
    if (status != ST_OK) {
        MUST(status == ST_SYNTAX && e.code == ST_SYNTAX && e.message[0] != '\0');
        MUST(url.port == 4711 && url.scheme.p == NULL && url.path.p == NULL);
        return;
    }
    MUST(fuzz_inside(url.scheme, in) && fuzz_inside(url.host, in));
    MUST(fuzz_inside(url.path, in) && fuzz_inside(url.query, in));
    MUST(url.scheme.n > 0 && url.scheme.p == in.p);
    MUST(url.port <= 65535 && (url.has_port || url.port == 0));
    MUST(url.has_query || url.query.n == 0);
    MUST(url.path.n == 0 || url.path.p[0] == '/');
    MUST(span_find(in, 0, '#') == in.n);
    if (span_eq_nocase(url.scheme, SPAN("gemini"))) {
        MUST(url.host.n > 0 && span_find(url.host, 0, '@') == url.host.n);
        check_host(&url, name);
    }
    check_path(url.path);
}

/* A file's name, written as a segment, is canonical and means the file. */
static void check_segment(struct span name)
{
    struct buf path;
    struct buf canonical;
    if (name.n == 0 || span_eq(name, SPAN(".")) || span_eq(name, SPAN("..")))
        return;
    buf_init(&path, CAP);
    buf_init(&canonical, CAP);
    buf_putc(&path, '/');
    url_escape_segment(name, &path);
    url_canonical_path(buf_span(&path), &canonical);
    MUST(span_eq(buf_span(&path), buf_span(&canonical)));
    size_t at = 1;
    for (size_t i = 0; i < name.n; i++) {
        MUST(at < path.n && path.p[at] != '/');
        bool escaped = path.p[at] == '%';
        unsigned byte = escaped ? byte_of_escape(buf_span(&path), at) : (unsigned char)path.p[at];
        MUST(byte == (unsigned char)name.p[i]);
        at += escaped ? 3 : 1;
    }
    MUST(at == path.n);
    buf_fini(&path);
    buf_fini(&canonical);
}

static void check_header(struct span meta)
{
    struct buf header;
    buf_init(&header, CAP);
    gemini_header(&header, GEMINI_BAD_REQUEST, meta);
    struct span line = buf_span(&header);
    MUST(span_starts(line, SPAN("59 ")) && span_ends(line, SPAN("\r\n")));
    line = span_sub(line, 3, line.n - 2);
    MUST(line.n <= GEMINI_META_MAX && utf8_valid(line) == line.n);
    MUST(meta.n == 0 || line.n > 0);
    for (size_t at = 0; at < line.n;) {
        uint32_t cp = 0;
        at += utf8_decode(span_sub(line, at, line.n), &cp);
        MUST(cp >= 0x20 && !(cp >= 0x7f && cp < 0xa0));
    }
    buf_fini(&header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span first;
    struct span second;
    fuzz_split(fuzz_input(data, size), &first, &second);
    char *url = fuzz_copy(first);
    check_url((struct span){url, first.n}, second);
    check_segment(second);
    check_header(second);
    free(url);
    return 0;
}
