#include "prose/sentence.h"

#include <unictype.h>

#include "core/utf8.h"
#include "prose/fold.h"
#include "prose/full_stop.h"
#include "prose/sign.h"
#include "prose/words.h"

/*
 * How far the end of brackets or quotes is looked for, in bytes: what is longer, or never closed,
 * holds no sentence together.  Bounds also what is read twice.
 */
#define SENTENCE_HELD_MAX 400
/* Longest footnote mark in brackets, in bytes: "[123]". */
#define SENTENCE_NOTE_MAX 5

/* Names that end in a mark, folded and without it. */
static const char *const sentence_names[] = {"jeopardy", "joomla", "yahoo", "yum"};

/* A run of end marks, and what belongs to the sentence behind it. */
struct sentence_mark {
    size_t start, end; /* of the run */
    size_t after;      /* behind closing signs and footnote marks, too */
    uint32_t sign;     /* the first of the run */
    bool full;         /* ends a sentence without a blank behind it */
    bool lone;         /* the run is one sign */
    bool quoted;       /* closing quotation marks behind it */
    bool led;          /* a colon before what they close */
    bool inside;       /* closing brackets behind it that opened within the sentence */
};

/* What is open where the text is read: brackets, or quotes of scripts without blanks. */
struct sentence_open {
    size_t since; /* where the outermost opened */
    unsigned depth;
    size_t candidate; /* first end of a sentence found inside, 0 for none */
};

/* A sentence as far as it is read. */
struct sentence_held {
    struct sentence_open brackets, quotes;
};

static uint32_t sentence_sign(struct span s, size_t at)
{
    uint32_t cp = 0;
    utf8_decode(span_sub(s, at, s.n), &cp);
    return cp;
}

/* Offset behind the run of code points at `at` for which `is` holds. */
static size_t sentence_skip(struct span s, size_t at, bool (*is)(uint32_t))
{
    uint32_t cp = 0;
    unsigned len;
    while ((len = utf8_decode(span_sub(s, at, s.n), &cp)) > 0 && is(cp))
        at += len;
    return at;
}

static void sentence_open_at(struct sentence_open *open, size_t at)
{
    if (open->depth++ == 0)
        open->since = at;
}

static void sentence_shut(struct sentence_open *open)
{
    if (open->depth > 0)
        open->depth--;
    if (open->depth == 0)
        open->candidate = 0;
}

/* Brackets around a whole sentence are its own, and do not hold others together. */
static void sentence_note_sign(struct sentence_held *held, size_t at, uint32_t cp)
{
    if (sign_opens_bracket(cp) && at > 0)
        sentence_open_at(&held->brackets, at);
    else if (sign_closes_bracket(cp))
        sentence_shut(&held->brackets);
    else if (sign_opens_quote(cp))
        sentence_open_at(&held->quotes, at);
    else if (sign_closes_quote(cp))
        sentence_shut(&held->quotes);
}

/* Length of a footnote mark at `at`, 0 for none: ¹ or [1] or [a]. */
static size_t sentence_note(struct span s, size_t at)
{
    uint32_t cp = sentence_sign(s, at);
    if (cp == 0xb9 || cp == 0xb2 || cp == 0xb3)
        return 2;
    if (cp == 0x2070 || (cp >= 0x2074 && cp <= 0x2079))
        return 3;
    if (cp != '[')
        return 0;
    size_t end = span_find(span_sub(s, at, at + SENTENCE_NOTE_MAX), 0, ']');
    if (at + end >= s.n || s.p[at + end] != ']' || end < 2)
        return 0;
    for (size_t i = at + 1; i < at + end; i++) {
        if (!ascii_digit(s.p[i]) && !(end == 2 && ascii_alpha(s.p[i])))
            return 0;
    }
    return end + 1;
}

/*
 * Length of blanks and a closing » at `at`, as French writes it, else 0.  Where » opens, a word
 * follows it at once.
 */
static size_t sentence_distant_quote(struct span s, size_t at)
{
    size_t quote = sentence_skip(s, at, utf8_blank);
    uint32_t cp = sentence_sign(s, quote);
    if (quote == at || (cp != 0xbb && cp != 0x203a))
        return 0;
    size_t end = quote + (cp == 0xbb ? 2 : 3);
    uint32_t next = sentence_sign(s, end);
    bool word = uc_is_general_category(next, uc_general_category_or(UC_LETTER, UC_NUMBER));
    return end < s.n && (word || sign_is_opening(next)) ? 0 : end - at;
}

/* Does a colon lead what is quoted in, so that nothing of its sentence need follow it? */
static bool sentence_is_led(struct span s, const struct sentence_open *quotes)
{
    uint32_t cp = 0;
    utf8_before(s, quotes->since, &cp);
    return quotes->depth == 1 && (cp == ':' || cp == 0xff1a);
}

