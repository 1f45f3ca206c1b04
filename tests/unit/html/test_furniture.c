#include "html/furniture.h"

#include "page.h"

struct row {
    const char *name, *html;
    bool yes;
};

static const struct row hidden[] = {
    {"a script is hidden", "<script data-x>var a</script>", true},
    {"a style is hidden", "<style data-x>p {}</style>", true},
    {"a template is hidden", "<template data-x><p>Text</p></template>", true},
    {"a noscript is hidden", "<noscript data-x><img src=a></noscript>", true},
    {"a title is hidden", "<title data-x>Text</title>", true},
    {"a text field is hidden", "<input data-x value=a>", true},
    {"a choice is hidden", "<select data-x><option>One</select>", true},
    {"a button is hidden", "<p>Text <button data-x>More</button>", true},
    {"a button that is a heading is not", "<h3><button data-x>Why?</button></h3>", false},
    {"what is for paper is hidden", "<p data-x class='note print-only'>Printed from", true},
    {"the attribute hides", "<p data-x hidden>Text", true},
    {"aria-hidden hides", "<span data-x aria-hidden=TRUE>#</span>", true},
    {"aria-hidden=false does not", "<span data-x aria-hidden=false>#</span>", false},
    {"a page behind a dialog is not hidden", "<div data-x aria-hidden=true>" PROSE "</div>", false},
    {"a style of none hides", "<p data-x style='color:red; DISPLAY : None !important;x'>Text",
     true},
    {"an invisible style hides", "<p data-x style='visibility:hidden'>Text", true},
    {"another style does not", "<p data-x style='display:block;--display:none'>Text", false},
    {"an unreadable style does not", "<p data-x style=';;:;none;display:'>Text", false},
    {"text for screen readers is hidden", "<p data-x class='a sr-only'>Text", true},
    {"so it is in WordPress", "<p data-x class=screen-reader-text>Text", true},
    {"a class that begins like it is not", "<p data-x class=sr-only-focusable>Text", false},
    {"an icon is hidden", "<svg data-x><title>Share</title><path d=M0/></svg>", true},
    {"a drawing with text is not", "<svg data-x><text>North</text></svg>", false},
    {"an empty canvas is hidden", "<canvas data-x></canvas>", true},
    {"an object with text is not", "<object data-x><p>The film as text.</p></object>", false},
    {"a closed dialog is hidden", "<dialog data-x><p>Text</p></dialog>", true},
    {"an open dialog is not", "<dialog data-x open><p>Text</p></dialog>", false},
    {"the body never is", "<body data-x style='visibility:hidden' hidden>Text", false},
    {"a paragraph is not", "<p data-x>Text", false},
};

#define LINKS                                                                       \
    "<ul><li><a href=/1>The first other story of the day</a><li><a href=/2>Another" \
    " story</a><li><a href=/3>And one more</a></ul>"
#define EXCERPTS "<h3><a href=/1>First</a></h3>" PROSE_1 "<h3><a href=/2>Second</a></h3>" PROSE_2

