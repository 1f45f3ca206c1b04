#include "html/furniture.h"

#include <string.h>

#include "core/utf8.h"
#include "html/furniture_names.h"
#include "html/measure.h"
#include "html/naming.h"
#include "html/tree.h"
#include "html/weigh.h"
#include "prose/words.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Weight of what is short: share bars, "Follow us". */
#define FURNITURE_SHORT_MAX 200
/* Weight of a text that shows that the page has some beside an element, alone and together. */
#define FURNITURE_TEXT        40
#define FURNITURE_TEXT_BESIDE 200

/* Nodes and bytes of an element whose text may be a label. */
#define FURNITURE_LINE_NODES 40
#define FURNITURE_LABEL_MAX  64
/* Most characters of a byline, words of a sentence in it, and bytes that are looked at. */
#define FURNITURE_BYLINE_MAX       200
#define FURNITURE_BYLINE_WORDS_MAX 15
#define FURNITURE_BYLINE_BYTES     1000

/* --- what is never shown --- */

/* Is the declaration "name: value", whatever the blanks, the case and the importance? */
static bool furniture_declares(struct span declaration, struct span name, struct span value)
{
    size_t colon = span_find(declaration, 0, ':');
    struct span said = span_trim(span_sub(declaration, colon + 1, declaration.n));
    said = span_trim(span_sub(said, 0, span_find(said, 0, '!')));
    return span_eq_nocase(span_trim(span_sub(declaration, 0, colon)), name) &&
           span_eq_nocase(said, value);
}

static bool furniture_style_hides(const GumboNode *node)
{
    struct span style = tree_attribute(node, "style");
    while (style.n > 0) {
        size_t end = span_find(style, 0, ';');
        struct span declaration = span_sub(style, 0, end);
        if (furniture_declares(declaration, SPAN("display"), SPAN("none")) ||
            furniture_declares(declaration, SPAN("visibility"), SPAN("hidden")))
            return true;
        style = span_sub(style, end + 1, style.n);
    }
    return false;
}

static bool furniture_class_hides(const GumboNode *node)
{
    static const char *const classes[] = {
        "a11y-hidden",       "element-invisible",   "print-only",
        "printonly",         "screen-reader-only",  "screen-reader-text",
        "screenreader-only", "show-for-sr",         "sr-only",
        "u-visually-hidden", "visible-print-block", "visually-hidden",
        "visuallyhidden",    "visualhidden",
    };
    if (!tree_has_attribute(node, "class"))
        return false;
    for (size_t i = 0; i < COUNT(classes); i++) {
        if (tree_has_word(node, "class", classes[i]))
            return true;
    }
    return false;
}

/* A drawing or a plugin: does it hold text that is shown, not only its title? */
static bool furniture_is_mute(const GumboNode *root)
{
    size_t seen = 0;
    for (const GumboNode *node = root; node != NULL && seen < MEASURE_NODES_MAX; seen++) {
        bool title = tree_is(node, GUMBO_TAG_TITLE) || tree_is(node, GUMBO_TAG_DESC) ||
                     tree_is(node, GUMBO_TAG_STYLE) || tree_is(node, GUMBO_TAG_SCRIPT);
        if (span_trim(tree_text_of(node)).n > 0)
            return false;
        node = tree_next(root, node, !title);
    }
    return true;
}

static bool furniture_is_heading(const GumboNode *node)
{
    static const GumboTag tags[] = {GUMBO_TAG_H1, GUMBO_TAG_H2, GUMBO_TAG_H3,     GUMBO_TAG_H4,
                                    GUMBO_TAG_H5, GUMBO_TAG_H6, GUMBO_TAG_SUMMARY};
    for (size_t i = 0; node != NULL && i < COUNT(tags); i++) {
        if (tree_is(node, tags[i]))
            return true;
    }
    return false;
}

