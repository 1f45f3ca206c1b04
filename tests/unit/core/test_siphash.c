#include "core/siphash.h"

#include "../support.h"

/* Rows of the table of test vectors that its authors publish: key and bytes count up from 0. */
struct vector_row {
    const char *name;
    size_t n;
    uint64_t hash;
};

static const struct vector_row vector_rows[] = {
    {"nothing", 0, UINT64_C(0x726fdb47dd0e0e31)},
    {"a byte", 1, UINT64_C(0x74f839c593dc67fd)},
    {"seven bytes", 7, UINT64_C(0xab0200f58b01d137)},
    {"a word", 8, UINT64_C(0x93f5f5799a932462)},
    {"fifteen bytes, as in the paper", 15, UINT64_C(0xa129ca6149be45e5)},
};

static void the_vectors_hold(void **state)
{
    const struct vector_row *row = *state;
    unsigned char key[SIPHASH_KEY];
    char bytes[16];
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (unsigned char)i;
        bytes[i] = (char)i;
    }
    assert_int_equal(siphash(key, (struct span){bytes, row->n}), row->hash);
}

static void another_key_gives_another_hash(void **state)
{
    (void)state;
    static const unsigned char one[SIPHASH_KEY] = {1};
    static const unsigned char two[SIPHASH_KEY] = {2};
    assert_int_not_equal(siphash(one, SPAN("192.0.2.1")), siphash(two, SPAN("192.0.2.1")));
    assert_int_not_equal(siphash(one, SPAN("192.0.2.1")), siphash(one, SPAN("192.0.2.2")));
}

int main(void)
{
    static struct suite s = {0};
    SUITE_ROWS(&s, the_vectors_hold, vector_rows);
    SUITE_TEST(&s, another_key_gives_another_hash);
    return suite_run(&s, "core/siphash");
}
