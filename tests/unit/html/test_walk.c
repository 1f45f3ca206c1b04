#include "html/page.h"

#include "../support.h"
#include "article/gemtext.h"
#include "html/entity.h"

#define CAP ((size_t)64 * 1024 * 1024)

/*
 * What stands in the article of a page, and the page that it is to become: its title and its
 * blocks.  The page was at https://a.example/b/c.
 */
struct walk_case {
    const char *name, *source, *page;
};

static void put_page(struct document *doc, struct buf *out)
{
    struct gemtext g;
    gemtext_init(&g, out);
    if (doc->title.p != NULL)
        gemtext_heading(&g, 1, doc->title);
    gemtext_blocks(&g, doc);
}

static void check(struct span source, const char *base, const char *expected)
{
    struct document doc;
    struct buf out;
    struct error e;
    document_init(&doc, CAP);
    buf_init(&out, CAP);
    assert_status(html_read(source, span_of(base), &doc, &e), ST_OK, &e);
    put_page(&doc, &out);
    assert_span_equal(buf_span(&out), span_of(expected));
    buf_fini(&out);
    document_fini(&doc);
}

static void reads(void **state)
{
    const struct walk_case *c = *state;
    struct buf page;
    struct buf expected;
    buf_init(&page, CAP);
    buf_init(&expected, CAP);
    buf_puts(&page, "<!doctype html><title>Title</title><body><article><h1>Title</h1>\n");
    buf_puts(&page, c->source);
    buf_puts(&page, "</article>\n");
    buf_puts(&expected, "# Title\n\n");
    buf_puts(&expected, c->page);
    check(buf_span(&page), "https://a.example/b/c", buf_str(&expected));
    buf_fini(&page);
    buf_fini(&expected);
}

static const struct walk_case text_cases[] = {
    {"paragraphs", "<p>One\n two<p>three", "One two\n\nthree\n"},
    {"text beside blocks", "one<div>two</div>three", "one\n\ntwo\n\nthree\n"},
    {"emphasis drops", "<p><b>One</b>, <i>two</i>, <em>th</em>ree, <u>four</u>",
     "One, two, three, four\n"},
    {"line ends", "<p>one<br>two<br/>three", "one\ntwo\nthree\n"},
    {"control characters in words",
     "<p class='a&#27; b' role='&#1;' id='&#27;'>one <a rel='&#27;x'>two</a>", "one two\n"},
    {"two line ends", "<p>one<br> <br>two<br>", "one\n\ntwo\n"},
    {"code and what was deleted",
     "<p>Run <code> ls </code>, <del>not</del> <s>no</s> <ins>yes</ins> <kbd>x</kbd> "
     "<code></code>.",
     "Run `ls` , ~~not~~ ~~no~~ yes x .\n"},
    {"deleted blocks", "<del><p>one<p>two</p></del><p>three", "~~one~~\n\n~~two~~\n\nthree\n"},
    {"quotes in a line", "<p>He said <q>one <q>two</q></q>.", "He said “one “two””.\n"},
    {"below and above",
     "<p>H<sub>2</sub>O, 10<sup>6</sup>, 1<sup>st</sup>, x<sub>ij</sub>, y<sup>2q</sup>",
     "H₂O, 10⁶, 1st, xᵢⱼ, y^(2q)\n"},
    {"a formula",
     "<p>So <math><semantics><mrow><mi>x</mi><mo>=</mo><mfrac><mn>1</mn><mn>2</mn></mfrac></mrow>"
     "<annotation encoding=application/x-tex>x=\\frac12</annotation></semantics></math>.",
     "So x=1/2.\n"},
    {"powers, sums and roots in a formula",
     "<p><math><msup><mi>x</mi><mn>2</mn></msup><mo>=</mo><mfrac><mrow><mi>a</mi><mo>+</mo>"
     "<mi>b</mi></mrow><mrow><mn>3</mn></mrow></mfrac><msqrt><mi>n</mi></msqrt><msubsup><mi>y"
     "</mi><mn>1</mn><mn>2</mn></msubsup></math>",
     "x²=(a+b)/3√ny₁²\n"},
    {"what looks like a formula", "<p><mfrac><i>a</i><i>b</i></mfrac>", "ab\n"},
    {"signs of notes",
     "<p>One<a class=footnote-anchor href=#n1>1</a>, two<a role=doc-noteref href=#n2><sup>2</sup>"
     "</a> and <sup><a class=footnote-ref href=#n3>3</a></sup>.",
     "One¹, two² and ³.\n"},
    {"ruby", "<p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp>字<rt>ji</rt></ruby>", "漢(kan)字(ji)\n"},
    {"references", "<p>&amp;&lt;&eacute;&#x301;&nbsp;a&shy;b&#8203;c&#27;[1md",
     "&<é\u0301\u00a0abcd\n"},
    {"wrapped Japanese", "<p>日本\n語", "日本語\n"},
    {"a place to break a word", "<p>super<wbr>man", "superman\n"},
    {"what looks like markup", "<p># one<p>* two<p>=> three<p>&gt; four<p>```",
     " # one\n\n * two\n\n => three\n\n > four\n\n ```\n"},
    {"what is never shown", "<p>one<script>x</script><style>y</style> two<!-- z -->", "one two\n"},
    {"what is hidden", "<p>one<p hidden>x<p style=\"display: none\">y<template>z</template><p>two",
     "one\n\ntwo\n"},
    {"details", "<details><summary>One</summary>two<p>three</details>", "One\n\ntwo\n\nthree\n"},
    {"an address", "<p>one</p><address>two<br>three</address>", "one\n\ntwo\nthree\n"},
};

