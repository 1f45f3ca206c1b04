#include "press/slug.h"

#include <unicase.h>
#include <unictype.h>

#include "core/utf8.h"
#include "protocol/url.h"

/* Longest slug of a title, in bytes: with its suffixes it still is a file name. */
#define SLUG_MAX 120

/* The words of the title, in lower case, with '-' between them. */
static void slug_words(struct span title, struct buf *out)
{
    size_t start = out->n;
    bool gap = false;
    for (size_t at = 0; at < title.n;) {
        uint32_t cp = 0;
        unsigned len = utf8_decode(span_sub(title, at, title.n), &cp);
        at += len == 0 ? 1 : len;
        bool letter =
            len > 0 && (uc_is_general_category_withtable(
                           cp, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_M));
        if (!letter) {
            /* An apostrophe is inside a word: "Russia’s" is "russias". */
            gap = gap || (cp != '\'' && cp != 0x2019);
            continue;
        }
        if (gap && out->n > start)
            buf_putc(out, '-');
        gap = false;
        utf8_put(out, uc_tolower(cp));
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
