#include "answer/route.h"

#include "../edition/page.h"
#include "protocol/gemini.h"

/* The pages of the edition that every test asks. */
static const struct edition_page pages[] = {
    {.path = BYTES("/"), .status = 20, .meta = BYTES("text/gemini"), .body = BYTES("# Home\n")},
    {.path = BYTES("/articles/one"),
     .status = 20,
     .meta = BYTES("text/gemini"),
     .body = BYTES("One")},
    {.path = BYTES("/a%20b"), .status = 20, .meta = BYTES("text/plain"), .body = BYTES("blank")},
    {.path = BYTES("/a%2Fb"), .status = 20, .meta = BYTES("text/plain"), .body = BYTES("slash")},
    {.path = BYTES("/empty"), .status = 20, .meta = BYTES("text/plain"), .body = BYTES("")},
    {.path = BYTES("/articles"), .status = 31, .meta = BYTES("/articles/")},
    {.path = BYTES("/moved"), .status = 30, .meta = BYTES("gemini://other.example/moved/to")},
    {.path = BYTES("/ask"), .status = 10, .meta = BYTES("Your name?")},
    {.path = BYTES("/gone"), .status = 52, .meta = BYTES("This was taken away")},
    {.path = BYTES("/queried"), .status = 30, .meta = BYTES("/x?y")},
    {.path = BYTES("*/old/"), .status = 31, .meta = BYTES("/articles/*")},
    {.path = BYTES("*/old/lost/"), .status = 52, .meta = BYTES("Lost")},
    {.path = BYTES("?/go"), .status = 10, .meta = BYTES("Where?"), .body = BYTES("/articles/*")},
    {.path = BYTES("?/asked"), .status = 11, .meta = BYTES("Word?")},
    {.path = BYTES("/asked"), .status = 20, .meta = BYTES("text/plain"), .body = BYTES("asked")},
    {.path = BYTES("/hidden"), .status = 51, .meta = BYTES("Not here"), .body = BYTES("hidden")},
    {.path = BYTES("/static/a.txt"),
     .status = 20,
     .meta = BYTES("text/plain"),
     .file = BYTES("a.txt")},
    {.path = BYTES("/static/none"),
     .status = 20,
     .meta = BYTES("text/plain"),
     .file = BYTES("none")},
    {.path = BYTES("/static/out"), .status = 20, .meta = BYTES("text/plain"), .file = BYTES("out")},
    {.path = BYTES("/static/dir"), .status = 20, .meta = BYTES("text/plain"), .file = BYTES("dir")},
};

static char host_name[] = "Example.org";
static char host_v4[] = "192.0.2.1";
static char host_v6[] = "[2001:db8::1]";
static char *host_items[] = {host_name, host_v4, host_v6};
static const struct option_list hosts = {host_items, COUNT(host_items)};

static struct route items[2];
static struct routes routes = {.items = items,
                               .count = 1}; /* the second is that of the tests that need two */
static struct response response;

static void make_edition(void)
{
    struct edition_writer *w = begin();
    for (size_t i = 0; i < COUNT(pages); i++)
        assert_status(edition_put_page(w, &pages[i], &error), ST_OK, &error);
    assert_status(edition_commit(w, &error), ST_OK, &error);
}

static int route_make(void **state)
{
    if (quiet_folder_make(state) != 0)
        return -1;
    make_edition();
    folder_make_dir("static");
    folder_make_dir("static/dir");
    folder_put("static/a.txt", SPAN("the file"));
    folder_put("secret", SPAN("secret"));
    if (symlink("../secret", folder_path("static/out")) != 0)
        return -1;
    response = (struct response){0};
    routes.public_port = 0;
    return route_open(&items[0], path_of_edition(), folder_path("static"), &hosts, &error) == ST_OK
               ? 0
               : -1;
}

static void finish(void)
{
    if (response.done != NULL)
        response.done(&response);
    response = (struct response){0};
}

static int route_remove(void **state)
{
    finish();
    route_close(&items[0]);
    return quiet_folder_remove(state);
}

/* Ask on port 7000. */
static void ask(const char *line)
{
    finish();
    struct net_request request = {.line = span_of(line), .port = 7000};
    route_respond(&routes, &request, &response);
}

/* The body of the response, NUL-ended; good until the next call. */
static const char *body(void)
{
    static char text[4096];
    assert_true(response.size < sizeof text);
    if (response.size > 0) {
        assert_non_null(response.fill);
        assert_status(response.fill(&response, 0, text, response.size, &error), ST_OK, &error);
    }
    text[response.size] = '\0';
    return text;
}

