#include "html/phrase.h"

#include <unicase.h>

#include "core/utf8.h"

/* A phrase, in small letters. */
struct phrase {
    const char *text;
    enum phrase_way way;
    bool whole; /* it says that a piece follows, so that it needs no sign behind it */
};

static const struct phrase phrases[] = {
    {"previous article", PHRASE_PREVIOUS, true},
    {"previous post", PHRASE_PREVIOUS, true},
    {"previous story", PHRASE_PREVIOUS, true},
    {"previous entry", PHRASE_PREVIOUS, true},
    {"previous chapter", PHRASE_PREVIOUS, true},
    {"prev article", PHRASE_PREVIOUS, true},
    {"prev post", PHRASE_PREVIOUS, true},
    {"older post", PHRASE_PREVIOUS, true},
    {"next article", PHRASE_NEXT, true},
    {"next post", PHRASE_NEXT, true},
    {"next story", PHRASE_NEXT, true},
    {"next entry", PHRASE_NEXT, true},
    {"next chapter", PHRASE_NEXT, true},
    {"newer post", PHRASE_NEXT, true},
    {"vorheriger artikel", PHRASE_PREVIOUS, true},
    {"vorheriger beitrag", PHRASE_PREVIOUS, true},
    {"n\xc3\xa4"
     "chster artikel",
     PHRASE_NEXT, true},
    {"n\xc3\xa4"
     "chster beitrag",
     PHRASE_NEXT, true},
    {"article pr\xc3\xa9"
     "c\xc3\xa9"
     "dent",
     PHRASE_PREVIOUS, true},
    {"article suivant", PHRASE_NEXT, true},
    {"entrada anterior", PHRASE_PREVIOUS, true},
    {"entrada siguiente", PHRASE_NEXT, true},
    {"art\xc3\xad"
     "culo anterior",
     PHRASE_PREVIOUS, true},
    {"art\xc3\xad"
     "culo siguiente",
     PHRASE_NEXT, true},
    {"предыдущая запись", PHRASE_PREVIOUS, true},
    {"предыдущая статья", PHRASE_PREVIOUS, true},
    {"следующая запись", PHRASE_NEXT, true},
    {"следующая статья", PHRASE_NEXT, true},
    {"上一篇文章", PHRASE_PREVIOUS, true},
    {"下一篇文章", PHRASE_NEXT, true},
    {"上一篇", PHRASE_PREVIOUS, true},
    {"下一篇", PHRASE_NEXT, true},
    {"前の記事", PHRASE_PREVIOUS, true},
    {"次の記事", PHRASE_NEXT, true},
    {"المقالة السابقة", PHRASE_PREVIOUS, true},
    {"المقالة التالية", PHRASE_NEXT, true},
    {"المقال السابق", PHRASE_PREVIOUS, true},
    {"المقال التالي", PHRASE_NEXT, true},
    {"previous", PHRASE_PREVIOUS, false},
    {"prev", PHRASE_PREVIOUS, false},
    {"older", PHRASE_PREVIOUS, false},
    {"earlier", PHRASE_PREVIOUS, false},
    {"next", PHRASE_NEXT, false},
    {"newer", PHRASE_NEXT, false},
    {"later", PHRASE_NEXT, false},
    {"up next", PHRASE_NEXT, false},
    {"read next", PHRASE_NEXT, false},
    {"zur\xc3\xbc"
     "ck",
     PHRASE_PREVIOUS, false},
    {"vorheriger", PHRASE_PREVIOUS, false},
    {"weiter", PHRASE_NEXT, false},
    {"n\xc3\xa4"
     "chster",
     PHRASE_NEXT, false},
    {"pr\xc3\xa9"
     "c\xc3\xa9"
     "dent",
     PHRASE_PREVIOUS, false},
    {"suivant", PHRASE_NEXT, false},
    {"anterior", PHRASE_PREVIOUS, false},
    {"siguiente", PHRASE_NEXT, false},
    {"назад", PHRASE_PREVIOUS, false},
    {"вперёд", PHRASE_NEXT, false},
    {"далее", PHRASE_NEXT, false},
    {"السابق", PHRASE_PREVIOUS, false},
    {"التالي", PHRASE_NEXT, false},
};

#define PHRASES (sizeof phrases / sizeof phrases[0])

/* Names of lists that navigation leads through, and not of pieces. */
static const char *const phrase_lists[] = {
    "posts",          "articles",      "entries",        "stories",
    "post",           "article",       "entry",          "story",
    "page",           "chapter",       "older posts",    "newer posts",
    "older entries",  "newer entries", "older articles", "newer articles",
    "previous posts", "next posts",    "previous page",  "next page",
    "older stories",  "newer stories", "read more",      "continue reading",
    "next \xc2\xbb",  "home",          "index",          "contents",
    "back",           "more",
};

