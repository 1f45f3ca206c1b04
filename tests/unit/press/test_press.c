#include "press/press.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file.h"
#include "edition/reader.h"

/* A capsule in a folder of its own, and where its edition goes. */
struct place {
    char root[64];
    char capsule[128];
    char edition[128];
};

static void put(const struct place *p, const char *path, const char *bytes)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s/%s", p->capsule, path);
    char *slash = strrchr(whole, '/');
    *slash = '\0';
    assert_int_equal(file_make_dir(whole, NULL), ST_OK);
    *slash = '/';
    assert_int_equal(file_write(whole, 0644, span_of(bytes), NULL), ST_OK);
}

static int make_place(void **state)
{
    struct place *p = calloc(1, sizeof *p);
    strcpy(p->root, "/tmp/broadsheet-press-XXXXXX");
    if (mkdtemp(p->root) == NULL)
        return 1;
    snprintf(p->capsule, sizeof p->capsule, "%s/capsule", p->root);
    snprintf(p->edition, sizeof p->edition, "%s/edition.db", p->root);
    *state = p;
    return mkdir(p->capsule, 0755);
}

static int remove_place(void **state)
{
    struct place *p = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", p->root);
    int result = system(command);
    free(p);
    return result;
}

/* The bytes at an address; fails unless the address has this status and meta. */
static void assert_page(const struct place *p, const char *path, int status, const char *meta,
                        const char *body)
{
    struct edition *ed = NULL;
    struct edition_found found;
    char bytes[8192] = "";
    assert_int_equal(edition_open(p->edition, &ed, NULL), ST_OK);
    if (edition_find(ed, span_of(path), &found, NULL) != ST_OK)
        fail_msg("no page at %s", path);
    assert_int_equal(found.status, status);
    assert_string_equal(found.meta, meta);
    if (body != NULL) {
        assert_true(found.size < sizeof bytes);
        assert_int_equal(edition_read(ed, found.id, 0, bytes, (size_t)found.size, NULL), ST_OK);
        assert_string_equal(bytes, body);
    }
    edition_release(ed);
}

static bool has_page(const struct place *p, const char *path)
{
    struct edition *ed = NULL;
    struct edition_found found;
    assert_int_equal(edition_open(p->edition, &ed, NULL), ST_OK);
    enum status status = edition_find(ed, span_of(path), &found, NULL);
    edition_release(ed);
    return status == ST_OK;
}

static void press_with_areas(const struct place *p, char **prefixes, size_t count)
{
    struct error e = {0};
    const struct option_list areas = {prefixes, count};
    if (press_run(p->capsule, p->edition, "gemini://news.example/", &areas, &e) != ST_OK)
        fail_msg("%s", e.message);
}

static void press(const struct place *p)
{
    press_with_areas(p, NULL, 0);
}

static void writes_every_page_of_a_capsule(void **state)
{
    const struct place *p = *state;
    put(p, "capsule.conf", "title = \"News\"\nlanguage = \"en\"\n");
    put(p, "articles/a.txt", "Title A\n\nText.\n\nNext Article\nNot here\n");
    put(p, "articles/deep/b.txt", "---\ndate: 2024-01-01\nlang: de\n---\nTitel B\n\nText.\n");
    put(p, "static/pic.png", "\x89PNG");
    press(p);
    assert_page(p, "/", 20, "text/gemini; lang=en",
                "# News\n\n=> b.gmi 2024-01-01 Titel B\n\n=> a.gmi Title A\n");
    assert_page(p, "/index.gmi", 20, "text/gemini; lang=en", NULL);
    assert_page(p, "/a.gmi", 20, "text/gemini; lang=en", NULL);
    assert_page(p, "/a-summary.gmi", 20, "text/gemini; lang=en", NULL);
    assert_page(p, "/b.gmi", 20, "text/gemini; lang=de", NULL);
    assert_page(p, "/not-here.gmi", 20, "text/gemini; lang=en", NULL);
    assert_page(p, "/pic.png", 20, "image/png", "\x89PNG");
    assert_page(p, "/urls.txt", 20, "text/plain; charset=utf-8",
                "gemini://news.example/index.gmi\n"
                "gemini://news.example/b.gmi\n"
                "gemini://news.example/b-summary.gmi\n"
                "gemini://news.example/a.gmi\n"
                "gemini://news.example/a-summary.gmi\n"
                "gemini://news.example/not-here.gmi\n"
                "gemini://news.example/pic.png\n");
}

