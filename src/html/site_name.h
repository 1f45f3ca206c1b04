/*
 * site_name: the title of an article without the name of the site behind it.
 */
#ifndef HTML_SITE_NAME_H
#define HTML_SITE_NAME_H

#include "core/span.h"

/*
 * Cut the site's name from a title: "Pier opens | Coast Daily" is "Pier opens".
 *
 * title     one clean line
 * site      the site's name, absent when not known
 * heading   the page's only heading of level 1, absent when there is none
 * guess     the title is of a title element: a part behind " | " or its like is a site's name even
 *           when nobody says so; behind a dash only when the heading is what stands before it
 * Returns a part of title, never nothing of it.
 */
struct span site_name_cut(struct span title, struct span site, struct span heading, bool guess);

#endif
