#include "html/meta.h"

#include "../support.h"

#include "html/headline.h"
#include "html/phrase.h"

struct row {
    const char *name, *html;
    const char *title, *author, *date, *lang, *description, *source, *previous, *next;
};

static const struct row rows[] = {
    {.name = "nothing", .html = ""},
    {.name = "an old page without anything",
     .html = "<body bgcolor=white><center><font size=5>My notes</font></center><p>Text"},
    {.name = "WordPress",
     .html =
         "<!DOCTYPE html><html lang=\"en-GB\"><head><title>Pier opens &#8211; Coast Notes</title>"
         "<link rel=\"canonical\" href=\"https://notes.example/2024/pier/\">"
         "<meta property=\"og:locale\" content=\"en_GB\"></head><body class=\"single\">"
         "<header class=\"site-header\"><h1 class=\"site-title\">Coast Notes</h1></header>"
         "<main><article><header class=\"entry-header\"><h1 class=\"entry-title\">Pier opens</h1>"
         "<span class=\"posted-on\"><time class=\"entry-date published\" "
         "datetime=\"2024-05-04T23:30:00+02:00\">May 4, 2024</time><time class=updated "
         "datetime=\"2025-01-01T00:00:00Z\"></time></span><span class=\"byline\"> by "
         "<span class=\"author vcard\"><a class=\"url fn n\" href=\"/author/jo\">Jo Reed</a></span>"
         "</span></header><p>Text</p></article><nav class=\"navigation post-navigation\">"
         "<div class=\"nav-links\"><div class=\"nav-previous\"><a href=\"/a\" rel=\"prev\">"
         "<span class=\"meta-nav\" aria-hidden=\"true\">Previous</span> <span "
         "class=\"screen-reader-text\">Previous post:</span> <span class=\"post-title\">The old "
         "pier</span></a></div><div class=\"nav-next\"><a href=\"/b\" rel=\"next\"><span "
         "class=\"meta-nav\">Next</span> <span class=\"screen-reader-text\">Next post:</span> "
         "<span class=\"post-title\">Next stop: Mars</span></a></div></div></nav></main>",
     .title = "Pier opens",
     .author = "Jo Reed",
     .date = "2024-05-04",
     .lang = "en-GB",
     .source = "https://notes.example/2024/pier/",
     .previous = "The old pier",
     .next = "Next stop: Mars"},
    {.name = "a heading's sign for itself, and words for those who hear it",
     .html = "<title>Retry &#8212; courier 2.1</title><main><h1><span class=sr-only>Page: </span>"
             "Retry<br>again<a class=headerlink href=#retry>&para;</a></h1><p>Text",
     .title = "Retry again"},
    {.name = "WordPress, plain links",
     .html = "<title>A</title><div class=\"nav-previous\"><a href=\"/a\" rel=\"prev\">"
             "<span class=\"meta-nav\">&larr;</span> The old pier</a></div>"
             "<div class=\"nav-next\"><a href=\"/b\" rel=\"next\">Mars <span>&rarr;</span></a>",
     .title = "A",
     .previous = "The old pier",
     .next = "Mars"},
    {.name = "Ghost",
     .html =
         "<html lang=en><head><title>Pier opens</title><meta name=description content=\"Short.\">"
         "<meta property=og:site_name content=\"Coast Daily\"><meta property=og:title "
         "content=\"Pier opens | Coast Daily\"><meta property=og:url content="
         "\"https://coast.example/pier/\"><meta property=article:published_time "
         "content=\"2024-05-04T08:00:00.000Z\"><script type=\"application/ld+json\">{\"@context\":"
         "\"https://schema.org\",\"@type\":\"Article\",\"author\":{\"@type\":\"Person\",\"name\":"
         "\"Jo Reed\"}}</script></head><body><article><h1>Pier opens</h1></article>"
         "<a class=\"prev-post\" href=/a><section><h2>The old pier</h2><p>It burned.</p></section>"
         "</a>",
     .title = "Pier opens",
     .author = "Jo Reed",
     .date = "2024-05-04",
     .lang = "en",
     .description = "Short.",
     .source = "https://coast.example/pier/",
     .previous = "The old pier"},
    {.name = "a newspaper",
     .html =
         "<html><head><title>Pier opens after storm | News | Coast Daily</title>"
         "<meta http-equiv=content-language content=en-us>"
         "<script type=\"application/ld+json\">{\"@graph\":[{\"@type\":\"WebSite\"},{\"@type\":"
         "\"NewsArticle\",\"headline\":\"Pier opens\",\"datePublished\":\"2024-05-04\","
         "\"author\":[{\"name\":\"Jo Reed\"},{\"name\":\"Sam Poe\"}],\"description\":\"It did.\","
         "\"url\":\"https://coast.example/1\"}]}</script></head><body><h1>Pier opens</h1>",
     .title = "Pier opens",
     .author = "Jo Reed, Sam Poe",
     .date = "2024-05-04",
     .lang = "en-us",
     .description = "It did.",
     .source = "https://coast.example/1"},
    {.name = "title with the site's name",
     .html = "<title>\n Pier opens | Coast Daily </title>",
     .title = "Pier opens"},
    {.name = "title with a dash of its own",
     .html = "<title>Pier - a story</title>",
     .title = "Pier - a story"},
    {.name = "title with a dash and the site",
     .html = "<meta name=application-name content=Coast><title>Pier - a story - Coast</title>",
     .title = "Pier - a story"},
    {.name = "heading of the site",
     .html = "<title>Pier | Coast</title><h1>Coast</h1><meta property=og:site_name content=Coast>",
     .title = "Pier"},
    {.name = "no title but a heading",
     .html = "<h1>Site</h1><article><h1>Pier <em>opens</em></h1></article>",
     .title = "Pier opens"},
    {.name = "title of a picture",
     .html = "<svg><title>Menu</title></svg><h1>Pier</h1>",
     .title = "Pier"},
    {.name = "Russian",
     .html = "<html lang=ru><title>Пирс открыт — Берег</title><article><h1>Пирс открыт</h1>"
             "<div class=author>Автор: Анна Петрова</div><time datetime=20240504></time></article>"
             "<a href=/a>Предыдущая статья: «Заря» закрыта</a> <a href=/b>Следующая статья</a>",
     .title = "Пирс открыт",
     .author = "Анна Петрова",
     .date = "2024-05-04",
     .lang = "ru",
     .previous = "«Заря» закрыта"},
    {.name = "German",
     .html = "<html lang=de-AT><title>Der Steg ist offen :: Küste</title><main>"
             "<p class=\"article__byline\">Von Jörg Maß | 4. Mai 2024</p></main>"
             "<a rel=prev href=a>Vorheriger Beitrag: Öl im Hafen</a>"
             "<a rel=next href=b>Nächster Artikel Übermorgen</a>",
     .title = "Der Steg ist offen",
     .author = "Jörg Maß",
     .lang = "de-AT",
     .previous = "Öl im Hafen",
     .next = "Übermorgen"},
    {.name = "Chinese",
     .html =
         "<html lang=zh-Hans><title>码头开放 | 海岸日报</title><article><h1>码头开放</h1>"
         "<p class=byline>作者：王小明</p></article><p class=post-prev>上一篇：<a href=/a>旧码头"
         "</a></p><p class=post-next><a href=/b>下一篇：新码头</a></p>",
     .title = "码头开放",
     .author = "王小明",
     .lang = "zh-Hans",
     .previous = "旧码头",
     .next = "新码头"},
    {.name = "Arabic",
     .html = "<html lang=ar dir=rtl><title>افتتاح الرصيف - الساحل</title>"
             "<meta property=og:site_name content=\"الساحل\"><meta name=author content=\"ليلى\">"
             "<a href=/a>المقالة السابقة: الرصيف القديم</a>",
     .title = "افتتاح الرصيف",
     .author = "ليلى",
     .lang = "ar",
     .previous = "الرصيف القديم"},
    {.name = "neighbours of link elements",
     .html = "<link rel=prev title=\"Old\" href=/a><link rel=next href=/b><a rel=next href=/b>New"
             "</a><a rel=prev href=/a>Not this</a>",
     .previous = "Old",
     .next = "New"},
    {.name = "phrases alone",
     .html = "<a rel=prev href=/a>&laquo; Older posts</a><a rel=next href=/b>Page 2 &raquo;</a>"
             "<div class=nav-next><a href=/c>Next</a></div>"},
    {.name = "phrase and then a heading",
     .html = "<div><a rel=prev href=/a>Previous</a><h4>The old pier</h4></div>"
             "<div><a href=/b title=\"Mars\" rel=next>Next Article</a></div>",
     .previous = "The old pier",
     .next = "Mars"},
    {.name = "text of links",
     .html = "<p><a href=/a>Previous Article The old pier</a> <a href=/b>Next Article: Mars</a>"
             "<p><a href=/c>Next steps for you</a>",
     .previous = "The old pier",
     .next = "Mars"},
    {.name = "a slide show", .html = "<a class=\"slick-next post\" href=/a>Shoes</a>"},
    {.name = "an author that is an address, a byline that is a sentence",
     .html = "<meta property=article:author content=\"https://f.example/jo\"><article>"
             "<p class=byline>By the time you read this, the pier is open and so is the shop next "
             "door to it.</p></article>"},
    {.name = "an author of the comments",
     .html = "<div class=comments><p class=author>Troll</p></div><article itemscope>"
             "<span itemprop=author itemscope><span itemprop=name>Jo Reed</span>, editor</span>",
     .author = "Jo Reed"},
    {.name = "values that are none",
     .html =
         "<html lang=\"English (UK)\"><meta name=date content=\"May 4\"><link rel=canonical "
         "href=\"javascript:alert(1)\"><meta property=og:url content=\"/relative\">"
         "<meta name=author content=\"  \"><title> </title><meta property=og:title content=''>"},
    {.name = "description that is the title",
     .html = "<title>Pier</title><meta name=description content=Pier>",
     .title = "Pier"},
    {.name = "controls in values",
     .html = "<meta property=og:title content=\"A\n\xe2\x80\xae B &#x202e;&amp; C\">",
     .title = "A B & C"},
};