static const struct walk_case block_cases[] = {
    {"headings", "<p>a<h2>One</h2><p>b<h3>two</h3><h4>three</h4><h1>four</h1><p>c",
     "a\n\n## One\n\nb\n\n### two\n\n### three\n\n## four\n\nc\n"},
    {"blocks in a heading", "<p>a<h2><div>One</div></h2><p>b", "a\n\n## One\n\nb\n"},
    {"a heading never ended", "<p>a<h2>One<p>two<p>three", "a\n\n## One\n\ntwo\n\nthree\n"},
    {"an empty heading", "<h2></h2><p>one", "one\n"},
    {"a heading that is a link", "<p>a<h2><a href=/x>One</a></h2><p>b",
     "a\n\n## One\n\n=> https://a.example/x One\n\nb\n"},
    {"a rule", "<hr><p>one<hr><hr><p>two<hr>", "one\n\n---\n\ntwo\n"},
    {"a quote", "<p>a<blockquote><p>One<p>two<br>three</blockquote><p>b",
     "a\n\n> One\n>\n> two\n> three\n\nb\n"},
    {"a quote in a quote", "<blockquote>One<blockquote>two</blockquote></blockquote>",
     "> One\n>\n> > two\n"},
    {"a list in a quote", "<blockquote><p>One<ul><li>two<li>three</ul></blockquote>",
     "> One\n>\n> * two\n> * three\n"},
    {"a list in a list in a quote", "<blockquote><ul><li>one<ol><li>two</ol></ul></blockquote>",
     "> * one\n> * – 1. two\n"},
    {"preformatted",
     "<p>a<pre><code class=\"x language-c\">if (x)\n\ty;\n\n\nz;\n</code></pre><p>b",
     "a\n\n```c\nif (x)\n        y;\n\nz;\n```\n\nb\n"},
    {"preformatted, its language on itself", "<pre class=lang-sh>ls<br>pwd</pre>",
     "```sh\nls\npwd\n```\n"},
    {"links in preformatted text",
     "<pre>see <a href=/x>one</a>\n<b>two</b><script>x</script></pre>",
     "```\nsee one\ntwo\n```\n\n=> https://a.example/x one\n"},
    {"a listing", "<listing>one\n two</listing><xmp><b></xmp>",
     "```\none\n two\n```\n\n```\n<b>\n```\n"},
};