struct ask_row {
    const char *name, *line;
    int status;
    const char *meta; /* NULL: any that is not empty */
    const char *body; /* NULL: none */
};

#define NOT_FOUND "This page was not found"
#define GEMTEXT   "text/gemini"

static const struct ask_row ask_rows[] = {
    {"a page is answered", "gemini://example.org/articles/one", 20, GEMTEXT, "One"},
    {"the root is answered", "gemini://example.org/", 20, GEMTEXT, "# Home\n"},
    {"no path is the root", "gemini://example.org", 20, GEMTEXT, "# Home\n"},
    {"no path and a query is the root", "gemini://example.org?q", 20, GEMTEXT, "# Home\n"},
    {"an empty page is answered", "gemini://example.org/empty", 20, "text/plain", ""},
    {"a query does not hide a page", "gemini://example.org/articles/one?a=b", 20, GEMTEXT, "One"},
    {"dot segments are followed", "gemini://example.org/x/../articles/./one", 20, GEMTEXT, "One"},
    {"dots do not lead out", "gemini://example.org/../../secret", 51, NOT_FOUND, NULL},
    {"encoded dots do not lead out", "gemini://example.org/%2e%2e/secret", 51, NOT_FOUND, NULL},
    {"escapes of one byte are one", "gemini://example.org/%61rticles/%6Fne", 20, GEMTEXT, "One"},
    {"a blank is escaped", "gemini://example.org/a%20b", 20, "text/plain", "blank"},
    {"small digits in an escape count", "gemini://example.org/a%2fb", 20, "text/plain", "slash"},
    {"an encoded slash parts nothing", "gemini://example.org/articles%2Fone", 51, NOT_FOUND, NULL},
    {"an encoded NUL ends nothing", "gemini://example.org/articles/one%00", 51, NOT_FOUND, NULL},
    {"case matters in a path", "gemini://example.org/Articles/one", 51, NOT_FOUND, NULL},
    {"a slash more is another page", "gemini://example.org/articles/one/", 51, NOT_FOUND, NULL},
    {"two slashes are not one", "gemini://example.org//articles/one", 51, NOT_FOUND, NULL},

    {"the host's case does not matter", "gemini://EXAMPLE.ORG/", 20, NULL, "# Home\n"},
    {"the host may end in a dot", "gemini://example.org./", 20, NULL, "# Home\n"},
    {"an IPv4 host is served", "gemini://192.0.2.1/", 20, NULL, "# Home\n"},
    {"an IPv6 host is served", "gemini://[2001:db8::1]/", 20, NULL, "# Home\n"},
    {"another spelling of it is served", "gemini://[2001:0DB8:0::0001]/", 20, NULL, "# Home\n"},
    {"another host is refused", "gemini://example.com/", 53, NULL, NULL},
    {"a sub domain is refused", "gemini://www.example.org/", 53, NULL, NULL},
    {"a host that begins alike is refused", "gemini://example.org.evil/", 53, NULL, NULL},
    {"another address is refused", "gemini://[::1]/", 53, NULL, NULL},

    {"the port of Gemini is served", "gemini://example.org:1965/", 20, NULL, "# Home\n"},
    {"the port of the connection is served", "gemini://example.org:7000/", 20, NULL, "# Home\n"},
    {"an empty port is served", "gemini://example.org:/", 20, NULL, "# Home\n"},
    {"another port is refused", "gemini://example.org:7001/", 53, NULL, NULL},
    {"port 0 is refused", "gemini://example.org:0/", 53, NULL, NULL},

    {"the scheme's case does not matter", "GEMINI://example.org/", 20, NULL, "# Home\n"},
    {"HTTP is refused", "https://example.org/", 53, NULL, NULL},
    {"Gopher is refused", "gopher://example.org/1/", 53, NULL, NULL},
    {"mail is refused", "mailto:a@example.org", 53, NULL, NULL},
    {"an empty request is bad", "", 59, NULL, NULL},
    {"a path alone is bad", "/articles/one", 59, NULL, NULL},
    {"no scheme is bad", "//example.org/", 59, NULL, NULL},
    {"a fragment is bad", "gemini://example.org/#a", 59, NULL, NULL},
    {"user information is bad", "gemini://a:b@example.org/", 59, NULL, NULL},
    {"no host is bad", "gemini:///articles", 59, NULL, NULL},
    {"a blank is bad", "gemini://example.org/a b", 59, NULL, NULL},

    {"a redirect has no body", "gemini://example.org/articles", 31, "/articles/", NULL},
    {"a redirect keeps the query", "gemini://example.org/articles?a=%20b", 31, "/articles/?a=%20b",
     NULL},
    {"a redirect keeps an empty query", "gemini://example.org/articles?", 31, "/articles/?", NULL},
    {"a redirect to another host keeps it too", "gemini://example.org/moved?q", 30,
     "gemini://other.example/moved/to?q", NULL},
    {"a target keeps its query", "gemini://example.org/queried?z", 30, "/x?y", NULL},
    {"a rule for many", "gemini://example.org/old/%6fne?q", 31, "/articles/one?q", NULL},
    {"the longest rule for many", "gemini://example.org/old/lost/one", 52, "Lost", NULL},
    {"a rule for many leads nowhere else", "gemini://example.org/old/%2e%2e%2f..", 31,
     "/articles/..%2F..", NULL},
    {"a question without an answer", "gemini://example.org/go", 10, "Where?", NULL},
    {"a question with an empty answer", "gemini://example.org/go?", 10, "Where?", NULL},
    {"an answer leads on", "gemini://example.org/go?a%20b/", 30, "/articles/a%20b%2F", NULL},
    {"an answer that leads up", "gemini://example.org/go?..", 51, NOT_FOUND, NULL},
    {"an answer has no line end", "gemini://example.org/go?%0D%0A", 30, "/articles/%0D%0A", NULL},
    {"a secret is asked", "gemini://example.org/asked", 11, "Word?", NULL},
    {"a page behind a question", "gemini://example.org/asked?x", 20, "text/plain", "asked"},
    {"a key of a rule is no address", "gemini://example.org/*/old/", 51, NOT_FOUND, NULL},
    {"a question is asked", "gemini://example.org/ask", 10, "Your name?", NULL},
    {"what is gone is told", "gemini://example.org/gone", 52, "This was taken away", NULL},
    {"a failure has no body", "gemini://example.org/hidden", 51, "Not here", NULL},

    {"a static file is answered", "gemini://example.org/static/a.txt", 20, "text/plain",
     "the file"},
    {"a static file that is gone is not found", "gemini://example.org/static/none", 51, NOT_FOUND,
     NULL},
    {"a static file that leads out is not read", "gemini://example.org/static/out", 51, NOT_FOUND,
     NULL},
    {"a folder is no static file", "gemini://example.org/static/dir", 51, NOT_FOUND, NULL},
    {"a file that was not pressed is not found", "gemini://example.org/static/../secret", 51,
     NOT_FOUND, NULL},
};

