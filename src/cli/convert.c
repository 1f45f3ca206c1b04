#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "import/article.h"
#include "log/log.h"
#include "press/kind.h"
#include "press/piece.h"

#define CONVERT_OUT_MAX     ((size_t)256 * 1024 * 1024)
#define CONVERT_SUMMARY_MAX 10000 /* sentences or words */

enum convert_view { VIEW_BODY, VIEW_ARTICLE, VIEW_SUMMARY, VIEW_META, VIEW_COUNT };

static const char *const convert_views[VIEW_COUNT] = {"body", "article", "summary", "meta"};

struct convert_args {
    char *format;
    char *view;
    char *base_url;
    bool wrapped;
    long sentences; /* 0: not said, likewise the next */
    long words;
};

/* What is asked for. */
struct convert {
    const char *file;
    const char *name; /* how messages name it */
    bool detect;      /* the format is not told */
    enum article_format format;
    enum convert_view view;
    struct span base_url;
    bool wrapped;
    struct summary_options summary;
};

#define FIELD(name) offsetof(struct convert_args, name)

const struct option_row cli_convert_options[] = {
    {.name = "format",
     .type = OPTION_STRING,
     .offset = FIELD(format),
     .placeholder = "FORMAT",
     .initial = "auto",
     .help = "what FILE is: auto (by its name, else its content), text, html, markdown or gemtext"},
    {.name = "base-url",
     .type = OPTION_STRING,
     .offset = FIELD(base_url),
     .placeholder = "URL",
     .help = "where FILE was published: relative links lead from there"},
    {.name = "wrapped",
     .type = OPTION_FLAG,
     .offset = FIELD(wrapped),
     .help = "of text: its lines were wrapped at a width, however long they are"},
    {.name = "view",
     .type = OPTION_STRING,
     .offset = FIELD(view),
     .placeholder = "VIEW",
     .initial = "body",
     .help = "body (title and text), article (the page with its links), summary or meta"},
    {.name = "sentences",
     .type = OPTION_NUMBER,
     .offset = FIELD(sentences),
     .placeholder = "N",
     .min = 1,
     .max = CONVERT_SUMMARY_MAX,
     .help = "of --view summary: choose at most N sentences (of 400 that are looked at), however"
             " long; what its author or page says of it is left as it is"},
    {.name = "words",
     .type = OPTION_NUMBER,
     .offset = FIELD(words),
     .placeholder = "N",
     .min = 1,
     .max = CONVERT_SUMMARY_MAX,
     .help = "of --view summary: choose sentences of at most N words together; likewise"},
};

const size_t cli_convert_options_count = sizeof cli_convert_options / sizeof cli_convert_options[0];

/* A document alone: its neighbours are known by their titles. */
static void convert_neighbour(struct piece *p, struct span title, struct pages_neighbour *side)
{
    if (title.n > 0)
        *side = (struct pages_neighbour){title, piece_href_of_title(p, title)};
}

static void convert_fact(struct buf *out, const char *key, struct span value)
{
    if (value.p == NULL)
        return;
    buf_putf(out, "%s: ", key);
    buf_put(out, value);
    buf_putc(out, '\n');
}

/* `key: value` lines, as front matter has them. */
static void convert_meta(const struct document *doc, enum article_format format, struct buf *out)
{
    convert_fact(out, "title", doc->title);
    convert_fact(out, "author", doc->author);
    convert_fact(out, "date", doc->date);
    convert_fact(out, "lang", doc->lang);
    convert_fact(out, "description", doc->description);
    convert_fact(out, "previous", doc->previous);
    convert_fact(out, "next", doc->next);
    convert_fact(out, "source", doc->source);
    buf_putf(out, "words: %zu\n", document_words(doc));
    convert_fact(out, "format", span_of(format_name(format)));
    convert_fact(out, "charset", doc->charset);
}

/* A page with links: what the capsule would serve. */
static enum status convert_page(const struct convert *c, struct piece *p, struct buf *out,
                                struct error *e)
{
    enum status status = piece_prepare(p, article_stem(p->source), c->summary, e);
    if (status != ST_OK)
        return status;
    if (c->view == VIEW_SUMMARY && p->page.no_summary)
        return error_set(e, ST_MISSING, 0, "%s: the article wants no summary", c->name);
    convert_neighbour(p, p->doc.previous, &p->page.previous);
    convert_neighbour(p, p->doc.next, &p->page.next);
    if (c->view == VIEW_SUMMARY)
        pages_summary(&p->page, out);
    else
        pages_article(&p->page, out);
    return ST_OK;
}

