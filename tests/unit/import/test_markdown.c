#include "import/markdown.h"

#include "../support.h"
#include "article/gemtext.h"

#define CAP ((size_t)64 * 1024 * 1024)

/* A source and the page that it is to become: its title, when it has one, and its blocks. */
struct markdown_case {
    const char *name, *source, *page;
};

static void check(struct span source, const char *base, const char *title, const char *expected)
{
    struct document doc;
    struct gemtext g;
    struct buf out;
    struct error e;
    document_init(&doc, CAP);
    doc.title = span_of(title);
    buf_init(&out, CAP);
    assert_status(markdown_import(source, span_of(base), &doc, &e), ST_OK, &e);
    gemtext_init(&g, &out);
    if (doc.title.p != NULL)
        gemtext_heading(&g, 1, doc.title);
    gemtext_blocks(&g, &doc);
    assert_span_equal(buf_span(&out), span_of(expected));
    buf_fini(&out);
    document_fini(&doc);
}

static void reads(void **state)
{
    const struct markdown_case *c = *state;
    check(span_of(c->source), NULL, NULL, c->page);
}

static const struct markdown_case text_cases[] = {
    {"wrapped lines are one", "One\ntwo\nthree.\n\nFour.\n", "One two three.\n\nFour.\n"},
    {"wrapped Japanese has no blanks", "これは\n日本語です。\n", "これは日本語です。\n"},
    {"hard breaks", "One  \ntwo\\\nthree\n", "One\ntwo\nthree\n"},
    {"emphasis drops", "*One* **two** ***three*** _four_ __five__ sn_ak_e\n",
     "One two three four five sn_ak_e\n"},
    {"code keeps its signs", "Run `make  all` or ``a`b``.\n", "Run `make all` or `a`b`.\n"},
    {"deleted text keeps its signs", "~~old~~ new ~one~\n", "~~old~~ new ~~one~~\n"},
    {"escapes", "\\*one\\* \\# two 1\\. \\\\\n", "*one* # two 1. \\\n"},
    {"what looks like markup", "\\# one\n\n\\* two\n\n\\> three\n\n\\=> four\n",
     " # one\n\n * two\n\n > three\n\n => four\n"},
    {"a line that begins like a link line", "=> one\n", " => one\n"},
    {"character references",
     "&amp; &lt;b&gt; &eacute; &#233; &#xe9; &hellip; &nope; &#0; &amp;amp;\n",
     "& <b> \u00e9 \u00e9 \u00e9 \u2026 &nope; \ufffd &amp;\n"},
    {"references that are dropped or blank", "so&shy;ft ze&#8203;ro 10&nbsp;000 a&emsp;b a&#9;b\n",
     "soft zero 10\u00a0000 a b a b\n"},
    {"references that compose", "e&#x301;\n", "\u00e9\n"},
    {"a comment is nothing", "One <!-- two --> three\n\n<!-- four -->\n\nFive\n",
     "One three\n\nFive\n"},
};

static const struct markdown_case heading_cases[] = {
    {"the first of level 1 is the title", "# One\n\nText.\n\n# Two\n\n## Three\n",
     "# One\n\nText.\n\n## Two\n\n## Three\n"},
    {"underlined ones", "One\n===\n\nText.\n\nTwo\n---\n\nMore.\n",
     "# One\n\nText.\n\n## Two\n\nMore.\n"},
    {"deep ones are 3", "Text.\n\n### One\n\n#### Two\n\n###### Three\n",
     "Text.\n\n### One\n\n### Two\n\n### Three\n"},
    {"a text that begins with another has a title", "## One\n\nText.\n\n## Two\n\nMore.\n",
     "# One\n\nText.\n\n## Two\n\nMore.\n"},
    {"one behind text is no title", "Text.\n\n## Two\n", "Text.\n\n## Two\n"},
    {"emphasis, code and links in one", "# *One* `two` [three](/x)\n\nText.\n",
     "# One `two` three\n\n=> /x three\n\nText.\n"},
    {"an empty one", "#\n\nText.\n", "Text.\n"},
};

