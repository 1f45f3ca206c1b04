#include "html/main_text.h"

#include "html/furniture.h"
#include "page.h"

#define MUST_MAX 6

struct row {
    const char *name, *html;
    const char *with[MUST_MAX];    /* in the main text, furniture left out */
    const char *without[MUST_MAX]; /* not in it */
};

#define TOP                                                                                 \
    "<!doctype html><html lang=en><head><title>Flood - The Daily</title><style>p{}</style>" \
    "</head>"
#define MENU                                                                                  \
    "<ul class=menu><li><a href=/>Home</a><li><a href=/news>News</a><li><a href=/sport>Sport" \
    "</a><li><a href=/a>About the Daily and its people</a></ul>"
#define COOKIES                                                                                   \
    "<div id=cookie-consent><p>We and our 742 partners store cookies on your device, read them, " \
    "and keep what they say, so that we can show you what you may want to buy one day.</p>"       \
    "<button>Accept</button></div>"
#define TEASER(n)                                                    \
    "<h3><a href=/" n ">Story " n " of the day</a></h3><p>Teaser " n \
    ": what the council said about it, and why nobody is at all surprised this time.</p>"

static const char wordpress[] = TOP
    "<body class='post-template-default single single-post has-sidebar'><div id=page class=site>"
    "<a class='skip-link screen-reader-text' href=#content>Skip to content</a>"
    "<header id=masthead class=site-header><h1 class=site-title>My Blog</h1><nav>" MENU
    "</nav></header><div id=content class=site-content><div id=primary><main id=main>"
    "<article id=post-12 class='post-12 post type-post category-share tag-ads hentry'>"
    "<header class=entry-header><h1 class=entry-title>Flood</h1><div class=entry-meta>3 May"
    "</div></header><div class=entry-content>" PROSE "<h2>After</h2><p>It dried.</p>"
    "<div class='sharedaddy sd-sharing-enabled'><h3>Share this:</h3><a href=f>Facebook</a></div>"
    "<div id=jp-relatedposts class=jp-relatedposts><h3>Related</h3>" TEASER(
        "1") "</div></div>"
             "<footer class=entry-footer>Posted in <a href=c>News</a></footer></article>"
             "<nav class=post-navigation><a href=p>Previous: Drought</a></nav>"
             "<div id=comments class=comments-area><h2>2 thoughts</h2><ol class=comment-list><li>"
             "<article class=comment-body><p>Commenter one says that this was all known before, "
             "and that "
             "nobody listened, as usual.</p></article></ol><div id=respond><form><p>Leave a "
             "reply</p>"
             "<textarea></textarea></form></div></div></main></div><aside id=secondary "
             "class=widget-area>"
             "<section class=widget><h2>Archives</h2>" MENU "</section></aside></div>"
             "<footer id=colophon>Proudly powered</footer></div></body>";

static const char newspaper[] = TOP
    "<body>" COOKIES "<div class=PageWrapper><div class=TopNav>" MENU "</div>"
    "<div class=StoryGrid><div class=Col8><div class=Headline><h1>Flood</h1></div>"
    "<div class=ShareBar><a href=f>Facebook</a> <a href=t>Twitter</a></div><div class=Txt>" PROSE_1
    "<div class=ad-slot>Advertisement</div>" PROSE_2
    "<div class=RelatedBox><b>Read more</b><ul><li><a href=1>Drought years</a></ul></div>" PROSE_3
    "</div><div class=CommentSection id=comments><div><p>Reader one: I saw it come, I wrote to "
    "the paper about it, three times, and had no answer.</p><p>Reader two: nobody asks us, nobody "
    "ever did, and it will be the same the next time, you will see.</p></div></div></div>"
    "<div class=Col4><h2>Most read</h2>" TEASER("1")
        TEASER("2") "</div></div>"
                    "<div class=Footer>© The Daily 2020</div></div></body>";

