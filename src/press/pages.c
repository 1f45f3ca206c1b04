#include "press/pages.h"

#include "article/clean.h"
#include "log/log.h"
#include "press/slug.h"
#include "prose/words.h"
#include "protocol/url.h"

#define PAGES_LINE_MAX ((size_t)1024 * 1024)

/* A link line whose label is a fixed text and a foreign one. */
static void pages_link(struct gemtext *g, struct span href, const char *text, struct span title)
{
    struct buf label;
    buf_init(&label, PAGES_LINE_MAX);
    buf_puts(&label, text);
    buf_put(&label, title);
    gemtext_link(g, href, buf_span(&label));
    buf_fini(&label);
}

/* A neighbour's link; where there is none the slot leads to the index. */
static void pages_neighbour_link(struct gemtext *g, const struct pages_neighbour *n,
                                 const char *label, const char *none, struct span index_href)
{
    if (n->title.p != NULL)
        pages_link(g, n->href, label, n->title);
    else
        gemtext_link(g, index_href, span_of(none));
}

static void pages_neighbours(struct gemtext *g, const struct pages_piece *piece)
{
    pages_neighbour_link(g, &piece->previous,
                         "← Previous article: ", "← No previous article: all articles",
                         piece->index_href);
    pages_neighbour_link(g, &piece->next, "→ Next article: ", "→ No next article: all articles",
                         piece->index_href);
}

static void pages_slug_link(struct gemtext *g, struct span slug, const char *tail,
                            const char *label)
{
    struct buf href;
    buf_init(&href, PAGES_LINE_MAX);
    slug_href(slug, tail, &href);
    gemtext_link(g, buf_span(&href), span_of(label));
    buf_fini(&href);
}

static void pages_article_links(struct gemtext *g, const struct pages_piece *piece)
{
    if (!piece->no_summary)
        pages_slug_link(g, piece->slug, "-summary", "No time to read? Get a summary");
    pages_neighbours(g, piece);
}

static void pages_add_fact(struct buf *line, const char *label, struct span fact)
{
    if (fact.p == NULL)
        return;
    if (line->n > 0)
        buf_puts(line, " · ");
    buf_puts(line, label);
    buf_put(line, fact);
}

/* Date, author and source in one line with the reading time; nothing when none is known. */
static void pages_facts(struct gemtext *g, const struct document *doc, size_t words)
{
    struct buf line;
    buf_init(&line, PAGES_LINE_MAX);
    pages_add_fact(&line, "", doc->date);
    pages_add_fact(&line, "", doc->author);
    pages_add_fact(&line, "Source: ", doc->source);
    if (line.n > 0) {
        buf_putf(&line, " · %u min read", words_minutes(words));
        gemtext_text(g, buf_span(&line));
    }
    buf_fini(&line);
}

/*
 * Begin a part that others stand before: it opens with an empty line, whatever they are, so that
 * the parts of a page fit together without knowing each other.
 */
static void pages_part(struct gemtext *g, struct buf *out)
{
    gemtext_init(g, out);
    g->last = GEMTEXT_LINK;
    gemtext_part(g, GEMTEXT_GAP_APART);
}

void pages_head(const struct pages_piece *piece, enum pages_view view, struct buf *out)
{
    struct gemtext g;
    gemtext_init(&g, out);
    gemtext_heading(&g, 1, piece->title);
    if (view == PAGES_ARTICLE) {
        pages_article_links(&g, piece);
        return;
    }
    pages_slug_link(&g, piece->slug, "", "Read the full article");
    pages_neighbours(&g, piece);
}

void pages_foot(const struct pages_piece *piece, enum pages_view view, struct buf *out)
{
    struct gemtext g;
    pages_part(&g, out);
    if (view == PAGES_ARTICLE)
        pages_article_links(&g, piece);
    else
        pages_slug_link(&g, piece->slug, "", "Read the full article");
    gemtext_link(&g, piece->index_href, SPAN("↑ All articles"));
}

void pages_body(const struct document *doc, struct buf *out)
{
    struct gemtext g;
    gemtext_init(&g, out);
    gemtext_heading(&g, 1, doc->title);
    gemtext_blocks(&g, doc);
}

/* The line that says what the summary is. */
static void pages_summary_label(struct gemtext *g, const struct summary *s)
{
    struct buf line;
    buf_init(&line, PAGES_LINE_MAX);
    switch (s->kind) {
    case SUMMARY_NONE: /* has no page */
        break;
    case SUMMARY_AUTHOR:
        buf_puts(&line, "The author’s summary:");
        break;
    case SUMMARY_DESCRIPTION:
        buf_puts(&line, "The page’s own description:");
        break;
    case SUMMARY_SENTENCES:
        if (s->chosen == s->sentences)
            buf_puts(&line, "The whole article, word for word:");
        else
            buf_putf(&line, "%zu of %zu sentences, chosen automatically:", s->chosen, s->sentences);
        break;
    case SUMMARY_CUT:
        buf_putf(&line, "The first %zu words of the article:", s->words);
        break;
    }
    gemtext_text(g, buf_span(&line));
    buf_fini(&line);
}