static const struct markdown_case list_cases[] = {
    {"bullets", "- one\n- two\n+ three\n* four\n", "* one\n* two\n\n* three\n\n* four\n"},
    {"a loose list has no empty lines", "* one\n\n* two\n\n  more\n\n* three\n",
     "* one\n* two\nmore\n* three\n"},
    {"nested", "- one\n  - two\n    - three\n- four\n", "* one\n* – two\n* – – three\n* four\n"},
    {"ordered", "3. one\n4. two\n", "3. one\n4. two\n"},
    {"ordered by brackets", "1) one\n1) two\n", "1. one\n2. two\n"},
    {"nested ordered", "- one\n  1. two\n  2. three\n", "* one\n* – 1. two\n* – 2. three\n"},
    {"nested in ordered", "1. one\n   - two\n2. three\n", "1. one\n* – two\n2. three\n"},
    {"tasks", "- [ ] one\n- [x] two\n- [X] three\n", "* ☐ one\n* ☑ two\n* ☑ three\n"},
    {"hard breaks in items", "- one\\\n  two\n", "* one\ntwo\n"},
    {"code in a list", "- one\n\n  ```c\n  x;\n  ```\n- two\n", "* one\n```c\nx;\n```\n* two\n"},
    {"a quote in a list", "- one\n  > two\n- three\n", "* one\n> two\n* three\n"},
    {"a heading in a list", "- # one\n- two\n", "* one\n* two\n"},
    {"an empty item", "- one\n-\n- two\n", "* one\n* two\n"},
    {"a list behind text", "Text:\n\n- one\n\nText.\n", "Text:\n\n* one\n\nText.\n"},
    {"a table in a list", "- one\n\n  | a | b |\n  |---|--:|\n  | c | 1 |\n\n- two\n",
     "* one\n```\na  b\n-  -\nc  1\n```\n* two\n"},
};

static const struct markdown_case quote_cases[] = {
    {"lines and paragraphs", "> one\n> two\n>\n> three\\\n> four\n",
     "> one two\n>\n> three\n> four\n"},
    {"nested", "> one\n> > two\n>\n> three\n", "> one\n>\n> > two\n>\n> three\n"},
    {"lists in it", "> - one\n> - two\n>\n> text\n", "> * one\n> * two\n>\n> text\n"},
    {"ordered lists in it", "> 1. one\n> 2. two\n", "> 1. one\n> 2. two\n"},
    {"code in it", "> one\n>\n>     x\n>\n> two\n", "> one\n\n```\nx\n```\n\n> two\n"},
    {"a table in it", "> one\n>\n> | a | b |\n> |---|---|\n> | c | d |\n",
     "> one\n\n```\na  b\n-  -\nc  d\n```\n"},
    {"links behind it", "> [one](/x)\n>\n> two\n\nText.\n",
     "> one\n>\n> two\n\n=> /x one\n\nText.\n"},
    {"lazy lines", "> one\ntwo\n", "> one two\n"},
};

static const struct markdown_case block_cases[] = {
    {"fenced code", "One\n\n```c\nif (x)\n\ty;\n\n\n\nz;\n```\n",
     "One\n\n```c\nif (x)\n    y;\n\nz;\n```\n"},
    {"fenced code and what else its fence says", "~~~python title=\"x\"\nx\n~~~\n",
     "```python\nx\n```\n"},
    {"indented code", "One\n\n    x\n      y\n", "One\n\n```\nx\n  y\n```\n"},
    {"a fence in code", "````\n```\nx\n```\n````\n", "```\n ```\nx\n ```\n```\n"},
    {"code that never ends", "One\n\n```\nx\n=> y\n# z\n", "One\n\n```\nx\n=> y\n# z\n```\n"},
    {"code is not read", "`&amp; *a* [b](c)`\n\n    &amp; <b> http://x.example\n",
     "`&amp; *a* [b](c)`\n\n```\n&amp; <b> http://x.example\n```\n"},
    {"empty code", "One\n\n```\n```\n", "One\n"},
    {"a rule", "One\n\n---\n\n***\n\nTwo\n\n___\n", "One\n\n---\n\nTwo\n"},
    {"a table", "| a | b |\n|---|--:|\n| *c* | 10 |\n| `d` | 2 |\n",
     "```\na     b\n---  --\nc    10\n`d`   2\n```\n"},
    {"links in a table", "a | b\n---|---\n[c](/x) | https://y.example/\n\nText.\n",
     "```\na  b\n-  ------------------\nc  https://y.example/\n```\n\n=> /x c\n=> "
     "https://y.example/\n\nText.\n"},
    {"a table alone in its quote", "> a | b\n> ---|---\n> c | d\n", "```\na  b\n-  -\nc  d\n```\n"},
};