/* Arrows and other signs around a title. */
static bool phrase_sign(uint32_t cp)
{
    return cp == PHRASE_EDGE || cp == ':' || cp == 0xff1a || cp == '<' || cp == '>' || cp == '|' ||
           cp == 0xab || cp == 0xbb || cp == 0x2039 || cp == 0x203a || cp == '-' || cp == 0x2013 ||
           cp == 0x2014 || cp == 0xb7 || cp == 0x2022 || (cp >= 0x2190 && cp <= 0x21ff) ||
           (cp >= 0x25b0 && cp <= 0x25cf) || (cp >= 0x2794 && cp <= 0x27bf) ||
           (cp >= 0x27f0 && cp <= 0x27ff) || (cp >= 0x2900 && cp <= 0x297f) ||
           (cp >= 0x2b00 && cp <= 0x2b11) || cp == 0xfe0e || cp == 0xfe0f;
}

/* Signs that are also quotes or belong to a word: they are arrows only apart from the title. */
static bool phrase_sign_apart(uint32_t cp)
{
    return cp == 0xab || cp == 0xbb || cp == 0x2039 || cp == 0x203a || cp == '<' || cp == '>' ||
           cp == '-';
}

/* Does it part words: the end, an edge, a plain blank? */
static bool phrase_part(struct span s, bool last)
{
    char c = s.n == 0 ? ' ' : s.p[last ? s.n - 1 : 0];
    return c == ' ' || c == '\n' || c == '\t' || c == PHRASE_EDGE;
}

static struct span phrase_trim(struct span s)
{
    uint32_t cp = 0;
    for (unsigned len; (len = utf8_decode(s, &cp)) > 0;) {
        struct span rest = span_sub(s, len, s.n);
        bool apart = phrase_sign_apart(cp) && !phrase_part(rest, false);
        if (apart || (!phrase_sign(cp) && !utf8_blank(cp)))
            break;
        s = rest;
    }
    size_t end = 0;
    for (size_t at = 0; at < s.n;) {
        unsigned len = utf8_decode(span_sub(s, at, s.n), &cp);
        bool apart = len > 0 && phrase_sign_apart(cp) && !phrase_part(span_sub(s, 0, at), true);
        at += len == 0 ? 1 : len;
        if (len == 0 || apart || (!phrase_sign(cp) && !utf8_blank(cp)))
            end = at;
    }
    return span_sub(s, 0, end);
}

/* How many bytes at the start of s are the phrase, in any case of letters; 0 when they are not. */
static size_t phrase_length(struct span s, struct span phrase)
{
    size_t in = 0;
    size_t at = 0;
    while (at < phrase.n) {
        uint32_t a = 0;
        uint32_t b = 0;
        unsigned m = utf8_decode(span_sub(phrase, at, phrase.n), &a);
        unsigned n = utf8_decode(span_sub(s, in, s.n), &b);
        if (m == 0 || n == 0 || (uint32_t)uc_tolower(b) != a)
            return 0;
        at += m;
        in += n;
    }
    return in;
}

/* Does a phrase end here: at a sign, an edge, the end? */
static bool phrase_ends(struct span rest)
{
    uint32_t cp = 0;
    if (utf8_decode(rest, &cp) > 0 && phrase_sign_apart(cp))
        return false;
    rest = utf8_trim(rest);
    return utf8_decode(rest, &cp) == 0 || phrase_sign(cp);
}

/* May a title begin here, behind a phrase and without a sign? */
static bool phrase_title_begins(struct span rest)
{
    uint32_t cp = 0;
    bool blank = rest.n > 0 && rest.p[0] == ' ';
    rest = utf8_trim(rest);
    if (utf8_decode(rest, &cp) == 0)
        return true;
    return cp >= 0x2e80 || (blank && (uint32_t)uc_tolower(cp) != cp) ||
           (blank && (ascii_digit((int)cp) || cp == '"' || cp == 0x201c || cp >= 0x590));
}

struct span phrase_strip(struct span text, enum phrase_way *way)
{
    *way = PHRASE_NONE;
    text = phrase_trim(text);
    for (bool found = true; found && text.n > 0;) {
        found = false;
        for (size_t i = 0; i < PHRASES && !found; i++) {
            size_t n = phrase_length(text, span_of(phrases[i].text));
            struct span rest = span_sub(text, n, text.n);
            found = n > 0 && (phrase_ends(rest) || (phrases[i].whole && phrase_title_begins(rest)));
            if (!found)
                continue;
            text = phrase_trim(rest);
            if (*way == PHRASE_NONE && phrases[i].whole)
                *way = phrases[i].way;
        }
    }
    return text;
}

bool phrase_is_furniture(struct span title)
{
    enum phrase_way way;
    title = phrase_strip(title, &way);
    size_t page = phrase_length(title, SPAN("page "));
    bool number = true;
    for (size_t i = page; i < title.n; i++)
        number = number && (ascii_digit(title.p[i]) || title.p[i] == ' ');
    if (number)
        return true;
    for (size_t i = 0; i < sizeof phrase_lists / sizeof phrase_lists[0]; i++) {
        if (phrase_length(title, span_of(phrase_lists[i])) == title.n)
            return true;
    }
    return false;
}