static void requests_are_answered(void **state)
{
    const struct ask_row *row = *state;
    ask(row->line);
    assert_int_equal(response.status, row->status);
    if (row->meta != NULL)
        assert_string_equal(response.meta, row->meta);
    assert_true(response.meta[0] != '\0');
    if (row->body != NULL)
        assert_string_equal(body(), row->body);
    else
        assert_int_equal(response.size, 0);
}

static void a_redirect_that_does_not_fit_is_told(void **state)
{
    (void)state;
    char line[GEMINI_URL_MAX + 1];
    int n = snprintf(line, sizeof line, "gemini://example.org/moved?");
    memset(line + n, 'q', sizeof line - (size_t)n);
    line[GEMINI_URL_MAX] = '\0';
    ask(line);
    assert_int_equal(response.status, 59);
    assert_string_equal(response.meta, "The address that this leads to is too long");
}

static void the_longest_request_is_answered(void **state)
{
    (void)state;
    char line[GEMINI_URL_MAX + 1];
    int n = snprintf(line, sizeof line, "gemini://example.org/");
    for (size_t i = (size_t)n; i < GEMINI_URL_MAX; i++)
        line[i] = '/';
    line[GEMINI_URL_MAX] = '\0';
    ask(line);
    assert_int_equal(response.status, 51);
    for (size_t i = (size_t)n; i + 2 < GEMINI_URL_MAX; i += 3)
        memcpy(line + i, "%ff", 3);
    ask(line);
    assert_int_equal(response.status, 51);
}

static void the_log_gets_host_and_path_as_they_were_sent(void **state)
{
    (void)state;
    ask("gemini://EXAMPLE.org:1965/x/../articles/one?secret");
    assert_span_equal(response.host, SPAN("EXAMPLE.org"));
    assert_span_equal(response.path, SPAN("/x/../articles/one"));
    ask("no URL");
    assert_null(response.host.p);
    assert_null(response.path.p);
}

