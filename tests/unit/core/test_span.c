#include "core/span.h"

#include "../support.h"

static const struct span nothing = {NULL, 0};

struct sub_row {
    const char *name, *s;
    size_t from, to;
    const char *expected;
};

static const struct sub_row sub_rows[] = {
    {"sub takes the bytes between two offsets", "broadsheet", 2, 5, "oad"},
    {"sub takes all", "abc", 0, 3, "abc"},
    {"sub takes nothing between equal offsets", "abc", 1, 1, ""},
    {"sub clamps its end", "abc", 1, 99, "bc"},
    {"sub clamps both ends", "abc", 98, 99, ""},
    {"sub with ends in the wrong order is empty", "abc", 2, 1, ""},
    {"sub of nothing is empty", "", 0, 5, ""},
};

static void sub_takes(void **state)
{
    const struct sub_row *row = *state;
    assert_span_equal(span_sub(span_of(row->s), row->from, row->to), span_of(row->expected));
}

struct trim_row {
    const char *name;
    struct span s;
    const char *expected;
};

static const struct trim_row trim_rows[] = {
    {"trim drops blanks at both ends", BYTES(" \t a b \r\n"), "a b"},
    {"trim drops VT and FF", BYTES("\v\fa\f\v"), "a"},
    {"trim keeps what has no blanks", BYTES("abc"), "abc"},
    {"trim of blanks alone is empty", BYTES(" \t\r\n\v\f"), ""},
    {"trim of nothing is empty", BYTES(""), ""},
    {"trim of an absent span is empty", {NULL, 0}, ""},
    {"trim keeps other control characters", BYTES("\b a \x1f"), "\b a \x1f"},
    {"trim keeps a no-break space", BYTES("\xc2\xa0"), "\xc2\xa0"},
};

static void trim_drops(void **state)
{
    const struct trim_row *row = *state;
    assert_span_equal(span_trim(row->s), span_of(row->expected));
}

struct pair_row {
    const char *name;
    struct span a, b;
    bool eq, eq_nocase, starts, ends;
    int order;
};

static const struct pair_row pair_rows[] = {
    {"equal spans", BYTES("abc"), BYTES("abc"), true, true, true, true, 0},
    {"spans that differ in case", BYTES("aBc"), BYTES("AbC"), false, true, false, false, 1},
    {"spans that differ in length", BYTES("abc"), BYTES("ab"), false, false, true, false, 1},
    {"a longer prefix", BYTES("ab"), BYTES("abc"), false, false, false, false, -1},
    {"an end", BYTES("abc"), BYTES("bc"), false, false, false, true, -1},
    {"an end that is too long", BYTES("c"), BYTES("bc"), false, false, false, false, 1},
    {"an empty and an absent span", BYTES(""), {NULL, 0}, true, true, true, true, 0},
    {"two absent spans", {NULL, 0}, {NULL, 0}, true, true, true, true, 0},
    {"something and nothing", BYTES("a"), {NULL, 0}, false, false, true, true, 1},
    {"nothing and something", {NULL, 0}, BYTES("a"), false, false, false, false, -1},
    {"bytes over 127 are greater", BYTES("\xc3"), BYTES("z"), false, false, false, false, 1},
    {"NUL is a byte like others", BYTES("a\0b"), BYTES("a\0c"), false, false, false, false, -1},
    {"@ and ` are no letters", BYTES("@["), BYTES("`{"), false, false, false, false, -1},
    {"no letter case beyond ASCII", BYTES("\xc3\x84"), BYTES("\xc3\xa4"), false, false, false,
     false, -1},
};

static void pair_compares(void **state)
{
    const struct pair_row *row = *state;
    assert_int_equal(span_eq(row->a, row->b), row->eq);
    assert_int_equal(span_eq_nocase(row->a, row->b), row->eq_nocase);
    assert_int_equal(span_starts(row->a, row->b), row->starts);
    assert_int_equal(span_ends(row->a, row->b), row->ends);
    int order = span_cmp(row->a, row->b);
    assert_int_equal((order > 0) - (order < 0), row->order);
    order = span_cmp(row->b, row->a);
    assert_int_equal((order > 0) - (order < 0), -row->order);
}

struct find_row {
    const char *name, *s;
    size_t from;
    char c;
    size_t expected;
};

