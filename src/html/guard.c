#include "html/guard.h"

#include "html/open.h"

/* Nodes of every page: the document, html, head and body. */
#define GUARD_PAGE_NODES 4

/* What is left to read, and what was counted so far. */
struct guard {
    struct span html;
    size_t at;
    size_t nodes;
    size_t roots; /* attributes of html and body, which are gathered from all such tags */
    struct open_elements open;
};

static struct span guard_rest(const struct guard *g)
{
    return span_sub(g->html, g->at, g->html.n);
}

static bool guard_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* Go on behind the next `mark` that begins at `from` or later, or at the end. */
static void guard_skip(struct guard *g, size_t from, struct span mark)
{
    for (g->at = from; g->at < g->html.n; g->at++) {
        g->at = span_find(g->html, g->at, mark.p[0]);
        if (span_starts(guard_rest(g), mark)) {
            g->at += mark.n;
            return;
        }
    }
}

/* "<!-- ... -->", which also ends in "--!>", and at once in "<!-->" and "<!--->". */
static void guard_skip_comment(struct guard *g)
{
    size_t from = g->at + 2; /* the dashes that open it may be those that close it */
    for (g->at = from; g->at < g->html.n; g->at++) {
        g->at = span_find(g->html, g->at, '>');
        struct span inside = span_sub(g->html, from, g->at);
        if (span_ends(inside, SPAN("--")) || (inside.n >= 5 && span_ends(inside, SPAN("--!"))) ||
            span_eq(inside, SPAN("---"))) {
            g->at += g->at < g->html.n;
            return;
        }
    }
}

/* "<!" something, "<?" something: a comment, a document type, text of SVG. */
static bool guard_skip_declaration(struct guard *g)
{
    bool sure = true;
    struct span rest = guard_rest(g);
    g->nodes++;
    if (span_starts(rest, SPAN("<!--"))) {
        guard_skip_comment(g);
    } else if (span_starts(rest, SPAN("<![CDATA[")) && open_is_foreign(&g->open, &sure)) {
        guard_skip(g, g->at, SPAN("]]>"));
    } else {
        guard_skip(g, g->at, SPAN(">"));
    }
    return sure;
}

/* Does the end tag of `name` stand here? */
static bool guard_is_end(struct span rest, struct span name)
{
    return rest.n > name.n + 2 && rest.p[0] == '<' && rest.p[1] == '/' &&
           span_eq_nocase(span_sub(rest, 2, 2 + name.n), name) &&
           (guard_blank(rest.p[name.n + 2]) || rest.p[name.n + 2] == '/' ||
            rest.p[name.n + 2] == '>');
}

/*
 * Text of an element that holds nothing else, up to its end tag.  In a script, "<!--" and then
 * "<script" make the next end tag text as well, up to "-->".
 */
static void guard_skip_raw(struct guard *g, GumboTag tag, struct span name)
{
    bool comment = false;
    bool twice = false;
    bool script = tag == GUMBO_TAG_SCRIPT;
    g->nodes++;
    for (; g->at < g->html.n; g->at++) {
        struct span rest = guard_rest(g);
        if (script && !comment && span_starts(rest, SPAN("<!--"))) {
            comment = true;
            g->at += 1; /* its dashes may close it */
        } else if (script && comment && span_starts(rest, SPAN("-->"))) {
            comment = twice = false;
        } else if (guard_is_end(rest, name)) {
            if (!twice)
                return;
            twice = false;
        } else if (comment && rest.n > 7 && span_eq_nocase(span_sub(rest, 0, 7), SPAN("<script")) &&
                   (guard_blank(rest.p[7]) || rest.p[7] == '/' || rest.p[7] == '>')) {
            twice = true;
        }
    }
}

/* The value of an attribute, from behind its "=". */
static void guard_skip_value(struct guard *g)
{
    while (g->at < g->html.n && guard_blank(g->html.p[g->at]))
        g->at++;
    if (g->at == g->html.n)
        return;
    char quote = g->html.p[g->at];
    if (quote == '"' || quote == '\'') {
        g->at = span_find(g->html, g->at + 1, quote);
        g->at += g->at < g->html.n;
        return;
    }
    while (g->at < g->html.n && !guard_blank(g->html.p[g->at]) && g->html.p[g->at] != '>')
        g->at++;
}

