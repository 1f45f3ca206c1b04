#include "article/gemtext.h"

#include "article/clean.h"

void gemtext_init(struct gemtext *g, struct buf *out)
{
    *g = (struct gemtext){.out = out};
}

void gemtext_part(struct gemtext *g, enum gemtext_gap gap)
{
    g->gap = gap;
}

/* Part this block from the one before it. */
static void gemtext_begin(struct gemtext *g, enum gemtext_kind kind)
{
    bool run = g->gap == GEMTEXT_GAP_RUN && kind == g->last &&
               (kind == GEMTEXT_LINK || kind == GEMTEXT_ITEM);
    /* The title stands alone whatever follows. */
    bool first = g->last == GEMTEXT_NONE;
    if (!first && !run && g->gap != GEMTEXT_GAP_TIGHT)
        buf_putc(g->out, '\n');
    g->last = kind;
    g->gap = GEMTEXT_GAP_RUN;
}

/* Would a client take a text line that begins so for markup? */
static bool gemtext_is_markup(struct span line)
{
    return span_starts(line, SPAN("=>")) || span_starts(line, SPAN("#")) ||
           span_starts(line, SPAN(">")) || span_starts(line, SPAN("* ")) ||
           span_starts(line, SPAN("```"));
}

void gemtext_heading(struct gemtext *g, unsigned level, struct span text)
{
    gemtext_begin(g, GEMTEXT_HEADING);
    buf_put(g->out, span_sub(SPAN("###"), 0, level));
    buf_putc(g->out, ' ');
    clean_line(text, g->out);
    buf_putc(g->out, '\n');
}

void gemtext_text(struct gemtext *g, struct span text)
{
    gemtext_begin(g, GEMTEXT_TEXT);
    struct span line;
    while (span_line(&text, &line)) {
        if (gemtext_is_markup(line))
            buf_putc(g->out, ' ');
        buf_put(g->out, line);
        buf_putc(g->out, '\n');
    }
}

static void gemtext_marks(struct gemtext *g, const char *mark, unsigned count)
{
    for (unsigned i = 0; i < count && i < GEMTEXT_DEPTH_MAX; i++)
        buf_puts(g->out, mark);
}

void gemtext_item(struct gemtext *g, unsigned level, struct span text)
{
    gemtext_begin(g, GEMTEXT_ITEM);
    buf_puts(g->out, "* ");
    gemtext_marks(g, "– ", level);
    clean_line(text, g->out);
    buf_putc(g->out, '\n');
}

void gemtext_quote(struct gemtext *g, unsigned level, struct span text)
{
    gemtext_begin(g, GEMTEXT_QUOTE);
    struct span line = {NULL, 0};
    bool some = span_line(&text, &line);
    do {
        size_t start = g->out->n;
        buf_puts(g->out, "> ");
        gemtext_marks(g, "> ", level);
        buf_put(g->out, line);
        if (line.n == 0)
            buf_cut(g->out, start + 1);
        buf_putc(g->out, '\n');
    } while (some && span_line(&text, &line));
}

void gemtext_pre(struct gemtext *g, struct span alt, struct span text)
{
    struct span line;
    bool some = false;
    bool parted = false; /* none at the ends */
    gemtext_begin(g, GEMTEXT_PRE);
    buf_puts(g->out, "```");
    clean_line(alt, g->out);
    buf_putc(g->out, '\n');
    while (span_line(&text, &line)) {
        line = clean_end(line);
        if (line.n == 0) {
            parted = some;
            continue;
        }
        if (parted)
            buf_putc(g->out, '\n');
        parted = false;
        some = true;
        if (span_starts(line, SPAN("```")))
            buf_putc(g->out, ' ');
        buf_put(g->out, line);
        buf_putc(g->out, '\n');
    }
    buf_puts(g->out, "```\n");
}

void gemtext_link(struct gemtext *g, struct span url, struct span label)
{
    gemtext_begin(g, GEMTEXT_LINK);
    buf_puts(g->out, "=> ");
    buf_put(g->out, url);
    if (label.n > 0) {
        buf_putc(g->out, ' ');
        clean_line(label, g->out);
    }
    buf_putc(g->out, '\n');
}

static void gemtext_block(struct gemtext *g, const struct block *b)
{
    struct span text;
    struct span head;
    switch ((enum block_kind)b->kind) {
    case BLOCK_PARAGRAPH:
        gemtext_text(g, b->text);
        break;
    case BLOCK_HEADING:
        gemtext_heading(g, b->level, b->text);
        break;
    case BLOCK_ITEM:
        gemtext_item(g, b->level, b->text);
        break;
    case BLOCK_QUOTE:
        gemtext_quote(g, b->level, b->text);
        break;
    case BLOCK_PRE:
        head = block_head(b, &text);
        gemtext_pre(g, head, text);
        break;
    case BLOCK_LINK:
        head = block_head(b, &text);
        gemtext_link(g, head, text);
        break;
    case BLOCK_RULE:
        gemtext_text(g, SPAN("---"));
        break;
    }
}

void gemtext_blocks(struct gemtext *g, const struct document *doc)
{
    for (size_t i = 0; i < doc->count; i++) {
        const struct block *b = &doc->blocks[i];
        /* What stands before the first block is the page's, not the document's. */
        gemtext_part(g, b->tight && i > 0 ? GEMTEXT_GAP_TIGHT : GEMTEXT_GAP_APART);
        gemtext_block(g, b);
    }
}