static void pages_summary_text(struct gemtext *g, const struct pages_piece *piece)
{
    struct buf times;
    pages_summary_label(g, piece->summary);
    for (const struct summary_part *p = piece->summary->parts; p != NULL; p = p->next)
        gemtext_text(g, p->text);
    buf_init(&times, PAGES_LINE_MAX);
    buf_putf(&times, "Reading time: %u min for this summary, %u min for the full article.",
             words_minutes(piece->summary->words), words_minutes(piece->words));
    gemtext_text(g, buf_span(&times));
    buf_fini(&times);
}

void pages_text(const struct pages_piece *piece, enum pages_view view, struct buf *out)
{
    struct gemtext g;
    pages_part(&g, out);
    if (view == PAGES_SUMMARY) {
        pages_summary_text(&g, piece);
        return;
    }
    pages_facts(&g, piece->doc, piece->words);
    gemtext_blocks(&g, piece->doc);
}

void pages_article(const struct pages_piece *piece, struct buf *out)
{
    pages_head(piece, PAGES_ARTICLE, out);
    pages_text(piece, PAGES_ARTICLE, out);
    pages_foot(piece, PAGES_ARTICLE, out);
}

void pages_summary(const struct pages_piece *piece, struct buf *out)
{
    pages_head(piece, PAGES_SUMMARY, out);
    pages_text(piece, PAGES_SUMMARY, out);
    pages_foot(piece, PAGES_SUMMARY, out);
}

void pages_placeholder(struct span title, const struct pages_witness *witnesses, size_t count,
                       struct span index_href, struct buf *out)
{
    struct gemtext g;
    gemtext_init(&g, out);
    gemtext_heading(&g, 1, title);
    gemtext_text(&g, SPAN("This capsule does not hold the text of this article; it knows the title "
                          "alone, from a piece beside it."));
    for (size_t i = 0; i < count; i++) {
        /* Whoever calls this piece the next one is itself the previous one. */
        pages_link(&g, witnesses[i].href,
                   witnesses[i].names_as_next ? "← Previous article: " : "→ Next article: ",
                   witnesses[i].title);
    }
    gemtext_link(&g, index_href, SPAN("↑ All articles"));
}

static void pages_entry_link(struct gemtext *g, const struct pages_entry *entry)
{
    struct buf label;
    buf_init(&label, PAGES_LINE_MAX);
    if (entry->date.p != NULL) {
        buf_put(&label, entry->date);
        buf_putc(&label, ' ');
    }
    buf_put(&label, entry->title);
    gemtext_link(g, entry->href, buf_span(&label));
    buf_fini(&label);
}

void pages_index(const struct capsule *capsule, const struct pages_entry *entries, size_t count,
                 struct buf *out)
{
    struct gemtext g;
    gemtext_init(&g, out);
    gemtext_heading(&g, 1, span_of(capsule->title));
    if (capsule->subtitle != NULL)
        gemtext_text(&g, span_of(capsule->subtitle));
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && (entries[i].date.p == NULL) != (entries[i - 1].date.p == NULL))
            gemtext_part(&g, GEMTEXT_GAP_APART);
        pages_entry_link(&g, &entries[i]);
    }
    struct buf foot;
    buf_init(&foot, PAGES_LINE_MAX);
    pages_add_fact(&foot, "", span_of(capsule->author));
    pages_add_fact(&foot, "", span_of(capsule->licence));
    if (foot.n > 0)
        gemtext_text(&g, buf_span(&foot));
    buf_fini(&foot);
}

/* A file's name as one line of clean text: it may hold any byte but '/'. */
static void pages_name(struct span name, bool folder, struct buf *out)
{
    struct buf visible;
    struct buf text;
    buf_init(&visible, PAGES_LINE_MAX);
    buf_init(&text, PAGES_LINE_MAX);
    log_escape(&visible, name);
    if (clean_text(buf_span(&visible), "a name", &text, NULL) == ST_OK) {
        for (size_t i = 0; i < text.n; i++) {
            if (text.p[i] == '\n')
                text.p[i] = ' ';
        }
        buf_put(out, buf_span(&text));
    }
    if (folder)
        buf_putc(out, '/');
    buf_fini(&visible);
    buf_fini(&text);
}

void pages_listing_begin(struct pages_listing *l, struct span path, struct buf *out)
{
    struct buf shown;
    buf_init(&shown, PAGES_LINE_MAX);
    pages_name(path, true, &shown);
    gemtext_init(&l->page, out);
    gemtext_heading(&l->page, 1, buf_span(&shown));
    gemtext_link(&l->page, SPAN("../"), SPAN("↑ One folder up"));
    buf_fini(&shown);
}

void pages_listing_add(struct pages_listing *l, struct span name, bool folder)
{
    struct buf href;
    struct buf shown;
    buf_init(&href, PAGES_LINE_MAX);
    buf_init(&shown, PAGES_LINE_MAX);
    buf_puts(&href, "./");
    url_escape_segment(name, &href);
    if (folder)
        buf_putc(&href, '/');
    pages_name(name, folder, &shown);
    gemtext_link(&l->page, buf_span(&href), buf_span(&shown));
    buf_fini(&href);
    buf_fini(&shown);
}