static void assert_field(struct span got, const char *expected)
{
    assert_span_equal(got, span_of(expected));
    assert_int_equal(got.p == NULL, expected == NULL);
}

static enum status read_page(struct span html, struct span base, struct document *doc)
{
    GumboOptions options = kGumboDefaultOptions;
    options.max_errors = 0;
    GumboOutput *out = gumbo_parse_with_options(&options, html.p, html.n);
    enum status status = meta_read(out->root, base, doc);
    gumbo_destroy_output(&options, out);
    return status;
}

static void reads(void **state)
{
    const struct row *row = *state;
    struct document doc;
    document_init(&doc, 1 << 20);
    assert_status(read_page(span_of(row->html), (struct span){NULL, 0}, &doc), ST_OK, NULL);
    assert_field(doc.title, row->title);
    assert_field(doc.author, row->author);
    assert_field(doc.date, row->date);
    assert_field(doc.lang, row->lang);
    assert_field(doc.description, row->description);
    assert_field(doc.source, row->source);
    assert_field(doc.previous, row->previous);
    assert_field(doc.next, row->next);
    document_fini(&doc);
}

static void keeps_what_is_known(void **state)
{
    (void)state;
    struct document doc;
    document_init(&doc, 1 << 20);
    doc.title = SPAN("Mine");
    doc.next = SPAN("My next");
    assert_status(
        read_page(SPAN("<title>T</title><a rel=next href=a>N</a><a rel=prev href=b>P</a>"),
                  (struct span){NULL, 0}, &doc),
        ST_OK, NULL);
    assert_field(doc.title, "Mine");
    assert_field(doc.next, "My next");
    assert_field(doc.previous, "P");
    document_fini(&doc);
}

