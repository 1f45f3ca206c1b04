#include "import/markdown.h"

#include <md4c.h>
#include <string.h>

#include "article/flow.h"
#include "html/entity.h"
#include "html/page.h"
#include "import/delimiter.h"

#define MARKDOWN_TEXT_MAX ((size_t)32 * 1024 * 1024)

/* Bytes of the targets and titles of all links, each time that one is used: md4c copies them. */
#define MARKDOWN_TARGETS_MAX ((size_t)64 * 1024 * 1024)

struct markdown {
    struct flow flow;
    struct table table;
    struct buf verbatim;    /* of the code or HTML block, or the image's alt text, that is open */
    struct buf value;       /* an attribute, decoded */
    struct buf source;      /* URL of the image that is open */
    struct html_line *line; /* tags of the line; NULL before the first */
    size_t source_size;     /* bytes of the whole source */
    size_t targets;         /* bytes of links' targets so far */
    size_t cells;           /* of tables so far */
    unsigned images;        /* that are open: an alt text may hold images */
    bool is_verbatim;       /* a code or HTML block is open */
    bool head;              /* the head of a table is open */
    enum status status;
    struct error *error;
};

static struct span markdown_span(const MD_CHAR *text, MD_SIZE size)
{
    return (struct span){text, size};
}

/* Set m->value to an attribute's text; its character references are marked as such. */
static struct span markdown_value(struct markdown *m, const MD_ATTRIBUTE *a)
{
    buf_clear(&m->value);
    /* What is longer than any link need not be read to its end. */
    for (size_t i = 0;
         a->substr_offsets != NULL && a->substr_offsets[i] < a->size && m->value.n <= LINK_URL_MAX;
         i++) {
        struct span part = markdown_span(a->text + a->substr_offsets[i],
                                         a->substr_offsets[i + 1] - a->substr_offsets[i]);
        if (a->substr_types[i] == MD_TEXT_ENTITY)
            entity_decode(part, &m->value);
        else if (a->substr_types[i] != MD_TEXT_NULLCHAR)
            buf_put(&m->value, part);
    }
    return buf_span(&m->value);
}

/* The tags of a line end with it. */
static void markdown_end_line(struct markdown *m)
{
    html_line_free(m->line);
    m->line = NULL;
}

/*
 * Count the target of a link or an image: a reference that is used again and again, or a table
 * whose head has many columns, is a short text that makes much work.
 */
static void markdown_count(struct markdown *m, const MD_ATTRIBUTE *target,
                           const MD_ATTRIBUTE *title)
{
    m->targets += target->size + title->size;
    if (m->targets > MARKDOWN_TARGETS_MAX && m->status == ST_OK)
        m->status = error_set(m->error, ST_LIMIT, 0, "more than %zu bytes in targets of links",
                              MARKDOWN_TARGETS_MAX);
}

static void markdown_count_cell(struct markdown *m)
{
    if (++m->cells > m->source_size && m->status == ST_OK)
        m->status =
            error_set(m->error, ST_LIMIT, 0, "a table with more than %zu cells", m->source_size);
}

static void markdown_item(struct markdown *m, const MD_BLOCK_LI_DETAIL *li)
{
    struct span mark = {NULL, 0};
    if (li->is_task)
        mark = li->task_mark == ' ' ? SPAN("☐ ") : SPAN("☑ ");
    flow_item_begin(&m->flow, mark);
}

/* Not 0 ends the parser: there is no room for more. */
static int markdown_result(const struct markdown *m)
{
    return m->status != ST_OK || arena_status(&m->flow.doc->arena) != ST_OK;
}

static int markdown_enter_block(MD_BLOCKTYPE type, void *detail, void *context)
{
    struct markdown *m = context;
    switch (type) {
    case MD_BLOCK_QUOTE:
        flow_quote_begin(&m->flow);
        break;
    case MD_BLOCK_UL:
        flow_list_begin(&m->flow, (struct flow_list){.ordered = false});
        break;
    case MD_BLOCK_OL:
        flow_list_begin(&m->flow,
                        (struct flow_list){.ordered = true,
                                           .number = (long)((MD_BLOCK_OL_DETAIL *)detail)->start});
        break;
    case MD_BLOCK_LI:
        markdown_item(m, detail);
        break;
    case MD_BLOCK_HR:
        flow_rule(&m->flow);
        break;
    case MD_BLOCK_H:
        flow_heading_begin(&m->flow, ((MD_BLOCK_H_DETAIL *)detail)->level);
        break;
    case MD_BLOCK_CODE:
    case MD_BLOCK_HTML:
        flow_end(&m->flow);
        m->is_verbatim = true;
        buf_clear(&m->verbatim);
        break;
    case MD_BLOCK_TABLE:
        flow_end(&m->flow);
        table_fini(&m->table);
        table_init(&m->table, MARKDOWN_TEXT_MAX);
        break;
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
        m->head = type == MD_BLOCK_THEAD;
        break;
    case MD_BLOCK_TR:
        table_row(&m->table, m->head);
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        markdown_count_cell(m);
        break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_P:
        break;
    }
    return markdown_result(m);
}

