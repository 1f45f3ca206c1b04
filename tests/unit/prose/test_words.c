#include "prose/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void counts_words(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t words;
    } cases[] = {
        {"", 0},
        {"one", 1},
        {" one  two\nthree ", 3},
        {"a – b", 2},
        {"well-known fact", 2},
        {"10 000 people", 3},
        {"“Quoted” …", 1},
        {"雨が降る", 4},
        {"雨？はい：三｜四", 5},
        {"Это слова", 2},
        {"한국어 단어", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(words_count(span_of(cases[i].text)), cases[i].words);
}

static void tells_minutes(void **state)
{
    (void)state;
    assert_int_equal(words_minutes(0), 1);
    assert_int_equal(words_minutes(238), 1);
    assert_int_equal(words_minutes(613), 3);
    assert_int_equal(words_minutes(23800), 100);
}

static void cuts_to_the_first_words(void **state)
{
    (void)state;
    struct span cut = words_first(SPAN("one two – three four"), 3);
    assert_int_equal(cut.n, strlen("one two – three"));
    cut = words_first(SPAN("one two"), 9);
    assert_int_equal(cut.n, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_words),
        cmocka_unit_test(tells_minutes),
        cmocka_unit_test(cuts_to_the_first_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
