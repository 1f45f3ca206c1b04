#include "prose/guess.h"

#include <unictype.h>

#include "core/utf8.h"
#include "prose/fold.h"
#include "prose/split.h"

#define GUESS_BYTES   ((size_t)4 * 1024) /* of a text are looked at, */
#define GUESS_WORDS   200                /* and so many words of an alphabet */
#define GUESS_PLAIN   60                 /* fewer, when they leave no doubt */
#define GUESS_LONGEST 16                 /* bytes: hardly a stop word is longer */
#define GUESS_SHORT   8                  /* words: fewer must be clearer */
#define GUESS_HAN     8                  /* signs: a shorter run may be Japanese as well */
#define GUESS_START   4                  /* bytes of a word by which lists are told apart */
#define GUESS_STARTS  2048               /* a power of two: hashes of such bytes */

/*
 * The commonest words of languages that have no file, sorted by their bytes; Czech with Slovak,
 * Croatian with Slovene, Danish with Norwegian.
 */
static const char *const guess_bulgarian[] = {
    "а",   "без",  "беше", "в",    "във", "да",   "до",   "е",   "за",  "и",
    "или", "като", "към",  "на",   "не",  "но",   "от",   "по",  "при", "с",
    "са",  "се",   "си",   "след", "със", "така", "това", "той", "че",  "ще"};

static const char *const guess_catalan[] = {
    "a",   "al",  "als", "amb",  "aquest", "aquesta", "com", "d",   "de",     "del",  "dels",
    "des", "el",  "els", "en",   "entre",  "es",      "ha",  "han", "hi",     "i",    "l",
    "la",  "les", "li",  "més",  "no",     "o",       "pel", "per", "perquè", "però", "que",
    "qui", "s",   "se",  "seva", "són",    "també",   "un",  "una", "va",     "és"};

static const char *const guess_croatian[] = {
    "a",    "ali", "bi", "bila", "bilo", "bio", "da",   "do",  "ga",   "i",
    "ili",  "in",  "iz", "je",   "jer",  "još", "kako", "kao", "koja", "koje",
    "koji", "li",  "na", "ne",   "nije", "o",   "od",   "po",  "s",    "sa",
    "samo", "se",  "so", "su",   "to",   "u",   "uz",   "za",  "što",  "že"};

static const char *const guess_czech[] = {
    "a",     "aby", "aj",   "ako",  "ale", "by",   "byl",  "byla", "bylo", "i",     "jak",
    "jako",  "je",  "jeho", "jej",  "již", "jsem", "jsou", "k",    "když", "která", "které",
    "který", "na",  "ne",   "nebo", "o",   "od",   "po",   "pre",  "pro",  "při",   "roku",
    "s",     "sa",  "se",   "si",   "sú",  "tak",  "také", "ten",  "to",   "tom",   "u",
    "už",    "v",   "ve",   "z",    "za",  "ze",   "že"};

static const char *const guess_danish[] = {
    "af",  "at",   "av",  "da",  "de",  "den",   "der", "det",  "efter", "eller", "en",
    "er",  "et",   "for", "fra", "han", "har",   "hun", "i",    "ikke",  "ja",    "jeg",
    "kan", "med",  "men", "mot", "nå",  "når",   "og",  "også", "om",    "på",    "seg",
    "sig", "skal", "som", "så",  "til", "under", "var", "ved",  "vi",    "være",  "å"};

static const char *const guess_dutch[] = {
    "aan", "al",   "als",    "bij",   "dan",  "dat",   "de",   "deze", "die",  "dit", "door",
    "een", "en",   "er",     "haar",  "had",  "heeft", "het",  "hij",  "hun",  "ik",  "in",
    "is",  "je",   "maar",   "me",    "meer", "met",   "naar", "niet", "nog",  "of",  "om",
    "ook", "op",   "over",   "te",    "tot",  "uit",   "van",  "veel", "voor", "was", "wat",
    "we",  "werd", "worden", "wordt", "ze",   "zich",  "zijn", "zo"};

static const char *const guess_esperanto[] = {
    "al",   "ankaŭ", "aŭ",  "de",  "en",  "estas", "estis", "ili", "jam", "kaj", "ke",
    "kiu",  "kiuj",  "kun", "la",  "li",  "mi",    "ne",    "ni",  "oni", "per", "por",
    "post", "pri",   "se",  "sed", "sia", "tio",   "tiu",   "ĉi",  "ĝi"};

