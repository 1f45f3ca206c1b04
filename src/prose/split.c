#include "prose/split.h"

#include <unictype.h>
#include <uniwbrk.h>

#include "core/utf8.h"

/* A boundary so close to the end of a window may depend on what is behind it. */
#define SPLIT_MARGIN 256

/* Blocks of scripts written without blanks; what is neither letter nor mark there is no sign. */
static const struct {
    uint32_t first, last;
} split_blocks[] = {
    {0x0e00, 0x0eff},   /* Thai, Lao */
    {0x1000, 0x109f},   /* Burmese */
    {0x1780, 0x17ff},   /* Khmer */
    {0x3005, 0x3007},   /* 々〆〇 */
    {0x3021, 0x3029},   /* Hangzhou numerals */
    {0x3040, 0x30ff},   /* Hiragana, Katakana */
    {0x31f0, 0x31ff},   /* Katakana extensions */
    {0x3400, 0x4dbf},   /* Han */
    {0x4e00, 0x9fff},   /* Han */
    {0xa9e0, 0xa9ff},   /* Burmese */
    {0xaa60, 0xaa7f},   /* Burmese */
    {0xf900, 0xfaff},   /* Han, compatibility */
    {0xff66, 0xff9f},   /* half-width Katakana */
    {0x1b000, 0x1b16f}, /* Kana extensions */
    {0x20000, 0x323af}, /* Han */
};

static bool split_is(uint32_t cp, uint32_t categories)
{
    return uc_is_general_category_withtable(cp, categories);
}

static bool split_is_sign(uint32_t cp)
{
    if (cp < split_blocks[0].first)
        return false;
    size_t low = 0;
    size_t high = sizeof split_blocks / sizeof split_blocks[0];
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (cp < split_blocks[middle].first)
            high = middle;
        else
            low = middle;
    }
    return cp <= split_blocks[low].last &&
           split_is(cp, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_Nl);
}

/* The code point at `at`; one byte of what is not valid is taken for U+FFFD. */
static unsigned split_decode(struct span text, size_t at, uint32_t *cp)
{
    unsigned len = utf8_decode(span_sub(text, at, text.n), cp);
    if (len > 0)
        return len;
    *cp = 0xfffd;
    return 1;
}

static bool split_blank(char c)
{
    return (unsigned char)c <= ' ' && (c == ' ' || (c >= '\t' && c <= '\r'));
}

void split_start(struct split *s, struct span text)
{
    s->text = text;
    s->at = s->from = s->to = 0;
    s->plain = true;
}

/*
 * A plain run is ASCII and letters of two bytes that are for UAX 29 what those of ASCII are
 * (ALetter): Latin with marks, U+00C0 to U+023F, and Cyrillic, U+0400 to U+047F.
 */
static bool split_is_plain(struct span text, size_t at)
{
    unsigned lead = (unsigned char)text.p[at];
    unsigned next = at + 1 < text.n ? (unsigned char)text.p[at + 1] : 0;
    bool times = lead == 0xc3 && (next == 0x97 || next == 0xb7); /* and divided by */
    return (next & 0xc0) == 0x80 && !times &&
           ((lead >= 0xc3 && lead <= 0xc8) || lead == 0xd0 || lead == 0xd1);
}

/* Is a byte of a plain run one of a letter? */
static bool split_is_letter(int byte)
{
    return ascii_alpha(byte) || byte >= 0x80;
}

/* Does the mark at `at` stand inside of a word or number? */
static bool split_joins(struct span run, size_t at)
{
    if (at == 0 || at + 1 >= run.n)
        return false;
    char mark = run.p[at];
    int before = (unsigned char)run.p[at - 1];
    int behind = (unsigned char)run.p[at + 1];
    bool letters = split_is_letter(before) && split_is_letter(behind);
    bool digits = ascii_digit(before) && ascii_digit(behind);
    return mark == '.' || mark == '\'' ? letters || digits : (mark == ',' || mark == ';') && digits;
}

/* Offset behind the word that begins at `from` of a plain run: the rules of UAX 29 for it. */
static size_t split_plain_word(struct span run, size_t from)
{
    size_t at = from;
    while (at < run.n && (split_is_letter((unsigned char)run.p[at]) || ascii_digit(run.p[at]) ||
                          run.p[at] == '_' || (at > from && split_joins(run, at))))
        at++;
    return at > from ? at : from + 1;
}

/*
 * Length of the plain run that text begins with, up to a blank; 0 when something else is in it, or
 * it is longer than a window, so that no byte is looked at over and over.  A colon between letters
 * is something else too: versions of Unicode differ about it.
 */
