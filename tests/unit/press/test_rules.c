#include "press/rules.h"

#include "../support.h"
#include "log/log.h"

static struct error error;

#define LONG_256 LONG_64 LONG_64 LONG_64 LONG_64
#define LONG_64  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct good_row {
    const char *name;
    const char *key, *item;
    int status;
    const char *place, *meta, *target; /* target NULL: none */
};

static const struct good_row good_rows[] = {
    {"a redirect", "redirect", "/old.gmi /new.gmi", 30, "/old.gmi", "/new.gmi", NULL},
    {"a move", "moved", "/old.gmi /new.gmi", 31, "/old.gmi", "/new.gmi", NULL},
    {"blanks do not matter", "redirect", "  /old.gmi   /new.gmi ", 30, "/old.gmi", "/new.gmi",
     NULL},
    {"to a query", "redirect", "/a /b?c=/d?e", 30, "/a", "/b?c=/d?e", NULL},
    {"to the root", "redirect", "/a /", 30, "/a", "/", NULL},
    {"to another host", "redirect", "/a gemini://other.example:1966/x?y", 30, "/a",
     "gemini://other.example:1966/x?y", NULL},
    {"to another host's root", "redirect", "/a GEMINI://[::1]", 30, "/a", "GEMINI://[::1]", NULL},
    {"the address becomes canonical", "redirect", "/%6fld/%c3%a9%2f /%6e", 30, "/old/%C3%A9%2F",
     "/%6e", NULL},
    {"a * that is meant", "redirect", "/a%2Ab /c%2Ad", 30, "/a*b", "/c%2Ad", NULL},
    {"addresses that begin alike", "redirect", "/2019/* /archive/*.gmi", 30, "*/2019/",
     "/archive/*.gmi", NULL},
    {"to one page", "moved", "/2019* /archive", 31, "*/2019", "/archive", NULL},
    {"all addresses", "redirect", "/* gemini://other.example/*", 30, "*/",
     "gemini://other.example/*", NULL},
    {"the rest in a query", "redirect", "/f/* gemini://other.example?*", 30, "*/f/",
     "gemini://other.example?*", NULL},
    {"an escape in what begins alike", "gone", "/%c3%a9*", 52, "*/%C3%A9", "This page is gone",
     NULL},
    {"gone", "gone", "/secret.gmi", 52, "/secret.gmi", "This page is gone", NULL},
    {"the root is an address", "gone", "/", 52, "/", "This page is gone", NULL},
    {"two slashes are an address", "gone", "//x", 52, "//x", "This page is gone", NULL},
    {"a question", "input", "/quiz.gmi What is * in Swedish?", 10, "?/quiz.gmi",
     "What is * in Swedish?", NULL},
    {"a question that leads elsewhere", "input", "/go /*.gmi Which page?", 10, "?/go",
     "Which page?", "/*.gmi"},
    {"a question that leads to one place", "input", "/go /x Ready?", 10, "?/go", "Ready?", "/x"},
    {"a secret", "sensitive-input", "/in Das Lösungswort, bitte", 11, "?/in",
     "Das Lösungswort, bitte", NULL},
    {"a secret that leads to one place", "sensitive-input", "/in /x Word?", 11, "?/in", "Word?",
     "/x"},
    {"a secret in a query", "sensitive-input", "/in /x?* Word?", 11, "?/in", "Word?", "/x?*"},
    {"the longest target", "redirect",
     "/a /" LONG_256 LONG_256 LONG_256 LONG_64 LONG_64 LONG_64
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     30, "/a", NULL, NULL},
};

static void good_items_are_read(void **state)
{
    const struct good_row *row = *state;
    struct rules_row got;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_status(rules_parse(row->key, span_of(row->item), &arena, &got, &error), ST_OK, &error);
    assert_int_equal(got.rule.status, row->status);
    assert_span_equal(got.place, span_of(row->place));
    assert_span_equal(got.rule.path, span_of(strchr(row->place, '/')));
    if (row->meta != NULL)
        assert_span_equal(got.rule.meta, span_of(row->meta));
    assert_span_equal(got.rule.target, span_of(row->target));
    arena_fini(&arena);
}

struct bad_row {
    const char *name;
    const char *key, *item, *why;
};

