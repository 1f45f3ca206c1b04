#include "html/byline.h"

#include "core/utf8.h"
#include "html/tree.h"
#include "html/value.h"
#include "prose/words.h"

/* A longer byline says more than a name. */
#define BYLINE_MAX   100
#define BYLINE_WORDS 12
/* Elements of a kind that are tried. */
#define BYLINE_TRIES 8

/* Names of meta elements, the best first. */
static const char *const byline_metas[] = {
    "author", "article:author", "dc.creator",      "dcterms.creator",
    "byl",    "parsely-author", "sailthru.author", "citation_author"};

#define METAS (sizeof byline_metas / sizeof byline_metas[0])

/* Words in front of a name; a name begins with a capital letter. */
static const char *const byline_words[] = {"by",
                                           "von",
                                           "par",
                                           "por",
                                           "di",
                                           "\xd0\xb0\xd0\xb2\xd1\x82\xd0\xbe\xd1\x80",
                                           "text",
                                           "words",
                                           "author",
                                           "\xd0\x90\xd0\xb2\xd1\x82\xd0\xbe\xd1\x80",
                                           "\xe4\xbd\x9c\xe8\x80\x85",
                                           "\xe6\x96\x87",
                                           "\xd8\xa8\xd9\x82\xd9\x84\xd9\x85"};

/* Where a name ends: a date or the time that it takes to read follows. */
static const char *const byline_ends[] = {
    " | ", " \xc2\xb7 ", " \xe2\x80\xa2 ", " \xe2\x80\x93 ", " \xe2\x80\x94 ", " / ", " - "};

/* Elements that may name an author, from the surest kind on. */
enum byline_kind { BYLINE_REL, BYLINE_ITEM, BYLINE_CLASS, BYLINE_KINDS };

struct byline {
    struct span metas[METAS]; /* borrowed from the tree */
    const GumboNode *nodes[BYLINE_KINDS][BYLINE_TRIES];
    size_t counts[BYLINE_KINDS];
};

/* A capital letter, or one of a script that has none. */
static bool byline_begins_name(struct span s)
{
    return s.n > 0 && ((s.p[0] >= 'A' && s.p[0] <= 'Z') || (unsigned char)s.p[0] >= 0x80);
}

/* Without the leading word. */
static struct span byline_unword(struct span line)
{
    for (size_t i = 0; i < sizeof byline_words / sizeof byline_words[0]; i++) {
        struct span word = span_of(byline_words[i]);
        struct span rest = span_sub(line, word.n, line.n);
        if (!span_eq_nocase(span_sub(line, 0, word.n), word) || rest.n == 0)
            continue;
        bool colon = rest.p[0] == ':' || span_starts(rest, SPAN("\xef\xbc\x9a"));
        struct span name =
            utf8_trim(span_sub(rest, colon ? (rest.p[0] == ':' ? 1 : 3) : 0, rest.n));
        bool apart = colon || name.p != rest.p;
        if (apart && byline_begins_name(name))
            return name;
    }
    return line;
}

static bool byline_is_url(struct span s)
{
    return span_starts(s, SPAN("http://")) || span_starts(s, SPAN("https://")) ||
           span_starts(s, SPAN("www.")) || span_starts(s, SPAN("/")) || span_starts(s, SPAN("@"));
}

/* A name out of a line; absent when it reads like something else. */
static struct span byline_name(struct span line)
{
    line = byline_unword(line);
    size_t end = line.n;
    for (size_t at = 0; at < end; at++) {
        for (size_t i = 0; i < sizeof byline_ends / sizeof byline_ends[0]; i++) {
            if (span_starts(span_sub(line, at, line.n), span_of(byline_ends[i])) && at < end)
                end = at;
        }
    }
    line = utf8_trim(span_sub(line, 0, end));
    bool digit = false;
    for (size_t i = 0; i < line.n; i++)
        digit = digit || ascii_digit(line.p[i]);
    bool sentence = span_ends(line, SPAN("!")) || span_ends(line, SPAN("?")) ||
                    span_ends(line, SPAN(":")) || words_count(line) > BYLINE_WORDS;
    bool bad = digit || sentence || byline_is_url(line) || utf8_length(line) > BYLINE_MAX;
    return bad || line.n == 0 ? (struct span){NULL, 0} : line;
}