/* Elements that are hidden wherever they are; a button that opens a part of the page by its heading
 * is that heading, and stays.  In noscript stands what a page shows where scripts
 * do not run: mostly the same images again that are loaded late, or a request to run scripts. */
/* Is the button a whole heading, which folds and unfolds what stands below it? */
static bool furniture_is_folding(const GumboNode *button)
{
    const GumboNode *block = weigh_block_of(button);
    struct measure others; /* texts of the heading: those of buttons are not counted */
    if (!furniture_is_heading(block))
        return false;
    measure_take(block, &others);
    return others.text == 0;
}

static bool furniture_tag_hides(const GumboNode *node)
{
    static const bool hidden[GUMBO_TAG_LAST + 1] = {
        [GUMBO_TAG_HEAD] = true,     [GUMBO_TAG_TITLE] = true,    [GUMBO_TAG_META] = true,
        [GUMBO_TAG_LINK] = true,     [GUMBO_TAG_BASE] = true,     [GUMBO_TAG_SCRIPT] = true,
        [GUMBO_TAG_STYLE] = true,    [GUMBO_TAG_TEMPLATE] = true, [GUMBO_TAG_NOSCRIPT] = true,
        [GUMBO_TAG_INPUT] = true,    [GUMBO_TAG_SELECT] = true,   [GUMBO_TAG_OPTION] = true,
        [GUMBO_TAG_OPTGROUP] = true, [GUMBO_TAG_DATALIST] = true, [GUMBO_TAG_TEXTAREA] = true,
        [GUMBO_TAG_NOEMBED] = true,
    };
    if (hidden[node->v.element.tag])
        return true;
    if (tree_is(node, GUMBO_TAG_BUTTON))
        return !furniture_is_folding(node);
    if (tree_is(node, GUMBO_TAG_TD))
        return furniture_is_gutter(node);
    if (tree_is(node, GUMBO_TAG_SVG) || tree_is(node, GUMBO_TAG_CANVAS) ||
        tree_is(node, GUMBO_TAG_OBJECT))
        return furniture_is_mute(node);
    return tree_is_named(node, "dialog") && !tree_has_attribute(node, "open");
}

bool furniture_is_hidden(const GumboNode *node)
{
    if (!tree_is_element(node))
        return false;
    /* Scripts that fight flicker hide the page until they have run. */
    if (tree_is(node, GUMBO_TAG_HTML) || tree_is(node, GUMBO_TAG_BODY))
        return false;
    if (furniture_tag_hides(node) || tree_has_attribute(node, "hidden") ||
        furniture_style_hides(node) || furniture_class_hides(node))
        return true;
    if (!span_eq_nocase(span_trim(tree_attribute(node, "aria-hidden")), SPAN("true")))
        return false;
    /* Saved with a dialog open, a page is hidden behind it. */
    struct measure m;
    measure_take(node, &m);
    return !m.cut && !measure_is_prose(&m);
}

bool furniture_is_back_link(const GumboNode *node)
{
    static const char *const arrows[] = {"↩", "↑", "^", "↩︎", "⏎", "↵", "§", "¶", "#", "🔗"};
    if (tree_has_word(node, "class", "mw-cite-backlink"))
        return true;
    if (!tree_is(node, GUMBO_TAG_A) || !span_starts(tree_attribute(node, "href"), SPAN("#")))
        return false;
    const GumboVector *children = tree_children(node);
    struct span text = children->length == 1 ? tree_text_of(children->data[0]) : SPAN("");
    for (size_t i = 0; i < sizeof arrows / sizeof arrows[0]; i++) {
        if (span_eq(span_trim(text), span_of(arrows[i])))
            return true;
    }
    return tree_has_word(node, "role", "doc-backlink");
}

/* --- what stands around an element --- */

static bool furniture_is_within(const GumboNode *node, const GumboTag *tags, size_t count)
{
    for (const GumboNode *around = node->parent; around != NULL; around = around->parent) {
        for (size_t i = 0; i < count; i++) {
            if (tree_is(around, tags[i]))
                return true;
        }
    }
    return false;
}

