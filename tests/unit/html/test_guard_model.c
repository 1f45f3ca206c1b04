/*
 * What guard lets pass must be what it says, whatever is in it: pages of tags at random, repeated
 * so that a tag that closes nothing adds up, are compared with the tree that gumbo makes of them.
 */
#include <gumbo.h>

#include "../support.h"
#include "html/guard.h"
#include "html/kinds.h"

#define PAGES 3000
#define SOME  4   /* different tags on a page */
#define TIMES 300 /* so often a page says the same: one that stays open each time is too many */

/* What belongs together by the rules on what opens and closes what; a page has tags of one row. */
static const char *const tags[][16] = {
    {"select", "option", "optgroup", "div", "template", "input", "table", "td", "b", "option",
     "optgroup", "select", "script", "textarea", "p", "button"},
    {"svg", "math", "foreignObject", "desc", "title", "g", "g/", "mi", "annotation-xml",
     "annotation-xml encoding='text/html'", "font", "font color=red", "div", "p", "svg/", "mglyph"},
    {"svg", "template", "table", "td", "tr", "caption", "g", "math", "mtext", "div", "b", "col",
     "tbody", "colgroup", "table", "th"},
    {"b", "a", "a href=x", "i", "b class=x", "nobr", "p", "div", "td", "table", "object", "marquee",
     "applet", "button", "span", "u"},
    {"li", "ul", "ol", "dd", "dt", "dl", "div", "p", "address", "h1", "h2", "form", "button",
     "span", "b", "template"},
    {"ruby", "rt", "rp", "rtc", "rb", "div", "p", "b", "frameset", "frame", "form", "object", "td",
     "table", "template", "body class=x"},
};

static uint32_t seed;

static uint32_t at_random(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)(((uint64_t)seed * below) >> 32);
}

static void put_tag(const char *const *some, struct buf *out)
{
    const char *tag = some[at_random(SOME)];
    size_t name = strcspn(tag, " /");
    uint32_t kind = at_random(8);
    if (kind == 0)
        buf_puts(out, "x");
    else if (kind < 4)
        buf_putf(out, "</%.*s>", (int)name, tag);
    else
        buf_putf(out, "<%s>", tag);
}

/* Is it of those that guard counts when they are inside each other? */
static bool is_counted(const GumboNode *node)
{
    if (node->type != GUMBO_NODE_ELEMENT && node->type != GUMBO_NODE_TEMPLATE)
        return false;
    return (kinds_of[node->v.element.tag] & KIND_FREE) == 0 ||
           node->v.element.tag_namespace != GUMBO_NAMESPACE_HTML;
}

/* The nodes of a tree with their attributes; and how deep it is, in elements that are counted. */
static size_t measure(const GumboNode *root, size_t *deepest)
{
    size_t count = 0;
    size_t depth = 0;
    *deepest = 0;
    for (const GumboNode *at = root; at != NULL;) {
        bool element = at->type == GUMBO_NODE_ELEMENT || at->type == GUMBO_NODE_TEMPLATE;
        const GumboVector *below = element ? &at->v.element.children : NULL;
        count += 1 + (element ? at->v.element.attributes.length : 0);
        *deepest = depth > *deepest ? depth : *deepest;
        if (below != NULL && below->length > 0) {
            depth += is_counted(at);
            at = below->data[0];
            continue;
        }
        while (at != root && at->index_within_parent + 1 == at->parent->v.element.children.length) {
            at = at->parent;
            depth -= is_counted(at);
        }
        at = at == root ? NULL : at->parent->v.element.children.data[at->index_within_parent + 1];
    }
    return count;
}

static bool make_page(uint32_t number, struct buf *page)
{
    const char *some[SOME];
    struct buf unit;
    buf_init(&unit, 1024);
    buf_clear(page);
    seed = number * 2654435761U;
    uint32_t row = at_random(COUNT(tags));
    for (size_t i = 0; i < SOME; i++)
        some[i] = tags[row][at_random(COUNT(tags[row]))];
    for (uint32_t n = at_random(5); n > 0; n--)
        put_tag(some, page);
    for (uint32_t n = 2 + at_random(7); n > 0; n--)
        put_tag(some, &unit);
    for (size_t i = 0; i < TIMES; i++)
        buf_put(page, buf_span(&unit));
    buf_fini(&unit);
    return buf_status(page) == ST_OK;
}

static void what_passes_is_no_larger_than_guard_says(void **state)
{
    (void)state;
    struct buf page;
    size_t passed = 0;
    buf_init(&page, 1 << 20);
    for (uint32_t number = 0; number < PAGES; number++) {
        assert_true(make_page(number, &page));
        if (guard_check(buf_span(&page), NULL) != ST_OK)
            continue;
        size_t depth = 0;
        GumboOptions options = kGumboDefaultOptions;
        options.max_errors = 0;
        GumboOutput *out = gumbo_parse_with_options(&options, page.p, page.n);
        size_t nodes = measure(out->root, &depth);
        gumbo_destroy_output(&options, out);
        if (depth > GUARD_OPEN_MAX || nodes > GUARD_NODES_MAX(page.n))
            fail_at(__FILE__, __LINE__, "# page %u: %zu deep, %zu nodes: %.*s\n", number, depth,
                    nodes, 300, page.p);
        passed++;
    }
    buf_fini(&page);
    assert_in_range(passed, PAGES / 10, PAGES - PAGES / 10); /* else the pages show nothing */
}

int main(void)
{
    static struct suite s;
    SUITE_TEST(&s, what_passes_is_no_larger_than_guard_says);
    return suite_run(&s, "html/guard_model");
}
