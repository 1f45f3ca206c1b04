#include "press/capsule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "article/clean.h"
#include "core/file.h"
#include "core/utf8.h"
#include "prose/lang.h"

#define CAPSULE_CONF_MAX ((size_t)256 * 1024)
#define FIELD(name)      offsetof(struct capsule, name)

static const struct option_row capsule_options[] = {
    {.name = "title", .type = OPTION_STRING, .offset = FIELD(title)},
    {.name = "subtitle", .type = OPTION_STRING, .offset = FIELD(subtitle)},
    {.name = "author", .type = OPTION_STRING, .offset = FIELD(author)},
    {.name = "language", .type = OPTION_STRING, .offset = FIELD(language)},
    {.name = "licence", .type = OPTION_STRING, .offset = FIELD(licence)},
    {.name = "summary", .type = OPTION_STRING, .offset = FIELD(summary)},
    {.name = "redirect", .type = OPTION_LIST, .offset = FIELD(redirect)},
    {.name = "moved", .type = OPTION_LIST, .offset = FIELD(moved)},
    {.name = "gone", .type = OPTION_LIST, .offset = FIELD(gone)},
    {.name = "input", .type = OPTION_LIST, .offset = FIELD(input)},
    {.name = "sensitive-input", .type = OPTION_LIST, .offset = FIELD(sensitive_input)},
};

/* The last name in a path, "capsule" when there is none or it is no text. */
static char *capsule_folder_name(const char *path)
{
    char *whole = realpath(path, NULL);
    const char *slash = whole == NULL ? NULL : strrchr(whole, '/');
    const char *name = slash == NULL || slash[1] == '\0' ? "capsule" : slash + 1;
    char *copy = strdup(utf8_valid(span_of(name)) == strlen(name) ? name : "capsule");
    free(whole);
    return copy;
}

/* Make a value one line of clean text, as every page has it. */
static enum status capsule_clean(char **value, const char *name, const char *shown, struct error *e)
{
    struct buf clean;
    struct buf line;
    struct error cause;
    if (*value == NULL)
        return ST_OK;
    /* clean_text would mend it; but who writes a configuration wants to know. */
    if (utf8_valid(span_of(*value)) < strlen(*value))
        return error_set(e, ST_SYNTAX, 0, "%s: %s is not UTF-8 text", shown, name);
    buf_init(&clean, CAPSULE_CONF_MAX * 3);
    buf_init(&line, CAPSULE_CONF_MAX * 3);
    enum status status = clean_text(span_of(*value), name, &clean, &cause);
    if (status != ST_OK) {
        status = error_set(e, status, 0, "%s: %s", shown, cause.message);
    } else {
        clean_line(buf_span(&clean), &line);
        char *copy = strdup(buf_str(&line));
        if (copy == NULL) {
            status = error_set(e, ST_NOMEM, ENOMEM, "%s", shown);
        } else {
            free(*value);
            *value = copy;
        }
    }
    buf_fini(&clean);
    buf_fini(&line);
    return status;
}

static enum status capsule_clean_list(struct capsule *c, const struct option_row *row,
                                      const char *shown, struct error *e)
{
    const struct option_list *list = (struct option_list *)(void *)((char *)c + row->offset);
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < list->count; i++)
        status = capsule_clean(&list->items[i], row->name, shown, e);
    return status;
}

/* "auto" is the name of the default, so that it can be said. */
static enum status capsule_check_summary(struct capsule *c, const char *shown, struct error *e)
{
    struct span said = span_of(c->summary);
    c->no_summaries = span_eq(said, SPAN("none"));
    if (said.p == NULL || c->no_summaries || span_eq(said, SPAN("auto")))
        return ST_OK;
    return error_set(e, ST_SYNTAX, 0, "%s: summary is neither auto nor none: %s", shown,
                     c->summary);
}

static enum status capsule_check(struct capsule *c, const char *shown, struct error *e)
{
    char **const lines[] = {&c->title,    &c->subtitle, &c->author,
                            &c->language, &c->licence,  &c->summary};
    enum status status = ST_OK;
    size_t count = sizeof lines / sizeof lines[0];
    for (size_t i = 0; status == ST_OK && i < count; i++)
        status = capsule_clean(lines[i], capsule_options[i].name, shown, e);
    for (size_t i = count; status == ST_OK && i < c->options.count; i++)
        status = capsule_clean_list(c, &capsule_options[i], shown, e);
    if (status == ST_OK && c->language != NULL && !lang_is_tag(span_of(c->language)))
        status = error_set(e, ST_SYNTAX, 0, "%s: language is not a language tag: %s", shown,
                           c->language);
    return status == ST_OK ? capsule_check_summary(c, shown, e) : status;
}

enum status capsule_read(int dirfd, const char *path, struct capsule *c, struct error *e)
{
    *c = (struct capsule){0};
    options_init(&c->options, capsule_options, sizeof capsule_options / sizeof capsule_options[0],
                 c);
    struct buf shown;
    struct buf text;
    struct stat st;
    int fd = -1;
    buf_init(&shown, 8192);
    buf_init(&text, CAPSULE_CONF_MAX);
    buf_putf(&shown, "%s/capsule.conf", path);
    enum status status = file_open_beneath(dirfd, "capsule.conf", buf_str(&shown), &fd, &st, e);
    if (status == ST_MISSING) {
        status = ST_OK;
    } else if (status == ST_OK) {
        status = file_read_fd(fd, buf_str(&shown), &text, e);
        close(fd);
        if (status == ST_OK)
            status = options_read_text(&c->options, buf_str(&shown), buf_str(&text), e);
    }
    if (status == ST_OK && (c->title == NULL || *c->title == '\0')) {
        free(c->title);
        c->title = capsule_folder_name(path);
        if (c->title == NULL)
            status = error_set(e, ST_NOMEM, ENOMEM, "%s", path);
    }
    if (status == ST_OK)
        status = capsule_check(c, buf_str(&shown), e);
    buf_fini(&shown);
    buf_fini(&text);
    return status;
}

void capsule_fini(struct capsule *c)
{
    options_fini(&c->options);
}