/* The node before this one in document order, its own ancestors left out; NULL at the start. */
static const GumboNode *furniture_before(const GumboNode *node)
{
    while (node->parent != NULL && node->index_within_parent == 0)
        node = node->parent;
    if (node->parent == NULL)
        return NULL;
    node = tree_children(node->parent)->data[node->index_within_parent - 1];
    for (const GumboVector *inner = tree_children(node); inner != NULL && inner->length > 0;
         inner = tree_children(node))
        node = inner->data[inner->length - 1];
    return node;
}

/* Weight of a text that is long enough to be part of an article. */
static size_t furniture_text_weight(const GumboNode *node)
{
    struct weigh w = {0};
    struct span text = tree_text_of(node);
    if (text.n < FURNITURE_TEXT || node->parent == NULL || weigh_is_skipped(node->parent))
        return 0;
    for (const GumboNode *around = node->parent; around != NULL && weigh_is_inline(around);
         around = around->parent) {
        if (tree_is_link(around))
            return 0;
    }
    weigh_add(&w, text, false);
    return w.text >= FURNITURE_TEXT ? w.text : 0;
}

static size_t furniture_weight_before(const GumboNode *node, size_t enough)
{
    size_t weight = 0;
    size_t seen = 0;
    const GumboNode *at = furniture_before(node);
    for (; at != NULL && weight < enough && seen < MEASURE_NODES_MAX; seen++) {
        weight += furniture_text_weight(at);
        at = furniture_before(at);
    }
    return weight;
}

static size_t furniture_weight_after(const GumboNode *node, size_t enough)
{
    const GumboNode *top = node;
    while (top->parent != NULL)
        top = top->parent;
    size_t weight = 0;
    size_t seen = 0;
    const GumboNode *at = tree_next(top, node, false);
    for (; at != NULL && weight < enough && seen < MEASURE_NODES_MAX; seen++) {
        weight += furniture_text_weight(at);
        at = tree_next(top, at, !weigh_is_skipped(at));
    }
    return weight;
}

static bool furniture_has_beside(const GumboNode *node)
{
    size_t before = furniture_weight_before(node, FURNITURE_TEXT_BESIDE);
    return before >= FURNITURE_TEXT_BESIDE ||
           before + furniture_weight_after(node, FURNITURE_TEXT_BESIDE - before) >=
               FURNITURE_TEXT_BESIDE;
}

/* The nearest sibling that is no white space or comment; step is 1 or -1. */
static const GumboNode *furniture_sibling(const GumboNode *node, int step)
{
    const GumboVector *all = node->parent == NULL ? NULL : tree_children(node->parent);
    if (all == NULL)
        return NULL;
    size_t i = node->index_within_parent;
    for (size_t seen = 0; seen < 8; seen++) {
        if (step < 0 ? i == 0 : i + 1 >= all->length)
            return NULL;
        i = step < 0 ? i - 1 : i + 1;
        const GumboNode *sibling = all->data[i];
        if (sibling->type != GUMBO_NODE_WHITESPACE && sibling->type != GUMBO_NODE_COMMENT)
            return sibling;
    }
    return NULL;
}

static bool furniture_is_break(const GumboNode *node)
{
    return node == NULL ||
           (tree_is_element(node) && (tree_is(node, GUMBO_TAG_BR) || !weigh_is_inline(node)));
}

/* Is it no part of a line of text? */
static bool furniture_is_alone(const GumboNode *node)
{
    return furniture_is_break(furniture_sibling(node, -1)) &&
           furniture_is_break(furniture_sibling(node, 1));
}

static bool furniture_is_among_paragraphs(const GumboNode *node)
{
    const GumboNode *before = furniture_sibling(node, -1);
    const GumboNode *after = furniture_sibling(node, 1);
    return (before != NULL && tree_is(before, GUMBO_TAG_P)) ||
           (after != NULL && tree_is(after, GUMBO_TAG_P));
}

