#include "article/clean.h"

#include <errno.h>
#include <stdlib.h>
#include <uninorm.h>

#include "core/utf8.h"

#define ESC         0x1b
#define CSI         0x9b /* the one-character form of ESC [ */
#define REPLACEMENT "\xef\xbf\xbd"
#define CLEAN_TAB   8 /* columns */

/* Length of the rest of a control sequence: parameters up to a final byte, within its line. */
static size_t clean_csi_length(struct span rest)
{
    for (size_t i = 0; i < rest.n; i++) {
        unsigned char c = (unsigned char)rest.p[i];
        if (c >= 0x40 && c <= 0x7e)
            return i + 1;
        if (c < 0x20 || c > 0x7e)
            return i;
    }
    return rest.n;
}

/* Length of what follows ESC: a control sequence or string of ECMA-48, else one of ECMA-35. */
static size_t clean_escape_length(struct span rest)
{
    if (rest.n == 0)
        return 0;
    if (rest.p[0] == '[')
        return 1 + clean_csi_length(span_sub(rest, 1, rest.n));
    if (rest.p[0] == ']' || rest.p[0] == 'P' || rest.p[0] == '_' || rest.p[0] == '^') {
        for (size_t i = 1; i < rest.n && rest.p[i] != '\n' && rest.p[i] != '\r'; i++) {
            if (rest.p[i] == '\a')
                return i + 1;
            if (rest.p[i] == ESC)
                return i + 1 < rest.n && rest.p[i + 1] == '\\' ? i + 2 : i;
        }
        return 1;
    }
    size_t n = 0;
    while (n < rest.n && rest.p[n] >= 0x20 && rest.p[n] <= 0x2f)
        n++;
    return n < rest.n && rest.p[n] >= 0x30 && rest.p[n] <= 0x7e ? n + 1 : n;
}

static bool clean_dropped(uint32_t cp)
{
    return (cp < 0x20 && cp != '\n' && cp != '\t') || (cp >= 0x7f && cp < 0xa0) || cp == 0xad ||
           cp == 0x200b || (cp >= 0x202a && cp <= 0x202e) || cp == 0x2060 ||
           (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb) ||
           (cp & 0xfffe) == 0xfffe;
}

/* Write what one code point becomes; returns how many bytes behind it belong to it. */
static size_t clean_put(struct buf *out, struct span here, unsigned len, uint32_t cp)
{
    struct span rest = span_sub(here, len, here.n);
    switch (cp) {
    case '\r':
        buf_putc(out, '\n');
        return rest.n > 0 && rest.p[0] == '\n' ? 1 : 0;
    case 0x0b:
    case 0x0c:
    case 0x85:
    case 0x2028:
        buf_putc(out, '\n');
        return 0;
    case 0x2029:
        buf_puts(out, "\n\n");
        return 0;
    case ESC:
        return clean_escape_length(rest);
    case CSI:
        return clean_csi_length(rest);
    default:
        if (!clean_dropped(cp))
            buf_put(out, span_sub(here, 0, len));
        return 0;
    }
}

static enum status clean_compose(struct span text, struct buf *out, const char *name,
                                 struct error *e)
{
    size_t n = 0;
    uint8_t *composed = u8_normalize(UNINORM_NFC, (const uint8_t *)text.p, text.n, NULL, &n);
    if (composed == NULL)
        return error_set(e, ST_NOMEM, errno, "%s", name);
    buf_put(out, (struct span){(const char *)composed, n});
    free(composed);
    return ST_OK;
}

/* Length of the run of bytes at `at` that stay as they are. */
static size_t clean_plain_length(struct span in, size_t at)
{
    size_t start = at;
    while (at < in.n && ((in.p[at] >= 0x20 && in.p[at] < 0x7f) || in.p[at] == '\n'))
        at++;
    return at - start;
}

enum status clean_text(struct span in, const char *name, struct buf *out, struct error *e)
{
    struct buf text;
    /* A separator becomes at most as many bytes as it had; U+FFFD has three, for one or more. */
    buf_init(&text, in.n * 3 + 1);
    bool ascii = true;
    enum status status = ST_OK;
    for (size_t at = 0; at < in.n;) {
        uint32_t cp = 0;
        size_t plain = clean_plain_length(in, at);
        buf_put(&text, span_sub(in, at, at + plain));
        at += plain;
        if (at == in.n)
            break;
        struct span here = span_sub(in, at, in.n);
        unsigned len = utf8_decode(here, &cp);
        ascii = ascii && len > 0 && cp < 0x80;
        if (len == 0) {
            buf_puts(&text, REPLACEMENT);
            at += utf8_broken(here);
            continue;
        }
        at += len + clean_put(&text, here, len, cp);
    }
    if (buf_status(&text) != ST_OK)
        status = error_set(e, buf_status(&text), ENOMEM, "%s", name);
    else if (ascii || text.n == 0)
        buf_put(out, buf_span(&text));
    else
        status = clean_compose(buf_span(&text), out, name, e);
    if (status == ST_OK && buf_status(out) != ST_OK)
        status = error_set(e, buf_status(out), 0, "%s: too large", name);
    buf_fini(&text);
    return status;
}

void clean_line(struct span line, struct buf *out)
{
    line = utf8_trim(line);
    struct span gap = {NULL, 0}; /* what stands for the blanks since the last character */
    for (size_t at = 0; at < line.n;) {
        uint32_t cp = 0;
        struct span here = span_sub(line, at, line.n);
        size_t len = 0;
        while (len < here.n && here.p[len] > 0x20 && here.p[len] < 0x7f)
            len++;
        if (len == 0)
            len = utf8_decode(here, &cp);
        if (len == 0)
            len = 1;
        at += len;
        if (cp != 0 && utf8_blank(cp)) {
            /* A no-break space alone, wide or narrow, is there on purpose. */
            bool kept = gap.p == NULL && (cp == 0xa0 || cp == 0x202f);
            gap = kept ? span_sub(here, 0, len) : SPAN(" ");
            continue;
        }
        buf_put(out, gap);
        gap = (struct span){NULL, 0};
        buf_put(out, span_sub(here, 0, len));
    }
}

void clean_tabs(struct span text, struct buf *out)
{
    size_t column = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\t') {
            size_t width = CLEAN_TAB - column % CLEAN_TAB;
            buf_put(out, span_sub(SPAN("        "), 0, width));
            column += width;
            continue;
        }
        buf_putc(out, text.p[i]);
        column = text.p[i] == '\n' ? 0 : column + ((text.p[i] & 0xc0) != 0x80);
    }
}

struct span clean_end(struct span line)
{
    struct span rest = utf8_trim(line);
    return rest.n == 0 ? span_sub(line, 0, 0)
                       : span_sub(line, 0, (size_t)(rest.p + rest.n - line.p));
}
