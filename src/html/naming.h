/*
 * naming: the words by which a page's author named an element: id, class and their like.
 *
 * Names are compared by whole words: "share-bar", "shareBar" and "share_bar" hold the word "share",
 * "shared-history" does not.
 */
#ifndef HTML_NAMING_H
#define HTML_NAMING_H

#include <gumbo.h>

#include "core/span.h"

/* Longest name that is looked at, and bytes of one attribute: hostile ones are megabytes long. */
#define NAMING_LENGTH_MAX    120
#define NAMING_ATTRIBUTE_MAX 600

/* A walk over the names of an element. */
struct naming {
    const GumboNode *node; /* borrowed */
    size_t attribute;      /* which one comes next */
    struct span rest;      /* of the attribute that is read */
    bool id;               /* is the current name an id? */
    /* The current name: words of small letters, each with '-' before and behind it: "-share-bar-".
     * They are parted where the name has '-', '_' or another sign, a capital after a small letter
     * (camelCase), or a digit after a letter. */
    char words[NAMING_LENGTH_MAX * 2 + 3];
    uint32_t initials; /* bit i: a word begins with the i-th letter; most phrases fail here */
};

/* Start a walk; for a custom element its tag is the first name. */
void naming_begin(struct naming *n, const GumboNode *node);

/* Go to the next name; false behind the last one. */
bool naming_next(struct naming *n);

/* Does the current name hold the phrase, whole words with '-' between them ("read-next")? */
bool naming_has(const struct naming *n, const char *phrase);
bool naming_has_any(const struct naming *n, const char *const *phrases, size_t count);

/* Is the current name the phrase and nothing else? */
bool naming_is(const struct naming *n, const char *phrase);
bool naming_is_any(const struct naming *n, const char *const *phrases, size_t count);

/* Does it hold the phrase and otherwise nothing but fillers, serial numbers and words of up to
 * three letters, which are mostly some maker's mark ("td-share-bar")? */
bool naming_is_about(const struct naming *n, const char *phrase, const char *const *fillers,
                     size_t count);

/* Does the current name say that the element holds the text of an article? */
bool naming_is_body(const struct naming *n);

#endif
