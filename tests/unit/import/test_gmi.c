#include "import/gmi.h"

#include "../support.h"
#include "article/gemtext.h"

#define CAP ((size_t)1024 * 1024)

/* A source and the page that it is to become; NULL: itself. */
struct gmi_case {
    const char *name, *source, *page;
};

static enum status convert(struct span source, const char *title, struct buf *out, struct error *e)
{
    struct document doc;
    struct gemtext g;
    document_init(&doc, CAP);
    doc.title = span_of(title);
    enum status status = gmi_import(source, &doc, e);
    gemtext_init(&g, out);
    if (doc.title.p != NULL)
        gemtext_heading(&g, 1, doc.title);
    gemtext_blocks(&g, &doc);
    document_fini(&doc);
    return status;
}

/* The page is what is expected, and the page of that page is the same. */
static void check(const char *source, const char *title, const char *expected)
{
    struct buf once;
    struct buf twice;
    struct error e;
    buf_init(&once, CAP);
    buf_init(&twice, CAP);
    assert_status(convert(span_of(source), title, &once, &e), ST_OK, &e);
    assert_span_equal(buf_span(&once), span_of(expected));
    assert_status(convert(buf_span(&once), NULL, &twice, &e), ST_OK, &e);
    assert_span_equal(buf_span(&twice), buf_span(&once));
    buf_fini(&once);
    buf_fini(&twice);
}

static void reads(void **state)
{
    const struct gmi_case *c = *state;
    check(c->source, NULL, c->page == NULL ? c->source : c->page);
}

static const struct gmi_case gmi_cases[] = {
    {"a page of every kind of line",
     "# Title\n\nText.\nMore.\n\n## Two\n### Three\n\n* one\n* two\n=> /x One\n=> y.gmi\n> "
     "quote\n>\n"
     "> more\n\n---\n\n```c\n  code\n\nmore\n```\n",
     NULL},
    {"lines that stand together stay so", "# T\n\na\n* b\nc\n> d\ne\n=> f\ng\n```\nh\n```\ni\n",
     NULL},
    {"the title stands alone", "# T\na\n", "# T\n\na\n"},
    {"the title comes first", "a\n# T\nb\n", "# T\n\na\n\nb\n"},
    {"later titles are headings", "# T\n\na\n\n# U\n\nb\n", "# T\n\na\n\n## U\n\nb\n"},
    {"no title", "a\n\n## b\n", NULL},
    {"headings without a blank", "#T\n##a\n###b\n", "# T\n\n## a\n### b\n"},
    {"too many marks", "# T\n\n#### a\n", "# T\n\n### # a\n"},
    {"empty headings", "#\n##\n###  \na\n", "a\n"},
    {"several empty lines", "\n\na\n\n\n\nb\n\n\n", "a\n\nb\n"},
    {"blanks", "  a  \t b \n\t\n*   c  d\n>   e\n=>  /f   g  h \n",
     "a b\n\n* c d\n> e\n=> /f g h\n"},
    {"a link without a label", "=>/a\n=>\t/b\n=> /c\td\n", "=> /a\n=> /b\n=> /c d\n"},
    {"a link that leads nowhere", "=>\n=> \na\n", " =>\n =>\na\n"},
    {"links that run or carry something", "=> javascript:x a\n=> DATA:x b\n=> file:///x c\n",
     " => javascript:x a\n => DATA:x b\n => file:///x c\n"},
    {"any other scheme", "=> ftp://a.example/ b\n=> mailto:me@a.example\n", NULL},
    {"a link that is escaped", "=> /ä?b|c d\n", "=> /%C3%A4?b%7Cc d\n"},
    {"the same link again", "=> /a b\n\n=> /a b\n", NULL},
    {"items without text", "* \n*\n*a\n", "*\n*\n*a\n"},
    {"nested items and quotes", "* – a\n> > b\n>>c\n> * d\n", "* – a\n> > b\n> >c\n> * d\n"},
    {"text that was disarmed", " # a\n\n * b\n\n => c\n\n > d\n\n ```\n", NULL},
    {"rules", "a\n---\nb\n----\n - - -\n", "a\n---\nb\n----\n- - -\n"},
    {"a fence that is never closed", "a\n```x y\nb\n\n\n  c\n", "a\n```x y\nb\n\n  c\n```\n"},
    {"what stands behind a closing fence goes", "```\na\n``` b\nc\n", "```\na\n```\nc\n"},
    {"an empty block", "a\n```\n \n```\nb\n", "a\nb\n"},
    {"tabs in code", "```\n\ta\tb\n```\n", "```\n        a       b\n```\n"},
    {"markup in code", "```\n# a\n=> b\n  ```\n```\n", NULL},
};

static void keeps_a_title_that_is_known(void **state)
{
    (void)state;
    check("# One\n\na\n", "One", "# One\n\na\n");
    check("# One\n\na\n", "Two", "# Two\n\n## One\n\na\n");
    check("a\n\n# One\n\nb\n", "One", "# One\n\na\n\n## One\n\nb\n");
}

static void refuses_what_holds_no_text(void **state)
{
    (void)state;
    static const char *const sources[] = {"", "\n \n", "# T\n", "#\n", "```\n```\n"};
    for (size_t i = 0; i < COUNT(sources); i++) {
        struct buf out;
        struct error e;
        buf_init(&out, CAP);
        assert_status(convert(span_of(sources[i]), NULL, &out, &e), ST_FORMAT, &e);
        assert_string_equal(e.message, "no text");
        buf_fini(&out);
    }
}

static void a_full_document_is_told(void **state)
{
    (void)state;
    struct document doc;
    struct error e;
    document_init(&doc, 100);
    assert_status(gmi_import(SPAN("# a\n\nb\n\n=> c\n\n## d\n"), &doc, &e), ST_LIMIT, &e);
    assert_string_equal(e.message, "text too large");
    document_fini(&doc);
}

int main(void)
{
    struct suite suite = {0};
    SUITE_ROWS(&suite, reads, gmi_cases);
    SUITE_TEST(&suite, keeps_a_title_that_is_known);
    SUITE_TEST(&suite, refuses_what_holds_no_text);
    SUITE_TEST(&suite, a_full_document_is_told);
    return suite_run(&suite, "gmi");
}
