/*
 * picture: images, films and other things that a page shows but gemtext links to.
 */
#ifndef HTML_PICTURE_H
#define HTML_PICTURE_H

#include <gumbo.h>

#include "article/flow.h"

/*
 * An image, as a link line: its src, or what stands for it until a script runs (data-src, srcset).
 *
 * caption   gets the figcaption that says no more than the link does, or NULL
 * Decorative images (an empty alt text) and those smaller than a letter are left out.
 */
void picture_read(const GumboNode *img, struct flow *f, struct buf *work,
                  const GumboNode **caption);

/* A video, audio or iframe, as a link line; on a foreign page an iframe must have a title. */
void picture_read_media(const GumboNode *node, bool page, struct flow *f);

/* The figcaption of the figure that a node stands in; NULL when there is none. */
const GumboNode *picture_caption(const GumboNode *node);

#endif
