#include "prose/sentence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "sentence_cases.h"

/* The sentences of a text, parted by '|'. */
static void split(const struct language *lang, const char *text, char *out)
{
    struct span rest = span_of(text);
    struct span sentence;
    size_t n = 0;
    while (sentence_next(lang, &rest, &sentence)) {
        if (n > 0)
            out[n++] = '|';
        memcpy(out + n, sentence.p, sentence.n);
        n += sentence.n;
    }
    out[n] = '\0';
}

/* The same with a blank for each '|', and nothing for each '^', which is a cut without a blank. */
static void join(const char *expected, char *text)
{
    for (; *expected != '\0'; expected++) {
        if (*expected != '^')
            *text++ = (char)(*expected == '|' ? ' ' : *expected);
    }
    *text = '\0';
}

static void splits_text(void **state)
{
    (void)state;
    size_t wrong = 0; /* all are told, as a rule seldom spoils one alone */
    for (size_t i = 0; i < sizeof sentence_cases / sizeof sentence_cases[0]; i++) {
        const struct language *lang = language_of_tag(span_of(sentence_cases[i].tag));
        char text[512], got[512], expected[512];
        join(sentence_cases[i].expected, text);
        split(lang, text, got);
        memcpy(expected, sentence_cases[i].expected, strlen(sentence_cases[i].expected) + 1);
        for (char *cut = expected; (cut = strchr(cut, '^')) != NULL;)
            *cut = '|';
        if (strcmp(got, expected) != 0) {
            print_error("%s: %s\n not %s\n", sentence_cases[i].tag, got, expected);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void leaves_blanks_out(void **state)
{
    (void)state;
    char got[64];
    split(&language_und, "", got);
    assert_string_equal(got, "");
    split(&language_und, "  \n ", got);
    assert_string_equal(got, "");
    split(&language_english, " One. \n Two.\xc2\xa0 ", got);
    assert_string_equal(got, "One.|Two.");
}

/* A megabyte of what makes a splitter look far, at worst a thousand times what prose takes. */
static void takes_linear_time(void **state)
{
    (void)state;
    static const char *const hostile[] = {".",
                                          ". ",
                                          "... ",
                                          "!",
                                          "\"",
                                          "\xc2\xbb",
                                          "a. ",
                                          "A. ",
                                          "A.",
                                          "(",
                                          "(a. ",
                                          ". (",
                                          "(a)",
                                          ". [1",
                                          ". \xc2\xbb ",
                                          ". - ",
                                          "1. ",
                                          " ",
                                          "- ",
                                          "Mr. ",
                                          "u. a. D",
                                          "A.-",
                                          "a. (. ",
                                          "Aaa (Bbb. ",
                                          "\xe3\x80\x8c",
                                          "\xe3\x80\x8c\xe3\x80\x82",
                                          "\xe3\x80\x82",
                                          "a'",
                                          "No. I"};
    const size_t size = (size_t)1 << 20;
    char *text = malloc(size);
    clock_t slowest = 0;
    assert_non_null(text);
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        size_t n = strlen(hostile[i]);
        size_t filled = size - size % n;
        for (size_t at = 0; at < filled; at += n)
            memcpy(text + at, hostile[i], n);
        struct span rest = {text, filled};
        struct span sentence;
        size_t end = 0;
        clock_t start = clock();
        while (sentence_next(&language_german, &rest, &sentence))
            end = (size_t)(sentence.p + sentence.n - text);
        assert_true(end <= filled);
        slowest = clock() - start > slowest ? clock() - start : slowest;
    }
    free(text);
    assert_true(slowest < 20 * CLOCKS_PER_SEC); /* with sanitizers on a busy machine */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_text),
        cmocka_unit_test(leaves_blanks_out),
        cmocka_unit_test(takes_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