static const char *const guess_galician[] = {
    "a",   "ao", "aos", "as",  "co",    "coa", "como",  "con",  "cos",  "da",
    "das", "de", "do",  "dos", "e",     "en",  "entre", "foi",  "máis", "na",
    "nas", "no", "non", "nos", "o",     "os",  "para",  "pola", "polo", "por",
    "que", "se", "seu", "súa", "tamén", "un",  "unha",  "é"};

static const char *const guess_hungarian[] = {
    "a",     "az",  "azt",  "csak", "de",  "egy", "el",  "ez", "ezt",  "ha",  "hogy", "is", "ki",
    "lehet", "meg", "mert", "mint", "már", "még", "nem", "s",  "vagy", "van", "volt", "és"};

static const char *const guess_italian[] = {
    "a",     "ad",    "ai",   "al",    "alla", "alle",   "anche",  "c",      "che",    "chi",
    "ci",    "come",  "con",  "d",     "da",   "dal",    "dalla",  "dei",    "del",    "dell",
    "della", "delle", "di",   "dopo",  "e",    "era",    "gli",    "ha",     "hanno",  "i",
    "il",    "in",    "l",    "la",    "le",   "lo",     "loro",   "ma",     "nei",    "nel",
    "nella", "non",   "o",    "per",   "più",  "quando", "quella", "quello", "questa", "questo",
    "se",    "si",    "sono", "stato", "su",   "sua",    "sui",    "sul",    "sulla",  "suo",
    "tra",   "un",    "una",  "è"};

static const char *const guess_romanian[] = {
    "a",    "ai",  "al",  "ale",    "am",   "ar",   "au",     "ca",    "care", "ce", "cel",  "cu",
    "că",   "dar", "de",  "despre", "din",  "după", "e",      "el",    "este", "fi", "fost", "fără",
    "la",   "lui", "mai", "nu",     "o",    "pe",   "pentru", "prin",  "s",    "sa", "sau",  "se",
    "sunt", "să",  "un",  "unei",   "unui", "în",   "într",   "între", "și"};

static const char *const guess_serbian[] = {
    "а",   "али", "би",   "био",  "бити", "да", "до", "за",   "и",   "из",
    "или", "као", "која", "које", "који", "на", "не", "није", "о",   "од",
    "по",  "с",   "са",   "се",   "со",   "су", "то", "у",    "што", "је"};

static const char *const guess_swedish[] = {
    "alla", "att", "av",   "blev",  "de",  "den",  "denna", "det",  "detta",  "du",    "eller",
    "en",   "ett", "från", "för",   "ha",  "hade", "han",   "har",  "hon",    "i",     "in",
    "inte", "jag", "kan",  "kunde", "man", "med",  "men",   "mot",  "mycket", "ni",    "nu",
    "när",  "och", "om",   "på",    "sig", "ska",  "som",   "så",   "till",   "under", "upp",
    "ut",   "var", "vara", "vi",    "vid", "än",   "är",    "även", "år"};

static const char *const guess_ukrainian[] = {
    "а",  "але", "бо",   "був", "було", "в",  "вже", "від", "він", "для", "до", "з",  "за",
    "зі", "й",   "його", "на",  "не",   "по", "при", "про", "та",  "так", "те", "то", "у",
    "це", "цей", "чи",   "що",  "щоб",  "як", "які", "є",   "і",   "із",  "їх", "її"};

static const char *const guess_welsh[] = {
    "a",   "ac",    "am",  "ar",   "at",   "bod",  "bydd", "cyn", "dan",   "ddim",
    "ei",  "er",    "eu",  "fod",  "fydd", "gan",  "gyda", "heb", "hefyd", "hi",
    "hon", "i",     "mae", "mewn", "nag",  "neu",  "ni",   "o",   "oedd",  "ond",
    "os",  "roedd", "sy",  "sydd", "un",   "wedi", "wrth", "y",   "yn",    "yr"};

enum guess_script {
    GUESS_NONE,
    GUESS_LATIN,
    GUESS_CYRILLIC,
    GUESS_OTHER,
};

