#include "article/script.h"

#include "../support.h"

#define CAP ((size_t)4096)

struct script_case {
    const char *name, *text, *before, *below, *above;
};

static const struct script_case script_cases[] = {
    {"digits", "0123456789", "x", "₀₁₂₃₄₅₆₇₈₉", "⁰¹²³⁴⁵⁶⁷⁸⁹"},
    {"signs", "+-=()", "x", "₊₋₌₍₎", "⁺⁻⁼⁽⁾"},
    {"a letter that both have", "n", "x", "ₙ", "ⁿ"},
    {"a letter that only one has", "a", "x", "ₐ", "^a"},
    {"a letter that none has", "q", "x", "_q", "^q"},
    {"letters that one has", "max", "x", "ₘₐₓ", "max"},
    {"all letters below", "aehijklmnoprstuvx", "x", "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "aehijklmnoprstuvx"},
    {"an ordinal", "st", "1", "ₛₜ", "st"},
    {"an ordinal of one letter", "e", "2", "ₑ", "e"},
    {"a power of one letter", "k", "x", "ₖ", "^k"},
    {"an abbreviation", "me", "M", "ₘₑ", "me"},
    {"an abbreviation with a dot", "r.", "D", "_(r.)", "r."},
    {"an ordinal in Spanish", "er", "1", "ₑᵣ", "er"},
    {"a trade mark", "TM", "x", "_(TM)", "TM"},
    {"letters and digits", "2q", "x", "_(2q)", "^(2q)"},
    {"a negative power", "-3", "10", "₋₃", "⁻³"},
    {"a note", "[1]", "x", "_([1])", "¹"},
    {"a bracket alone", "[", "x", "_[", "^["},
    {"words", "see below", "x", "_(see below)", "see below"},
    {"a sign of two bytes", "é", "x", "_é", "^é"},
    {"signs of more bytes", "éa", "x", "_(éa)", "éa"},
    {"a digit of another script", "٣", "x", "_٣", "^٣"},
    {"at the beginning", "2", "", "₂", "²"},
    {"a letter at the beginning", "q", "", "_q", "^q"},
    {"nothing", "", "x", "", ""},
};

static void writes(void **state)
{
    const struct script_case *c = *state;
    struct buf out;
    buf_init(&out, CAP);
    script_sub(span_of(c->text), &out);
    assert_string_equal(buf_str(&out), c->below);
    buf_clear(&out);
    script_super(span_of(c->text), span_of(c->before), &out);
    assert_string_equal(buf_str(&out), c->above);
    buf_fini(&out);
}

static void takes_bytes_that_are_no_text(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, CAP);
    script_super(SPAN("\xff\xff"), SPAN("x"), &out);
    script_sub(SPAN("\x80"), &out);
    assert_int_equal(buf_status(&out), ST_OK);
    buf_fini(&out);
}

int main(void)
{
    struct suite suite = {0};
    SUITE_ROWS(&suite, writes, script_cases);
    SUITE_TEST(&suite, takes_bytes_that_are_no_text);
    return suite_run(&suite, "script");
}
