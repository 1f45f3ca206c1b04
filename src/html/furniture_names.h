/*
 * furniture_names: what the names of an element (id, class) say about its being page furniture.
 */
#ifndef HTML_FURNITURE_NAMES_H
#define HTML_FURNITURE_NAMES_H

#include <gumbo.h>
#include <stdbool.h>

/* What must be true of an element before its name is believed; the later, the less. */
enum furniture_grade {
    FURNITURE_NOT,    /* the name says nothing, or that it is text */
    FURNITURE_LINKS,  /* most of its text is links */
    FURNITURE_SHORT,  /* the same, or there is little text */
    FURNITURE_BOX,    /* it holds no prose */
    FURNITURE_BESIDE, /* there is other text on the page */
    FURNITURE_AFTER,  /* some text stands before it */
};

enum furniture_grade furniture_grade(const GumboNode *node);

/* Is it named as notes, sources or quotes: what looks like furniture, but belongs to the text? */
bool furniture_is_apparatus(const GumboNode *node);

/* Is it named as the header of the site? */
bool furniture_is_masthead(const GumboNode *node);

/* Is the cell the numbers of the lines of a program, which stands in the cell beside it? */
bool furniture_is_gutter(const GumboNode *cell);

#endif