/* --- furniture --- */

/* Lines that are furniture by what they say. */
static bool furniture_is_label(struct span line)
{
    static const char *const labels[] = {
        "advertisement",
        "advertisements",
        "advertisement - continue reading below",
        "advertisement - scroll to continue",
        "anzeige",
        "article continues after advertisement",
        "article continues below advertisement",
        "back to top",
        "click here to subscribe",
        "continue reading below",
        "continue reading the main story",
        "copy link",
        "email this article",
        "get a summary",
        "jump to navigation",
        "leave a comment",
        "no time to read",
        "no time to read? get a summary",
        "print this article",
        "print this page",
        "share this",
        "share this article",
        "share this page",
        "share this post",
        "share this story",
        "skip advertisement",
        "skip to content",
        "skip to main content",
        "sponsored content",
        "story continues below advertisement",
        "広告",
        "广告",
        "реклама",
        "إعلان",
    };
    while (line.n > 0 && strchr(".:?!", line.p[line.n - 1]) != NULL)
        line.n--;
    for (size_t i = 0; i < COUNT(labels); i++) {
        if (span_eq_nocase(line, span_of(labels[i])))
            return true;
    }
    return false;
}

/* Text of one line. */
struct line {
    char text[FURNITURE_BYLINE_BYTES];
    size_t n, size;
};

static bool line_put(struct line *line, char c)
{
    bool blank = (unsigned char)c <= ' ';
    if (blank && (line->n == 0 || line->text[line->n - 1] == ' '))
        return true;
    if (line->n == line->size)
        return false;
    line->text[line->n++] = blank ? ' ' : c;
    return true;
}

/* Take the text of an element as one line; false when it is longer than `size`. */
static bool line_take(struct line *line, const GumboNode *root, size_t size)
{
    size_t seen = 0;
    line->n = 0;
    line->size = size;
    for (const GumboNode *node = root; node != NULL;) {
        struct span text = tree_text_of(node);
        bool good = ++seen <= FURNITURE_LINE_NODES;
        for (size_t i = 0; good && i < text.n; i++)
            good = line_put(line, text.p[i]);
        if (tree_is_element(node) && (tree_is(node, GUMBO_TAG_BR) || !weigh_is_inline(node)))
            good = good && line_put(line, ' ');
        if (!good)
            return false;
        node = tree_next(root, node, !weigh_is_skipped(node));
    }
    line->n -= line->n > 0 && line->text[line->n - 1] == ' ';
    return true;
}

/* Labels are paragraphs, or alone in what is none: a cell, an item or a heading that says
 * "Advertising" belongs to its table, list or chapter. */
static bool furniture_is_labelled(const GumboNode *node)
{
    static const GumboTag tags[] = {GUMBO_TAG_P, GUMBO_TAG_DIV, GUMBO_TAG_SECTION, GUMBO_TAG_ASIDE,
                                    GUMBO_TAG_CENTER};
    static const GumboTag around[] = {GUMBO_TAG_DIV, GUMBO_TAG_SECTION, GUMBO_TAG_ARTICLE,
                                      GUMBO_TAG_MAIN, GUMBO_TAG_BODY};
    struct line line;
    bool inside = weigh_is_inline(node);
    const GumboNode *parent = node->parent;
    bool fits = false;
    for (size_t i = 0; i < COUNT(tags); i++)
        fits = fits ||
               (inside ? parent != NULL && tree_is(parent, around[i]) : tree_is(node, tags[i]));
    return fits && (!inside || furniture_is_alone(node)) &&
           line_take(&line, node, FURNITURE_LABEL_MAX) &&
           furniture_is_label((struct span){line.text, line.n});
}

