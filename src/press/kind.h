/*
 * kind: is a file an article, and of which format?
 */
#ifndef PRESS_KIND_H
#define PRESS_KIND_H

#include "import/format.h"
#include "press/mediatype.h"

/*
 * Are the bytes of a source text?  Those that do not look it are asked of libmagic.
 *
 * shown   how messages name it
 * Returns ST_OK, or ST_FORMAT with a message that says what it is instead.
 */
enum status kind_check(struct mediatype *m, const char *shown, struct span bytes,
                       struct error *e) MUST_USE;

/*
 * Find the format of a source that is text: by the suffix of its name, else by what libmagic finds
 * in it, else by what it looks like.
 */
enum article_format kind_find(struct mediatype *m, struct span path, struct span bytes);

#endif
