#include "html/walk.h"

#include <limits.h>
#include <stdlib.h>

#include "html/furniture.h"
#include "html/grid.h"
#include "html/math.h"
#include "html/picture.h"
#include "html/tree.h"

#define WALK_TEXT_MAX ((size_t)16 * 1024 * 1024)

void walk_init(struct walk *w, struct flow *f, bool page)
{
    *w = (struct walk){.flow = f, .page = page};
    buf_init(&w->text, WALK_TEXT_MAX);
}

void walk_fini(struct walk *w)
{
    buf_fini(&w->text);
}

/* Elements that begin and end a block of text. */
static bool walk_is_block(GumboTag tag)
{
    switch ((int)tag) {
    case GUMBO_TAG_ADDRESS:
    case GUMBO_TAG_ARTICLE:
    case GUMBO_TAG_ASIDE:
    case GUMBO_TAG_BODY:
    case GUMBO_TAG_CAPTION:
    case GUMBO_TAG_CENTER:
    case GUMBO_TAG_DETAILS:
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_DT:
    case GUMBO_TAG_FIELDSET:
    case GUMBO_TAG_FIGCAPTION:
    case GUMBO_TAG_FIGURE:
    case GUMBO_TAG_FOOTER:
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_HEADER:
    case GUMBO_TAG_HGROUP:
    case GUMBO_TAG_HTML:
    case GUMBO_TAG_LEGEND:
    case GUMBO_TAG_MAIN:
    case GUMBO_TAG_NAV:
    case GUMBO_TAG_P:
    case GUMBO_TAG_SECTION:
    case GUMBO_TAG_SUMMARY:
    case GUMBO_TAG_TABLE:
    case GUMBO_TAG_TBODY:
    case GUMBO_TAG_TD:
    case GUMBO_TAG_TFOOT:
    case GUMBO_TAG_TH:
    case GUMBO_TAG_THEAD:
    case GUMBO_TAG_TR:
        return true;
    default:
        return false;
    }
}

/* 1 to 6 for a heading, else 0. */
static unsigned walk_heading(GumboTag tag)
{
    static const GumboTag headings[] = {GUMBO_TAG_H1, GUMBO_TAG_H2, GUMBO_TAG_H3,
                                        GUMBO_TAG_H4, GUMBO_TAG_H5, GUMBO_TAG_H6};
    for (unsigned i = 0; i < sizeof headings / sizeof headings[0]; i++) {
        if (headings[i] == tag)
            return i + 1;
    }
    return 0;
}

void walk_links(struct walk *w, const GumboNode *root)
{
    for (const GumboNode *n = root; n != NULL; n = tree_next(root, n, true)) {
        if (!tree_is(n, GUMBO_TAG_A))
            continue;
        buf_clear(&w->text);
        tree_put_text(n, &w->text);
        if (span_trim(buf_span(&w->text)).n > 0)
            flow_link(w->flow, tree_attribute(n, "href"), buf_span(&w->text));
    }
}

/* The word of a class "language-c" or "lang-c", of the element or the code in it. */
static struct span walk_language(const GumboNode *pre)
{
    static const char *const prefixes[] = {"language-", "lang-"};
    const GumboVector *children = tree_children(pre);
    const GumboNode *code = children != NULL && children->length > 0 ? children->data[0] : pre;
    const GumboNode *const nodes[] = {pre, code};
    for (size_t i = 0; i < 4; i++) {
        struct span class = tree_attribute(nodes[i / 2], "class");
        struct span prefix = span_of(prefixes[i % 2]);
        for (size_t at = 0; at < class.n; at = span_find(class, at, ' ') + 1) {
            struct span word = span_sub(class, at, span_find(class, at, ' '));
            if (span_starts(word, prefix) && word.n > prefix.n)
                return span_sub(word, prefix.n, word.n);
        }
    }
    return (struct span){NULL, 0};
}

/* A preformatted element, whole: its links stand behind it. */
static void walk_pre(struct walk *w, const GumboNode *pre)
{
    buf_clear(&w->text);
    flow_end(w->flow);
    for (const GumboNode *n = pre; n != NULL;) {
        bool hidden = tree_is_element(n) && furniture_is_hidden(n);
        buf_put(&w->text, tree_text_of(n));
        if (tree_is(n, GUMBO_TAG_BR))
            buf_putc(&w->text, '\n');
        n = tree_next(pre, n, !hidden);
    }
    flow_pre(w->flow, walk_language(pre), buf_span(&w->text));
    walk_links(w, pre);
    flow_end(w->flow);
}

