/*
 * frontmatter: the block at the top of a text and a sidecar with the same lines say the same, and
 * what they say is fit to be shown.
 */
#include "page.h"

#include "article/clean.h"
#include "core/clock.h"
#include "import/frontmatter.h"
#include "prose/lang.h"

#define ARENA_MAX ((size_t)16 * 1024 * 1024)
#define FIELDS    10

static void fields_of(const struct document *doc, struct span fields[FIELDS])
{
    const struct span all[FIELDS] = {doc->title,    doc->date, doc->author,      doc->lang,
                                     doc->source,   doc->tags, doc->description, doc->summary,
                                     doc->previous, doc->next};
    memcpy(fields, all, sizeof all);
}

static void check_fields(const struct document *doc)
{
    struct span fields[FIELDS];
    fields_of(doc, fields);
    for (size_t i = 0; i < FIELDS; i++) {
        MUST(fields[i].p == NULL || fields[i].n > 0);
        page_check_one_line(fields[i]);
    }
    MUST(!doc->no_summary || doc->summary.p == NULL);
    MUST(doc->date.p == NULL || clock_is_date(doc->date));
    MUST(doc->lang.p == NULL || lang_is_tag(doc->lang));
}

/* The lines between the fences, read as a sidecar, give the same fields and the same verdict. */
static void check_as_sidecar(struct span inside, const struct document *doc, enum status expected)
{
    struct document other;
    struct error e = {.message = ""};
    struct span fields[FIELDS];
    struct span others[FIELDS];
    document_init(&other, ARENA_MAX);
    MUST(frontmatter_read_sidecar(inside, "fuzz.meta", &other, &e) == expected);
    fields_of(doc, fields);
    fields_of(&other, others);
    for (size_t i = 0; i < FIELDS; i++)
        MUST((fields[i].p == NULL) == (others[i].p == NULL) && span_eq(fields[i], others[i]));
    MUST(doc->no_summary == other.no_summary);
    document_fini(&other);
}

/* The front matter that ends where `rest` begins, without its fences. */
static struct span inside_of(struct span text, struct span rest)
{
    size_t start = span_find(text, 0, '\n') + 1;
    size_t end = text.n - rest.n;
    MUST(start < end);
    end -= text.p[end - 1] == '\n';
    while (text.p[end - 1] != '\n')
        end--;
    MUST(start < end);
    return span_sub(text, start, end);
}

/* No field is longer than its line on a page may be. */
static void check_lengths(const struct document *doc)
{
    MUST(doc->title.n <= 1000 && doc->previous.n <= 1000 && doc->next.n <= 1000);
    MUST(doc->author.n <= 1000 && doc->source.n <= 1000 && doc->tags.n <= 1000);
    MUST(doc->lang.n <= 35 && doc->summary.n <= 20000 && doc->description.n <= 20000);
}

static void check_block(struct span text)
{
    struct document doc;
    struct error e = {.message = ""};
    struct span rest = {0};
    document_init(&doc, ARENA_MAX);
    enum status status = frontmatter_read(text, "fuzz", &doc, &rest, &e);
    MUST(status == ST_OK || status == ST_SYNTAX || status == ST_LIMIT);
    MUST(fuzz_inside(rest, text) && (rest.n == 0 || rest.p + rest.n == text.p + text.n));
    check_fields(&doc);
    check_lengths(&doc);
    if (status != ST_OK) {
        MUST(strncmp(e.message, "fuzz: line ", 11) == 0);
    } else if (rest.n == text.n) {
        struct span fields[FIELDS];
        fields_of(&doc, fields);
        for (size_t i = 0; i < FIELDS; i++)
            MUST(fields[i].p == NULL);
        MUST(!doc.no_summary);
    } else {
        MUST(span_eq(utf8_trim(span_sub(text, 0, span_find(text, 0, '\n'))), SPAN("---")));
        check_as_sidecar(inside_of(text, rest), &doc, ST_OK);
    }
    document_fini(&doc);
}

static void check_sidecar(struct span text)
{
    struct document doc;
    struct error e = {.message = ""};
    document_init(&doc, ARENA_MAX);
    enum status status = frontmatter_read_sidecar(text, "fuzz.meta", &doc, &e);
    MUST(status == ST_OK || status == ST_SYNTAX || status == ST_LIMIT);
    MUST(status == ST_OK || strncmp(e.message, "fuzz.meta: line ", 16) == 0);
    check_fields(&doc);
    check_lengths(&doc);
    document_fini(&doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text;
    struct error e;
    buf_init(&text, size * 3 + 1);
    if (clean_text(fuzz_input(data, size), "fuzz", &text, &e) == ST_OK) {
        char *copy = fuzz_copy(buf_span(&text));
        check_block((struct span){copy, text.n});
        check_sidecar((struct span){copy, text.n});
        free(copy);
    }
    buf_fini(&text);
    return 0;
}
