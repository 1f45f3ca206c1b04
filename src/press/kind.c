#include "press/kind.h"

#include <string.h>

#include "import/charset.h"

static bool kind_is_text(const char *type)
{
    static const char *const texts[] = {"text/",
                                        "message/",
                                        "application/json",
                                        "application/xml",
                                        "application/xhtml+xml",
                                        "application/javascript"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strncmp(type, texts[i], strlen(texts[i])) == 0)
            return true;
    }
    return false;
}

enum status kind_check(struct mediatype *m, const char *shown, struct span bytes, struct error *e)
{
    if (span_trim(bytes).n == 0)
        return error_set(e, ST_FORMAT, 0, "%s: empty", shown);
    const char *type = charset_is_doubtful(bytes) ? mediatype_guess(m, bytes) : NULL;
    if (type != NULL && strcmp(type, "application/octet-stream") == 0)
        return error_set(e, ST_FORMAT, 0, "%s: not text", shown);
    if (type != NULL && !kind_is_text(type))
        return error_set(e, ST_FORMAT, 0, "%s: not text but %s", shown, type);
    return ST_OK;
}

enum article_format kind_find(struct mediatype *m, struct span path, struct span bytes)
{
    enum article_format format;
    if (format_of_suffix(path, &format))
        return format;
    const char *type = mediatype_guess(m, bytes);
    return type != NULL && strcmp(type, "text/html") == 0 ? ARTICLE_HTML : format_of_text(bytes);
}