static void static_folders_have_pages_and_a_redirect(void **state)
{
    const struct place *p = *state;
    put(p, "static/docs/one.gmi", "# One\n");
    put(p, "static/own/index.gmi", "# Own\n");
    put(p, "static/.hidden", "x");
    put(p, "static/.well-known/x", "y");
    press(p);
    assert_page(p, "/docs", 31, "/docs/", "");
    assert_page(p, "/docs/", 20, "text/gemini",
                "# docs/\n\n=> ../ ↑ One folder up\n=> ./one.gmi one.gmi\n");
    assert_page(p, "/own/", 20, "text/gemini", "# Own\n");
    assert_false(has_page(p, "/.hidden"));
    assert_true(has_page(p, "/.well-known/x"));
}

static void an_own_front_page_moves_the_index(void **state)
{
    const struct place *p = *state;
    put(p, "articles/a.txt", "Title A\n\nText.\n");
    put(p, "static/index.gmi", "# Mine\n");
    press(p);
    assert_page(p, "/", 20, "text/gemini", "# Mine\n");
    assert_page(p, "/index.gmi", 20, "text/gemini", "# Mine\n");
    assert_page(p, "/archive.gmi", 20, "text/gemini", "# capsule\n\n=> a.gmi Title A\n");
    assert_page(p, "/a.gmi", 20, "text/gemini",
                "# Title A\n\n=> a-summary.gmi No time to read? Get a summary\n"
                "=> archive.gmi ← No previous article: all articles\n"
                "=> archive.gmi → No next article: all articles\n\nText.\n\n"
                "=> a-summary.gmi No time to read? Get a summary\n"
                "=> archive.gmi ← No previous article: all articles\n"
                "=> archive.gmi → No next article: all articles\n"
                "=> archive.gmi ↑ All articles\n");
}

static void a_placeholder_gives_way_to_its_article(void **state)
{
    const struct place *p = *state;
    put(p, "articles/a.txt", "Title A\n\nText.\n\nNext Article\nThe next one\n");
    press(p);
    assert_true(has_page(p, "/the-next-one.gmi"));
    put(p, "articles/z.txt", "The Next One!\n\nIts text.\n");
    press(p);
    assert_false(has_page(p, "/the-next-one.gmi"));
    assert_true(has_page(p, "/z.gmi"));
}

static void of_two_with_one_address_the_first_stays(void **state)
{
    const struct place *p = *state;
    put(p, "articles/a.txt", "First\n\nText.\n");
    put(p, "articles/b/a.txt", "Second\n\nText.\n");
    put(p, "articles/index.txt", "Third\n\nText.\n");
    put(p, "articles/page.txt", "Fourth\n\nText.\n");
    put(p, "static/page.gmi", "# Static\n");
    press(p);
    assert_page(p, "/", 20, "text/gemini", "# capsule\n\n=> a.gmi First\n");
    assert_page(p, "/page.gmi", 20, "text/gemini", "# Static\n");
}

static void nothing_to_serve_is_an_error_that_leaves_all_as_it_was(void **state)
{
    const struct place *p = *state;
    struct error e = {0};
    assert_int_equal(press_run(p->capsule, p->edition, "gemini://x/", NULL, &e), ST_FORMAT);
    assert_non_null(strstr(e.message, p->capsule));
    assert_int_not_equal(access(p->edition, F_OK), 0);
    put(p, "articles/a.txt", "Title A\n\nText.\n");
    press(p);
    put(p, "articles/a.txt", "\xff\xfe");
    assert_int_equal(press_run(p->capsule, p->edition, "gemini://x/", NULL, &e), ST_FORMAT);
    assert_true(has_page(p, "/a.gmi"));
    put(p, "capsule.conf", "title = \"x\"\nlanguage = \"not a tag\"\n");
    assert_int_equal(press_run(p->capsule, p->edition, "gemini://x/", NULL, &e), ST_SYNTAX);
    assert_int_equal(press_run("/nonexistent", p->edition, "gemini://x/", NULL, &e), ST_MISSING);
    assert_true(has_page(p, "/a.gmi"));
}

static void links_that_lead_out_are_not_followed(void **state)
{
    const struct place *p = *state;
    char at[256];
    put(p, "articles/a.txt", "Title A\n\nText.\n");
    put(p, "static/good.txt", "good");
    snprintf(at, sizeof at, "%s/static/out.txt", p->capsule);
    assert_int_equal(symlink("/etc/passwd", at), 0);
    snprintf(at, sizeof at, "%s/static/in.txt", p->capsule);
    assert_int_equal(symlink("good.txt", at), 0);
    snprintf(at, sizeof at, "%s/static/pipe", p->capsule);
    assert_int_equal(mkfifo(at, 0644), 0);
    press(p);
    assert_false(has_page(p, "/out.txt"));
    assert_false(has_page(p, "/pipe"));
    assert_page(p, "/in.txt", 20, "text/plain; charset=utf-8", "good");
}