static size_t split_plain_run(struct span text)
{
    size_t most = text.n < SPLIT_WINDOW ? text.n : SPLIT_WINDOW;
    size_t at = 0;
    for (; at < most && !split_blank(text.p[at]); at++) {
        if (ascii_alpha(text.p[at]))
            continue;
        if ((unsigned char)text.p[at] >= 0x80) {
            if (!split_is_plain(text, at))
                return 0;
            at++;
        } else if (text.p[at] == ':' && at > 0 && at + 1 < text.n &&
                   split_is_letter((unsigned char)text.p[at - 1]) &&
                   split_is_letter((unsigned char)text.p[at + 1])) {
            return 0;
        }
    }
    return at < text.n && !split_blank(text.p[at]) ? 0 : at;
}

/* Length of the run that text begins with, up to a blank or a sign, at most the window's. */
static size_t split_run(struct span text)
{
    size_t at = 0;
    while (at < text.n && !split_blank(text.p[at])) {
        uint32_t cp = 0;
        unsigned len = split_decode(text, at, &cp);
        if (at + len > SPLIT_WINDOW || split_is_sign(cp))
            break;
        at += len;
    }
    return at;
}

/* Take up the next stretch at s->at, which is neither a blank nor a sign. */
static void split_stretch(struct split *s)
{
    struct span rest = span_sub(s->text, s->at, s->text.n);
    s->from = s->at;
    size_t n = split_plain_run(rest);
    s->plain = n > 0;
    if (!s->plain) {
        n = split_run(rest);
        u8_wordbreaks((const uint8_t *)rest.p, n, s->breaks);
        if (n > SPLIT_WINDOW - 4) { /* the run goes on: cut at a boundary that is one */
            size_t cut = SPLIT_WINDOW - SPLIT_MARGIN;
            while (cut > 0 && s->breaks[cut] == 0)
                cut--;
            n = cut > 0 ? cut : n;
        }
    }
    s->to = s->from + n;
}

/* The next segment of the stretch, word or not. */
static struct span split_segment(struct split *s)
{
    size_t start = s->at;
    if (s->plain) {
        struct span run = span_sub(s->text, s->from, s->to);
        s->at = s->from + split_plain_word(run, start - s->from);
    } else {
        do
            s->at++;
        while (s->at < s->to && s->breaks[s->at - s->from] == 0);
    }
    return span_sub(s->text, start, s->at);
}

/* What a segment is; SPLIT_END when it is punctuation or a symbol. */
static enum split_kind split_kind_of(struct span segment)
{
    enum split_kind kind = SPLIT_END;
    if (ascii_alpha(segment.p[0]) || split_is_plain(segment, 0))
        return SPLIT_WORD;
    for (size_t at = 0; at < segment.n;) {
        uint32_t cp = (unsigned char)segment.p[at];
        unsigned len = cp < 0x80 ? 1 : split_decode(segment, at, &cp);
        if (cp < 0x80 ? ascii_alpha((int)cp) : split_is(cp, UC_CATEGORY_MASK_L))
            return SPLIT_WORD;
        if (cp < 0x80 ? ascii_digit((int)cp) : split_is(cp, UC_CATEGORY_MASK_N))
            kind = SPLIT_NUMBER;
        at += len;
    }
    return kind;
}

/* The run of signs at s->at, which is none when it is not one. */
static struct span split_signs(struct split *s)
{
    size_t start = s->at;
    uint32_t cp = 0;
    if ((unsigned char)s->text.p[start] < 0x80)
        return span_sub(s->text, start, start);
    unsigned len = split_decode(s->text, start, &cp);
    while (split_is_sign(cp) || (s->at > start && split_is(cp, UC_CATEGORY_MASK_M))) {
        s->at += len;
        if (s->at == s->text.n)
            break;
        len = split_decode(s->text, s->at, &cp);
    }
    return span_sub(s->text, start, s->at);
}

enum split_kind split_next(struct split *s, struct span *piece)
{
    for (;;) {
        while (s->at < s->to) {
            *piece = split_segment(s);
            enum split_kind kind = split_kind_of(*piece);
            if (kind != SPLIT_END)
                return kind;
        }
        while (s->at < s->text.n && split_blank(s->text.p[s->at]))
            s->at++;
        if (s->at == s->text.n)
            return SPLIT_END;
        *piece = split_signs(s);
        if (piece->n > 0)
            return SPLIT_SIGNS;
        split_stretch(s);
    }
}

struct span split_sign(struct span *rest)
{
    uint32_t cp = 0;
    size_t end = split_decode(*rest, 0, &cp);
    while (end < rest->n) {
        unsigned len = split_decode(*rest, end, &cp);
        if (!split_is(cp, UC_CATEGORY_MASK_M))
            break;
        end += len;
    }
    struct span sign = span_sub(*rest, 0, end);
    *rest = span_sub(*rest, end, rest->n);
    return sign;
}
