#include "press/press.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/memory.h"
#include "edition/area.h"
#include "log/log.h"
#include "press/articles.h"
#include "press/capsule.h"
#include "press/neighbours.h"
#include "press/rules.h"
#include "press/slug.h"
#include "press/statics.h"

#define PRESS_PATH_MAX  ((size_t)64 * 1024)
#define PRESS_ARENA_MAX ((size_t)512 * 1024 * 1024)
#define PRESS_AREAS_MAX ((size_t)4 * 1024 * 1024)

/*
 * A file system tells times in steps, of two seconds at worst: a file that was written so shortly
 * before it was looked at may be written again without a change of its times.
 */
#define PRESS_STEADY ((int64_t)2 * 1000 * 1000 * 1000)

/* Who owns the address of a piece that is known by its title only. */
#define PRESS_PLACEHOLDER SPAN("a title that another piece names")

/* A source of the edition before that is not there any more. */
struct press_gone {
    struct span path;
    struct press_gone *next;
};

struct press {
    const char *path; /* of the capsule */
    const char *edition;
    const char *base_url;
    int fd; /* of the capsule's folder */
    int64_t looked;
    struct capsule capsule;
    struct mediatype *types;
    struct scan articles_scan;
    struct scan statics_scan;
    struct statics statics;
    struct book addresses;
    struct articles articles;
    struct neighbours neighbours;
    struct rules rules;
    struct edition_past *past; /* the edition before, NULL when everything is made anew */
    struct press_gone *gone;
    struct arena arena;
    struct buf areas; /* canonical prefixes, one a line */
    struct buf basis; /* see edition/schema.c */
    struct edition_writer *writer;
    struct sheet sheet;
    unsigned long refusals; /* memory_refusals() at the start */
};

static void press_on_problem(void *context, const struct error *why)
{
    const struct press *p = context;
    struct error named = *why;
    if (!span_starts(span_of(why->message), span_of(p->path)))
        (void)error_set(&named, why->code, 0, "%s/%s", p->path, why->message);
    log_line(LOG_WARNING, "%s; left out", named.message);
}

static enum status press_open(struct press *p, struct error *e)
{
    p->fd = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p->fd < 0)
        return error_set(e, errno == ENOENT ? ST_MISSING : ST_IO, errno, "%s", p->path);
    p->looked = clock_ns();
    enum status status = capsule_read(p->fd, p->path, &p->capsule, e);
    if (status == ST_OK)
        status = rules_read(&p->rules, &p->capsule, e);
    if (status == ST_OK)
        status = mediatype_open(&p->types, e);
    if (status == ST_OK)
        status = scan_folder(p->fd, SCAN_STATICS, &p->statics_scan, press_on_problem, p, e);
    if (status == ST_OK)
        status = scan_folder(p->fd, SCAN_ARTICLES, &p->articles_scan, press_on_problem, p, e);
    p->sheet.lang = span_of(p->capsule.language);
    p->sheet.rules = &p->rules.set;
    p->articles.path = p->path;
    p->articles.edition = p->edition;
    p->articles.scan = &p->articles_scan;
    p->articles.types = p->types;
    p->articles.addresses = &p->addresses;
    p->articles.no_summaries = p->capsule.no_summaries;
    p->statics = (struct statics){.path = p->path,
                                  .base_url = p->base_url,
                                  .lang = span_of(p->capsule.language),
                                  .types = p->types,
                                  .scan = &p->statics_scan,
                                  .problem = press_on_problem,
                                  .context = p};
    return status;
}

/* Which addresses ask for a client certificate. */
static enum status press_read_areas(struct press *p, const struct option_list *areas,
                                    struct error *e)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && areas != NULL && i < areas->count; i++) {
        status = area_canonical(areas->items[i], &p->areas, e);
        buf_putc(&p->areas, '\n');
    }
    if (status == ST_OK && buf_status(&p->areas) != ST_OK)
        status = error_set(e, buf_status(&p->areas), 0, "%s: too many areas", p->path);
    p->sheet.areas = buf_span(&p->areas);
    return status;
}

