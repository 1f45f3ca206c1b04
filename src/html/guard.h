/*
 * guard: what is asked of a page before the parser sees it.  gumbo frees its tree by recursion, and
 * a hostile page can make it copy open elements again and again: both are bounded by counting tags
 * first.
 */
#ifndef HTML_GUARD_H
#define HTML_GUARD_H

#include "core/error.h"
#include "core/span.h"

/* Elements that may be open at once; what ends by itself (p, td ...) does not count, so that the
 * tree may be five times as deep. */
#define GUARD_OPEN_MAX 256
/* Attributes of one tag, and of html and body, which get those of every such tag. */
#define GUARD_ATTRIBUTES_MAX 256
/* Nodes and attributes that the tree of a page of so many bytes may get, counting the formatting
 * elements that the parser opens again for every block that follows them.  gumbo takes up to 200
 * bytes for each: a small page may have what it likes, a large one a node for every five bytes,
 * where prose has one for every ten or more. */
#define GUARD_NODES_MAX(size) ((size_t)50000 + (size) / 5)

/*
 * May the parser see this?
 *
 * Returns ST_OK, or ST_LIMIT with a message that tells which limit, and the line.
 * Linear in the size, never allocates.
 * Source: HTML Standard, 13.2.5 (tokenization), 13.2.4.3 (list of active formatting elements).
 */
enum status guard_check(struct span html, struct error *e) MUST_USE;

#endif
