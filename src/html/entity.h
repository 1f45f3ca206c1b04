/*
 * entity: character references ("&eacute;") where no parser has decoded them.
 */
#ifndef HTML_ENTITY_H
#define HTML_ENTITY_H

#include "core/buf.h"

/* Append text with its character references decoded; what is none stays as it is.
 * Source: HTML Standard 13.5 (by gumbo). */
void entity_decode(struct span text, struct buf *out);

#endif