static const char tables_1999[] =
    "<html><head><title>Flood</title></head><body bgcolor=white><table width=760><tr>"
    "<td colspan=2><font size=5><b>The Daily</b></font><td><a href=ad>Banner</a></tr><tr>"
    "<td width=150 valign=top><a href=a>News</a><br><a href=b>Sport</a><br><a href=c>Arts</a><br>"
    "<a href=d>Letters to the editor</a></td><td valign=top><font face=Arial><b>Flood</b><br><br>"
    "The river rose in the night, slowly at first, and nobody noticed until the mill stood in "
    "water.<br><br>By noon the <i>road</i> was gone, the bridge with it, and all carried what "
    "they could.<br><br>It took eleven days for the water to fall, and longer to say why.</font>"
    "</td><td width=120><a href=x>Buy a car</a><br><a href=y>Sell a car</a></td></tr><tr>"
    "<td colspan=3><a href=z>Home</a> | <a href=m>Mail the webmaster of this site</a></tr></table>";

static const char table_rows[] =
    "<table><tr><td>The river rose in the night, slowly at first, and nobody noticed it.</td></tr>"
    "<tr><td>By noon the road was gone, the bridge with it, and all carried what they could.</td>"
    "</tr><tr><td>It took eleven days for the water to fall, and longer to say why it rose.</td>"
    "</tr></table><p><a href=home>Back to the start page of the newspaper</a>";

static const char asp_net[] =
    TOP "<body><form name=aspnetForm method=post action=Default.aspx id=aspnetForm>"
        "<input type=hidden name=__VIEWSTATE value=dDwtMTM><div id=ctl00_pnlMenu>" MENU "</div>"
        "<div id=ctl00_Search><input><input type=submit value=Go></div>"
        "<div id=ctl00_ContentPlaceHolder1_pnl><span id=ctl00_lblTitle>Flood</span>"
        "<span id=ctl00_lblBody>" PROSE "</span></div><div id=ctl00_Foot>Impressum</div></form>";

#define GRAF(text) "<div class='ab cd'><div class='ef'><div class=gh>" text "</div></div></div>"
static const char soup[] = TOP
    "<body><div id=root><div class='a b'><div class='c'><a href=/>Home page</a> <a href=/in>Sign "
    "in</a> <a href=/up>Get started</a></div><div class='d e'><div class=f>" GRAF(
        "The river rose in the night, slowly at first, and nobody in the village noticed.")
        GRAF("By noon the road was gone, the bridge with it, and all carried what they could.")
            GRAF("Then it rained, and rained, and the bells on the hill rang until the ropes "
                 "broke.") GRAF("It took eleven days for the water to fall, and longer to say "
                                "aloud why it rose.")
                GRAF("The dam, built in a hurry, had never been finished, and everybody had known "
                     "it.") "</div></div><div class=z><div><a href=1>More from the author of this "
                            "story</a></div><div>"
                            "<a href=2>Also about rivers, dams and what they "
                            "do</a></div></div></div></div>";

static const char mediawiki[] = TOP
    "<body class='mediawiki ltr sitedir-ltr ns-0'><div id=mw-page-base></div><div id=content "
    "class=mw-body role=main><h1 id=firstHeading>Flood</h1><div id=bodyContent "
    "class=mw-body-content>"
    "<div id=siteSub>From the free encyclopedia</div><div id=mw-content-text><div "
    "class=mw-parser-output><p>A <b>flood</b> is an <a href=/o>overflow</a> of water that "
    "submerges land, which is usually dry.<sup class=reference><a href=#1>[1]</a></sup></p>"
    "<div id=toc class=toc role=navigation><h2>Contents</h2><ul><li><a href=#E>1 Effects</a>"
    "</ul></div><h2><span class=mw-headline id=Effects>Effects</span><span class=mw-editsection>"
    "[<a href=e>edit</a>]</span></h2>" PROSE "<h2>See also</h2><ul><li><a href=/d>Dam</a></ul>"
    "<div class=reflist><ol class=references><li>^ A. Author, <i>Water</i>, 1900.</ol></div>"
    "<div role=navigation class=navbox>Natural disasters <a href=v>Volcano</a></div></div></div>"
    "<div id=catlinks class=catlinks>Categories: <a href=c>Floods</a></div></div></div>"
    "<div id=mw-panel><div role=navigation><h3>Tools</h3>" MENU "</div></div>"
    "<footer id=footer role=contentinfo>Text is available</footer>";

