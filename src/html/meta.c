#include "html/meta.h"

#include "article/clean.h"
#include "article/lang.h"
#include "article/link.h"
#include "core/clock.h"
#include "core/utf8.h"
#include "html/furniture.h"
#include "html/jsonld.h"
#include "html/neighbour.h"
#include "html/site_name.h"
#include "html/tree.h"

#define META_LINE_MAX  1000 /* bytes of a value of one line */
#define META_PROSE_MAX 5000
#define META_NAME_MAX  200 /* of an author who is found in the text */
#define META_H1_MAX    8   /* headings of level 1 that are compared with the title */

enum meta_slot {
    META_TITLE,
    META_SITE,
    META_AUTHOR,
    META_DATE,
    META_DESCRIPTION,
    META_URL,
    META_LANG,
    META_SLOTS,
};

struct meta_row {
    const char *name; /* of a meta element: its property, name or itemprop */
    enum meta_slot slot;
};

/* In the order in which they are believed. */
static const struct meta_row meta_rows[] = {
    {"og:title", META_TITLE},
    {"twitter:title", META_TITLE},
    {"dc.title", META_TITLE},
    {"headline", META_TITLE},
    {"og:site_name", META_SITE},
    {"application-name", META_SITE},
    {"author", META_AUTHOR},
    {"article:author", META_AUTHOR},
    {"parsely-author", META_AUTHOR},
    {"dc.creator", META_AUTHOR},
    {"dcterms.creator", META_AUTHOR},
    {"sailthru.author", META_AUTHOR},
    {"byl", META_AUTHOR},
    {"twitter:creator_name", META_AUTHOR},
    {"article:published_time", META_DATE},
    {"og:published_time", META_DATE},
    {"datepublished", META_DATE},
    {"parsely-pub-date", META_DATE},
    {"sailthru.date", META_DATE},
    {"pubdate", META_DATE},
    {"publish-date", META_DATE},
    {"publication_date", META_DATE},
    {"dc.date.issued", META_DATE},
    {"dcterms.date", META_DATE},
    {"dcterms.issued", META_DATE},
    {"dc.date", META_DATE},
    {"date", META_DATE},
    {"og:description", META_DESCRIPTION},
    {"description", META_DESCRIPTION},
    {"twitter:description", META_DESCRIPTION},
    {"dc.description", META_DESCRIPTION},
    {"og:url", META_URL},
    {"content-language", META_LANG},
    {"og:locale", META_LANG},
};

#define META_ROWS (sizeof meta_rows / sizeof meta_rows[0])

/* What was found on the way through the page; spans point into the tree or the arena. */
struct meta {
    struct document *doc;
    struct span base;
    struct jsonld ld;
    struct span best[META_SLOTS];
    size_t rank[META_SLOTS]; /* row of best; META_ROWS when there is none */
    struct span lang;        /* of the html element */
    struct span canonical;
    const GumboNode *title, *byline;
    const GumboNode *h1[META_H1_MAX]; /* the first ones */
    size_t h1_count;
    struct span time; /* of the first time element of the article */
};

/* A span without text is absent. */
static struct span meta_known(struct span s)
{
    return span_trim(s).n > 0 ? s : (struct span){NULL, 0};
}

/* Set a field of the document that is absent to a value, as one clean line. */
static void meta_set(struct meta *m, struct span *field, struct span raw, size_t max)
{
    struct buf clean;
    struct buf line;
    if (field->p != NULL || span_trim(raw).n == 0 || raw.n > max * 4)
        return;
    buf_init(&clean, raw.n * 9 + 1);
    buf_init(&line, raw.n * 9 + 1);
    if (clean_text(raw, "page", &clean, NULL) == ST_OK)
        clean_line(buf_span(&clean), &line);
    if (line.n > 0 && line.n <= max)
        *field = arena_copy(&m->doc->arena, buf_span(&line));
    buf_fini(&clean);
    buf_fini(&line);
}

/* The same with all text below a node. */
static void meta_set_text(struct meta *m, struct span *field, const GumboNode *node, size_t max)
{
    struct buf text;
    if (node == NULL)
        return;
    buf_init(&text, max * 4);
    tree_put_text(node, &text);
    if (buf_status(&text) == ST_OK)
        meta_set(m, field, buf_span(&text), max);
    buf_fini(&text);
}

static bool meta_is_url(struct span s)
{
    return span_starts(span_trim(s), SPAN("http://")) ||
           span_starts(span_trim(s), SPAN("https://"));
}

