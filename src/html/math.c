#include "html/math.h"

#include "html/tree.h"

/* What an element is to the one around it. */
enum math_part { MATH_PLAIN, MATH_DENOMINATOR, MATH_SUB, MATH_SUPER };

static bool math_is(const GumboNode *node)
{
    return node != NULL && tree_is_element(node) &&
           node->v.element.tag_namespace == GUMBO_NAMESPACE_MATHML;
}

/* How many elements stand before this one in the one around it. */
static unsigned math_place(const GumboNode *node)
{
    const GumboVector *all = tree_children(node->parent);
    unsigned place = 0;
    for (size_t i = node->index_within_parent; i > 0 && place < 3; i--)
        place += tree_is_element(all->data[i - 1]);
    return place;
}

static enum math_part math_part(const GumboNode *node)
{
    static const struct {
        const char *name;
        enum math_part parts[2]; /* the second and the third element in it */
    } forms[] = {
        {"mfrac", {MATH_DENOMINATOR, MATH_PLAIN}}, {"msub", {MATH_SUB, MATH_PLAIN}},
        {"msup", {MATH_SUPER, MATH_PLAIN}},        {"msubsup", {MATH_SUB, MATH_SUPER}},
        {"munder", {MATH_SUB, MATH_PLAIN}},        {"munderover", {MATH_SUB, MATH_SUPER}},
    };
    if (!math_is(node) || !math_is(node->parent))
        return MATH_PLAIN;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (!tree_is_named(node->parent, forms[i].name))
            continue;
        unsigned place = math_place(node);
        return place == 1 || place == 2 ? forms[i].parts[place - 1] : MATH_PLAIN;
    }
    return MATH_PLAIN;
}

/* Does it hold several elements?  A row with one is that one. */
static bool math_is_sum(const GumboNode *node)
{
    const GumboVector *children = tree_children(node);
    unsigned count = 0;
    for (unsigned i = 0; i < children->length && count < 2; i++)
        count += tree_is_element(children->data[i]);
    return count > 1;
}

/* Are brackets needed to tell where it ends? */
static bool math_is_bracketed(const GumboNode *node)
{
    if (tree_is_named(node, "msqrt"))
        return math_is_sum(node);
    return math_is(node->parent) && tree_is_named(node->parent, "mfrac") &&
           tree_is_named(node, "mrow") && math_is_sum(node);
}

bool math_is_annotation(const GumboNode *node)
{
    return math_is(node) &&
           (tree_is_named(node, "annotation") || tree_is_named(node, "annotation-xml"));
}

void math_enter(const GumboNode *node, struct flow *f)
{
    if (!math_is(node))
        return;
    enum math_part part = math_part(node);
    if (part == MATH_DENOMINATOR)
        flow_text(f, SPAN("/"));
    else if (part != MATH_PLAIN)
        flow_script_begin(f, part == MATH_SUB ? FLOW_SUB : FLOW_SUPER);
    if (tree_is_named(node, "msqrt"))
        flow_text(f, SPAN("√"));
    if (math_is_bracketed(node))
        flow_text(f, SPAN("("));
    if (tree_is_named(node, "mtd"))
        flow_text(f, SPAN(" "));
}

void math_leave(const GumboNode *node, struct flow *f)
{
    if (!math_is(node))
        return;
    enum math_part part = math_part(node);
    if (math_is_bracketed(node))
        flow_text(f, SPAN(")"));
    if (part == MATH_SUB || part == MATH_SUPER)
        flow_script_end(f);
}
