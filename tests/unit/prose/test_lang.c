#include "prose/lang.h"

#include "../support.h"

static void knows_language_tags(void **state)
{
    (void)state;
    static const char *const good[] = {"en", "de-AT", "zh-Hant-TW", "sl-rozaj-biske", "es-419"};
    static const char *const bad[] = {
        "", "e", "en-", "-en", "en_GB", "english language", "en--GB", "abcdefghi", "12"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(lang_is_tag(span_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(lang_is_tag(span_of(bad[i])));
}

int main(void)
{
    struct suite suite = {.count = 0};
    SUITE_TEST(&suite, knows_language_tags);
    return suite_run(&suite, "lang");
}