static void markdown_cell(struct markdown *m, const MD_BLOCK_TD_DETAIL *td)
{
    buf_clear(&m->verbatim);
    flow_take(&m->flow, &m->verbatim);
    table_cell(&m->table, buf_span(&m->verbatim), 1, td->align == MD_ALIGN_RIGHT);
}

static void markdown_end_html(struct markdown *m)
{
    m->is_verbatim = false;
    struct error cause;
    enum status status = html_read_fragment(buf_span(&m->verbatim), &m->flow, &cause);
    if (status != ST_OK)
        m->status = error_set(m->error, status, 0, "HTML in it: %s", cause.message);
}

static void markdown_end_code(struct markdown *m, const MD_BLOCK_CODE_DETAIL *code)
{
    m->is_verbatim = false;
    flow_pre(&m->flow, markdown_value(m, &code->lang), buf_span(&m->verbatim));
}

static int markdown_leave_block(MD_BLOCKTYPE type, void *detail, void *context)
{
    struct markdown *m = context;
    markdown_end_line(m);
    switch (type) {
    case MD_BLOCK_QUOTE:
        flow_quote_end(&m->flow);
        break;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        flow_list_end(&m->flow);
        break;
    case MD_BLOCK_LI:
        flow_item_end(&m->flow);
        break;
    case MD_BLOCK_H:
        flow_heading_end(&m->flow);
        break;
    case MD_BLOCK_P:
        flow_end(&m->flow);
        break;
    case MD_BLOCK_CODE:
        markdown_end_code(m, detail);
        break;
    case MD_BLOCK_HTML:
        markdown_end_html(m);
        break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        markdown_cell(m, detail);
        break;
    case MD_BLOCK_TABLE:
        flow_table(&m->flow, &m->table, (struct span){NULL, 0});
        table_fini(&m->table);
        break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_HR:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
    case MD_BLOCK_TR:
        break;
    }
    return markdown_result(m);
}

static void markdown_image_begin(struct markdown *m, const MD_SPAN_IMG_DETAIL *img)
{
    if (m->images++ > 0)
        return;
    buf_clear(&m->source);
    buf_put(&m->source, markdown_value(m, &img->src));
    buf_clear(&m->verbatim);
}

static void markdown_image_end(struct markdown *m)
{
    if (--m->images > 0)
        return;
    flow_image(&m->flow, buf_span(&m->source), buf_span(&m->verbatim));
}

static int markdown_enter_span(MD_SPANTYPE type, void *detail, void *context)
{
    struct markdown *m = context;
    const MD_SPAN_A_DETAIL *a = type == MD_SPAN_A ? detail : NULL;
    const MD_SPAN_IMG_DETAIL *img = type == MD_SPAN_IMG ? detail : NULL;
    if (a != NULL)
        markdown_count(m, &a->href, &a->title);
    if (img != NULL)
        markdown_count(m, &img->src, &img->title);
    if (m->status != ST_OK)
        return markdown_result(m);
    if (img != NULL)
        markdown_image_begin(m, img);
    if (m->images > 0)
        return 0;
    if (a != NULL)
        flow_link_begin(&m->flow, markdown_value(m, &a->href));
    else if (type == MD_SPAN_CODE)
        flow_mark_begin(&m->flow, "`", "`");
    else if (type == MD_SPAN_DEL)
        flow_mark_begin(&m->flow, "~~", "~~");
    return 0;
}

static int markdown_leave_span(MD_SPANTYPE type, void *detail, void *context)
{
    struct markdown *m = context;
    (void)detail;
    if (type == MD_SPAN_IMG)
        markdown_image_end(m);
    else if (m->images > 0)
        return 0;
    else if (type == MD_SPAN_A)
        flow_link_end(&m->flow);
    else if (type == MD_SPAN_CODE || type == MD_SPAN_DEL)
        flow_mark_end(&m->flow);
    return markdown_result(m);
}

static void markdown_tag(struct markdown *m, struct span tag)
{
    if (m->line == NULL)
        m->line = html_line_new(&m->flow);
    struct error cause;
    enum status status = m->line == NULL ? ST_NOMEM : html_line_tag(m->line, tag, &cause);
    if (status != ST_OK)
        m->status = error_set(m->error, status, 0, "HTML in it: %s",
                              m->line == NULL ? "out of memory" : cause.message);
}

