#include "html/jsonld.h"

#include "../support.h"

struct row {
    const char *name, *json;
    const char *title, *author, *date, *lang, *description, *url; /* NULL: absent */
};

static const struct row rows[] = {
    {.name = "nothing", .json = ""},
    {.name = "no JSON", .json = "<p>{\"@type\":\"Article\"}"},
    {.name = "cut off", .json = "{\"@type\":\"Article\",\"headline\":\"A\""},
    {.name = "no article", .json = "{\"@type\":\"WebSite\",\"headline\":\"A\"}"},
    {.name = "a newspaper",
     .json = "{\"@context\":\"https://schema.org\",\"@type\":\"NewsArticle\","
             "\"headline\":\"Pier opens\",\"name\":\"Pier\",\"datePublished\":"
             "\"2024-05-04T23:30:00+02:00\",\"author\":{\"@type\":\"Person\",\"name\":\"Jo Reed\"},"
             "\"inLanguage\":\"en-GB\",\"description\":\"It opened.\","
             "\"url\":\"https://coast.example/pier\"}",
     .title = "Pier opens",
     .author = "Jo Reed",
     .date = "2024-05-04",
     .lang = "en-GB",
     .description = "It opened.",
     .url = "https://coast.example/pier"},
    {.name = "a graph, its author elsewhere in it",
     .json =
         "{\"@context\":\"https://schema.org\",\"@graph\":[{\"@type\":\"WebPage\",\"@id\":\"p\","
         "\"name\":\"Not this\"},{\"@type\":[\"Thing\",\"BlogPosting\"],"
         "\"headline\":\"It&#8217;s here &amp; open\",\"author\":{\"@id\":\"#jo\"},"
         "\"mainEntityOfPage\":{\"@id\":\"https://a.example/b\"},"
         "\"datePublished\":\"20240504\"},"
         "{\"@type\":\"Person\",\"@id\":\"#jo\",\"name\":\"Jo Reed\"}]}",
     .title = "It\xe2\x80\x99s here & open",
     .author = "Jo Reed",
     .date = "2024-05-04",
     .url = "https://a.example/b"},
    {.name = "type as a URL, in an array",
     .json = "[{\"@type\":\"https://schema.org/WebSite\"},{\"@type\":"
             "\"https://schema.org/OpinionNewsArticle\",\"name\":\"A\",\"inLanguage\":"
             "{\"@type\":\"Language\",\"name\":\"German\",\"alternateName\":\"de\"},"
             "\"mainEntityOfPage\":\"https://a.example/\"}]",
     .title = "A",
     .lang = "de",
     .url = "https://a.example/"},
    {.name = "several authors",
     .json = "{\"@type\":\"Article\",\"author\":[{\"name\":\"Jo Reed\"},\"Sam Poe\",{\"name\":"
             "\"https://a.example/jo\"},{},7,{\"name\":[\"An\"]}]}",
     .author = "Jo Reed, Sam Poe, An"},
    {.name = "main entity of a page",
     .json = "{\"@type\":\"WebPage\",\"mainEntity\":{\"@type\":\"Article\",\"headline\":\"A\"}}",
     .title = "A"},
    {.name = "markup and blanks in values",
     .json = "{\"@type\":\"Article\",\"headline\":\" A\\n <b>b</b>\\u00a0\",\"description\":"
             "\"<p>One.</p><p>Two<br>three</p><script>x</script>\"}",
     .title = "A b",
     .description = "One. Two three"},
    {.name = "values that are none",
     .json = "{\"@type\":\"Article\",\"headline\":7,\"name\":\"\",\"author\":null,"
             "\"datePublished\":\"May 4\",\"inLanguage\":\"English (UK)\",\"url\":[]}"},
    {.name = "a day that does not exist",
     .json = "{\"@type\":\"Article\",\"datePublished\":\"2024-02-30\"}"},
    {.name = "hidden from old programs",
     .json = "\n//<![CDATA[\n{\"@type\":\"Report\",\"headline\":\"A\"}\n//]]>",
     .title = "A"},
    {.name = "Chinese",
     .json =
         "{\"@type\":\"NewsArticle\",\"headline\":\"\\u7801\\u5934\",\"inLanguage\":\"zh_Hant\"}",
     .title = "\xe7\xa0\x81\xe5\xa4\xb4",
     .lang = "zh-Hant"},
    {.name = "bidirectional controls",
     .json = "{\"@type\":\"Article\",\"headline\":\"\\u202ea\\u2069b&#x202e;\"}",
     .title = "ab"},
};