/* Film, sound and other pages, which are linked to: what is in them is for who cannot show them. */
static bool walk_is_media(GumboTag tag)
{
    return tag == GUMBO_TAG_IFRAME || tag == GUMBO_TAG_VIDEO || tag == GUMBO_TAG_AUDIO ||
           tag == GUMBO_TAG_EMBED;
}

static long walk_number(const GumboNode *node, const char *attribute, long otherwise)
{
    struct span value = tree_attribute(node, attribute);
    char *end = NULL;
    long number = value.n > 0 ? strtol(value.p, &end, 10) : otherwise;
    return end == value.p || number < -999999 || number > 999999 ? otherwise : number;
}

/* An ordered list: where its numbers begin, which way they go and what they look like. */
static void walk_ordered(struct walk *w, const GumboNode *ol)
{
    struct flow_list list = {.ordered = true, .reversed = tree_has_attribute(ol, "reversed")};
    struct span type = span_trim(tree_attribute(ol, "type"));
    const GumboVector *children = tree_children(ol);
    long items = 0;
    for (unsigned i = 0; list.reversed && i < children->length; i++)
        items += tree_is(children->data[i], GUMBO_TAG_LI);
    list.style = type.n == 1 ? type.p[0] : '1';
    list.number = walk_number(ol, "start", list.reversed ? items : 1);
    flow_list_begin(w->flow, list);
}

static void walk_item(struct walk *w, const GumboNode *li)
{
    long number = walk_number(li, "value", LONG_MIN);
    if (number != LONG_MIN)
        flow_item_number(w->flow, number);
    flow_item_begin(w->flow, (struct span){NULL, 0});
}

/* Beginning of elements inside a line; false when it is none. */
static bool walk_enter_inline(struct walk *w, const GumboNode *node)
{
    const GumboNode *caption = NULL;
    switch ((int)node->v.element.tag) {
    case GUMBO_TAG_A:
        if (tree_has_attribute(node, "href"))
            flow_link_begin(w->flow, tree_attribute(node, "href"));
        return true;
    case GUMBO_TAG_BR:
        flow_break(w->flow);
        return true;
    case GUMBO_TAG_CODE:
        flow_mark_begin(w->flow, "`", "`");
        return true;
    case GUMBO_TAG_DEL:
    case GUMBO_TAG_S:
    case GUMBO_TAG_STRIKE:
        flow_mark_begin(w->flow, "~~", "~~");
        return true;
    case GUMBO_TAG_Q:
        flow_mark_begin(w->flow, "“", "”");
        return true;
    case GUMBO_TAG_RT:
        flow_mark_begin(w->flow, "(", ")");
        return true;
    case GUMBO_TAG_SUB:
        flow_script_begin(w->flow, FLOW_SUB);
        return true;
    case GUMBO_TAG_SUP:
        flow_script_begin(w->flow, FLOW_SUPER);
        return true;
    case GUMBO_TAG_IMG:
        picture_read(node, w->flow, &w->text, &caption);
        w->consumed = caption != NULL ? caption : w->consumed;
        return true;
    default:
        break;
    }
    if (!tree_is_named(node, "amp-img"))
        return false;
    picture_read(node, w->flow, &w->text, &caption);
    w->consumed = caption != NULL ? caption : w->consumed;
    return true;
}

static void walk_leave_inline(struct walk *w, GumboTag tag)
{
    switch ((int)tag) {
    case GUMBO_TAG_A:
        flow_link_end(w->flow);
        break;
    case GUMBO_TAG_CODE:
    case GUMBO_TAG_DEL:
    case GUMBO_TAG_S:
    case GUMBO_TAG_STRIKE:
    case GUMBO_TAG_Q:
    case GUMBO_TAG_RT:
        flow_mark_end(w->flow);
        break;
    case GUMBO_TAG_SUB:
    case GUMBO_TAG_SUP:
        flow_script_end(w->flow);
        break;
    default:
        break;
    }
}

