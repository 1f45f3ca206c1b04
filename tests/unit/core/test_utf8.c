#include "core/utf8.h"

#include "../support.h"

struct decode_row {
    const char *name;
    struct span s;
    unsigned length; /* 0: not valid */
    uint32_t cp;
};

static const struct decode_row decode_rows[] = {
    {"NUL", BYTES("\0"), 1, 0},
    {"the last of one byte", BYTES("\x7f"), 1, 0x7f},
    {"the first of two bytes", BYTES("\xc2\x80"), 2, 0x80},
    {"the last of two bytes", BYTES("\xdf\xbf"), 2, 0x7ff},
    {"the first of three bytes", BYTES("\xe0\xa0\x80"), 3, 0x800},
    {"the last before the surrogates", BYTES("\xed\x9f\xbf"), 3, 0xd7ff},
    {"the first behind the surrogates", BYTES("\xee\x80\x80"), 3, 0xe000},
    {"the last of three bytes", BYTES("\xef\xbf\xbf"), 3, 0xffff},
    {"the first of four bytes", BYTES("\xf0\x90\x80\x80"), 4, 0x10000},
    {"the last of all", BYTES("\xf4\x8f\xbf\xbf"), 4, 0x10ffff},
    {"only the first is decoded", BYTES("\xc3\xa4\xff"), 2, 0xe4},
    {"nothing is not valid", BYTES(""), 0, 0},
    {"an absent span is not valid", {NULL, 0}, 0, 0},
    {"a continuation alone", BYTES("\x80"), 0, 0},
    {"a lead alone", BYTES("\xc3"), 0, 0},
    {"a lead before ASCII", BYTES("\303a"), 0, 0},
    {"three bytes cut short", BYTES("\xe2\x82"), 0, 0},
    {"four bytes cut short", BYTES("\xf0\x9f\x98"), 0, 0},
    {"NUL in two bytes", BYTES("\xc0\x80"), 0, 0},
    {"a slash in two bytes", BYTES("\xc0\xaf"), 0, 0},
    {"the last overlong of two bytes", BYTES("\xc1\xbf"), 0, 0},
    {"a slash in three bytes", BYTES("\xe0\x80\xaf"), 0, 0},
    {"the last overlong of three bytes", BYTES("\xe0\x9f\xbf"), 0, 0},
    {"the last overlong of four bytes", BYTES("\xf0\x8f\xbf\xbf"), 0, 0},
    {"the first surrogate", BYTES("\xed\xa0\x80"), 0, 0},
    {"the last surrogate", BYTES("\xed\xbf\xbf"), 0, 0},
    {"one over the last of all", BYTES("\xf4\x90\x80\x80"), 0, 0},
    {"a lead over F4", BYTES("\xf5\x80\x80\x80"), 0, 0},
    {"five bytes", BYTES("\xf8\x88\x80\x80\x80"), 0, 0},
    {"FE and FF", BYTES("\xfe\xff"), 0, 0},
    {"a bad third byte", BYTES("\xe2\x82\x28"), 0, 0},
};

static void code_points_are_decoded(void **state)
{
    const struct decode_row *row = *state;
    uint32_t cp = 0;
    assert_int_equal(utf8_decode(row->s, &cp), row->length);
    if (row->length > 0)
        assert_int_equal(cp, row->cp);
}

static void every_code_point_is_read_back_as_it_was_written(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 16);
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        uint32_t back = 0;
        if (cp == 0xd800)
            cp = 0xe000;
        buf_clear(&b);
        utf8_put(&b, cp);
        if (utf8_decode(buf_span(&b), &back) != b.n || back != cp)
            fail_msg("U+%04X", (unsigned)cp);
    }
    assert_status(buf_status(&b), ST_OK, NULL);
    buf_fini(&b);
}

struct text_row {
    const char *name;
    struct span s;
    size_t valid, length;
};

