#include "protocol/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct request_case {
    const char *in;
    enum request_state state;
    size_t line; /* bytes of it */
};

static const struct request_case request_cases[] = {
    {"", REQUEST_MORE, 0},
    {"gemini://h/", REQUEST_MORE, 0},
    {"gemini://h/\r", REQUEST_MORE, 0},
    {"gemini://h/\r\n", REQUEST_LINE, 11},
    {"\r\n", REQUEST_LINE, 0},
    {"gemini://h/\r\ngemini://h/2\r\n", REQUEST_LINE, 11},
    {"gemini://h/\r\n\n\n", REQUEST_LINE, 11},
    {"gemini://h/\n", REQUEST_BAD_END, 0},
    {"\n", REQUEST_BAD_END, 0},
    {"a\nb\r\n", REQUEST_BAD_END, 0},
    {"a\rb\r\n", REQUEST_BAD_END, 0},
    {"a\r\r\n", REQUEST_BAD_END, 0},
};

static void finds_the_line_or_says_why_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof request_cases / sizeof request_cases[0]; i++) {
        const struct request_case *c = &request_cases[i];
        struct span line = {NULL, 0};
        assert_int_equal(request_find(span_of(c->in), &line), c->state);
        if (c->state == REQUEST_LINE)
            assert_int_equal(line.n, c->line);
        if (c->state > REQUEST_LINE)
            assert_true(strlen(request_fault(c->state)) > 10);
    }
}

static void takes_1024_bytes_and_not_1025(void **state)
{
    (void)state;
    char in[REQUEST_MAX + 8];
    struct span line;
    memset(in, 'a', sizeof in);
    memcpy(in + 1024, "\r\n", 2);
    assert_int_equal(request_find((struct span){in, 1024}, &line), REQUEST_MORE);
    assert_int_equal(request_find((struct span){in, 1025}, &line), REQUEST_MORE);
    assert_int_equal(request_find((struct span){in, 1026}, &line), REQUEST_LINE);
    assert_int_equal(line.n, 1024);
    memset(in, 'a', sizeof in);
    memcpy(in + 1025, "\r\n", 2);
    /* No CRLF is waited for once it is too late for one. */
    assert_int_equal(request_find((struct span){in, 1024}, &line), REQUEST_MORE);
    assert_int_equal(request_find((struct span){in, 1025}, &line), REQUEST_TOO_LONG);
    assert_int_equal(request_find((struct span){in, 1026}, &line), REQUEST_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_line_or_says_why_not),
        cmocka_unit_test(takes_1024_bytes_and_not_1025),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
