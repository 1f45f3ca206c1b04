/* What a prefix may be, and which addresses lie in its area. */
#include "edition/area.h"

#include "../support.h"

static struct error error;

struct cover_row {
    const char *name, *prefix, *path;
    bool expected;
};

static const struct cover_row cover_rows[] = {
    {"the folder", "/members", "/members/", true},
    {"the folder without its slash", "/members", "/members", true},
    {"a page in it", "/members", "/members/x.gmi", true},
    {"a folder in it", "/members", "/members/x/y/", true},
    {"nothing that begins alike", "/members", "/membership", false},
    {"nor with a dot", "/members", "/members.gmi", false},
    {"nor in capitals", "/members", "/Members/", false},
    {"nor above it", "/members", "/", false},
    {"nor elsewhere", "/members", "/x/members/", false},
    {"nor a summary of its name", "/members", "/members-summary.gmi", false},
    {"a page", "/one.gmi", "/one.gmi", true},
    {"its summary", "/one.gmi", "/one-summary.gmi", true},
    {"not another's", "/one.gmi", "/ones-summary.gmi", false},
    {"not another's that ends alike", "/one.gmi", "/x/one-summary.gmi", false},
    {"a summary alone", "/one-summary.gmi", "/one-summary.gmi", true},
    {"not the page of that summary", "/one-summary.gmi", "/one.gmi", false},
    {"nothing is below a page, or it is guarded", "/one.gmi", "/one.gmi/x", true},
    {"a page in a folder", "/a/one.gmi", "/a/one-summary.gmi", true},
    {"an index", "/n/index.gmi", "/n/index.gmi", true},
    {"an index at its folder's address", "/n/index.gmi", "/n/", true},
    {"not what is beside an index", "/n/index.gmi", "/n/x.gmi", false},
    {"nor the redirect to it", "/n/index.gmi", "/n", false},
    {"nor what is above an index", "/n/index.gmi", "/", false},
    {"the front page", "/index.gmi", "/index.gmi", true},
    {"the front page at the root", "/index.gmi", "/", true},
    {"not another's index", "/index.gmi", "/n/index.gmi", false},
    {"an escaped name", "/a%20b", "/a%20b/c", true},
    {"all of a capsule", "", "/x", true},
    {"its root", "", "/", true},
};

static void an_area_covers_what_lies_below_its_prefix(void **state)
{
    const struct cover_row *row = *state;
    assert_int_equal(area_covers(span_of(row->prefix), span_of(row->path)), row->expected);
}

struct prefix_row {
    const char *name, *prefix, *expected; /* NULL: refused */
};

static const struct prefix_row prefix_rows[] = {
    {"a folder", "/members/", "/members"},
    {"without its slash", "/members", "/members"},
    {"with more of them", "/members//", "/members"},
    {"the root", "/", ""},
    {"escapes", "/%6dembers/%7e", "/members/~"},
    {"a blank", "/a%20b", "/a%20b"},
    {"dot segments", "/a/../b/./", "/b"},
    {"no slash", "members/", NULL},
    {"nothing", "", NULL},
    {"a raw blank", "/a b", NULL},
    {"a query", "/a?b", NULL},
    {"a fragment", "/a#b", NULL},
    {"a broken escape", "/%zz", NULL},
    {"bytes over 0x7f", "/\xc3\xa4", NULL},
};

static void a_prefix_is_made_canonical(void **state)
{
    const struct prefix_row *row = *state;
    struct buf out;
    char shown[64];
    buf_init(&out, 4096);
    snprintf(shown, sizeof shown, "area %s: not the path of a URL", row->prefix);
    enum status status = area_canonical(row->prefix, &out, &error);
    assert_status(status, row->expected == NULL ? ST_SYNTAX : ST_OK, &error);
    if (row->expected != NULL)
        assert_span_equal(buf_span(&out), span_of(row->expected));
    else
        assert_contains(error.message, shown);
    buf_fini(&out);
}

static void a_prefix_is_appended(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 4096);
    buf_puts(&out, "/a/\n/");
    assert_status(area_canonical("/", &out, &error), ST_OK, &error);
    assert_status(area_canonical("/b/", &out, &error), ST_OK, &error);
    assert_span_equal(buf_span(&out), SPAN("/a/\n//b"));
    buf_fini(&out);
}

int main(void)
{
    struct suite s = {0};
    SUITE_ROWS(&s, an_area_covers_what_lies_below_its_prefix, cover_rows);
    SUITE_ROWS(&s, a_prefix_is_made_canonical, prefix_rows);
    SUITE_TEST(&s, a_prefix_is_appended);
    return suite_run(&s, "edition/area");
}