static const struct text_row text_rows[] = {
    {"ASCII text", BYTES("abc"), 3, 3},
    {"text of many lengths", BYTES("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), 10, 4},
    {"text with a NUL in it", BYTES("a\0b"), 3, 3},
    {"nothing", BYTES(""), 0, 0},
    {"text that goes bad", BYTES("ab\377cd"), 2, 5},
    {"text cut in a character", BYTES("ab\xe2\x82"), 2, 3},
};

static void text_is_measured(void **state)
{
    const struct text_row *row = *state;
    assert_int_equal(utf8_valid(row->s), row->valid);
    if (row->valid == row->s.n)
        assert_int_equal(utf8_length(row->s), row->length);
}

/* PropList.txt of Unicode 15, White_Space. */
static void blanks_are_those_of_unicode(void **state)
{
    (void)state;
    static const uint32_t blanks[] = {
        0x09,   0x0a,   0x0b,   0x0c,   0x0d,   0x20,   0x85,   0xa0,   0x1680,
        0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008,
        0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
    };
    size_t next = 0;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        bool expected = next < COUNT(blanks) && cp == blanks[next];
        next += expected;
        if (utf8_blank(cp) != expected)
            fail_msg("U+%04X", (unsigned)cp);
    }
}

struct broken_row {
    const char *name;
    struct span s;
    unsigned length;
};

/* Unicode Standard, table 3-8 to 3-11: what one U+FFFD stands for. */
static const struct broken_row broken_rows[] = {
    {"broken: nothing", BYTES(""), 0},
    {"broken: an absent span", {NULL, 0}, 0},
    {"broken: a continuation alone", BYTES("\x80\x80"), 1},
    {"broken: a lead at the end", BYTES("\xc3"), 1},
    {"broken: a lead before ASCII", BYTES("\303a"), 1},
    {"broken: a lead before a lead", BYTES("\xc3\xc3\xa4"), 1},
    {"broken: two of three bytes", BYTES("\xe2\x82"), 2},
    {"broken: two of three bytes before ASCII", BYTES("\xe2\x82 "), 2},
    {"broken: three of four bytes", BYTES("\xf0\x9f\x98"), 3},
    {"broken: three of four bytes before a lead", BYTES("\xf1\x80\x80\xe1"), 3},
    {"broken: two of four bytes", BYTES("\xf4\x8f(("), 2},
    {"broken: overlong", BYTES("\xc0\xaf"), 1},
    {"broken: overlong of three bytes", BYTES("\xe0\x80\xaf"), 1},
    {"broken: a surrogate", BYTES("\xed\xa0\x80"), 1},
    {"broken: over the last of all", BYTES("\xf4\x90\x80\x80"), 1},
    {"broken: FF", BYTES("\xff\x80"), 1},
};

static void broken_sequences_are_measured(void **state)
{
    const struct broken_row *row = *state;
    assert_int_equal(utf8_broken(row->s), row->length);
}

/* utf8_valid has ways of its own for what is frequent: they agree with utf8_decode everywhere. */
static void valid_is_what_can_be_decoded(void **state)
{
    (void)state;
    static const unsigned char seconds[] = {0, 'a', 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0};
    static const unsigned char others[] = {'a', 0x7f, 0x80, 0xbf, 0xc0};
    char text[5] = "";
    for (unsigned lead = 0; lead < 256 * COUNT(seconds); lead++) {
        for (size_t i = 0; i < COUNT(others) * COUNT(others) * 5; i++) {
            text[0] = (char)(lead % 256);
            text[1] = (char)seconds[lead / 256];
            text[2] = (char)others[i % COUNT(others)];
            text[3] = (char)others[i / COUNT(others) % COUNT(others)];
            struct span s = {text, i / COUNT(others) / COUNT(others)};
            size_t at = 0;
            uint32_t cp;
            unsigned len;
            while ((len = utf8_decode(span_sub(s, at, s.n), &cp)) > 0)
                at += len;
            if (utf8_valid(s) != at)
                fail_msg("%02x %02x", lead % 256, seconds[lead / 256]);
        }
    }
}

static void ascii_ends_at_the_first_other_byte(void **state)
{
    (void)state;
    char text[100];
    memset(text, 'a', sizeof text);
    struct span s = {text, sizeof text};
    assert_int_equal(utf8_ascii((struct span){NULL, 0}, 0), 0);
    assert_int_equal(utf8_ascii(s, 0), s.n);
    assert_int_equal(utf8_ascii(s, s.n), s.n);
    for (size_t at = 0; at < sizeof text; at++) {
        text[at] = '\x80';
        for (size_t from = 0; from <= sizeof text; from++)
            assert_int_equal(utf8_ascii(s, from), from <= at ? at : s.n);
        text[at] = '\x7f';
    }
}

struct trim_row {
    const char *name, *s, *expected;
};

static const struct trim_row trim_rows[] = {
    {"trim drops blanks of one byte", " \t\na b\r\n ", "a b"},
    {"trim drops a no-break space", "\302\240a\302\240", "a"},
    {"trim drops blanks of three bytes", "\343\200\200\342\200\250a\342\200\257", "a"},
    {"trim keeps letters at the ends", "\xc3\xa4\xe2\x82\xac", "\xc3\xa4\xe2\x82\xac"},
    {"trim keeps a zero width space", "\xe2\x80\x8b", "\xe2\x80\x8b"},
    {"trim of blanks alone is empty", " \xc2\xa0\xe3\x80\x80", ""},
    {"trim of nothing is empty", "", ""},
};

static void trim_drops(void **state)
{
    const struct trim_row *row = *state;
    assert_span_equal(utf8_trim(span_of(row->s)), span_of(row->expected));
}

static void the_code_point_before_is_found(void **state)
{
    (void)state;
    static const struct {
        struct span text;
        size_t at, from;
        uint32_t cp;
    } rows[] = {
        {BYTES("ab"), 2, 1, 'b'},
        {BYTES("ab"), 1, 0, 'a'},
        {BYTES("ab"), 0, 0, 0},
        {BYTES("a\xc3\xa9"), 3, 1, 0xe9},
        {BYTES("\xe2\x80\xa6."), 3, 0, 0x2026},
        {BYTES("\xf0\x9f\x94\x97"), 4, 0, 0x1f517},
        {BYTES("a\xc3\xa9"), 2, 1, 0},            /* ends inside */
        {BYTES("a\xa9"), 2, 0, 0},                /* never began */
        {BYTES("\xa9\xa9\xa9\xa9\xa9"), 5, 1, 0}, /* no more than four bytes are read */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t cp = 1;
        assert_int_equal(utf8_before(rows[i].text, rows[i].at, &cp), rows[i].from);
        assert_int_equal(cp, rows[i].cp);
    }
}

int main(void)
{
    static struct suite s;
    SUITE_ROWS(&s, code_points_are_decoded, decode_rows);
    SUITE_TEST(&s, every_code_point_is_read_back_as_it_was_written);
    SUITE_ROWS(&s, text_is_measured, text_rows);
    SUITE_ROWS(&s, broken_sequences_are_measured, broken_rows);
    SUITE_TEST(&s, valid_is_what_can_be_decoded);
    SUITE_TEST(&s, ascii_ends_at_the_first_other_byte);
    SUITE_TEST(&s, blanks_are_those_of_unicode);
    SUITE_TEST(&s, the_code_point_before_is_found);
    SUITE_ROWS(&s, trim_drops, trim_rows);
    return suite_run(&s, "core/utf8");
}