static const struct walk_case list_cases[] = {
    {"who said a quote",
     "<blockquote><div><cite>Jim wrote:</cite>It dies.</div></blockquote><p>a<blockquote>Go on."
     "<cite>Sue</cite></blockquote><p>b<blockquote>As <cite>Hamlet</cite> says</blockquote>",
     "> Jim wrote:\n> It dies.\n\na\n\n> Go on.\n> Sue\n\nb\n\n> As Hamlet says\n"},
    {"bullets", "<p>a<ul><li>One<li><p>two<p>three</li></ul>b", "a\n\n* One\n* two\nthree\n\nb\n"},
    {"nested", "<ul><li>one<ul><li>two<ul><li>three</ul></ul><li>four</ul>",
     "* one\n* – two\n* – – three\n* four\n"},
    {"a list beside its item", "<ul><li>one</li><ul><li>two</li></ul></ul>", "* one\n* – two\n"},
    {"ordered", "<ol><li>one<li>two</ol>", "1. one\n2. two\n"},
    {"ordered from a number", "<ol start=5><li>one<li value=9>two<li>three</ol>",
     "5. one\n9. two\n10. three\n"},
    {"ordered from nonsense", "<ol start=x><li value=y>one<li value=99999999999999999999>two</ol>",
     "1. one\n2. two\n"},
    {"from below nothing", "<ol start=-1><li>one<li>two<li value=0>three</ol>",
     "-1. one\n0. two\n0. three\n"},
    {"reversed", "<ol reversed><li>one<li>two</ol><p>a<ol reversed start=9><li>three<li>four</ol>",
     "2. one\n1. two\n\na\n\n9. three\n8. four\n"},
    {"letters", "<ol type=a><li>one<li>two</ol><p>x<ol type=A start=27><li>three</ol>",
     "a. one\nb. two\n\nx\n\nAA. three\n"},
    {"Roman", "<ol type=i start=4><li>one</ol><p>x<ol type=I start=9><li>two</ol>",
     "iv. one\n\nx\n\nIX. two\n"},
    {"ordered in bullets", "<ul><li>one<ol type=a><li>two</ol></ul>", "* one\n* – a. two\n"},
    {"bullets in ordered", "<ol><li>one<ul><li>two</ul><li>three</ol>",
     "1. one\n* – two\n2. three\n"},
    {"code in a list", "<ul><li>one<pre>x\ny</pre>two<li>three</ul>",
     "* one\n```\nx\ny\n```\ntwo\n* three\n"},
    {"code alone in a numbered list", "<ol><li><pre>x</pre><li><pre>y</pre></ol>",
     "1.\n```\nx\n```\n2.\n```\ny\n```\n"},
    {"a quote in a list", "<ul><li>one<blockquote>two</blockquote><li>three</ul>",
     "* one\n> two\n* three\n"},
    {"headings in a list", "<ul><li><h3>one</h3>two</ul>", "* one\ntwo\n"},
    {"line ends in a list", "<ul><li>one<br>two</ul>", "* one\ntwo\n"},
    {"terms", "<dl><dt>One<dd>two<dd>three<div><dt>four<dd></div><dt>five</dl>",
     "One\n* two\n* three\nfour\nfive\n"},
    {"a menu", "<menu><li>one</menu>", "* one\n"},
};

static const struct walk_case link_cases[] = {
    {"behind the paragraph", "<p>See <a href=d>one</a> and <a href=\"/e\">two</a>.<p>three",
     "See one and two.\n\n=> https://a.example/b/d one\n=> https://a.example/e two\n\nthree\n"},
    {"alone", "<p>a<p><a href=d><b>one</b></a><p>b", "a\n\n=> https://a.example/b/d one\n\nb\n"},
    {"behind the list", "<ul><li>see <a href=d>one</a><li>two</ul><p>b",
     "* see one\n* two\n\n=> https://a.example/b/d one\n\nb\n"},
    {"a list of them", "<ul><li><a href=d>one</a><li> <a href=e>two</a> </ul>",
     "=> https://a.example/b/d one\n=> https://a.example/b/e two\n"},
    {"behind the quote", "<blockquote><p>see <a href=d>one</a><p>two</blockquote>",
     "> see one\n>\n> two\n\n=> https://a.example/b/d one\n"},
    {"around blocks", "<p>a</p><a href=d><h2>One</h2><p>two</p></a><p>three",
     "a\n\n## One\n\ntwo\n\n=> https://a.example/b/d One\n\nthree\n"},
    {"each URL once", "<p><a href=d>one</a> <a href=d>two</a>",
     "one two\n\n=> https://a.example/b/d one\n"},
    {"that lead nowhere",
     "<p><a href=#x>one</a> <a href=javascript:x>two</a> <a name=y>three</a> <a href=d></a>",
     "one two three\n"},
    {"other schemes",
     "<p>to <a href=mailto:me@a.example>one</a> <a href=gemini://b.example/>two</a>",
     "to one two\n\n=> mailto:me@a.example one\n=> gemini://b.example/ two\n"},
    {"in running text", "<p>See https://b.example/d, too.",
     "See https://b.example/d, too.\n\n=> https://b.example/d\n"},
};