/* Is the element none that is read? */
static bool walk_is_left_out(const struct walk *w, const GumboNode *node, bool is_root)
{
    if (furniture_is_hidden(node) || tree_is(node, GUMBO_TAG_RP) || furniture_is_back_link(node) ||
        math_is_annotation(node))
        return true;
    if (!w->page || is_root || w->cell)
        return false;
    bool known = w->flow->doc->author.p != NULL || w->flow->doc->date.p != NULL;
    return furniture_is(node) || (known && w->flow->doc->count == 0 && furniture_is_byline(node));
}

/* Blocks inside a cell of a table are lines of it. */
static void walk_part_in_cell(struct walk *w, GumboTag tag)
{
    if (walk_is_block(tag) || walk_heading(tag) > 0 || tag == GUMBO_TAG_LI || tag == GUMBO_TAG_DD)
        flow_break(w->flow);
}

/* Is it the sign of a note that only a style sheet raises? */
static bool walk_is_note(const GumboNode *node)
{
    if (!tree_is(node, GUMBO_TAG_A))
        return false;
    return tree_has_word(node, "role", "doc-noteref") ||
           tree_has_word(node, "class", "footnote-anchor") ||
           tree_has_word(node, "class", "footnote-ref");
}

/* Does it name, in a quote, who said it? */
static bool walk_is_speaker(const GumboNode *node)
{
    const GumboNode *around = node->parent;
    return tree_is(node, GUMBO_TAG_CITE) && around != NULL &&
           (tree_is(around, GUMBO_TAG_BLOCKQUOTE) ||
            (around->parent != NULL && tree_is(around->parent, GUMBO_TAG_BLOCKQUOTE)));
}

/* The text before an element or at its end, when it is text that stands there. */
static struct span walk_text_before(const GumboNode *node)
{
    const GumboVector *all = tree_children(node->parent);
    size_t i = node->index_within_parent;
    return i > 0 ? tree_text_of(all->data[i - 1]) : SPAN("");
}

static struct span walk_text_at_end(const GumboNode *node)
{
    const GumboVector *all = tree_children(node);
    return all->length > 0 ? tree_text_of(all->data[all->length - 1]) : SPAN("");
}

/* Style sheets put the speaker on a line of its own; where the words run together without a blank,
 * that was what parted them: "wrote:" before them, a whole sentence behind. */
static void walk_part_speaker(struct walk *w, const GumboNode *node, bool end)
{
    static const char *const sentences[] = {".", "!", "?", "\"", "”", "…"};
    struct span text = end ? walk_text_at_end(node) : walk_text_before(node);
    if (end && span_ends(text, SPAN(":")))
        flow_break(w->flow);
    for (size_t i = 0; !end && i < sizeof sentences / sizeof sentences[0]; i++) {
        if (span_ends(text, span_of(sentences[i])))
            flow_break(w->flow);
    }
}

/* Beginning of an element; returns whether its children are to be read. */
static bool walk_enter(struct walk *w, const GumboNode *node)
{
    GumboTag tag = node->v.element.tag;
    math_enter(node, w->flow);
    if (walk_is_speaker(node))
        walk_part_speaker(w, node, false);
    if (walk_is_note(node))
        flow_script_begin(w->flow, FLOW_SUPER);
    if (walk_enter_inline(w, node))
        return true;
    if (walk_is_media(tag)) {
        picture_read_media(node, w->page, w->flow);
        return false;
    }
    if (w->cell) {
        walk_part_in_cell(w, tag);
        return true;
    }
    switch ((int)tag) {
    case GUMBO_TAG_BLOCKQUOTE:
        flow_quote_begin(w->flow);
        return true;
    case GUMBO_TAG_UL:
    case GUMBO_TAG_MENU:
    case GUMBO_TAG_DIR:
    case GUMBO_TAG_DL:
        flow_list_begin(w->flow, (struct flow_list){.ordered = false});
        return true;
    case GUMBO_TAG_OL:
        walk_ordered(w, node);
        return true;
    case GUMBO_TAG_LI:
    case GUMBO_TAG_DD:
        walk_item(w, node);
        return true;
    case GUMBO_TAG_HR:
        flow_rule(w->flow);
        return false;
    case GUMBO_TAG_PRE:
    case GUMBO_TAG_LISTING:
    case GUMBO_TAG_XMP:
    case GUMBO_TAG_PLAINTEXT:
        walk_pre(w, node);
        return false;
    case GUMBO_TAG_TABLE:
        if (!grid_is_data(node))
            break;
        grid_read(w, node);
        return false;
    default:
        break;
    }
    if (walk_heading(tag) > 0)
        flow_heading_begin(w->flow, walk_heading(tag));
    else if (walk_is_block(tag))
        flow_end(w->flow);
    return true;
}