/* The addresses that are not articles': what is in static/ wins over what is generated. */
static enum status press_claim_fixed(struct press *p, struct error *e)
{
    statics_check(&p->statics);
    enum status status = statics_claim(&p->statics, &p->addresses, e);
    if (status != ST_OK)
        return status;
    const struct book_entry *front = book_find(&p->addresses, SPAN("/index.gmi"));
    bool own_front = front != NULL && !p->statics_scan.entries[front->value].folder;
    p->articles.index_href = own_front ? SPAN("archive.gmi") : SPAN("index.gmi");
    const struct span generated[] = {
        SPAN("/"), own_front ? SPAN("/archive.gmi") : SPAN("/index.gmi"), SPAN("/urls.txt")};
    for (size_t i = 0; i < sizeof generated / sizeof generated[0]; i++) {
        if (book_add(&p->addresses, generated[i], SPAN("the capsule's own pages"), 0) == ST_NOMEM)
            return error_set(e, ST_NOMEM, ENOMEM, "%s", p->path);
    }
    return ST_OK;
}

/*
 * What every page depends on besides its source.  The program is in it as the file that it is:
 * another build may convert otherwise.
 */
static enum status press_make_basis(struct press *p, struct error *e)
{
    struct stat st = {0};
    if (stat("/proc/self/exe", &st) != 0)
        st = (struct stat){0};
    struct file_stamp program = file_stamp_of(&st);
    buf_putf(&p->basis, "program %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 ", magic %d, ",
             program.size, program.mtime, program.ctime, program.inode, mediatype_version());
    buf_puts(&p->basis, "index ");
    buf_put(&p->basis, p->articles.index_href);
    if (p->capsule.language != NULL) {
        buf_puts(&p->basis, ", language ");
        buf_puts(&p->basis, p->capsule.language);
    }
    if (p->capsule.no_summaries)
        buf_puts(&p->basis, ", no summaries");
    return buf_status(&p->basis) == ST_OK ? ST_OK : error_set(e, ST_NOMEM, ENOMEM, "%s", p->path);
}

struct press_value {
    const char *key;
    struct span value;
};

#define PRESS_VALUES 9

/* The rows of the table capsule, but for `looked` and `read`. */
static void press_values(const struct press *p, struct press_value values[PRESS_VALUES])
{
    const struct capsule *c = &p->capsule;
    const struct press_value all[PRESS_VALUES] = {
        {"title", span_of(c->title)},     {"subtitle", span_of(c->subtitle)},
        {"author", span_of(c->author)},   {"language", span_of(c->language)},
        {"licence", span_of(c->licence)}, {"base_url", span_of(p->base_url)},
        {"basis", buf_span(&p->basis)},   {"rules", buf_span(&p->rules.text)},
        {"areas", buf_span(&p->areas)},
    };
    for (size_t i = 0; i < PRESS_VALUES; i++)
        values[i] = all[i];
}

/* How the edition before is used: as it is, looked through, or not at all. */
enum press_trust {
    PRESS_TRUSTS,
    PRESS_VERIFIES,
    PRESS_ANEW,
};

/* Open the edition before, if there is one that can be a beginning. */
static void press_open_past(struct press *p, enum press_trust trust)
{
    struct error why;
    enum status status = edition_past_open(p->edition, &p->past, &why);
    if (status != ST_OK)
        p->past = NULL;
    else if (trust == PRESS_VERIFIES)
        status = edition_past_verify(p->past, &why);
    if (status != ST_OK) {
        if (status == ST_FORMAT)
            log_line(LOG_WARNING, "%s; all of the capsule is pressed anew", why.message);
        edition_past_close(p->past);
        p->past = NULL;
    } else if (!edition_past_says(p->past, "basis", buf_span(&p->basis))) {
        edition_past_close(p->past);
        p->past = NULL;
    }
    p->articles.past = p->past;
}

/*
 * Would a write since that look show in the file's times?  Also where they lie behind it, because
 * the clock was set back: a write would bring them to what the clock says now.
 */
static bool press_is_steady(const struct file_stamp *stamp, struct edition_past_look look)
{
    return stamp->ctime < look.from - PRESS_STEADY ||
           (look.to < INT64_MAX - PRESS_STEADY && stamp->ctime > look.to + PRESS_STEADY);
}