/* Skip what closes behind the marks. */
static void sentence_close(struct span s, struct sentence_mark *mark, struct sentence_held *held)
{
    size_t at = mark->end;
    for (;;) {
        uint32_t cp = 0;
        unsigned len = utf8_decode(span_sub(s, at, s.n), &cp);
        size_t more = sentence_note(s, at);
        if (more == 0 && len > 0 && sign_is_closing(cp)) {
            mark->quoted = mark->quoted || sign_is_quote(cp) || sign_closes_quote(cp);
            mark->inside = mark->inside || (sign_closes_bracket(cp) && held->brackets.depth > 0);
            mark->led = sign_closes_quote(cp) && sentence_is_led(s, &held->quotes);
            sentence_note_sign(held, at, cp);
            more = len;
        }
        if (more == 0) {
            more = sentence_distant_quote(s, at);
            mark->quoted = mark->quoted || more > 0;
        }
        if (more == 0)
            break;
        at += more;
    }
    mark->after = at;
}

/* Are the letters on both sides those of a script without blanks? */
static bool sentence_is_unspaced(struct span s, size_t start, size_t end)
{
    return words_end_unspaced(span_sub(s, 0, start)) && words_begin_unspaced(span_sub(s, end, s.n));
}

/* Read the run of marks at `at`; returns false when there is none. */
static bool sentence_read_mark(struct span s, size_t at, struct sentence_mark *mark,
                               struct sentence_held *held)
{
    uint32_t cp = 0;
    unsigned len = utf8_decode(span_sub(s, at, s.n), &cp);
    if (len == 0 || !sign_is_end(cp))
        return false;
    *mark = (struct sentence_mark){.start = at, .sign = cp};
    while ((len = utf8_decode(span_sub(s, at, s.n), &cp)) > 0 && sign_is_end(cp)) {
        mark->full = mark->full || sign_is_full_end(cp);
        at += len;
        mark->lone = mark->end == 0;
        mark->end = at;
    }
    sentence_close(s, mark, held);
    bool ascii = mark->sign == '!' || mark->sign == '?' || mark->sign == '.';
    if (!mark->full && ascii && (mark->lone || mark->sign != '.'))
        mark->full = sentence_is_unspaced(s, mark->start, mark->after);
    return true;
}

/*
 * Do the marks stand before something instead of behind it: at the start of a sentence or of what
 * is quoted ("...and"), or alone in brackets ("[…]", "(!)")?
 */
static bool sentence_leads(struct span s, const struct sentence_mark *mark)
{
    uint32_t cp = 0;
    uint32_t outer = 0;
    size_t at = utf8_before(s, mark->start, &cp);
    if (at == mark->start || uc_is_general_category(cp, UC_OPEN_PUNCTUATION))
        return true;
    if (!sign_is_quote(cp) || (mark->lone && mark->sign != 0x2026))
        return false; /* « Oui ». */
    return utf8_before(s, at, &outer) == at || utf8_blank(outer) || outer == '(';
}

/* Behind opening signs, dashes and blanks between them; *dash tells whether there were dashes. */
static size_t sentence_first_word(struct span s, size_t at, bool *dash)
{
    uint32_t cp = 0;
    unsigned len;
    *dash = false;
    while ((len = utf8_decode(span_sub(s, at, s.n), &cp)) > 0 &&
           (sign_is_opening(cp) || sign_is_dash(cp) || utf8_blank(cp))) {
        *dash = *dash || sign_is_dash(cp);
        at += len;
    }
    return at;
}

/* A small letter, except where a name is written so: "iPhone", "eBay". */
static bool sentence_is_small(struct span s, size_t at)
{
    uint32_t cp = 0;
    unsigned len = utf8_decode(span_sub(s, at, s.n), &cp);
    return len > 0 && uc_is_property_lowercase(cp) &&
           !uc_is_property_uppercase(sentence_sign(s, at + len));
}

/* Does the name of a company or a programme end in the mark: "Yahoo!"? */
static bool sentence_is_name(struct span s, size_t mark)
{
    char folded[FOLD_MAX];
    size_t start = mark;
    while (start > 0 && mark - start < FOLD_MAX && ascii_alpha(s.p[start - 1]))
        start--;
    struct span word = fold_word(span_sub(s, start, mark), folded);
    for (size_t i = 0; i < sizeof sentence_names / sizeof sentence_names[0]; i++) {
        if (span_eq(word, span_of(sentence_names[i])))
            return true;
    }
    return false;
}

/* A comma or the like, before which no sentence ends. */
static bool sentence_joins(uint32_t cp)
{
    return cp == ',' || cp == ';' || cp == ':' || cp == '/' || cp == 0x060c || cp == 0x061b ||
           cp == 0x3001 || cp == 0xff0c || cp == 0xff1a || cp == 0xff1b;
}

/*
 * May a sentence end where no blank follows?  In scripts that have none, what is quoted is part of
 * the sentence around it: 「雨だ。」と彼は言った。
 */
static bool sentence_ends_close(struct span s, const struct sentence_mark *mark)
{
    uint32_t cp = sentence_sign(s, mark->after);
    if (!mark->full || mark->inside)
        return false;
    if (mark->sign == 0xff0e && uc_is_general_category(cp, UC_NUMBER))
        return false; /* a decimal point */
    return !sentence_joins(cp) && !sign_is_dash(cp) &&
           (!mark->quoted || mark->led || sign_is_opening(cp));
}

