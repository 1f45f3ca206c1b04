#include "prose/words.h"

#include "core/utf8.h"

#define WORDS_A_MINUTE 238

static bool words_unspaced(uint32_t cp)
{
    return (cp >= 0x3040 && cp <= 0x30ff) || (cp >= 0x3400 && cp <= 0x4dbf) ||
           (cp >= 0x4e00 && cp <= 0x9fff) || (cp >= 0xf900 && cp <= 0xfaff) ||
           (cp >= 0x20000 && cp <= 0x3134f);
}

static bool words_joins(struct span sign)
{
    uint32_t cp = 0;
    return utf8_decode(sign, &cp) > 0 &&
           (words_unspaced(cp) || (cp >= 0x3000 && cp <= 0x303f) || (cp >= 0xff00 && cp <= 0xff9f));
}

bool words_begin_unspaced(struct span text)
{
    return words_joins(text);
}

bool words_end_unspaced(struct span text)
{
    uint32_t cp = 0;
    return words_joins(span_sub(text, utf8_before(text, text.n, &cp), text.n));
}

/* Not punctuation: good enough to keep a lone dash or bullet from being a word. */
static bool words_letter(uint32_t cp)
{
    if (cp < 0x80)
        return ascii_alpha((int)cp) || ascii_digit((int)cp);
    return cp >= 0xaa && cp != 0xab && cp != 0xbb && cp != 0xbf &&
           !(cp >= 0x2000 && cp <= 0x206f) && !(cp >= 0x3000 && cp <= 0x303f) &&
           !(cp >= 0xff00 && cp <= 0xff0f) && !(cp >= 0xff1a && cp <= 0xff20) &&
           !(cp >= 0xff3b && cp <= 0xff40) && !(cp >= 0xff5b && cp <= 0xff65);
}

/* Offset behind the bytes at `at` that end no word: of ASCII what is no blank, U+00C0 to U+07FF. */
static size_t words_skip(struct span text, size_t at)
{
    for (; at < text.n; at++) {
        unsigned byte = (unsigned char)text.p[at];
        if (byte <= ' ' || (byte >= 0xc2 && (byte == 0xc2 || byte >= 0xe0)))
            break;
    }
    return at;
}

/* Length of the leading part of text that has no more than `limit` words; *count gets how many. */
static size_t words_scan(struct span text, size_t limit, size_t *count)
{
    bool inside = false;
    size_t words = 0;
    size_t at = 0;
    while (at < text.n) {
        uint32_t cp = (unsigned char)text.p[at];
        unsigned len = utf8_decode(span_sub(text, at, text.n), &cp);
        bool alone = cp >= 0x80 && words_unspaced(cp);
        if (len == 0 || utf8_blank(cp)) {
            inside = false;
        } else if (alone || (!inside && words_letter(cp))) {
            if (words == limit)
                break;
            words++;
            inside = !alone;
        }
        at += len == 0 ? 1 : len;
        if (inside)
            at = words_skip(text, at);
    }
    *count = words;
    return at < text.n ? at : text.n;
}

size_t words_count(struct span text)
{
    size_t count;
    words_scan(text, SIZE_MAX, &count);
    return count;
}

unsigned words_minutes(size_t words)
{
    size_t minutes = (words + WORDS_A_MINUTE / 2) / WORDS_A_MINUTE;
    return minutes == 0 ? 1 : (unsigned)minutes;
}

struct span words_first(struct span text, size_t limit)
{
    size_t count;
    return utf8_trim(span_sub(text, 0, words_scan(text, limit, &count)));
}

struct span words_bare(struct span word)
{
    uint32_t cp = 0;
    unsigned len;
    while ((len = utf8_decode(word, &cp)) > 0 && !words_letter(cp))
        word = span_sub(word, len, word.n);
    for (size_t at; word.n > 0; word = span_sub(word, 0, at)) {
        at = utf8_before(word, word.n, &cp);
        if (words_letter(cp))
            break;
    }
    return word;
}
