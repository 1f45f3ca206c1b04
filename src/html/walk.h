/*
 * walk: reads a part of gumbo's tree into a flow, element by element.
 */
#ifndef HTML_WALK_H
#define HTML_WALK_H

#include <gumbo.h>

#include "article/flow.h"

/* Inline elements that one paragraph of another format may have open. */
#define WALK_OPEN_MAX 32

struct walk {
    struct flow *flow;         /* borrowed */
    bool page;                 /* a whole page: its furniture goes */
    bool cell;                 /* inside a cell of a data table: blocks are lines */
    const GumboNode *consumed; /* a caption that stands in a label already */
    struct buf text;           /* work space */
    GumboTag open[WALK_OPEN_MAX];
    size_t open_count; /* of walk_open_tag */
    size_t muted;      /* elements among them that are never shown */
};

/* Start; `page` tells whether navigation and the like go, or only what is never shown. */
void walk_init(struct walk *w, struct flow *f, bool page);
void walk_fini(struct walk *w);

/* Read everything below (and in) root. */
void walk_tree(struct walk *w, const GumboNode *root);

/* Read nothing but the links below root. */
void walk_links(struct walk *w, const GumboNode *root);

/* Enter and leave an inline element that another format holds as a tag of its own. */
void walk_open_tag(struct walk *w, const GumboNode *element);
void walk_close_tag(struct walk *w, GumboTag tag);

/* Leave all that are open. */
void walk_close_tags(struct walk *w);

#endif
