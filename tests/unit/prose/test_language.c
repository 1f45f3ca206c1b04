#include "prose/language.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "prose/fold.h"

static const char *const tags[] = {"und", "de", "en", "es", "fr", "ja", "pl", "pt", "ru", "zh"};

/* Every word must be found by the search and meet a word of a text, which is folded. */
static size_t check_list(const char *tag, const char *name, struct language_words list)
{
    size_t wrong = 0;
    for (size_t i = 0; i < list.count; i++) {
        char folded[FOLD_MAX];
        struct span word = span_of(list.words[i]);
        if (!span_eq(fold_word(word, folded), word)) {
            print_error("%s %s: \"%s\" is not folded\n", tag, name, list.words[i]);
            wrong++;
        }
        if (i > 0 && span_cmp(span_of(list.words[i - 1]), word) >= 0) {
            print_error("%s %s: \"%s\" is not in its place\n", tag, name, list.words[i]);
            wrong++;
        }
    }
    return wrong;
}

static void lists_are_folded_and_sorted(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        const struct language *lang = language_of_tag(span_of(tags[i]));
        assert_string_equal(lang->tag, tags[i]);
        wrong += check_list(lang->tag, "abbreviations", lang->abbreviations);
        wrong += check_list(lang->tag, "counters", lang->counters);
        wrong += check_list(lang->tag, "endings", lang->endings);
        wrong += check_list(lang->tag, "stops", lang->stops);
        wrong += check_list(lang->tag, "openers", lang->openers);
        wrong += check_list(lang->tag, "pronouns", lang->pronouns);
        wrong += check_list(lang->tag, "clauses", lang->clauses);
        wrong += check_list(lang->tag, "furniture", lang->furniture);
    }
    assert_int_equal(wrong, 0);
}

/* A word has one meaning: which list is looked at first must not matter. */
static void abbreviations_are_in_one_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        const struct language *lang = language_of_tag(span_of(tags[i]));
        for (size_t j = 0; j < lang->endings.count; j++) {
            if (language_has(lang->abbreviations, span_of(lang->endings.words[j])))
                fail_msg("%s: \"%s\" ends a sentence and does not", tags[i],
                         lang->endings.words[j]);
        }
    }
}

/* What hangs behind a phrase hangs by itself. */
static void pronouns_are_openers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        const struct language *lang = language_of_tag(span_of(tags[i]));
        for (size_t j = 0; j < lang->pronouns.count; j++) {
            if (language_opens(lang, lang->openers, span_of(lang->pronouns.words[j])) == 0)
                fail_msg("%s: \"%s\" opens nothing", tags[i], lang->pronouns.words[j]);
        }
    }
}

static void knows_tags(void **state)
{
    (void)state;
    assert_ptr_equal(language_of_tag(SPAN("de")), &language_german);
    assert_ptr_equal(language_of_tag(SPAN("DE-at")), &language_german);
    assert_ptr_equal(language_of_tag(SPAN("zh-Hant-TW")), &language_chinese);
    assert_ptr_equal(language_of_tag(SPAN("den")), &language_und);
    assert_ptr_equal(language_of_tag(SPAN("x-de")), &language_und);
    assert_ptr_equal(language_of_tag((struct span){0}), &language_und);
}

static void finds_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < language_english.stops.count; i++)
        assert_true(language_has(language_english.stops, span_of(language_english.stops.words[i])));
    assert_false(language_has(language_english.stops, SPAN("")));
    assert_false(language_has(language_english.stops, SPAN("The")));
    assert_false(language_has(language_english.stops, SPAN("th")));
    assert_false(language_has(language_und.stops, SPAN("the")));
}

static size_t opens(const struct language *lang, const char *text)
{
    return language_opens(lang, lang->openers, span_of(text));
}

static void finds_openers(void **state)
{
    (void)state;
    assert_int_equal(opens(&language_english, "But he left."), 3);
    assert_int_equal(opens(&language_english, "“At the same\n time, he left."), 17);
    assert_int_equal(opens(&language_english, "(He’s here)"), 6);
    assert_int_equal(opens(&language_english, "Butter is good."), 0);
    assert_int_equal(opens(&language_english, "According to him, it is."), 16);
    assert_int_equal(opens(&language_english, "According to Reed, it is."), 0);
    assert_int_equal(opens(&language_spanish, "Según ella, los informes"), 11);
    assert_int_equal(opens(&language_french, "D’après eux, il part."), 14);
    assert_int_equal(opens(&language_portuguese, "Segundo eles, não."), 12);
    assert_int_equal(opens(&language_english, "Reed left."), 0);
    assert_int_equal(opens(&language_english, ""), 0);
    assert_int_equal(opens(&language_english, "“"), 0);
    assert_int_equal(opens(&language_german, "Schließlich ging er."), 12);
    assert_int_equal(opens(&language_french, "Celui-ci part."), 8);
    assert_int_equal(opens(&language_japanese, "「しかし彼は"), 9);
    assert_int_equal(opens(&language_chinese, "但是他"), 6);
    assert_int_equal(opens(&language_chinese, "雨"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_folded_and_sorted),
        cmocka_unit_test(abbreviations_are_in_one_list),
        cmocka_unit_test(pronouns_are_openers),
        cmocka_unit_test(knows_tags),
        cmocka_unit_test(finds_words),
        cmocka_unit_test(finds_openers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
