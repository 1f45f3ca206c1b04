#include "html/jsonld.h"

#include <cJSON.h>

#include "core/buf.h"
#include "html/value.h"

/* A larger script is not parsed: each value costs a node of 64 bytes. */
#define JSONLD_MAX ((size_t)512 * 1024)
/* Objects that are looked at, and authors that are named. */
#define JSONLD_OBJECTS_MAX 512
#define JSONLD_AUTHORS_MAX 32
#define JSONLD_URL_MAX     4096

/* Objects still to be looked at, then those that were. */
struct jsonld_objects {
    const cJSON *items[JSONLD_OBJECTS_MAX];
    size_t n;
};

static const cJSON *jsonld_member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static struct span jsonld_string(const cJSON *value)
{
    return cJSON_IsString(value) ? span_of(value->valuestring) : (struct span){NULL, 0};
}

/* An object, or those in an array. */
static void jsonld_gather(struct jsonld_objects *objects, const cJSON *value)
{
    if (cJSON_IsArray(value)) {
        for (const cJSON *item = value->child; item != NULL; item = item->next) {
            if (cJSON_IsObject(item) && objects->n < JSONLD_OBJECTS_MAX)
                objects->items[objects->n++] = item;
        }
    } else if (cJSON_IsObject(value) && objects->n < JSONLD_OBJECTS_MAX) {
        objects->items[objects->n++] = value;
    }
}