static const struct {
    const char *tag; /* of a language that may be the answer; the words are its stop words */
    struct language_words words;
    enum guess_script script;
} guess_rivals[] = {
    {"de", {NULL, 0}, GUESS_LATIN},
    {"en", {NULL, 0}, GUESS_LATIN},
    {"es", {NULL, 0}, GUESS_LATIN},
    {"fr", {NULL, 0}, GUESS_LATIN},
    {"pl", {NULL, 0}, GUESS_LATIN},
    {"pt", {NULL, 0}, GUESS_LATIN},
    {"ru", {NULL, 0}, GUESS_CYRILLIC},
    {NULL, LANGUAGE_WORDS(guess_bulgarian), GUESS_CYRILLIC},
    {NULL, LANGUAGE_WORDS(guess_catalan), GUESS_LATIN},
    {NULL, LANGUAGE_WORDS(guess_croatian), GUESS_LATIN},
    {NULL, LANGUAGE_WORDS(guess_czech), GUESS_LATIN},
    {NULL, LANGUAGE_WORDS(guess_danish), GUESS_LATIN},
    {NULL, LANGUAGE_WORDS(guess_dutch), GUESS_LATIN},
    {NULL, LANGUAGE_WORDS(guess_esperanto), GUESS_LATIN},
    {NULL, LANGUAGE_WORDS(guess_galician), GUESS_LATIN},
    {NULL, LANGUAGE_WORDS(guess_hungarian), GUESS_LATIN},
    {NULL, LANGUAGE_WORDS(guess_italian), GUESS_LATIN},
    {NULL, LANGUAGE_WORDS(guess_romanian), GUESS_LATIN},
    {NULL, LANGUAGE_WORDS(guess_serbian), GUESS_CYRILLIC},
    {NULL, LANGUAGE_WORDS(guess_swedish), GUESS_LATIN},
    {NULL, LANGUAGE_WORDS(guess_ukrainian), GUESS_CYRILLIC},
    {NULL, LANGUAGE_WORDS(guess_welsh), GUESS_LATIN},
};

#define GUESS_RIVALS (sizeof guess_rivals / sizeof guess_rivals[0])

_Static_assert(GUESS_RIVALS <= 32, "a bit for each rival");

struct guess {
    const struct language *languages[GUESS_RIVALS]; /* language_und of those that have no file */
    struct language_words lists[GUESS_RIVALS];
    uint32_t starts[GUESS_STARTS]; /* which lists have a word of such a beginning, by its hash */
    size_t hits[GUESS_RIVALS];     /* words that are in the list */
    size_t words[GUESS_OTHER + 1];
    size_t han, kana, signs;              /* signs of scripts without blanks: these, and all */
    size_t cyrillic, foreign, hard, yery; /* letters: all, not of Russian, ъ, ы */
};

/* The hash of the beginning of a word that has n bytes or ends in NUL. */
static size_t guess_hash(const char *word, size_t n)
{
    size_t hash = 0;
    for (size_t i = 0; i < GUESS_START && i < n && word[i] != '\0'; i++)
        hash = hash * 37 + (unsigned char)word[i];
    return hash & (GUESS_STARTS - 1);
}

/*
 * To look up every word of the text in every list costs more than to look at the beginnings of all
 * words of the lists once: then few lists are left for each.
 */
static void guess_start(struct guess *g)
{
    *g = (struct guess){0};
    for (size_t i = 0; i < GUESS_RIVALS; i++) {
        const char *tag = guess_rivals[i].tag;
        g->languages[i] = tag == NULL ? &language_und : language_of_tag(span_of(tag));
        g->lists[i] = tag == NULL ? guess_rivals[i].words : g->languages[i]->stops;
        for (size_t k = 0; k < g->lists[i].count; k++)
            g->starts[guess_hash(g->lists[i].words[k], GUESS_START)] |= (uint32_t)1 << i;
    }
}

/* The script of a word is that of its first letter. */
static enum guess_script guess_script(struct span word)
{
    for (size_t at = 0; at < word.n;) {
        uint32_t cp = 0;
        unsigned len = utf8_decode(span_sub(word, at, word.n), &cp);
        if (cp < 0x80 ? ascii_alpha((int)cp)
                      : uc_is_general_category_withtable(cp, UC_CATEGORY_MASK_L))
            return cp < 0x250 || (cp >= 0x1e00 && cp < 0x1f00) ? GUESS_LATIN
                   : cp >= 0x400 && cp < 0x530                 ? GUESS_CYRILLIC
                                                               : GUESS_OTHER;
        at += len == 0 ? 1 : len;
    }
    return GUESS_NONE;
}

/* Count the letters of a folded Cyrillic word that tell whether it is Russian. */
static void guess_letters(struct guess *g, struct span word)
{
    for (size_t at = 0; at < word.n;) {
        uint32_t cp = 0;
        unsigned len = utf8_decode(span_sub(word, at, word.n), &cp);
        bool cyrillic = cp >= 0x430 && cp < 0x530;
        g->cyrillic += cyrillic;
        g->foreign += cyrillic && cp > 0x44f && cp != 0x451;
        g->hard += cp == 0x44a;
        g->yery += cp == 0x44b;
        at += len == 0 ? 1 : len;
    }
}

