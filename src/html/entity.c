#include "html/entity.h"

#include "html/parse.h"
#include "html/tree.h"

#define ENTITY_NAME_MAX 34 /* "&CounterClockwiseContourIntegral;" */

struct entity_row {
    const char *name, *text;
};

/* Those that pages are full of; the others are asked of gumbo. */
static const struct entity_row entity_rows[] = {
    {"&amp;", "&"},         {"&lt;", "<"},    {"&gt;", ">"},     {"&quot;", "\""}, {"&apos;", "'"},
    {"&nbsp;", "\xc2\xa0"}, {"&ndash;", "–"}, {"&mdash;", "—"},  {"&lsquo;", "‘"}, {"&rsquo;", "’"},
    {"&ldquo;", "“"},       {"&rdquo;", "”"}, {"&hellip;", "…"}, {"&laquo;", "«"}, {"&raquo;", "»"},
    {"&shy;", "\xc2\xad"},  {"&copy;", "©"},  {"&eacute;", "é"},
};

/* Length of the reference that text begins with, its semicolon included; 0 when there is none. */
static size_t entity_length(struct span text)
{
    size_t i = 1;
    while (i < text.n && i < ENTITY_NAME_MAX &&
           (ascii_alpha(text.p[i]) || ascii_digit(text.p[i]) || (i == 1 && text.p[i] == '#')))
        i++;
    return i > 1 && i < text.n && text.p[i] == ';' ? i + 1 : 0;
}

/* Ask gumbo: the text of a body that holds nothing else. */
static void entity_ask(struct span reference, struct buf *out)
{
    struct parse body;
    parse_fragment(&body, reference);
    tree_put_text(body.root, out);
    parse_fini(&body);
}

static void entity_put(struct span reference, struct buf *out)
{
    for (size_t i = 0; i < sizeof entity_rows / sizeof entity_rows[0]; i++) {
        if (span_eq(reference, span_of(entity_rows[i].name))) {
            buf_puts(out, entity_rows[i].text);
            return;
        }
    }
    entity_ask(reference, out);
}

void entity_decode(struct span text, struct buf *out)
{
    for (size_t at = 0; at < text.n;) {
        size_t end = span_find(text, at, '&');
        buf_put(out, span_sub(text, at, end));
        struct span rest = span_sub(text, end, text.n);
        size_t length = rest.n > 0 ? entity_length(rest) : 0;
        if (length > 0)
            entity_put(span_sub(rest, 0, length), out);
        else
            buf_put(out, span_sub(rest, 0, 1));
        at = end + (length > 0 ? length : 1);
    }
}
