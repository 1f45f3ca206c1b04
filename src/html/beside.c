#include "html/beside.h"

#include "html/phrase.h"
#include "html/tree.h"
#include "html/value.h"

/* Where a title is taken from, the best first. */
enum beside_rank { BESIDE_LINK, BESIDE_REL, BESIDE_CLASS, BESIDE_TEXT, BESIDE_NONE };

/* Elements of a rank that are tried, so that a page of nothing else does not take long. */
#define BESIDE_TRIES 64
/* Longest text of an element that may hold a title. */
#define BESIDE_TEXT_MAX 4000

struct beside {
    struct arena *arena;
    struct span own;           /* title of the page */
    struct span titles[2];     /* previous, next */
    enum beside_rank ranks[2]; /* of the titles */
    size_t tries[BESIDE_NONE]; /* so far */
};

static bool beside_is_inline(const GumboNode *node)
{
    switch ((int)node->v.element.tag) {
    case GUMBO_TAG_DIV:
    case GUMBO_TAG_P:
    case GUMBO_TAG_BR:
    case GUMBO_TAG_LI:
    case GUMBO_TAG_H1:
    case GUMBO_TAG_H2:
    case GUMBO_TAG_H3:
    case GUMBO_TAG_H4:
    case GUMBO_TAG_H5:
    case GUMBO_TAG_H6:
    case GUMBO_TAG_TD:
        return false;
    default:
        return true;
    }
}

/* Append the text below root, its elements parted by edges. */
static void beside_put(const GumboNode *root, struct buf *out)
{
    for (const GumboNode *node = root; node != NULL && buf_status(out) == ST_OK;) {
        bool skipped = tree_is(node, GUMBO_TAG_SCRIPT) || tree_is(node, GUMBO_TAG_STYLE) ||
                       tree_is(node, GUMBO_TAG_SVG);
        if (tree_is_element(node) && !beside_is_inline(node))
            buf_putc(out, ' ');
        if (node->parent != NULL && (tree_is_element(node) || node->index_within_parent > 0))
            buf_putc(out, PHRASE_EDGE);
        buf_put(out, tree_text_of(node));
        node = tree_next(root, node, !skipped);
    }
}

/* s without its edges, in b. */
static struct span beside_join(struct span s, struct buf *b)
{
    buf_clear(b);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != PHRASE_EDGE)
            buf_putc(b, s.p[i]);
    }
    return buf_span(b);
}

/* What is left of a text as a title; absent when it is only a phrase, or the page's own. */
static struct span beside_title(struct beside *b, struct span text, enum phrase_way *way)
{
    struct span title = {NULL, 0};
    struct buf joined;
    buf_init(&joined, BESIDE_TEXT_MAX);
    struct span rest = phrase_strip(text, way);
    title = value_line(beside_join(rest, &joined), VALUE_MAX, b->arena);
    if (title.n > 0 && (phrase_is_furniture(title) || span_eq(title, b->own)))
        title = (struct span){NULL, 0};
    buf_fini(&joined);
    return title;
}

/* The text of an element as a title. */
static struct span beside_of(struct beside *b, const GumboNode *node, enum phrase_way *way)
{
    struct span title = {NULL, 0};
    struct buf text;
    *way = PHRASE_NONE;
    buf_init(&text, BESIDE_TEXT_MAX);
    beside_put(node, &text);
    if (buf_status(&text) == ST_OK)
        title = beside_title(b, buf_span(&text), way);
    buf_fini(&text);
    return title;
}

/* Which way the text of a link says that it leads. */
static enum phrase_way beside_says(const GumboNode *link)
{
    enum phrase_way way = PHRASE_NONE;
    struct buf text;
    buf_init(&text, BESIDE_TEXT_MAX);
    beside_put(link, &text);
    if (buf_status(&text) == ST_OK)
        (void)phrase_strip(buf_span(&text), &way);
    buf_fini(&text);
    return way;
}

static enum phrase_way beside_rel(const GumboNode *node)
{
    if (tree_has_word(node, "rel", "prev") || tree_has_word(node, "rel", "previous"))
        return PHRASE_PREVIOUS;
    return tree_has_word(node, "rel", "next") ? PHRASE_NEXT : PHRASE_NONE;
}

/* Which way one word of a class or id leads, when it is about pieces: "nav-previous". */
static enum phrase_way beside_word(struct span word)
{
    static const char *const nouns[] = {"nav",   "navigation", "post",   "article",
                                        "story", "entry",      "single", "adjacent"};
    static const char *const others[] = {"slide", "slider", "slick",    "swiper",   "carousel",
                                         "page",  "month",  "comment",  "comments", "gallery",
                                         "image", "photo",  "calendar", "posts",    "arrow"};
    enum phrase_way way = PHRASE_NONE;
    bool about = false;
    size_t start = 0;
    for (size_t i = 0; i <= word.n; i++) {
        if (i < word.n && (ascii_alpha(word.p[i]) || ascii_digit(word.p[i])))
            continue;
        struct span part = span_sub(word, start, i);
        start = i + 1;
        if (span_eq_nocase(part, SPAN("prev")) || span_eq_nocase(part, SPAN("previous")))
            way = PHRASE_PREVIOUS;
        if (span_eq_nocase(part, SPAN("next")))
            way = PHRASE_NEXT;
        for (size_t k = 0; k < sizeof nouns / sizeof nouns[0]; k++)
            about = about || span_eq_nocase(part, span_of(nouns[k]));
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++) {
            if (span_eq_nocase(part, span_of(others[k])))
                return PHRASE_NONE;
        }
    }
    return about ? way : PHRASE_NONE;
}

