/*
 * clock: time as the server needs it, and calendar dates as articles carry them.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdint.h>

#include "core/span.h"

/* Milliseconds of a clock that only goes forward (CLOCK_MONOTONIC). */
uint64_t clock_ms(void);

/* Nanoseconds since 1970 (CLOCK_REALTIME), as files carry them. */
int64_t clock_ns(void);

/*
 * How long to wait after so many failures in a row: `first`, doubled for each, at most `most`.
 */
uint64_t clock_backoff(unsigned failures, uint64_t first, uint64_t most);

/* Bytes of "2026-11-22T14:26:14Z" and its NUL. */
#define CLOCK_STAMP 21

/* The time now in UTC, as RFC 3339 writes it, into out. */
void clock_stamp(char out[CLOCK_STAMP]);

/*
 * Is s a date of the Gregorian calendar, "YYYY-MM-DD" and nothing behind it?
 * Source: RFC 3339 section 5.6, full-date.
 */
bool clock_is_date(struct span s);

#endif
