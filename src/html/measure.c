#include "html/measure.h"

#include "html/tree.h"

/* Weight of a paragraph that is prose, and how many such an element of prose has; one much heavier
 * than that counts for as many. */
#define MEASURE_PROSE      120
#define MEASURE_PROSE_MANY 3
#define MEASURE_PROSE_HUGE 600

static void measure_break(struct measure *m)
{
    if (m->run.text >= MEASURE_PROSE && m->run.linked * 3 < m->run.text)
        m->prose += m->run.text >= MEASURE_PROSE_HUGE ? MEASURE_PROSE_MANY : 1;
    m->text += m->run.text;
    m->linked += m->run.linked;
    m->run = (struct weigh){0};
}

static void measure_element(struct measure *m, const GumboNode *node)
{
    m->h1 = m->h1 || tree_is(node, GUMBO_TAG_H1);
    m->heading = m->heading || tree_is(node, GUMBO_TAG_H1) || tree_is(node, GUMBO_TAG_H2);
    m->nav = m->nav || tree_is(node, GUMBO_TAG_NAV);
    m->cite = m->cite || tree_is(node, GUMBO_TAG_CITE);
    if (!weigh_is_inline(node))
        measure_break(m);
    else if (tree_is(node, GUMBO_TAG_BR))
        m->run.gap = true;
}

bool measure_is_prose(const struct measure *m)
{
    return m->prose >= MEASURE_PROSE_MANY && m->linked * 3 < m->text;
}

bool measure_is_links(const struct measure *m)
{
    return m->text > 0 && m->linked * 2 >= m->text;
}

void measure_take(const GumboNode *root, struct measure *m)
{
    const GumboNode *link_end = NULL;
    bool linked = false;
    size_t seen = 0;
    *m = (struct measure){0};
    for (const GumboNode *node = root; node != NULL && !measure_is_prose(m);) {
        if (++seen > MEASURE_NODES_MAX) {
            m->cut = true;
            break;
        }
        linked = linked && node != link_end;
        struct span text = tree_text_of(node);
        if (text.p != NULL) {
            const GumboNode *block = weigh_block_of(node);
            if (block != m->block)
                measure_break(m);
            m->block = block;
            weigh_add(&m->run, text, linked);
        } else if (tree_is_element(node)) {
            measure_element(m, node);
            if (!linked && tree_is_link(node)) {
                linked = true;
                link_end = tree_next(root, node, false);
            }
        }
        node = tree_next(root, node, node == root || !weigh_is_skipped(node));
    }
    measure_break(m);
}