static const struct bad_row bad_rows[] = {
    {"nothing", "redirect", "", "no address"},
    {"blanks", "gone", "  ", "no address"},
    {"a relative address", "gone", "a.gmi", "the address is not a path"},
    {"a URL as address", "gone", "gemini://localhost/a", "the address is not a path"},
    {"a query in an address", "gone", "/a?b", "the address is not a path"},
    {"a fragment in an address", "gone", "/a#b", "the address is not a path"},
    {"a letter beyond ASCII in an address", "gone", "/caf\xc3\xa9", "the address is not a path"},
    {"half an escape", "gone", "/%4", "the address is not a path"},
    {"half an escape before a *", "gone", "/%4*", "the address is not a path"},
    {"an escape of a * by half", "gone", "/%2*", "the address is not a path"},
    {"a dot segment", "gone", "/a/../b", "the address is not a path"},
    {"an encoded dot segment", "gone", "/a/%2E", "the address is not a path"},
    {"a * alone", "gone", "*", "the address is not a path"},
    {"a * inside", "redirect", "/a*b /c", "only at the end of an address"},
    {"two *", "redirect", "/a** /c", "only at the end of an address"},
    {"an address too long", "gone", "/" LONG_256 LONG_256 LONG_256 LONG_256, "not a path"},
    {"more than an address", "gone", "/a /b", "more than an address"},
    {"no target", "redirect", "/a", "no target"},
    {"two targets", "moved", "/a /b /c", "more than address and target"},
    {"a relative target", "redirect", "/a b.gmi", "neither a path nor a gemini URL"},
    {"another host without a scheme", "redirect", "/a //evil.example/", "begins with //"},
    {"another scheme", "redirect", "/a https://other.example/", "neither a path nor"},
    {"a broken URL", "redirect", "/a gemini://other.example:port/", "neither a path nor"},
    {"a URL without a host", "redirect", "/a gemini:///x", "neither a path nor"},
    {"user information", "redirect", "/a gemini://me@other.example/", "neither a path nor"},
    {"a fragment in a target", "redirect", "/a /b#c", "neither a path nor"},
    {"a letter beyond ASCII in a target", "redirect", "/a /\xc3\xa9", "neither a path nor"},
    {"a line end in a target", "redirect", "/a /b\r\n20", "neither a path nor"},
    {"a dot segment in a target", "redirect", "/a /b/../../c", "neither a path nor"},
    {"a * in a target for one address", "redirect", "/a /b*", "has a *, but not the address"},
    {"two * in a target", "redirect", "/a/* /*/*", "more than one *"},
    {"a * in a host", "redirect", "/a* gemini://x*.example/", "neither a path nor"},
    {"a * behind a host", "redirect", "/a* gemini://x.example*", "neither a path nor"},
    {"a * in a port", "redirect", "/a* gemini://x.example:19*/", "neither a path nor"},
    {"a * in a scheme", "redirect", "/a* gemini*://x.example/", "neither a path nor"},
    {"a target too long", "redirect", "/a /" LONG_256 LONG_256 LONG_256 LONG_256, "1024 bytes"},
    {"no question", "input", "/a", "no question"},
    {"a target and no question", "input", "/a /b", "no question"},
    {"a question for many", "input", "/a/* What?", "a question has one address"},
    {"a host as a question's target", "input", "/a //b What?", "begins with //"},
    {"two * in a question's target", "input", "/a /*/* What?", "more than one *"},
    {"a secret in an address", "sensitive-input", "/in /for-*.gmi Word?", "put the * behind a ?"},
    {"a question too long", "sensitive-input", "/a " LONG_256 LONG_256 LONG_256 LONG_256 "?",
     "more than 1024 bytes"},
};

static void bad_items_are_told(void **state)
{
    const struct bad_row *row = *state;
    struct rules_row got;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    assert_status(rules_parse(row->key, span_of(row->item), &arena, &got, &error), ST_SYNTAX, NULL);
    assert_contains(error.message, row->why);
    arena_fini(&arena);
}

/* A capsule with these rules, one `key item` a line, beside pages, a folder and one's own host. */
static enum status check(const char *text)
{
    static const char *const pages[] = {"/", "/page.gmi", "/docs/x.gmi", "/y/page.gmi"};
    static char words[64][256];
    static char *items[5][64];
    struct option_list lists[5];
    static const char *const keys[] = {"redirect", "moved", "gone", "input", "sensitive-input"};
    struct span rest = span_of(text);
    struct span line;
    size_t used = 0;
    for (size_t i = 0; i < COUNT(keys); i++)
        lists[i] = (struct option_list){items[i], 0};
    while (span_line(&rest, &line)) {
        size_t blank = span_find(line, 0, ' ');
        assert_true(used < COUNT(words));
        snprintf(words[used], sizeof words[0], "%.*s", (int)(line.n - blank - 1),
                 line.p + blank + 1);
        for (size_t i = 0; i < COUNT(keys); i++) {
            if (span_eq(span_sub(line, 0, blank), span_of(keys[i])))
                lists[i].items[lists[i].count++] = words[used];
        }
        used++;
    }
    struct capsule capsule = {.redirect = lists[0],
                              .moved = lists[1],
                              .gone = lists[2],
                              .input = lists[3],
                              .sensitive_input = lists[4]};
    struct rules rules = {.path = "capsule", .base_url = "gemini://own.example:7000/"};
    struct book addresses;
    book_init(&addresses);
    for (size_t i = 0; i < COUNT(pages); i++)
        assert_status(book_add(&addresses, span_of(pages[i]), SPAN("articles/it.txt"), 0), ST_OK,
                      NULL);
    struct span folder = SPAN("static/docs");
    assert_status(book_add(&addresses, SPAN("/docs"), folder, 0), ST_OK, NULL);
    assert_status(book_add(&addresses, SPAN("/docs/"), folder, 0), ST_OK, NULL);
    error.message[0] = '\0';
    enum status status = rules_read(&rules, &capsule, &error);
    if (status == ST_OK)
        status = rules_claim(&rules, &addresses, &error);
    if (status == ST_OK)
        status = rules_check(&rules, &addresses, &error);
    rules_fini(&rules);
    book_fini(&addresses);
    return status;
}

