#include "edition/area.h"

#include <errno.h>

#include "protocol/gemini.h"
#include "protocol/url.h"

#define AREA_PAGE    ".gmi"
#define AREA_INDEX   "index.gmi"    /* of a page that its folder's address shows, too */
#define AREA_SUMMARY "-summary.gmi" /* of the page with what comes before it */

enum status area_canonical(const char *prefix, struct buf *out, struct error *e)
{
    struct url url;
    struct buf whole;
    size_t root = out->n;
    struct error cause;
    buf_init(&whole, GEMINI_URL_MAX);
    buf_putf(&whole, "gemini://host%s", prefix);
    enum status status = prefix[0] != '/' || buf_status(&whole) != ST_OK
                             ? ST_SYNTAX
                             : url_parse(buf_span(&whole), &url, &cause);
    if (status == ST_OK && !url.has_query)
        url_canonical_path(url.path, out);
    else
        status = ST_SYNTAX;
    bool memory = buf_status(&whole) != ST_NOMEM;
    buf_fini(&whole);
    if (!memory)
        return error_set(e, ST_NOMEM, ENOMEM, "area %.200s", prefix);
    if (status != ST_OK)
        return error_set(e, ST_SYNTAX, 0,
                         "area %.200s: not the path of a URL, such as \"/members/\"", prefix);
    while (out->n > root && out->p[out->n - 1] == '/')
        buf_cut(out, out->n - 1);
    return ST_OK;
}

bool area_covers(struct span prefix, struct span path)
{
    if (span_starts(path, prefix) && (path.n == prefix.n || path.p[prefix.n] == '/'))
        return true;
    if (span_ends(prefix, SPAN("/" AREA_INDEX)) &&
        span_eq(path, span_sub(prefix, 0, prefix.n - (sizeof AREA_INDEX - 1))))
        return true;
    if (!span_ends(prefix, SPAN(AREA_PAGE)) || !span_ends(path, SPAN(AREA_SUMMARY)))
        return false;
    return span_eq(span_sub(prefix, 0, prefix.n - (sizeof AREA_PAGE - 1)),
                   span_sub(path, 0, path.n - (sizeof AREA_SUMMARY - 1)));
}
