#include "import/article.h"

#include <errno.h>

#include "article/clean.h"
#include "core/memory.h"
#include "core/utf8.h"
#include "html/page.h"
#include "import/charset.h"
#include "import/frontmatter.h"
#include "import/gmi.h"
#include "import/markdown.h"
#include "import/text.h"

struct span article_stem(struct span path)
{
    size_t cut = path.n;
    while (cut > 0 && path.p[cut - 1] != '/')
        cut--;
    struct span name = span_sub(path, cut, path.n);
    for (size_t i = name.n; i > 1; i--) {
        if (name.p[i - 1] == '.')
            return span_sub(name, 0, i - 1);
    }
    return name;
}

/* Make bytes in any charset clean text. */
static enum status article_clean(struct span bytes, const char *name, struct span declared,
                                 struct buf *clean, char charset[CHARSET_NAME_MAX], struct error *e)
{
    struct buf text;
    buf_init(clean, ARTICLE_TEXT_MAX * 3 + 1);
    if (bytes.n > ARTICLE_TEXT_MAX)
        return error_set(e, ST_LIMIT, 0, "%s: larger than %zu bytes", name, ARTICLE_TEXT_MAX);
    buf_init(&text, ARTICLE_TEXT_MAX * 3 + 1);
    enum status status = charset_decode(bytes, declared, &text, charset);
    if (status != ST_OK)
        status = error_set(e, status, 0, "%s: too large", name);
    else
        status = clean_text(buf_span(&text), name, clean, e);
    buf_fini(&text);
    return status;
}

/* "market-day" becomes "Market day": better than a page without a title. */
static void article_title_from_name(struct document *doc, const char *name)
{
    struct buf clean;
    struct buf title;
    char charset[CHARSET_NAME_MAX];
    struct span stem = article_stem(span_of(name));
    buf_init(&title, stem.n * 3 + 16);
    if (article_clean(stem, name, SPAN("utf-8"), &clean, charset, NULL) == ST_OK)
        clean_line(buf_span(&clean), &title);
    if (title.n == 0 || span_eq(buf_span(&title), SPAN("-"))) {
        buf_clear(&title);
        buf_puts(&title, "Untitled");
    }
    for (size_t i = 0; i < title.n; i++) {
        if (title.p[i] == '-' || title.p[i] == '_')
            title.p[i] = ' ';
    }
    if (title.n > 0 && title.p[0] >= 'a' && title.p[0] <= 'z')
        title.p[0] = (char)(title.p[0] - 'a' + 'A');
    doc->title = arena_copy(&doc->arena, utf8_trim(buf_span(&title)));
    buf_fini(&clean);
    buf_fini(&title);
}

static enum status article_import(const struct article_source *source, struct span text,
                                  struct document *doc, struct error *e)
{
    switch (source->format) {
    case ARTICLE_TEXT:
        return text_import(text, source->wrapped, doc, e);
    case ARTICLE_HTML:
        return html_read(text, source->base_url, doc, e);
    case ARTICLE_MARKDOWN:
        return markdown_import(text, source->base_url, doc, e);
    case ARTICLE_GEMTEXT:
        return gmi_import(text, doc, e);
    }
    return error_set(e, ST_FORMAT, 0, "unknown format");
}

/* Read when everything else is, so that it wins. */
static enum status article_sidecar(const struct article_source *source, struct document *doc,
                                   struct error *e)
{
    struct buf meta;
    char charset[CHARSET_NAME_MAX];
    if (source->sidecar.p == NULL)
        return ST_OK;
    enum status status = article_clean(source->sidecar, source->sidecar_name,
                                       (struct span){NULL, 0}, &meta, charset, e);
    if (status == ST_OK)
        status = frontmatter_read_sidecar(buf_span(&meta), source->sidecar_name, doc, e);
    buf_fini(&meta);
    return status;
}

enum status article_read(const struct article_source *source, struct document *doc, struct error *e)
{
    struct buf clean;
    struct error cause;
    char charset[CHARSET_NAME_MAX];
    struct span declared = {NULL, 0};
    memory_watch();
    unsigned long refusals = memory_refusals();
    if (source->format == ARTICLE_HTML)
        declared = charset_of_html(source->bytes);
    enum status status = article_clean(source->bytes, source->name, declared, &clean, charset, e);
    struct span text = buf_span(&clean);
    if (status == ST_OK)
        status = frontmatter_read(text, source->name, doc, &text, e);
    if (status == ST_OK) {
        doc->charset = arena_copy(&doc->arena, span_of(charset));
        status = article_import(source, text, doc, &cause);
        if (status != ST_OK)
            status = error_set(e, status, 0, "%s: %s", source->name, cause.message);
    }
    buf_fini(&clean);
    if (status == ST_OK)
        status = article_sidecar(source, doc, e);
    if (status == ST_OK && doc->title.p == NULL)
        article_title_from_name(doc, source->name);
    memory_settle();
    if (status == ST_OK && arena_status(&doc->arena) != ST_OK)
        status = error_set(e, arena_status(&doc->arena), 0, "%s: out of memory", source->name);
    /* What a library was refused shows as something that the article has not, or has wrong. */
    if (memory_refusals() != refusals)
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", source->name);
    return status;
}
