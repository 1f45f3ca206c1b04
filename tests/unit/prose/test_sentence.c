#include "prose/sentence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Sentences are parted by '|' in `expected`. */
struct sentence_case {
    const char *text;
    const char *expected;
};

static const struct sentence_case sentence_cases[] = {
    {"One. Two! Three? Four", "One.|Two!|Three?|Four"},
    {"", ""},
    {"  \n ", ""},
    {"No end at all", "No end at all"},
    {"He said \"No.\" Then he left.", "He said \"No.\"|Then he left."},
    {"“Stop!” she said. He did.", "“Stop!” she said.|He did."},
    {"(It rained.) We stayed.", "(It rained.)|We stayed."},
    {"Dr. Reed met Mr. Lee. They spoke.", "Dr. Reed met Mr. Lee.|They spoke."},
    {"J. R. Reed wrote it. We read it.", "J. R. Reed wrote it.|We read it."},
    {"The U.S. agreed. So did the U.N. council.", "The U.S. agreed.|So did the U.N. council."},
    {"It is 3.5 per cent. It was 2.", "It is 3.5 per cent.|It was 2."},
    {"See https://a.example/x.html?y=1 for more. Then act.",
     "See https://a.example/x.html?y=1 for more.|Then act."},
    {"Wait... what? Yes… No.", "Wait... what?|Yes…|No."},
    {"He waited … and left.", "He waited … and left."},
    {"Really?! Yes!!! Good.", "Really?!|Yes!!!|Good."},
    {"Fish, chips, etc. and more. End.", "Fish, chips, etc. and more.|End."},
    {"Room No. 5 is on Feb. 3. He likes art. She knew.",
     "Room No. 5 is on Feb. 3.|He likes art.|She knew."},
    {"Cod, etc. The rest.", "Cod, etc.|The rest."},
    {"It was I. She knew.", "It was I.|She knew."},
    {"雨が降った。風も吹いた！終わり", "雨が降った。|風も吹いた！|終わり"},
    {"「雨だ。」と彼は言った。", "「雨だ。」|と彼は言った。"},
    {"هل جاء؟ نعم. انتهى۔ تم", "هل جاء؟|نعم.|انتهى۔|تم"},
    {"Он пришёл. Она ушла.", "Он пришёл.|Она ушла."},
    {"Line one\nline two. Next.", "Line one\nline two.|Next."},
};

static void splits_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sentence_cases / sizeof sentence_cases[0]; i++) {
        struct span rest = span_of(sentence_cases[i].text);
        struct span sentence;
        char got[512];
        size_t n = 0;
        while (sentence_next(&rest, &sentence)) {
            if (n > 0)
                got[n++] = '|';
            memcpy(got + n, sentence.p, sentence.n);
            n += sentence.n;
        }
        got[n] = '\0';
        assert_string_equal(got, sentence_cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(splits_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
