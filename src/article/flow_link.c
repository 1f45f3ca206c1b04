#include "article/flow_internal.h"

/*
 * Note that the page links to url.  Returns false when it did so already, or there is no memory.
 */
static bool flow_is_new(struct flow *f, struct span url)
{
    if (arena_status(&f->doc->arena) != ST_OK)
        return false;
    enum status status = book_add(&f->seen, url, url, 0);
    if (status == ST_NOMEM)
        f->doc->arena.status = ST_NOMEM;
    f->urls += status == ST_OK ? url.n : 0;
    if (f->urls > FLOW_URLS_MAX)
        f->doc->arena.status = ST_LIMIT;
    return status == ST_OK;
}

/* Have a line wait for the end of its block: a link, or text when url is empty. */
static void flow_queue(struct flow *f, struct span url, struct span label)
{
    buf_put(&f->queue, url);
    buf_putc(&f->queue, '\n');
    if (!span_eq(url, label))
        buf_put(&f->queue, label);
    buf_putc(&f->queue, '\n');
}

/*
 * Find the next URL in a line from *at on, that nobody made a link; *at goes behind it.
 * Returns false when there is none; else url holds it, as link lines have it.
 */
static bool flow_find_bare(const struct flow *f, struct span line, size_t *at, struct span *found,
                           struct buf *url)
{
    for (; *at < line.n; ++*at) {
        *at = span_find(line, *at, ':');
        if (!span_starts(span_sub(line, *at, line.n), SPAN("://")))
            continue;
        size_t start = *at;
        while (start > 0 && ascii_alpha(line.p[start - 1]))
            start--;
        *found = span_sub(line, start, line.n);
        *found = span_sub(*found, 0, link_in_text(*found));
        buf_clear(url);
        if (found->n > 0 && link_resolve(*found, (struct span){NULL, 0}, f->relative, url)) {
            *at = start + found->n;
            return true;
        }
        /* One inside another that is none is none either, and looking at each would take long. */
        while (*at + 1 < line.n && line.p[*at + 1] > ' ' && line.p[*at + 1] < 0x7f)
            ++*at;
    }
    return false;
}

void flow_queue_bare(struct flow *f, struct span line)
{
    struct buf url;
    struct span found;
    buf_init(&url, LINK_URL_MAX);
    for (size_t at = 0; flow_find_bare(f, line, &at, &found, &url);) {
        if (!flow_is_new(f, buf_span(&url)))
            continue;
        flow_queue(f, buf_span(&url), (struct span){NULL, 0});
        /* Its line may be nothing else. */
        buf_put(&f->labels, found);
        buf_putc(&f->labels, '\n');
    }
    buf_fini(&url);
}

/* What a label names is linked to by its link: "example.org" for https://example.org/. */
static void flow_note_named(struct flow *f, struct span label)
{
    struct buf url;
    struct span found;
    buf_init(&url, LINK_URL_MAX);
    for (size_t at = 0; flow_find_bare(f, label, &at, &found, &url);)
        (void)flow_is_new(f, buf_span(&url));
    buf_fini(&url);
}

void flow_link_begin(struct flow *f, struct span href)
{
    flow_link_end(f);
    buf_clear(&f->url);
    buf_clear(&f->label);
    f->linking = arena_status(&f->doc->arena) == ST_OK &&
                 link_resolve(span_trim(href), f->base, f->relative, &f->url);
    f->pictured = false;
    /* What stands around the link is not part of its label. */
    unsigned last = f->mark_count <= FLOW_MARKS_MAX ? f->mark_count : FLOW_MARKS_MAX;
    if (last > 0 && f->marks[last - 1].start == 0)
        flow_put_gap(f, (struct span){NULL, 0});
    f->label_start = f->text.n;
}

void flow_keep_label(struct flow *f)
{
    struct span raw = span_sub(buf_span(&f->text), f->label_start, f->text.n);
    if (span_trim(raw).n == 0)
        return;
    /* Text says more than the picture beside it. */
    if (f->pictured || f->label.n == 0) {
        buf_clear(&f->label);
        flow_put_line(f, raw, &f->label);
    }
    f->pictured = false;
}

void flow_link_end(struct flow *f)
{
    if (!f->linking)
        return;
    f->linking = false;
    flow_keep_label(f);
    struct span url = buf_span(&f->url);
    struct span label = buf_span(&f->label);
    if (label.n == 0 && f->pictured)
        label = link_name(url);
    /* An empty anchor of a page is nothing to see; an author's empty link is meant. */
    else if (label.n == 0 && f->relative == LINK_RELATIVE_DROP)
        return;
    bool fresh = flow_is_new(f, url);
    flow_note_named(f, label);
    if (fresh)
        flow_queue(f, url, label);
    f->mixed = f->mixed || !fresh;
    buf_put(&f->labels, label);
    buf_putc(&f->labels, '\n');
}

void flow_link(struct flow *f, struct span href, struct span label)
{
    struct buf url;
    buf_clear(&f->line);
    flow_put_line(f, label, &f->line);
    buf_init(&url, LINK_URL_MAX);
    if (link_resolve(span_trim(href), f->base, f->relative, &url) && flow_is_new(f, buf_span(&url)))
        flow_queue(f, buf_span(&url), buf_span(&f->line));
    f->mixed = true;
    buf_fini(&url);
}

void flow_image(struct flow *f, struct span src, struct span alt)
{
    struct buf label;
    struct buf url;
    buf_init(&label, FLOW_TEXT_MAX);
    buf_init(&url, LINK_URL_MAX);
    bool leads = link_resolve(span_trim(src), f->base, f->relative, &url);
    /* In a link a picture has no name of its own: the link's is better. */
    if (span_trim(alt).n == 0 && leads && !f->linking)
        alt = link_name(buf_span(&url));
    buf_puts(&label, "Image: ");
    size_t start = label.n;
    flow_put_line(f, alt, &label);
    if (label.n == start)
        buf_clear(&label);
    if (f->linking) {
        if (f->label.n == 0)
            buf_put(&f->label, buf_span(&label));
        f->pictured = true;
    } else if (leads ? flow_is_new(f, buf_span(&url)) : label.n > 0) {
        flow_queue(f, buf_span(&url), buf_span(&label));
        f->mixed = true;
    }
    flow_check(f, &label);
    buf_fini(&label);
    buf_fini(&url);
}

void flow_write_links(struct flow *f)
{
    if (f->depth > 0 || f->quotes > 0)
        return;
    struct span rest = buf_span(&f->queue);
    struct span url;
    struct span label;
    bool tight = false;
    while (span_line(&rest, &url) && span_line(&rest, &label)) {
        struct block *b = url.n > 0 ? document_add_headed(f->doc, BLOCK_LINK, url, label)
                                    : document_add(f->doc, BLOCK_PARAGRAPH, label);
        b->tight = tight && url.n > 0;
        tight = url.n > 0;
    }
    flow_check(f, &f->queue);
    buf_clear(&f->queue);
}
