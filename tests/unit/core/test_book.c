#include "core/book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

static void finds_what_was_added(void **state)
{
    (void)state;
    struct book b;
    book_init(&b);
    assert_null(book_find(&b, SPAN("a")));
    for (size_t i = 0; i < 5000; i++) {
        char key[32];
        snprintf(key, sizeof key, "/key-%zu", i);
        assert_int_equal(book_add(&b, span_of(key), SPAN("owner"), i), ST_OK);
    }
    for (size_t i = 0; i < 5000; i++) {
        char key[32];
        snprintf(key, sizeof key, "/key-%zu", i);
        const struct book_entry *entry = book_find(&b, span_of(key));
        assert_non_null(entry);
        assert_int_equal(entry->value, i);
    }
    assert_null(book_find(&b, SPAN("/key-5000")));
    book_fini(&b);
}

static void keeps_the_first_owner(void **state)
{
    (void)state;
    struct book b;
    book_init(&b);
    assert_int_equal(book_add(&b, SPAN("/a"), SPAN("first"), 1), ST_OK);
    assert_int_equal(book_add(&b, SPAN("/a"), SPAN("second"), 2), ST_EXISTS);
    assert_int_equal(book_find(&b, SPAN("/a"))->value, 1);
    assert_int_equal(book_add(&b, SPAN(""), SPAN("empty"), 3), ST_OK);
    assert_int_equal(book_find(&b, SPAN(""))->value, 3);
    book_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_added),
        cmocka_unit_test(keeps_the_first_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
