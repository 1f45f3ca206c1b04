#include "html/guard.h"

#include <gumbo.h>

#include "../support.h"

/* A page: something in front, then something many times. */
struct row {
    const char *name, *front, *again;
    size_t times;
    const char *why; /* how its refusal ends; NULL when it passes */
};

#define DEEP "256 elements inside each other"
#define MANY " nodes in the tree"

static const struct row rows[] = {
    {"nothing", "", "", 0, NULL},
    {"deep enough for any page", "<body>", "<div>", 200, NULL},
    {"too deep", "<body>\n", "<div>", 300, DEEP},
    {"a deep list", "", "<ul><li>", 200, DEEP},
    {"a deep table", "", "<table><tr><td>", 300, DEEP},
    {"deep SVG", "<svg>", "<g>", 300, DEEP},
    {"deep MathML", "<math>", "<mrow>", 300, DEEP},
    {"closed in order", "", "<div><p><b>a</b></p></div>", 3000, NULL},
    {"items that end by themselves", "<ul>", "<li>a", 3000, NULL},
    {"paragraphs that end by themselves", "", "<p>a", 3000, NULL},
    {"definitions that end by themselves", "<dl>", "<dt>a<dd>b", 3000, NULL},
    {"cells that end by themselves", "<table>", "<tr><td>a<td>b", 3000, NULL},
    {"options that end by themselves", "<select>", "<option>a", 3000, NULL},
    {"fonts left open in cells", "<table>", "<tr><td><font color=red>a</td></tr>", 3000, NULL},
    {"bold left open in paragraphs", "", "<p><b>a</p>", 3000, NULL},
    {"spans left open in cells", "<table>", "<tr><td><span>a", 3000, NULL},
    {"void elements", "", "<br><img src=a><hr/><input>", 3000, NULL},
    {"closed SVG", "<svg>", "<path d='M0'/><g></g>", 3000, NULL},
    {"crossed tags", "", "<b><i>a</b></i>", 3000, NULL},
    {"item and definition end neither", "", "<li><dd>", 300, DEEP},
    {"end tag behind a paragraph", "", "<span><p></span></p>", 300, DEEP},
    {"end tag behind an object", "", "<div><object></div></object>", 300, DEEP},
    {"end tag in a table", "", "<div><table><td></div></table>", 300, DEEP},
    {"end tag in a select", "", "<div><select></div></select>", 300, DEEP},
    {"style in a select is none", "<select><style></select>", "<div>", 300, DEEP},
    {"title in SVG is markup", "<svg><title>", "<div>", 300, DEEP},
    {"style in SVG is markup", "<svg><style>", "<g>", 300, DEEP},
    {"a form that nobody closes", "", "<form><table><td></form></table></form>", 300, DEEP},
    {"formatting behind a marker that is left", "<marquee>",
     "x<object></marquee></marquee></marquee><marquee><b><marquee>", 300, MANY},
    {"ruby that may be closed", "<rb><ruby><rp>", "<rp></rb><rp>", 300, DEEP},
    {"tags in a comment", "<!--", "<div>", 1000, NULL},
    {"tags behind a comment", "<!-->", "<div>", 1000, DEEP},
    {"tags behind a comment of a dash", "<!--->", "<div>", 1000, DEEP},
    {"tags behind --!>", "<!-- --!>", "<div>", 1000, DEEP},
    {"tags in a script", "<script>", "<div>", 1000, NULL},
    {"tags in a script's script", "<script><!--<script></script>", "<div>", 1000, NULL},
    {"tags behind a script", "<script><!--<script>--></script>", "<div>", 1000, DEEP},
    {"tags in a title", "<title>", "<div>", 1000, NULL},
    {"tags in plain text", "<plaintext>", "</plaintext><div>", 1000, NULL},
    {"tags in an attribute", "<a title='", "<div>", 1000, NULL},
    {"tags behind attributes", "<a b=c' d>", "<div>", 1000, DEEP},
    {"tags in SVG's text", "<svg><![CDATA[>", "<div>", 1000, NULL},
    {"tags behind HTML's CDATA", "<![CDATA[>", "<div>", 1000, DEEP},
    {"attributes of the body", "", "<body a b c>", 100, "256 attributes of the page"},
    {"formatting for each block", "<b a=1><b a=2><b a=3><b a=4><b a=5>", "<p>a", 50000, MANY},
    {"formatting with attributes", "<b a b c d e f g h i j k l m n o p q>", "<p>", 50000, MANY},
    {"the same formatting thrice", "<b><b><b><b><b><b>", "<p>a", 3000, NULL},
    {"elements", "", "<br>", 500000, MANY},
    {"paragraphs without a start", "", "</p>", 500000, MANY},
};