static const struct walk_case picture_cases[] = {
    {"with a description", "<p>one <img src=p.png alt=\"A boat\"> two",
     "one two\n\n=> https://a.example/b/p.png Image: A boat\n"},
    {"without one", "<p>one<img src=/q/p.png>",
     "one\n\n=> https://a.example/q/p.png Image: p.png\n"},
    {"called by its title", "<p>one<img src=p.png title=\"A boat\">",
     "one\n\n=> https://a.example/b/p.png Image: A boat\n"},
    {"for a sign or a formula in a line",
     "<p>Good <img class=wp-smiley src=s.png alt=\"☺\" width=16> and <img alt=\"x^2\" "
     "class=mwe-math-fallback-image-inline src=x.svg>.",
     "Good ☺ and x^2.\n"},
    {"on a page for phones",
     "<p>one</p><amp-img src=p.png alt=\"A boat\"><noscript><img src=p.png alt=\"A boat\">"
     "</noscript></amp-img><p>two",
     "one\n\n=> https://a.example/b/p.png Image: A boat\n\ntwo\n"},
    {"for show", "<p>one<img src=p.png alt=\"\">", "one\n"},
    {"too small", "<p>one<img src=p.png width=1 height=1 alt=x><img src=q.png width=100% alt=y>",
     "one\n\n=> https://a.example/b/q.png Image: y\n"},
    {"lazy",
     "<p>one<img src=\"data:image/gif;base64,R0lGOD\" data-src=p.png alt=A><img "
     "data-lazy-src=q.png alt=B>"
     "<img data-srcset=\"r.png 2x, s.png\" alt=C>",
     "one\n\n=> https://a.example/b/p.png Image: A\n=> https://a.example/b/q.png Image: B\n=> "
     "https://a.example/b/r.png Image: C\n"},
    {"of many sizes", "<p>one<img srcset=\"p.png 1x, q.png 2x\" alt=A>",
     "one\n\n=> https://a.example/b/p.png Image: A\n"},
    {"a picture", "<p>one<picture><source srcset=q.webp><img src=p.png alt=A></picture>",
     "one\n\n=> https://a.example/b/p.png Image: A\n"},
    {"again for who has no scripts",
     "<p>one<img data-src=p.png alt=A><noscript><img src=p.png alt=A></noscript>",
     "one\n\n=> https://a.example/b/p.png Image: A\n"},
    {"a figure", "<figure><img src=p.png alt=A><figcaption>A boat.</figcaption></figure><p>b",
     "=> https://a.example/b/p.png Image: A\n\nA boat.\n\nb\n"},
    {"a figure whose caption tells",
     "<figure><div><img src=p.png></div><figcaption>A boat, by <a "
     "href=/x>B</a>.</figcaption></figure><p>b",
     "=> https://a.example/b/p.png Image: A boat, by B.\n\n=> https://a.example/x B\n\nb\n"},
    {"a quote as a figure",
     "<figure><blockquote>One</blockquote><figcaption>Two</figcaption></figure>", "> One\n\nTwo\n"},
    {"in a link", "<p>one <a href=d><img src=p.png alt=A></a>",
     "one\n\n=> https://a.example/b/d Image: A\n"},
    {"without a name in a link",
     "<p>one <a href=d><img src=p.png></a> <a href=e><img src=q.png alt=\"\"></a>",
     "one\n\n=> https://a.example/b/d d\n=> https://a.example/b/e e\n"},
    {"in a link with text", "<p>one <a href=d><img src=p.png alt=A> two</a>",
     "one two\n\n=> https://a.example/b/d two\n"},
    {"in data", "<p>one<img src=\"data:x\" alt=A><img src=\"data:x\">", "one\n\nImage: A\n"},
    {"a film",
     "<p>one</p><video src=v.mp4 title=\"A film\">no film</video><video><source src=w.mp4>no "
     "film</video><p>b",
     "one\n\n=> https://a.example/b/v.mp4 A film\n=> https://a.example/b/w.mp4 w.mp4\n\nb\n"},
    {"another page in it",
     "<p>one<iframe src=//b.example/v aria-label=V></iframe><iframe></iframe><audio "
     "src=s.ogg></audio><embed src=e.mp3>",
     "one\n\n=> https://b.example/v V\n=> https://a.example/b/s.ogg s.ogg\n=> "
     "https://a.example/b/e.mp3 e.mp3\n"},
};

