#include "protocol/gemini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_header(enum gemini_status status, struct span meta, const char *expected)
{
    struct buf out;
    buf_init(&out, 4096);
    gemini_header(&out, status, meta);
    assert_string_equal(buf_str(&out), expected);
    buf_fini(&out);
}

static void writes_a_header(void **state)
{
    (void)state;
    assert_header(GEMINI_SUCCESS, SPAN("text/gemini; lang=en"), "20 text/gemini; lang=en\r\n");
    assert_header(GEMINI_SLOW_DOWN, SPAN("5"), "44 5\r\n");
    assert_header(GEMINI_INPUT, SPAN("Gr\xc3\xbc\xc3\x9f dich"), "10 Gr\xc3\xbc\xc3\x9f dich\r\n");
}

static void lets_no_meta_out_of_its_line(void **state)
{
    (void)state;
    assert_header(GEMINI_PERMANENT_REDIRECT, SPAN("/a\r\n20 x"), "31 /a??20 x\r\n");
    assert_header(GEMINI_NOT_FOUND,
                  SPAN("a\0b\x7f\xc2\x85"
                       "c\xff"),
                  "51 a?b??c?\r\n");
}

static void cuts_a_long_meta_at_a_character(void **state)
{
    (void)state;
    char meta[2048];
    struct buf out;
    memset(meta, 'x', sizeof meta);
    memcpy(meta + 1023, "\xc3\xa4", 2);
    buf_init(&out, 4096);
    gemini_header(&out, GEMINI_BAD_REQUEST, (struct span){meta, sizeof meta});
    assert_int_equal(out.n, 3 + 1023 + 2);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_header),
        cmocka_unit_test(lets_no_meta_out_of_its_line),
        cmocka_unit_test(cuts_a_long_meta_at_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
