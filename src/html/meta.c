#include "html/meta.h"

#include "article/link.h"
#include "html/beside.h"
#include "html/byline.h"
#include "html/furniture.h"
#include "html/headline.h"
#include "html/jsonld.h"
#include "html/math.h"
#include "html/tree.h"
#include "html/value.h"

/* Scripts and headings that are looked at. */
#define META_SCRIPTS_MAX  32
#define META_HEADINGS_MAX 8

/* What meta elements tell. */
enum meta_field { META_TITLE, META_DATE, META_LANG, META_DESCRIPTION, META_SOURCE, META_SITE };
#define META_FIELDS 6

/* Names of meta elements, for each field the best first. */
static const struct meta_key {
    const char *name;
    enum meta_field field;
} meta_keys[] = {
    {"og:title", META_TITLE},
    {"twitter:title", META_TITLE},
    {"article:published_time", META_DATE},
    {"og:published_time", META_DATE},
    {"datePublished", META_DATE},
    {"date", META_DATE},
    {"dc.date.issued", META_DATE},
    {"dcterms.issued", META_DATE},
    {"dc.date", META_DATE},
    {"dcterms.date", META_DATE},
    {"pubdate", META_DATE},
    {"parsely-pub-date", META_DATE},
    {"sailthru.date", META_DATE},
    {"content-language", META_LANG},
    {"og:locale", META_LANG},
    {"og:description", META_DESCRIPTION},
    {"description", META_DESCRIPTION},
    {"twitter:description", META_DESCRIPTION},
    {"og:url", META_SOURCE},
    {"og:site_name", META_SITE},
    {"application-name", META_SITE},
};

#define META_KEYS (sizeof meta_keys / sizeof meta_keys[0])

/* What was found in the page; spans are borrowed from its tree. */
struct meta {
    struct span values[META_KEYS];
    struct span lang, canonical;
    const GumboNode *title;
    const GumboNode *headings[META_HEADINGS_MAX];
    const GumboNode *published; /* the <time> that says so, or the first beside the text */
    bool published_says;
    size_t heading_count, script_count;
    struct jsonld jsonld;
};

/* The words of an element that are read: no sign for a link to itself, nothing that is hidden. */
static void meta_put_words(const GumboNode *root, struct buf *out)
{
    for (const GumboNode *node = root; node != NULL;) {
        bool read = node == root || !(furniture_is_hidden(node) || furniture_is_back_link(node) ||
                                      math_is_annotation(node));
        buf_put(out, tree_text_of(node));
        if (tree_is(node, GUMBO_TAG_BR))
            buf_putc(out, ' ');
        node = tree_next(root, node, read);
    }
}

/* Text of an element as one line. */
static struct span meta_text(const GumboNode *node, struct arena *arena)
{
    struct span line = {NULL, 0};
    struct buf text;
    buf_init(&text, (size_t)VALUE_MAX * 8);
    meta_put_words(node, &text);
    if (buf_status(&text) == ST_OK)
        line = value_line(buf_span(&text), VALUE_MAX, arena);
    else if (buf_status(&text) == ST_NOMEM)
        arena->status = ST_NOMEM;
    buf_fini(&text);
    return line;
}

static bool meta_is_within(const GumboNode *node, GumboTag tag)
{
    while (node != NULL && !tree_is(node, tag))
        node = node->parent;
    return node != NULL;
}

/* Is it part of the article rather than of the site? */
static bool meta_in_article(const GumboNode *node)
{
    return (meta_is_within(node, GUMBO_TAG_ARTICLE) || meta_is_within(node, GUMBO_TAG_MAIN)) &&
           !meta_is_within(node, GUMBO_TAG_ASIDE);
}

static void meta_see_meta(struct meta *m, const GumboNode *node)
{
    static const char *const names[] = {"property", "name", "itemprop", "http-equiv"};
    struct span content = span_trim(tree_attribute(node, "content"));
    for (size_t i = 0; content.n > 0 && i < META_KEYS; i++) {
        for (size_t k = 0; m->values[i].p == NULL && k < sizeof names / sizeof names[0]; k++) {
            if (span_eq_nocase(tree_attribute(node, names[k]), span_of(meta_keys[i].name)))
                m->values[i] = content;
        }
    }
}

