#include "article/flow_internal.h"

/* Have a link line to url wait for the end of its block, unless the page has one. */
static bool flow_queue(struct flow *f, struct span url, struct span label)
{
    enum status status = book_add(&f->seen, url, url, 0);
    if (status == ST_NOMEM)
        f->doc->arena.status = ST_NOMEM;
    if (status != ST_OK)
        return false;
    buf_put(&f->queue, url);
    buf_putc(&f->queue, '\n');
    if (!span_eq(url, label))
        buf_put(&f->queue, label);
    buf_putc(&f->queue, '\n');
    return true;
}

void flow_link_begin(struct flow *f, struct span href)
{
    flow_link_end(f);
    buf_clear(&f->url);
    buf_clear(&f->label);
    f->linking = link_resolve(span_trim(href), f->base, f->relative, &f->url);
    f->pictured = false;
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
    if (!flow_queue(f, url, label))
        return;
    f->links++;
    buf_clear(&f->sole);
    buf_put(&f->sole, label);
}

void flow_link(struct flow *f, struct span href, struct span label)
{
    buf_clear(&f->line);
    flow_put_line(f, label, &f->line);
    struct buf url;
    buf_init(&url, LINK_URL_MAX);
    if (link_resolve(span_trim(href), f->base, f->relative, &url))
        (void)flow_queue(f, buf_span(&url), buf_span(&f->line));
    f->links += 2; /* never a paragraph's only link */
    buf_fini(&url);
}

void flow_image(struct flow *f, struct span src, struct span alt)
{
    struct buf label;
    struct buf url;
    buf_init(&label, FLOW_TEXT_MAX);
    buf_init(&url, LINK_URL_MAX);
    if (span_trim(alt).n > 0) {
        buf_puts(&label, "Image: ");
        flow_put_line(f, alt, &label);
    }
    if (f->linking) {
        if (f->label.n == 0)
            buf_put(&f->label, buf_span(&label));
        f->pictured = true;
    } else if (link_resolve(span_trim(src), f->base, f->relative, &url)) {
        (void)flow_queue(f, buf_span(&url), buf_span(&label));
        f->links += 2;
    } else if (label.n > 0) {
        buf_putc(&f->queue, '\n'); /* no URL: text */
        buf_put(&f->queue, buf_span(&label));
        buf_putc(&f->queue, '\n');
        f->links += 2;
    }
    flow_check(f, &label);
    buf_fini(&label);
    buf_fini(&url);
}

void flow_queue_bare(struct flow *f, struct span line)
{
    for (size_t at = span_find(line, 0, ':'); at < line.n; at = span_find(line, at + 1, ':')) {
        if (!span_starts(span_sub(line, at, line.n), SPAN("://")))
            continue;
        size_t start = at;
        while (start > 0 && ascii_alpha(line.p[start - 1]))
            start--;
        struct span found = span_sub(line, start, line.n);
        found = span_sub(found, 0, link_in_text(found));
        struct buf url;
        buf_init(&url, LINK_URL_MAX);
        if (found.n > 0 && link_resolve(found, (struct span){NULL, 0}, f->relative, &url))
            (void)flow_queue(f, buf_span(&url), (struct span){NULL, 0});
        buf_fini(&url);
        at = start + found.n > at ? start + found.n - 1 : at;
    }
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
