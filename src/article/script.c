#include "article/script.h"

#include <unictype.h>

#include "core/utf8.h"

struct script_sign {
    const char *plain;
    const char *sub, *super; /* NULL where Unicode has none */
};

static const struct script_sign script_signs[] = {
    {"0", "₀", "⁰"},  {"1", "₁", "¹"},  {"2", "₂", "²"},  {"3", "₃", "³"},  {"4", "₄", "⁴"},
    {"5", "₅", "⁵"},  {"6", "₆", "⁶"},  {"7", "₇", "⁷"},  {"8", "₈", "⁸"},  {"9", "₉", "⁹"},
    {"+", "₊", "⁺"},  {"-", "₋", "⁻"},  {"−", "₋", "⁻"},  {"=", "₌", "⁼"},  {"(", "₍", "⁽"},
    {")", "₎", "⁾"},  {"n", "ₙ", "ⁿ"},  {"i", "ᵢ", "ⁱ"},  {"a", "ₐ", NULL}, {"e", "ₑ", NULL},
    {"o", "ₒ", NULL}, {"x", "ₓ", NULL}, {"h", "ₕ", NULL}, {"k", "ₖ", NULL}, {"l", "ₗ", NULL},
    {"m", "ₘ", NULL}, {"p", "ₚ", NULL}, {"s", "ₛ", NULL}, {"t", "ₜ", NULL}, {"j", "ⱼ", NULL},
    {"r", "ᵣ", NULL}, {"u", "ᵤ", NULL}, {"v", "ᵥ", NULL},
};

/* The row of the sign that text begins with; NULL when there is none. */
static const struct script_sign *script_find(struct span text)
{
    for (size_t i = 0; i < sizeof script_signs / sizeof script_signs[0]; i++) {
        if (span_starts(text, span_of(script_signs[i].plain)))
            return &script_signs[i];
    }
    return NULL;
}

/* Append text sign by sign; false, and nothing appended, when one of them has no such form. */
static bool script_put_signs(struct span text, bool super, struct buf *out)
{
    size_t start = out->n;
    while (text.n > 0) {
        const struct script_sign *sign = script_find(text);
        const char *form = sign == NULL ? NULL : super ? sign->super : sign->sub;
        if (form == NULL) {
            buf_cut(out, start);
            return false;
        }
        buf_puts(out, form);
        text = span_sub(text, span_of(sign->plain).n, text.n);
    }
    return true;
}

static void script_put(struct span text, bool super, struct buf *out)
{
    if (script_put_signs(text, super, out))
        return;
    bool brackets = utf8_length(text) > 1;
    buf_puts(out, super ? "^" : "_");
    buf_puts(out, brackets ? "(" : "");
    buf_put(out, text);
    buf_puts(out, brackets ? ")" : "");
}

static bool script_is_letters(struct span text)
{
    for (size_t at = 0; at < text.n;) {
        uint32_t cp = 0;
        unsigned len = utf8_decode(span_sub(text, at, text.n), &cp);
        if (len == 0 || (!uc_is_alpha(cp) && cp != '.'))
            return false;
        at += len;
    }
    return true;
}

void script_sub(struct span text, struct buf *out)
{
    script_put(text, false, out);
}

void script_super(struct span text, struct span before, struct buf *out)
{
    bool behind_digit = before.n > 0 && ascii_digit(before.p[before.n - 1]);
    bool spaced = span_find(text, 0, ' ') < text.n;
    bool plain = script_is_letters(text) && (behind_digit || utf8_length(text) > 1);
    /* A note's number needs no brackets where it is raised. */
    bool bracketed = text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']';
    if (bracketed && script_put_signs(span_sub(text, 1, text.n - 1), true, out))
        return;
    if (plain || bracketed || spaced)
        buf_put(out, text);
    else
        script_put(text, true, out);
}
