/*
 * value: what a page says about itself, as one line of clean text.
 */
#ifndef HTML_VALUE_H
#define HTML_VALUE_H

#include "core/arena.h"

/* Longest value, in bytes: one line on a page, and a description. */
#define VALUE_MAX       1000
#define VALUE_PROSE_MAX 20000

/*
 * One line of clean text; absent when there is none, when it is longer than `most` bytes (a value
 * is never cut), or when there is no memory, which is sticky in the arena.
 *
 * raw    any bytes
 */
struct span value_line(struct span raw, size_t most, struct arena *arena);

/* The same for text that is HTML inside another format: entities are decoded, tags go. */
struct span value_markup(struct span raw, size_t most, struct arena *arena);

/*
 * The day, YYYY-MM-DD, that an ISO 8601 date or time begins with, as it is written there; absent
 * when it begins with none.
 */
struct span value_date(struct span raw, struct arena *arena);

/* A language tag, also from a locale ("en_GB.UTF-8"); absent when it is none. */
struct span value_lang(struct span raw, struct arena *arena);

#endif