static void what_is_in_static_wins_over_the_moved_index(void **state)
{
    const struct place *p = *state;
    put(p, "articles/a.txt", "Title A\n\nText.\n");
    put(p, "static/index.gmi", "# Mine\n");
    put(p, "static/archive.gmi", "# My archive\n");
    press(p);
    assert_page(p, "/archive.gmi", 20, "text/gemini", "# My archive\n");
}

static void a_folder_called_index_is_no_front_page(void **state)
{
    const struct place *p = *state;
    put(p, "articles/a.txt", "Title A\n\nText.\n");
    put(p, "static/index.gmi/x.txt", "x");
    press(p);
    assert_page(p, "/", 20, "text/gemini", "# capsule\n\n=> a.gmi Title A\n");
}

static void a_piece_that_is_left_out_leaves_its_addresses(void **state)
{
    const struct place *p = *state;
    put(p, "articles/a-summary.txt", "First\n\nText.\n");
    put(p, "articles/a.txt", "Second\n\nText.\n");
    put(p, "articles/b.txt", "Third\n\nText.\n\nNext Article\nA\n");
    press(p);
    assert_page(p, "/a.gmi", 20, "text/gemini", NULL); /* the page of the title "A" */
    assert_true(has_page(p, "/a-summary-summary.gmi"));
}

static void links_in_a_circle_multiply_nothing(void **state)
{
    const struct place *p = *state;
    char at[256];
    put(p, "static/a.txt", "a");
    snprintf(at, sizeof at, "%s/static/again", p->capsule);
    assert_int_equal(symlink(".", at), 0);
    press(p);
    assert_true(has_page(p, "/a.txt"));
    assert_false(has_page(p, "/again/a.txt"));
}

static void put_link(const struct place *p, const char *target, const char *path)
{
    char at[256];
    snprintf(at, sizeof at, "%s/%s", p->capsule, path);
    assert_int_equal(symlink(target, at), 0);
}

static void links_to_folders_give_more_addresses(void **state)
{
    const struct place *p = *state;
    put(p, "static/real/a.txt", "a");
    put(p, "static/real/deep/b.txt", "b");
    put(p, "static/z/c.txt", "c");
    put_link(p, "real", "static/alias"); /* before and behind the folder, in any order */
    put_link(p, "real", "static/zeal");
    put_link(p, "../z", "static/real/z");
    put_link(p, "../real", "static/z/real");
    put_link(p, "../..", "static/real/deep/top");
    press(p);
    static const char *const there[] = {
        "/real/a.txt", "/real/deep/b.txt",   "/alias/",  "/alias/a.txt", "/alias/deep/b.txt",
        "/zeal/a.txt", "/zeal/deep/b.txt",   "/z/c.txt", "/real/z/",     "/real/z/c.txt",
        "/z/real/",    "/z/real/deep/b.txt", "/z/real",
    };
    static const char *const not_there[] = {"/alias/z/", "/z/real/z/", "/real/deep/top/"};
    for (size_t i = 0; i < sizeof there / sizeof there[0]; i++)
        assert_true(has_page(p, there[i]));
    for (size_t i = 0; i < sizeof not_there / sizeof not_there[0]; i++)
        assert_false(has_page(p, not_there[i]));
}

static void hidden_files_have_no_page_by_any_way(void **state)
{
    const struct place *p = *state;
    put(p, "articles/.well-known/a.txt", "Title A\n\nText.\n");
    put(p, "static/.well-known/good.txt", "x");
    put(p, "static/.well-known/.hidden", "x");
    put(p, "static/sub/.well-known/x.txt", "x");
    put(p, "static/.git/config", "x");
    put(p, "static/sub/#x.txt#", "x");
    put(p, "static/sub/x.txt~", "x");
    put_link(p, ".git", "static/git");
    put_link(p, ".git/config", "static/config");
    put_link(p, "sub/x.txt~", "static/x.txt");
    put_link(p, ".well-known", "static/known");
    press(p);
    assert_true(has_page(p, "/.well-known/good.txt"));
    assert_true(has_page(p, "/known/good.txt"));
    static const char *const not_there[] = {
        "/a.gmi",           "/.well-known/.hidden",
        "/known/.hidden",   "/sub/.well-known/",
        "/.git/",           "/sub/.well-known/x.txt",
        "/sub/%23x.txt%23", "/sub/x.txt~",
        "/.git/config",     "/git/",
        "/git/config",      "/config",
        "/x.txt",
    };
    for (size_t i = 0; i < sizeof not_there / sizeof not_there[0]; i++)
        assert_false(has_page(p, not_there[i]));
    assert_page(p, "/sub/", 20, "text/gemini", "# sub/\n\n=> ../ ↑ One folder up\n");
}

