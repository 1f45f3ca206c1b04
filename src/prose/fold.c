#include "prose/fold.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>

/* No sign of clean text folds to less than a third of its bytes. */
#define FOLD_LONGEST ((size_t)3 * FOLD_MAX)

/*
 * The folded letter of one that is two bytes and folds to two bytes: Latin-1, Latin Extended-A and
 * the Cyrillic of the Slavic languages.  0 for another, which libunistring is asked for.
 */
static uint32_t fold_letter(uint32_t cp)
{
    if (cp >= 0x400 && cp < 0x460)
        return cp < 0x410 ? cp + 0x50 : cp < 0x430 ? cp + 0x20 : cp;
    if (cp < 0xc0 || cp > 0x17e || cp == 0xdf || cp == 0x130 || cp == 0x149)
        return 0;
    if (cp < 0x100)
        return cp < 0xdf && cp != 0xd7 ? cp + 0x20 : cp;
    if (cp == 0x131 || cp == 0x138)
        return cp;
    if (cp == 0x178)
        return 0xff;
    bool capitals_are_odd = (cp >= 0x139 && cp <= 0x148) || cp >= 0x179;
    return (cp & 1) == capitals_are_odd ? cp + 1 : cp;
}

/*
 * Fold a word of letters that fold one by one and never compose with their neighbours; false when
 * there are others in it.  *n gets the folded bytes, FOLD_MAX + 1 when they do not fit.
 */
static bool fold_plain(struct span word, char *out, size_t *n)
{
    static const char apostrophe[] = "\xe2\x80\x99"; /* ’ */
    *n = 0;
    for (size_t at = 0; at < word.n; at++) {
        unsigned byte = (unsigned char)word.p[at];
        size_t more = byte < 0x80 || byte == 0xe2 ? 1 : 2;
        if (*n + more > FOLD_MAX) {
            *n = FOLD_MAX + 1;
            return true;
        }
        if (byte < 0x80) {
            out[(*n)++] = ascii_lower(word.p[at]);
        } else if ((byte & 0xe0) == 0xc0 && at + 1 < word.n) {
            uint32_t cp = fold_letter((byte & 0x1f) << 6 | ((unsigned char)word.p[at + 1] & 0x3f));
            if (cp == 0)
                return false;
            out[(*n)++] = (char)(0xc0 | cp >> 6);
            out[(*n)++] = (char)(0x80 | (cp & 0x3f));
            at++;
        } else if (span_starts(span_sub(word, at, word.n), span_of(apostrophe))) {
            out[(*n)++] = '\'';
            at += 2;
        } else {
            return false;
        }
    }
    return true;
}

/*
 * Any other word: full case folding of no language in particular, so that no locale matters.
 * libunistring asks for memory only where the result does not fit in out, so that to have none
 * means the same: too long.
 */
static size_t fold_full(struct span word, char *out)
{
    size_t n = FOLD_MAX;
    uint8_t *folded =
        u8_casefold((const uint8_t *)word.p, word.n, NULL, UNINORM_NFC, (uint8_t *)out, &n);
    if (folded == NULL || folded != (uint8_t *)out) {
        free(folded);
        return FOLD_MAX + 1;
    }
    size_t kept = 0;
    for (size_t at = 0; at < n; at++) {
        bool curly = n - at >= 3 && memcmp(out + at, "\xe2\x80\x99", 3) == 0;
        out[kept++] = curly ? '\'' : out[at];
        at += curly ? 2 : 0;
    }
    return kept;
}

struct span fold_word(struct span word, char *out)
{
    size_t n = FOLD_MAX + 1;
    if (word.n > FOLD_LONGEST)
        return (struct span){NULL, 0};
    if (!fold_plain(word, out, &n))
        n = fold_full(word, out);
    return n > FOLD_MAX ? (struct span){NULL, 0} : (struct span){out, n};
}
