/*
 * markdown: any Markdown becomes a page that is well made and tells nothing that it does not say.
 */
#include "importer.h"

#include "html/parse.h"
#include "html/tree.h"

#define REFERENCE_MAX 64 /* bytes: no name is longer */

/*
 * The letters of a source whose character references ("&eacute;") are decoded.  In HTML one needs
 * no ';', in Markdown it does, and in code there is none: what is written stays beside what is
 * meant.
 */
static void put_letters(struct span clean, struct buf *out)
{
    struct buf text;
    buf_init(&text, IMPORTER_CAP);
    size_t from = 0;
    for (size_t at = span_find(clean, 0, '&'); at < clean.n; at = span_find(clean, at + 1, '&')) {
        size_t end = at + 1;
        while (end < clean.n && end - at < REFERENCE_MAX &&
               (ascii_alpha(clean.p[end]) || ascii_digit(clean.p[end]) || clean.p[end] == '#'))
            end++;
        end += end < clean.n && clean.p[end] == ';';
        buf_put(&text, span_sub(clean, from, end));
        struct parse body;
        parse_fragment(&body, span_sub(clean, at, end));
        tree_put_text(body.root, &text);
        parse_fini(&body);
        from = end;
    }
    buf_put(&text, span_sub(clean, from, clean.n));
    gemtext_page_put_letters(buf_span(&text), out);
    buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    importer_check(fuzz_input(data, size), ARTICLE_MARKDOWN, (struct span){NULL, 0}, put_letters);
    return 0;
}