static const struct find_row find_rows[] = {
    {"find finds the first", "a/b/c", 0, '/', 1},
    {"find begins at an offset", "a/b/c", 2, '/', 3},
    {"find counts the offset itself", "a/b/c", 3, '/', 3},
    {"find of what is not there is the length", "abc", 0, '/', 3},
    {"find from behind the end is the length", "abc", 9, 'a', 3},
    {"find in nothing is 0", "", 0, 'a', 0},
};

static void find_finds(void **state)
{
    const struct find_row *row = *state;
    assert_int_equal(span_find(span_of(row->s), row->from, row->c), row->expected);
}

struct line_row {
    const char *name, *text;
    const char *lines[4];
};

static const struct line_row line_rows[] = {
    {"lines are cut at LF", "a\nb\n", {"a", "b"}},
    {"the last line needs no LF", "a\nb", {"a", "b"}},
    {"empty lines are lines", "\n\na\n", {"", "", "a"}},
    {"CR stays in its line", "a\r\nb", {"a\r", "b"}},
    {"nothing has no lines", "", {NULL}},
    {"one LF is one empty line", "\n", {""}},
};

static void lines_are_cut(void **state)
{
    const struct line_row *row = *state;
    struct span rest = span_of(row->text);
    struct span line;
    for (size_t i = 0; row->lines[i] != NULL; i++) {
        assert_true(span_line(&rest, &line));
        assert_span_equal(line, span_of(row->lines[i]));
    }
    assert_false(span_line(&rest, &line));
}

struct hash_row {
    const char *name, *s;
    uint64_t expected;
};

/* Source: test vectors of FNV-1a, 64 bits, by Landon Curt Noll. */
static const struct hash_row hash_rows[] = {
    {"the hash of nothing", "", 0xcbf29ce484222325},
    {"the hash of one byte", "a", 0xaf63dc4c8601ec8c},
    {"the hash of several bytes", "foobar", 0x85944171f73967e8},
};

static void hashes_are_the_published_ones(void **state)
{
    const struct hash_row *row = *state;
    assert_true(span_hash(span_of(row->s)) == row->expected);
}

static void every_byte_counts_in_a_hash(void **state)
{
    (void)state;
    assert_true(span_hash(SPAN("a\0b")) != span_hash(SPAN("a\0c")));
    assert_true(span_hash(SPAN("\xe9")) != span_hash(SPAN("\x69")));
    assert_true(span_hash(nothing) == span_hash(SPAN("")));
}

static void span_of_null_is_absent(void **state)
{
    (void)state;
    assert_null(span_of(NULL).p);
    assert_int_equal(span_of(NULL).n, 0);
    assert_null(span_sub(nothing, 0, 4).p);
    assert_int_equal(span_of("abc").n, 3);
    assert_int_equal(SPAN("a\0b").n, 3);
}

static void hex_digits_have_values_and_nothing_else_has(void **state)
{
    (void)state;
    static const char digits[] = "0123456789abcdef";
    for (int c = -1; c < 256; c++) {
        int lower = c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c;
        const char *hit = lower > 0 ? strchr(digits, lower) : NULL;
        assert_int_equal(ascii_hex(c), hit == NULL ? -1 : hit - digits);
    }
}

static void ascii_questions_know_ascii_alone(void **state)
{
    (void)state;
    assert_true(ascii_digit('0') && ascii_digit('9'));
    assert_false(ascii_digit('/') || ascii_digit(':'));
    assert_true(ascii_alpha('a') && ascii_alpha('Z'));
    assert_false(ascii_alpha('@') || ascii_alpha('[') || ascii_alpha(0xe4) || ascii_alpha('0'));
    assert_int_equal(ascii_lower('Q'), 'q');
    assert_int_equal(ascii_lower('['), '[');
}

int main(void)
{
    static struct suite s;
    SUITE_ROWS(&s, sub_takes, sub_rows);
    SUITE_ROWS(&s, trim_drops, trim_rows);
    SUITE_ROWS(&s, pair_compares, pair_rows);
    SUITE_ROWS(&s, find_finds, find_rows);
    SUITE_ROWS(&s, lines_are_cut, line_rows);
    SUITE_ROWS(&s, hashes_are_the_published_ones, hash_rows);
    SUITE_TEST(&s, every_byte_counts_in_a_hash);
    SUITE_TEST(&s, span_of_null_is_absent);
    SUITE_TEST(&s, hex_digits_have_values_and_nothing_else_has);
    SUITE_TEST(&s, ascii_questions_know_ascii_alone);
    return suite_run(&s, "core/span");
}