static void meta_see_script(struct meta *m, const GumboNode *node, struct arena *arena)
{
    struct span type = span_trim(tree_attribute(node, "type"));
    const GumboVector *children = tree_children(node);
    size_t end = span_find(type, 0, ';');
    if (!span_eq_nocase(span_trim(span_sub(type, 0, end)), SPAN("application/ld+json")) ||
        children->length == 0 || m->script_count == META_SCRIPTS_MAX)
        return;
    m->script_count++;
    jsonld_read(tree_text_of(children->data[0]), arena, &m->jsonld);
}

static void meta_see_time(struct meta *m, const GumboNode *node)
{
    bool says =
        tree_has_attribute(node, "pubdate") || tree_has_word(node, "itemprop", "datePublished") ||
        tree_has_word(node, "class", "published") || tree_has_word(node, "class", "dt-published") ||
        tree_has_word(node, "class", "entry-date");
    struct span when = tree_attribute(node, "datetime");
    if (when.n == 0 || m->published_says || (!says && m->published != NULL))
        return;
    bool beside = meta_in_article(node) || meta_is_within(node, GUMBO_TAG_HEADER);
    if (!says && (!beside || meta_is_within(node, GUMBO_TAG_ASIDE)))
        return;
    m->published = node;
    m->published_says = says;
}

static void meta_see(struct meta *m, const GumboNode *node, struct arena *arena)
{
    bool svg = tree_is_element(node) && node->v.element.tag_namespace != GUMBO_NAMESPACE_HTML;
    if (svg)
        return;
    if (tree_is(node, GUMBO_TAG_META)) {
        meta_see_meta(m, node);
    } else if (tree_is(node, GUMBO_TAG_SCRIPT)) {
        meta_see_script(m, node, arena);
    } else if (tree_is(node, GUMBO_TAG_TITLE)) {
        m->title = m->title == NULL ? node : m->title;
    } else if (tree_is(node, GUMBO_TAG_HTML)) {
        m->lang = tree_attribute(node, "lang");
        if (m->lang.n == 0)
            m->lang = tree_attribute(node, "xml:lang");
    } else if (tree_is(node, GUMBO_TAG_H1)) {
        if (m->heading_count < META_HEADINGS_MAX)
            m->headings[m->heading_count++] = node;
    } else if (tree_is(node, GUMBO_TAG_LINK)) {
        if (m->canonical.n == 0 && tree_has_word(node, "rel", "canonical"))
            m->canonical = tree_attribute(node, "href");
    } else if (tree_is(node, GUMBO_TAG_TIME)) {
        meta_see_time(m, node);
    }
}

/* The heading that the page's title is about, else, when it has no title, the first; those of the
 * article go before those of the site. */
static struct span meta_heading(const struct meta *m, struct span title, struct arena *arena)
{
    struct span best = {NULL, 0};
    bool best_inside = false;
    for (size_t i = 0; i < m->heading_count; i++) {
        struct span text = meta_text(m->headings[i], arena);
        bool inside = meta_in_article(m->headings[i]);
        if (text.n == 0 || (title.n > 0 && !headline_shares(title, text)))
            continue;
        if (best.n == 0 || (inside && !best_inside)) {
            best = text;
            best_inside = inside;
        }
    }
    return best;
}

/* The best value of a field that is one line. */
static struct span meta_best(const struct meta *m, enum meta_field field, size_t most,
                             struct arena *arena)
{
    struct span value = {NULL, 0};
    for (size_t i = 0; value.p == NULL && i < META_KEYS; i++) {
        if (meta_keys[i].field == field && m->values[i].n > 0)
            value = value_line(m->values[i], most, arena);
    }
    return value;
}