static size_t depth_of(const GumboNode *node)
{
    size_t deepest = 0;
    size_t depth = 0;
    for (const GumboNode *at = node; at != NULL;) {
        const GumboVector *c = at->type == GUMBO_NODE_ELEMENT ? &at->v.element.children : NULL;
        deepest = depth > deepest ? depth : deepest;
        if (c != NULL && c->length > 0) {
            at = c->data[0];
            depth++;
            continue;
        }
        while (at != node && at->index_within_parent + 1 == at->parent->v.element.children.length) {
            at = at->parent;
            depth--;
        }
        at = at == node ? NULL : at->parent->v.element.children.data[at->index_within_parent + 1];
    }
    return deepest;
}

/* What passes is no deeper than the guard says. */
static void parse(struct span html)
{
    GumboOptions options = kGumboDefaultOptions;
    options.max_errors = 0;
    GumboOutput *out = gumbo_parse_with_options(&options, html.p, html.n);
    assert_in_range(depth_of(out->root), 0, 5 * GUARD_OPEN_MAX);
    gumbo_destroy_output(&options, out);
}

static void checks(void **state)
{
    const struct row *row = *state;
    struct buf page;
    struct error e = {.code = ST_OK};
    buf_init(&page, 4 << 20);
    buf_puts(&page, row->front);
    for (size_t i = 0; i < row->times; i++)
        buf_puts(&page, row->again);
    enum status status = guard_check(buf_span(&page), &e);
    assert_status(status, row->why == NULL ? ST_OK : ST_LIMIT, &e);
    if (row->why != NULL)
        assert_contains(e.message, row->why);
    else
        parse(buf_span(&page));
    buf_fini(&page);
}

static void names_the_line(void **state)
{
    (void)state;
    struct error e;
    struct buf page;
    buf_init(&page, 1 << 20);
    buf_puts(&page, "<p>\n\n<a");
    for (size_t i = 0; i < 257; i++)
        buf_puts(&page, " b\n");
    buf_puts(&page, ">");
    assert_status(guard_check(buf_span(&page), &e), ST_LIMIT, NULL);
    assert_string_equal(e.message, "line 3: more than 256 attributes in a tag");
    buf_fini(&page);
}

/* What is cut off anywhere is read to its end and no further. */
static void reads_what_is_cut_off(void **state)
{
    (void)state;
    static const char page[] =
        "<!DOCTYPE html><!-- a --><?b?><a b='c' d=\"e\" f=g h = "
        "i/></a><script><!--<script></script>"
        "--></script><svg><![CDATA[x]]><title>t</title></svg><title>a</title><p/>&amp;</x y>";
    for (size_t n = 0; n < sizeof page; n++) {
        char *copy = malloc(n + 1);
        assert_non_null(copy);
        memcpy(copy, page, n);
        assert_status(guard_check((struct span){copy, n}, NULL), ST_OK, NULL);
        free(copy);
    }
}

int main(void)
{
    struct suite suite = {.count = 0};
    SUITE_ROWS(&suite, checks, rows);
    SUITE_TEST(&suite, names_the_line);
    SUITE_TEST(&suite, reads_what_is_cut_off);
    return suite_run(&suite, "guard");
}