/* Compare the sources with what the edition before says of them. */
static enum status press_recall(struct press *p, struct error *e)
{
    struct edition_past_row row;
    struct press_gone **last = &p->gone;
    enum status status = ST_OK;
    struct edition_past_look look = {0};
    if (p->past != NULL)
        look = edition_past_looked(p->past);
    while (p->past != NULL && (status = edition_past_next(p->past, &row, e)) == ST_OK) {
        const struct edition_source *source = &row.source;
        bool steady =
            press_is_steady(&source->stamp, look) && press_is_steady(&source->sidecar, look);
        if (span_starts(source->path, SPAN("static/"))
                ? statics_recall(&p->statics, source, steady)
                : articles_recall(&p->articles, &row, steady))
            continue;
        struct press_gone *gone = arena_alloc(&p->arena, sizeof *gone);
        if (gone == NULL)
            return error_set(e, ST_NOMEM, ENOMEM, "%s", p->path);
        gone->path = arena_copy(&p->arena, source->path);
        *last = gone;
        last = &gone->next;
    }
    if (arena_status(&p->arena) != ST_OK)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", p->path);
    return status == ST_MISSING ? ST_OK : status;
}

/* Would the new edition be the one before over again? */
static bool press_is_as_before(const struct press *p)
{
    struct press_value values[PRESS_VALUES];
    press_values(p, values);
    if (p->past == NULL || p->gone != NULL || p->articles.changed || statics_changed(&p->statics))
        return false;
    for (size_t i = 0; i < PRESS_VALUES; i++) {
        if (!edition_past_says(p->past, values[i].key, values[i].value))
            return false;
    }
    return true;
}