static bool sentence_ends(const struct language *lang, struct span s,
                          const struct sentence_mark *mark)
{
    struct full_stop_next next = {0};
    size_t behind = sentence_skip(s, mark->after, utf8_blank);
    if (behind == s.n)
        return true;
    if (sentence_leads(s, mark))
        return false;
    if (behind == mark->after)
        return sentence_ends_close(s, mark);
    if (mark->inside && mark->sign != '.')
        return false; /* a title, an aside: 'the quiz (Who knows?) Monday' */
    uint32_t cp = sentence_sign(s, behind);
    if (sentence_joins(cp) || sign_closes_bracket(cp))
        return false;
    size_t word = sentence_first_word(s, behind, &next.dash);
    next.text = span_sub(s, word, s.n);
    if (sentence_is_small(s, word))
        return false;
    cp = sentence_sign(s, word);
    if (cp == '.' || cp == 0x2026) { /* ". . ." but ".NET" */
        uint32_t letter = sentence_sign(s, word + (cp == '.' ? 1 : 3));
        if (!uc_is_general_category(letter, UC_LETTER))
            return false;
    }
    if (mark->lone && mark->sign == '!' && sentence_is_name(s, mark->start))
        return full_stop_may_follow(lang, next.text);
    return !mark->lone || mark->sign != '.' || next.text.n == 0 ||
           full_stop_ends(lang, s, mark->start, next);
}

/*
 * Behind the bytes at `at`, up to `end`, that are neither marks nor open or close anything: of
 * ASCII all but a few, and U+0080 to U+057F: the first mark of another script is U+0589.
 */
static size_t sentence_skip_plain(struct span s, size_t at, size_t end)
{
    while (at < end) {
        char c = s.p[at];
        if ((unsigned char)c >= 0xd6 || c == '.' || c == '!' || c == '?' || c == '(' || c == ')' ||
            c == '[' || c == ']')
            break;
        at++;
    }
    return at;
}

/* The first end of a sentence that waits for something to be closed, 0 for none. */
static size_t sentence_candidate(const struct sentence_held *held)
{
    size_t a = held->brackets.candidate;
    size_t b = held->quotes.candidate;
    return a == 0 || (b > 0 && b < a) ? b : a;
}

/* Up to where the text may be read: what is open must be closed there. */
static size_t sentence_limit(struct span s, const struct sentence_held *held)
{
    size_t candidate = sentence_candidate(held);
    if (candidate == 0 || s.n - candidate <= SENTENCE_HELD_MAX)
        return s.n;
    return candidate + SENTENCE_HELD_MAX;
}

/* What must be closed before a sentence may end at `at`, or NULL. */
static struct sentence_open *sentence_holder(struct sentence_held *held, size_t at, bool full)
{
    struct sentence_open *open = held->brackets.depth > 0 ? &held->brackets : &held->quotes;
    bool holds = open->depth > 0 && (open == &held->brackets || full) &&
                 at - open->since <= SENTENCE_HELD_MAX;
    return holds ? open : NULL;
}

/*
 * Does the sentence end behind the mark, with nothing to hold it together?  If something does, only
 * the first end within counts; the others are not looked for, since they may be read again.
 */
static bool sentence_stops(const struct language *lang, struct span s,
                           const struct sentence_mark *mark, struct sentence_held *held)
{
    struct sentence_open *holder = sentence_holder(held, mark->after, mark->full);
    bool known = holder != NULL && holder->candidate > 0;
    if (mark->after == s.n || known || !sentence_ends(lang, s, mark))
        return false;
    if (holder != NULL)
        holder->candidate = mark->after;
    return holder == NULL;
}

/* Offset of the end of the first sentence of s, which has no blanks at its ends. */
static size_t sentence_end(const struct language *lang, struct span s)
{
    struct sentence_held held = {0};
    size_t at = 0;
    for (;;) {
        struct sentence_mark mark;
        size_t limit = sentence_limit(s, &held);
        at = sentence_skip_plain(s, at, limit);
        if (at >= limit) {
            at = s.n;
            break;
        }
        if (sentence_read_mark(s, at, &mark, &held)) {
            at = mark.after;
            if (sentence_stops(lang, s, &mark, &held))
                break;
        } else {
            uint32_t cp = 0;
            unsigned len = utf8_decode(span_sub(s, at, s.n), &cp);
            sentence_note_sign(&held, at, cp);
            at += len == 0 ? 1 : len;
        }
    }
    size_t candidate = sentence_candidate(&held);
    return candidate > 0 ? candidate : at;
}

bool sentence_next(const struct language *lang, struct span *rest, struct span *sentence)
{
    struct span s = utf8_trim(*rest);
    if (s.n == 0)
        return false;
    size_t end = sentence_end(lang, s);
    *sentence = span_sub(s, 0, end);
    *rest = span_sub(s, end, s.n);
    return true;
}
