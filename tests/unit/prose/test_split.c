#include "prose/split.h"

#include <unictype.h>
#include <uniwbrk.h>

#include "../support.h"
#include "core/utf8.h"

/* Pieces are parted by '|'; numbers have a '#' before them, signs a '='. */
struct split_case {
    const char *name;
    const char *text;
    const char *expected;
};

static const struct split_case split_cases[] = {
    {"nothing", "", ""},
    {"blanks", " \t\n ", ""},
    {"marks", "- … “” 😀 ___ &", ""},
    {"words", "One, two-three (four).", "One|two|three|four"},
    {"apostrophes", "it's ‘it’s’ 'tis rock'n'roll dogs'", "it's|it’s|tis|rock'n'roll|dogs"},
    {"numbers", "1,900 3.5; 10%, 4711-12", "#1,900|#3.5|#10|#4711|#12"},
    {"digits and letters", "1980s B52 x_1 3D,4", "1980s|B52|x_1|3D|#4"},
    {"stops inside", "U.S.A. end.Next e.g.", "U.S.A|end.Next|e.g"},
    {"an address", "see https://a.example/x?y=1,z", "see|https|a.example|x|y|#1|z"},
    {"umlauts", "Über die Straße – schön", "Über|die|Straße|schön"},
    {"Russian", "«Ёжик», сказал он.", "Ёжик|сказал|он"},
    {"Hangul", "한국어 단어", "한국어|단어"},
    {"Arabic digits", "عام ١٩٤٥", "عام|#١٩٤٥"},
    {"Han", "雨が降った。風も", "=雨が降った|=風も"},
    {"Han beside letters", "東京Tower2024年", "=東京|Tower2024|=年"},
    {"Katakana", "ラーメン・カレー ﾗｰﾒﾝ", "=ラーメン|=カレー|=ﾗｰﾒﾝ"},
    {"Thai", "ประเทศไทย ๑๒", "=ประเทศไทย|#๑๒"},
    {"Khmer", "ភាសាខ្មែរ។", "=ភាសាខ្មែរ"},
    {"half a sign block", "ว฿ว", "=ว|=ว"},
    {"a mark behind a blank",
     "a \xcc\x81"
     "b",
     "a|b"},
};

static void splits(void **state)
{
    const struct split_case *row = *state;
    struct split split;
    struct span piece;
    struct buf got;
    enum split_kind kind;
    buf_init(&got, TEXT_MAX);
    split_start(&split, span_of(row->text));
    while ((kind = split_next(&split, &piece)) != SPLIT_END) {
        if (got.n > 0)
            buf_putc(&got, '|');
        buf_puts(&got, kind == SPLIT_NUMBER ? "#" : kind == SPLIT_SIGNS ? "=" : "");
        buf_put(&got, piece);
    }
    assert_string_equal(buf_str(&got), row->expected);
    buf_fini(&got);
}

static bool holds(struct span s, uint32_t categories)
{
    for (size_t at = 0; at < s.n;) {
        uint32_t cp = 0;
        at += utf8_decode(span_sub(s, at, s.n), &cp);
        if (uc_is_general_category_withtable(cp, categories))
            return true;
    }
    return false;
}

/* The same words as libunistring finds when it is given the whole text. */
static void agree(struct span text)
{
    char *breaks = malloc(text.n + 1);
    assert_non_null(breaks);
    u8_wordbreaks((const uint8_t *)text.p, text.n, breaks);
    struct split split;
    split_start(&split, text);
    for (size_t from = 0, to = 1; from < text.n; from = to++) {
        while (to < text.n && breaks[to] == 0)
            to++;
        struct span expected = span_sub(text, from, to);
        if (!holds(expected, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N))
            continue;
        struct span piece = {NULL, 0};
        enum split_kind kind = split_next(&split, &piece);
        assert_span_equal(piece, expected);
        assert_ptr_equal(piece.p, expected.p);
        assert_int_equal(kind, holds(expected, UC_CATEGORY_MASK_L) ? SPLIT_WORD : SPLIT_NUMBER);
    }
    struct span piece;
    assert_int_equal(split_next(&split, &piece), SPLIT_END);
    free(breaks);
}

/* Texts of signs that the rules are about, in any order, some of them longer than a window. */
static void agrees_with_the_standard(void **state)
{
    (void)state;
    static const char *const signs[] = {"a", "B", "7",        "0",  "_", ".",  "'",        ",",
                                        ";", ":", " ",        "\n", "-", "\"", "x",        "word",
                                        "é", "я", "’",        "·",  "٣", "א",  "가",       "…",
                                        "¼", "⅓", "\xc2\xa0", "é",  "z", "12", "\xcc\x81", "😀"};
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        struct buf text;
        buf_init(&text, TEXT_MAX);
        /* Mostly ASCII: a half of the texts has nothing else. */
        uint32_t kinds = round % 2 == 0 ? 16 : COUNT(signs);
        int length = round % 500 == 0 ? 2000 : 1 + round % 24;
        for (int i = 0; i < length; i++) {
            seed = seed * 1664525 + 1013904223;
            buf_puts(&text, signs[(seed >> 16) % kinds]);
        }
        agree(buf_span(&text));
        buf_fini(&text);
    }
}

static void cuts_what_has_no_blanks(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, TEXT_MAX);
    for (int i = 0; i < 4000; i++)
        buf_puts(&text, i % 7 == 0 ? "—" : "né");
    agree(buf_span(&text));
    buf_clear(&text);
    for (int i = 0; i < 4000; i++)
        buf_puts(&text, i % 7 == 0 ? "-" : "no");
    agree(buf_span(&text));
    buf_clear(&text);
    for (int i = 0; i < 4000; i++)
        buf_puts(&text, "aé");
    struct split split;
    struct span piece;
    split_start(&split, buf_span(&text));
    size_t all = 0;
    while (split_next(&split, &piece) == SPLIT_WORD) {
        assert_true(utf8_valid(piece) == piece.n);
        all += piece.n;
    }
    assert_int_equal(all, text.n);
    buf_fini(&text);
}

static void takes_marks_with_their_sign(void **state)
{
    (void)state;
    struct span rest = SPAN("ทั้งか");
    assert_span_equal(split_sign(&rest), SPAN("ทั้"));
    assert_span_equal(split_sign(&rest), SPAN("ง"));
    assert_span_equal(split_sign(&rest), SPAN("か"));
    assert_int_equal(rest.n, 0);
}

int main(void)
{
    struct suite suite = {.count = 0};
    SUITE_ROWS(&suite, splits, split_cases);
    SUITE_TEST(&suite, agrees_with_the_standard);
    SUITE_TEST(&suite, cuts_what_has_no_blanks);
    SUITE_TEST(&suite, takes_marks_with_their_sign);
    return suite_run(&suite, "split");
}