static void any_range_of_a_body_is_filled(void **state)
{
    (void)state;
    static const char *const lines[] = {"gemini://example.org/static/a.txt",
                                        "gemini://example.org/articles/one"};
    static const char *const parts[] = {"e f", "ne"};
    static const uint64_t offsets[] = {2, 1};
    for (size_t i = 0; i < COUNT(lines); i++) {
        char part[8] = {0};
        ask(lines[i]);
        assert_non_null(response.fill);
        assert_status(response.fill(&response, offsets[i], part, strlen(parts[i]), &error), ST_OK,
                      &error);
        assert_string_equal(part, parts[i]);
    }
}

static void a_static_file_is_as_it_is_now(void **state)
{
    (void)state;
    folder_put("static/a.txt", SPAN("changed and longer"));
    ask("gemini://example.org/static/a.txt");
    assert_string_equal(body(), "changed and longer");
}

static void a_static_folder_may_be_missing(void **state)
{
    (void)state;
    assert_status(route_reload(&items[0], path_of_edition(), folder_path("nowhere"), &error), ST_OK,
                  &error);
    ask("gemini://example.org/");
    assert_string_equal(body(), "# Home\n");
    ask("gemini://example.org/static/a.txt");
    assert_int_equal(response.status, 51);
}

/* Titan puts a secret, its token, behind a semicolon of the path. */
static void parameters_of_another_scheme_are_not_told(void **state)
{
    (void)state;
    ask("titan://example.org/articles/one;token=secret;size=1");
    assert_int_equal(response.status, 53);
    assert_span_equal(response.path, SPAN("/articles/one"));
    ask("gemini://example.org/articles/one;a");
    assert_span_equal(response.path, SPAN("/articles/one;a"));
}

static void the_announced_port_is_served_wherever_it_came_in(void **state)
{
    (void)state;
    ask("gemini://example.org:7001/");
    assert_int_equal(response.status, 53);
    routes.public_port = 7001;
    ask("gemini://example.org:7001/");
    assert_string_equal(body(), "# Home\n");
    ask("gemini://example.org:7000/");
    assert_string_equal(body(), "# Home\n");
    ask("gemini://example.org:7002/");
    assert_int_equal(response.status, 53);
    ask("gemini://example.org:0/");
    assert_int_equal(response.status, 53);
}

static void an_answer_from_the_old_edition_goes_on(void **state)
{
    (void)state;
    ask("gemini://example.org/");
    commit_page("A new home");
    assert_status(route_reload(&items[0], path_of_edition(), folder_path("static"), &error), ST_OK,
                  &error);
    assert_string_equal(body(), "# Home\n");
    ask("gemini://example.org/");
    assert_string_equal(body(), "A new home");
    ask("gemini://example.org/articles/one");
    assert_int_equal(response.status, 51);
}

static void a_bad_edition_leaves_the_old_one_in_service(void **state)
{
    (void)state;
    assert_int_equal(rename(folder_put("other", SPAN("no edition")), path_of_edition()), 0);
    assert_status(route_reload(&items[0], path_of_edition(), folder_path("static"), &error),
                  ST_FORMAT, &error);
    ask("gemini://example.org/articles/one");
    assert_string_equal(body(), "One");
    ask("gemini://example.org/static/a.txt");
    assert_string_equal(body(), "the file");
}

static void a_missing_edition_cannot_be_opened(void **state)
{
    (void)state;
    struct route other;
    assert_status(route_open(&other, folder_path("none"), folder_path("static"), &hosts, &error),
                  ST_MISSING, &error);
    assert_contains(error.message, folder_path("none"));
    route_close(&other);
}

static char other_name[] = "other.example";
static char other_v6[] = "::2";
static char *other_items[] = {other_name, other_v6};
static const struct option_list other_hosts = {other_items, COUNT(other_items)};

/* A second host: with an edition of its own, in a folder beside the first's. */
static int two_routes_make(void **state)
{
    if (route_make(state) != 0)
        return -1;
    folder_make_dir("kept");
    folder_make_dir("kept/static");
    folder_put("kept/static/a.txt", SPAN("the other file"));
    if (rename(path_of_edition(), folder_path("kept/first.db")) != 0)
        return -1;
    commit_page("# Other\n");
    if (rename(path_of_edition(), folder_path("kept/other.db")) != 0 ||
        rename(folder_path("kept/first.db"), path_of_edition()) != 0)
        return -1;
    routes.count = 2;
    return route_open(&items[1], folder_path("kept/other.db"), folder_path("kept/static"),
                      &other_hosts, &error) == ST_OK
               ? 0
               : -1;
}

static int two_routes_remove(void **state)
{
    finish();
    route_close(&items[1]);
    routes.count = 1;
    return route_remove(state);
}