static void guess_word(struct guess *g, struct span word)
{
    char room[FOLD_MAX];
    struct span folded = fold_word(word, room);
    enum guess_script script = guess_script(folded);
    g->words[script]++;
    if (script == GUESS_CYRILLIC)
        guess_letters(g, folded);
    if ((script != GUESS_LATIN && script != GUESS_CYRILLIC) || folded.n > GUESS_LONGEST)
        return;
    struct span head = span_sub(folded, 0, span_find(folded, 0, '\'')); /* of l'eau */
    uint32_t rivals = g->starts[guess_hash(folded.p, folded.n)];
    rivals |= g->starts[guess_hash(head.p, head.n)];
    for (size_t i = 0; i < GUESS_RIVALS; i++) {
        if ((rivals >> i & 1) != 0)
            g->hits[i] += language_has(g->lists[i], folded) ||
                          (head.n < folded.n && language_has(g->lists[i], head));
    }
}

static void guess_signs(struct guess *g, struct span run)
{
    while (run.n > 0) {
        struct span sign = split_sign(&run);
        uint32_t cp = 0;
        utf8_decode(sign, &cp);
        bool kana = (cp >= 0x3040 && cp < 0x3100) || (cp >= 0xff66 && cp < 0xffa0);
        g->kana += kana;
        g->han += !kana && (cp >= 0x3400);
        g->signs++;
    }
}

/* The list of which most words are, how many those are, and how many are of the next best. */
static size_t guess_best(const struct guess *g, enum guess_script script, size_t *first,
                         size_t *second)
{
    size_t best = GUESS_RIVALS;
    *first = *second = 0;
    for (size_t i = 0; i < GUESS_RIVALS; i++) {
        size_t hits = guess_rivals[i].script == script ? g->hits[i] : 0;
        if (hits > *first) {
            *second = *first;
            *first = hits;
            best = i;
        } else if (hits > *second) {
            *second = hits;
        }
    }
    return best;
}

/* Are words in Latin letters all that there is, and a third of them of one list and no other? */
static bool guess_is_plain(const struct guess *g)
{
    size_t first;
    size_t second;
    guess_best(g, GUESS_LATIN, &first, &second);
    return g->signs == 0 && g->words[GUESS_CYRILLIC] == 0 && g->words[GUESS_OTHER] == 0 &&
           first * 3 >= g->words[GUESS_LATIN] && second * 2 <= first;
}

/* The language of a text in an alphabet. */
static const struct language *guess_by_words(const struct guess *g, enum guess_script script)
{
    size_t words = g->words[script];
    size_t first;
    size_t second;
    size_t best = guess_best(g, script, &first, &second);
    /* Bulgarian has many ъ and no ы; in Russian ы is fifty times as common. */
    bool strange =
        script == GUESS_CYRILLIC && (g->foreign * 100 > g->cyrillic || g->hard > g->yery);
    bool clear = words < GUESS_SHORT ? first >= 2 && first * 2 >= words && second * 2 <= first
                                     : first * 6 >= words && (first - second) * 5 >= first;
    return best < GUESS_RIVALS && clear && !strange ? g->languages[best] : &language_und;
}

const struct language *guess_language(struct span text)
{
    struct guess g;
    struct split split;
    struct span piece;
    enum split_kind kind;
    size_t end = text.n < GUESS_BYTES ? text.n : GUESS_BYTES;
    while (end < text.n && end > 0 && ((unsigned char)text.p[end] & 0xc0) == 0x80)
        end--;
    guess_start(&g);
    split_start(&split, span_sub(text, 0, end));
    size_t words = 0;
    while (words < GUESS_WORDS && (kind = split_next(&split, &piece)) != SPLIT_END) {
        if (kind == SPLIT_WORD)
            guess_word(&g, piece);
        else if (kind == SPLIT_SIGNS)
            guess_signs(&g, piece);
        words += kind == SPLIT_WORD;
        if (words == GUESS_PLAIN && guess_is_plain(&g))
            break;
    }
    size_t unspaced = g.signs / 2; /* two signs are about a word */
    size_t latin = g.words[GUESS_LATIN];
    size_t cyrillic = g.words[GUESS_CYRILLIC];
    size_t half = (unspaced + latin + cyrillic + g.words[GUESS_OTHER]) / 2;
    if (g.signs > 0 && unspaced >= half && (g.han + g.kana) * 2 > g.signs)
        return g.kana * 20 > g.han  ? language_of_tag(SPAN("ja"))
               : g.han >= GUESS_HAN ? language_of_tag(SPAN("zh"))
                                    : &language_und;
    if (latin > half)
        return guess_by_words(&g, GUESS_LATIN);
    return cyrillic > half ? guess_by_words(&g, GUESS_CYRILLIC) : &language_und;
}
