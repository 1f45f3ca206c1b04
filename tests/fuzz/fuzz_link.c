/*
 * link: first line a base, the rest a reference or text with URLs in it.  What becomes of it is a
 * URI of a known scheme, which means itself when it is resolved again.
 */
#include "fuzz.h"

#include "article/link.h"
#include "core/utf8.h"

#define CAP     ((size_t)1024 * 1024)
#define NO_BASE ((struct span){NULL, 0})

static bool is_uri_sign(char c)
{
    return ascii_alpha(c) || ascii_digit(c) ||
           (c != '\0' && strchr("-._~:/?#[]@!$&'()*+,;=%", c) != NULL);
}

static void check_signs(struct span url)
{
    MUST(url.n > 0 && url.n <= LINK_URL_MAX);
    size_t hashes = 0;
    for (size_t at = 0; at < url.n; at++) {
        MUST(is_uri_sign(url.p[at]));
        hashes += url.p[at] == '#';
        if (url.p[at] == '%')
            MUST(at + 2 < url.n && ascii_hex(url.p[at + 1]) >= 0 && ascii_hex(url.p[at + 2]) >= 0);
    }
    MUST(hashes <= 1);
}

/* Length of what any client would take for a scheme. */
static size_t scheme_length(struct span url)
{
    size_t end = span_find(url, 0, ':');
    for (size_t at = 0; at < end; at++) {
        if (strchr("/?#", url.p[at]) != NULL)
            return 0;
    }
    return end < url.n ? end : 0;
}

static bool is_known(struct span scheme)
{
    static const char *const known[] = {"https",   "http",   "gemini", "gopher",
                                        "spartan", "finger", "mailto", "tel"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (span_eq(scheme, span_of(known[i])))
            return true;
    }
    return false;
}

static void check_name(struct span url)
{
    struct span name = link_name(url);
    MUST(fuzz_inside(name, url) && (name.n > 0 || url.n == 0));
}

static void check_resolved(struct span href, struct span base, enum link_relative relative)
{
    struct buf out;
    struct buf again;
    buf_init(&out, CAP);
    buf_init(&again, CAP);
    buf_puts(&out, "before");
    bool good = link_resolve(href, base, relative, &out);
    MUST(buf_status(&out) == ST_OK && span_starts(buf_span(&out), SPAN("before")));
    struct span url = span_sub(buf_span(&out), strlen("before"), out.n);
    MUST(good || url.n == 0);
    if (good) {
        check_signs(url);
        size_t scheme = scheme_length(url);
        MUST(scheme > 0 ? is_known(span_sub(url, 0, scheme)) : relative == LINK_RELATIVE_KEEP);
        MUST(scheme > 0 || !span_starts(url, SPAN("//")));
        MUST(link_resolve(url, base, relative, &again));
        MUST(scheme == 0 || span_eq(url, buf_span(&again)));
        buf_clear(&again);
        MUST(link_resolve(url, NO_BASE, relative, &again) && span_eq(url, buf_span(&again)));
        check_name(url);
    }
    buf_fini(&out);
    buf_fini(&again);
}

static void check_kept(struct span href)
{
    struct buf out;
    struct buf again;
    buf_init(&out, CAP);
    buf_init(&again, CAP);
    bool good = link_keep(href, &out);
    MUST(buf_status(&out) == ST_OK && (good || out.n == 0));
    if (good) {
        check_signs(buf_span(&out));
        struct span scheme = span_sub(buf_span(&out), 0, scheme_length(buf_span(&out)));
        MUST(!span_eq_nocase(scheme, SPAN("javascript")) && !span_eq_nocase(scheme, SPAN("data")));
        MUST(link_keep(buf_span(&out), &again) && span_eq(buf_span(&out), buf_span(&again)));
        check_name(buf_span(&out));
    }
    buf_fini(&out);
    buf_fini(&again);
}

static void check_in_text(struct span text)
{
    for (size_t at = 0; at < text.n;) {
        struct span rest = span_sub(text, at, text.n);
        size_t n = link_in_text(rest);
        MUST(n <= rest.n && n <= LINK_URL_MAX);
        struct span url = span_sub(rest, 0, n);
        for (size_t i = 0; i < n; i++)
            MUST(strchr(" \t\n<>\"`", url.p[i]) == NULL);
        if (n > 0) {
            struct buf out;
            buf_init(&out, CAP);
            MUST(utf8_valid(url) == n && link_in_text(url) == n);
            MUST(link_resolve(url, NO_BASE, LINK_RELATIVE_DROP, &out));
            MUST(strchr(".,;:!?'([{", url.p[n - 1]) == NULL);
            buf_fini(&out);
        }
        at += n > 0 ? n : 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span base;
    struct span second;
    fuzz_split(fuzz_input(data, size), &base, &second);
    char *copy = fuzz_copy(second);
    struct span href = {copy, second.n};
    check_resolved(href, base, LINK_RELATIVE_DROP);
    check_resolved(href, base, LINK_RELATIVE_KEEP);
    check_resolved(href, NO_BASE, LINK_RELATIVE_KEEP);
    check_kept(href);
    check_in_text(href);
    check_name(href);
    free(copy);
    return 0;
}
