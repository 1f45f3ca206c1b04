#include "import/text_out.h"

#include "article/link.h"
#include "core/utf8.h"

/* Longest name of a scheme that link_in_text knows, and more. */
#define OUT_SCHEME_MAX 8

void text_out_init(struct text_out *o, struct document *doc)
{
    *o = (struct text_out){.doc = doc};
    buf_init(&o->links, doc->arena.cap);
    buf_init(&o->url, (size_t)LINK_URL_MAX * 4);
    buf_init(&o->code, doc->arena.cap);
    book_init(&o->seen);
}

/* A link line for the URL, when the page has none yet, behind the block that is being written. */
static void out_keep_link(struct text_out *o, struct span href)
{
    buf_clear(&o->url);
    if (!link_resolve(href, (struct span){NULL, 0}, LINK_RELATIVE_DROP, &o->url))
        return;
    enum status status = book_add(&o->seen, buf_span(&o->url), (struct span){NULL, 0}, 0);
    if (status == ST_OK) {
        buf_put(&o->links, buf_span(&o->url));
        buf_putc(&o->links, '\n');
    } else if (status != ST_EXISTS) {
        o->status = status;
    }
}

static size_t out_word_end(struct span text, size_t at)
{
    while (at < text.n && text.p[at] != ' ' && text.p[at] != '\n')
        at++;
    return at;
}

/* Does "=>" begin the line before `start`?  The line is shown disarmed, and so leads nowhere. */
static bool out_is_disarmed(struct span text, size_t start)
{
    while (start > 0 && text.p[start - 1] == ' ')
        start--;
    return start > 1 && span_eq(span_sub(text, start - 2, start), SPAN("=>")) &&
           (start == 2 || text.p[start - 3] == '\n');
}

/* The URLs of a text are found by the colon behind their scheme. */
static void out_find_links(struct text_out *o, struct span text)
{
    for (size_t at = span_find(text, 0, ':'); at < text.n; at = span_find(text, at, ':')) {
        size_t start = at++;
        if (!span_starts(span_sub(text, at, text.n), SPAN("//")))
            continue;
        while (start > 0 && at - start <= OUT_SCHEME_MAX && ascii_alpha(text.p[start - 1]))
            start--;
        bool inside = start > 0 && (ascii_alpha(text.p[start - 1]) ||
                                    ascii_digit(text.p[start - 1]) || text.p[start - 1] == '_');
        struct span rest = span_sub(text, start, text.n);
        size_t n = inside ? 0 : link_in_text(rest);
        if (n > 0 && !out_is_disarmed(text, start))
            out_keep_link(o, span_sub(rest, 0, n));
        if (n > 0)
            at = start + n;
        else if (!inside)
            at = out_word_end(text, at); /* or every scheme in it would be looked behind again */
    }
}

static void out_write_links(struct text_out *o)
{
    struct span links = buf_span(&o->links);
    struct span url;
    for (bool first = true; span_line(&links, &url); first = false)
        document_add_headed(o->doc, BLOCK_LINK, url, (struct span){NULL, 0})->tight = !first;
    buf_clear(&o->links);
}

/* What waits for the end of the block before this one. */
static void out_write_waiting(struct text_out *o)
{
    out_write_links(o);
    if (o->code.n > 0) {
        struct span code = span_sub(buf_span(&o->code), 0, o->code.n - 1);
        document_add_headed(o->doc, BLOCK_PRE, (struct span){NULL, 0}, code);
        buf_clear(&o->code);
    }
}

/* Before any block: what it is parted from. */
static void out_begin(struct text_out *o)
{
    out_write_waiting(o);
    if (o->rule && o->doc->count > 0)
        document_add(o->doc, BLOCK_RULE, SPAN(""));
    o->rule = false;
}

static bool out_goes_on(const struct text_out *o, enum block_kind kind)
{
    return !o->rule && o->code.n == 0 && o->doc->count > 0 &&
           o->doc->blocks[o->doc->count - 1].kind == kind;
}

void text_out_add(struct text_out *o, enum block_kind kind, unsigned level, bool goes_on,
                  struct span text)
{
    bool tight = (goes_on || kind == BLOCK_ITEM) && out_goes_on(o, kind);
    if (!tight)
        out_begin(o);
    struct block *block = document_add(o->doc, kind, text);
    block->tight = tight;
    block->level = kind == BLOCK_HEADING ? 2 : (uint8_t)(level < UINT8_MAX ? level : UINT8_MAX);
    out_find_links(o, text);
}

void text_out_rule(struct text_out *o)
{
    o->rule = true;
}

void text_out_link(struct text_out *o, struct span url, bool goes_on)
{
    if (!goes_on)
        out_begin(o);
    size_t at = o->doc->count;
    out_keep_link(o, url);
    out_write_links(o);
    if (goes_on && at < o->doc->count)
        o->doc->blocks[at].tight = at > 0 && o->doc->blocks[at - 1].kind == BLOCK_LINK;
}

void text_out_pre(struct text_out *o, struct span lines)
{
    out_begin(o);
    lines.n -= span_ends(lines, SPAN("\n"));
    document_add_headed(o->doc, BLOCK_PRE, (struct span){NULL, 0}, lines);
}

void text_out_code(struct text_out *o, struct span lines)
{
    if (o->rule || o->code.n == 0)
        out_begin(o);
    if (o->code.n > 0)
        buf_putc(&o->code, '\n');
    buf_put(&o->code, lines);
}

enum status text_out_end(struct text_out *o)
{
    enum status status = o->status;
    out_write_waiting(o);
    if (status == ST_OK && buf_status(&o->links) != ST_OK)
        status = buf_status(&o->links);
    if (status == ST_OK)
        status = buf_status(&o->code);
    buf_fini(&o->links);
    buf_fini(&o->url);
    buf_fini(&o->code);
    book_fini(&o->seen);
    return status;
}