static void resolves_its_address(void **state)
{
    (void)state;
    struct document doc;
    document_init(&doc, 1 << 20);
    assert_status(read_page(SPAN("<link rel=canonical href=\"../b?c\">"),
                            SPAN("https://a.example/x/y"), &doc),
                  ST_OK, NULL);
    assert_field(doc.source, "https://a.example/b?c");
    document_fini(&doc);
}

static void tells_that_memory_is_out(void **state)
{
    (void)state;
    struct document doc;
    document_init(&doc, 64);
    assert_status(read_page(SPAN("<title>A title that is too long for so small a document, and it "
                                 "goes on</title>"),
                            (struct span){NULL, 0}, &doc),
                  ST_NOMEM, NULL);
    document_fini(&doc);
}

static void strips_phrases(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
        enum phrase_way way;
    } cases[] = {
        {"", "", PHRASE_NONE},
        {"Pier", "Pier", PHRASE_NONE},
        {"\xe2\x86\x90 Previous article: Pier", "Pier", PHRASE_PREVIOUS},
        {"Next\x1fPier", "Pier", PHRASE_NONE},
        {"Next stop: Mars", "Next stop: Mars", PHRASE_NONE},
        {"Previous-generation cars", "Previous-generation cars", PHRASE_NONE},
        {"NEXT POST \xc2\xbb Pier \xc2\xbb", "Pier", PHRASE_NEXT},
        {"Next article of the law", "Next article of the law", PHRASE_NONE},
        {"\xc2\xabPier\xc2\xbb opens", "\xc2\xabPier\xc2\xbb opens", PHRASE_NONE},
        {"Next: Next post:", "", PHRASE_NEXT},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum phrase_way way;
        assert_span_equal(phrase_strip(span_of(cases[i].in), &way), span_of(cases[i].out));
        assert_int_equal(way, cases[i].way);
    }
}

