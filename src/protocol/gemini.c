#include "protocol/gemini.h"

#include "core/utf8.h"

void gemini_header(struct buf *b, enum gemini_status status, struct span meta)
{
    buf_putf(b, "%02d ", (int)status);
    for (size_t at = 0; at < meta.n;) {
        uint32_t cp = 0;
        unsigned len = utf8_decode(span_sub(meta, at, meta.n), &cp);
        if (len == 0 || cp < 0x20 || (cp >= 0x7f && cp < 0xa0)) {
            if (at + 1 > GEMINI_META_MAX)
                break;
            buf_putc(b, '?');
            at += len == 0 ? 1 : len;
            continue;
        }
        if (at + len > GEMINI_META_MAX)
            break;
        buf_put(b, span_sub(meta, at, at + len));
        at += len;
    }
    buf_puts(b, "\r\n");
}