static enum status press_write_placeholder(struct press *p, const struct placeholder *placeholder,
                                           struct error *e)
{
    size_t count = 0;
    for (const struct placeholder_witness *w = placeholder->witnesses; w != NULL; w = w->next)
        count++;
    struct pages_witness *witnesses = calloc(count + 1, sizeof *witnesses);
    if (witnesses == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", p->path);
    size_t i = 0;
    for (const struct placeholder_witness *w = placeholder->witnesses; w != NULL; w = w->next)
        witnesses[i++] =
            (struct pages_witness){w->card->row.title, w->card->href, w->names_as_next};
    sheet_begin(&p->sheet, placeholder->slug, "", placeholder->lang);
    enum status status = ST_OK;
    const struct book_entry *entry = book_find(&p->addresses, buf_span(&p->sheet.key));
    /* Somebody's page, or a rule, may stand there already: then the links lead to that. */
    if (entry != NULL && span_eq(entry->owner, PRESS_PLACEHOLDER)) {
        pages_placeholder(placeholder->title, witnesses, count, p->articles.index_href,
                          &p->sheet.page);
        status = sheet_end(&p->sheet, e);
    }
    free(witnesses);
    return status;
}

/* Is the address taken by what the author put into static/? */
static bool press_is_own(const struct press *p, struct span address)
{
    const struct book_entry *entry = book_find(&p->addresses, address);
    return entry != NULL && span_starts(entry->owner, SPAN("static/"));
}

/* Newest first; the undated ones, which the order has first, at the end and by slug. */
static enum status press_write_index(struct press *p, struct error *e)
{
    const struct articles *a = &p->articles;
    struct pages_entry *entries = calloc(a->in_service + 1, sizeof *entries);
    if (entries == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", p->path);
    size_t count = 0;
    for (size_t i = a->in_service; i > 0; i--) {
        const struct card *c = a->order[i - 1];
        if (c->row.date.p != NULL)
            entries[count++] = (struct pages_entry){c->href, c->row.date, c->row.title};
    }
    for (size_t i = 0; i < a->in_service; i++) {
        const struct card *c = a->order[i];
        if (c->row.date.p == NULL)
            entries[count++] = (struct pages_entry){c->href, c->row.date, c->row.title};
    }
    struct span stem = span_sub(a->index_href, 0, a->index_href.n - SPAN(".gmi").n);
    sheet_begin(&p->sheet, stem, "", span_of(p->capsule.language));
    pages_index(&p->capsule, entries, count, &p->sheet.page);
    enum status status = press_is_own(p, buf_span(&p->sheet.key)) ? ST_OK : sheet_end(&p->sheet, e);
    if (status == ST_OK && span_eq(stem, SPAN("index")))
        status = sheet_put(&p->sheet, SPAN("/"), buf_span(&p->sheet.type), e);
    free(entries);
    return status;
}

static enum status press_write_urls(struct press *p, struct error *e)
{
    struct sheet *s = &p->sheet;
    for (size_t i = 0; i < p->statics_scan.count; i++) {
        const struct scan_entry *entry = &p->statics_scan.entries[i];
        buf_clear(&s->key);
        statics_address(entry, &s->key);
        if (!entry->folder && !entry->left_out && !span_eq(buf_span(&s->key), SPAN("/urls.txt")))
            sheet_list(s, buf_span(&s->key));
    }
    if (press_is_own(p, SPAN("/urls.txt")))
        return ST_OK;
    buf_clear(&s->page);
    buf_put(&s->page, buf_span(&s->urls));
    if (buf_status(&s->urls) != ST_OK)
        return error_set(e, buf_status(&s->urls), 0, "%s: too many addresses", p->path);
    return sheet_put(s, SPAN("/urls.txt"), SPAN("text/plain; charset=utf-8"), e);
}

/* All that is no page. */
static enum status press_write_rows(struct press *p, struct error *e)
{
    struct press_value values[PRESS_VALUES];
    char looked[32];
    char read[32];
    enum status status = ST_OK;
    press_values(p, values);
    snprintf(looked, sizeof looked, "%" PRId64, p->looked);
    snprintf(read, sizeof read, "%" PRId64, clock_ns());
    for (size_t i = 0; status == ST_OK && i < PRESS_VALUES; i++) {
        if (values[i].value.p != NULL)
            status = edition_put_capsule(p->writer, values[i].key, values[i].value, e);
        else
            status = edition_drop_capsule(p->writer, values[i].key, e);
    }
    if (status == ST_OK)
        status = edition_put_capsule(p->writer, "looked", span_of(looked), e);
    if (status == ST_OK)
        status = edition_put_capsule(p->writer, "read", span_of(read), e);
    for (const struct press_gone *gone = p->gone; status == ST_OK && gone != NULL;
         gone = gone->next)
        status = edition_drop_source(p->writer, gone->path, e);
    if (status == ST_OK)
        status = articles_write_rows(&p->articles, p->writer, e);
    return status == ST_OK ? statics_write_rows(&p->statics, p->writer, e) : status;
}

static enum status press_write(struct press *p, struct error *e)
{
    enum status status = press_write_index(p, e);
    if (status == ST_OK)
        status = articles_write(&p->articles, &p->sheet, e);
    for (size_t i = 0; status == ST_OK && i < p->neighbours.count; i++)
        status = press_write_placeholder(p, &p->neighbours.placeholders[i], e);
    if (status == ST_OK)
        status = statics_write(&p->statics, p->writer, e);
    if (status == ST_OK)
        status = rules_write(&p->rules, p->writer, e);
    if (status == ST_OK)
        status = press_write_urls(p, e);
    if (status == ST_OK)
        status = press_write_rows(p, e);
    if (status == ST_OK)
        status = mediatype_status(p->types, e);
    return status;
}

static bool press_has_files(const struct press *p)
{
    for (size_t i = 0; i < p->statics_scan.count; i++) {
        if (!p->statics_scan.entries[i].folder)
            return true;
    }
    return false;
}

/* Everything that is known before a page is written. */
static enum status press_read(struct press *p, enum press_trust trust, struct error *e)
{
    enum status status = press_open(p, e);
    if (status == ST_OK)
        status = press_claim_fixed(p, e);
    if (status == ST_OK)
        status = press_make_basis(p, e);
    if (status == ST_OK)
        status = articles_list(&p->articles, e);
    if (status == ST_OK && trust != PRESS_ANEW)
        press_open_past(p, trust);
    if (status == ST_OK)
        status = press_recall(p, e);
    if (status == ST_OK)
        status = articles_read(&p->articles, e);
    if (status == ST_OK && p->articles.in_service == 0 && !press_has_files(p))
        status = error_set(e, ST_FORMAT, 0, "%s: %s", p->path,
                           p->articles.count == 0 ? "empty: no articles and nothing in static/"
                                                  : "none of its articles can be served");
    return status;
}

/* An area in which nothing lies protects nothing: its prefix may be a mistake. */
static void press_check_areas(const struct press *p)
{
    struct span rest = buf_span(&p->areas);
    struct span prefix;
    while (span_line(&rest, &prefix)) {
        bool covers = false;
        for (size_t i = 0; !covers && i < p->addresses.size; i++) {
            const struct book_entry *entry = &p->addresses.slots[i];
            covers = entry->key.p != NULL && area_covers(prefix, entry->key);
        }
        if (!covers)
            log_line(LOG_WARNING, "%s: no page lies in the area %.*s%s", p->path, (int)prefix.n,
                     prefix.p, prefix.n == 0 ? "/" : "");
    }
}

/* Let rules and placeholders have the addresses that are left, and see where the rules lead. */
static enum status press_claim_rest(struct press *p, struct error *e)
{
    struct buf address;
    enum status status = rules_claim(&p->rules, &p->addresses, e);
    buf_init(&address, PRESS_PATH_MAX);
    for (size_t i = 0; status == ST_OK && i < p->neighbours.count; i++) {
        buf_clear(&address);
        slug_address(p->neighbours.placeholders[i].slug, "", &address);
        if (book_add(&p->addresses, buf_span(&address), PRESS_PLACEHOLDER, 0) == ST_NOMEM)
            status = error_set(e, ST_NOMEM, ENOMEM, "%s", p->path);
    }
    buf_fini(&address);
    press_check_areas(p);
    return status == ST_OK ? rules_check(&p->rules, &p->addresses, e) : status;
}

static enum status press_make(struct press *p, enum press_trust trust, struct error *e)
{
    enum status status = press_read(p, trust, e);
    if (status != ST_OK || press_is_as_before(p))
        return status;
    status = neighbours_find(p->articles.order, p->articles.in_service, &p->neighbours, e);
    if (status == ST_OK)
        status = press_claim_rest(p, e);
    if (status == ST_OK)
        status = p->past == NULL ? edition_create(p->edition, &p->writer, e)
                                 : edition_update(p->past, &p->writer, e);
    if (status != ST_OK)
        return status;
    p->sheet.writer = p->writer;
    status = press_write(p, e);
    if (status == ST_OK && memory_refusals() != p->refusals)
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", p->path);
    if (status == ST_OK)
        status = edition_commit(p->writer, e);
    else
        edition_abandon(p->writer);
    return status;
}

/* One attempt.  *from_past gets whether the edition before was its beginning. */
static enum status press_once(const char *capsule, const char *edition, const char *base_url,
                              const struct option_list *areas, enum press_trust trust,
                              bool *from_past, struct error *e)
{
    struct press p = {.path = capsule, .edition = edition, .base_url = base_url, .fd = -1};
    p.refusals = memory_refusals();
    p.articles_scan.fd = p.statics_scan.fd = p.articles.spill.fd = -1;
    p.sheet.path = capsule;
    p.sheet.base_url = base_url;
    p.rules.path = capsule;
    p.rules.base_url = base_url;
    book_init(&p.addresses);
    arena_init(&p.arena, PRESS_ARENA_MAX);
    buf_init(&p.areas, PRESS_AREAS_MAX);
    buf_init(&p.basis, PRESS_PATH_MAX);
    sheet_init(&p.sheet);
    enum status status = press_read_areas(&p, areas, e);
    if (status == ST_OK)
        status = press_make(&p, trust, e);
    /* Without memory a file that is good can look as if it were not: that is not to be told. */
    if (status != ST_OK && memory_refusals() != p.refusals)
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", capsule);
    *from_past = p.past != NULL;
    sheet_fini(&p.sheet);
    neighbours_fini(&p.neighbours);
    rules_fini(&p.rules);
    articles_fini(&p.articles);
    edition_past_close(p.past);
    scan_fini(&p.articles_scan);
    scan_fini(&p.statics_scan);
    capsule_fini(&p.capsule);
    mediatype_close(p.types);
    book_fini(&p.addresses);
    arena_fini(&p.arena);
    buf_fini(&p.areas);
    buf_fini(&p.basis);
    if (p.fd >= 0)
        close(p.fd);
    return status;
}

static enum status press_attempt(const char *capsule, const char *edition, const char *base_url,
                                 const struct option_list *areas, enum press_trust trust,
                                 struct error *e)
{
    struct error why;
    bool from_past = false;
    enum status status = press_once(capsule, edition, base_url, areas, trust, &from_past, &why);
    /* What is wrong may be the edition before, which nobody but us needs. */
    if (from_past && (status == ST_STORE || status == ST_EXISTS || status == ST_IO)) {
        log_line(LOG_WARNING, "%s; all of the capsule is pressed anew", why.message);
        status = press_once(capsule, edition, base_url, areas, PRESS_ANEW, &from_past, &why);
    }
    if (status != ST_OK && e != NULL)
        *e = why;
    return status;
}

enum status press_run(const char *capsule, const char *edition, const char *base_url,
                      const struct option_list *areas, struct error *e)
{
    return press_attempt(capsule, edition, base_url, areas, PRESS_TRUSTS, e);
}

enum status press_run_verified(const char *capsule, const char *edition, const char *base_url,
                               const struct option_list *areas, struct error *e)
{
    return press_attempt(capsule, edition, base_url, areas, PRESS_VERIFIES, e);
}
