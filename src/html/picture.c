#include "html/picture.h"

#include <stdlib.h>

#include "html/tree.h"

#define PICTURE_DEPTH_MAX 8  /* elements between a figure and its image */
#define PICTURE_NODES_MAX 64 /* nodes of a figure that are looked through for its caption */
#define PICTURE_SMALL     16 /* pixels: an icon or a tracker */

const GumboNode *picture_caption(const GumboNode *node)
{
    const GumboNode *figure = node;
    for (unsigned i = 0; figure != NULL && !tree_is(figure, GUMBO_TAG_FIGURE); i++)
        figure = i < PICTURE_DEPTH_MAX ? figure->parent : NULL;
    if (figure == NULL)
        return NULL;
    unsigned seen = 0;
    for (const GumboNode *n = figure; n != NULL && seen < PICTURE_NODES_MAX; seen++) {
        if (tree_is(n, GUMBO_TAG_FIGCAPTION))
            return n;
        n = tree_next(figure, n, true);
    }
    return NULL;
}

/* The first URL of a srcset. */
static struct span picture_first(struct span set)
{
    struct span url;
    (void)tree_next_word(&set, &url);
    return span_ends(url, SPAN(",")) ? span_sub(url, 0, url.n - 1) : url;
}

static struct span picture_source(const GumboNode *img)
{
    struct span src = tree_attribute(img, "src");
    if (span_trim(src).n > 0 && !span_starts(span_trim(src), SPAN("data:")))
        return src;
    static const char *const later[] = {"data-src", "data-lazy-src", "data-original", "data-srcset",
                                        "srcset"};
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        struct span found = picture_first(tree_attribute(img, later[i]));
        if (found.n > 0 && !span_starts(found, SPAN("data:")))
            return found;
    }
    return (struct span){NULL, 0};
}

static bool picture_is_small(const GumboNode *img)
{
    static const char *const sides[] = {"width", "height"};
    for (size_t i = 0; i < 2; i++) {
        struct span side = tree_attribute(img, sides[i]);
        if (side.n > 0 && ascii_digit(side.p[0]) && strtol(side.p, NULL, 10) <= PICTURE_SMALL &&
            span_find(side, 0, '%') == side.n)
            return true;
    }
    return false;
}

/* Is it a picture of a sign or a formula, which is a word of its line? */
static bool picture_is_word(const GumboNode *img)
{
    static const char *const names[] = {"emoji",  "emoticon", "latex",  "mwe",
                                        "smiley", "smilie",   "smilies"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (tree_has_part(img, "class", names[i]))
            return true;
    }
    return false;
}

void picture_read(const GumboNode *img, struct flow *f, struct buf *work, const GumboNode **caption)
{
    struct span alt = tree_attribute(img, "alt");
    struct span src = picture_source(img);
    bool decorative = alt.p != NULL && span_trim(alt).n == 0;
    *caption = NULL;
    if (span_trim(alt).n > 0 && picture_is_word(img)) {
        flow_text(f, alt);
        return;
    }
    if (picture_is_small(img))
        return;
    buf_clear(work);
    *caption = picture_caption(img);
    if (*caption != NULL)
        tree_put_text(*caption, work);
    if (span_trim(alt).n > 0) {
        /* The caption stands in the text, unless it says the same. */
        if (!span_eq(span_trim(alt), span_trim(buf_span(work))))
            *caption = NULL;
    } else {
        if (*caption == NULL && !decorative)
            buf_put(work, tree_attribute(img, "title"));
        alt = buf_span(work);
    }
    if (span_trim(alt).n == 0) {
        *caption = NULL;
        if (decorative && !f->linking)
            return;
    }
    flow_image(f, src, alt);
}

void picture_read_media(const GumboNode *node, bool page, struct flow *f)
{
    struct span src = tree_attribute(node, "src");
    const GumboVector *children = tree_children(node);
    for (unsigned i = 0; src.p == NULL && children != NULL && i < children->length; i++) {
        const GumboNode *child = children->data[i];
        if (tree_is(child, GUMBO_TAG_SOURCE))
            src = tree_attribute(child, "src");
    }
    struct span title = tree_attribute(node, "title");
    if (title.n == 0)
        title = tree_attribute(node, "aria-label");
    /* A frame without a name is an advertisement or a counter more often than a film. */
    if (page && tree_is(node, GUMBO_TAG_IFRAME) && title.n == 0)
        return;
    flow_link(f, src, title.n > 0 ? title : link_name(src));
}
