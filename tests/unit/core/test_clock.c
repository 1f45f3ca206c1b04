#include "core/clock.h"

#include <time.h>

#include "../support.h"

struct date_row {
    const char *name, *s;
    bool expected;
};

static const struct date_row date_rows[] = {
    {"a plain day", "2026-11-22", true},
    {"the first day", "0000-01-01", true},
    {"the last day", "9999-12-31", true},
    {"29 February of a leap year", "2024-02-29", true},
    {"29 February of another year", "2026-02-29", false},
    {"29 February of a century", "1900-02-29", false},
    {"29 February of a fourth century", "2000-02-29", true},
    {"30 February", "2024-02-30", false},
    {"31 January", "2026-01-31", true},
    {"32 January", "2026-01-32", false},
    {"31 April", "2026-04-31", false},
    {"31 December", "2026-12-31", true},
    {"month 0", "2026-00-10", false},
    {"month 13", "2026-13-10", false},
    {"day 0", "2026-01-00", false},
    {"a time behind the date", "2026-11-22T10:00:00Z", false},
    {"a blank behind the date", "2026-11-22 ", false},
    {"a blank before the date", " 2026-11-2", false},
    {"slashes", "2026/11/22", false},
    {"no leading zero", "2026-1-2", false},
    {"a short year", "26-11-2202", false},
    {"letters", "yyyy-mm-dd", false},
    {"a sign in the year", "-026-11-22", false},
    {"a sign in the day", "2026-11-+2", false},
    {"digits of another script", "202\xd9\xa6-11-22", false},
    {"nothing", "", false},
};

static void dates_are_told_from_other_text(void **state)
{
    const struct date_row *row = *state;
    assert_int_equal(clock_is_date(span_of(row->s)), row->expected);
}

static void an_absent_span_is_no_date(void **state)
{
    (void)state;
    assert_false(clock_is_date((struct span){NULL, 0}));
}

static void every_month_has_its_days(void **state)
{
    (void)state;
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 1; month <= 12; month++) {
        for (int day = 0; day <= 40; day++) {
            char text[32];
            snprintf(text, sizeof text, "2025-%02d-%02d", month, day);
            assert_int_equal(clock_is_date(span_of(text)), day >= 1 && day <= days[month - 1]);
        }
    }
}

static void milliseconds_go_forward(void **state)
{
    (void)state;
    uint64_t before = clock_ms();
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    uint64_t passed = clock_ms() - before;
    assert_in_range(passed, 19, 10000);
}

static void the_stamp_is_now_in_utc(void **state)
{
    (void)state;
    char stamp[CLOCK_STAMP];
    time_t before = time(NULL);
    setenv("TZ", "Asia/Kathmandu", 1);
    tzset();
    clock_stamp(stamp);
    struct tm tm = {0};
    const char *end = strptime(stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
    assert_int_equal(strlen(stamp), CLOCK_STAMP - 1);
    assert_non_null(end);
    assert_int_equal(*end, '\0');
    assert_in_range(timegm(&tm), before, time(NULL));
}

static void waits_double_up_to_the_most(void **state)
{
    (void)state;
    assert_int_equal(clock_backoff(0, 50, 10000), 50);
    assert_int_equal(clock_backoff(1, 50, 10000), 100);
    assert_int_equal(clock_backoff(7, 50, 10000), 6400);
    assert_int_equal(clock_backoff(8, 50, 10000), 10000);
    assert_int_equal(clock_backoff(4000000000U, 50, 10000), 10000);
}

int main(void)
{
    static struct suite s;
    SUITE_ROWS(&s, dates_are_told_from_other_text, date_rows);
    SUITE_TEST(&s, an_absent_span_is_no_date);
    SUITE_TEST(&s, every_month_has_its_days);
    SUITE_TEST(&s, milliseconds_go_forward);
    SUITE_TEST(&s, the_stamp_is_now_in_utc);
    SUITE_TEST(&s, waits_double_up_to_the_most);
    return suite_run(&s, "core/clock");
}