static void markdown_put(struct markdown *m, struct span text)
{
    if (m->images > 0)
        buf_put(&m->verbatim, text);
    else if (m->line == NULL || !html_line_is_hidden(m->line))
        flow_text(&m->flow, text);
}

static int markdown_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *context)
{
    struct markdown *m = context;
    struct span s = markdown_span(text, size);
    if (m->is_verbatim) {
        buf_put(&m->verbatim, s);
        return 0;
    }
    switch (type) {
    case MD_TEXT_NORMAL:
    case MD_TEXT_CODE:
    case MD_TEXT_LATEXMATH:
        markdown_put(m, s);
        break;
    case MD_TEXT_BR:
        if (m->images > 0)
            markdown_put(m, SPAN(" "));
        else
            flow_break(&m->flow);
        break;
    case MD_TEXT_SOFTBR:
        markdown_put(m, SPAN("\n"));
        break;
    case MD_TEXT_ENTITY:
        buf_clear(&m->value);
        entity_decode(s, &m->value);
        markdown_put(m, buf_span(&m->value));
        break;
    case MD_TEXT_HTML:
        if (m->images == 0)
            markdown_tag(m, s);
        break;
    case MD_TEXT_NULLCHAR:
        break;
    }
    return markdown_result(m);
}

/*
 * Append text with one empty line where several are.  Those say no more, even in code, for a page
 * never has two; and md4c asks every list that is open about each of them.
 */
static void markdown_tidy(struct span text, struct buf *out)
{
    struct span line;
    for (bool empty = false; span_line(&text, &line);) {
        bool was_empty = empty;
        empty = span_trim(line).n == 0;
        if (empty && was_empty)
            continue;
        buf_put(out, line);
        buf_putc(out, '\n');
    }
}

/* A text that begins with a heading has a title, whatever its level. */
static void markdown_title(struct document *doc)
{
    if (doc->title.p != NULL || doc->count == 0 || doc->blocks[0].kind != BLOCK_HEADING)
        return;
    doc->title = doc->blocks[0].text;
    doc->count--;
    memmove(doc->blocks, doc->blocks + 1, doc->count * sizeof *doc->blocks);
}

/* Give the text to md4c, which tells its callbacks. */
static int markdown_parse(struct markdown *m, struct span text)
{
    static const MD_PARSER parser = {
        .flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS |
                 MD_FLAG_PERMISSIVEAUTOLINKS,
        .enter_block = markdown_enter_block,
        .leave_block = markdown_leave_block,
        .enter_span = markdown_enter_span,
        .leave_span = markdown_leave_span,
        .text = markdown_text,
    };
    struct buf tidy;
    struct buf widened;
    buf_init(&tidy, text.n + 1);
    buf_init(&widened, MARKDOWN_TEXT_MAX * 3);
    markdown_tidy(text, &tidy);
    text = buf_span(&tidy);
    if (delimiter_widen(text, &widened))
        text = buf_span(&widened);
    int result = buf_status(&tidy) != ST_OK || buf_status(&widened) != ST_OK ||
                 md_parse(text.p == NULL ? "" : text.p, (MD_SIZE)text.n, &parser, m);
    markdown_end_line(m);
    table_fini(&m->table);
    buf_fini(&tidy);
    buf_fini(&widened);
    return result;
}

enum status markdown_import(struct span text, struct span base_url, struct document *doc,
                            struct error *e)
{
    struct markdown m = {.error = e, .source_size = text.n};
    struct buf *const bufs[] = {&m.verbatim, &m.value, &m.source};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_init(bufs[i], MARKDOWN_TEXT_MAX);
    table_init(&m.table, MARKDOWN_TEXT_MAX);
    flow_init(&m.flow, doc, base_url, LINK_RELATIVE_KEEP);
    int result = markdown_parse(&m, text);
    flow_fini(&m.flow);
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++) {
        if (m.status == ST_OK && buf_status(bufs[i]) != ST_OK)
            m.status = error_set(e, buf_status(bufs[i]), 0, "a block is too large");
        buf_fini(bufs[i]);
    }
    if (m.status != ST_OK)
        return m.status;
    if (arena_status(&doc->arena) != ST_OK)
        return error_set(e, arena_status(&doc->arena), 0, "text too large");
    if (result != 0)
        return error_set(e, ST_NOMEM, 0, "Markdown of %zu bytes", text.n);
    markdown_title(doc);
    return doc->count == 0 ? error_set(e, ST_FORMAT, 0, "no text") : ST_OK;
}
