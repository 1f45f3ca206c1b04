#include "html/tree.h"

const GumboNode *tree_next(const GumboNode *root, const GumboNode *node, bool into)
{
    const GumboVector *children = tree_children(node);
    if (into && children != NULL && children->length > 0)
        return children->data[0];
    while (node != root) {
        const GumboVector *siblings = tree_children(node->parent);
        size_t after = node->index_within_parent + 1;
        if (siblings != NULL && after < siblings->length)
            return siblings->data[after];
        node = node->parent;
    }
    return NULL;
}

const GumboVector *tree_children(const GumboNode *node)
{
    switch (node->type) {
    case GUMBO_NODE_DOCUMENT:
        return &node->v.document.children;
    case GUMBO_NODE_ELEMENT:
    case GUMBO_NODE_TEMPLATE:
        return &node->v.element.children;
    case GUMBO_NODE_TEXT:
    case GUMBO_NODE_CDATA:
    case GUMBO_NODE_COMMENT:
    case GUMBO_NODE_WHITESPACE:
        return NULL;
    }
    return NULL;
}

bool tree_is_element(const GumboNode *node)
{
    return node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE;
}

bool tree_is(const GumboNode *node, GumboTag tag)
{
    return tree_is_element(node) && node->v.element.tag == tag;
}

bool tree_is_named(const GumboNode *node, const char *name)
{
    if (!tree_is_element(node))
        return false;
    if (!tree_is(node, GUMBO_TAG_UNKNOWN))
        return span_eq(span_of(gumbo_normalized_tagname(node->v.element.tag)), span_of(name));
    GumboStringPiece tag = node->v.element.original_tag;
    if (tag.data == NULL || tag.length == 0)
        return false;
    gumbo_tag_from_original_text(&tag);
    return span_eq_nocase((struct span){tag.data, tag.length}, span_of(name));
}

bool tree_is_link(const GumboNode *node)
{
    return tree_is(node, GUMBO_TAG_A) && tree_has_attribute(node, "href");
}

struct span tree_text_of(const GumboNode *node)
{
    bool text = node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_CDATA ||
                node->type == GUMBO_NODE_WHITESPACE;
    return text ? span_of(node->v.text.text) : (struct span){NULL, 0};
}

struct span tree_attribute(const GumboNode *node, const char *name)
{
    if (!tree_is_element(node))
        return (struct span){NULL, 0};
    const GumboAttribute *a = gumbo_get_attribute(&node->v.element.attributes, name);
    return a == NULL ? (struct span){NULL, 0} : span_of(a->value);
}

bool tree_has_attribute(const GumboNode *node, const char *name)
{
    return tree_attribute(node, name).p != NULL;
}

bool tree_next_word(struct span *rest, struct span *word)
{
    size_t end = 0;
    *rest = span_trim(*rest);
    /* Up to what span_trim takes away, and nothing else: a control character is no blank. */
    while (end < rest->n && span_trim(span_sub(*rest, end, end + 1)).n > 0)
        end++;
    *word = span_sub(*rest, 0, end);
    *rest = span_sub(*rest, end, rest->n);
    return end > 0;
}

bool tree_has_word(const GumboNode *node, const char *attribute, const char *word)
{
    struct span rest = tree_attribute(node, attribute);
    struct span found;
    while (tree_next_word(&rest, &found)) {
        if (span_eq_nocase(found, span_of(word)))
            return true;
    }
    return false;
}

bool tree_has_part(const GumboNode *node, const char *attribute, const char *part)
{
    struct span names = tree_attribute(node, attribute);
    size_t start = 0;
    for (size_t i = 0; i <= names.n; i++) {
        if (i < names.n && (ascii_alpha(names.p[i]) || ascii_digit(names.p[i])))
            continue;
        if (span_eq_nocase(span_sub(names, start, i), span_of(part)))
            return true;
        start = i + 1;
    }
    return false;
}

void tree_put_text(const GumboNode *root, struct buf *out)
{
    for (const GumboNode *node = root; node != NULL;) {
        bool code = tree_is(node, GUMBO_TAG_SCRIPT) || tree_is(node, GUMBO_TAG_STYLE);
        buf_put(out, tree_text_of(node));
        node = tree_next(root, node, !code);
    }
}
