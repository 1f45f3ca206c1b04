/*
 * survey: what the elements of a page hold, furniture left out, and how much each looks like the
 * main text.
 */
#ifndef HTML_SURVEY_H
#define HTML_SURVEY_H

#include <gumbo.h>
#include <stdint.h>

#include "core/error.h"

/* What an element is known to be. */
enum {
    SURVEY_ITEMPROP = 1 << 0, /* itemprop=articleBody */
    SURVEY_NAMED = 1 << 1,    /* named as the body of an article */
    SURVEY_ARTICLE = 1 << 2,
    SURVEY_MAIN = 1 << 3,
    SURVEY_TITLED = 1 << 4, /* has an h1 in it */
};

/* An element that is no part of a line. */
struct spot {
    const GumboNode *node; /* borrowed */
    uint32_t parent;       /* index of the spot around it; its own for the first */
    uint32_t text, linked; /* weights, with those of the spots in it */
    float points;          /* for the paragraphs that stand in it */
    float score;           /* of it as the main text: the points around, less what is links */
    unsigned char flags;
    unsigned char above; /* flags of all spots around it */
};

struct survey {
    struct spot *spots; /* owned; in document order, so that a parent stands before its children */
    size_t count;
    size_t body; /* index of the body; 0 when there is none */
};

/*
 * Survey the page below root, whose spot is the first.  A paragraph of some length gives points to
 * what it stands in, and shares of them to what is around that.  Linear, but that nobody is looked
 * at who is too far up to matter.
 *
 * Returns ST_OK, or ST_NOMEM with nothing to be freed.
 */
enum status survey_take(const GumboNode *root, struct survey *s) MUST_USE;
void survey_fini(struct survey *s);

/* Weight of text that is no link. */
size_t survey_prose(const struct spot *spot);

/* Is the text of a spot a part of a text, not something that holds texts: p, li, blockquote ...? */
bool survey_is_part(const struct spot *spot);

/* Is it text that earns nothing: a title, or what stands below a picture? */
bool survey_is_heading(const GumboNode *node);

#endif
