#include "press/sheet.h"

#include "edition/area.h"
#include "press/mediatype.h"
#include "press/slug.h"
#include "protocol/gemini.h"

#define SHEET_PAGE_MAX ((size_t)256 * 1024 * 1024)
#define SHEET_PATH_MAX ((size_t)64 * 1024)

void sheet_init(struct sheet *s)
{
    book_init(&s->names);
    buf_init(&s->page, SHEET_PAGE_MAX);
    buf_init(&s->urls, SHEET_PAGE_MAX);
    buf_init(&s->key, SHEET_PATH_MAX);
    buf_init(&s->type, GEMINI_META_MAX);
}

void sheet_fini(struct sheet *s)
{
    book_fini(&s->names);
    buf_fini(&s->page);
    buf_fini(&s->urls);
    buf_fini(&s->key);
    buf_fini(&s->type);
}

static void sheet_address(struct sheet *s, struct span slug, const char *tail)
{
    buf_clear(&s->key);
    slug_address(slug, tail, &s->key);
}

void sheet_begin(struct sheet *s, struct span slug, const char *tail, struct span lang)
{
    buf_clear(&s->page);
    sheet_address(s, slug, tail);
    buf_clear(&s->type);
    mediatype_gemtext(lang.n > 0 ? lang : s->lang, &s->type);
}

/* Does the address lie in an area, so that only some clients may see it? */
static bool sheet_is_guarded(const struct sheet *s, struct span address)
{
    struct span rest = s->areas;
    struct span prefix;
    while (span_line(&rest, &prefix)) {
        if (area_covers(prefix, address))
            return true;
    }
    return false;
}

void sheet_list(struct sheet *s, struct span address)
{
    struct span none = {NULL, 0};
    if (s->rules != NULL && rule_set_question(s->rules, address) != NULL)
        return;
    if (sheet_is_guarded(s, address))
        return;
    size_t slash = address.n;
    while (slash > 0 && address.p[slash - 1] != '/')
        slash--;
    struct span name = span_sub(address, slash, address.n);
    if (name.n == 0 || book_add(&s->names, name, none, 0) != ST_OK)
        return;
    buf_puts(&s->urls, s->base_url);
    buf_put(&s->urls, span_sub(address, 1, address.n));
    buf_putc(&s->urls, '\n');
}

enum status sheet_put(struct sheet *s, struct span address, struct span type, struct error *e)
{
    struct edition_page row = {
        .path = address, .status = GEMINI_SUCCESS, .meta = type, .body = buf_span(&s->page)};
    if (buf_status(&s->page) != ST_OK)
        return error_set(e, buf_status(&s->page), 0, "%.*s: page too large", (int)address.n,
                         address.p);
    if (row.body.p == NULL)
        row.body = SPAN("");
    return edition_put_page(s->writer, &row, e);
}

enum status sheet_end(struct sheet *s, struct error *e)
{
    if (buf_status(&s->key) != ST_OK || buf_status(&s->type) != ST_OK)
        return error_set(e, ST_LIMIT, 0, "%s: an address or media type is too long", s->path);
    sheet_list(s, buf_span(&s->key));
    return sheet_put(s, buf_span(&s->key), buf_span(&s->type), e);
}

enum status sheet_keep(struct sheet *s, struct span slug, const char *tail, struct error *e)
{
    sheet_address(s, slug, tail);
    sheet_list(s, buf_span(&s->key));
    return edition_keep_page(s->writer, buf_span(&s->key), e);
}