static void assert_field(struct span got, const char *expected)
{
    assert_int_equal(got.p == NULL, expected == NULL);
    assert_span_equal(got, span_of(expected));
}

static void reads(void **state)
{
    const struct row *row = *state;
    struct arena arena;
    struct jsonld out = {.title = {NULL, 0}};
    arena_init(&arena, 1 << 16);
    jsonld_read(span_of(row->json), &arena, &out);
    assert_field(out.title, row->title);
    assert_field(out.author, row->author);
    assert_field(out.date, row->date);
    assert_field(out.lang, row->lang);
    assert_field(out.description, row->description);
    assert_field(out.url, row->url);
    assert_status(arena_status(&arena), ST_OK, NULL);
    arena_fini(&arena);
}

static void keeps_what_is_there(void **state)
{
    (void)state;
    struct arena arena;
    struct jsonld out = {.title = SPAN("Mine"), .date = SPAN("2020-01-01")};
    arena_init(&arena, 1 << 16);
    jsonld_read(SPAN("{\"@type\":\"Article\",\"headline\":\"A\",\"datePublished\":\"2024-05-04\","
                     "\"author\":\"Jo\"}"),
                &arena, &out);
    assert_field(out.title, "Mine");
    assert_field(out.date, "2020-01-01");
    assert_field(out.author, "Jo");
    arena_fini(&arena);
}

/* Nothing is cut: what is too long was not said. */
static void leaves_what_is_too_long(void **state)
{
    (void)state;
    for (size_t n = 1000; n <= 1001; n++) {
        struct buf json;
        struct arena arena;
        struct jsonld out = {.title = {NULL, 0}};
        buf_init(&json, 4096);
        arena_init(&arena, 1 << 16);
        buf_puts(&json, "{\"@type\":\"Article\",\"headline\":\"");
        for (size_t i = 0; i < n; i++)
            buf_putc(&json, 'a');
        buf_puts(&json, "\"}");
        jsonld_read(buf_span(&json), &arena, &out);
        assert_int_equal(out.title.n, n == 1000 ? 1000 : 0);
        arena_fini(&arena);
        buf_fini(&json);
    }
}

static void bears_depth_and_size(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "[", "{\"@graph\":", "{\"@type\":\"Article\",\"a\":", "{\"mainEntity\":[{},", "[{},"};
    for (size_t i = 0; i < COUNT(parts); i++) {
        for (size_t times = 900; times <= 40000; times *= 6) {
            struct buf json;
            struct arena arena;
            struct jsonld out = {.title = {NULL, 0}};
            buf_init(&json, 2 << 20);
            arena_init(&arena, 1 << 16);
            for (size_t n = 0; n < times; n++)
                buf_puts(&json, parts[i]);
            jsonld_read(buf_span(&json), &arena, &out);
            assert_field(out.title, NULL);
            arena_fini(&arena);
            buf_fini(&json);
        }
    }
}

int main(void)
{
    struct suite suite = {.count = 0};
    SUITE_ROWS(&suite, reads, rows);
    SUITE_TEST(&suite, keeps_what_is_there);
    SUITE_TEST(&suite, leaves_what_is_too_long);
    SUITE_TEST(&suite, bears_depth_and_size);
    return suite_run(&suite, "jsonld");
}
