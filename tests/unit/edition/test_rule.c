#include "edition/rule.h"

#include "page.h"

static void add(struct rule_set *set, char mark, const char *path, const char *meta)
{
    const struct rule rule = {.mark = mark,
                              .path = span_of(path),
                              .status = mark == RULE_QUESTION_MARK ? 10 : 30,
                              .meta = span_of(meta)};
    assert_status(rule_set_add(set, &rule), ST_OK, NULL);
}

struct find_row {
    const char *name;
    const char *path;
    const char *question; /* what is found, NULL: nothing */
    const char *prefix;
};

static const struct find_row find_rows[] = {
    {"an address that begins like none", "/b", NULL, NULL},
    {"an address that begins like one", "/a/x", NULL, "one"},
    {"the beginning itself", "/a/", NULL, "one"},
    {"less than the beginning", "/a", NULL, NULL},
    {"the longest wins", "/a/b/c", NULL, "three"},
    {"the second longest", "/a/bc", NULL, "two"},
    {"two of one length", "/z/y", NULL, "four"},
    {"an absent path", NULL, NULL, NULL},
    {"a question", "/ask", "first", NULL},
    {"another question", "/a/ask", "second", "one"},
    {"a question is asked at one address", "/ask/", NULL, NULL},
};

static void rules_are_found(void **state)
{
    const struct find_row *row = *state;
    struct rule_set set;
    rule_set_init(&set);
    assert_null(rule_set_prefix(&set, span_of(row->path)));
    assert_null(rule_set_question(&set, span_of(row->path)));
    add(&set, RULE_PREFIX_MARK, "/a/", "one");
    add(&set, RULE_QUESTION_MARK, "/ask", "first");
    add(&set, RULE_PREFIX_MARK, "/a/b/", "three");
    add(&set, RULE_PREFIX_MARK, "/z/", "four");
    add(&set, RULE_PREFIX_MARK, "/a/b", "two");
    add(&set, RULE_QUESTION_MARK, "/a/ask", "second");
    rule_set_sort(&set);
    const struct rule *question = rule_set_question(&set, span_of(row->path));
    const struct rule *prefix = rule_set_prefix(&set, span_of(row->path));
    assert_true((question == NULL) == (row->question == NULL));
    assert_true((prefix == NULL) == (row->prefix == NULL));
    if (question != NULL)
        assert_span_equal(question->meta, span_of(row->question));
    if (prefix != NULL)
        assert_span_equal(prefix->meta, span_of(row->prefix));
    rule_set_fini(&set);
}

static void a_set_has_an_end(void **state)
{
    (void)state;
    struct rule_set set;
    char path[16];
    rule_set_init(&set);
    for (int i = 0; i < RULE_SET_MAX; i++) {
        snprintf(path, sizeof path, "/%d/", i);
        add(&set, RULE_PREFIX_MARK, path, path);
    }
    const struct rule more = {.mark = RULE_PREFIX_MARK, .path = SPAN("/x/"), .meta = SPAN("/x")};
    assert_status(rule_set_add(&set, &more), ST_LIMIT, NULL);
    rule_set_sort(&set);
    for (int i = 0; i < RULE_SET_MAX; i++) {
        snprintf(path, sizeof path, "/%d/", i);
        assert_span_equal(rule_set_prefix(&set, span_of(path))->meta, span_of(path));
    }
    rule_set_fini(&set);
}

struct fill_row {
    const char *name;
    const char *target, *rest;
    const char *filled; /* NULL: refused */
};

static const struct fill_row fill_rows[] = {
    {"a target without a place for it", "/x", "rest", "/x"},
    {"a rest at the end", "/x/*", "a/b", "/x/a/b"},
    {"a rest in the middle", "/x/*.gmi", "a", "/x/a.gmi"},
    {"no rest", "/x/*", "", "/x/"},
    {"only the first * is the place", "/*/b*", "a*", "/a*/b*"},
    {"a rest in a query", "/x?*", "../..", "/x?../.."},
    {"a rest on another host", "gemini://a.example/*", "/b", "gemini://a.example//b"},
    {"slashes inside", "/x*", "//y", "/x//y"},
    {"another host", "/*", "/evil.example/", NULL},
    {"another host in a target of nothing", "*", "//evil.example/", NULL},
    {"up a folder", "/x/*", "..", NULL},
    {"up a folder and down", "/x/*", "../y", NULL},
    {"up from the middle", "/x/*/y", "a/..", NULL},
    {"dots that the target completes", "/x/.*", ".", NULL},
    {"dots that the target completes, escaped", "/x/%2e*", "%2E", NULL},
    {"here", "/x/*", ".", NULL},
    {"up on another host", "gemini://a.example/x/*", "..", NULL},
    {"three dots are a name", "/x/*", "...", "/x/..."},
    {"dots in a name", "/x/*", "a..b", "/x/a..b"},
};