static void a_file_called_well_known_is_hidden(void **state)
{
    const struct place *p = *state;
    put(p, "static/.well-known", "x");
    put(p, "static/a.txt", "x");
    press(p);
    assert_true(has_page(p, "/a.txt"));
    assert_false(has_page(p, "/.well-known"));
}

static void no_page_carries_control_characters(void **state)
{
    const struct place *p = *state;
    put(p, "capsule.conf", "title = \"Ne\x1b[31mws\xe2\x80\xae!\"\nlanguage = \"en\"\n");
    put(p, "articles/\x1b[31mevil-\xe2\x80\xaename.txt", "Only this.\n");
    press(p);
    assert_page(p, "/", 20, "text/gemini; lang=en",
                "# News!\n\n=> %1B%5B31mevil-%E2%80%AEname.gmi Evil name\n");
}

static void a_value_too_long_for_a_line_is_refused(void **state)
{
    const struct place *p = *state;
    char article[4096] = "---\nnext: ";
    memset(article + strlen(article), 'x', 2000);
    strcat(article, "\n---\nTitle\n\nText.\n");
    put(p, "articles/long.txt", article);
    put(p, "articles/a.txt", "Title A\n\nText.\n");
    press(p);
    assert_false(has_page(p, "/long.gmi"));
    assert_true(has_page(p, "/a.gmi"));
}

static void siblings_of_a_folder_are_not_in_its_listing(void **state)
{
    const struct place *p = *state;
    put(p, "static/a-b/x.txt", "x");
    put(p, "static/a/deep/y.txt", "y");
    put(p, "static/a/z.txt", "z");
    put(p, "static/a.txt", "t");
    put(p, "static/ab/x.txt", "x");
    press(p);
    assert_page(p, "/a/", 20, "text/gemini",
                "# a/\n\n=> ../ ↑ One folder up\n=> ./deep/ deep/\n=> ./z.txt z.txt\n");
}

static void a_piece_without_a_summary_has_one_page(void **state)
{
    const struct place *p = *state;
    put(p, "articles/a.txt",
        "---\nsummary: None\n---\nTitle A\n\nNo time to read?\nGet a summary\n\nText.\n");
    put(p, "articles/a-summary.txt", "---\nsummary: none\n---\nOf that name\n\nText.\n");
    put(p, "articles/b.txt", "Title B\n\nText.\n\nNext Article\nC summary\n");
    put(p, "articles/b.meta", "summary: none\n");
    put(p, "articles/c.txt", "---\nsummary: none\n---\nTitle C\n\nText.\n");
    put(p, "static/d-summary.gmi", "# Static\n");
    put(p, "articles/d.txt", "---\nsummary: none\n---\nTitle D\n\nText.\n");
    press(p);
    assert_page(p, "/a.gmi", 20, "text/gemini",
                "# Title A\n\n=> index.gmi ← No previous article: all articles\n"
                "=> a-summary.gmi → Next article: Of that name\n\nText.\n\n"
                "=> index.gmi ← No previous article: all articles\n"
                "=> a-summary.gmi → Next article: Of that name\n"
                "=> index.gmi ↑ All articles\n");
    assert_false(has_page(p, "/a-summary-summary.gmi"));
    assert_false(has_page(p, "/b-summary.gmi"));
    /* Its address goes to a piece that is known by its title, or to what the author put there. */
    assert_page(p, "/c-summary.gmi", 20, "text/gemini", NULL);
    assert_page(p, "/d-summary.gmi", 20, "text/gemini", "# Static\n");
    assert_page(p, "/urls.txt", 20, "text/plain; charset=utf-8",
                "gemini://news.example/index.gmi\n"
                "gemini://news.example/d.gmi\n"
                "gemini://news.example/c.gmi\n"
                "gemini://news.example/b.gmi\n"
                "gemini://news.example/a-summary.gmi\n"
                "gemini://news.example/a.gmi\n"
                "gemini://news.example/c-summary.gmi\n"
                "gemini://news.example/d-summary.gmi\n");
}