static bool furniture_goes(const GumboNode *node, enum furniture_grade grade)
{
    struct measure m;
    measure_take(node, &m);
    bool prose = m.cut || measure_is_prose(&m);
    if (grade == FURNITURE_AFTER)
        return !prose || furniture_weight_before(node, FURNITURE_TEXT) > 0;
    if (m.h1)
        return false;
    if (grade == FURNITURE_BESIDE)
        return !prose || furniture_has_beside(node);
    if (prose || grade == FURNITURE_BOX)
        return !prose;
    bool small = grade == FURNITURE_SHORT && m.prose == 0 && m.text <= FURNITURE_SHORT_MAX;
    return small || measure_is_links(&m);
}

static bool furniture_is_header(const GumboNode *node)
{
    static const GumboTag holders[] = {GUMBO_TAG_ARTICLE, GUMBO_TAG_MAIN, GUMBO_TAG_SECTION,
                                       GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_FIGURE};
    struct measure m;
    if (furniture_is_within(node, holders, COUNT(holders)))
        return false;
    measure_take(node, &m);
    if (measure_is_prose(&m))
        return false;
    /* A heading alone is the article's where its page has no <article>. */
    return !m.heading || m.nav || furniture_is_masthead(node);
}

static bool furniture_is_footer(const GumboNode *node)
{
    static const GumboTag quotes[] = {GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_FIGURE};
    struct measure m;
    if (furniture_is_apparatus(node) || furniture_is_within(node, quotes, COUNT(quotes)))
        return false;
    measure_take(node, &m);
    return !m.cite && !measure_is_prose(&m);
}

/* An aside in the run of the text is a quote pulled out or a box of it; elsewhere, a sidebar. */
static bool furniture_is_aside(const GumboNode *node)
{
    static const GumboTag article[] = {GUMBO_TAG_ARTICLE};
    struct measure m;
    if (furniture_is_apparatus(node))
        return false;
    measure_take(node, &m);
    if (measure_is_prose(&m) || m.h1)
        return false;
    return m.cut || measure_is_links(&m) ||
           !(furniture_is_within(node, article, 1) || furniture_is_among_paragraphs(node));
}

/* Old pages stand whole in one form, so that a button works anywhere. */
static bool furniture_is_form(const GumboNode *node)
{
    struct measure m;
    measure_take(node, &m);
    return !m.cut && !m.h1 && !measure_is_prose(&m) && furniture_has_beside(node);
}

static bool furniture_is_role(const GumboNode *node, const char *role)
{
    return span_eq_nocase(span_trim(tree_attribute(node, "role")), span_of(role));
}

static bool furniture_is_by_tag(const GumboNode *node)
{
    struct measure m;
    if (tree_is(node, GUMBO_TAG_NAV) || furniture_is_role(node, "navigation")) {
        measure_take(node, &m);
        return !measure_is_prose(&m); /* one that nobody closed holds the page */
    }
    if (tree_is(node, GUMBO_TAG_HEADER) || furniture_is_role(node, "banner"))
        return furniture_is_header(node);
    if (tree_is(node, GUMBO_TAG_FOOTER) || furniture_is_role(node, "contentinfo"))
        return furniture_is_footer(node);
    if (tree_is(node, GUMBO_TAG_ASIDE) || furniture_is_role(node, "complementary"))
        return furniture_is_aside(node);
    if (tree_is(node, GUMBO_TAG_FORM))
        return furniture_is_form(node);
    if (furniture_is_role(node, "dialog") || furniture_is_role(node, "alertdialog"))
        return furniture_goes(node, FURNITURE_BESIDE);
    if (furniture_is_role(node, "search") || furniture_is_role(node, "toolbar") ||
        furniture_is_role(node, "menu") || furniture_is_role(node, "menubar"))
        return furniture_goes(node, FURNITURE_SHORT);
    return false;
}

