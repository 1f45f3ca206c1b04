/*
 * lang: the tag of a language.
 */
#ifndef PROSE_LANG_H
#define PROSE_LANG_H

#include "core/span.h"

/* Is s shaped like a BCP 47 language tag (RFC 5646: subtags of 1 to 8 letters and digits)? */
bool lang_is_tag(struct span s);

#endif
