#include "press/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "log/log.h"
#include "press/rules_internal.h"
#include "protocol/url.h"

#define RULES_ARENA_MAX ((size_t)64 * 1024 * 1024)
#define RULES_TEXT_MAX  ((size_t)8 * 1024 * 1024)
#define RULES_TOLD      20 /* faults in the log at once */
/* Bytes of an item that a message shows. */
#define RULES_SHOWN 100

struct rules_key {
    const char *name;
    int status;
    size_t offset; /* of the list in struct capsule */
};

static const struct rules_key rules_keys[] = {
    {"redirect", GEMINI_TEMPORARY_REDIRECT, offsetof(struct capsule, redirect)},
    {"moved", GEMINI_PERMANENT_REDIRECT, offsetof(struct capsule, moved)},
    {"gone", GEMINI_GONE, offsetof(struct capsule, gone)},
    {"input", GEMINI_INPUT, offsetof(struct capsule, input)},
    {"sensitive-input", GEMINI_SENSITIVE_INPUT, offsetof(struct capsule, sensitive_input)},
};

#define RULES_KEYS (sizeof rules_keys / sizeof rules_keys[0])

/* Cut the next word from *rest, with the blanks around it. */
static struct span rules_word(struct span *rest)
{
    struct span text = span_trim(*rest);
    size_t end = span_find(text, 0, ' ');
    *rest = span_trim(span_sub(text, end, text.n));
    return span_sub(text, 0, end);
}

/* A path, and a query if there may be one, as they stand in a URL. */
static bool rules_is_path(struct span path, bool query)
{
    struct buf whole;
    struct url url;
    buf_init(&whole, GEMINI_URL_MAX + 64);
    buf_puts(&whole, "gemini://localhost");
    buf_put(&whole, path);
    bool good = path.n > 0 && path.p[0] == '/' && path.n <= GEMINI_META_MAX &&
                buf_status(&whole) == ST_OK && url_parse(buf_span(&whole), &url, NULL) == ST_OK &&
                (query || !url.has_query) && !url_has_dot_segment(url.path);
    buf_fini(&whole);
    return good;
}

/* The address: the path, canonical, and for which it is. */
static enum status rules_parse_address(struct span word, struct arena *arena, struct rules_row *row,
                                       struct error *e)
{
    bool many = span_ends(word, SPAN("*"));
    bool question = row->rule.status / 10 == GEMINI_INPUT / 10;
    struct span path = span_sub(word, 0, word.n - (many ? 1 : 0));
    struct buf place;
    if (word.n == 0)
        return error_set(e, ST_SYNTAX, 0, "no address");
    if (span_find(path, 0, '*') < path.n)
        return error_set(e, ST_SYNTAX, 0,
                         "a * stands only at the end of an address (%%2A is the character)");
    if (!rules_is_path(path, false))
        return error_set(e, ST_SYNTAX, 0,
                         "the address is not a path as in a URL: /NAME, with %%XX for what may not"
                         " stand there, without . and ..");
    if (many && question)
        return error_set(e, ST_SYNTAX, 0, "a question has one address, without a *");
    buf_init(&place, (size_t)3 * GEMINI_META_MAX + 8);
    row->rule.mark = many ? RULE_PREFIX_MARK : '\0';
    if (question)
        row->rule.mark = RULE_QUESTION_MARK;
    if (row->rule.mark != '\0')
        buf_putc(&place, row->rule.mark);
    size_t from = place.n;
    url_canonical_path(path, &place);
    row->place = arena_copy(arena, buf_span(&place));
    row->rule.path = span_sub(row->place, from, row->place.n);
    buf_fini(&place);
    return row->place.p == NULL ? error_set(e, ST_NOMEM, ENOMEM, "capsule.conf") : ST_OK;
}

/* An absolute target: a gemini URL, with a '*' only behind its host. */
static bool rules_is_url(struct span target)
{
    struct url url;
    return target.n <= GEMINI_META_MAX && url_parse(target, &url, NULL) == ST_OK &&
           span_eq_nocase(url.scheme, SPAN("gemini")) &&
           span_find(url.host, 0, '*') == url.host.n && !url_has_dot_segment(url.path);
}

