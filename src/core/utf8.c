#include "core/utf8.h"

#include <string.h>

/* Length of the sequence that this byte leads, or 0 when none begins with it. */
static inline unsigned utf8_sequence(unsigned lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xe0)
        return lead < 0xc2 ? 0 : 2;
    return lead < 0xf0 ? 3 : lead <= 0xf4 ? 4 : 0;
}

/*
 * How many bytes of s are those of one sequence of `len` bytes, up to the first that is wrong.  The
 * second byte alone tells overlong forms, surrogates and what is over U+10FFFF (RFC 3629, 4).
 */
static inline unsigned utf8_good(struct span s, unsigned len)
{
    unsigned lead = (unsigned char)s.p[0];
    if (len == 1)
        return 1;
    unsigned second = s.n > 1 ? (unsigned char)s.p[1] : 0;
    unsigned low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (second < low || second > high)
        return 1;
    unsigned n = 2;
    while (n < len && n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n++;
    return n;
}

unsigned utf8_decode_any(struct span s, uint32_t *cp)
{
    if (s.n == 0)
        return 0;
    unsigned lead = (unsigned char)s.p[0];
    unsigned len = utf8_sequence(lead);
    if (len == 0 || utf8_good(s, len) < len)
        return 0;
    uint32_t value = len == 1 ? lead : lead & (0xffU >> (len + 1));
    for (unsigned i = 1; i < len; i++)
        value = value << 6 | ((unsigned char)s.p[i] & 0x3f);
    *cp = value;
    return len;
}

unsigned utf8_broken(struct span s)
{
    if (s.n == 0)
        return 0;
    unsigned len = utf8_sequence((unsigned char)s.p[0]);
    return len == 0 ? 1 : utf8_good(s, len);
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

size_t utf8_ascii(struct span s, size_t from)
{
    /* Most texts are mostly ASCII: words at a time. */
    uint64_t words[4];
    size_t at = from;
    for (; at < s.n && s.n - at >= sizeof words; at += sizeof words) {
        memcpy(words, s.p + at, sizeof words);
        if (((words[0] | words[1] | words[2] | words[3]) & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    while (at < s.n && (unsigned char)s.p[at] < 0x80)
        at++;
    return at;
}

/*
 * Length of the sequence of two or three bytes at p, where three can be read; 0 for another, valid
 * or not.  Most letters that are not ASCII are such ones, and every article is looked at.
 */
static inline unsigned utf8_common(const unsigned char *p)
{
    if ((p[1] & 0xc0) != 0x80)
        return 0;
    if (p[0] >= 0xc2 && p[0] < 0xe0)
        return 2;
    return p[0] > 0xe0 && p[0] < 0xf0 && p[0] != 0xed && (p[2] & 0xc0) == 0x80 ? 3 : 0;
}

size_t utf8_valid(struct span s)
{
    size_t at = 0;
    while (at < s.n) {
        const unsigned char *p = (const unsigned char *)s.p + at;
        if (p[0] < 0x80) {
            at++; /* a blank between words of other letters, or a run */
            if (at < s.n && p[1] < 0x80)
                at = utf8_ascii(s, at);
            continue;
        }
        unsigned len = s.n - at >= 3 ? utf8_common(p) : 0;
        if (len == 0) {
            len = utf8_sequence(p[0]);
            if (len == 0 || utf8_good(span_sub(s, at, s.n), len) < len)
                break;
        }
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

bool utf8_blank_any(uint32_t cp)
{
    return cp == ' ' || (cp >= 0x09 && cp <= 0x0d) || cp == 0x85 || cp == 0xa0 || cp == 0x1680 ||
           (cp >= 0x2000 && cp <= 0x200a) || cp == 0x2028 || cp == 0x2029 || cp == 0x202f ||
           cp == 0x205f || cp == 0x3000;
}

size_t utf8_before(struct span s, size_t at, uint32_t *cp)
{
    size_t start = at;
    while (start > 0 && at - start < 4) {
        start--;
        if (((unsigned char)s.p[start] & 0xc0) != 0x80)
            break;
    }
    if (start == at || utf8_decode(span_sub(s, start, at), cp) != at - start)
        *cp = 0;
    return start;
}

struct span utf8_trim(struct span s)
{
    uint32_t cp;
    unsigned len;
    while ((len = utf8_decode(s, &cp)) > 0 && utf8_blank(cp))
        s = span_sub(s, len, s.n);
    while (s.n > 0) {
        size_t at = utf8_before(s, s.n, &cp);
        if (!utf8_blank(cp))
            break;
        s.n = at;
    }
    return s;
}