static const struct walk_case table_cases[] = {
    {"data", "<table><tr><th>a<th>b<tr><td>c<td>10<tr><td>d<td>2</table><p>e",
     "```\na  b\n-  --\nc  10\nd   2\n```\n\ne\n"},
    {"its caption",
     "<table><caption>The <a href=/x>fleet</a></caption><tr><td>c<td>d<tr><td>e<td>f</table>",
     "```The fleet\nc  d\ne  f\n```\n\n=> https://a.example/x fleet\n"},
    {"the caption of its figure",
     "<figure><table><tr><td>c<td>d<tr><td>e<td>f</table><figcaption>One</figcaption></figure><p>a",
     "```One\nc  d\ne  f\n```\n\na\n"},
    {"both",
     "<figure><table><caption>T</caption><tr><td>c<td>d<tr><td>e<td>f</table><figcaption>One</"
     "figcaption></figure><p>a",
     "```T\nc  d\ne  f\n```\n\nOne\n\na\n"},
    {"what is in cells",
     "<table><tr><td><p>a</p>b<td><code>c</code><br>d<tr><td><div>e</div><div>f</div><td><a "
     "href=/x>g</a><img src=p.png alt=h></table>",
     "```\na  `c`\nb  d\ne  g\nf\n```\n\n=> https://a.example/x g\n=> https://a.example/b/p.png "
     "Image: h\n"},
    {"cells over several rows",
     "<table><tr><th>a<th>b<th>c<tbody><tr><td rowspan=2>d<td>e<td rowspan=9>f<tr><td>g<tr><td>h"
     "<td>i<tbody><tr><td>j<td>k<td>l</table>",
     "```\na  b  c\n-  -  -\nd  e  f\n   g\nh  i\nj  k  l\n```\n"},
    {"what is hidden in it", "<table><tr><td>a<script>x</script><td>b<tr><td>c<td>d</table>",
     "```\na  b\nc  d\n```\n"},
    {"layout: one column", "<table><tr><td>one<tr><td>two</table>", "one\n\ntwo\n"},
    {"layout: one row", "<table><tr><td>one<td>two</table>", "one\n\ntwo\n"},
    {"layout: it says so", "<table role=presentation><tr><td>a<td>b<tr><td>c<td>d</table>",
     "a\n\nb\n\nc\n\nd\n"},
    {"layout: lists in it", "<table><tr><td>a<td><ul><li>b</ul><tr><td>c<td>d</table>",
     "a\n\n* b\n\nc\n\nd\n"},
    {"layout: paragraphs in it", "<table><tr><td><p>a<p>b<td>c<tr><td>d<td>e</table>",
     "a\n\nb\n\nc\n\nd\n\ne\n"},
    {"layout: a table of data in it",
     "<table><tr><td><table><tr><td>a<td>b<tr><td>c<td>d</table><td>e<tr><td>f<td>g</table>",
     "```\na  b\nc  d\n```\n\ne\n\nf\n\ng\n"},
    {"a program with its lines numbered",
     "<table><tr><td class=linenos><pre>1\n2</pre><td class=code><pre>a\nb</pre></table><pre><code>"
     "<table><tr><td class='rouge-gutter "
     "gl'><pre>1\n2</pre></td><td><pre>c\nd</pre></table></code>",
     "```\na\nb\n```\n\n```\nc\nd\n```\n"},
    {"in a list", "<ul><li>one<table><tr><td>a<td>b<tr><td>c<td>d</table><li>two</ul>",
     "* one\n```\na  b\nc  d\n```\n* two\n"},
};

