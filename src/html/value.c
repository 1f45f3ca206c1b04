#include "html/value.h"

#include "article/clean.h"
#include "core/clock.h"
#include "core/utf8.h"
#include "html/guard.h"
#include "html/parse.h"
#include "html/tree.h"
#include "prose/lang.h"

/* A value that is longer before it is cleaned is not looked at. */
#define VALUE_RAW_MAX ((size_t)64 * 1024)

struct span value_line(struct span raw, size_t most, struct arena *arena)
{
    struct buf text;
    struct buf line;
    struct span value = {NULL, 0};
    if (raw.n > VALUE_RAW_MAX)
        return value;
    buf_init(&text, raw.n * 3 + 1); /* no text grows more than threefold when it is composed */
    buf_init(&line, raw.n * 3 + 1);
    enum status status = clean_text(raw, "value", &text, NULL);
    if (status == ST_OK) {
        clean_line(buf_span(&text), &line);
        status = buf_status(&line);
    }
    if (status == ST_NOMEM)
        arena->status = ST_NOMEM;
    if (status == ST_OK && line.n > 0 && line.n <= most)
        value = arena_copy(arena, buf_span(&line));
    buf_fini(&text);
    buf_fini(&line);
    return value;
}

/* All text of a tree, with blanks where its lines and blocks end. */
static void value_put_tree(const GumboNode *root, struct buf *out)
{
    for (const GumboNode *node = root; node != NULL;) {
        bool code = tree_is(node, GUMBO_TAG_SCRIPT) || tree_is(node, GUMBO_TAG_STYLE);
        if (tree_is(node, GUMBO_TAG_BR) || tree_is(node, GUMBO_TAG_P) ||
            tree_is(node, GUMBO_TAG_DIV) || tree_is(node, GUMBO_TAG_LI))
            buf_putc(out, ' ');
        buf_put(out, tree_text_of(node));
        node = tree_next(root, node, !code);
    }
}

struct span value_markup(struct span raw, size_t most, struct arena *arena)
{
    if (span_find(raw, 0, '<') == raw.n && span_find(raw, 0, '&') == raw.n)
        return value_line(raw, most, arena);
    if (raw.n > VALUE_RAW_MAX || guard_check(raw, NULL) != ST_OK)
        return (struct span){NULL, 0};
    struct parse page;
    struct buf text;
    parse_page(&page, raw);
    buf_init(&text, raw.n * 4); /* two blanks for each "<p>", and entities only shrink */
    value_put_tree(page.root, &text);
    parse_fini(&page);
    if (buf_status(&text) == ST_NOMEM)
        arena->status = ST_NOMEM;
    struct span value = {NULL, 0};
    if (buf_status(&text) == ST_OK)
        value = value_line(buf_span(&text), most, arena);
    buf_fini(&text);
    return value;
}

struct span value_date(struct span raw, struct arena *arena)
{
    char day[10];
    raw = utf8_trim(raw);
    size_t digits = 0;
    while (digits < raw.n && ascii_digit(raw.p[digits]))
        digits++;
    if (digits == 8) {
        for (size_t i = 0, at = 0; i < sizeof day; i++)
            day[i] = i == 4 || i == 7 ? '-' : raw.p[at++];
    } else {
        for (size_t i = 0; i < sizeof day; i++)
            day[i] = i < raw.n ? raw.p[i] : ' ';
    }
    size_t end = digits == 8 ? 8 : sizeof day;
    bool ends = raw.n <= end || raw.p[end] == 'T' || raw.p[end] == 't' || raw.p[end] == ' ';
    struct span date = {day, sizeof day};
    return ends && clock_is_date(date) ? arena_copy(arena, date) : (struct span){NULL, 0};
}

struct span value_lang(struct span raw, struct arena *arena)
{
    char tag[64];
    struct span value = {tag, 0};
    raw = span_trim(raw);
    while (value.n < raw.n && value.n < sizeof tag && raw.p[value.n] != '.' &&
           raw.p[value.n] != '@') {
        tag[value.n] = raw.p[value.n];
        if (tag[value.n] == '_')
            tag[value.n] = '-';
        value.n++;
    }
    return lang_is_tag(value) ? arena_copy(arena, value) : (struct span){NULL, 0};
}
