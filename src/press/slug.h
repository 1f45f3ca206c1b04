/*
 * slug: addresses from names and titles.
 */
#ifndef PRESS_SLUG_H
#define PRESS_SLUG_H

#include "core/arena.h"
#include "core/buf.h"

/*
 * Append the slug of a title: its letters and digits in lower case, every run of anything else as
 * one '-', none at the ends; letters beyond ASCII stay.  A long title is cut at a word and gets a
 * hash of the whole behind it; a title without letters is "piece-" and its hash.
 *
 * Two titles with one slug are taken for the same title, so this is also how titles are compared.
 */
void slug_of_title(struct span title, struct buf *out);

/* Append "SLUG.gmi" or, with the tail "-summary", "SLUG-summary.gmi", escaped for a link. */
void slug_href(struct span slug, const char *tail, struct buf *out);

/* The same as a canonical path: "/SLUG.gmi". */
void slug_address(struct span slug, const char *tail, struct buf *out);

/* The link to a piece known by its title only: "SLUG.gmi" in the arena; absent on failure. */
struct span slug_href_of_title(struct span title, struct arena *arena);

#endif
