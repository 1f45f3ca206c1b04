#include "prose/terms.h"

#include "../support.h"
#include "prose/fold.h"

/* Terms are parted by blanks. */
struct terms_case {
    const char *name;
    const char *tag;
    const char *text;
    const char *expected;
    bool keep_stops;
};

static const struct terms_case terms_cases[] = {
    {"nothing", "en", "", "", false},
    {"English stems", "en", "Running runs, the RUNNER ran.", "run run runner ran", false},
    {"English possessive", "en", "The city’s mayor's cities'", "citi mayor citi", false},
    {"stop words with an apostrophe", "en", "It’s they’re who's who’ll", "", false},
    {"stop words kept", "en", "It’s the end", "it the end", true},
    {"a name is no stop word", "en", "O’Brien at ten o'clock", "o'brien ten o'clock", false},
    {"German", "de", "Die Straßen und STRASSEN der Häuser", "strass strass haus", false},
    {"French elision", "fr", "L’eau d'abord, qu’il aujourd’hui", "eau abord", false},
    {"French elision kept", "fr", "l’eau", "l eau", true},
    {"Spanish", "es", "las canciones y la canción", "cancion cancion", false},
    {"Portuguese", "pt", "as cidades e a cidade", "cidad cidad", false},
    {"Russian", "ru", "Городские города и город", "городск город город", false},
    {"Polish is cut", "pl", "Warszawa w Warszawie; Łódź, żółwiami", "warsz warsz łódź żółwi",
     false},
    {"unknown is cut", "xx", "Fietsen fietste op Wörter", "fiets fiets op wörte", false},
    {"unknown Greek is cut", "el", "Ελλάδα Ελλάδας", "ελλάδ ελλάδ", false},
    {"Turkish I", "tr", "ISTANBUL İstanbul", "istan i̇sta", false},
    {"numbers", "xx", "In 1234567 or 1,900.50", "in 1234567 or 1,900.50", false},
    {"numbers and letters", "en", "1980s B52", "1980s b52", false},
    {"Japanese", "ja", "雨が降った。", "雨が が降 降っ った", false},
    {"Katakana", "ja", "ラーメン", "ラー ーメ メン", false},
    {"lone sign", "zh", "水 火。山", "水 火 山", false},
    {"Chinese with English", "zh", "在iPhone上网", "在 iphon 上网", false},
    {"a pair twice", "zh", "中国中国", "中国 国中 中国", false},
    {"Thai marks", "th", "ทั้งก", "ทั้ง งก", false},
    {"Korean is cut", "ko", "서울특별시에서", "서울특별시", false},
};

static struct span term_of(const struct terms *t, uint32_t id)
{
    for (size_t i = 0; i < t->numbers.size; i++) {
        if (t->numbers.slots[i].key.p != NULL && t->numbers.slots[i].value == id)
            return t->numbers.slots[i].key;
    }
    return (struct span){NULL, 0};
}

static void finds_terms(void **state)
{
    const struct terms_case *row = *state;
    struct terms terms;
    struct term_list list = {0};
    struct buf got;
    buf_init(&got, TEXT_MAX);
    assert_status(terms_init(&terms, language_of_tag(span_of(row->tag))), ST_OK, NULL);
    terms.keep_stops = row->keep_stops;
    assert_status(terms_of(&terms, span_of(row->text), &list), ST_OK, NULL);
    for (size_t i = 0; i < list.count; i++) {
        if (i > 0)
            buf_putc(&got, ' ');
        buf_put(&got, term_of(&terms, list.ids[i]));
    }
    assert_string_equal(buf_str(&got), row->expected);
    buf_fini(&got);
    term_list_fini(&list);
    terms_fini(&terms);
}

static void numbers_in_order_of_appearance(void **state)
{
    (void)state;
    static const uint32_t expected[] = {0, 1, 0, 2, 1};
    struct terms terms;
    struct term_list list = {0};
    assert_status(terms_init(&terms, language_of_tag(SPAN("en"))), ST_OK, NULL);
    assert_status(terms_of(&terms, SPAN("bridge river bridges"), &list), ST_OK, NULL);
    assert_status(terms_of(&terms, SPAN("the town, the RIVER"), &list), ST_OK, NULL);
    assert_int_equal(list.count, COUNT(expected));
    assert_memory_equal(list.ids, expected, sizeof expected);
    assert_int_equal(terms.numbers.count, 3);
    term_list_fini(&list);
    assert_null(list.ids);
    terms_fini(&terms);
}

static void skips_words_of_no_language(void **state)
{
    (void)state;
    struct terms terms;
    struct term_list list = {0};
    struct buf text;
    buf_init(&text, TEXT_MAX);
    buf_puts(&text, "before ");
    for (int i = 0; i < FOLD_MAX + 1; i++)
        buf_putc(&text, 'a');
    buf_putc(&text, ' ');
    for (int i = 0; i < FOLD_MAX + 1; i++)
        buf_putc(&text, '1');
    buf_puts(&text, " after");
    assert_status(terms_init(&terms, &language_und), ST_OK, NULL);
    assert_status(terms_of(&terms, buf_span(&text), &list), ST_OK, NULL);
    assert_int_equal(list.count, 2);
    assert_span_equal(term_of(&terms, 1), SPAN("after"));
    buf_fini(&text);
    term_list_fini(&list);
    terms_fini(&terms);
}

/* More terms than the first room of the list and of the memory of words, all told apart. */
static void tells_many_words_apart(void **state)
{
    (void)state;
    struct terms terms;
    struct term_list list = {0};
    struct buf text;
    buf_init(&text, TEXT_MAX);
    assert_status(terms_init(&terms, &language_und), ST_OK, NULL);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 3000; i++)
            buf_putf(&text, "%c%c%c ", 'a' + (int)(i % 26), 'a' + (int)(i / 26 % 26),
                     'a' + (int)(i / 676));
    }
    assert_status(terms_of(&terms, buf_span(&text), &list), ST_OK, NULL);
    assert_int_equal(list.count, 6000);
    for (uint32_t i = 0; i < 6000; i++)
        assert_int_equal(list.ids[i], i % 3000);
    buf_fini(&text);
    term_list_fini(&list);
    terms_fini(&terms);
}

int main(void)
{
    struct suite suite = {.count = 0};
    SUITE_ROWS(&suite, finds_terms, terms_cases);
    SUITE_TEST(&suite, numbers_in_order_of_appearance);
    SUITE_TEST(&suite, skips_words_of_no_language);
    SUITE_TEST(&suite, tells_many_words_apart);
    return suite_run(&suite, "terms");
}