static const struct ask_row two_rows[] = {
    {"the first host has its pages", "gemini://example.org/", 20, NULL, "# Home\n"},
    {"the second host has its own", "gemini://other.example/", 20, NULL, "# Other\n"},
    {"in any case and with a dot", "gemini://OTHER.example./", 20, NULL, "# Other\n"},
    {"escaped letters are letters", "gemini://%6fther.example/", 20, NULL, "# Other\n"},
    {"an address of the second", "gemini://[0:0::2]/", 20, NULL, "# Other\n"},
    {"an address of the first", "gemini://192.0.2.1/", 20, NULL, "# Home\n"},
    {"a page of the first alone", "gemini://example.org/articles/one", 20, NULL, "One"},
    {"is none of the second", "gemini://other.example/articles/one", 51, NOT_FOUND, NULL},
    {"a static file of the first alone", "gemini://example.org/static/a.txt", 20, NULL, "the file"},
    {"is none of the second either", "gemini://other.example/static/a.txt", 51, NOT_FOUND, NULL},
    {"another host is nobody's", "gemini://third.example/", 53, NULL, NULL},
    {"nor is a sub domain", "gemini://www.other.example/", 53, NULL, NULL},
    {"a port is checked for both", "gemini://other.example:7001/", 53, NULL, NULL},
};

static void a_reload_of_one_host_leaves_the_other(void **state)
{
    (void)state;
    assert_int_equal(rename(folder_put("new", SPAN("none")), folder_path("kept/other.db")), 0);
    assert_status(
        route_reload(&items[1], folder_path("kept/other.db"), folder_path("kept/static"), &error),
        ST_FORMAT, &error);
    ask("gemini://other.example/");
    assert_string_equal(body(), "# Other\n");
    commit_page("# New home\n");
    assert_status(route_reload(&items[0], path_of_edition(), folder_path("static"), &error), ST_OK,
                  &error);
    ask("gemini://example.org/");
    assert_string_equal(body(), "# New home\n");
    ask("gemini://other.example/");
    assert_string_equal(body(), "# Other\n");
}

static void an_edition_that_is_the_same_is_not_opened_again(void **state)
{
    (void)state;
    const struct edition *before = items[0].edition;
    assert_status(route_reload(&items[0], path_of_edition(), folder_path("static"), &error), ST_OK,
                  &error);
    assert_ptr_equal(items[0].edition, before);
    commit_page("other");
    assert_status(route_reload(&items[0], path_of_edition(), folder_path("static"), &error), ST_OK,
                  &error);
    ask("gemini://example.org/");
    assert_string_equal(body(), "other");
}

static void a_host_without_an_edition_asks_for_patience(void **state)
{
    (void)state;
    struct route missing;
    assert_status(
        route_open(&missing, folder_path("none"), folder_path("static"), &other_hosts, &error),
        ST_MISSING, &error);
    route_close(&items[1]);
    items[1] = missing;
    ask("gemini://other.example/");
    assert_int_equal(response.status, 41);
    ask("gemini://example.org/");
    assert_string_equal(body(), "# Home\n");
    assert_status(
        route_reload(&items[1], folder_path("kept/other.db"), folder_path("static"), &error), ST_OK,
        &error);
    ask("gemini://other.example/");
    assert_string_equal(body(), "# Other\n");
}

int main(void)
{
    static struct suite s = {.setup = route_make, .teardown = route_remove};
    SUITE_ROWS(&s, requests_are_answered, ask_rows);
    SUITE_TEST(&s, a_redirect_that_does_not_fit_is_told);
    SUITE_TEST(&s, the_longest_request_is_answered);
    SUITE_TEST(&s, the_log_gets_host_and_path_as_they_were_sent);
    SUITE_TEST(&s, any_range_of_a_body_is_filled);
    SUITE_TEST(&s, a_static_file_is_as_it_is_now);
    SUITE_TEST(&s, a_static_folder_may_be_missing);
    SUITE_TEST(&s, parameters_of_another_scheme_are_not_told);
    SUITE_TEST(&s, the_announced_port_is_served_wherever_it_came_in);
    SUITE_TEST(&s, an_answer_from_the_old_edition_goes_on);
    SUITE_TEST(&s, a_bad_edition_leaves_the_old_one_in_service);
    SUITE_TEST(&s, a_missing_edition_cannot_be_opened);
    SUITE_TEST(&s, an_edition_that_is_the_same_is_not_opened_again);
    s.setup = two_routes_make;
    s.teardown = two_routes_remove;
    SUITE_ROWS(&s, requests_are_answered, two_rows);
    SUITE_TEST(&s, a_reload_of_one_host_leaves_the_other);
    SUITE_TEST(&s, a_host_without_an_edition_asks_for_patience);
    return suite_run(&s, "answer/route");
}