struct set_row {
    const char *name;
    const char *text;
    const char *told; /* in the error, or in the log; NULL: nothing is */
};

static const struct set_row fine_rows[] = {
    {"no rules", "", NULL},
    {"to a page", "redirect /a /page.gmi", NULL},
    {"to a page in another spelling", "redirect /a /%70age.gmi?q", NULL},
    {"to another capsule", "redirect /a gemini://other.example/a", NULL},
    {"to another port", "redirect /a gemini://own.example/a", NULL},
    {"to the own host", "redirect /a gemini://OWN.example:7000/page.gmi", NULL},
    {"to a folder", "redirect /a /docs", NULL},
    {"five hops",
     "redirect /a /b\nredirect /b /c\nredirect /c /d\nredirect /d /e\n"
     "redirect /e /page.gmi",
     NULL},
    {"five hops, the last a folder's slash",
     "redirect /a /b\nredirect /b /c\nredirect /c /d\nredirect /d /docs", NULL},
    {"to what is gone", "redirect /a /b\ngone /b", NULL},
    {"to a question", "redirect /a /b\ninput /b /b* What?", NULL},
    {"to pages that begin alike", "redirect /a/* /docs/*", NULL},
    {"to one page among them", "redirect /y/* /y/page.gmi", NULL},
    {"everything to the front", "redirect /* /", NULL},
    {"a page under what begins alike wins", "redirect /y/* /docs/*", NULL},
    {"shorter and shorter", "redirect /a/* /*", NULL},
    {"one for many behind another", "redirect /a/* /b/*\nredirect /b/* /docs/*", NULL},
    {"a question at a page", "input /page.gmi What?\nsensitive-input /docs/ What?", NULL},
    {"a page that does not exist", "redirect /a /none.gmi", "\"/a /none.gmi\": there is no page"},
    {"a page that many are sent to", "moved /a/* /none.gmi", "\"/a/* /none.gmi\": there is no"},
    {"a page of the own host", "moved /a gemini://own.example:7000/none", "there is no page at"},
    {"an answer to nowhere", "input /a /none Sure?", "\"/a /none Sure?\": there is no page"},
};

static void fine_rules_are_taken(void **state)
{
    const struct set_row *row = *state;
    assert_status(check(row->text), ST_OK, &error);
    if (row->told != NULL)
        assert_contains(stderr_text(), row->told);
    else
        assert_string_equal(stderr_text(), "");
}

static void many_that_lead_to_no_page_are_counted(void **state)
{
    (void)state;
    char text[4096];
    int n = 0;
    for (int i = 0; i < 23; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "moved /a%d /none%d\n", i, i);
    assert_status(check(text), ST_OK, &error);
    assert_contains(stderr_text(), "\"/a19 /none19\": there is no page");
    assert_null(strstr(stderr_text(), "/a20"));
    assert_contains(stderr_text(), "capsule/capsule.conf: there is no page at the targets of 3 ");
}

