#include "core/utf8.h"

unsigned utf8_decode(struct span s, uint32_t *cp)
{
    if (s.n == 0)
        return 0;
    unsigned char lead = (unsigned char)s.p[0];
    if (lead < 0x80) {
        *cp = lead;
        return 1;
    }
    unsigned len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || s.n < len)
        return 0;
    uint32_t value = lead & (0xffU >> (len + 1));
    for (unsigned i = 1; i < len; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (c & 0x3f);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < least[len] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *cp = value;
    return len;
}

void utf8_put(struct buf *b, uint32_t cp)
{
    if (cp < 0x80) {
        buf_putc(b, (char)cp);
        return;
    }
    unsigned more = cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};
    char out[4];
    out[0] = (char)(leads[more] | cp >> (6 * more));
    for (unsigned i = 1; i <= more; i++)
        out[i] = (char)(0x80 | ((cp >> (6 * (more - i))) & 0x3f));
    buf_put(b, (struct span){out, more + 1});
}

size_t utf8_valid(struct span s)
{
    size_t at = 0;
    uint32_t cp;
    while (at < s.n) {
        bool ascii = (unsigned char)s.p[at] < 0x80;
        unsigned len = ascii ? 1 : utf8_decode(span_sub(s, at, s.n), &cp);
        if (len == 0)
            break;
        at += len;
    }
    return at;
}

size_t utf8_length(struct span s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; i++)
        count += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return count;
}

bool utf8_blank(uint32_t cp)
{
    return cp == ' ' || (cp >= 0x09 && cp <= 0x0d) || cp == 0x85 || cp == 0xa0 || cp == 0x1680 ||
           (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 || cp == 0x2029 || cp == 0x202f ||
           cp == 0x205f || cp == 0x3000;
}

struct span utf8_trim(struct span s)
{
    uint32_t cp;
    unsigned len;
    while ((len = utf8_decode(s, &cp)) > 0 && utf8_blank(cp))
        s = span_sub(s, len, s.n);
    while (s.n > 0) {
        size_t at = s.n - 1;
        while (at > 0 && ((unsigned char)s.p[at] & 0xc0) == 0x80)
            at--;
        if (utf8_decode(span_sub(s, at, s.n), &cp) == 0 || !utf8_blank(cp))
            break;
        s.n = at;
    }
    return s;
}