/* Is it the name of Article or one of its kinds, alone or as a URL? */
static bool jsonld_names_article(struct span name)
{
    static const char *const others[] = {"Report",
                                         "BlogPosting",
                                         "LiveBlogPosting",
                                         "SocialMediaPosting",
                                         "DiscussionForumPosting",
                                         "APIReference"};
    for (size_t i = name.n; i-- > 0;) {
        if (name.p[i] == '/' || name.p[i] == '#' || name.p[i] == ':') {
            name = span_sub(name, i + 1, name.n);
            break;
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (span_eq(name, span_of(others[i])))
            return true;
    }
    return span_ends(name, SPAN("Article"));
}

static bool jsonld_is_article(const cJSON *object)
{
    const cJSON *type = jsonld_member(object, "@type");
    if (!cJSON_IsArray(type))
        return jsonld_names_article(jsonld_string(type));
    for (const cJSON *item = type->child; item != NULL; item = item->next) {
        if (jsonld_names_article(jsonld_string(item)))
            return true;
    }
    return false;
}

/* The first string of a value that may be an array. */
static struct span jsonld_first(const cJSON *value)
{
    return jsonld_string(cJSON_IsArray(value) ? value->child : value);
}

/* What is absent in *field is filled in. */
static void jsonld_fill(struct span *field, struct span raw, size_t most, struct arena *arena)
{
    if (field->p == NULL && raw.n > 0)
        *field = value_markup(raw, most, arena);
}

/* A name that is no URL, or is behind a reference to another object; absent when there is none. */
static struct span jsonld_name(const struct jsonld_objects *objects, const cJSON *author)
{
    struct span name = jsonld_string(author);
    if (cJSON_IsObject(author)) {
        name = jsonld_first(jsonld_member(author, "name"));
        struct span id = jsonld_string(jsonld_member(author, "@id"));
        for (size_t i = 0; name.n == 0 && id.n > 0 && i < objects->n; i++) {
            if (span_eq(jsonld_string(jsonld_member(objects->items[i], "@id")), id))
                name = jsonld_first(jsonld_member(objects->items[i], "name"));
        }
    }
    bool url = span_starts(name, SPAN("http://")) || span_starts(name, SPAN("https://"));
    return url ? (struct span){NULL, 0} : name;
}

static void jsonld_read_author(const struct jsonld_objects *objects, const cJSON *value,
                               struct arena *arena, struct jsonld *out)
{
    struct buf names;
    buf_init(&names, VALUE_MAX);
    const cJSON *author = cJSON_IsArray(value) ? value->child : value;
    for (size_t i = 0; author != NULL && i < JSONLD_AUTHORS_MAX; i++) {
        struct span raw = jsonld_name(objects, author);
        struct span name = raw.n > 0 ? value_markup(raw, VALUE_MAX, arena) : raw;
        if (name.n > 0 && names.n > 0)
            buf_puts(&names, ", ");
        buf_put(&names, name);
        author = cJSON_IsArray(value) ? author->next : NULL;
    }
    if (buf_status(&names) == ST_NOMEM)
        arena->status = ST_NOMEM;
    if (buf_status(&names) == ST_OK && names.n > 0)
        out->author = arena_copy(arena, buf_span(&names));
    buf_fini(&names);
}

static void jsonld_read_article(const struct jsonld_objects *objects, const cJSON *article,
                                struct arena *arena, struct jsonld *out)
{
    jsonld_fill(&out->title, jsonld_first(jsonld_member(article, "headline")), VALUE_MAX, arena);
    jsonld_fill(&out->title, jsonld_first(jsonld_member(article, "name")), VALUE_MAX, arena);
    jsonld_fill(&out->description, jsonld_first(jsonld_member(article, "description")),
                VALUE_PROSE_MAX, arena);
    if (out->author.p == NULL)
        jsonld_read_author(objects, jsonld_member(article, "author"), arena, out);
    if (out->date.p == NULL)
        out->date = value_date(jsonld_first(jsonld_member(article, "datePublished")), arena);
    const cJSON *lang = jsonld_member(article, "inLanguage");
    if (out->lang.p == NULL)
        out->lang = value_lang(jsonld_first(lang), arena);
    if (out->lang.p == NULL && cJSON_IsObject(lang))
        out->lang = value_lang(jsonld_string(jsonld_member(lang, "alternateName")), arena);
    const cJSON *page = jsonld_member(article, "mainEntityOfPage");
    jsonld_fill(&out->url, jsonld_first(jsonld_member(article, "url")), JSONLD_URL_MAX, arena);
    jsonld_fill(&out->url, jsonld_first(page), JSONLD_URL_MAX, arena);
    if (cJSON_IsObject(page)) {
        jsonld_fill(&out->url, jsonld_string(jsonld_member(page, "@id")), JSONLD_URL_MAX, arena);
        jsonld_fill(&out->url, jsonld_string(jsonld_member(page, "url")), JSONLD_URL_MAX, arena);
    }
}

/* Marks that hide a script from what does not know it, in front of its JSON. */
static struct span jsonld_unwrap(struct span json)
{
    static const char *const marks[] = {"\xef\xbb\xbf", "<!--", "//", "/*", "*/", "<![CDATA["};
    bool found = true;
    while (found) {
        found = false;
        json = span_trim(json);
        for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
            if (span_starts(json, span_of(marks[i]))) {
                json = span_sub(json, span_of(marks[i]).n, json.n);
                found = true;
            }
        }
    }
    return json;
}

void jsonld_read(struct span json, struct arena *arena, struct jsonld *out)
{
    struct jsonld_objects objects = {.n = 0};
    json = jsonld_unwrap(json);
    if (json.n == 0 || json.n > JSONLD_MAX)
        return;
    cJSON *root = cJSON_ParseWithLength(json.p, json.n);
    const cJSON *article = NULL;
    jsonld_gather(&objects, root);
    for (size_t i = 0; i < objects.n; i++) {
        const cJSON *object = objects.items[i];
        if (article == NULL && jsonld_is_article(object))
            article = object;
        jsonld_gather(&objects, jsonld_member(object, "@graph"));
        jsonld_gather(&objects, jsonld_member(object, "mainEntity"));
    }
    if (article != NULL)
        jsonld_read_article(&objects, article, arena, out);
    cJSON_Delete(root);
}