static void a_base_of_its_own(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"<base href=\"/d/\">", "https://a.example/b/c", "=> https://a.example/d/e one\n"},
        {"<base href=\"https://f.example/g/\">", NULL, "=> https://f.example/g/e one\n"},
        {"<base target=x><base href=\"/d/\"><base href=\"/h/\">", "https://a.example/b/c",
         "=> https://a.example/d/e one\n"},
        {"<base href=\"javascript:x\">", "https://a.example/b/c", "=> https://a.example/b/e one\n"},
        {"<base href=\"/d/\">", NULL, "one\n"},
        {"", NULL, "one\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf page;
        struct buf expected;
        buf_init(&page, CAP);
        buf_init(&expected, CAP);
        buf_putf(&page,
                 "<!doctype html><head>%s<title>T</title></head><body><article><h1>T</h1>"
                 "<p>Text.<p><a href=e>one</a></article>",
                 cases[i][0]);
        buf_putf(&expected, "# T\n\nText.\n\n%s", cases[i][2]);
        check(buf_span(&page), cases[i][1], buf_str(&expected));
        buf_fini(&page);
        buf_fini(&expected);
    }
}

static void a_heading_that_says_the_title_goes(void **state)
{
    (void)state;
    struct document doc;
    struct buf out;
    struct error e;
    document_init(&doc, CAP);
    buf_init(&out, CAP);
    doc.title = SPAN("It’s a title");
    assert_status(html_read(SPAN("<article><h1>It's a <b>TITLE</b></h1><p>one</p><h1>Other</h1>"),
                            (struct span){NULL, 0}, &doc, &e),
                  ST_OK, &e);
    put_page(&doc, &out);
    assert_string_equal(buf_str(&out), "# It’s a title\n\none\n\n## Other\n");
    buf_fini(&out);
    document_fini(&doc);
}

static void refuses_what_holds_no_text(void **state)
{
    (void)state;
    static const char *const pages[] = {"", "<p>", "<script>x</script>", "<!-- a -->",
                                        "<h1> </h1>"};
    for (size_t i = 0; i < COUNT(pages); i++) {
        struct document doc;
        struct error e;
        document_init(&doc, CAP);
        assert_status(html_read(span_of(pages[i]), (struct span){NULL, 0}, &doc, &e), ST_FORMAT,
                      &e);
        assert_string_equal(e.message, "no text");
        document_fini(&doc);
    }
}

static void refuses_what_is_too_large(void **state)
{
    (void)state;
    struct document doc;
    struct error e;
    struct buf page;
    document_init(&doc, CAP);
    buf_init(&page, CAP);
    buf_puts(&page, "<p>");
    while (page.n <= HTML_MAX)
        buf_puts(&page, "a long text ");
    assert_status(html_read(buf_span(&page), (struct span){NULL, 0}, &doc, &e), ST_LIMIT, &e);
    assert_string_equal(e.message, "more than 2097152 bytes of HTML");
    buf_fini(&page);
    document_fini(&doc);
}

/* Links that a long base makes of short ones end the reading before they fill the memory. */
static void refuses_what_becomes_too_large(void **state)
{
    (void)state;
    struct document doc;
    struct error e;
    struct buf page;
    document_init(&doc, (size_t)128 * 1024 * 1024);
    buf_init(&page, CAP);
    buf_puts(&page, "<base href=\"https://a.example/");
    for (int i = 0; i < 400; i++)
        buf_puts(&page, "0123456789");
    buf_puts(&page, "/\"><article><p>Text.");
    for (int i = 0; i < 5000; i++)
        buf_putf(&page, "<p>See <a href=%d>b</a>.", i);
    assert_status(html_read(buf_span(&page), (struct span){NULL, 0}, &doc, &e), ST_LIMIT, &e);
    assert_string_equal(e.message, "page too large");
    buf_fini(&page);
    document_fini(&doc);
}

static void reads_fragments(void **state)
{
    (void)state;
    struct document doc;
    struct flow f;
    struct buf out;
    struct error e;
    document_init(&doc, CAP);
    buf_init(&out, CAP);
    flow_init(&f, &doc, (struct span){NULL, 0}, LINK_RELATIVE_KEEP);
    flow_text(&f, SPAN("one"));
    flow_end(&f);
    assert_status(
        html_read_fragment(SPAN("<ul><li><a href=x.md>two</a> and <nav>three</nav></ul>"), &f, &e),
        ST_OK, &e);
    assert_status(html_read_fragment(SPAN("</div>"), &f, &e), ST_OK, &e);
    assert_status(html_read_fragment(SPAN(""), &f, &e), ST_OK, &e);
    flow_text(&f, SPAN("four"));
    flow_fini(&f);
    put_page(&doc, &out);
    assert_string_equal(buf_str(&out), "one\n\n* two and\nthree\n\n=> x.gmi two\n\nfour\n");
    buf_fini(&out);
    document_fini(&doc);
}

