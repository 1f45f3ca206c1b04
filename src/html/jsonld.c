#include "html/jsonld.h"

#include <cJSON.h>

#include "article/clean.h"
#include "html/entity.h"

#define JSONLD_PENDING_MAX 256 /* objects that wait to be looked at */
#define JSONLD_MAX         ((size_t)512 * 1024)
#define JSONLD_VALUE_MAX   5000 /* bytes of one value */
#define JSONLD_AUTHORS_MAX 20

static struct span jsonld_string(const cJSON *object, const char *key)
{
    return span_of(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key)));
}

/* Is a type ("NewsArticle", "https://schema.org/NewsArticle") an article's? */
static bool jsonld_is_article(struct span type)
{
    static const char *const others[] = {"BlogPosting", "LiveBlogPosting", "SocialMediaPosting",
                                         "Report",      "CreativeWork",    "Review"};
    for (size_t i = type.n; i > 0; i--) {
        if (type.p[i - 1] == '/' || type.p[i - 1] == ':') {
            type = span_sub(type, i, type.n);
            break;
        }
    }
    bool found = span_ends(type, SPAN("Article"));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        found = found || span_eq(type, span_of(others[i]));
    return found;
}

static bool jsonld_has_article_type(const cJSON *object)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(object, "@type");
    if (cJSON_IsString(type))
        return jsonld_is_article(span_of(type->valuestring));
    const cJSON *each = NULL;
    cJSON_ArrayForEach(each, type)
    {
        if (cJSON_IsString(each) && jsonld_is_article(span_of(each->valuestring)))
            return true;
    }
    return false;
}

/* Set a field that is not known yet to a value as one clean line; one that is too long is none. */
static void jsonld_set(struct arena *arena, struct span *field, struct span raw)
{
    struct buf decoded;
    struct buf clean;
    struct buf line;
    if (field->p != NULL || span_trim(raw).n == 0 || raw.n > JSONLD_VALUE_MAX)
        return;
    buf_init(&decoded, raw.n * 4 + 1);
    buf_init(&clean, raw.n * 16 + 1);
    buf_init(&line, raw.n * 16 + 1);
    entity_decode(raw, &decoded);
    if (clean_text(buf_span(&decoded), "JSON-LD", &clean, NULL) == ST_OK)
        clean_line(buf_span(&clean), &line);
    if (line.n > 0)
        *field = arena_copy(arena, buf_span(&line));
    buf_fini(&decoded);
    buf_fini(&clean);
    buf_fini(&line);
}

/* An author is a name, an object with one, or several of either. */
static void jsonld_authors(const cJSON *author, struct arena *arena, struct jsonld *out)
{
    struct buf names;
    unsigned count = 0;
    buf_init(&names, JSONLD_VALUE_MAX);
    const cJSON *each = cJSON_IsArray(author) ? author->child : author;
    for (; each != NULL && count < JSONLD_AUTHORS_MAX; each = each->next) {
        struct span name =
            cJSON_IsString(each) ? span_of(each->valuestring) : jsonld_string(each, "name");
        bool is_url = span_starts(name, SPAN("http://")) || span_starts(name, SPAN("https://"));
        if (span_trim(name).n > 0 && !is_url) {
            buf_puts(&names, names.n > 0 ? ", " : "");
            buf_put(&names, span_trim(name));
        }
        count++;
        if (!cJSON_IsArray(author))
            break;
    }
    if (buf_status(&names) == ST_OK)
        jsonld_set(arena, &out->author, buf_span(&names));
    buf_fini(&names);
}

static void jsonld_article(const cJSON *object, struct arena *arena, struct jsonld *out)
{
    const cJSON *page = cJSON_GetObjectItemCaseSensitive(object, "mainEntityOfPage");
    jsonld_set(arena, &out->title, jsonld_string(object, "headline"));
    jsonld_set(arena, &out->title, jsonld_string(object, "name"));
    jsonld_authors(cJSON_GetObjectItemCaseSensitive(object, "author"), arena, out);
    jsonld_set(arena, &out->date, jsonld_string(object, "datePublished"));
    jsonld_set(arena, &out->lang, jsonld_string(object, "inLanguage"));
    jsonld_set(arena, &out->description, jsonld_string(object, "description"));
    jsonld_set(arena, &out->url, jsonld_string(object, "url"));
    jsonld_set(arena, &out->url, span_of(cJSON_GetStringValue(page)));
    jsonld_set(arena, &out->url, jsonld_string(page, "@id"));
}

/* What waits to be looked at: not all of a document, only where articles are told of. */
struct jsonld_pending {
    const cJSON *items[JSONLD_PENDING_MAX];
    size_t count;
};

/* Put the elements of an array, or the one object, on the pile, the first on top. */
static void jsonld_push(struct jsonld_pending *p, const cJSON *item)
{
    const cJSON *each = cJSON_IsArray(item) ? item->child : item;
    size_t first = p->count;
    while (each != NULL && p->count < JSONLD_PENDING_MAX) {
        p->items[p->count++] = each;
        each = cJSON_IsArray(item) ? each->next : NULL;
    }
    for (size_t i = first, j = p->count; i + 1 < j; i++, j--) {
        const cJSON *swapped = p->items[i];
        p->items[i] = p->items[j - 1];
        p->items[j - 1] = swapped;
    }
}

void jsonld_read(struct span json, struct arena *arena, struct jsonld *out)
{
    struct jsonld_pending pending = {.count = 0};
    json = span_trim(json);
    if (json.n == 0 || json.n > JSONLD_MAX)
        return;
    cJSON *root = cJSON_ParseWithLength(json.p, json.n);
    jsonld_push(&pending, root);
    while (pending.count > 0) {
        const cJSON *item = pending.items[--pending.count];
        if (cJSON_IsArray(item)) {
            jsonld_push(&pending, item);
        } else if (jsonld_has_article_type(item)) {
            jsonld_article(item, arena, out);
            break;
        } else {
            jsonld_push(&pending, cJSON_GetObjectItemCaseSensitive(item, "mainEntity"));
            jsonld_push(&pending, cJSON_GetObjectItemCaseSensitive(item, "@graph"));
        }
    }
    cJSON_Delete(root);
}