/* A tag from its name on; at the end g->at is behind it.  False when it is cut off. */
static bool guard_read_tag(struct guard *g, size_t start, struct open_tag *t)
{
    struct span html = g->html;
    size_t name = g->at;
    while (g->at < html.n && !guard_blank(html.p[g->at]) && html.p[g->at] != '/' &&
           html.p[g->at] != '>')
        g->at++;
    t->name = span_sub(html, name, g->at);
    t->tag = gumbo_tagn_enum(t->name.p, (unsigned)t->name.n);
    t->attributes = 0;
    t->closed = false;
    while (g->at < html.n) {
        char c = html.p[g->at];
        if (c == '>') {
            t->raw = span_sub(html, start, ++g->at);
            return true;
        }
        t->closed = c == '/' && g->at + 1 < html.n && html.p[g->at + 1] == '>';
        if (c == '/' || guard_blank(c)) {
            g->at++;
            continue;
        }
        t->attributes++;
        g->at++; /* a "=" in front belongs to the name */
        while (g->at < html.n && !guard_blank(html.p[g->at]) && html.p[g->at] != '/' &&
               html.p[g->at] != '>' && html.p[g->at] != '=')
            g->at++;
        size_t after = g->at;
        while (after < html.n && guard_blank(html.p[after]))
            after++;
        if (after < html.n && html.p[after] == '=') {
            g->at = after + 1;
            guard_skip_value(g);
        }
    }
    return false;
}

/* most    the limit, or 0 when it is no number */
static enum status guard_refuse(const struct guard *g, size_t at, const char *why, size_t most,
                                struct error *e)
{
    size_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += g->html.p[i] == '\n';
    if (most == 0)
        return error_set(e, ST_LIMIT, 0, "line %zu: %s", line, why);
    return error_set(e, ST_LIMIT, 0, "line %zu: more than %zu %s", line, most, why);
}

/* Nodes that a start tag makes, with those that the parser puts around or into them. */
static size_t guard_tag_nodes(GumboTag tag)
{
    switch ((int)tag) {
    case GUMBO_TAG_TR:
    case GUMBO_TAG_COL:
        return 2;
    case GUMBO_TAG_TD:
    case GUMBO_TAG_TH:
        return 3; /* with a row and a table body */
    case GUMBO_TAG_ISINDEX:
        return 16; /* a form with a label in it */
    default:
        return 1;
    }
}

/* A start or end tag, at its "<". */
static enum status guard_tag(struct guard *g, struct error *e)
{
    struct open_tag t;
    size_t start = g->at;
    bool end = g->html.p[start + 1] == '/';
    g->at += end ? 2 : 1;
    if (!guard_read_tag(g, start, &t))
        return ST_OK; /* what is cut off is nothing */
    if (t.attributes > GUARD_ATTRIBUTES_MAX)
        return guard_refuse(g, start, "attributes in a tag", GUARD_ATTRIBUTES_MAX, e);
    if (end) {
        /* "</p>" and "</br>" alone are elements. */
        g->nodes += t.tag == GUMBO_TAG_P || t.tag == GUMBO_TAG_BR ? 1 + g->open.weight : 0;
        open_end(&g->open, t.tag, t.name);
        return ST_OK;
    }
    if (t.tag == GUMBO_TAG_HTML || t.tag == GUMBO_TAG_BODY)
        g->roots += t.attributes;
    if (g->roots > GUARD_ATTRIBUTES_MAX)
        return guard_refuse(g, start, "attributes of the page", GUARD_ATTRIBUTES_MAX, e);
    enum open_next text = open_start(&g->open, &t);
    g->nodes += guard_tag_nodes(t.tag) + t.attributes + g->open.weight;
    if (text == OPEN_FULL || g->open.counted > GUARD_OPEN_MAX)
        return guard_refuse(g, start, "elements inside each other", GUARD_OPEN_MAX, e);
    if (text == OPEN_UNKNOWN)
        return guard_refuse(g, start, "it is not clear what is text and what is not", 0, e);
    if (text == OPEN_PLAIN)
        g->at = g->html.n;
    if (text == OPEN_RAW)
        guard_skip_raw(g, t.tag, t.name);
    if (text == OPEN_RAW && g->at < g->html.n) {
        g->at += 2 + t.name.n;
        (void)guard_read_tag(g, start, &t);
    }
    return ST_OK;
}

/* One tag, comment or run of text. */
static enum status guard_token(struct guard *g, struct error *e)
{
    size_t start = g->at;
    struct span rest = guard_rest(g);
    if (rest.n > 1 && rest.p[0] == '<') {
        size_t name = rest.p[1] == '/' ? 2 : 1;
        if (name < rest.n && ascii_alpha(rest.p[name]))
            return guard_tag(g, e);
        if (rest.p[1] == '!' || rest.p[1] == '?' || name == 2) {
            if (guard_skip_declaration(g))
                return ST_OK;
            return guard_refuse(g, start, "it is not clear what is text and what is not", 0, e);
        }
    }
    open_text(&g->open);
    g->at = span_find(g->html, start + 1, '<');
    g->nodes += 1 + g->open.weight;
    return ST_OK;
}

enum status guard_check(struct span html, struct error *e)
{
    struct guard g = {.html = html, .nodes = GUARD_PAGE_NODES};
    const size_t most = GUARD_NODES_MAX(html.n);
    open_init(&g.open);
    while (g.at < html.n) {
        size_t start = g.at;
        enum status status = guard_token(&g, e);
        if (status != ST_OK)
            return status;
        if (g.nodes > most)
            return guard_refuse(&g, start, "nodes in the tree", most, e);
    }
    return ST_OK;
}
