/*
 * gemtext: any document that keeps document.h's promises becomes a page that is well made, that is
 * itself again when it is read, and that holds the words of its blocks.
 */
#include "importer.h"

#include "article/link.h"

#define BLOCKS_MAX 64

/*
 * The input: a line for each block.  Its first byte is the kind, its second the level and, in the
 * lowest bit, whether it is tight; the rest is its text, where 0x01 is a line end; what stands
 * before the first 0x02 is a head.
 */
struct input {
    struct document doc;
    struct buf line, text, head;
};

/* Put text as document.h wants it: clean, and unless it is preformatted without blanks to spare. */
static void put_text(struct span raw, bool lines, bool pre, struct buf *out)
{
    struct buf bytes;
    struct buf clean;
    struct span line;
    buf_init(&bytes, IMPORTER_CAP);
    buf_init(&clean, IMPORTER_CAP);
    for (size_t i = 0; i < raw.n; i++)
        buf_putc(&bytes, raw.p[i] == '\1' && lines ? '\n' : raw.p[i]);
    buf_clear(out);
    if (clean_text(buf_span(&bytes), IMPORTER_NAME, &clean, NULL) != ST_OK)
        buf_clear(&clean);
    struct span rest = buf_span(&clean);
    if (pre)
        clean_tabs(rest, out);
    while (!pre && span_line(&rest, &line)) {
        size_t start = out->n;
        if (start > 0)
            buf_putc(out, lines ? '\n' : ' ');
        size_t begun = out->n;
        clean_line(line, out);
        if (out->n == begun)
            buf_cut(out, start); /* a paragraph has no empty lines */
    }
    buf_fini(&bytes);
    buf_fini(&clean);
}

static void add_headed(struct input *in, enum block_kind kind, struct span text, bool tight)
{
    size_t end = span_find(text, 0, '\2');
    struct span behind = span_sub(text, end + 1, text.n);
    bool pre = kind == BLOCK_PRE;
    put_text(behind, pre, pre, &in->text);
    buf_clear(&in->head);
    if (pre)
        put_text(span_sub(text, 0, end), false, false, &in->head);
    bool good =
        pre ? utf8_trim(buf_span(&in->text)).n > 0 : link_keep(span_sub(text, 0, end), &in->head);
    if (good)
        document_add_headed(&in->doc, kind, buf_span(&in->head), buf_span(&in->text))->tight =
            tight;
}

static void add_block(struct input *in, struct span line)
{
    unsigned char kind = (unsigned char)line.p[0] % (BLOCK_RULE + 1);
    unsigned char level = (unsigned char)line.p[1];
    bool tight = level & 1;
    struct span text = span_sub(line, 2, line.n);
    if (kind == BLOCK_PRE || kind == BLOCK_LINK) {
        add_headed(in, (enum block_kind)kind, text, tight);
        return;
    }
    put_text(text, kind == BLOCK_PARAGRAPH || kind == BLOCK_QUOTE, false, &in->text);
    bool rule = kind == BLOCK_RULE;
    if (in->text.n == 0 && !rule && kind != BLOCK_QUOTE)
        return;
    struct block *b =
        document_add(&in->doc, (enum block_kind)kind, rule ? SPAN("") : buf_span(&in->text));
    b->level = kind == BLOCK_HEADING ? 2 + (level >> 1) % 2 : (uint8_t)(level >> 1);
    b->tight = tight;
}

static void put_letters(const struct document *doc, struct buf *out)
{
    gemtext_page_put_letters(doc->title, out);
    for (size_t i = 0; i < doc->count; i++)
        gemtext_page_put_letters(doc->blocks[i].text, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in;
    struct span rest = fuzz_input(data, size);
    struct span line;
    struct buf page;
    struct buf letters;
    document_init(&in.doc, ARTICLE_ARENA_MAX);
    struct buf *const bufs[] = {&in.line, &in.text, &in.head, &page, &letters};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_init(bufs[i], IMPORTER_CAP);
    in.doc.title = SPAN(IMPORTER_TITLE);
    while (in.doc.count < BLOCKS_MAX && span_line(&rest, &line)) {
        if (line.n >= 2)
            add_block(&in, line);
    }
    MUST(arena_status(&in.doc.arena) == ST_OK);
    if (in.doc.count > 0) {
        pages_body(&in.doc, &page);
        MUST(buf_status(&page) == ST_OK);
        gemtext_page_check(buf_span(&page));
        importer_check_again(buf_span(&page));
        put_letters(&in.doc, &letters);
        gemtext_page_check_words(buf_span(&page), buf_span(&letters));
    }
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_fini(bufs[i]);
    document_fini(&in.doc);
    return 0;
}