static void meta_element(struct meta *m, const GumboNode *node)
{
    static const char *const keys[] = {"property", "name", "itemprop", "http-equiv"};
    struct span content = meta_known(tree_attribute(node, "content"));
    for (size_t k = 0; content.p != NULL && k < sizeof keys / sizeof keys[0]; k++) {
        struct span name = span_trim(tree_attribute(node, keys[k]));
        for (size_t i = 0; name.n > 0 && i < META_ROWS; i++) {
            enum meta_slot slot = meta_rows[i].slot;
            bool wanted = i < m->rank[slot] && span_eq_nocase(name, span_of(meta_rows[i].name));
            if (!wanted || (slot == META_AUTHOR && meta_is_url(content)))
                continue;
            m->rank[slot] = i;
            m->best[slot] = content;
        }
    }
}

static void meta_script(struct meta *m, const GumboNode *script)
{
    const GumboVector *children = tree_children(script);
    struct span type = span_trim(tree_attribute(script, "type"));
    if (children->length == 1 && span_eq_nocase(type, SPAN("application/ld+json")))
        jsonld_read(tree_text_of(children->data[0]), &m->doc->arena, &m->ld);
}

/* Does an element of the body tell who wrote the article? */
static bool meta_is_byline(const GumboNode *node)
{
    static const char *const words[] = {"byline",        "author",       "author-name",
                                        "post-author",   "entry-author", "article__byline",
                                        "article-author"};
    if (tree_has_word(node, "rel", "author") || tree_has_word(node, "itemprop", "author"))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (tree_has_word(node, "class", words[i]))
            return true;
    }
    return false;
}

/* An element of the body; returns whether it is one that nobody sees. */
static bool meta_body_element(struct meta *m, const GumboNode *node)
{
    if (furniture_is_hidden(node))
        return true;
    if (tree_is(node, GUMBO_TAG_H1)) {
        if (m->h1_count < META_H1_MAX)
            m->h1[m->h1_count] = node;
        m->h1_count++;
    } else if (tree_is(node, GUMBO_TAG_TIME)) {
        struct span when = meta_known(tree_attribute(node, "datetime"));
        bool published =
            tree_has_attribute(node, "pubdate") || tree_has_word(node, "itemprop", "datePublished");
        if (when.p != NULL && (m->time.p == NULL || published))
            m->time = when;
    }
    if (m->byline == NULL && meta_is_byline(node))
        m->byline = node;
    return false;
}

static bool meta_look(struct meta *m, const GumboNode *node, bool in_body)
{
    if (tree_is(node, GUMBO_TAG_META)) {
        meta_element(m, node);
    } else if (tree_is(node, GUMBO_TAG_SCRIPT)) {
        meta_script(m, node);
    } else if (tree_is(node, GUMBO_TAG_HTML)) {
        m->lang = meta_known(tree_attribute(node, "lang"));
    } else if (tree_is(node, GUMBO_TAG_TITLE) && m->title == NULL && !in_body) {
        m->title = node;
    } else if (tree_is(node, GUMBO_TAG_LINK) && tree_has_word(node, "rel", "canonical")) {
        m->canonical = meta_known(tree_attribute(node, "href"));
    } else if (in_body && tree_is_element(node)) {
        return !meta_body_element(m, node);
    }
    return true;
}

static void meta_collect(struct meta *m, const GumboNode *root)
{
    bool in_body = false;
    for (const GumboNode *n = root; n != NULL;) {
        in_body = in_body || tree_is(n, GUMBO_TAG_BODY);
        n = tree_next(root, n, meta_look(m, n, in_body));
    }
}

/* The heading of level 1 that the title of the page begins with, or ends with, or the only one. */
static struct span meta_heading(struct meta *m, struct span title)
{
    struct span end = {NULL, 0};
    for (size_t i = 0; i < m->h1_count && i < META_H1_MAX; i++) {
        struct span heading = {NULL, 0};
        meta_set_text(m, &heading, m->h1[i], META_LINE_MAX);
        if (m->h1_count == 1 || (heading.n > 0 && span_starts(title, heading)))
            return heading;
        if (end.p == NULL && heading.n > 0 && span_ends(title, heading))
            end = heading;
    }
    return end;
}

/* The title of the page: what it is called without the name of the site. */
static void meta_title(struct meta *m)
{
    struct document *doc = m->doc;
    struct span heading = {NULL, 0};
    struct span whole = {NULL, 0};
    struct span site = {NULL, 0};
    bool guess = false;
    if (doc->title.p != NULL)
        return;
    meta_set(m, &site, m->best[META_SITE], META_LINE_MAX);
    meta_set(m, &whole, m->ld.title, META_LINE_MAX);
    meta_set(m, &whole, m->best[META_TITLE], META_LINE_MAX);
    if (whole.p == NULL) {
        meta_set_text(m, &whole, m->title, META_LINE_MAX);
        guess = true;
    }
    heading = meta_heading(m, whole);
    doc->title = site_name_cut(whole, site, heading, guess);
    if (doc->title.n == 0)
        doc->title = heading;
}

