#include "press/articles.h"

#include <errno.h>
#include <stdlib.h>

#include "log/log.h"
#include "press/slug.h"

#define ARTICLES_ARENA_MAX ((size_t)1024 * 1024 * 1024)
#define ARTICLES_PATH_MAX  ((size_t)64 * 1024)

/* The tails of the addresses of a piece, by enum pages_view. */
static const char *const articles_tails[] = {"", "-summary"};
#define ARTICLES_VIEWS 2

/* How many of the views the piece has pages of: without a summary only the first. */
static size_t articles_views(const struct card *card)
{
    return card_has_summary(card) ? ARTICLES_VIEWS : 1;
}

static bool articles_is_source(const struct scan_entry *entry)
{
    return !entry->folder && !span_ends(entry->path, SPAN(".meta"));
}

enum status articles_list(struct articles *a, struct error *e)
{
    struct buf sidecar;
    buf_init(&sidecar, ARTICLES_PATH_MAX);
    arena_init(&a->arena, ARTICLES_ARENA_MAX);
    spill_init(&a->spill, a->edition);
    a->cards = calloc(a->scan->count + 1, sizeof *a->cards);
    a->order = calloc(a->scan->count + 1, sizeof *a->order);
    if (a->cards == NULL || a->order == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", a->path);
    bool sidecars = false;
    for (size_t i = 0; i < a->scan->count; i++)
        sidecars = sidecars || span_ends(a->scan->entries[i].path, SPAN(".meta"));
    for (size_t i = 0; i < a->scan->count; i++) {
        const struct scan_entry *entry = &a->scan->entries[i];
        if (!articles_is_source(entry))
            continue;
        struct card *card = &a->cards[a->count++];
        card->entry = entry;
        card->source.path = entry->path;
        card->source.stamp = entry->stamp;
        if (!sidecars)
            continue;
        buf_clear(&sidecar);
        piece_sidecar_path(entry->path, &sidecar);
        const struct scan_entry *found = scan_find(a->scan, buf_span(&sidecar));
        if (found != NULL)
            card->source.sidecar = found->stamp;
    }
    buf_fini(&sidecar);
    return ST_OK;
}

void articles_fini(struct articles *a)
{
    free(a->cards);
    free(a->order);
    arena_fini(&a->arena);
    spill_fini(&a->spill);
}

bool articles_recall(struct articles *a, const struct edition_past_row *row, bool steady)
{
    int order = -1;
    while (a->cursor < a->count) {
        order = span_cmp(a->cards[a->cursor].source.path, row->source.path);
        if (order >= 0)
            break;
        a->cursor++;
    }
    if (a->cursor == a->count || order != 0)
        return false;
    struct card *card = &a->cards[a->cursor++];
    card->listed = true;
    card->served = row->served;
    card->past_problem = arena_copy(&a->arena, row->source.problem);
    card->unchanged = steady && file_stamp_eq(card->source.stamp, row->source.stamp) &&
                      file_stamp_eq(card->source.sidecar, row->source.sidecar);
    /* One that was left out is read again: what was in its way may be gone. */
    card->same = card->unchanged && row->served && row->source.problem.p == NULL;
    if (card->same)
        card_of_past(card, &row->piece, &a->arena);
    return true;
}

/* Is an address of a piece free?  ST_EXISTS names both who want it. */
static enum status articles_check(const struct articles *a, const struct card *card,
                                  struct span address, struct error *e)
{
    struct span source = card->source.path;
    const struct book_entry *taken = book_find(a->addresses, address);
    if (taken == NULL)
        return ST_OK;
    return error_set(e, ST_EXISTS, 0, "%s/%.*s: the address %.*s belongs to %.*s", a->path,
                     (int)source.n, source.p, (int)address.n, address.p, (int)taken->owner.n,
                     taken->owner.p);
}

/* Enter all addresses of a piece, or none. */
static enum status articles_claim(const struct articles *a, const struct card *card,
                                  struct error *e)
{
    struct buf addresses[ARTICLES_VIEWS];
    size_t views = articles_views(card);
    enum status status = ST_OK;
    for (size_t i = 0; i < views; i++) {
        buf_init(&addresses[i], ARTICLES_PATH_MAX);
        slug_address(card->row.slug, articles_tails[i], &addresses[i]);
        if (status == ST_OK && buf_status(&addresses[i]) != ST_OK)
            status = error_set(e, ST_LIMIT, 0, "%s/%.*s: name too long", a->path,
                               (int)card->source.path.n, card->source.path.p);
        if (status == ST_OK)
            status = articles_check(a, card, buf_span(&addresses[i]), e);
    }
    for (size_t i = 0; i < views; i++) {
        if (status == ST_OK &&
            book_add(a->addresses, buf_span(&addresses[i]), card->source.path, 0) != ST_OK)
            status = error_set(e, ST_NOMEM, ENOMEM, "%s", a->path);
        buf_fini(&addresses[i]);
    }
    return status;
}

/* Make the text of all its pages and keep it until the neighbours are known. */
static enum status articles_keep_text(struct articles *a, struct card *card, const struct piece *p,
                                      struct buf *text, struct error *e)
{
    buf_clear(text);
    pages_text(&p->page, PAGES_ARTICLE, text);
    card->text_size = text->n;
    if (card_has_summary(card))
        pages_text(&p->page, PAGES_SUMMARY, text);
    card->summary_size = text->n - card->text_size;
    if (buf_status(text) != ST_OK)
        return error_set(e, buf_status(text), 0, "%s/%.*s: too large", a->path,
                         (int)card->source.path.n, card->source.path.p);
    return spill_put(&a->spill, buf_span(text), &card->text_at, e);
}

/*
 * Read one source, or not.  *fatal tells a failure that is not the source's own.
 */
static enum status articles_read_one(struct articles *a, struct card *card, struct buf *text,
                                     bool *fatal, struct error *e)
{
    enum status status = ST_OK;
    if (!card->same) {
        struct piece piece;
        status =
            piece_read(a->scan->fd, a->path, card->entry, a->types, a->no_summaries, &piece, e);
        if (status == ST_OK) {
            card_of_piece(card, &piece, &a->arena);
            status = articles_claim(a, card, e);
        }
        if (status == ST_OK) {
            status = articles_keep_text(a, card, &piece, text, e);
            *fatal = status == ST_IO;
        }
        piece_fini(&piece);
    } else {
        status = articles_claim(a, card, e);
    }
    *fatal = *fatal || status == ST_NOMEM;
    return status;
}

/* Undated pieces first, then by date; by slug among equals. */
static int articles_by_date(const void *a, const void *b)
{
    const struct edition_piece *x = &(*(struct card *const *)a)->row;
    const struct edition_piece *y = &(*(struct card *const *)b)->row;
    int order = span_cmp(x->date, y->date);
    return order != 0 ? order : span_cmp(x->slug, y->slug);
}

/* Does the edition before say just this of a source? */
static bool articles_is_as_before(const struct card *card)
{
    if (card->source.problem.p == NULL)
        return card->same;
    return card->unchanged && card->past_problem.p != NULL &&
           span_eq(card->past_problem, card->source.problem);
}

enum status articles_read(struct articles *a, struct error *e)
{
    struct buf text;
    buf_init(&text, (size_t)256 * 1024 * 1024);
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < a->count; i++) {
        struct card *card = &a->cards[i];
        struct error why;
        bool fatal = false;
        status = articles_read_one(a, card, &text, &fatal, &why);
        if (fatal) {
            if (e != NULL)
                *e = why;
            break;
        }
        if (status == ST_OK) {
            a->order[a->in_service++] = card;
        } else {
            log_line(LOG_WARNING, "%s; left out", why.message);
            card->source.problem = arena_copy(&a->arena, span_of(why.message));
            status = ST_OK;
        }
        a->changed = a->changed || !articles_is_as_before(card);
    }
    buf_fini(&text);
    if (status == ST_OK && arena_status(&a->arena) != ST_OK)
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", a->path);
    if (status == ST_OK && a->in_service > 0)
        qsort(a->order, a->in_service, sizeof *a->order, articles_by_date);
    return status;
}