static const struct markdown_case link_cases[] = {
    {"behind its paragraph", "See [the *site*](https://a.example/ \"A title\").\n\nText.\n",
     "See the site.\n\n=> https://a.example/ the site\n\nText.\n"},
    {"alone", "[one](https://a.example/)\n", "=> https://a.example/ one\n"},
    {"a list of links", "- [one](/x)\n- [two](/y)\n", "=> /x one\n=> /y two\n"},
    {"each URL once", "[one](/x) and [two](/x)\n\n[three](/x)\n",
     "one and two\n\n=> /x one\n\nthree\n"},
    {"by reference", "[One][1] [two] [3]\n\n[1]: /x\n[two]: </y z> 'title'\n",
     "One two [3]\n\n=> /x One\n=> /y%20z two\n"},
    {"autolinks", "<https://a.example/> <me@a.example> https://b.example/x. www.c.example\n",
     "https://a.example/ me@a.example https://b.example/x. www.c.example\n\n"
     "=> https://a.example/\n=> mailto:me@a.example me@a.example\n=> https://b.example/x\n"
     "=> http://www.c.example www.c.example\n"},
    {"gemini in text", "Ask gemini://a.example/x too.\n",
     "Ask gemini://a.example/x too.\n\n=> gemini://a.example/x\n"},
    {"to siblings", "[a](b.md), [c](d/e.markdown#f), [g](#h), [i](../j.txt)\n",
     "a, c, g, i\n\n=> b.gmi a\n=> d/e.gmi c\n=> ../j.txt i\n"},
    {"other schemes are text", "[a](javascript:b) [c](data:x) [d](ftp://e.example/)\n", "a c d\n"},
    {"an image", "One ![A *boat*](p.png \"T\") two.\n", "One two.\n\n=> p.png Image: A boat\n"},
    {"an image without a description", "![](p/q.png)\n", "=> p/q.png Image: q.png\n"},
    {"an image that is in its URL", "One ![](data:image/png;base64,xyz) ![a](data:x)\n",
     "One\n\nImage: a\n"},
    {"an image in a link", "[![A boat](p.png)](/x)\n", "=> /x Image: A boat\n"},
    {"an image in an image", "![a ![b](c.png) d](e.png)\n", "=> e.png Image: a b d\n"},
    {"lines in an image's description", "![a\nb  \nc &amp; `d`](e.png)\n",
     "=> e.png Image: a b c & d\n"},
    {"an empty link", "One [](/x)\n", "One\n\n=> /x\n"},
    {"escapes in a URL", "[a](/x?a&amp;b=\\(c\\))\n", "=> /x?a&b=(c) a\n"},
};

static const struct markdown_case html_cases[] = {
    {"tags in a line", "A <b>bold</b> <em>one</em> H<sub>2</sub>O<br>x<sup>2</sup>\n",
     "A bold one H₂O\nx²\n"},
    {"a link in a line", "See <a href=\"/x\">one</a>.\n", "See one.\n\n=> /x one\n"},
    {"an image in a line", "See <img src='p.png' alt='A &amp; B'>.\n",
     "See .\n\n=> p.png Image: A & B\n"},
    {"code and deleted text", "<code>a</code> <kbd>b</kbd> <del>c</del> <q>d</q>\n",
     "`a` b ~~c~~ “d”\n"},
    {"a tag that is not closed ends with its paragraph", "<a href=/x>one\n\n<code>two\n\nthree\n",
     "=> /x one\n\n`two`\n\nthree\n"},
    {"a closing tag without an opening one", "one</b></a></sup> two\n", "one two\n"},
    {"tags that overlap", "<sub>1<b>2</sub>3</b>\n", "₁₂3\n"},
    {"what is never shown", "One <script>alert(1)</script> two <style>x</style> three\n",
     "One two three\n"},
    {"a block", "One\n\n<div>Two <b>three</b><p>four</div>\n\nFive\n",
     "One\n\nTwo three\n\nfour\n\nFive\n"},
    {"a list as a block", "<ul>\n<li>one\n<li>two\n</ul>\n", "* one\n* two\n"},
    {"a table as a block", "<table><tr><th>a<th>b<tr><td>c<td>1</table>\n",
     "```\na  b\n-  -\nc  1\n```\n"},
    {"a block in a list", "- one\n\n  <p>two</p>\n- three\n", "* one\ntwo\n* three\n"},
    {"hidden blocks", "<script>\nx()\n</script>\n\nOne\n", "One\n"},
    {"details", "<details><summary>One</summary>\n\nTwo\n\n</details>\n", "One\n\nTwo\n"},
    {"a heading as a block", "<h1 align=center>One</h1>\n\nText.\n", "# One\n\nText.\n"},
    {"an image as a block", "<p align=center><img src=p.png alt=One></p>\n\nText.\n",
     "=> p.png Image: One\n\nText.\n"},
};

