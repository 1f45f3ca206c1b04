/*
 * jsonld: whatever a script holds, what comes out is clean text of one line, a date, a tag.
 */
#include "page.h"

#include "core/clock.h"
#include "html/jsonld.h"
#include "html/value.h"
#include "prose/lang.h"

static void check_line(struct span s, size_t most)
{
    MUST(s.p == NULL || (s.n > 0 && s.n <= most));
    page_check_one_line(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = fuzz_input(data, size);
    struct arena arena;
    struct jsonld out = {.title = {NULL, 0}};
    arena_init(&arena, (size_t)1 << 20);
    jsonld_read(in, &arena, &out);
    MUST(arena_status(&arena) == ST_OK);
    check_line(out.title, VALUE_MAX);
    check_line(out.author, VALUE_MAX);
    check_line(out.description, VALUE_PROSE_MAX);
    check_line(out.url, 4096);
    MUST(out.date.p == NULL || clock_is_date(out.date));
    MUST(out.lang.p == NULL || lang_is_tag(out.lang));

    struct jsonld again = out;
    jsonld_read(in, &arena, &again);
    MUST(memcmp(&again, &out, sizeof out) == 0 || out.title.p == NULL || out.author.p == NULL ||
         out.description.p == NULL || out.url.p == NULL || out.date.p == NULL ||
         out.lang.p == NULL); /* what is there stays as it is */
    arena_fini(&arena);
    return 0;
}