static const char teasers_first[] = TOP "<body><div class=slider><article class=card>" TEASER(
    "1") "</article><article class=card>" TEASER("2") "</article><article "
                                                      "class=card>" TEASER("3") "</"
                                                                                "article></"
                                                                                "div>"
                                                                                "<article "
                                                                                "class="
                                                                                "full><h1>"
                                                                                "Flood</"
                                                                                "h1"
                                                                                ">" PROSE PROSE "</"
                                                                                "article>";

static const char empty_article[] =
    TOP "<body><article></article><article class=teaser><p>Teaser: water.</p></article>"
        "<div class=x>" PROSE PROSE "</div>";

static const char live_blog[] = TOP
    "<body><h1>Flood, live</h1><div class=feed><article><h2>12:00</h2>" PROSE "</article>"
    "<article><h2>11:00</h2>" PROSE "</article><article><h2>10:00</h2><p>The water is still "
    "rising, we hear from the mill.</p></article><article><h2>9:00</h2>" PROSE "</article></div>";

static const char next_article[] =
    TOP "<body><article><h1>Flood</h1>" PROSE PROSE "</article><article><h1>Drought</h1><p>Another "
        "tale: it never rained, and the wells were dry.</p>" PROSE_1 PROSE_2 PROSE_3 "</article>";

static const char arabic[] =
    "<html lang=ar dir=rtl><body><div class=nav><a href=/>الرئيسية</a> <a href=/n>الأخبار</a>"
    "</div><div class=matn><p>ارتفع النهر في الليل، ببطء في البداية، ولم يلاحظ أحد في القرية ذلك "
    "حتى غمر الماء الطاحونة القديمة.</p><p>وعند الظهر اختفى الطريق، والجسر معه، وحمل الباقون ما "
    "استطاعوا إلى التل حيث كانت الأجراس تدق منذ الفجر.</p></div><div class=thayl><a href=/x>اتصل "
    "بنا عبر البريد الإلكتروني</a></div>";

static const char chinese[] =
    "<html lang=zh><body><div class=dh><a href=/>首页</a> <a href=/n>新闻中心</a> <a "
    "href=/t>体育新闻"
    "</a></div><div "
    "class=zw><p>河水在夜里上涨，起初很慢，村里没有人注意到。</p><p>到了中午道路不见了桥也"
    "不见了。</p><p>留下的人把能带的东西都带到山上的教堂去了。</p></div><div class=db><a href=/l>"
    "联系我们</a> <a href=/b>版权所有不得转载</a></div>";

static const char breaks[] =
    "<html><body><h1>Flood</h1>The river rose in the night, slowly at first, and nobody noticed "
    "until the mill stood in water.<br><br>By noon the road was gone, the bridge with it.<br><br>"
    "<i>It took</i> eleven days for the water to fall, and longer to say why.<hr><a "
    "href=/>Home</a>";

static const char chunks[] = TOP
    "<body><article><h1>Flood</h1><div class=grid><div class=body__inner-container>" PROSE_1
    "</div></div><div class=x><p>Buy our book about all the rivers of the world now!</p></div>"
    "<div class=grid><div class=body__inner-container>" PROSE_2 PROSE_3 "</div></div></article>";

static const char sections[] = TOP
    "<body><div class=menu>" MENU "</div><div class=lead><p>The river rose in the night, slowly at "
    "first, and nobody noticed it, until the mill stood in water.</p></div><h2>Noon</h2>"
    "<div class=rest>" PROSE
    "</div><p><a href=/x>All the stories about rivers that we have</a></p>";

static const char manual[] = TOP
    "<body><div class=nav><a href=/>Next chapter of the manual</a></div><div><h1>Dams</h1></div>"
    "<div class=chapter><h2>1</h2><div>" PROSE_1 PROSE_2 "</div></div><div class=chapter><h2>2</h2>"
    "<div><div>" PROSE_3 "<p>They break.</div></div></div><div class=chapter>" PROSE_1 "</div>";

static const char quote[] = TOP
    "<body><div id=a><p>She said what nobody had said before, and all of us heard it:</p>"
    "<blockquote>" PROSE "</blockquote><p>Then she left the room, and none of us moved.</p></div>"
    "<div id=b><a href=/>Home page of the newspaper</a></div>";