/* What is text whatever it is called: the page and its article, headings, words in a line. */
static bool furniture_is_never(const GumboNode *node)
{
    static const bool never[GUMBO_TAG_LAST + 1] = {
        [GUMBO_TAG_HTML] = true,       [GUMBO_TAG_BODY] = true,       [GUMBO_TAG_MAIN] = true,
        [GUMBO_TAG_ARTICLE] = true,    [GUMBO_TAG_BR] = true,         [GUMBO_TAG_PRE] = true,
        [GUMBO_TAG_BLOCKQUOTE] = true, [GUMBO_TAG_FIGCAPTION] = true, [GUMBO_TAG_H1] = true,
        [GUMBO_TAG_H2] = true,         [GUMBO_TAG_H3] = true,         [GUMBO_TAG_H4] = true,
        [GUMBO_TAG_H5] = true,         [GUMBO_TAG_H6] = true,
    };
    return never[node->v.element.tag];
}

/* In source text, names tell what the words are: class=comment. */
static bool furniture_is_source(const GumboNode *node)
{
    static const GumboTag sources[] = {GUMBO_TAG_PRE, GUMBO_TAG_CODE, GUMBO_TAG_SAMP};
    return furniture_is_within(node, sources, COUNT(sources));
}

static bool furniture_is_named(const GumboNode *node)
{
    enum furniture_grade grade = furniture_grade(node);
    return grade != FURNITURE_NOT && !furniture_is_source(node) && furniture_goes(node, grade);
}

/* Elements within a line are judged by their names only where nothing of a sentence is lost. */
static bool furniture_is_judged(const GumboNode *node)
{
    if (!weigh_is_inline(node))
        return true;
    return (tree_is(node, GUMBO_TAG_SPAN) || tree_is(node, GUMBO_TAG_A)) &&
           (furniture_is_heading(weigh_block_of(node)) || furniture_is_alone(node));
}

bool furniture_is(const GumboNode *node)
{
    if (!tree_is_element(node) || furniture_is_never(node))
        return false;
    return furniture_is_by_tag(node) || furniture_is_labelled(node) ||
           (furniture_is_judged(node) && furniture_is_named(node));
}

/* --- bylines --- */

static bool furniture_is_byline_name(const GumboNode *node)
{
    static const char *const phrases[] = {
        "article-date", "article-info", "article-meta", "author",     "authors",
        "byline",       "by-line",      "dateline",     "entry-date", "entry-meta",
        "post-date",    "post-meta",    "posted-by",    "posted-on",  "pub-date",
        "pubdate",      "publish-date", "published",    "timestamp",
    };
    struct naming n;
    naming_begin(&n, node);
    while (naming_next(&n)) {
        if (naming_has_any(&n, phrases, COUNT(phrases)))
            return true;
    }
    return false;
}

static bool furniture_is_byline_mark(const GumboNode *node)
{
    return tree_is(node, GUMBO_TAG_TIME) || tree_has_word(node, "rel", "author") ||
           tree_has_word(node, "itemprop", "author") ||
           tree_has_word(node, "itemprop", "datePublished") ||
           tree_has_word(node, "itemprop", "dateModified");
}

/* Does the line hold a whole sentence that is too long for "By so and so of the Daily."? */
static bool furniture_has_sentence(struct span line)
{
    size_t start = 0;
    for (size_t i = 0; i < line.n; i++) {
        struct span rest = span_sub(line, i, line.n);
        if (strchr(".!?", line.p[i]) == NULL && !span_starts(rest, SPAN("。")) &&
            !span_starts(rest, SPAN("؟")))
            continue;
        if (words_count(span_sub(line, start, i)) > FURNITURE_BYLINE_WORDS_MAX)
            return true;
        start = i;
    }
    return false;
}

bool furniture_is_byline(const GumboNode *node)
{
    struct line line;
    if (!tree_is_element(node) || furniture_is_never(node))
        return false;
    if (!furniture_is_byline_mark(node) && !furniture_is_byline_name(node))
        return false;
    if (!line_take(&line, node, sizeof line.text))
        return false;
    struct span text = {line.text, line.n};
    return utf8_length(text) <= FURNITURE_BYLINE_MAX && !furniture_has_sentence(text);
}