static struct span meta_title(const struct meta *m, struct arena *arena)
{
    struct span site = meta_best(m, META_SITE, VALUE_MAX, arena);
    struct span title = headline_without(m->jsonld.title, site);
    if (title.n == 0)
        title = headline_without(meta_best(m, META_TITLE, VALUE_MAX, arena), site);
    if (title.n > 0)
        return title;
    if (m->title != NULL)
        title = meta_text(m->title, arena);
    struct span heading = meta_heading(m, title, arena);
    bool is_site = heading.n > 0 && site.n > 0 && span_eq_nocase(heading, site);
    if (heading.n > 0 && !is_site)
        return heading;
    return headline_of(title, site, heading);
}

static struct span meta_date(const struct meta *m, struct arena *arena)
{
    struct span date = m->jsonld.date;
    for (size_t i = 0; date.p == NULL && i < META_KEYS; i++) {
        if (meta_keys[i].field == META_DATE && m->values[i].n > 0)
            date = value_date(m->values[i], arena);
    }
    if (date.p == NULL && m->published != NULL)
        date = value_date(tree_attribute(m->published, "datetime"), arena);
    return date;
}

static struct span meta_lang(const struct meta *m, struct arena *arena)
{
    struct span lang = value_lang(m->lang, arena);
    for (size_t i = 0; lang.p == NULL && i < META_KEYS; i++) {
        if (meta_keys[i].field == META_LANG)
            lang = value_lang(m->values[i], arena);
    }
    return lang.p == NULL ? m->jsonld.lang : lang;
}

/* An absolute address of a page, or absent. */
static struct span meta_address(struct span href, struct span base, struct arena *arena)
{
    struct buf url;
    struct span address = {NULL, 0};
    buf_init(&url, (size_t)LINK_URL_MAX * 4);
    bool resolved = href.n > 0 && link_resolve(href, base, LINK_RELATIVE_DROP, &url);
    struct span s = buf_span(&url);
    if (resolved && s.n <= VALUE_MAX &&
        (span_starts(s, SPAN("http://")) || span_starts(s, SPAN("https://")) ||
         span_starts(s, SPAN("gemini://"))))
        address = value_line(s, VALUE_MAX, arena);
    buf_fini(&url);
    return address;
}

static struct span meta_source(const struct meta *m, struct span base, struct arena *arena)
{
    struct span address = meta_address(m->canonical, base, arena);
    for (size_t i = 0; address.p == NULL && i < META_KEYS; i++) {
        if (meta_keys[i].field == META_SOURCE)
            address = meta_address(m->values[i], base, arena);
    }
    return address.p == NULL ? meta_address(m->jsonld.url, base, arena) : address;
}

static struct span meta_description(const struct meta *m, struct span title, struct arena *arena)
{
    struct span text = m->jsonld.description;
    if (text.n == 0 || span_eq(text, title))
        text = meta_best(m, META_DESCRIPTION, VALUE_PROSE_MAX, arena);
    return span_eq(text, title) ? (struct span){NULL, 0} : text;
}

static void meta_fill(struct span *field, struct span value, struct arena *arena)
{
    if (field->p == NULL && value.n > 0)
        *field = arena_copy(arena, value);
}

enum status meta_read(const GumboNode *root, struct span base, struct document *doc)
{
    struct meta m = {.title = NULL};
    struct arena *arena = &doc->arena;
    for (const GumboNode *node = root; node != NULL;) {
        meta_see(&m, node, arena);
        node = tree_next(root, node, node->type != GUMBO_NODE_TEMPLATE);
    }
    meta_fill(&doc->title, meta_title(&m, arena), arena);
    meta_fill(&doc->date, meta_date(&m, arena), arena);
    meta_fill(&doc->lang, meta_lang(&m, arena), arena);
    meta_fill(&doc->source, meta_source(&m, base, arena), arena);
    meta_fill(&doc->description, meta_description(&m, doc->title, arena), arena);
    meta_fill(&doc->author, m.jsonld.author, arena);
    if (doc->author.p == NULL)
        doc->author = byline_find(root, arena);
    struct span previous = {NULL, 0};
    struct span next = {NULL, 0};
    if (doc->previous.p == NULL || doc->next.p == NULL)
        beside_find(root, doc->title, arena, &previous, &next);
    meta_fill(&doc->previous, previous, arena);
    meta_fill(&doc->next, next, arena);
    return arena_status(arena) == ST_OK ? ST_OK : ST_NOMEM;
}