static const struct row furniture[] = {
    {"nav goes", "<nav data-x>" LINKS "</nav>", true},
    {"a nav that nobody closed stays", "<nav data-x>" LINKS PROSE "</nav>", false},
    {"role=navigation goes", "<div role=navigation data-x>" LINKS "</div>", true},
    {"role=search goes", "<div role=search data-x>Search</div>", true},
    {"role=dialog goes", PROSE "<div role=dialog data-x><p>Welcome!</div>", true},
    {"a footer goes", PROSE "<footer data-x>© 2020 The Daily</footer>", true},
    {"a quote's footer stays",
     "<blockquote>To be<footer data-x>W. Shakespeare</footer></blockquote>", false},
    {"a footer with a citation stays",
     "<article>" PROSE "<footer data-x><cite>The Daily, p. 3</cite></footer></article>", false},
    {"a footer with notes stays",
     "<article>" PROSE "<footer data-x class=footnotes><p>1. See there.</footer></article>", false},
    {"the site's header goes",
     "<body><header data-x><a href=/>The Daily</a> since 1900</header>" PROSE, true},
    {"the site's header goes with its name in h1",
     "<body><header data-x><h1>The Daily</h1><nav>" LINKS "</nav></header>" PROSE, true},
    {"an article's header stays",
     "<article><header data-x><h1>Flood</h1></header>" PROSE "</article>", false},
    {"a page's header with its title stays",
     "<body><header data-x><h1>Flood</h1><p>2020</header>" PROSE, false},
    {"a sidebar goes", "<body><div>" PROSE "</div><aside data-x><p>About me: I write.</aside>",
     true},
    {"a quote pulled out stays",
     "<div>" PROSE_1 "<aside data-x>“Nobody noticed.”</aside>" PROSE_2 "</div>", false},
    {"a box in an article stays", "<article><aside data-x>" PROSE "</aside></article>", false},
    {"related links in an aside go", "<article>" PROSE_1 "<aside data-x>" LINKS "</aside>", true},
    {"an aside that is a prompt goes",
     "<article>" PROSE_1 "<aside data-x class=newsletter><p>Our letter.</aside>", true},
    {"a form goes", PROSE "<form data-x>Your name <input> is never shown</form>", true},
    {"a page in a form stays", "<body><form data-x><div>" PROSE "</div></form>", false},
    {"a short page in a form stays", "<body><form data-x><p>One sentence.</form>", false},
    {"a share bar goes", "<div data-x class=share-bar><a href=/f>F</a> Share this</div>", true},
    {"camels are words", "<div data-x class=articleShareBar>Share this</div>", true},
    {"a maker's mark changes nothing", "<div data-x class=td_share>Share this</div>", true},
    {"a service goes", "<div data-x class='a2a_kit addtoany_list'>Share</div>", true},
    {"a custom element goes", "<p>a<amp-ad data-x><div>Buy!</div></amp-ad>", true},
    {"comments go however long", PROSE "<div data-x id=comments>" PROSE PROSE "</div>", true},
    {"comments alone stay", "<body><div data-x id=comments>" PROSE PROSE "</div>", false},
    {"a cookie note goes", "<div data-x class=cookie-banner>" PROSE "</div><p>x" PROSE, true},
    {"a letter's prompt goes",
     "<div data-x class=newsletter-signup><p>Read our letter, every morning.</div>", true},
    {"a prompt for payers goes", "<div data-x class=paywall-prompt><p>Subscribe now.</div>", true},
    {"what is behind a paywall stays", "<div data-x class=paywall><p>The dam broke.</div>", false},
    {"related stories go", "<div data-x class='related-stories'>" EXCERPTS "</div>", true},
    {"recommended stories go", "<section data-x class=recommended>" LINKS "</section>", true},
    {"tags go", "<ul data-x class=post-tags><li><a href=/t>flood</a></ul>", true},
    {"breadcrumbs go", "<div data-x class=breadcrumb><a href=/>Home</a> › Flood</div>", true},
    {"pages go", "<div data-x class=pagination>1 <a href=2>2</a></div>", true},
    {"an advertisement goes", "<div data-x class=ad-slot><img src=a></div>", true},
    {"an id tells", "<div data-x id=div-gpt-ad-1234>Buy</div>", true},
    {"the author's life goes", "<div data-x class=author-bio><p>Ann writes.</div>", true},
    {"a list of contents goes", "<div data-x id=toc>Contents" LINKS "</div>", true},
    {"a link to edit goes",
     "<h2>Flood<span data-x class=mw-editsection>[<a href=e>edit</a>]</span></h2>", true},
    {"a label goes", "<p data-x>Advertisement</p>", true},
    {"a prompt goes", "<div data-x><p>No time to read?<br><a href=s>Get a summary</a></div>", true},
    {"a prompt within a line stays",
     "<body><p>Text<a data-x href=s>No time to read? Get a summary</a><p>Text", false},
    {"a prompt that is a link alone goes",
     "<body><div>Text</div><a data-x href=s>No time to read? Get a summary</a><div>a</div>", true},
    {"what lies in a sentence stays", "<p>The word <i data-x>Advertisement</i> is long.", false},
    {"an item stays", "<ul><li data-x>Advertisement</ul>", false},
    {"a heading stays", "<h2 data-x class=related>Related</h2>", false},
    {"an article stays", "<article data-x class='post related-topic'><p>Text</article>", false},
    {"a body stays", "<body data-x class='has-sidebar ads-enabled'><p>Text", false},
    {"the main element stays", "<main data-x id=content-with-sidebar><p>Text</main>", false},
    {"an article's body stays", "<div data-x class='entry-content share'><p>Text</div>", false},
    {"a layout stays", "<div data-x class='row with-sidebar comments-open'><p>Text</div>", false},
    {"a category stays", "<div data-x class='category-cookies tag-share'><p>Text</div>", false},
    {"shared is not share", "<div data-x class=shared-history><p>Text</div>", false},
    {"adsorption is not ads", "<div data-x class=adsorption><p>Text</div>", false},
    {"a thread stays", "<div data-x class=thread><p>Text</div>", false},
    {"a share of the market stays", "<div data-x class=market-share><p>12 %</div>", false},
    {"a chapter stays", "<section data-x id=related-work>" PROSE_1 "</section>", false},
    {"a chapter of prose stays", "<section data-x id=ad-hoc-networks>" PROSE_1 "</section>", false},
    {"a page with a bad name stays", "<div data-x class=promo>" PROSE "</div>", false},
    {"a title with a bad name stays", "<div data-x class=promo><h1>Flood</h1></div>", false},
    {"sources stay", "<div data-x class='sources related'>" LINKS "</div>", false},
    {"references stay", "<ol data-x class=references><li><a href=a>A. Author, 1900</a></ol>",
     false},
    {"a widget of text stays", "<div data-x class='widget'><p>Text.</div>", false},
    {"a widget of links goes", "<div data-x class='widget'>" LINKS "</div>", true},
    {"a comment in code stays", "<pre><span data-x class=comment># a</span> b</pre>", false},
    {"a line of comment in code stays", "<pre>\n<span data-x class=comment># a</span>\n</pre>",
     false},
    {"a target of links stays", "<h2><a data-x id=comments>2.3 Comments</a></h2>", false},
    {"a paragraph stays", "<p data-x>Text", false},
};