static enum status convert_write(const struct convert *c, struct piece *p, struct buf *out,
                                 struct error *e)
{
    enum status status = ST_OK;
    if (c->view == VIEW_BODY)
        pages_body(&p->doc, out);
    else if (c->view == VIEW_META)
        convert_meta(&p->doc, c->format, out);
    else
        status = convert_page(c, p, out, e);
    if (status == ST_OK && buf_status(out) != ST_OK)
        status = error_set(e, buf_status(out), 0, "%s: too large", c->name);
    return status;
}

/* Is the source text, and in which format? */
static enum status convert_detect(struct convert *c, struct span bytes, struct error *e)
{
    struct mediatype *types = NULL;
    enum status status = mediatype_open(&types, e);
    if (status == ST_OK)
        status = kind_check(types, c->name, bytes, e);
    if (status == ST_OK && c->detect)
        c->format = kind_find(types, span_of(c->file), bytes);
    mediatype_close(types);
    return status;
}

/* Nothing goes out before everything is good. */
static enum status convert_run(struct convert *c, struct error *e)
{
    bool input = strcmp(c->file, "-") == 0;
    c->name = input ? "standard input" : c->file;
    struct buf bytes;
    struct buf out;
    struct piece p = {.source = input ? SPAN("stdin") : span_of(c->file)};
    struct article_source source = {
        .name = c->name, .base_url = c->base_url, .wrapped = c->wrapped};
    buf_init(&bytes, ARTICLE_TEXT_MAX);
    buf_init(&out, CONVERT_OUT_MAX);
    document_init(&p.doc, ARTICLE_ARENA_MAX);
    enum status status =
        input ? file_read_fd(STDIN_FILENO, source.name, &bytes, e) : file_read(c->file, &bytes, e);
    source.bytes = buf_span(&bytes);
    if (status == ST_OK)
        status = convert_detect(c, source.bytes, e);
    source.format = c->format;
    if (status == ST_OK)
        status = article_read(&source, &p.doc, e);
    buf_fini(&bytes);
    if (status == ST_OK)
        status = convert_write(c, &p, &out, e);
    if (status == ST_OK)
        status = cli_print(&out, e);
    piece_fini(&p);
    buf_fini(&out);
    return status;
}

/* The view and what is asked of it. */
static bool convert_read_view(const struct convert_args *args, struct convert *c)
{
    for (c->view = VIEW_BODY; c->view < VIEW_COUNT; c->view++) {
        if (strcmp(args->view, convert_views[c->view]) == 0)
            break;
    }
    if (c->view == VIEW_COUNT) {
        log_line(LOG_ERROR, "convert: --view %s: not body, article, summary or meta", args->view);
        return false;
    }
    c->summary = (struct summary_options){.sentences = (size_t)args->sentences,
                                          .words = (size_t)args->words};
    if (c->view != VIEW_SUMMARY && (args->sentences != 0 || args->words != 0)) {
        log_line(LOG_ERROR, "convert: --%s is for --view summary only",
                 args->sentences != 0 ? "sentences" : "words");
        return false;
    }
    return true;
}

/* What the options ask for; false after telling which makes no sense. */
static bool convert_read(const struct convert_args *args, struct convert *c)
{
    c->detect = strcmp(args->format, "auto") == 0;
    if (!c->detect && !format_find(span_of(args->format), &c->format)) {
        log_line(LOG_ERROR, "convert: --format %s: not auto, text, html, markdown or gemtext",
                 args->format);
        return false;
    }
    c->base_url = span_of(args->base_url);
    c->wrapped = args->wrapped;
    return convert_read_view(args, c);
}

int cli_convert(int argc, char **argv)
{
    struct convert_args args = {0};
    struct convert c = {0};
    struct options options;
    struct error e;
    int operand = 0;
    int result = CLI_USAGE_ERROR;
    options_init(&options, cli_convert_options, cli_convert_options_count, &args);
    if (!cli_read(&options, argc, argv, 1, 1, &operand, &result))
        goto out;
    enum status status = options_read_defaults(&options, &e);
    if (status == ST_OK && !convert_read(&args, &c))
        goto out;
    c.file = argv[operand];
    if (status == ST_OK)
        status = convert_run(&c, &e);
    if (status != ST_OK)
        log_error(&e);
    result = status == ST_OK ? EXIT_SUCCESS : EXIT_FAILURE;
out:
    options_fini(&options);
    return result;
}