static void a_capsule_without_summaries_has_none_at_all(void **state)
{
    const struct place *p = *state;
    put(p, "capsule.conf", "title = \"News\"\nsummary = \"none\"\n");
    put(p, "articles/a.txt", "Title A\n\nText.\n");
    put(p, "articles/b.txt", "---\nsummary: In short.\n---\nTitle B\n\nText.\n");
    press(p);
    assert_page(p, "/urls.txt", 20, "text/plain; charset=utf-8",
                "gemini://news.example/index.gmi\n"
                "gemini://news.example/b.gmi\n"
                "gemini://news.example/a.gmi\n");
    assert_page(p, "/b.gmi", 20, "text/gemini",
                "# Title B\n\n=> a.gmi ← Previous article: Title A\n"
                "=> index.gmi → No next article: all articles\n\nText.\n\n"
                "=> a.gmi ← Previous article: Title A\n"
                "=> index.gmi → No next article: all articles\n"
                "=> index.gmi ↑ All articles\n");
}

static void what_lies_in_an_area_is_not_listed(void **state)
{
    const struct place *p = *state;
    char folder[] = "/%6dembers//";
    char page[] = "/a.gmi";
    char own[] = "/";
    char *areas[] = {folder, page, own};
    put(p, "articles/a.txt", "---\nsummary: In short.\n---\nTitle A\n\nText.\n");
    put(p, "articles/b.txt", "---\nsummary: None\n---\nTitle B\n\nText.\n");
    put(p, "static/members/one.gmi", "# One\n");
    put(p, "static/members/deep/two.gmi", "# Two\n");
    put(p, "static/members/name.txt", "in the area");
    put(p, "static/name.txt", "outside");
    put(p, "static/membership.gmi", "# How\n");
    press_with_areas(p, areas, 2);
    /* The name of a file that is not listed is free for another. */
    assert_page(p, "/urls.txt", 20, "text/plain; charset=utf-8",
                "gemini://news.example/index.gmi\n"
                "gemini://news.example/b.gmi\n"
                "gemini://news.example/membership.gmi\n"
                "gemini://news.example/name.txt\n");
    assert_page(p, "/a.gmi", 20, "text/gemini", NULL);
    assert_page(p, "/a-summary.gmi", 20, "text/gemini", NULL);
    assert_page(p, "/members/deep/two.gmi", 20, "text/gemini", "# Two\n");
    assert_page(p, "/index.gmi", 20, "text/gemini",
                "# capsule\n\n=> a.gmi Title A\n=> b.gmi Title B\n");
    press_with_areas(p, areas, 3);
    assert_page(p, "/urls.txt", 20, "text/plain; charset=utf-8", "");
}

static void a_bad_area_is_refused(void **state)
{
    const struct place *p = *state;
    char bad[] = "members";
    char *areas[] = {bad};
    const struct option_list list = {areas, 1};
    struct error e = {0};
    put(p, "articles/a.txt", "Title A\n\nText.\n");
    assert_int_equal(press_run(p->capsule, p->edition, "gemini://x/", &list, &e), ST_SYNTAX);
    assert_non_null(strstr(e.message, "area members: not the path of a URL"));
}

#define PRESS_TEST(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PRESS_TEST(writes_every_page_of_a_capsule),
        PRESS_TEST(static_folders_have_pages_and_a_redirect),
        PRESS_TEST(an_own_front_page_moves_the_index),
        PRESS_TEST(a_placeholder_gives_way_to_its_article),
        PRESS_TEST(of_two_with_one_address_the_first_stays),
        PRESS_TEST(nothing_to_serve_is_an_error_that_leaves_all_as_it_was),
        PRESS_TEST(links_that_lead_out_are_not_followed),
        PRESS_TEST(what_is_in_static_wins_over_the_moved_index),
        PRESS_TEST(a_folder_called_index_is_no_front_page),
        PRESS_TEST(a_piece_that_is_left_out_leaves_its_addresses),
        PRESS_TEST(links_in_a_circle_multiply_nothing),
        PRESS_TEST(no_page_carries_control_characters),
        PRESS_TEST(links_to_folders_give_more_addresses),
        PRESS_TEST(hidden_files_have_no_page_by_any_way),
        PRESS_TEST(a_file_called_well_known_is_hidden),
        PRESS_TEST(a_value_too_long_for_a_line_is_refused),
        PRESS_TEST(a_piece_without_a_summary_has_one_page),
        PRESS_TEST(a_capsule_without_summaries_has_none_at_all),
        PRESS_TEST(what_lies_in_an_area_is_not_listed),
        PRESS_TEST(a_bad_area_is_refused),
        PRESS_TEST(siblings_of_a_folder_are_not_in_its_listing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
