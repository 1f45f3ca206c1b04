#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "import/article.h"
#include "log/log.h"
#include "press/piece.h"

#define CONVERT_OUT_MAX ((size_t)256 * 1024 * 1024)

struct convert_args {
    char *format;
    char *view;
};

#define FIELD(name) offsetof(struct convert_args, name)

const struct option_row cli_convert_options[] = {
    {.name = "format",
     .type = OPTION_STRING,
     .offset = FIELD(format),
     .placeholder = "FORMAT",
     .initial = "text",
     .help = "what FILE is: text"},
    {.name = "view",
     .type = OPTION_STRING,
     .offset = FIELD(view),
     .placeholder = "VIEW",
     .initial = "body",
     .help = "body (title and text), article (the page with its links) or summary"},
};

const size_t cli_convert_options_count = sizeof cli_convert_options / sizeof cli_convert_options[0];

/* A document alone: its neighbours are known by their titles. */
static void convert_neighbour(struct piece *p, struct span title, struct pages_neighbour *side)
{
    if (title.n > 0)
        *side = (struct pages_neighbour){title, piece_href_of_title(p, title)};
}

static enum status convert_write(struct piece *p, const char *view, struct buf *out,
                                 struct error *e)
{
    enum status status = piece_prepare(p, article_stem(p->source), e);
    if (status != ST_OK)
        return status;
    convert_neighbour(p, p->doc.previous, &p->page.previous);
    convert_neighbour(p, p->doc.next, &p->page.next);
    if (strcmp(view, "article") == 0)
        pages_article(&p->page, out);
    else if (strcmp(view, "summary") == 0)
        pages_summary(&p->page, out);
    else
        pages_body(&p->doc, out);
    if (buf_status(out) != ST_OK)
        return error_set(e, buf_status(out), 0, "%.*s: too large", (int)p->source.n, p->source.p);
    return ST_OK;
}

/* Nothing goes out before everything is good. */
static enum status convert_run(const char *file, enum article_format format, const char *view,
                               struct error *e)
{
    bool input = strcmp(file, "-") == 0;
    struct buf bytes;
    struct buf out;
    struct piece p = {.source = input ? SPAN("stdin") : span_of(file)};
    buf_init(&bytes, ARTICLE_TEXT_MAX);
    buf_init(&out, CONVERT_OUT_MAX);
    document_init(&p.doc, ARTICLE_ARENA_MAX);
    enum status status = input ? file_read_fd(STDIN_FILENO, "standard input", &bytes, e)
                               : file_read(file, &bytes, e);
    struct article_source source = {
        .bytes = buf_span(&bytes), .format = format, .name = input ? "standard input" : file};
    if (status == ST_OK && span_trim(source.bytes).n == 0)
        status = error_set(e, ST_FORMAT, 0, "%s: empty", source.name);
    if (status == ST_OK)
        status = article_read(&source, &p.doc, e);
    if (status == ST_OK)
        status = convert_write(&p, view, &out, e);
    if (status == ST_OK && (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0))
        status = error_set(e, ST_IO, errno, "standard output");
    piece_fini(&p);
    buf_fini(&bytes);
    buf_fini(&out);
    return status;
}

static bool convert_is_view(const char *view)
{
    return strcmp(view, "body") == 0 || strcmp(view, "article") == 0 ||
           strcmp(view, "summary") == 0;
}

int cli_convert(int argc, char **argv)
{
    struct convert_args args = {0};
    struct options options;
    struct error e;
    enum article_format format = ARTICLE_TEXT;
    int operand = 0;
    int result = CLI_USAGE_ERROR;
    options_init(&options, cli_convert_options, cli_convert_options_count, &args);
    if (!cli_read(&options, argc, argv, 1, 1, &operand))
        goto out;
    enum status status = options_read_defaults(&options, &e);
    if (status == ST_OK && !article_format_find(span_of(args.format), &format)) {
        log_line(LOG_ERROR, "convert: --format %s: not text", args.format);
        goto out;
    }
    if (status == ST_OK && !convert_is_view(args.view)) {
        log_line(LOG_ERROR, "convert: --view %s: not body, article or summary", args.view);
        goto out;
    }
    if (status == ST_OK)
        status = convert_run(argv[operand], format, args.view, &e);
    if (status != ST_OK)
        log_error(&e);
    result = status == ST_OK ? EXIT_SUCCESS : EXIT_FAILURE;
out:
    options_fini(&options);
    return result;
}
