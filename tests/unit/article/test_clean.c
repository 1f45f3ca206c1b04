#include "article/clean.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void cleans(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"", ""},
        {"plain\n", "plain\n"},
        {"\xef\xbb\xbf"
         "bom",
         "bom"},
        {"a\r\nb\rc\n", "a\nb\nc\n"},
        {"a\x0b"
         "b\x0c"
         "c\xc2\x85"
         "d",
         "a\nb\nc\nd"},
        {"a\xe2\x80\xa8"
         "b\xe2\x80\xa9"
         "c",
         "a\nb\n\nc"},
        {"a\x01\x07\x7f\xc2\x80"
         "b\tc",
         "ab\tc"},
        {"Red \x1b[31malert\x1b[0m now", "Red alert now"},
        {"a\x1b]0;title\x07"
         "b\x1b]8;;http://x\x1b\\c",
         "abc"},
        {"a\x1b]never ended\nb", "anever ended\nb"},
        {"a\xc2\x9b"
         "1mb\x1b",
         "ab"},
        {"en\xc2\xadvi\xe2\x80\x8bron", "environ"},
        {"a\xe2\x80\xae"
         "b\xe2\x81\xa6"
         "c",
         "abc"},
        {"cafe\xcc\x81", "caf\xc3\xa9"},
        {"\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae", "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae"},
        {"\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9",
         "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out;
        buf_init(&out, 4096);
        assert_int_equal(clean_text(span_of(cases[i].in), "x", &out, NULL), ST_OK);
        assert_string_equal(buf_str(&out), cases[i].out);
        buf_fini(&out);
    }
}

static void takes_any_bytes_for_a_text(void **state)
{
    (void)state;
    static const struct {
        struct span in, out;
    } cases[] = {
        {{"a\0b\0", 4}, {"ab", 2}},
        {{"\0", 1}, {"", 0}},
        {{"a\xff", 2}, {"a\xef\xbf\xbd", 4}},
        {{"\x80\xbf\n", 3}, {"\xef\xbf\xbd\xef\xbf\xbd\n", 7}},
        {{"a\xc3", 2}, {"a\xef\xbf\xbd", 4}},
        {{"a\xe2\x82 b", 5}, {"a\xef\xbf\xbd b", 6}},
        {{"\xf0\x9f\x98", 3}, {"\xef\xbf\xbd", 3}},
        {{"\xed\xa0\x80", 3}, {"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 9}},
        {{"\xc0\xaf", 2}, {"\xef\xbf\xbd\xef\xbf\xbd", 6}},
        {{"\xc3\r\n", 3}, {"\xef\xbf\xbd\n", 4}},
        {{"e\xff\xcc\x81", 4}, {"e\xef\xbf\xbd\xcc\x81", 6}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out;
        buf_init(&out, cases[i].in.n * 3);
        assert_int_equal(clean_text(cases[i].in, "x", &out, NULL), ST_OK);
        assert_int_equal(out.n, cases[i].out.n);
        if (out.n > 0)
            assert_memory_equal(out.p, cases[i].out.p, out.n);
        buf_fini(&out);
    }
}

static void a_full_buf_is_told(void **state)
{
    (void)state;
    struct buf out;
    struct error e;
    buf_init(&out, 2);
    assert_int_equal(clean_text(SPAN("abc"), "f.txt", &out, &e), ST_LIMIT);
    assert_string_equal(e.message, "f.txt: too large");
    buf_fini(&out);
}

static void shrinks_blanks_of_a_line(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", ""},
        {"  a  b\t\tc ", "a b c"},
        {"\xc2\xa0 a\xc2\xa0", "a"},
        {"10\xc2\xa0"
         "000",
         "10\xc2\xa0"
         "000"},
        {"a\xc2\xa0\xc2\xa0"
         "b",
         "a b"},
        {"a\xe3\x80\x80"
         "b",
         "a b"},
        {"a\tb", "a b"},
        {"dit\xe2\x80\xaf: non", "dit\xe2\x80\xaf: non"},
        {"a \xe2\x80\xaf"
         "b",
         "a b"},
        {"a\xe2\x80\x89"
         "b",
         "a b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out;
        buf_init(&out, 256);
        clean_line(span_of(cases[i][0]), &out);
        assert_string_equal(buf_str(&out), cases[i][1]);
        buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cleans),
        cmocka_unit_test(takes_any_bytes_for_a_text),
        cmocka_unit_test(a_full_buf_is_told),
        cmocka_unit_test(shrinks_blanks_of_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
