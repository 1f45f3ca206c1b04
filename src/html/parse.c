#include "html/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#define PARSE_ALIGN sizeof(void *) /* nothing that gumbo allocates asks for more */

static void *parse_allocate(void *arena, size_t n)
{
    /* All sizes are rounded up, so that what comes next is aligned too. */
    void *p = arena_bytes(arena, (n + PARSE_ALIGN - 1) / PARSE_ALIGN * PARSE_ALIGN);
    if (p == NULL) {
        fputs("broadsheet: out of memory\n", stderr);
        exit(EX_TEMPFAIL);
    }
    return p;
}

static void parse_free(void *arena, void *p)
{
    (void)arena;
    (void)p;
}

static void parse_run(struct parse *p, struct span html, GumboTag context)
{
    GumboOptions options = kGumboDefaultOptions;
    options.max_errors = 0; /* each note of one would hold all open elements */
    options.fragment_context = context;
    options.allocator = parse_allocate;
    options.deallocator = parse_free;
    options.userdata = &p->arena;
    arena_init(&p->arena, SIZE_MAX);
    p->root = gumbo_parse_with_options(&options, html.p == NULL ? "" : html.p, html.n)->root;
}

void parse_page(struct parse *p, struct span html)
{
    parse_run(p, html, GUMBO_TAG_LAST);
}

void parse_fragment(struct parse *p, struct span html)
{
    parse_run(p, html, GUMBO_TAG_BODY);
}

void parse_fini(struct parse *p)
{
    arena_fini(&p->arena);
}
