#include "prose/fold.h"

#include <dlfcn.h>
#include <locale.h>
#include <unicase.h>
#include <uninorm.h>

#include "../support.h"

/* How often memory was asked for, by the libraries, too. */
static volatile size_t allocations;

void *malloc(size_t size)
{
    static void *(*next)(size_t);
    allocations++;
    if (next == NULL) {
        void *symbol = dlsym(RTLD_NEXT, "malloc");
        memcpy(&next, &symbol, sizeof next);
    }
    return next(size);
}

struct fold_case {
    const char *name;
    struct span word, folded;
};

static const struct fold_case fold_cases[] = {
    {"nothing", BYTES(""), BYTES("")},
    {"ASCII", BYTES("ReaD_42"), BYTES("read_42")},
    {"curly apostrophe", BYTES("It’S"), BYTES("it's")},
    {"curly apostrophe beside a rare letter", BYTES("L’ﬂEUR’"), BYTES("l'fleur'")},
    {"sharp s", BYTES("Straße"), BYTES("strasse")},
    {"capital sharp s", BYTES("STRAẞE"), BYTES("strasse")},
    {"umlauts", BYTES("ÄÖÜäöü"), BYTES("äöüäöü")},
    {"not a letter", BYTES("3×4÷5"), BYTES("3×4÷5")},
    {"Turkish dotted I", BYTES("İI"), BYTES("i̇i")},
    {"Turkish dotless i", BYTES("ıI"), BYTES("ıi")},
    {"Polish", BYTES("ŻÓŁĆ"), BYTES("żółć")},
    {"Czech", BYTES("ŘÍČŇÝ"), BYTES("říčňý")},
    {"Dutch and Afrikaans", BYTES("ŸŉĲ"), BYTES("ÿʼnĳ")},
    {"Russian", BYTES("ЁЖИК"), BYTES("ёжик")},
    {"Ukrainian", BYTES("ЇЖАК"), BYTES("їжак")},
    {"Greek final sigma", BYTES("ΛΌΓΟΣ"), BYTES("λόγοσ")},
    {"full width", BYTES("Ａｂ"), BYTES("ａｂ")},
    {"Han", BYTES("漢字"), BYTES("漢字")},
    {"a mark that does not compose", BYTES("X\xcc\xb1Y"), BYTES("x\xcc\xb1y")},
};

static void folds(void **state)
{
    const struct fold_case *row = *state;
    char out[FOLD_MAX];
    assert_span_equal(fold_word(row->word, out), row->folded);
    assert_span_equal(fold_word(row->folded, out), row->folded);
}

/* What is done without libunistring is what libunistring does. */
static void folds_every_letter_as_unicode_has_it(void **state)
{
    (void)state;
    for (uint32_t cp = 0x20; cp < 0x600; cp++) {
        struct buf word;
        buf_init(&word, 8);
        if (cp < 0x80) {
            buf_putc(&word, (char)cp);
        } else {
            buf_putc(&word, (char)(0xc0 | cp >> 6));
            buf_putc(&word, (char)(0x80 | (cp & 0x3f)));
        }
        uint8_t expected[32];
        size_t n = sizeof expected;
        const uint8_t *folded =
            u8_casefold((const uint8_t *)word.p, word.n, NULL, UNINORM_NFC, expected, &n);
        assert_ptr_equal(folded, expected);
        char out[FOLD_MAX];
        assert_span_equal(fold_word(buf_span(&word), out),
                          ((struct span){(const char *)expected, n}));
        buf_fini(&word);
    }
}

static void asks_no_locale(void **state)
{
    (void)state;
    char out[FOLD_MAX];
    (void)setlocale(LC_ALL, "tr_TR.UTF-8"); /* where there is none, this is the test above */
    assert_span_equal(fold_word(SPAN("TITLE"), out), SPAN("title"));
    assert_span_equal(fold_word(SPAN("ﬁI"), out), SPAN("fii"));
    (void)setlocale(LC_ALL, "C");
}

/* Where it cannot be out of memory, an absent word is one that is too long. */
static void takes_no_memory_for_what_fits(void **state)
{
    (void)state;
    char word[4 * FOLD_MAX];
    char out[FOLD_MAX];
    size_t before = allocations;
    void *volatile some = malloc(FOLD_MAX);
    free(some);
    assert_int_equal(allocations, ++before); /* they are counted */
    for (size_t i = 0; i < sizeof fold_cases / sizeof fold_cases[0]; i++)
        fold_word(fold_cases[i].word, out);
    assert_int_equal(allocations, before);
    word[0] = 'a';
    for (size_t i = 1; i + 3 <= sizeof word; i += 2)
        memcpy(word + i, "\xcc\x96", 2); /* marks, which are sorted */
    for (size_t n = 1; n <= FOLD_MAX; n += 2)
        assert_int_equal(fold_word((struct span){word, n}, out).n, n);
    for (size_t i = 0; i + 3 <= sizeof word; i += 3)
        memcpy(word + i, "ẞ", 3); /* three bytes that fold to two */
    assert_int_equal(fold_word((struct span){word, FOLD_MAX / 2 * 3}, out).n, FOLD_MAX);
    for (size_t i = 0; i + 2 <= sizeof word; i += 2)
        memcpy(word + i, "ΰ", 2); /* three signs in between */
    assert_int_equal(fold_word((struct span){word, FOLD_MAX}, out).n, FOLD_MAX);
    assert_int_equal(allocations, before);
}

static void refuses_what_does_not_fit(void **state)
{
    (void)state;
    char word[4 * FOLD_MAX + 4];
    char out[FOLD_MAX];
    memset(word, 'A', sizeof word);
    assert_int_equal(fold_word((struct span){word, FOLD_MAX}, out).n, FOLD_MAX);
    assert_null(fold_word((struct span){word, FOLD_MAX + 1}, out).p);
    assert_null(fold_word((struct span){word, sizeof word}, out).p);
    for (size_t i = 0; i < sizeof word; i += 2)
        memcpy(word + i, "Ä", 2);
    assert_int_equal(fold_word((struct span){word, FOLD_MAX}, out).n, FOLD_MAX);
    assert_null(fold_word((struct span){word, FOLD_MAX + 2}, out).p);
    for (size_t i = 0; i + 3 <= sizeof word; i += 3)
        memcpy(word + i, "ﬃ", 3);
    assert_int_equal(fold_word((struct span){word, FOLD_MAX / 3 * 3}, out).n, FOLD_MAX / 3 * 3);
    assert_null(fold_word((struct span){word, FOLD_MAX / 3 * 3 + 3}, out).p);
    for (size_t i = 0; i + 3 <= sizeof word; i += 3)
        memcpy(word + i, "’", 3);
    assert_int_equal(fold_word((struct span){word, (size_t)3 * FOLD_MAX}, out).n, FOLD_MAX);
}

int main(void)
{
    struct suite suite = {.count = 0};
    SUITE_ROWS(&suite, folds, fold_cases);
    SUITE_TEST(&suite, folds_every_letter_as_unicode_has_it);
    SUITE_TEST(&suite, asks_no_locale);
    SUITE_TEST(&suite, takes_no_memory_for_what_fits);
    SUITE_TEST(&suite, refuses_what_does_not_fit);
    return suite_run(&suite, "fold");
}
