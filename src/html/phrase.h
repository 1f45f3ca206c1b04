/*
 * phrase: what stands in front of a neighbour's title in a link to it: "Previous article:", an
 * arrow.
 */
#ifndef HTML_PHRASE_H
#define HTML_PHRASE_H

#include "core/span.h"

/* Stands in a text where one element ends and another one begins. */
#define PHRASE_EDGE '\x1f'

enum phrase_way { PHRASE_NONE, PHRASE_PREVIOUS, PHRASE_NEXT };

/*
 * The title without such phrases, arrows and colons around it; empty when nothing else is there.
 * A lone "Next" is a phrase only where an edge, a colon, an arrow or the end follows.
 *
 * text    clean text in which edges are marked
 * way     gets which way the first whole phrase ("Next article") leads, else PHRASE_NONE
 */
struct span phrase_strip(struct span text, enum phrase_way *way);

/* Does the title tell nothing: only a number, a page's number, the name of a list? */
bool phrase_is_furniture(struct span title);

#endif
