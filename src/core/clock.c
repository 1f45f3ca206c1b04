#include "core/clock.h"

#include <time.h>

uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

uint64_t clock_backoff(unsigned failures, uint64_t first, uint64_t most)
{
    uint64_t wait = first;
    for (unsigned i = 0; i < failures && wait < most; i++)
        wait *= 2;
    return wait < most ? wait : most;
}

void clock_stamp(char out[CLOCK_STAMP])
{
    time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc) == NULL || strftime(out, CLOCK_STAMP, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        out[0] = '\0';
}

static int clock_digits(struct span s, size_t from, size_t count)
{
    int value = 0;
    for (size_t i = from; i < from + count; i++) {
        if (!ascii_digit(s.p[i]))
            return -1;
        value = value * 10 + (s.p[i] - '0');
    }
    return value;
}

bool clock_is_date(struct span s)
{
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-')
        return false;
    int year = clock_digits(s, 0, 4);
    int month = clock_digits(s, 5, 2);
    int day = clock_digits(s, 8, 2);
    if (year < 0 || month < 1 || month > 12 || day < 1)
        return false;
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}
