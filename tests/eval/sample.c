#include "sample.h"

#include "alloc.h"
#include "article/clean.h"
#include "core/file.h"
#include "import/article.h"
#include "rivals.h"

#define SAMPLE_PATH_MAX 4096

static enum status sample_read_article(struct sample *s, const char *path, struct error *e)
{
    struct buf bytes;
    buf_init(&bytes, ARTICLE_TEXT_MAX);
    enum status status = file_read(path, &bytes, e);
    if (status == ST_OK) {
        struct article_source source = {
            .bytes = buf_span(&bytes), .format = ARTICLE_TEXT, .name = path};
        status = article_read(&source, &s->doc, e);
    }
    buf_fini(&bytes);
    s->doc.summary = s->doc.description = (struct span){0};
    s->doc.no_summary = false;
    return status;
}

static void sample_cut_sentences(struct sample *s)
{
    for (size_t i = 0; i < s->doc.count; i++) {
        if (block_is_prose(&s->doc.blocks[i]))
            extract_read(&s->sentences, s->language, s->doc.blocks[i].text);
    }
}

static enum status reference_read(struct reference *r, const struct language *language,
                                  const char *path, struct error *e)
{
    struct buf bytes;
    struct span line;
    buf_init(&bytes, ARTICLE_TEXT_MAX);
    buf_init(&r->text, ARTICLE_TEXT_MAX * 3);
    enum status status = file_read(path, &bytes, e);
    if (status == ST_OK)
        status = clean_text(buf_span(&bytes), path, &r->text, e);
    buf_fini(&bytes);
    if (status != ST_OK)
        return status;
    for (struct span rest = buf_span(&r->text); span_line(&rest, &line);)
        extract_read(&r->extract, language, line);
    if (r->extract.words == 0)
        return error_set(e, ST_FORMAT, 0, "%s: no words", path);
    return ST_OK;
}

static void reference_fini(struct reference *r)
{
    extract_fini(&r->extract);
    buf_fini(&r->text);
}

/* The references up to the first that is not there. */
static enum status sample_read_references(struct sample *s, const char *folder, const char *name,
                                          struct error *e)
{
    char path[SAMPLE_PATH_MAX];
    enum status status = ST_OK;
    while (status == ST_OK) {
        struct reference next = {0};
        snprintf(path, sizeof path, "%s/%s.ref%zu", folder, name, s->count + 1);
        status = reference_read(&next, s->language, path, e);
        if (status != ST_OK) {
            reference_fini(&next);
            break;
        }
        s->references = alloc_grown(s->references, s->count, &s->room, sizeof *s->references);
        s->references[s->count++] = next;
    }
    return status == ST_MISSING ? ST_OK : status;
}

enum status sample_read(struct sample *s, const char *folder, const char *name, struct error *e)
{
    char path[SAMPLE_PATH_MAX];
    *s = (struct sample){0};
    document_init(&s->doc, ARTICLE_ARENA_MAX);
    snprintf(path, sizeof path, "%s/%s.txt", folder, name);
    enum status status = sample_read_article(s, path, e);
    if (status == ST_OK)
        status = document_language(&s->doc, &s->language);
    if (status != ST_OK)
        return status;
    sample_cut_sentences(s);
    if (s->sentences.words == 0)
        return error_set(e, ST_FORMAT, 0, "%s: no sentences", path);
    if (s->sentences.count > RIVALS_SENTENCES_MAX)
        return error_set(e, ST_LIMIT, 0, "%s: more than %d sentences", path, RIVALS_SENTENCES_MAX);
    return sample_read_references(s, folder, name, e);
}

void sample_fini(struct sample *s)
{
    for (size_t i = 0; i < s->count; i++)
        reference_fini(&s->references[i]);
    free(s->references);
    extract_fini(&s->sentences);
    document_fini(&s->doc);
}
