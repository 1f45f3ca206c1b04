#include "core/siphash.h"

static uint64_t siphash_left(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

/* Up to eight bytes as a number, the lowest first. */
static uint64_t siphash_word(const unsigned char *p, size_t n)
{
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)p[i] << 8 * i;
    return word;
}

static void siphash_rounds(uint64_t v[4], unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        v[0] += v[1];
        v[1] = siphash_left(v[1], 13) ^ v[0];
        v[0] = siphash_left(v[0], 32);
        v[2] += v[3];
        v[3] = siphash_left(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = siphash_left(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = siphash_left(v[1], 17) ^ v[2];
        v[2] = siphash_left(v[2], 32);
    }
}

static void siphash_take(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    siphash_rounds(v, 2);
    v[0] ^= word;
}

uint64_t siphash(const unsigned char key[SIPHASH_KEY], struct span s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    uint64_t low = siphash_word(key, 8);
    uint64_t high = siphash_word(key + 8, 8);
    uint64_t v[4] = {low ^ UINT64_C(0x736f6d6570736575), high ^ UINT64_C(0x646f72616e646f6d),
                     low ^ UINT64_C(0x6c7967656e657261), high ^ UINT64_C(0x7465646279746573)};
    size_t whole = s.n - s.n % 8;
    for (size_t i = 0; i < whole; i += 8)
        siphash_take(v, siphash_word(p + i, 8));
    uint64_t last = (uint64_t)s.n << 56;
    if (whole < s.n)
        last |= siphash_word(p + whole, s.n - whole);
    siphash_take(v, last);
    v[2] ^= 0xff;
    siphash_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
