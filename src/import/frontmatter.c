#include "import/frontmatter.h"

#include "article/clean.h"
#include "core/clock.h"
#include "core/utf8.h"
#include "prose/lang.h"

#define FRONTMATTER_LINES_MAX 500
/* Longest value, in bytes: one line on a page, and a summary. */
#define FRONTMATTER_VALUE_MAX 1000
#define FRONTMATTER_PROSE_MAX 20000

struct frontmatter_key {
    struct span name;
    size_t offset; /* of the struct span in struct document */
};

#define KEY(text, field) {{text, sizeof(text) - 1}, offsetof(struct document, field)}

static const struct frontmatter_key frontmatter_keys[] = {
    KEY("title", title),   KEY("date", date),
    KEY("author", author), KEY("lang", lang),
    KEY("language", lang), KEY("summary", summary),
    KEY("tags", tags),     KEY("description", description),
    KEY("source", source), KEY("previous", previous),
    KEY("next", next),
};

static struct span frontmatter_unquote(struct span v)
{
    if (v.n >= 2 && (v.p[0] == '"' || v.p[0] == '\'') && v.p[v.n - 1] == v.p[0])
        return utf8_trim(span_sub(v, 1, v.n - 1));
    return v;
}

static struct span *frontmatter_field(struct document *doc, struct span key)
{
    for (size_t i = 0; i < sizeof frontmatter_keys / sizeof frontmatter_keys[0]; i++) {
        if (span_eq_nocase(key, frontmatter_keys[i].name))
            return (struct span *)(void *)((char *)doc + frontmatter_keys[i].offset);
    }
    return NULL;
}

/* One line; keys that are not ours are somebody else's business. */
static enum status frontmatter_line(struct span line, unsigned number, const char *name,
                                    struct document *doc, struct error *e)
{
    size_t colon = span_find(line, 0, ':');
    struct span *field = frontmatter_field(doc, span_trim(span_sub(line, 0, colon)));
    struct span value = frontmatter_unquote(utf8_trim(span_sub(line, colon + 1, line.n)));
    if (colon == line.n || field == NULL || value.n == 0)
        return ST_OK;
    bool prose = field == &doc->summary || field == &doc->description;
    if (value.n > (prose ? FRONTMATTER_PROSE_MAX : FRONTMATTER_VALUE_MAX))
        return error_set(e, ST_LIMIT, 0, "%s: line %u: %.*s is longer than %d bytes", name, number,
                         (int)colon, line.p, prose ? FRONTMATTER_PROSE_MAX : FRONTMATTER_VALUE_MAX);
    if (field == &doc->date) {
        if (value.n > 10 && (value.p[10] == 'T' || value.p[10] == ' '))
            value = span_sub(value, 0, 10);
        if (!clock_is_date(value))
            return error_set(e, ST_SYNTAX, 0, "%s: line %u: date is not YYYY-MM-DD: %.*s", name,
                             number, (int)(value.n < 40 ? value.n : 40), value.p);
    }
    if (field == &doc->lang && !lang_is_tag(value))
        return error_set(e, ST_SYNTAX, 0, "%s: line %u: lang is not a language tag: %.*s", name,
                         number, (int)(value.n < 40 ? value.n : 40), value.p);
    struct buf line_of_text;
    buf_init(&line_of_text, value.n);
    clean_line(value, &line_of_text);
    *field = arena_copy(&doc->arena, buf_span(&line_of_text));
    buf_fini(&line_of_text);
    return field->p == NULL ? error_set(e, ST_NOMEM, 0, "%s: out of memory", name) : ST_OK;
}

enum status frontmatter_read_sidecar(struct span text, const char *name, struct document *doc,
                                     struct error *e)
{
    enum status status = ST_OK;
    struct span line;
    for (unsigned number = 1; status == ST_OK && span_line(&text, &line); number++)
        status = frontmatter_line(line, number, name, doc, e);
    return status;
}

static bool frontmatter_is_fence(struct span line)
{
    return span_eq(utf8_trim(line), SPAN("---"));
}

/* A first line `key:` (letters, digits, '-', '_') tells front matter from text between rules. */
static bool frontmatter_is_pair(struct span line)
{
    size_t i = 0;
    while (i < line.n && (ascii_alpha(line.p[i]) || ascii_digit(line.p[i]) || line.p[i] == '-' ||
                          line.p[i] == '_'))
        i++;
    return i > 0 && i < line.n && line.p[i] == ':';
}

enum status frontmatter_read(struct span text, const char *name, struct document *doc,
                             struct span *rest, struct error *e)
{
    struct span line;
    *rest = text;
    if (!span_line(&text, &line) || line.n < 3 || !frontmatter_is_fence(line))
        return ST_OK;
    struct span inside = text;
    struct span ahead = text;
    unsigned lines = 0;
    while (lines < FRONTMATTER_LINES_MAX && span_line(&ahead, &line)) {
        if (frontmatter_is_fence(line))
            break;
        if (lines == 0 && !frontmatter_is_pair(line))
            return ST_OK;
        lines++;
    }
    if (lines == 0 || !frontmatter_is_fence(line))
        return ST_OK;
    enum status status = ST_OK;
    for (unsigned i = 0; status == ST_OK && i < lines && span_line(&inside, &line); i++)
        status = frontmatter_line(line, i + 2, name, doc, e);
    if (status == ST_OK)
        *rest = ahead;
    return status;
}