/* Is it about the article itself: neither in its comments nor beside it? */
static bool byline_in_article(const GumboNode *node)
{
    bool inside = false;
    for (; node != NULL; node = node->parent) {
        inside = inside || tree_is(node, GUMBO_TAG_ARTICLE) || tree_is(node, GUMBO_TAG_MAIN) ||
                 tree_is(node, GUMBO_TAG_HEADER) || tree_is(node, GUMBO_TAG_BODY);
        if (tree_is(node, GUMBO_TAG_ASIDE) || tree_is(node, GUMBO_TAG_NAV) ||
            tree_is(node, GUMBO_TAG_FOOTER) || tree_has_part(node, "class", "comment") ||
            tree_has_part(node, "class", "comments") || tree_has_part(node, "id", "comments") ||
            tree_has_part(node, "class", "related"))
            return false;
    }
    return inside;
}

static void byline_see(struct byline *b, const GumboNode *node)
{
    enum byline_kind kind = BYLINE_KINDS;
    if (!tree_is_element(node) || node->v.element.attributes.length == 0)
        return;
    if (tree_is(node, GUMBO_TAG_META)) {
        struct span content = span_trim(tree_attribute(node, "content"));
        for (size_t i = 0; i < METAS; i++) {
            struct span name = span_of(byline_metas[i]);
            if (b->metas[i].n == 0 && !byline_is_url(content) &&
                (span_eq_nocase(tree_attribute(node, "name"), name) ||
                 span_eq_nocase(tree_attribute(node, "property"), name) ||
                 span_eq_nocase(tree_attribute(node, "itemprop"), name)))
                b->metas[i] = content;
        }
        return;
    }
    if (tree_is(node, GUMBO_TAG_A) && tree_has_word(node, "rel", "author"))
        kind = BYLINE_REL;
    else if (tree_has_word(node, "itemprop", "author"))
        kind = BYLINE_ITEM;
    else if (tree_has_part(node, "class", "byline") || tree_has_part(node, "id", "byline") ||
             tree_has_part(node, "class", "author"))
        kind = BYLINE_CLASS;
    if (kind != BYLINE_KINDS && b->counts[kind] < BYLINE_TRIES && byline_in_article(node))
        b->nodes[kind][b->counts[kind]++] = node;
}

/* Text of a node as a name. */
static struct span byline_read(const GumboNode *node, struct arena *arena)
{
    struct span name = {NULL, 0};
    struct buf text;
    buf_init(&text, VALUE_MAX);
    tree_put_text(node, &text);
    if (buf_status(&text) == ST_OK)
        name = byline_name(value_line(buf_span(&text), VALUE_MAX, arena));
    else if (buf_status(&text) == ST_NOMEM)
        arena->status = ST_NOMEM;
    buf_fini(&text);
    return name;
}

/* The name in an element: its itemprop=name, else its only link with text, else all of it. */
static struct span byline_of(const GumboNode *root, struct arena *arena)
{
    struct span link = {NULL, 0};
    size_t links = 0;
    for (const GumboNode *node = root; node != NULL; node = tree_next(root, node, true)) {
        bool meta = tree_is(node, GUMBO_TAG_META);
        if (tree_has_word(node, "itemprop", "name")) {
            struct span name =
                meta ? byline_name(value_line(tree_attribute(node, "content"), VALUE_MAX, arena))
                     : byline_read(node, arena);
            if (name.n > 0)
                return name;
        }
        if (node != root && tree_is(node, GUMBO_TAG_A) && links < 2) {
            struct span name = byline_read(node, arena);
            links += name.n > 0;
            link = name.n > 0 ? name : link;
        }
    }
    return links == 1 ? link : byline_read(root, arena);
}

struct span byline_find(const GumboNode *root, struct arena *arena)
{
    struct byline b = {.metas = {{NULL, 0}}};
    struct span name = {NULL, 0};
    for (const GumboNode *node = root; node != NULL;) {
        byline_see(&b, node);
        node = tree_next(root, node, node->type != GUMBO_NODE_TEMPLATE);
    }
    for (size_t i = 0; name.n == 0 && i < METAS; i++) {
        if (b.metas[i].n > 0)
            name = byline_name(value_line(b.metas[i], VALUE_MAX, arena));
    }
    for (size_t kind = 0; kind < BYLINE_KINDS; kind++) {
        for (size_t i = 0; name.n == 0 && i < b.counts[kind]; i++)
            name = byline_of(b.nodes[kind][i], arena);
    }
    return name;
}
