#include "core/buf.h"

#include "../support.h"

static void puts_append(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    buf_put(&b, SPAN("span "));
    buf_puts(&b, "string ");
    buf_putc(&b, 'c');
    buf_putf(&b, " %d %s", 20, "text");
    assert_status(buf_status(&b), ST_OK, NULL);
    assert_span_equal(buf_span(&b), SPAN("span string c 20 text"));
    buf_fini(&b);
}

static void nothing_put_is_nothing(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    buf_put(&b, (struct span){NULL, 0});
    buf_puts(&b, "");
    buf_puts(&b, NULL);
    buf_putf(&b, "%s", "");
    assert_status(buf_status(&b), ST_OK, NULL);
    assert_int_equal(b.n, 0);
    assert_string_equal(buf_str(&b), "");
    buf_fini(&b);
}

static void bytes_are_kept_as_they_are(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    buf_put(&b, SPAN("a\0b"));
    buf_putc(&b, '\0');
    assert_span_equal(buf_span(&b), SPAN("a\0b\0"));
    buf_fini(&b);
}

static void it_grows_over_many_puts(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    for (size_t i = 0; i < 10000; i++)
        buf_puts(&b, "0123456789");
    assert_status(buf_status(&b), ST_OK, NULL);
    assert_int_equal(b.n, 100000);
    for (size_t i = 0; i < b.n; i++)
        assert_int_equal(b.p[i], '0' + (char)(i % 10));
    buf_fini(&b);
}

struct cap_row {
    const char *name;
    size_t cap;
    const char *first, *second;
    enum status expected;
    const char *kept;
};

static const struct cap_row cap_rows[] = {
    {"a put up to the cap fits", 6, "abc", "def", ST_OK, "abcdef"},
    {"a put over the cap is not begun", 5, "abc", "def", ST_LIMIT, "abc"},
    {"a cap of 0 takes nothing", 0, "a", "", ST_LIMIT, ""},
    {"a cap of 0 takes an empty put", 0, "", "", ST_OK, ""},
    {"a cap that is no power of two is reached", 7, "abc", "defg", ST_OK, "abcdefg"},
};

static void caps_hold(void **state)
{
    const struct cap_row *row = *state;
    struct buf b;
    buf_init(&b, row->cap);
    buf_puts(&b, row->first);
    buf_puts(&b, row->second);
    assert_status(buf_status(&b), row->expected, NULL);
    assert_span_equal(buf_span(&b), span_of(row->kept));
    buf_fini(&b);
}

static void large_caps_are_reached_to_the_byte(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1001);
    for (size_t i = 0; i < 1001; i++)
        buf_putc(&b, 'x');
    assert_status(buf_status(&b), ST_OK, NULL);
    assert_true(b.size <= 1002); /* a NUL always fits behind */
    buf_putc(&b, 'x');
    assert_status(buf_status(&b), ST_LIMIT, NULL);
    buf_fini(&b);
}

static void formatted_text_fits_up_to_the_cap(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 6);
    buf_putf(&b, "%s", "abcdef");
    assert_status(buf_status(&b), ST_OK, NULL);
    assert_span_equal(buf_span(&b), SPAN("abcdef"));
    buf_fini(&b);
}

static void a_string_may_be_had_of_a_full_buf(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 3);
    buf_puts(&b, "abc");
    assert_string_equal(buf_str(&b), "abc");
    assert_status(buf_status(&b), ST_OK, NULL);
    buf_fini(&b);
}

static void failure_is_sticky_until_cleared(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 5);
    buf_puts(&b, "abcdefgh");
    buf_puts(&b, "a");
    buf_putf(&b, "%d", 1);
    assert_null(buf_reserve(&b, 1));
    assert_status(buf_status(&b), ST_LIMIT, NULL);
    assert_int_equal(b.n, 0);
    assert_string_equal(buf_str(&b), "");
    buf_clear(&b);
    buf_puts(&b, "abc");
    assert_status(buf_status(&b), ST_OK, NULL);
    assert_span_equal(buf_span(&b), SPAN("abc"));
    buf_fini(&b);
}

static void cut_takes_bytes_from_the_end(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    buf_puts(&b, "abcdef");
    buf_cut(&b, 4);
    buf_putc(&b, '!');
    assert_span_equal(buf_span(&b), SPAN("abcd!"));
    buf_cut(&b, 9); /* over the length: nothing to cut */
    assert_span_equal(buf_span(&b), SPAN("abcd!"));
    buf_cut(&b, 0);
    assert_int_equal(b.n, 0);
    buf_fini(&b);
}

static void the_string_is_ended_and_can_go_on(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    buf_puts(&b, "abc");
    assert_string_equal(buf_str(&b), "abc");
    assert_int_equal(b.n, 3);
    buf_puts(&b, "def");
    assert_string_equal(buf_str(&b), "abcdef");
    buf_fini(&b);
}

static void reserved_room_is_used_as_far_as_it_was_written(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 600);
    char *room = buf_reserve(&b, 500);
    assert_non_null(room);
    memset(room, 'r', 500);
    b.n += 2;
    buf_puts(&b, "!");
    assert_span_equal(buf_span(&b), SPAN("rr!"));
    assert_null(buf_reserve(&b, 598));
    assert_status(buf_status(&b), ST_LIMIT, NULL);
    buf_fini(&b);
}

static void sizes_that_would_overflow_are_refused(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    buf_puts(&b, "abc");
    assert_null(buf_reserve(&b, SIZE_MAX));
    assert_status(buf_status(&b), ST_LIMIT, NULL);
    buf_fini(&b);
}

static void it_is_usable_again_after_fini(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4);
    buf_puts(&b, "abcde");
    buf_fini(&b);
    assert_null(b.p);
    buf_puts(&b, "abcd");
    assert_status(buf_status(&b), ST_OK, NULL);
    buf_putc(&b, 'e'); /* the cap is still there */
    assert_status(buf_status(&b), ST_LIMIT, NULL);
    buf_fini(&b);
}

static void a_wiped_buf_is_empty_and_usable(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    buf_wipe(&b);
    buf_puts(&b, "secret");
    buf_wipe(&b);
    assert_null(b.p);
    assert_int_equal(b.n, 0);
    buf_puts(&b, "another");
    assert_span_equal(buf_span(&b), SPAN("another"));
    buf_fini(&b);
}

int main(void)
{
    static struct suite s;
    SUITE_TEST(&s, puts_append);
    SUITE_TEST(&s, nothing_put_is_nothing);
    SUITE_TEST(&s, bytes_are_kept_as_they_are);
    SUITE_TEST(&s, it_grows_over_many_puts);
    SUITE_ROWS(&s, caps_hold, cap_rows);
    SUITE_TEST(&s, large_caps_are_reached_to_the_byte);
    SUITE_TEST(&s, formatted_text_fits_up_to_the_cap);
    SUITE_TEST(&s, a_string_may_be_had_of_a_full_buf);
    SUITE_TEST(&s, failure_is_sticky_until_cleared);
    SUITE_TEST(&s, cut_takes_bytes_from_the_end);
    SUITE_TEST(&s, the_string_is_ended_and_can_go_on);
    SUITE_TEST(&s, reserved_room_is_used_as_far_as_it_was_written);
    SUITE_TEST(&s, sizes_that_would_overflow_are_refused);
    SUITE_TEST(&s, it_is_usable_again_after_fini);
    SUITE_TEST(&s, a_wiped_buf_is_empty_and_usable);
    return suite_run(&s, "core/buf");
}
