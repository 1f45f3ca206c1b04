/*
 * slug: any title gives an address that is a file name, and a request for the address finds it.
 */
#include "page.h"

#include "article/clean.h"
#include "press/slug.h"
#include "protocol/url.h"

#define CAP       ((size_t)1024 * 1024)
#define SLUG_LONG 200 /* bytes; with its suffixes it must still be a file name */
#define SLUG_CUT  120 /* bytes; a slug up to here was not cut */

/* The link to a slug is what a request for it becomes. */
static void check_href(struct span slug, const char *tail)
{
    struct buf path;
    struct buf canonical;
    buf_init(&path, CAP);
    buf_init(&canonical, CAP);
    buf_putc(&path, '/');
    slug_href(slug, tail, &path);
    struct span href = span_sub(buf_span(&path), 1, path.n);
    page_check_url(href);
    MUST(span_find(href, 0, '/') == href.n && span_find(href, 0, '?') == href.n);
    MUST(span_ends(href, SPAN(".gmi")));
    url_canonical_path(buf_span(&path), &canonical);
    MUST(span_eq(buf_span(&path), buf_span(&canonical)));
    buf_fini(&path);
    buf_fini(&canonical);
}

static void check_title(struct span title)
{
    struct buf slug;
    struct buf again;
    buf_init(&slug, CAP);
    buf_init(&again, CAP);
    buf_puts(&slug, "before/");
    size_t start = slug.n;
    slug_of_title(title, &slug);
    struct span made = span_sub(buf_span(&slug), start, slug.n);
    MUST(span_starts(buf_span(&slug), SPAN("before/")));
    MUST(made.n > 0 && made.n <= SLUG_LONG);
    MUST(utf8_valid(made) == made.n);
    MUST(made.p[0] != '-' && made.p[made.n - 1] != '-');
    for (size_t at = 0; at < made.n;) {
        uint32_t cp = 0;
        at += utf8_decode(span_sub(made, at, made.n), &cp);
        MUST(cp == '-' || cp >= 0x80 || ascii_digit((int)cp) || (cp >= 'a' && cp <= 'z'));
        MUST(!utf8_blank(cp) && !page_forbidden(cp));
        MUST(cp != '-' || made.p[at] != '-');
    }
    if (made.n <= SLUG_CUT) {
        slug_of_title(made, &again);
        MUST(span_eq(made, buf_span(&again)));
    }
    check_href(made, "");
    check_href(made, "-summary");
    buf_fini(&slug);
    buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = fuzz_input(data, size);
    struct buf text;
    struct error e;
    buf_init(&text, size * 3 + 1);
    check_title(in);
    check_href(in, "");
    if (clean_text(in, "fuzz", &text, &e) == ST_OK)
        check_title(buf_span(&text));
    buf_fini(&text);
    return 0;
}
