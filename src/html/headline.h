/*
 * headline: the title of a piece out of the title of its page.
 */
#ifndef HTML_HEADLINE_H
#define HTML_HEADLINE_H

#include "core/span.h"

/*
 * The part of a page's title that is not the name of the site: "Pier opens | Coast Daily".
 *
 * title     one line of clean text
 * site      the site's name, absent when the page does not tell it
 * heading   the page's heading, absent when there is none
 * Signs that stand for nothing else ("|", "::", a middle dot, "«") part the two by themselves; a
 * dash only when what is behind it is the site or what is in front of it the heading.
 */
struct span headline_of(struct span title, struct span site, struct span heading);

/* The same, but only a site whose name is known goes. */
struct span headline_without(struct span title, struct span site);

/* Is the heading what the page's title is about: part of it, or holding its first part? */
bool headline_shares(struct span title, struct span heading);

#endif
