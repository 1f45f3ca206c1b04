#include "import/format.h"

#include "../support.h"

struct format_case {
    const char *name, *text;
    enum article_format format;
};

static void has_names(void **state)
{
    (void)state;
    static const char *const names[] = {"text", "html", "markdown", "gemtext"};
    enum article_format format;
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_true(format_find(span_of(names[i]), &format));
        assert_string_equal(format_name(format), names[i]);
    }
    assert_false(format_find(SPAN("auto"), &format));
    assert_false(format_find(SPAN(""), &format));
    assert_false(format_find(SPAN("HTML"), &format));
}

static const struct format_case suffix_cases[] = {
    {"text", "a/b.txt", ARTICLE_TEXT},
    {"text, whole", "b.text", ARTICLE_TEXT},
    {"a page", "b.html", ARTICLE_HTML},
    {"an old page", "B.HTM", ARTICLE_HTML},
    {"a strict page", "b.xhtml", ARTICLE_HTML},
    {"Markdown", "b.c.md", ARTICLE_MARKDOWN},
    {"Markdown, whole", "b.Markdown", ARTICLE_MARKDOWN},
    {"gemtext", "b.gmi", ARTICLE_GEMTEXT},
    {"gemtext, whole", "b.gemini", ARTICLE_GEMTEXT},
};

static void tells_by_suffix(void **state)
{
    const struct format_case *c = *state;
    enum article_format format;
    assert_true(format_of_suffix(span_of(c->text), &format));
    assert_int_equal(format, c->format);
}

static void other_suffixes_tell_nothing(void **state)
{
    (void)state;
    static const char *const paths[] = {"",      ".md",      "md",    "a",
                                        "a.pdf", "a.md.bak", "a.mdx", "stdin"};
    enum article_format format;
    for (size_t i = 0; i < COUNT(paths); i++)
        assert_false(format_of_suffix(span_of(paths[i]), &format));
}

static const struct format_case text_cases[] = {
    {"nothing", "", ARTICLE_TEXT},
    {"words", "One line.\n\nAnother one.\n", ARTICLE_TEXT},
    {"the seed's shape", "Title\n\nNo time to read?\nGet a summary\n\nText.\n", ARTICLE_TEXT},
    {"a bulleted text", "Title\n\n- one\n- two\n\n* three\n", ARTICLE_TEXT},
    {"a quoted mail", "> one\n> two\n\nthree\n", ARTICLE_TEXT},
    {"arrows", "a => b\n=> c\n", ARTICLE_TEXT},
    {"stars", "5 * 6 ** 7\n****\n", ARTICLE_TEXT},
    {"brackets", "see [1] (page 2)\n", ARTICLE_TEXT},
    {"a hash tag", "#one two\n", ARTICLE_TEXT},
    {"a page", "<!DOCTYPE html>\n<title>x</title>", ARTICLE_HTML},
    {"a page in capitals", "<HTML><BODY>", ARTICLE_HTML},
    {"a page with a mark of its byte order", "\xef\xbb\xbf\n <html>", ARTICLE_HTML},
    {"a page behind a comment", "<!-- saved from > x -->\n<?xml version=\"1.0\"?>\n<!doctype HTML>",
     ARTICLE_HTML},
    {"a part of a page", "<p>one</p>\n<p>two</p>", ARTICLE_HTML},
    {"a paragraph with a class", "<p class=\"x\">one</p>\n<p>two</p>", ARTICLE_HTML},
    {"a comment alone", "<!-- x", ARTICLE_TEXT},
    {"no page", "<pre-history> is long\n", ARTICLE_TEXT},
    {"no page either", "<headline> one\n", ARTICLE_TEXT},
    {"a title, then what looks like markup", "Title\n\n=> nowhere at all\n\n# no heading\n",
     ARTICLE_TEXT},
    {"headings", "# One\n\nText.\n", ARTICLE_MARKDOWN},
    {"a link", "See [one](/x).\n", ARTICLE_MARKDOWN},
    {"strong text", "This is **strong**.\n", ARTICLE_MARKDOWN},
    {"a fence of waves", "~~~\nx\n~~~\n", ARTICLE_MARKDOWN},
    {"fences", "One\n\n```\nx\n```\n", ARTICLE_MARKDOWN},
    {"tasks", "- [ ] one\n- [x] two\n", ARTICLE_MARKDOWN},
    {"a deep heading", "Text.\n\n#### One\n", ARTICLE_MARKDOWN},
    {"Markdown that begins with tags", "<p align=\"center\">\n<img src=x></p>\n\n# One\n\nText.\n",
     ARTICLE_MARKDOWN},
    {"strong text that ends nowhere", "**one\n", ARTICLE_TEXT},
    {"gemtext", "# One\n\nText.\n\n=> /x Two\n", ARTICLE_GEMTEXT},
    {"links alone", "=> /x One\n=> /y Two\n", ARTICLE_GEMTEXT},
    {"gemtext with code", "# One\n\n```\nx\n```\n=> gemini://a.example/\n", ARTICLE_GEMTEXT},
    {"gemtext whose code is Markdown", "# One\n\n=> /x One\n\n```\n[a](b) **c**\n```\n",
     ARTICLE_GEMTEXT},
    {"Markdown whose code is gemtext",
     "# One\n\nSee [one](/x):\n\n```\n=> /x One\n=> /y Two\n```\n", ARTICLE_MARKDOWN},
};

static void tells_by_text(void **state)
{
    const struct format_case *c = *state;
    assert_int_equal(format_of_text(span_of(c->text)), c->format);
}

int main(void)
{
    struct suite suite = {0};
    SUITE_TEST(&suite, has_names);
    SUITE_ROWS(&suite, tells_by_suffix, suffix_cases);
    SUITE_TEST(&suite, other_suffixes_tell_nothing);
    SUITE_ROWS(&suite, tells_by_text, text_cases);
    return suite_run(&suite, "format");
}
