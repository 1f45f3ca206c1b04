/*
 * config: any text is read or refused with a message; what is written down reads back the same;
 * and a bad file leaves nothing behind that spoils the next one.
 */
#include "fuzz.h"

#include <stddef.h>

#include "config/option.h"

#define CAP ((size_t)16 * 1024 * 1024)

struct inner {
    char *name;
    long size;
};

struct outer {
    char *name;
    char *folder;
    struct option_list names;
    struct option_sections inner;
};

struct values {
    char *title;
    char *only; /* for the command line alone */
    struct option_list names;
    long workers;
    struct option_sections outer;
};

static const struct option_row inner_rows[] = {
    {.name = "size",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct inner, size),
     .initial = "2",
     .min = 1,
     .max = 3},
};

static const struct option_section inner_section = {sizeof(struct inner),
                                                    offsetof(struct inner, name), inner_rows,
                                                    sizeof inner_rows / sizeof inner_rows[0]};

static const struct option_row outer_rows[] = {
    {.name = "folder", .type = OPTION_STRING, .offset = offsetof(struct outer, folder)},
    {.name = "names",
     .type = OPTION_LIST,
     .offset = offsetof(struct outer, names),
     .initial = "one"},
    {.name = "inner",
     .type = OPTION_SECTIONS,
     .offset = offsetof(struct outer, inner),
     .section = &inner_section},
};

static const struct option_section outer_section = {sizeof(struct outer),
                                                    offsetof(struct outer, name), outer_rows,
                                                    sizeof outer_rows / sizeof outer_rows[0]};

static const struct option_row rows[] = {
    {.name = "title", .type = OPTION_STRING, .offset = offsetof(struct values, title)},
    {.name = "only",
     .command_line_only = true,
     .type = OPTION_STRING,
     .offset = offsetof(struct values, only)},
    {.name = "names",
     .type = OPTION_LIST,
     .offset = offsetof(struct values, names),
     .initial = "one,two"},
    {.name = "workers",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct values, workers),
     .initial = "0",
     .min = -5,
     .max = 256},
    {.name = "outer",
     .type = OPTION_SECTIONS,
     .offset = offsetof(struct values, outer),
     .section = &outer_section},
};

#define ROWS (sizeof rows / sizeof rows[0])

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void check_same_list(const struct option_list *a, const struct option_list *b)
{
    MUST(a->count == b->count && (a->items == NULL) == (b->items == NULL));
    for (size_t i = 0; i < a->count; i++)
        MUST(same(a->items[i], b->items[i]));
}

static void check_same(const struct values *a, const struct values *b)
{
    MUST(same(a->title, b->title));
    MUST(a->workers == b->workers);
    check_same_list(&a->names, &b->names);
    MUST(a->outer.count == b->outer.count);
    for (size_t i = 0; i < a->outer.count; i++) {
        const struct outer *one = (const struct outer *)a->outer.items + i;
        const struct outer *other = (const struct outer *)b->outer.items + i;
        MUST(same(one->name, other->name) && same(one->folder, other->folder));
        check_same_list(&one->names, &other->names);
        MUST(one->inner.count == other->inner.count);
        for (size_t k = 0; k < one->inner.count; k++) {
            const struct inner *below = (const struct inner *)one->inner.items + k;
            const struct inner *beside = (const struct inner *)other->inner.items + k;
            MUST(same(below->name, beside->name) && below->size == beside->size);
        }
    }
}

/* Sections have their title, which no other has, and their defaults. */
static void check_sections(const struct option_sections *outer)
{
    for (size_t i = 0; i < outer->count; i++) {
        const struct outer *section = (const struct outer *)outer->items + i;
        MUST(section->name != NULL);
        MUST(section->names.count > 0);
        for (size_t k = 0; k < i; k++)
            MUST(!same(((const struct outer *)outer->items)[k].name, section->name));
        for (size_t k = 0; k < section->inner.count; k++) {
            const struct inner *below = (const struct inner *)section->inner.items + k;
            MUST(below->name != NULL && below->size >= 1 && below->size <= 3);
        }
    }
}

static void check_values(const struct values *v)
{
    MUST(v->only == NULL);
    MUST(v->workers >= -5 && v->workers <= 256);
    for (size_t i = 0; i < v->names.count; i++)
        MUST(v->names.items[i] != NULL);
    check_sections(&v->outer);
}

/* Write the values, read them, write them again: same values, same bytes. */
static void check_round_trip(const struct options *o, const struct values *v)
{
    struct values other = {0};
    struct options options;
    struct buf first;
    struct buf second;
    struct error e = {.message = ""};
    buf_init(&first, CAP);
    buf_init(&second, CAP);
    options_init(&options, rows, ROWS, &other);
    options_write(o, &first);
    MUST(options_read_text(&options, "written", buf_str(&first), &e) == ST_OK);
    check_same(v, &other);
    options_write(&options, &second);
    MUST(span_eq(buf_span(&first), buf_span(&second)));
    options_fini(&options);
    buf_fini(&first);
    buf_fini(&second);
}

static void check_text(const char *text)
{
    struct values v = {0};
    struct options options;
    struct error e = {.message = ""};
    options_init(&options, rows, ROWS, &v);
    enum status status = options_read_text(&options, "fuzz", text, &e);
    MUST(status == ST_OK || status == ST_SYNTAX);
    check_values(&v);
    if (status == ST_OK) {
        check_round_trip(&options, &v);
        MUST(options_read_defaults(&options, &e) == ST_OK);
        check_values(&v);
        check_round_trip(&options, &v);
    } else {
        MUST(strncmp(e.message, "fuzz: ", 6) == 0);
    }
    options_fini(&options);
}

/* A good file, whatever was read before it. */
static void check_good(void)
{
    static const char good[] = "# a comment\ntitle = 'It\\'s \\\\ good'\n"
                               "names = {\"a\", b}\nworkers = 3\n"
                               "outer x { inner y { size = 3 } }\n";
    struct values v = {0};
    struct options options;
    struct error e = {.message = ""};
    options_init(&options, rows, ROWS, &v);
    MUST(options_read_text(&options, "good", good, &e) == ST_OK);
    MUST(same(v.title, "It's \\ good") && v.workers == 3 && v.names.count == 2);
    MUST(same(v.names.items[0], "a") && same(v.names.items[1], "b"));
    MUST(v.outer.count == 1 && ((const struct outer *)v.outer.items)->inner.count == 1);
    options_fini(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    MUST(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_text(text);
    check_good();
    free(text);
    return 0;
}
