#include "press/slug.h"

#include <unicase.h>
#include <unictype.h>

#include "core/utf8.h"
#include "protocol/url.h"

/* Longest slug of a title, in bytes: with its suffixes it still is a file name. */
#define SLUG_MAX 120

/* Most bytes of a link that is made of one: every byte may be escaped. */
#define SLUG_HREF_MAX 1024

/* Letters, digits and the marks on them; most are ASCII, which needs no table. */
static bool slug_is_letter(uint32_t cp)
{
    if (cp < 0x80)
        return ascii_alpha((int)cp) || ascii_digit((int)cp);
    return uc_is_general_category_withtable(cp, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N |
                                                    UC_CATEGORY_MASK_M);
}

/* The words of the title, in lower case, with '-' between them. */
static void slug_words(struct span title, struct buf *out)
{
    size_t start = out->n;
    bool gap = false;
    for (size_t at = 0; at < title.n;) {
        uint32_t cp = 0;
        unsigned len = utf8_decode(span_sub(title, at, title.n), &cp);
        at += len == 0 ? 1 : len;
        if (len == 0 || !slug_is_letter(cp)) {
            /* An apostrophe is inside a word: "Russia’s" is "russias". */
            gap = gap || (cp != '\'' && cp != 0x2019);
            continue;
        }
        if (gap && out->n > start)
            buf_putc(out, '-');
        gap = false;
        utf8_put(out, cp < 0x80 ? (uint32_t)ascii_lower((char)cp) : uc_tolower(cp));
    }
}

void slug_of_title(struct span title, struct buf *out)
{
    size_t start = out->n;
    slug_words(title, out);
    if (buf_status(out) != ST_OK)
        return;
    size_t length = out->n - start;
    if (length == 0) {
        buf_putf(out, "piece-%08x", (unsigned)span_hash(title));
    } else if (length > SLUG_MAX) {
        uint64_t hash = span_hash(span_sub(buf_span(out), start, out->n));
        size_t cut = start + SLUG_MAX;
        while (cut > start && out->p[cut] != '-')
            cut--;
        if (cut == start) {
            cut = start + SLUG_MAX;
            while (((unsigned char)out->p[cut] & 0xc0) == 0x80)
                cut--;
        }
        buf_cut(out, cut);
        buf_putf(out, "-%08x", (unsigned)hash);
    }
}

void slug_href(struct span slug, const char *tail, struct buf *out)
{
    url_escape_segment(slug, out);
    buf_puts(out, tail);
    buf_puts(out, ".gmi");
}

void slug_address(struct span slug, const char *tail, struct buf *out)
{
    buf_putc(out, '/');
    slug_href(slug, tail, out);
}

struct span slug_href_of_title(struct span title, struct arena *arena)
{
    struct span kept = {NULL, 0};
    struct buf slug;
    struct buf href;
    buf_init(&slug, SLUG_HREF_MAX + title.n * 2);
    buf_init(&href, SLUG_HREF_MAX + title.n * 6);
    slug_of_title(title, &slug);
    slug_href(buf_span(&slug), "", &href);
    if (buf_status(&slug) == ST_OK && buf_status(&href) == ST_OK)
        kept = arena_copy(arena, buf_span(&href));
    buf_fini(&slug);
    buf_fini(&href);
    return kept;
}