static enum phrase_way beside_class(const GumboNode *node)
{
    static const char *const names[] = {"class", "id"};
    for (size_t i = 0; i < 2; i++) {
        struct span rest = tree_attribute(node, names[i]);
        struct span word;
        while (tree_next_word(&rest, &word)) {
            enum phrase_way way = beside_word(word);
            if (way != PHRASE_NONE)
                return way;
        }
    }
    return PHRASE_NONE;
}

/* The only link in an element, or NULL; the element may be it. */
static const GumboNode *beside_only_link(const GumboNode *root)
{
    const GumboNode *link = NULL;
    for (const GumboNode *node = root; node != NULL; node = tree_next(root, node, true)) {
        if (!tree_is(node, GUMBO_TAG_A) || tree_attribute(node, "href").n == 0)
            continue;
        if (link != NULL)
            return NULL;
        link = node;
    }
    return link;
}

/* The title behind a link that has only a phrase: what follows it up to the next such link. */
static struct span beside_following(struct beside *b, const GumboNode *link)
{
    struct span title = {NULL, 0};
    if (link->parent == NULL)
        return title;
    const GumboVector *siblings = tree_children(link->parent);
    for (size_t i = link->index_within_parent + 1; i < siblings->length && title.n == 0; i++) {
        const GumboNode *node = siblings->data[i];
        const GumboNode *inner = tree_is_element(node) ? beside_only_link(node) : NULL;
        enum phrase_way way;
        if (tree_is(node, GUMBO_TAG_A) || (inner != NULL && beside_rel(inner) != PHRASE_NONE))
            break;
        title = beside_of(b, node, &way);
        if (way != PHRASE_NONE)
            return (struct span){NULL, 0};
    }
    return title;
}

/* The heading in a link, or what is called a title there: a card holds a summary too. */
static const GumboNode *beside_heading(const GumboNode *link)
{
    for (const GumboNode *node = link; node != NULL; node = tree_next(link, node, true)) {
        bool heading = tree_is_element(node) && node->v.element.tag >= GUMBO_TAG_H1 &&
                       node->v.element.tag <= GUMBO_TAG_H6;
        if (heading || (node != link && tree_has_part(node, "class", "title")))
            return node;
    }
    return NULL;
}

/* The title that a link leads to: its heading, its text, its title attribute, what follows. */
static struct span beside_of_link(struct beside *b, const GumboNode *link)
{
    enum phrase_way way;
    const GumboNode *heading = beside_heading(link);
    struct span title = {NULL, 0};
    if (heading != NULL)
        title = beside_of(b, heading, &way);
    if (title.n == 0)
        title = beside_of(b, link, &way);
    if (title.n > 0)
        return title;
    struct span attribute = tree_attribute(link, "title");
    if (attribute.n > 0 && attribute.n < VALUE_MAX)
        title = beside_title(b, attribute, &way);
    return title.n > 0 ? title : beside_following(b, link);
}

static void beside_take(struct beside *b, enum phrase_way way, enum beside_rank rank,
                        struct span title)
{
    size_t i = way == PHRASE_PREVIOUS ? 0 : 1;
    if (title.n > 0 && rank < b->ranks[i]) {
        b->titles[i] = title;
        b->ranks[i] = rank;
    }
}

/* May a title of this rank still be wanted? */
static bool beside_wants(struct beside *b, enum phrase_way way, enum beside_rank rank)
{
    size_t i = way == PHRASE_PREVIOUS ? 0 : 1;
    return way != PHRASE_NONE && rank < b->ranks[i] && b->tries[rank]++ < BESIDE_TRIES;
}

static void beside_see(struct beside *b, const GumboNode *node)
{
    enum phrase_way way = beside_rel(node);
    enum phrase_way said = PHRASE_NONE;
    struct span title = {NULL, 0};
    if (tree_is(node, GUMBO_TAG_LINK)) {
        struct span attribute = tree_attribute(node, "title");
        if (beside_wants(b, way, BESIDE_LINK) && attribute.n < VALUE_MAX)
            beside_take(b, way, BESIDE_LINK, beside_title(b, attribute, &said));
        return;
    }
    bool link = tree_is(node, GUMBO_TAG_A) && tree_attribute(node, "href").n > 0;
    if (link && beside_wants(b, way, BESIDE_REL))
        beside_take(b, way, BESIDE_REL, beside_of_link(b, node));
    way = node->v.element.attributes.length == 0 ? PHRASE_NONE : beside_class(node);
    if (beside_wants(b, way, BESIDE_CLASS)) {
        const GumboNode *only = beside_only_link(node);
        title = only == NULL ? title : beside_of_link(b, only);
        if (only != NULL && title.n == 0)
            title = beside_of(b, node, &said);
        beside_take(b, way, BESIDE_CLASS, title);
    }
    if (link && (b->ranks[0] == BESIDE_NONE || b->ranks[1] == BESIDE_NONE)) {
        said = beside_says(node);
        if (beside_wants(b, said, BESIDE_TEXT))
            beside_take(b, said, BESIDE_TEXT, beside_of_link(b, node));
    }
}

void beside_find(const GumboNode *root, struct span title, struct arena *arena,
                 struct span *previous, struct span *next)
{
    struct beside b = {.arena = arena, .own = title, .ranks = {BESIDE_NONE, BESIDE_NONE}};
    for (const GumboNode *node = root; node != NULL;) {
        if (tree_is_element(node) && node->v.element.tag_namespace == GUMBO_NAMESPACE_HTML)
            beside_see(&b, node);
        node = tree_next(root, node, node->type != GUMBO_NODE_TEMPLATE);
    }
    *previous = b.titles[0];
    *next = b.titles[1];
}