static const struct row rows[] = {
    {"WordPress",
     wordpress,
     {"The river rose", "After", "It dried", "never been finished"},
     {"Skip to", "My Blog", "Share this", "Teaser", "Commenter", "Archives"}},
    {"a newspaper",
     newspaper,
     {"The river rose", "By noon", "never been finished"},
     {"partners", "Facebook", "Drought years", "Reader", "Teaser", "Advertisement"}},
    {"a page of tables, 1999",
     tables_1999,
     {"The river rose", "By noon the road", "eleven days"},
     {"Sport", "Sell a car", "webmaster", "Banner"}},
    {"a paragraph a row", table_rows, {"The river rose", "By noon", "eleven days"}, {"Back to"}},
    {"a page that is a form",
     asp_net,
     {"The river rose", "By noon", "never been finished"},
     {"Sport", "Impressum"}},
    {"a soup of div",
     soup,
     {"The river rose", "By noon", "Then it rained", "eleven days", "The dam"},
     {"Get started", "Also about"}},
    {"MediaWiki",
     mediawiki,
     {"A flood", "Effects", "The river rose", "See also", "Dam", "A. Author"},
     {"edit", "Contents", "Volcano", "Categories", "Tools", "encyclopedia"}},
    {"teasers before the article", teasers_first, {"The river rose"}, {"Teaser"}},
    {"an article that is empty", empty_article, {"The river rose"}, {"Teaser"}},
    {"a live blog", live_blog, {"12:00", "11:00", "still rising", "9:00", "The river rose"}, {0}},
    {"another article behind it", next_article, {"The river rose"}, {"Another tale"}},
    {"Arabic", arabic, {"ارتفع النهر", "وعند الظهر"}, {"الرئيسية", "اتصل"}},
    {"Chinese", chinese, {"河水在夜里", "到了中午", "留下的人"}, {"首页", "联系我们"}},
    {"line breaks in the body", breaks, {"The river rose", "By noon", "It took eleven days"}, {0}},
    {"a body in pieces", chunks, {"The river rose", "By noon", "eleven days"}, {"Buy our"}},
    {"siblings",
     sections,
     {"until the mill", "Noon", "The river rose", "never been finished"},
     {"Sport", "All the stories"}},
    {"chapters", manual, {"The river", "By noon", "never been", "They break"}, {0}},
    {"a long quote", quote, {"She said", "By noon", "Then she left"}, {"Home page"}},
    {"articleBody in pieces",
     "<div><div itemprop=articleBody>" PROSE_1 "</div><p>Buy!<div itemprop=articleBody>" PROSE_2
     "<p itemprop=articleBody>Inner.</div></div>",
     {"The river rose", "By noon", "Inner."},
     {"Buy!"}},
    {"articleBody in a span",
     "<div><a href=/>Home</a><span itemprop=articleBody>" PROSE "</span>",
     {"The river rose", "never been"},
     {"Home"}},
    {"main",
     "<div>Other text of the page</div><main>" PROSE "<p>End.</main>",
     {"The river", "End."},
     {"Other"}},
    {"role=main",
     "<div>Other text of the page</div><div role=main>" PROSE "<p>End.</div>",
     {"The river", "End."},
     {"Other"}},
    {"a thread",
     "<ul class=nav><li><a href=/>Home</a><li><a href=/q>All boards</a></ul><div id=posts>"
     "<div class=post><b>Jim</b><div class=postbody>" PROSE_1 "</div></div>"
     "<div class=post><b>Sue</b><div class=postbody>" PROSE_2 "</div></div>"
     "<div class=post><b>Jim</b><div class=postbody><p>Thank you, Sue, that was what I had meant "
     "to ask."
     "</div></div></div>",
     {"The river", "Sue", "By noon", "Thank you"},
     {"All boards"}},
    {"teasers with bodies called like the article's",
     "<div class=post><h2>Flood</h2><div class=post-content>" PROSE_1 PROSE_2 "</div></div><div>"
     "<div><h3><a href=/1>One</a></h3><div class=post-content><p>A teaser of a story, which says "
     "what the council did.</div></div><div><h3><a href=/2>Two</a></h3><div class=post-content>"
     "<p>A teaser of a story, which says why the council did it.</div></div><div><h3><a href=/3>"
     "Three</a></h3><div class=post-content><p>A teaser of a story, which says nothing much."
     "</div></div></div>",
     {"The river", "By noon"},
     {"teaser"}},
    {"a target that nobody closed",
     "<a name=top/><h1>Flood</h1>" PROSE "<p>See <a href=/m>the map</a>.</p><div>Printed here.",
     {"The river", "never been finished", "the map"},
     {0}},
    {"one sentence",
     "<nav><a href=/>Home</a></nav><article><p>One sentence.</p></article><p>Not this one.",
     {"One sentence."},
     {"Home", "Not this"}},
    {"one word", "word", {"word"}, {0}},
    {"a hidden page is shown", "<body style='visibility:hidden'>" PROSE, {"The river"}, {0}},
};

