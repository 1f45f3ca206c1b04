#include "import/gmi.h"

#include "article/clean.h"
#include "article/link.h"
#include "core/utf8.h"

#define GMI_LINE_MAX ((size_t)64 * 1024 * 1024)

struct gmi {
    struct document *doc;
    struct buf line; /* the line that is read, clean */
    struct buf url;
    struct buf pre; /* lines of the preformatted block that is open */
    struct buf alt; /* its alt text */
    bool is_pre;
    bool apart; /* an empty line came before */
};

static void gmi_place(struct gmi *g, struct block *b)
{
    b->tight = !g->apart;
    g->apart = false;
}

static void gmi_add(struct gmi *g, enum block_kind kind, struct span text)
{
    gmi_place(g, document_add(g->doc, kind, text));
}

/* The text of a line behind a mark of so many bytes, in g->line. */
static struct span gmi_rest(struct gmi *g, struct span line, size_t mark)
{
    buf_clear(&g->line);
    clean_line(span_sub(line, mark, line.n), &g->line);
    return buf_span(&g->line);
}

static void gmi_heading(struct gmi *g, struct span line)
{
    unsigned level = 0;
    while (level < 3 && level < line.n && line.p[level] == '#')
        level++;
    struct span text = gmi_rest(g, line, level);
    if (text.n == 0)
        return;
    if (level == 1 && g->doc->title.p == NULL) {
        g->doc->title = arena_copy(&g->doc->arena, text);
        g->apart = true;
        return;
    }
    if (level == 1 && span_eq(g->doc->title, text) && g->doc->count == 0)
        return; /* front matter has said it */
    gmi_place(g, document_add(g->doc, BLOCK_HEADING, text));
    if (arena_status(&g->doc->arena) == ST_OK)
        g->doc->blocks[g->doc->count - 1].level = (uint8_t)(level < 2 ? 2 : level);
}

/* A link line; false when it leads nowhere that can be followed. */
static bool gmi_link(struct gmi *g, struct span line)
{
    struct span rest = utf8_trim(span_sub(line, 2, line.n));
    size_t end = 0;
    while (end < rest.n && rest.p[end] != ' ' && rest.p[end] != '\t')
        end++;
    buf_clear(&g->url);
    if (end == 0 || !link_keep(span_sub(rest, 0, end), &g->url))
        return false;
    struct span label = gmi_rest(g, rest, end);
    gmi_place(g, document_add_headed(g->doc, BLOCK_LINK, buf_span(&g->url), label));
    return true;
}

static void gmi_text(struct gmi *g, struct span line)
{
    struct span text = gmi_rest(g, line, 0);
    if (text.n == 0)
        g->apart = true;
    else
        gmi_add(g, span_eq(text, SPAN("---")) ? BLOCK_RULE : BLOCK_PARAGRAPH, text);
}

/* Marks of a nested quote are text to gemtext, but not to its reader. */
static void gmi_quote(struct gmi *g, struct span line)
{
    gmi_add(g, BLOCK_QUOTE, gmi_rest(g, line, 1));
}

static void gmi_put_pre(struct gmi *g, struct span line)
{
    clean_tabs(clean_end(line), &g->pre);
    buf_putc(&g->pre, '\n');
}

static void gmi_begin_pre(struct gmi *g, struct span line)
{
    g->is_pre = true;
    buf_clear(&g->pre);
    buf_clear(&g->alt);
    clean_line(span_sub(line, 3, line.n), &g->alt);
}

static void gmi_end_pre(struct gmi *g)
{
    g->is_pre = false;
    if (utf8_trim(buf_span(&g->pre)).n > 0)
        gmi_place(g, document_add_headed(g->doc, BLOCK_PRE, buf_span(&g->alt), buf_span(&g->pre)));
}

static void gmi_line(struct gmi *g, struct span line)
{
    if (g->is_pre && span_starts(line, SPAN("```")))
        gmi_end_pre(g);
    else if (g->is_pre)
        gmi_put_pre(g, line);
    else if (span_starts(line, SPAN("```")))
        gmi_begin_pre(g, line);
    else if (span_starts(line, SPAN("=>")) && gmi_link(g, line))
        return;
    else if (span_starts(line, SPAN("#")))
        gmi_heading(g, line);
    else if (span_starts(line, SPAN(">")))
        gmi_quote(g, line);
    else if (span_starts(line, SPAN("* ")) && gmi_rest(g, line, 2).n > 0)
        gmi_add(g, BLOCK_ITEM, buf_span(&g->line));
    else
        gmi_text(g, line);
}

enum status gmi_import(struct span text, struct document *doc, struct error *e)
{
    struct gmi g = {.doc = doc, .apart = true};
    struct buf *const bufs[] = {&g.line, &g.url, &g.pre, &g.alt};
    struct span line;
    enum status status = ST_OK;
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_init(bufs[i], GMI_LINE_MAX);
    while (arena_status(&doc->arena) == ST_OK && span_line(&text, &line))
        gmi_line(&g, line);
    if (g.is_pre)
        gmi_end_pre(&g);
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++) {
        if (status == ST_OK)
            status = buf_status(bufs[i]);
        buf_fini(bufs[i]);
    }
    if (status == ST_OK)
        status = arena_status(&doc->arena);
    if (status != ST_OK)
        return error_set(e, status, 0, "text too large");
    return doc->count == 0 ? error_set(e, ST_FORMAT, 0, "no text") : ST_OK;
}