static void cuts_the_site_off(void **state)
{
    (void)state;
    static const struct {
        const char *title, *site, *heading, *out;
    } cases[] = {
        {"Pier opens | Coast Daily", NULL, NULL, "Pier opens"},
        {"Pier opens | News | Coast Daily", NULL, NULL, "Pier opens"},
        {"Pier opens | News | Coast", "Coast", NULL, "Pier opens"},
        {"Coast | Pier opens", "Coast", NULL, "Pier opens"},
        {"Pier opens :: Coast", NULL, NULL, "Pier opens"},
        {"Pier opens \xc2\xb7 Coast", NULL, NULL, "Pier opens"},
        {"Pier opens \xc2\xab Coast", NULL, NULL, "Pier opens"},
        {"Pier \xe2\x80\x93 opens", NULL, NULL, "Pier \xe2\x80\x93 opens"},
        {"Pier \xe2\x80\x93 Coast", NULL, "Pier", "Pier"},
        {"Pier \xe2\x80\x94 Coast", "coast", NULL, "Pier"},
        {"Well-known", "known", NULL, "Well-known"},
        {" | Coast", NULL, NULL, " | Coast"},
        {"", "Coast", NULL, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_span_equal(
            headline_of(span_of(cases[i].title), span_of(cases[i].site), span_of(cases[i].heading)),
            span_of(cases[i].out));
}

int main(void)
{
    struct suite suite = {.count = 0};
    SUITE_ROWS(&suite, reads, rows);
    SUITE_TEST(&suite, keeps_what_is_known);
    SUITE_TEST(&suite, resolves_its_address);
    SUITE_TEST(&suite, tells_that_memory_is_out);
    SUITE_TEST(&suite, strips_phrases);
    SUITE_TEST(&suite, cuts_the_site_off);
    return suite_run(&suite, "meta");
}
