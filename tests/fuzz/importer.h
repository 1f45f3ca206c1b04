/*
 * importer: what every importer promises for any bytes: a page that is well made, tells nothing
 * that the source does not say, and is itself again when it is read as gemtext.
 */
#ifndef FUZZ_IMPORTER_H
#define FUZZ_IMPORTER_H

#include "gemtext_page.h"

#include "article/clean.h"
#include "article/flow.h"
#include "import/article.h"
#include "import/charset.h"
#include "press/piece.h"

#define IMPORTER_CAP ((size_t)256 * 1024 * 1024)

/* A name whose title no input has by accident. */
#define IMPORTER_NAME  "zzqx"
#define IMPORTER_TITLE "Zzqx"

/* Most memory that a document takes: its text a few times over, and all that it links to. */
static inline size_t importer_most(size_t size)
{
    return 64 * size + 2 * FLOW_URLS_MAX + 65536;
}

static inline bool importer_read(struct span bytes, enum article_format format, struct span base,
                                 struct document *doc)
{
    struct error e = {.message = ""};
    struct article_source source = {
        .bytes = bytes, .format = format, .name = IMPORTER_NAME, .base_url = base};
    document_init(doc, ARTICLE_ARENA_MAX);
    enum status status = article_read(&source, doc, &e);
    MUST(status == ST_OK || status == ST_FORMAT || status == ST_SYNTAX || status == ST_LIMIT);
    MUST(status == ST_OK || strncmp(e.message, IMPORTER_NAME ": ", 6) == 0);
    MUST(status == ST_OK || span_find(span_of(e.message), 0, '\n') == strlen(e.message));
    MUST(status != ST_OK || (doc->title.n > 0 && doc->count > 0));
    MUST(doc->arena.used <= importer_most(bytes.n));
    return status == ST_OK;
}

/* A page's bytes, read as gemtext, become the page again. */
static inline void importer_check_again(struct span page)
{
    struct document doc;
    struct buf again;
    buf_init(&again, IMPORTER_CAP);
    char *copy = fuzz_copy(page);
    MUST(importer_read((struct span){copy, page.n}, ARTICLE_GEMTEXT, (struct span){NULL, 0}, &doc));
    pages_body(&doc, &again);
    MUST(buf_status(&again) == ST_OK);
    MUST(span_eq(buf_span(&again), page));
    free(copy);
    document_fini(&doc);
    buf_fini(&again);
}

/* The pages of what was read; letters are those of the source. */
static inline void importer_check_pages(struct piece *p, struct span letters)
{
    struct buf out;
    struct error e;
    struct gemtext g;
    buf_init(&out, IMPORTER_CAP);
    MUST(piece_prepare(p, SPAN(IMPORTER_NAME), SUMMARY_DEFAULT, &e) == ST_OK);
    pages_article(&p->page, &out);
    MUST(buf_status(&out) == ST_OK);
    gemtext_page_check(buf_span(&out));

    buf_clear(&out);
    pages_body(&p->doc, &out);
    MUST(buf_status(&out) == ST_OK);
    gemtext_page_check(buf_span(&out));
    importer_check_again(buf_span(&out));

    /* The words without what a page tells about its article. */
    buf_clear(&out);
    gemtext_init(&g, &out);
    gemtext_heading(&g, 1, p->doc.title);
    gemtext_blocks(&g, &p->doc);
    gemtext_page_check_words(buf_span(&out), letters);
    buf_fini(&out);
}

/* Append the bytes as the importers see them: clean text in UTF-8. */
static inline void importer_clean(struct span bytes, struct span declared, struct buf *out)
{
    struct buf text;
    char charset[CHARSET_NAME_MAX];
    buf_init(&text, IMPORTER_CAP);
    MUST(charset_decode(bytes, declared, &text, charset) == ST_OK);
    MUST(clean_text(buf_span(&text), IMPORTER_NAME, out, NULL) == ST_OK);
    buf_fini(&text);
}

/*
 * One input.
 *
 * put_letters   appends what the clean text of a source says, as letters
 */
static inline void importer_check(struct span in, enum article_format format, struct span base,
                                  void (*put_letters)(struct span clean, struct buf *out))
{
    struct piece p = {.source = SPAN(IMPORTER_NAME)};
    struct buf clean;
    struct buf letters;
    char *copy = fuzz_copy(in);
    struct span bytes = {copy, in.n};
    if (importer_read(bytes, format, base, &p.doc)) {
        buf_init(&clean, IMPORTER_CAP);
        buf_init(&letters, IMPORTER_CAP);
        struct span declared = {NULL, 0};
        if (format == ARTICLE_HTML)
            declared = charset_of_html(bytes);
        importer_clean(bytes, declared, &clean);
        put_letters(buf_span(&clean), &letters);
        gemtext_page_put_letters(SPAN(IMPORTER_TITLE), &letters);
        importer_check_pages(&p, buf_span(&letters));
        buf_fini(&letters);
        buf_fini(&clean);
    }
    piece_fini(&p);
    free(copy);
}

#endif