static enum status rules_check_target(const struct rule *rule, struct span target, struct error *e)
{
    size_t star = span_find(target, 0, '*');
    bool path = target.n > 0 && target.p[0] == '/';
    if (target.n == 0)
        return error_set(e, ST_SYNTAX, 0, "no target");
    if (star < target.n && rule->mark == '\0')
        return error_set(e, ST_SYNTAX, 0,
                         "the target has a *, but not the address (%%2A is the character)");
    if (star < target.n && span_find(target, star + 1, '*') < target.n)
        return error_set(e, ST_SYNTAX, 0, "the target has more than one * (%%2A is the character)");
    if (span_starts(target, SPAN("//")))
        return error_set(e, ST_SYNTAX, 0, "the target begins with //, which would be a host");
    if (path ? !rules_is_path(target, true) : !rules_is_url(target))
        return error_set(e, ST_SYNTAX, 0,
                         "the target is neither a path nor a gemini URL, with %%XX for what may not"
                         " stand there, without . and .., of %d bytes at most",
                         GEMINI_META_MAX);
    return ST_OK;
}

/* A secret may not become part of an address, which logs tell; of queries they keep silent. */
static enum status rules_check_secret(const struct rule *rule, struct error *e)
{
    if (rule->status != GEMINI_SENSITIVE_INPUT ||
        span_find(rule->target, 0, '*') >= span_find(rule->target, 0, '?'))
        return ST_OK;
    return error_set(e, ST_SYNTAX, 0,
                     "the answer would stand in an address, which logs tell: put the * behind a ?");
}

/* What stands behind the address of a question: a target or not, then the prompt. */
static enum status rules_parse_question(struct span rest, struct rules_row *row, struct error *e)
{
    enum status status = ST_OK;
    if (span_starts(rest, SPAN("/"))) {
        row->rule.target = rules_word(&rest);
        status = rules_check_target(&row->rule, row->rule.target, e);
        if (status == ST_OK)
            status = rules_check_secret(&row->rule, e);
    }
    row->rule.meta = rest;
    if (status == ST_OK && rest.n == 0)
        status = error_set(e, ST_SYNTAX, 0, "no question");
    if (status == ST_OK && rest.n > GEMINI_META_MAX)
        status = error_set(e, ST_SYNTAX, 0, "the question has more than %d bytes", GEMINI_META_MAX);
    return status;
}

enum status rules_parse(const char *key, struct span item, struct arena *arena,
                        struct rules_row *row, struct error *e)
{
    struct span rest = item;
    size_t which = 0;
    while (which + 1 < RULES_KEYS && strcmp(rules_keys[which].name, key) != 0)
        which++;
    *row = (struct rules_row){.key = key, .item = item};
    row->rule.status = rules_keys[which].status;
    enum status status = rules_parse_address(rules_word(&rest), arena, row, e);
    if (status != ST_OK)
        return status;
    if (row->rule.mark == RULE_QUESTION_MARK)
        return rules_parse_question(rest, row, e);
    if (row->rule.status == GEMINI_GONE) {
        row->rule.meta = SPAN("This page is gone");
    } else {
        row->rule.meta = rules_word(&rest);
        status = rules_check_target(&row->rule, row->rule.meta, e);
    }
    if (status == ST_OK && rest.n > 0)
        status = error_set(e, ST_SYNTAX, 0, "more than %s",
                           row->rule.status == GEMINI_GONE ? "an address" : "address and target");
    return status;
}

enum status rules_fault(const struct rules *r, const struct rules_row *row, enum status status,
                        const char *why, struct error *e)
{
    /* The item is clean text; only the cut may fall into a character. */
    size_t n = utf8_valid(span_sub(row->item, 0, RULES_SHOWN));
    return error_set(e, status, 0, "%s/capsule.conf: %s \"%.*s%s\": %s", r->path, row->key, (int)n,
                     row->item.p, n < row->item.n ? "..." : "", why);
}

bool rules_note(struct rules_faults *f, enum status status, const struct error *cause,
                struct error *e)
{
    if (status == ST_OK)
        return true;
    if (f->count > 0 && f->count < RULES_TOLD)
        log_error(e);
    *e = *cause;
    f->count++;
    f->status = status;
    return status == ST_SYNTAX;
}

