/*
 * html: any web page becomes a page that is well made and tells nothing that it does not say.
 */
#include "importer.h"

#include "html/parse.h"
#include "html/tree.h"

/* What a page may say outside its text. */
static void put_attributes(const GumboNode *node, struct buf *text)
{
    static const char *const names[] = {"alt", "title", "content", "aria-label", "datetime"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        buf_put(text, tree_attribute(node, names[i]));
        buf_putc(text, ' ');
    }
}

/* The letters of all text of the page, and before it those of its attributes, for what they say is
 * told anywhere. */
static void put_letters(struct span clean, struct buf *out)
{
    struct parse tree; /* in an arena: gumbo forgets some tokens that it drops */
    struct buf text;
    buf_init(&text, IMPORTER_CAP);
    parse_page(&tree, clean);
    for (const GumboNode *n = tree.root; n != NULL; n = tree_next(tree.root, n, true))
        put_attributes(n, &text);
    for (const GumboNode *n = tree.root; n != NULL; n = tree_next(tree.root, n, true))
        buf_put(&text, tree_text_of(n));
    parse_fini(&tree);
    gemtext_page_put_letters(buf_span(&text), out);
    buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    importer_check(fuzz_input(data, size), ARTICLE_HTML, SPAN("https://example.org/a/b"),
                   put_letters);
    return 0;
}