/* A line of another format: its tags, parted from its text by '|'. */
static void reads_tags_of_a_line(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"<b>|one|</b>| two", "one two\n"},
        {"<a href=/x>|one|</a>| two", "one two\n\n=> /x one\n"},
        {"<a href=/x>|one", "=> /x one\n"},
        {"x|<sup>|2|</sup>|<BR/>|y", "x²\ny\n"},
        {"<code>|one|<b>| two|</code>| three|</b>", "`one two` three\n"},
        {"<script>|one|<b>|two|</b>|three|</script>|four", "four\n"},
        {"漢|<rp>|(|</rp>|<rt>|kan|</rt>", "漢(kan)\n"},
        {"one|</b>|<!-- x -->|<?y?>|<3>| two", "one two\n"},
        {"one|<img src=p.png alt=P>|<video src=v.mp4 title=V>|</video>|<source src=w.mp4>",
         "one\n\n=> p.png Image: P\n=> v.mp4 V\n=> w.mp4\n"},
        {"<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|"
         "<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<s>|<script>|one|</script>|<br>|two",
         "~~~~~~~~~~~~~~~~two~~~~~~~~~~~~~~~~\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct document doc;
        struct flow f;
        struct buf out;
        struct error e;
        document_init(&doc, CAP);
        buf_init(&out, CAP);
        flow_init(&f, &doc, (struct span){NULL, 0}, LINK_RELATIVE_KEEP);
        struct html_line *line = html_line_new(&f);
        assert_non_null(line);
        for (struct span rest = span_of(cases[i][0]); rest.n > 0;) {
            size_t end = span_find(rest, 0, '|');
            struct span part = span_sub(rest, 0, end);
            rest = span_sub(rest, end + 1, rest.n);
            if (span_starts(part, SPAN("<")))
                assert_status(html_line_tag(line, part, &e), ST_OK, &e);
            else if (!html_line_is_hidden(line))
                flow_text(&f, part);
        }
        html_line_free(line);
        flow_fini(&f);
        put_page(&doc, &out);
        assert_string_equal(buf_str(&out), cases[i][1]);
        buf_fini(&out);
        document_fini(&doc);
    }
}

static void decodes_references(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"&amp;", "&"},         {"&eacute;", "é"},        {"&#8364;", "€"},
        {"&#x20ac;", "€"},      {"&nope;", "&nope;"},     {"&#0;", "\ufffd"},
        {"&#xd800;", "\ufffd"}, {"&NotEqualTilde;", "≂̸"}, {"", ""},
        {"a &lt; b", "a < b"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out;
        buf_init(&out, 64);
        entity_decode(span_of(cases[i][0]), &out);
        assert_string_equal(buf_str(&out), cases[i][1]);
        buf_fini(&out);
    }
}

int main(void)
{
    struct suite suite = {0};
    SUITE_ROWS(&suite, reads, text_cases);
    SUITE_ROWS(&suite, reads, block_cases);
    SUITE_ROWS(&suite, reads, list_cases);
    SUITE_ROWS(&suite, reads, link_cases);
    SUITE_ROWS(&suite, reads, picture_cases);
    SUITE_ROWS(&suite, reads, table_cases);
    SUITE_TEST(&suite, a_base_of_its_own);
    SUITE_TEST(&suite, a_heading_that_says_the_title_goes);
    SUITE_TEST(&suite, refuses_what_holds_no_text);
    SUITE_TEST(&suite, refuses_what_is_too_large);
    SUITE_TEST(&suite, refuses_what_becomes_too_large);
    SUITE_TEST(&suite, reads_fragments);
    SUITE_TEST(&suite, reads_tags_of_a_line);
    SUITE_TEST(&suite, decodes_references);
    return suite_run(&suite, "walk");
}
