#include "article/gemtext.h"

#include "article/clean.h"

void gemtext_init(struct gemtext *g, struct buf *out)
{
    *g = (struct gemtext){.out = out};
}

void gemtext_part(struct gemtext *g)
{
    g->apart = true;
}

/* Part this block from the one before it. */
static void gemtext_begin(struct gemtext *g, enum gemtext_kind kind)
{
    bool run = kind == g->last && (kind == GEMTEXT_LINK || kind == GEMTEXT_ITEM) && !g->apart;
    if (g->last != GEMTEXT_NONE && !run)
        buf_putc(g->out, '\n');
    g->last = kind;
    g->apart = false;
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

void gemtext_item(struct gemtext *g, struct span text)
{
    gemtext_begin(g, GEMTEXT_ITEM);
    buf_puts(g->out, "* ");
    clean_line(text, g->out);
    buf_putc(g->out, '\n');
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

void gemtext_blocks(struct gemtext *g, const struct document *doc)
{
    for (const struct block *b = doc->first; b != NULL; b = b->next) {
        switch (b->kind) {
        case BLOCK_PARAGRAPH:
            gemtext_text(g, b->text);
            break;
        case BLOCK_ITEM:
            gemtext_item(g, b->text);
            break;
        }
    }
}
