/*
 * link: what may stand behind the arrow of a link line.
 */
#ifndef ARTICLE_LINK_H
#define ARTICLE_LINK_H

#include "core/buf.h"

/* Longest URL that is taken; a longer one stays text. */
#define LINK_URL_MAX 4096

/* What becomes of a reference that does not say where it leads by itself. */
enum link_relative {
    LINK_RELATIVE_DROP, /* it would point into the capsule by accident: a saved web page */
    LINK_RELATIVE_KEEP, /* it points at a sibling: an author's own Markdown */
};

/*
 * Append the URL of a link line.
 *
 * href      as the source writes it: any bytes
 * base      absolute URL that it is relative to; absent when that is not known, and taken for that
 *           when it names no host or is no link by the rules below
 * relative  what happens without a base.  A kept reference to an article's source (.md, .markdown)
 *           leads to its page (.gmi), and loses its fragment, which no page has
 * Blanks and control bytes at the ends go, and tabs and line ends inside; what may not stand in a
 * URI is escaped, and a '%' that begins no escape.  The rest of an absolute URL stays as it was
 * written, but that its scheme is lower case.  "//host/path" has the scheme of base, else https.
 * Schemes are http, https, gemini, gopher, spartan and finger, which need a host, mailto and tel.
 * Returns false, and appends nothing, when this is no link: another scheme, a fragment alone, a
 * relative reference without a base, longer than LINK_URL_MAX, or no URI at all.
 * Source: RFC 3986 section 5.2.
 */
bool link_resolve(struct span href, struct span base, enum link_relative relative, struct buf *out);

/*
 * Append a gemtext link's URL, kept as it is but for what may not stand in a URI; any scheme but
 * those that run or carry something (javascript, vbscript, data, file).  Returns false otherwise.
 */
bool link_keep(struct span href, struct buf *out);

/*
 * Where the URL at the start of running text ends: the length of "https://..." without the
 * punctuation and the closing bracket behind it; 0 when there is none, or none that link_resolve
 * takes.  Schemes as above, but mailto and tel, which need no recognising.  A sign of a script
 * written without spaces ends a URL; a letter of another one may be part of it.
 *
 * text    valid UTF-8; no more of it is read than LINK_URL_MAX
 */
size_t link_in_text(struct span text);

/*
 * What to call a link without a label: the name of its file (of mailto and tel, what is behind the
 * colon), else its host, else the URL; borrowed from url, so escapes stay.
 */
struct span link_name(struct span url);

#endif
