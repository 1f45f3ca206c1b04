/*
 * utf8: code points in UTF-8 bytes (RFC 3629: no surrogates, nothing over U+10FFFF, shortest form
 * only).
 */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdint.h>

#include "core/buf.h"

/*
 * Decode the code point at the start of s into *cp.
 *
 * Returns its length in bytes (1 to 4), or 0 when s is empty or does not begin with a whole valid
 * code point.  What has one or two bytes needs no call: readers of prose ask for every letter.
 */
unsigned utf8_decode_any(struct span s, uint32_t *cp);
static inline unsigned utf8_decode(struct span s, uint32_t *cp)
{
    unsigned lead = s.n > 0 ? (unsigned char)s.p[0] : 0xff;
    if (lead < 0x80) {
        *cp = lead;
        return 1;
    }
    if (lead >= 0xc2 && lead < 0xe0 && s.n > 1 && ((unsigned char)s.p[1] & 0xc0) == 0x80) {
        *cp = (lead & 0x1f) << 6 | ((unsigned char)s.p[1] & 0x3f);
        return 2;
    }
    return utf8_decode_any(s, cp);
}

/*
 * The offset of the code point that ends at `at`, and itself in *cp; *cp is 0 when no whole valid
 * one ends there, also when `at` is 0, which is then returned.
 */
size_t utf8_before(struct span s, size_t at, uint32_t *cp);

/*
 * How many bytes at the start of s, which utf8_decode refuses, are one broken sequence, to be
 * replaced by one U+FFFD: 1 to 3, or 0 when s is empty.
 * Source: Unicode Standard, 3.9, "U+FFFD Substitution of Maximal Subparts".
 */
unsigned utf8_broken(struct span s);

/* Append cp (a valid code point) as UTF-8. */
void utf8_put(struct buf *b, uint32_t cp);

/* Offset of the first byte of s at or after `from` (at most s.n) that is not ASCII, else s.n. */
size_t utf8_ascii(struct span s, size_t from);

/* Number of leading bytes of s that are valid UTF-8; s.n when all of it is. */
size_t utf8_valid(struct span s);

/* Number of code points in the valid UTF-8 text s. */
size_t utf8_length(struct span s);

/* Is cp white space that parts words or may be trimmed (Unicode White_Space)? */
bool utf8_blank_any(uint32_t cp);
static inline bool utf8_blank(uint32_t cp)
{
    return cp < 0x80 ? cp == ' ' || (cp >= 0x09 && cp <= 0x0d) : utf8_blank_any(cp);
}

/* s, valid UTF-8, without white space at its ends. */
struct span utf8_trim(struct span s);

#endif