static void walk_leave(struct walk *w, const GumboNode *node)
{
    GumboTag tag = node->v.element.tag;
    walk_leave_inline(w, tag);
    math_leave(node, w->flow);
    if (walk_is_note(node))
        flow_script_end(w->flow);
    if (walk_is_speaker(node))
        walk_part_speaker(w, node, true);
    if (w->cell) {
        walk_part_in_cell(w, tag);
        return;
    }
    switch ((int)tag) {
    case GUMBO_TAG_BLOCKQUOTE:
        flow_quote_end(w->flow);
        return;
    case GUMBO_TAG_UL:
    case GUMBO_TAG_MENU:
    case GUMBO_TAG_DIR:
    case GUMBO_TAG_DL:
    case GUMBO_TAG_OL:
        flow_list_end(w->flow);
        return;
    case GUMBO_TAG_LI:
    case GUMBO_TAG_DD:
        flow_item_end(w->flow);
        return;
    default:
        if (walk_heading(tag) > 0)
            flow_heading_end(w->flow);
        else if (walk_is_block(tag))
            flow_end(w->flow);
    }
}

void walk_tree(struct walk *w, const GumboNode *root)
{
    const GumboNode *node = root;
    while (node != NULL && arena_status(&w->flow->doc->arena) == ST_OK) {
        bool into = !tree_is_element(node);
        if (into)
            flow_text(w->flow, tree_text_of(node));
        else if (node == w->consumed)
            walk_links(w, node);
        else if (!walk_is_left_out(w, node, node == root))
            into = walk_enter(w, node);
        const GumboVector *children = tree_children(node);
        if (into && children != NULL && children->length > 0) {
            node = children->data[0];
            continue;
        }
        /* What was not entered is not left. */
        if (into && tree_is_element(node))
            walk_leave(w, node);
        while (node != root) {
            const GumboVector *siblings = tree_children(node->parent);
            if (node->index_within_parent + 1 < siblings->length) {
                node = siblings->data[node->index_within_parent + 1];
                break;
            }
            node = node->parent;
            if (tree_is_element(node))
                walk_leave(w, node);
        }
        if (node == root)
            return;
    }
}

/* Leave elements until only `count` are open. */
static void walk_close_to(struct walk *w, size_t count)
{
    while (w->open_count > count) {
        w->open_count--;
        if (w->muted > 0)
            w->muted--;
        else
            walk_leave_inline(w, w->open[w->open_count]);
    }
}

void walk_open_tag(struct walk *w, const GumboNode *element)
{
    GumboTag tag = element->v.element.tag;
    bool hidden = furniture_is_hidden(element) || tag == GUMBO_TAG_RP;
    bool media = walk_is_media(tag) || tag == GUMBO_TAG_SOURCE;
    bool empty = tag == GUMBO_TAG_BR || tag == GUMBO_TAG_IMG || media;
    bool inlined = false;
    if (hidden && w->open_count == WALK_OPEN_MAX)
        walk_close_to(w, WALK_OPEN_MAX - 1); /* what is hidden is, however much is open */
    if (media && w->muted == 0 && !hidden)
        picture_read_media(element, w->page, w->flow);
    else if (!hidden && w->muted == 0 && (empty || w->open_count < WALK_OPEN_MAX))
        inlined = walk_enter_inline(w, element);
    /* What means nothing to its text need not be remembered, unless it hides it. */
    bool kept = hidden || ((inlined || w->muted > 0) && !empty);
    if (!kept || w->open_count == WALK_OPEN_MAX)
        return;
    w->muted += hidden || w->muted > 0;
    w->open[w->open_count++] = tag;
}

void walk_close_tag(struct walk *w, GumboTag tag)
{
    size_t at = w->open_count;
    while (at > 0 && w->open[at - 1] != tag)
        at--;
    if (at > 0)
        walk_close_to(w, at - 1);
}

void walk_close_tags(struct walk *w)
{
    walk_close_to(w, 0);
}
