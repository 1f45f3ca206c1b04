#include "press/card.h"

#include "press/slug.h"

#define CARD_HREF_MAX   ((size_t)64 * 1024)
#define CARD_NO_SUMMARY "none" /* the summary_kind of a piece without one */

/* Take every text of the row into the arena. */
static void card_keep(struct card *c, struct arena *arena)
{
    struct edition_piece *r = &c->row;
    struct span *const texts[] = {
        &r->slug,           &r->title,      &r->date,        &r->author,         &r->lang,
        &r->tags,           &r->previous,   &r->next,        &r->named_previous, &r->named_next,
        &r->previous_title, &r->next_title, &r->summary_kind};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = arena_copy(arena, *texts[i]);
    r->source = c->source.path;
}

void card_of_piece(struct card *c, const struct piece *p, struct arena *arena)
{
    static const char *const kinds[] = {[SUMMARY_NONE] = CARD_NO_SUMMARY,
                                        [SUMMARY_AUTHOR] = "author",
                                        [SUMMARY_DESCRIPTION] = "description",
                                        [SUMMARY_SENTENCES] = "sentences",
                                        [SUMMARY_CUT] = "cut"};
    c->row = (struct edition_piece){.slug = p->page.slug,
                                    .title = p->doc.title,
                                    .date = p->doc.date,
                                    .author = p->doc.author,
                                    .lang = p->doc.lang,
                                    .tags = p->doc.tags,
                                    .summary_kind = span_of(kinds[p->summary.kind]),
                                    .words = (int64_t)p->page.words,
                                    .named_previous = p->doc.previous,
                                    .named_next = p->doc.next};
    c->href = arena_copy(arena, p->href);
    card_keep(c, arena);
}

void card_of_past(struct card *c, const struct edition_piece *row, struct arena *arena)
{
    struct buf href;
    c->row = *row;
    card_keep(c, arena);
    buf_init(&href, CARD_HREF_MAX);
    slug_href(c->row.slug, "", &href);
    c->href = arena_copy(arena, buf_span(&href));
    buf_fini(&href);
}

bool card_has_summary(const struct card *c)
{
    return !span_eq(c->row.summary_kind, SPAN(CARD_NO_SUMMARY));
}

static bool card_shows(struct span href, struct span title, const struct pages_neighbour *n)
{
    return (title.p == NULL) == (n->title.p == NULL) && span_eq(title, n->title) &&
           span_eq(href, n->href);
}

bool card_stands_as_before(const struct card *c)
{
    return card_shows(c->row.previous, c->row.previous_title, &c->previous) &&
           card_shows(c->row.next, c->row.next_title, &c->next);
}
