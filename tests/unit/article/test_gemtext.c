#include "article/gemtext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void parts_blocks_and_keeps_runs(void **state)
{
    (void)state;
    struct buf out;
    struct gemtext g;
    buf_init(&out, 4096);
    gemtext_init(&g, &out);
    gemtext_heading(&g, 1, SPAN(" A  title\twith blanks "));
    gemtext_link(&g, SPAN("a.gmi"), SPAN("One\nlabel"));
    gemtext_link(&g, SPAN("b.gmi"), (struct span){NULL, 0});
    gemtext_text(&g, SPAN("Text."));
    gemtext_item(&g, 0, SPAN("one"));
    gemtext_item(&g, 0, SPAN("two"));
    gemtext_part(&g, GEMTEXT_GAP_APART);
    gemtext_item(&g, 0, SPAN("three"));
    gemtext_heading(&g, 2, SPAN("Part"));
    assert_string_equal(buf_str(&out), "# A title with blanks\n\n=> a.gmi One label\n=> b.gmi\n\n"
                                       "Text.\n\n* one\n* two\n\n* three\n\n## Part\n");
    buf_fini(&out);
}

static void disarms_markup_in_every_line_of_text(void **state)
{
    (void)state;
    struct buf out;
    struct gemtext g;
    buf_init(&out, 4096);
    gemtext_init(&g, &out);
    gemtext_text(&g, SPAN("=>a\n#b\n>c\n* d\n*e\n```\n``f\n=g"));
    assert_string_equal(buf_str(&out), " =>a\n #b\n >c\n * d\n*e\n ```\n``f\n=g\n");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_blocks_and_keeps_runs),
        cmocka_unit_test(disarms_markup_in_every_line_of_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
