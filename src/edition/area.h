/*
 * area: which addresses lie in an area of a capsule, a part that only clients with a certificate
 * may see: the server asks there, and press leaves them out of what it lists for everybody.
 */
#ifndef EDITION_AREA_H
#define EDITION_AREA_H

#include "core/buf.h"

/*
 * Append the canonical form of an area's prefix: a canonical path (url_canonical_path) without a
 * slash at its end; nothing for all of the capsule.
 *
 * prefix   path of a folder or a page, as in a URL
 * Returns ST_OK, or ST_SYNTAX when it is no path of a URL; whether `out` had room is its status.
 * Source: RFC 3986 section 3.3.
 */
enum status area_canonical(const char *prefix, struct buf *out, struct error *e) MUST_USE;

/*
 * Is the path that of the area or below it?  The area of an article, "/x.gmi", also has its summary
 * page, "/x-summary.gmi", and that of an index, "/x/index.gmi", the address of its folder, "/x/",
 * where the same page is.
 *
 * prefix, path   canonical, as of area_canonical and url_canonical_path
 */
bool area_covers(struct span prefix, struct span path);

#endif