static void targets_are_filled(void **state)
{
    const struct fill_row *row = *state;
    struct buf out;
    buf_init(&out, 4096);
    buf_puts(&out, "//../");
    enum status status = rule_fill(span_of(row->target), span_of(row->rest), &out);
    assert_status(status, row->filled == NULL ? ST_SYNTAX : ST_OK, NULL);
    if (row->filled != NULL)
        assert_span_equal(span_sub(buf_span(&out), 5, out.n), span_of(row->filled));
    buf_fini(&out);
}

static void a_target_has_the_length_of_a_meta(void **state)
{
    (void)state;
    char rest[GEMINI_META_MAX + 1];
    struct buf out;
    buf_init(&out, 4096);
    memset(rest, 'a', sizeof rest);
    struct span fits = {rest, GEMINI_META_MAX - 1};
    assert_status(rule_fill(SPAN("/*"), fits, &out), ST_OK, NULL);
    assert_int_equal(out.n, GEMINI_META_MAX);
    buf_clear(&out);
    fits.n++;
    assert_status(rule_fill(SPAN("/*"), fits, &out), ST_LIMIT, NULL);
    buf_fini(&out);
}

static void put_row(struct edition_writer *w, const char *path, int status, const char *meta,
                    const char *body)
{
    const struct edition_page page = {
        .path = span_of(path), .status = status, .meta = span_of(meta), .body = span_of(body)};
    assert_status(edition_put_page(w, &page, &error), ST_OK, &error);
}

static void a_reader_has_the_rules_of_its_edition(void **state)
{
    (void)state;
    struct edition_writer *w = begin();
    put_row(w, "/", 20, "text/gemini", "x");
    put_row(w, "/old", 30, "/new", "");
    put_row(w, "?/go", 11, "Where to?", "/*.gmi");
    put_row(w, "?/", 10, "Who?", "");
    put_row(w, "*/drafts/", 52, "Gone", "");
    assert_status(edition_commit(w, &error), ST_OK, &error);
    struct edition *ed = open_edition();
    const struct rule_set *rules = edition_rules(ed);
    assert_int_equal(rules->count, 3);
    const struct rule *rule = rule_set_question(rules, SPAN("/go"));
    assert_int_equal(rule->status, 11);
    assert_span_equal(rule->target, SPAN("/*.gmi"));
    assert_null(rule_set_question(rules, SPAN("/"))->target.p);
    assert_int_equal(rule_set_prefix(rules, SPAN("/drafts/x"))->status, 52);
    assert_null(rule_set_prefix(rules, SPAN("/old")));
    edition_release(ed);
}

struct bad_row {
    const char *name;
    const char *path;
    int status;
    const char *meta;
};

static const struct bad_row bad_rows[] = {
    {"a key without a mark is damage", "drafts/", 52, "Gone"},
    {"an empty key is damage", "", 52, "Gone"},
    {"a question that redirects is damage", "?/go", 30, "/x"},
    {"a page for many is damage", "*/x/", 20, "text/gemini"},
    {"a rule that says nothing is damage", "*/x/", 30, ""},
};

static void a_rule_that_is_none_is_damage(void **state)
{
    const struct bad_row *row = *state;
    struct edition *ed = NULL;
    struct edition_writer *w = begin();
    put_row(w, row->path, row->status, row->meta, "");
    assert_status(edition_commit(w, &error), ST_OK, &error);
    assert_status(edition_open(path_of_edition(), &ed, &error), ST_FORMAT, &error);
    assert_contains(error.message, "edition.db: damaged: its rules");
}

static void too_many_rules_are_damage(void **state)
{
    (void)state;
    struct edition *ed = NULL;
    struct edition_writer *w = begin();
    char path[16];
    for (int i = 0; i <= RULE_SET_MAX; i++) {
        snprintf(path, sizeof path, "*/%d/", i);
        put_row(w, path, 52, "Gone", "");
    }
    assert_status(edition_commit(w, &error), ST_OK, &error);
    assert_status(edition_open(path_of_edition(), &ed, &error), ST_FORMAT, &error);
}

int main(void)
{
    static struct suite s = {.setup = folder_make, .teardown = folder_remove};
    SUITE_ROWS(&s, rules_are_found, find_rows);
    SUITE_TEST(&s, a_set_has_an_end);
    SUITE_ROWS(&s, targets_are_filled, fill_rows);
    SUITE_TEST(&s, a_target_has_the_length_of_a_meta);
    SUITE_TEST(&s, a_reader_has_the_rules_of_its_edition);
    SUITE_ROWS(&s, a_rule_that_is_none_is_damage, bad_rows);
    SUITE_TEST(&s, too_many_rules_are_damage);
    return suite_run(&s, "edition/rule");
}