static void resolves_links(void **state)
{
    (void)state;
    check(SPAN("[a](b.md#c)\n\n![d](/e.png)\n"), "https://a.example/f/g.md", NULL,
          "=> https://a.example/f/b.md#c a\n\n=> https://a.example/e.png Image: d\n");
}

static void keeps_a_title_that_is_known(void **state)
{
    (void)state;
    check(SPAN("# One\n\nText.\n"), NULL, "One!", "# One!\n\nText.\n");
    check(SPAN("# One\n\nText.\n"), NULL, "Other", "# Other\n\n## One\n\nText.\n");
}

static void refuses_what_holds_no_text(void **state)
{
    (void)state;
    static const char *const sources[] = {
        "", "\n \n", "<!-- a -->\n", "[a]: /b\n", "# Title\n", "<script>x</script>\n", "***\n"};
    for (size_t i = 0; i < COUNT(sources); i++) {
        struct document doc;
        struct error e;
        document_init(&doc, CAP);
        assert_status(markdown_import(span_of(sources[i]), (struct span){NULL, 0}, &doc, &e),
                      ST_FORMAT, &e);
        assert_string_equal(e.message, "no text");
        document_fini(&doc);
    }
}

/* A source of `count` parts that is refused, and how the message begins. */
static const struct {
    const char *name, *prefix, *part, *suffix;
    size_t count;
    const char *message;
} refused_cases[] = {
    {"a reference used too often",
     "[a]: /xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n\n", "[a] ", "", 1200000,
     "more than 67108864 bytes in targets of links"},
    {"a wide head over many rows", "|a|b|c|d|e|f|g|h|\n|---|---|---|---|---|---|---|---|\n", "|i\n",
     "", 1000, "a table with more than "},
    {"a block that the guard refuses", "One\n\n", "<div>", "", 3000, "HTML in it: "},
    {"a tag that the guard refuses", "One <b", " a=b", "> two\n", 3000, "HTML in it: "},
};

static void refuses_what_would_take_too_much(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused_cases); i++) {
        struct document doc;
        struct error e;
        struct buf source;
        document_init(&doc, CAP);
        buf_init(&source, CAP);
        buf_puts(&source, refused_cases[i].prefix);
        for (size_t n = 0; n < refused_cases[i].count; n++)
            buf_puts(&source, refused_cases[i].part);
        buf_puts(&source, refused_cases[i].suffix);
        assert_status(markdown_import(buf_span(&source), (struct span){NULL, 0}, &doc, &e),
                      ST_LIMIT, &e);
        assert_contains(e.message, refused_cases[i].message);
        buf_fini(&source);
        document_fini(&doc);
    }
}

static void a_full_document_is_told(void **state)
{
    (void)state;
    struct document doc;
    struct error e;
    document_init(&doc, 100);
    assert_status(markdown_import(SPAN("# a\n\nb\n\n- [c](/d)\n\n> e\n\n```\nf\n```\n"),
                                  (struct span){NULL, 0}, &doc, &e),
                  ST_LIMIT, &e);
    assert_string_equal(e.message, "text too large");
    document_fini(&doc);
}

int main(void)
{
    struct suite suite = {0};
    SUITE_ROWS(&suite, reads, text_cases);
    SUITE_ROWS(&suite, reads, heading_cases);
    SUITE_ROWS(&suite, reads, list_cases);
    SUITE_ROWS(&suite, reads, quote_cases);
    SUITE_ROWS(&suite, reads, block_cases);
    SUITE_ROWS(&suite, reads, link_cases);
    SUITE_ROWS(&suite, reads, html_cases);
    SUITE_TEST(&suite, resolves_links);
    SUITE_TEST(&suite, keeps_a_title_that_is_known);
    SUITE_TEST(&suite, refuses_what_holds_no_text);
    SUITE_TEST(&suite, refuses_what_would_take_too_much);
    SUITE_TEST(&suite, a_full_document_is_told);
    return suite_run(&suite, "markdown");
}