/* An ISO 8601 date at the beginning of a value, with or without its dashes. */
static void meta_date(struct meta *m, struct span raw)
{
    char dashed[11];
    struct span value = span_trim(raw);
    bool compact = value.n >= 8;
    for (size_t i = 0; compact && i < 8; i++)
        compact = ascii_digit(value.p[i]);
    if (compact) {
        const char *p = value.p;
        const char spread[] = {p[0], p[1], p[2], p[3], '-', p[4], p[5], '-', p[6], p[7], '\0'};
        for (size_t i = 0; i < sizeof dashed; i++)
            dashed[i] = spread[i];
        value = span_of(dashed);
    }
    bool ends = value.n == 10 || (value.n > 10 && !ascii_digit(value.p[10]));
    if (m->doc->date.p == NULL && ends && clock_is_date(span_sub(value, 0, 10)))
        m->doc->date = arena_copy(&m->doc->arena, span_sub(value, 0, 10));
}

static void meta_lang(struct meta *m, struct span raw)
{
    char tag[64];
    struct span value = span_trim(raw);
    if (m->doc->lang.p != NULL || value.n >= sizeof tag)
        return;
    for (size_t i = 0; i < value.n; i++)
        tag[i] = value.p[i] == '_' ? '-' : value.p[i];
    if (lang_is_tag((struct span){tag, value.n}))
        m->doc->lang = arena_copy(&m->doc->arena, (struct span){tag, value.n});
}

/* The words before a name: "By Jo Reed". */
static struct span meta_name(struct span line)
{
    static const char *const words[] = {"Written by ", "Posted by ", "by ",     "von ",   "par ",
                                        "por ",        "di ",        "av ",     "door ",  "текст: ",
                                        "автор: ",     "author: ",   "autor: ", "作者：", "文／",
                                        "بقلم ",       "بقلم: ",     "מאת "};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct span word = span_of(words[i]);
        if (line.n > word.n && span_eq_nocase(span_sub(line, 0, word.n), word))
            return utf8_trim(span_sub(line, word.n, line.n));
    }
    return line;
}

/* The author whom the text of the page names, if it is a name and nothing else. */
static void meta_byline(struct meta *m)
{
    struct span line = {NULL, 0};
    if (m->doc->author.p != NULL || m->byline == NULL)
        return;
    meta_set_text(m, &line, m->byline, META_NAME_MAX);
    struct span name = meta_name(line);
    bool digits = false;
    for (size_t i = 0; i < name.n; i++)
        digits = digits || ascii_digit(name.p[i]) || name.p[i] == '|' || name.p[i] == '@';
    if (name.n > 0 && !digits && utf8_length(name) <= 100 && !span_ends(name, SPAN(".")))
        m->doc->author = name;
}

static void meta_source(struct meta *m)
{
    const struct span urls[] = {m->canonical, m->best[META_URL], m->ld.url};
    struct buf url;
    buf_init(&url, LINK_URL_MAX);
    for (size_t i = 0; m->doc->source.p == NULL && i < sizeof urls / sizeof urls[0]; i++) {
        buf_clear(&url);
        if (urls[i].p != NULL && link_resolve(urls[i], m->base, LINK_RELATIVE_DROP, &url) &&
            url.n <= META_LINE_MAX)
            m->doc->source = arena_copy(&m->doc->arena, buf_span(&url));
    }
    buf_fini(&url);
}

enum status meta_read(const GumboNode *root, struct span base, struct document *doc)
{
    struct meta m = {.doc = doc, .base = base};
    for (size_t i = 0; i < META_SLOTS; i++)
        m.rank[i] = META_ROWS;
    meta_collect(&m, root);
    meta_title(&m);
    meta_set(&m, &doc->author, m.ld.author, META_LINE_MAX);
    meta_set(&m, &doc->author, m.best[META_AUTHOR], META_LINE_MAX);
    meta_byline(&m);
    meta_date(&m, m.ld.date);
    meta_date(&m, m.best[META_DATE]);
    meta_date(&m, m.time);
    meta_lang(&m, m.lang);
    meta_lang(&m, m.best[META_LANG]);
    meta_lang(&m, m.ld.lang);
    meta_set(&m, &doc->description, m.ld.description, META_PROSE_MAX);
    meta_set(&m, &doc->description, m.best[META_DESCRIPTION], META_PROSE_MAX);
    if (doc->description.p != NULL && span_eq_nocase(doc->description, doc->title))
        doc->description = (struct span){NULL, 0};
    meta_source(&m);
    neighbour_find(root, doc);
    return arena_status(&doc->arena);
}
