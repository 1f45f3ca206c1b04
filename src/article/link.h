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
 * base      absolute URL that it is relative to; absent when that is not known
 * relative  what happens without a base.  A kept reference to an article's source (.md, .markdown)
 *           leads to its page (.gmi)
 * Blanks at the ends and line ends inside go; what may not stand in a URI is escaped.  Schemes are
 * http, https, gemini, gopher, spartan, finger, mailto and tel.
 * Returns false, and appends nothing, when this is no link: another scheme, a fragment alone, a
 * relative reference without a base, or no URI at all.
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
 * punctuation and the closing bracket behind it; 0 when there is none.  Schemes as above, but
 * mailto and tel, which need no recognising.
 */
size_t link_in_text(struct span text);

/* What to call a link without a label: the name of its file, else its host, else the URL. */
struct span link_name(struct span url);

#endif
