#include <errno.h>

#include "log/log.h"
#include "press/rules.h"
#include "press/rules_internal.h"
#include "protocol/url.h"

#define WALK_PATH_MAX ((size_t)16 * 1024)
/* Redirects to no page that are told one by one. */
#define WALK_TOLD 20

/* Which addresses a client is sent to, one after the other. */
struct walk {
    const struct rules *rules;
    const struct book *addresses;
    struct buf path;  /* where it stands */
    struct buf chain; /* all up to there, parted by ARROW */
    bool open;        /* the path ends in a rest that nobody knows, shown as '*' */
    unsigned hops;
    size_t *lost; /* counts redirects to no page */
};

#define WALK_ARROW SPAN(" -> ")

static bool walk_same_port(const struct url *a, const struct url *b)
{
    return (a->has_port ? a->port : GEMINI_PORT) == (b->has_port ? b->port : GEMINI_PORT);
}

/* The path of a target that lies in this capsule; absent when it lies elsewhere. */
static struct span walk_local(const struct rules *r, struct span target)
{
    struct url url;
    struct url base;
    if (span_starts(target, SPAN("/")))
        return span_sub(target, 0, span_find(target, 0, '?'));
    if (url_parse(target, &url, NULL) != ST_OK ||
        url_parse(span_of(r->base_url), &base, NULL) != ST_OK || !url_host_is(&url, base.host) ||
        !walk_same_port(&url, &base))
        return (struct span){NULL, 0};
    return url.path.n == 0 ? SPAN("/") : url.path;
}

/* Was the client at this path before? */
static bool walk_was_at(const struct walk *w, struct span path)
{
    struct span chain = buf_span(&w->chain);
    for (size_t at = 0; at < chain.n;) {
        size_t end = span_find(chain, at, ' ');
        if (span_eq(span_sub(chain, at, end), path))
            return true;
        at = end + WALK_ARROW.n;
    }
    return false;
}

/* The address of a folder without its slash redirects: both belong to the folder. */
static bool walk_is_folder(const struct book *addresses, const struct book_entry *entry)
{
    struct buf slashed;
    buf_init(&slashed, WALK_PATH_MAX);
    buf_put(&slashed, entry->key);
    buf_putc(&slashed, '/');
    const struct book_entry *folder = book_find(addresses, buf_span(&slashed));
    buf_fini(&slashed);
    return folder != NULL && folder->owner.p == entry->owner.p && entry->key.n > 1;
}

enum walk_place { WALK_ELSEWHERE, WALK_PAGE, WALK_FOLDER, WALK_RULE, WALK_NOTHING };

/* What answers where the client stands; *rule gets the redirect of WALK_RULE. */
static enum walk_place walk_look(const struct walk *w, const struct rule **rule)
{
    const struct rules *r = w->rules;
    struct span path = buf_span(&w->path);
    const struct book_entry *own = w->open ? NULL : book_find(&r->own, path);
    const struct book_entry *page = w->open ? NULL : book_find(w->addresses, path);
    *rule = own == NULL ? NULL : &r->rows[own->value].rule;
    if (own == NULL && page != NULL)
        return walk_is_folder(w->addresses, page) ? WALK_FOLDER : WALK_PAGE;
    if (own == NULL)
        *rule = rule_set_prefix(&r->set, path);
    if (*rule == NULL)
        return WALK_NOTHING;
    return (*rule)->status / 10 == GEMINI_TEMPORARY_REDIRECT / 10 ? WALK_RULE : WALK_PAGE;
}

/* Follow one redirect to `target`; `rest` goes in the place of its '*'. */
static enum walk_place walk_step(struct walk *w, struct span target, struct span rest,
                                 const struct rule **rule)
{
    struct buf filled;
    enum walk_place place = WALK_ELSEWHERE;
    buf_init(&filled, WALK_PATH_MAX);
    if (rule_fill(target, rest, &filled) == ST_OK) {
        struct span path = walk_local(w->rules, buf_span(&filled));
        w->open = w->open && span_find(target, 0, '*') < target.n;
        w->hops++;
        if (path.p != NULL) {
            buf_clear(&w->path);
            url_canonical_path(path, &w->path);
            place = walk_look(w, rule);
        }
    }
    buf_fini(&filled);
    return place;
}

/* The folder's slash is one redirect more, and then there is a page. */
static void walk_enter_folder(struct walk *w)
{
    buf_put(&w->chain, WALK_ARROW);
    buf_put(&w->chain, buf_span(&w->path));
    buf_putc(&w->path, '/');
    w->hops++;
}

