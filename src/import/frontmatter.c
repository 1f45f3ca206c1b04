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

/* "[Jo Reed, 'Al Poe']": the items of a list in brackets, parted by commas. */
static void frontmatter_put_items(struct span list, struct buf *out)
{
    list = span_sub(list, 1, list.n - 1);
    for (size_t at = 0; at < list.n;) {
        size_t end = span_find(list, at, ',');
        buf_puts(out, at > 0 ? ", " : "");
        buf_put(out, frontmatter_unquote(utf8_trim(span_sub(list, at, end))));
        at = end + 1;
    }
}

static struct span *frontmatter_field(struct document *doc, struct span key)
{
    for (size_t i = 0; i < sizeof frontmatter_keys / sizeof frontmatter_keys[0]; i++) {
        if (span_eq_nocase(key, frontmatter_keys[i].name))
            return (struct span *)(void *)((char *)doc + frontmatter_keys[i].offset);
    }
    return NULL;
}

/* Copy a value; names may be a list in brackets, and one without any says nothing. */
static enum status frontmatter_keep(struct span value, struct span *field, const char *name,
                                    struct document *doc, struct error *e)
{
    bool names = field == &doc->author || field == &doc->tags;
    bool list = names && value.n >= 2 && value.p[0] == '[' && value.p[value.n - 1] == ']';
    struct buf items;
    struct buf line_of_text;
    buf_init(&items, value.n * 2);
    buf_init(&line_of_text, value.n * 2);
    if (list)
        frontmatter_put_items(value, &items);
    clean_line(list ? buf_span(&items) : value, &line_of_text);
    bool some = line_of_text.n > 0;
    if (some)
        *field = arena_copy(&doc->arena, buf_span(&line_of_text));
    buf_fini(&line_of_text);
    buf_fini(&items);
    return some && field->p == NULL ? error_set(e, ST_NOMEM, 0, "%s: out of memory", name) : ST_OK;
}

/* One pair; keys that are not ours are somebody else's business. */
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
    /* What is said last holds, so that a sidecar can also ask for what front matter refused. */
    if (field == &doc->summary) {
        doc->no_summary = span_eq_nocase(value, SPAN("none"));
        if (doc->no_summary) {
            doc->summary = (struct span){NULL, 0};
            return ST_OK;
        }
    }
    return frontmatter_keep(value, field, name, doc, e);
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

static size_t frontmatter_indent(struct span line)
{
    size_t i = 0;
    while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
        i++;
    return i;
}

/* Does the line belong to the pair above it, which stands behind so many blanks: a part of a longer
 * value, an item of a list, or a pair of somebody's own inside it? */
static bool frontmatter_continues(struct span line, size_t indent)
{
    size_t own = frontmatter_indent(line);
    return own == line.n || own > indent ||
           (own == indent && span_starts(span_sub(line, own, line.n), SPAN("- ")));
}

/* ">", "|-": the value is in the lines below. */
static bool frontmatter_is_below(struct span value)
{
    return value.n > 0 && value.n <= 3 && (value.p[0] == '>' || value.p[0] == '|');
}

/* Append one line of those below a pair; items of a list, which has no value beside the key, are
 * parted by commas. */
static void frontmatter_put_below(struct span line, bool list, size_t start, struct buf *pair)
{
    line = utf8_trim(line);
    if (list) {
        if (!span_starts(line, SPAN("- ")))
            return;
        line = frontmatter_unquote(utf8_trim(span_sub(line, 2, line.n)));
        if (line.n == 0 || frontmatter_is_pair(line))
            return;
        buf_puts(pair, pair->n > start ? ", " : " ");
    } else {
        buf_putc(pair, ' ');
    }
    buf_put(pair, line);
}

/* The pairs in lines that are numbered from `first`, each with the lines below it as one line. */
static enum status frontmatter_pairs(struct span lines, unsigned first, const char *name,
                                     struct document *doc, struct error *e)
{
    enum status status = ST_OK;
    struct span line;
    struct buf pair;
    buf_init(&pair, lines.n * 2 + 1);
    for (unsigned next = first; status == ST_OK && span_line(&lines, &line);) {
        unsigned number = next++;
        size_t indent = frontmatter_indent(line);
        size_t colon = span_find(line, 0, ':');
        struct span value = utf8_trim(span_sub(line, colon + 1, line.n));
        bool list = value.n == 0;
        buf_clear(&pair);
        buf_put(&pair, frontmatter_is_below(value) ? span_sub(line, 0, colon + 1) : line);
        size_t start = pair.n;
        struct span after = lines;
        for (; span_line(&after, &line) && frontmatter_continues(line, indent); next++) {
            frontmatter_put_below(line, list, start, &pair);
            lines = after;
        }
        status = buf_status(&pair) == ST_OK
                     ? frontmatter_line(buf_span(&pair), number, name, doc, e)
                     : error_set(e, ST_NOMEM, 0, "%s: out of memory", name);
    }
    buf_fini(&pair);
    return status;
}

enum status frontmatter_read_sidecar(struct span text, const char *name, struct document *doc,
                                     struct error *e)
{
    return frontmatter_pairs(text, 1, name, doc, e);
}

enum status frontmatter_read(struct span text, const char *name, struct document *doc,
                             struct span *rest, struct error *e)
{
    struct span line;
    *rest = text;
    if (!span_line(&text, &line) || line.n < 3 || !frontmatter_is_fence(line))
        return ST_OK;
    struct span ahead = text;
    unsigned lines = 0;
    bool pairs = false;
    while (lines < FRONTMATTER_LINES_MAX && span_line(&ahead, &line)) {
        if (frontmatter_is_fence(line))
            break;
        pairs = pairs || frontmatter_is_pair(line);
        if (!pairs && !span_starts(line, SPAN("#")))
            return ST_OK;
        lines++;
    }
    if (!pairs || !frontmatter_is_fence(line))
        return ST_OK;
    struct span inside = span_sub(text, 0, (size_t)(line.p - text.p));
    enum status status = frontmatter_pairs(inside, 2, name, doc, e);
    if (status == ST_OK)
        *rest = ahead;
    return status;
}