static const struct row bylines[] = {
    {"a byline", "<p data-x class=byline>By Ann Author", true},
    {"a name within another", "<p data-x class=c-article__byline>By Ann Author", true},
    {"meta", "<div data-x class=entry-meta>3 May 2020 <a href=/a>Ann</a> | Floods</div>", true},
    {"a time", "<p><time data-x>3 May 2020</time>", true},
    {"an author", "<p>By <a data-x rel='author me' href=/a>Ann</a>", true},
    {"an author by itemprop", "<span data-x itemprop=author>Ann Author</span>", true},
    {"a date by itemprop", "<span data-x itemprop=datePublished>3 May</span>", true},
    {"Chinese", "<p data-x class=byline>作者：王小明 2020年5月3日", true},
    {"no name", "<p data-x>By Ann Author", false},
    {"another name", "<p data-x class=authority>By Ann Author", false},
    {"no byline: a heading", "<h2 data-x class=author>Ann Author</h2>", false},
    {"no byline: prose", "<div data-x class=author>" PROSE "</div>", false},
    {"no byline: a sentence",
     "<p data-x class=author>Ann went down to the river in the morning and saw that the old dam "
     "had gone away.",
     false},
    {"no byline: a Chinese sentence",
     "<p data-x class=author>那天早上她走到河边，看见老水坝已经不在那里了，村里没有一个人知道。",
     false},
};

static void judges(const char *html, bool (*judge)(const GumboNode *), bool yes)
{
    GumboOutput *page = page_parse(html);
    const GumboNode *node = page_marked(page->root);
    assert_non_null(node);
    bool is = judge(node);
    page_free(page);
    assert_int_equal(is, yes);
}

static void judges_hidden(void **state)
{
    const struct row *row = *state;
    judges(row->html, furniture_is_hidden, row->yes);
}

static void judges_furniture(void **state)
{
    const struct row *row = *state;
    judges(row->html, furniture_is, row->yes);
}

static void judges_bylines(void **state)
{
    const struct row *row = *state;
    judges(row->html, furniture_is_byline, row->yes);
}

/* What no page has, but an enemy's: names and nesting without end.  Ends in time. */
static void bears_hostile_pages(void **state)
{
    (void)state;
    struct buf html;
    buf_init(&html, TEXT_MAX);
    for (size_t i = 0; i < 400; i++)
        buf_puts(&html, "<div class=ads style=';;;' id=-_->");
    buf_puts(&html, "<div data-x class='");
    for (size_t i = 0; i < 50000; i++)
        buf_puts(&html, "aB-");
    buf_puts(&html, "'>");
    for (size_t i = 0; i < 50000; i++)
        buf_puts(&html, "<p class=ads>");
    assert_int_equal(buf_status(&html), ST_OK);
    GumboOutput *page = page_parse(buf_str(&html));
    size_t kept = 0;
    for (const GumboNode *node = page->root; node != NULL; node = tree_next(page->root, node, true))
        kept += !furniture_is_hidden(node) && !furniture_is(node) && !furniture_is_byline(node);
    page_free(page);
    buf_fini(&html);
    assert_true(kept > 400);
}

int main(void)
{
    static struct suite s;
    SUITE_ROWS(&s, judges_hidden, hidden);
    SUITE_ROWS(&s, judges_furniture, furniture);
    SUITE_ROWS(&s, judges_bylines, bylines);
    SUITE_TEST(&s, bears_hostile_pages);
    return suite_run(&s, "html/furniture");
}