/* What a reader of the roots gets: their text without what is hidden and without furniture. */
static void put_main_text(const char *html, struct buf *out)
{
    struct main_text found;
    GumboOutput *page = page_parse(html);
    main_text_find(page->root, &found);
    for (size_t i = 0; i < found.count; i++) {
        for (const GumboNode *node = found.roots[i]; node != NULL;) {
            bool left_out =
                node != found.roots[i] && (furniture_is_hidden(node) || furniture_is(node));
            buf_put(out, tree_text_of(node));
            node = tree_next(found.roots[i], node, !left_out);
        }
        buf_putc(out, '\n');
    }
    page_free(page);
}

static void finds(void **state)
{
    const struct row *row = *state;
    struct buf text;
    buf_init(&text, TEXT_MAX);
    put_main_text(row->html, &text);
    for (size_t i = 0; i < MUST_MAX && row->with[i] != NULL; i++) {
        if (strstr(buf_str(&text), row->with[i]) == NULL)
            fail_at(__FILE__, __LINE__, "# no \"%s\" in: %s\n", row->with[i], buf_str(&text));
    }
    for (size_t i = 0; i < MUST_MAX && row->without[i] != NULL; i++) {
        if (strstr(buf_str(&text), row->without[i]) != NULL)
            fail_at(__FILE__, __LINE__, "# \"%s\" in: %s\n", row->without[i], buf_str(&text));
    }
    buf_fini(&text);
}

static void roots_of(const char *html, size_t count, const char *first)
{
    struct main_text found;
    GumboOutput *page = page_parse(html);
    main_text_find(page->root, &found);
    assert_int_equal(found.count, count);
    assert_string_equal(gumbo_normalized_tagname(found.roots[0]->v.element.tag), first);
    page_free(page);
}

static void answers_elements(void **state)
{
    (void)state;
    roots_of("", 1, "body");
    roots_of("<frameset><frame src=a></frameset>", 1, "html");
    roots_of("<p>Text", 1, "body");
    roots_of("<article><p>Text</article>", 1, "article");
    roots_of(chunks, 2, "div");
    roots_of(live_blog, 4, "article");
}

/* More pieces than there is room for are what holds them. */
static void bears_many_pieces(void **state)
{
    (void)state;
    struct buf html;
    buf_init(&html, TEXT_MAX);
    buf_puts(&html, "<div><section>");
    for (size_t i = 0; i < MAIN_TEXT_MAX + 1; i++)
        buf_puts(&html, "<p itemprop=articleBody>The river rose in the night.");
    roots_of(buf_str(&html), 1, "section");
    buf_fini(&html);
}

static void bears_deep_and_wide_pages(void **state)
{
    (void)state;
    struct buf html;
    buf_init(&html, 4 * TEXT_MAX);
    for (size_t i = 0; i < 400; i++)
        buf_puts(&html, "<div class='share entry'><b id=a>");
    for (size_t i = 0; i < 60000; i++)
        buf_puts(&html, "<p class=related>a, <a>b<br>");
    assert_int_equal(buf_status(&html), ST_OK);
    roots_of(buf_str(&html), 1, "body");
    buf_fini(&html);
}

int main(void)
{
    static struct suite s;
    SUITE_ROWS(&s, finds, rows);
    SUITE_TEST(&s, answers_elements);
    SUITE_TEST(&s, bears_many_pieces);
    SUITE_TEST(&s, bears_deep_and_wide_pages);
    return suite_run(&s, "html/main_text");
}