static enum status walk_fault(struct walk *w, const struct rules_row *row, const char *why,
                              struct error *e)
{
    struct buf whole;
    buf_init(&whole, WALK_PATH_MAX * RULES_HOPS_MAX * 2);
    buf_puts(&whole, row->key);
    buf_putc(&whole, ' ');
    buf_put(&whole, buf_span(&w->chain));
    buf_put(&whole, WALK_ARROW);
    buf_put(&whole, buf_span(&w->path));
    enum status status = error_set(e, ST_SYNTAX, 0, "%s/capsule.conf: %.300s%s %s", w->rules->path,
                                   buf_str(&whole), whole.n > 300 ? "..." : "", why);
    buf_fini(&whole);
    return status;
}

static void walk_tell_lost(struct walk *w, const struct rules_row *row)
{
    struct error told;
    if (++*w->lost > WALK_TOLD)
        return;
    (void)rules_fault(w->rules, row, ST_MISSING, "there is no page at its target", &told);
    log_line(LOG_WARNING, "%s", told.message);
}

/* Follow the redirects from one rule on. */
static enum status walk_from(struct walk *w, const struct rules_row *row, struct error *e)
{
    const struct rule *rule = &row->rule;
    bool question = rule->mark == RULE_QUESTION_MARK;
    struct span target = question ? rule->target : rule->meta;
    struct span rest = SPAN("*");
    w->open = rule->mark != '\0';
    buf_put(&w->path, rule->path);
    if (rule->mark == RULE_PREFIX_MARK)
        buf_puts(&w->path, "*");
    for (;;) {
        if (w->hops > 0)
            buf_put(&w->chain, WALK_ARROW);
        buf_put(&w->chain, buf_span(&w->path));
        enum walk_place place = walk_step(w, target, rest, &rule);
        if (place == WALK_ELSEWHERE)
            return ST_OK;
        bool under =
            w->open && !question && w->hops == 1 && span_starts(buf_span(&w->path), row->rule.path);
        if (under || walk_was_at(w, buf_span(&w->path)))
            return walk_fault(w, row, "goes round", e);
        if (place == WALK_FOLDER)
            walk_enter_folder(w);
        if (w->hops > RULES_HOPS_MAX)
            return walk_fault(w, row, "takes more redirects than clients follow", e);
        if (place == WALK_NOTHING && w->hops == 1 && !w->open)
            walk_tell_lost(w, row);
        if (place != WALK_RULE)
            return ST_OK;
        target = rule->meta;
        rest = span_sub(buf_span(&w->path), rule->path.n, w->path.n);
    }
}

static enum status walk_check_row(const struct rules *r, const struct rules_row *row,
                                  const struct book *addresses, size_t *lost, struct error *e)
{
    const struct rule *rule = &row->rule;
    if (rule->status == GEMINI_GONE)
        return ST_OK;
    if (rule->mark == RULE_QUESTION_MARK && rule->target.n == 0) {
        const struct book_entry *page = book_find(addresses, rule->path);
        if (page == NULL || walk_is_folder(addresses, page))
            return rules_fault(r, row, ST_SYNTAX,
                               "there is no page at its address, and no target for the answer", e);
        return ST_OK;
    }
    struct walk w = {.rules = r, .addresses = addresses, .lost = lost};
    buf_init(&w.path, WALK_PATH_MAX);
    buf_init(&w.chain, WALK_PATH_MAX * RULES_HOPS_MAX * 2);
    enum status status = walk_from(&w, row, e);
    if (status == ST_OK && (buf_status(&w.path) == ST_NOMEM || buf_status(&w.chain) == ST_NOMEM))
        status = error_set(e, ST_NOMEM, ENOMEM, "%s/capsule.conf", r->path);
    buf_fini(&w.path);
    buf_fini(&w.chain);
    return status;
}

enum status rules_check(const struct rules *r, const struct book *addresses, struct error *e)
{
    struct rules_faults faults = {ST_OK, 0};
    struct error cause;
    bool on = true;
    size_t lost = 0;
    for (size_t i = 0; on && i < r->count; i++) {
        enum status status = walk_check_row(r, &r->rows[i], addresses, &lost, &cause);
        on = rules_note(&faults, status, &cause, e);
    }
    if (lost > WALK_TOLD)
        log_line(LOG_WARNING, "%s/capsule.conf: there is no page at the targets of %zu rules more",
                 r->path, lost - WALK_TOLD);
    return faults.status;
}
