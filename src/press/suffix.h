/*
 * suffix: what the end of a file's name says about what is in it.
 */
#ifndef PRESS_SUFFIX_H
#define PRESS_SUFFIX_H

#include <stddef.h>

struct suffix {
    const char *suffix; /* without the dot, lower case */
    const char *type;   /* media type, without parameters */
};

/*
 * The media type that goes with the suffix of a path, in any case; NULL when it has none, is hidden
 * or the suffix is not known.
 * Source: IANA, "Media Types".
 */
const char *suffix_type(const char *path);

/* The whole table, for tests: ordered, each suffix once. */
const struct suffix *suffix_table(size_t *count);

#endif