/* Enter a row where others find it. */
static enum status rules_enter(struct rules *r, size_t at, struct error *e)
{
    const struct rules_row *row = &r->rows[at];
    const struct rule *rule = &row->rule;
    struct span none = {NULL, 0};
    struct span name = rule->mark == RULE_PREFIX_MARK ? row->place : rule->path;
    enum status status = book_add(&r->own, name, none, at);
    if (status == ST_EXISTS) {
        char why[128];
        const struct rules_row *first = &r->rows[book_find(&r->own, name)->value];
        snprintf(why, sizeof why, "its address has a rule already, in %s", first->key);
        return rules_fault(r, row, ST_SYNTAX, why, e);
    }
    if (status == ST_OK && rule->mark != '\0')
        status = rule_set_add(&r->set, rule);
    if (status == ST_LIMIT)
        return error_set(e, ST_SYNTAX, 0,
                         "%s/capsule.conf: more than %d rules with a * and questions", r->path,
                         RULE_SET_MAX);
    return status == ST_OK ? ST_OK : error_set(e, ST_NOMEM, ENOMEM, "%s/capsule.conf", r->path);
}

static enum status rules_read_item(struct rules *r, const char *key, const char *item,
                                   struct error *e)
{
    struct rules_row *row = &r->rows[r->count];
    struct error cause;
    enum status status = rules_parse(key, span_of(item), &r->arena, row, &cause);
    if (status != ST_OK)
        return rules_fault(r, row, status, cause.message, e);
    buf_puts(&r->text, key);
    buf_putc(&r->text, ' ');
    buf_puts(&r->text, item);
    buf_putc(&r->text, '\n');
    return rules_enter(r, r->count++, e);
}

static const struct option_list *rules_list(const struct capsule *capsule, size_t key)
{
    const void *list = (const char *)capsule + rules_keys[key].offset;
    return list;
}

enum status rules_read(struct rules *r, const struct capsule *capsule, struct error *e)
{
    size_t count = 0;
    struct rules_faults faults = {ST_OK, 0};
    struct error cause;
    bool on = true;
    book_init(&r->own);
    rule_set_init(&r->set);
    arena_init(&r->arena, RULES_ARENA_MAX);
    buf_init(&r->text, RULES_TEXT_MAX);
    for (size_t i = 0; i < RULES_KEYS; i++)
        count += rules_list(capsule, i)->count;
    r->rows = calloc(count + 1, sizeof *r->rows);
    if (r->rows == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s/capsule.conf", r->path);
    for (size_t i = 0; on && i < RULES_KEYS; i++) {
        const struct option_list *list = rules_list(capsule, i);
        for (size_t k = 0; on && k < list->count; k++) {
            enum status status = rules_read_item(r, rules_keys[i].name, list->items[k], &cause);
            on = rules_note(&faults, status, &cause, e);
        }
    }
    rule_set_sort(&r->set);
    if (faults.status == ST_OK && buf_status(&r->text) != ST_OK)
        return error_set(e, ST_NOMEM, ENOMEM, "%s/capsule.conf", r->path);
    return faults.status;
}

void rules_fini(struct rules *r)
{
    free(r->rows);
    book_fini(&r->own);
    rule_set_fini(&r->set);
    arena_fini(&r->arena);
    buf_fini(&r->text);
}

static enum status rules_claim_row(const struct rules *r, size_t i, struct book *addresses,
                                   struct error *e)
{
    const struct rule *rule = &r->rows[i].rule;
    if (rule->mark == RULE_PREFIX_MARK || (rule->mark == RULE_QUESTION_MARK && rule->target.n == 0))
        return ST_OK;
    const struct book_entry *taken = book_find(addresses, rule->path);
    if (taken != NULL) {
        char why[256];
        snprintf(why, sizeof why, "the address belongs to %.*s", (int)taken->owner.n,
                 taken->owner.p);
        return rules_fault(r, &r->rows[i], ST_SYNTAX, why, e);
    }
    enum status status = book_add(addresses, rule->path, SPAN("capsule.conf"), i);
    return status == ST_OK ? ST_OK : error_set(e, ST_NOMEM, ENOMEM, "%s/capsule.conf", r->path);
}

enum status rules_claim(const struct rules *r, struct book *addresses, struct error *e)
{
    struct rules_faults faults = {ST_OK, 0};
    struct error cause;
    bool on = true;
    for (size_t i = 0; on && i < r->count; i++)
        on = rules_note(&faults, rules_claim_row(r, i, addresses, &cause), &cause, e);
    return faults.status;
}

enum status rules_write(const struct rules *r, struct edition_writer *w, struct error *e)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < r->count; i++) {
        const struct rule *rule = &r->rows[i].rule;
        struct edition_page page = {.path = r->rows[i].place,
                                    .status = rule->status,
                                    .meta = rule->meta,
                                    .body = rule->target.n > 0 ? rule->target : SPAN("")};
        status = edition_put_page(w, &page, e);
    }
    return status;
}