static const struct set_row fault_rows[] = {
    {"itself", "redirect /a /a", "capsule/capsule.conf: redirect /a -> /a goes round"},
    {"itself in another spelling", "redirect /a /%61", "redirect /a -> /a goes round"},
    {"itself by the own host", "redirect /a gemini://own.example:7000/a", "/a -> /a goes round"},
    {"two", "redirect /a /b\nmoved /b /a", "redirect /a -> /b -> /a goes round"},
    {"into a circle", "redirect /a /b\nredirect /b /c\nredirect /c /b",
     "/a -> /b -> /c -> /b goes round"},
    {"by a query", "redirect /a /b?x\nredirect /b /a?y", "/a -> /b -> /a goes round"},
    {"under itself", "redirect /a/* /a/b/*", "/a/* -> /a/b/* goes round"},
    {"under itself by a name", "redirect /a* /ab*", "/a* -> /ab* goes round"},
    {"everything under itself", "redirect /* /x/*", "/* -> /x/* goes round"},
    {"to one page that is not there", "redirect /a/* /a/none", "/a/none goes round"},
    {"many to many and back", "redirect /a/* /b/*\nredirect /b/* /a/*",
     "/a/* -> /b/* -> /a/* goes round"},
    {"only a part of them", "redirect /a/* /b/*\nredirect /b/x* /a/x*", "goes round"},
    {"growing", "redirect /a/* /b/*x\nredirect /b/* /a/*",
     "/a/* -> /b/*x -> /a/*x -> /b/*xx -> /a/*xx -> /b/*xxx -> /a/*xxx takes more redirects"},
    {"one and many", "redirect /a /b/c\nredirect /b/* /*a\nredirect /ca /a", "goes round"},
    {"six hops",
     "redirect /a /b\nredirect /b /c\nredirect /c /d\nredirect /d /e\nredirect /e /f\n"
     "redirect /f /page.gmi",
     "/a -> /b -> /c -> /d -> /e -> /f -> /page.gmi takes more redirects than clients follow"},
    {"six hops, the last a folder's slash",
     "redirect /a /b\nredirect /b /c\nredirect /c /d\nredirect /d /e\nredirect /e /docs",
     "/e -> /docs -> /docs/ takes more redirects than clients follow"},
    {"an answer that asks again", "input /a /a Why?", "input /a -> /a goes round"},
    {"a page has the address", "redirect /page.gmi /",
     "capsule/capsule.conf: redirect \"/page.gmi /\": the address belongs to articles/it.txt"},
    {"a folder has it", "gone /docs", "the address belongs to static/docs"},
    {"a page has the address of a question", "input /page.gmi /* What?", "belongs to articles/it"},
    {"twice", "redirect /a /\nredirect /a /page.gmi",
     "redirect \"/a /page.gmi\": its address has a rule already, in redirect"},
    {"twice in two ways", "gone /%61\ninput /a /* What?",
     "input \"/a /* What?\": its address has a rule already, in gone"},
    {"many twice", "gone /a/*\nmoved /%61/* /b", "has a rule already"},
    {"a question at no page", "input /a What?", "input \"/a What?\": there is no page at its"},
    {"a question at a folder without its slash", "input /docs What?", "there is no page at its"},
    {"an item that is none", "moved /a /b c", "capsule/capsule.conf: moved \"/a /b c\": more than"},
};

static void faults_are_told(void **state)
{
    const struct set_row *row = *state;
    assert_status(check(row->text), ST_SYNTAX, &error);
    assert_contains(error.message, "capsule/capsule.conf: ");
    log_error(&error); /* as the caller does; there may be others before it */
    assert_contains(stderr_text(), row->told);
}

static void every_fault_is_told(void **state)
{
    (void)state;
    assert_status(check("moved /a /b c\ngone /fine\ngone x\ngone y"), ST_SYNTAX, &error);
    assert_contains(stderr_text(), "moved \"/a /b c\": more than");
    assert_contains(stderr_text(), "gone \"x\": the address is not a path");
    assert_null(strstr(stderr_text(), "\"y\""));
    assert_contains(error.message, "gone \"y\": the address is not a path");
}

static void of_many_faults_some_are_told(void **state)
{
    (void)state;
    char text[4096];
    int n = 0;
    for (int i = 0; i < 30; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "gone x%02d\n", i);
    assert_status(check(text), ST_SYNTAX, &error);
    assert_contains(stderr_text(), "x18");
    assert_null(strstr(stderr_text(), "x19"));
    assert_contains(error.message, "x29");
}

static void a_long_item_is_shown_in_part(void **state)
{
    (void)state;
    assert_status(check("redirect /a /" LONG_64 LONG_64 "#"), ST_SYNTAX, &error);
    assert_contains(error.message, "aaaa...\": the target is neither");
    assert_status(check("input /a " LONG_64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\xc3\xa9?"), ST_SYNTAX,
                  &error);
    assert_contains(error.message, "bbb...\": there is no page");
}

int main(void)
{
    static struct suite s = {.setup = stderr_catch, .teardown = stderr_release};
    SUITE_ROWS(&s, good_items_are_read, good_rows);
    SUITE_ROWS(&s, bad_items_are_told, bad_rows);
    SUITE_ROWS(&s, fine_rules_are_taken, fine_rows);
    SUITE_TEST(&s, many_that_lead_to_no_page_are_counted);
    SUITE_ROWS(&s, faults_are_told, fault_rows);
    SUITE_TEST(&s, every_fault_is_told);
    SUITE_TEST(&s, of_many_faults_some_are_told);
    SUITE_TEST(&s, a_long_item_is_shown_in_part);
    return suite_run(&s, "press/rules");
}
