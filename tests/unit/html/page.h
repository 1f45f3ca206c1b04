/*
 * page: pages for the tests of the room html.
 */
#ifndef TESTS_UNIT_HTML_PAGE_H
#define TESTS_UNIT_HTML_PAGE_H

#include "../support.h"

#include "html/tree.h"

/* Some prose: paragraphs of text that nobody takes for furniture. */
#define PROSE_1                                                                                 \
    "<p>The river rose in the night, slowly at first, and nobody in the village noticed until " \
    "the old mill stood in water up to its windows, dark and quite still.</p>"
#define PROSE_2                                                                                \
    "<p>By noon the road was gone, the bridge with it, and those who had stayed carried what " \
    "they could to the church on the hill, where the bells had rung since dawn.</p>"
#define PROSE_3                                                                               \
    "<p>It took eleven days for the water to fall, and longer for anybody to say aloud what " \
    "all of them knew: that the dam, built in a hurry, had never been finished.</p>"
#define PROSE PROSE_1 PROSE_2 PROSE_3

/* Parse without keeping what is wrong with the page: each note holds all open elements. */
static inline GumboOutput *page_parse(const char *html)
{
    GumboOptions options = kGumboDefaultOptions;
    options.max_errors = 0;
    return gumbo_parse_with_options(&options, html, strlen(html));
}

static inline void page_free(GumboOutput *page)
{
    gumbo_destroy_output(&kGumboDefaultOptions, page);
}

/* The element with the attribute data-x. */
static inline const GumboNode *page_marked(const GumboNode *root)
{
    const GumboNode *node = root;
    while (node != NULL && !tree_has_attribute(node, "data-x"))
        node = tree_next(root, node, true);
    return node;
}

#endif