/* Append the text of a page from where it waits: the spill, or the page in the edition before. */
static enum status articles_text(const struct articles *a, const struct card *card,
                                 enum pages_view view, struct sheet *s, struct error *e)
{
    bool article = view == PAGES_ARTICLE;
    if (card->same)
        return edition_past_body(a->past, buf_span(&s->key),
                                 article ? card->row.text : card->row.summary, &s->page, e);
    return spill_get(&a->spill, card->text_at + (article ? 0 : card->text_size),
                     article ? card->text_size : card->summary_size, &s->page, e);
}

static enum status articles_write_page(const struct articles *a, struct card *card,
                                       enum pages_view view, struct sheet *s, struct error *e)
{
    struct pages_piece page = {.no_summary = !card_has_summary(card),
                               .title = card->row.title,
                               .slug = card->row.slug,
                               .previous = card->previous,
                               .next = card->next,
                               .index_href = a->index_href};
    struct edition_range *range = view == PAGES_ARTICLE ? &card->row.text : &card->row.summary;
    sheet_begin(s, card->row.slug, articles_tails[view], card->row.lang);
    pages_head(&page, view, &s->page);
    int64_t from = (int64_t)s->page.n;
    enum status status = articles_text(a, card, view, s, e);
    if (status != ST_OK)
        return status;
    *range = (struct edition_range){from, (int64_t)s->page.n};
    pages_foot(&page, view, &s->page);
    return sheet_end(s, e);
}

enum status articles_write(struct articles *a, struct sheet *s, struct error *e)
{
    enum status status = ST_OK;
    for (size_t i = a->in_service; status == ST_OK && i > 0; i--) {
        struct card *card = a->order[i - 1];
        card->rewritten = !card->same || !card_stands_as_before(card);
        for (size_t view = 0; status == ST_OK && view < articles_views(card); view++) {
            if (card->rewritten)
                status = articles_write_page(a, card, (enum pages_view)view, s, e);
            else
                status = sheet_keep(s, card->row.slug, articles_tails[view], e);
        }
        card->row.previous = card->previous.href;
        card->row.previous_title = card->previous.title;
        card->row.next = card->next.href;
        card->row.next_title = card->next.title;
    }
    return status;
}

enum status articles_write_rows(struct articles *a, struct edition_writer *w, struct error *e)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < a->count; i++) {
        const struct card *card = &a->cards[i];
        if (!articles_is_as_before(card))
            status = edition_put_source(w, &card->source, e);
        if (status == ST_OK && card->source.problem.p != NULL && card->served)
            status = edition_drop_piece(w, card->source.path, e);
        if (status == ST_OK && card->source.problem.p == NULL && card->rewritten)
            status = edition_put_piece(w, &card->row, e);
    }
    return status;
}
