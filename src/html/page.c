#include "html/page.h"

#include <stdlib.h>

#include "html/guard.h"
#include "html/main_text.h"
#include "html/meta.h"
#include "html/parse.h"
#include "html/tree.h"
#include "html/walk.h"

/* What the parser may see, and how much of it. */
static enum status page_check(struct span html, struct error *e)
{
    if (html.n > HTML_MAX)
        return error_set(e, ST_LIMIT, 0, "more than %zu bytes of HTML", HTML_MAX);
    return guard_check(html, e);
}

/* The base of relative links: what the page itself says, else where it was, else its own URL. */
static void page_base(const GumboNode *root, struct span base_url, const struct document *doc,
                      struct buf *out)
{
    struct span own = base_url.n > 0 ? base_url : doc->source;
    for (const GumboNode *n = root; n != NULL;
         n = tree_next(root, n, !tree_is(n, GUMBO_TAG_BODY))) {
        if (!tree_is(n, GUMBO_TAG_BASE) || tree_attribute(n, "href").n == 0)
            continue;
        if (!link_resolve(tree_attribute(n, "href"), own, LINK_RELATIVE_DROP, out))
            buf_clear(out);
        break;
    }
    if (out->n == 0)
        buf_put(out, own);
}

static enum status page_read_main(const GumboNode *root, struct span base, struct document *doc)
{
    struct flow f;
    struct walk w;
    struct main_text main_text;
    main_text_find(root, &main_text);
    flow_init(&f, doc, base, LINK_RELATIVE_DROP);
    walk_init(&w, &f, true);
    for (size_t i = 0; i < main_text.count; i++) {
        walk_tree(&w, main_text.roots[i]);
        flow_end(&f);
    }
    walk_fini(&w);
    flow_fini(&f);
    return arena_status(&doc->arena);
}

enum status html_read(struct span text, struct span base_url, struct document *doc, struct error *e)
{
    struct parse page;
    struct buf base;
    enum status status = page_check(text, e);
    if (status != ST_OK)
        return status;
    parse_page(&page, text);
    buf_init(&base, LINK_URL_MAX);
    status = meta_read(page.root, base_url, doc);
    if (status == ST_OK) {
        page_base(page.root, base_url, doc, &base);
        status = page_read_main(page.root, buf_span(&base), doc);
    }
    buf_fini(&base);
    parse_fini(&page);
    if (status != ST_OK)
        return error_set(e, status, 0, "page too large");
    return doc->count == 0 ? error_set(e, ST_FORMAT, 0, "no text") : ST_OK;
}

enum status html_read_fragment(struct span html, struct flow *f, struct error *e)
{
    struct parse fragment;
    struct walk w;
    enum status status = page_check(html, e);
    if (status != ST_OK)
        return status;
    parse_fragment(&fragment, html);
    walk_init(&w, f, false);
    walk_tree(&w, fragment.root);
    walk_fini(&w);
    flow_end(f);
    parse_fini(&fragment);
    return ST_OK;
}

struct html_line {
    struct walk walk;
};

struct html_line *html_line_new(struct flow *f)
{
    struct html_line *line = malloc(sizeof *line);
    if (line != NULL)
        walk_init(&line->walk, f, false);
    return line;
}

void html_line_free(struct html_line *line)
{
    if (line == NULL)
        return;
    walk_close_tags(&line->walk);
    walk_fini(&line->walk);
    free(line);
}

bool html_line_is_hidden(const struct html_line *line)
{
    return line->walk.muted > 0;
}

/* The name of a tag that begins behind `start` bytes. */
static struct span page_tag_name(struct span tag, size_t start)
{
    size_t end = start;
    while (end < tag.n && (ascii_alpha(tag.p[end]) || ascii_digit(tag.p[end])))
        end++;
    return span_sub(tag, start, end);
}

enum status html_line_tag(struct html_line *line, struct span tag, struct error *e)
{
    struct parse fragment;
    bool closing = span_starts(tag, SPAN("</"));
    struct span name = page_tag_name(tag, closing ? 2 : 1);
    if (name.n == 0)
        return ST_OK; /* a comment or a declaration */
    if (closing) {
        walk_close_tag(&line->walk, gumbo_tagn_enum(name.p, (unsigned)name.n));
        return ST_OK;
    }
    enum status status = page_check(tag, e);
    if (status != ST_OK)
        return status;
    parse_fragment(&fragment, tag);
    const GumboNode *element = tree_next(fragment.root, fragment.root, true);
    if (element != NULL && tree_is_element(element))
        walk_open_tag(&line->walk, element);
    parse_fini(&fragment);
    return ST_OK;
}
