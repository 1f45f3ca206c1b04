/*
 * text_case: rows of a table that tells what texts become, and the check of them.
 */
#ifndef TESTS_UNIT_IMPORT_TEXT_CASE_H
#define TESTS_UNIT_IMPORT_TEXT_CASE_H

#include "../support.h"

#include "article/gemtext.h"
#include "import/text.h"

/* What a text is to become: title and neighbours (NULL for none), and the gemtext of its blocks. */
struct text_case {
    const char *name;
    const char *in;
    const char *title, *previous, *next;
    const char *body;
};

static inline void text_case_check(const struct text_case *c, bool wrapped)
{
    struct document doc;
    struct buf out;
    struct gemtext g;
    struct error e = {0};
    document_init(&doc, 1 << 20);
    buf_init(&out, 1 << 20);
    assert_status(text_import(span_of(c->in), wrapped, &doc, &e), ST_OK, &e);
    gemtext_init(&g, &out);
    gemtext_blocks(&g, &doc);
    assert_span_equal(buf_span(&out), span_of(c->body));
    assert_span_equal(doc.title, span_of(c->title));
    assert_span_equal(doc.previous, span_of(c->previous));
    assert_span_equal(doc.next, span_of(c->next));
    buf_fini(&out);
    document_fini(&doc);
}

static inline void text_case_run(void **state)
{
    text_case_check(*state, false);
}

#endif
