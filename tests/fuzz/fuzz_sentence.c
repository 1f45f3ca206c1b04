/*
 * sentence: in every language (the first byte chooses) sentences come in order, do not overlap and
 * leave nothing out but blanks; and what words.h counts and cuts fits together.
 */
#include "page.h"

#include "article/clean.h"
#include "prose/sentence.h"
#include "prose/words.h"

static bool only_blanks(struct span s)
{
    return utf8_trim(s).n == 0;
}

static const struct language *choose_language(uint8_t byte)
{
    static const char *const tags[] = {"und", "de", "en", "es", "fr", "ja", "pl", "pt", "ru", "zh"};
    return language_of_tag(span_of(tags[byte % (sizeof tags / sizeof tags[0])]));
}

static void check_openers(const struct language *lang, struct span sentence)
{
    size_t n = language_opens(lang, lang->openers, sentence);
    MUST(n <= sentence.n);
    MUST(language_opens(lang, lang->stops, sentence) <= sentence.n);
    MUST(language_opens(&language_und, language_und.openers, sentence) == 0);
}

static void check_sentences(const struct language *lang, struct span text)
{
    struct span rest = text;
    struct span sentence = {0};
    size_t end = 0; /* of the sentence before */
    size_t words = 0;
    while (sentence_next(lang, &rest, &sentence)) {
        MUST(fuzz_inside(sentence, text) && sentence.n > 0);
        size_t start = (size_t)(sentence.p - text.p);
        MUST(start >= end);
        MUST(only_blanks(span_sub(text, end, start)));
        MUST(utf8_trim(sentence).n == sentence.n);
        MUST(utf8_valid(sentence) == sentence.n);
        end = start + sentence.n;
        MUST(fuzz_inside(rest, text) && rest.p == text.p + end);
        words += words_count(sentence);
        check_openers(lang, sentence);
    }
    MUST(only_blanks(span_sub(text, end, text.n)));
    MUST(words >= words_count(text)); /* a full-width stop parts what is one word without blanks */
}

static void check_words(struct span text)
{
    size_t all = words_count(text);
    const size_t limits[] = {0, 1, 7, 100};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct span first = words_first(text, limits[i]);
        MUST(fuzz_inside(first, text) && utf8_valid(first) == first.n);
        MUST(words_count(first) == (all < limits[i] ? all : limits[i]));
    }
    MUST(words_minutes(all) >= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text;
    struct error e;
    const struct language *lang = choose_language(size > 0 ? data[0] : 0);
    buf_init(&text, size * 3 + 1);
    if (clean_text(fuzz_input(data, size), "fuzz", &text, &e) == ST_OK) {
        char *copy = fuzz_copy(buf_span(&text));
        check_sentences(lang, (struct span){copy, text.n});
        check_words((struct span){copy, text.n});
        free(copy);
    }
    buf_fini(&text);
    return 0;
}
