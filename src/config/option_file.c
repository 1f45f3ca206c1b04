/* Configuration files: read with libconfuse, and written so that they read back the same. */
#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/option_internal.h"
#include "core/arena.h"
#include "core/file.h"
#include "core/memory.h"

#define OPTION_FILE_MAX ((size_t)1024 * 1024)

/* libconfuse hands its error function no context of ours. */
static struct error *option_error;
static const char *option_name;
static const struct option_row *option_rows;
static size_t option_rows_count;

static void option_on_error(cfg_t *cfg, const char *fmt, va_list args) PRINTF_LIKE(2, 0);

static void option_on_error(cfg_t *cfg, const char *fmt, va_list args)
{
    char message[256];
    vsnprintf(message, sizeof message, fmt, args);
    (void)error_set(option_error, ST_SYNTAX, 0, "%s: line %d: %s", option_name,
                    cfg == NULL ? 0 : cfg->line, message);
}

/* The row of this name in this kind of section, or of the table itself: "root". */
static const struct option_row *option_find_row(const struct option_row *rows, size_t count,
                                                bool here, const char *section, const char *name)
{
    const struct option_row *found = NULL;
    for (size_t i = 0; found == NULL && i < count; i++) {
        const struct option_section *inner = rows[i].section;
        if (here && strcmp(rows[i].name, name) == 0)
            found = &rows[i];
        else if (rows[i].type == OPTION_SECTIONS)
            found = option_find_row(inner->rows, inner->count, strcmp(rows[i].name, section) == 0,
                                    section, name);
    }
    return found;
}

/* libconfuse asks as soon as it has read a number, while it still knows the line. */
static int option_on_number(cfg_t *cfg, cfg_opt_t *found)
{
    long number = cfg_opt_getnint(found, cfg_opt_size(found) - 1);
    const char *section = cfg_name(cfg);
    const struct option_row *row = option_find_row(
        option_rows, option_rows_count, strcmp(section, "root") == 0, section, cfg_opt_name(found));
    if (row == NULL || (number >= row->min && number <= row->max))
        return 0;
    cfg_error(cfg, "%s: %ld is not in the range %ld to %ld", row->name, number, row->min, row->max);
    return -1;
}

/* libconfuse's table for ours; it lives in the arena.  NULL without memory. */
static cfg_opt_t *option_file_table(const struct option_row *rows, size_t count, struct arena *a)
{
    cfg_opt_t *table = arena_alloc(a, (count + 1) * sizeof *table);
    cfg_opt_t *next = table;
    for (size_t i = 0; table != NULL && i < count; i++) {
        cfg_opt_t *inner = NULL;
        if (rows[i].command_line_only)
            continue;
        switch (rows[i].type) {
        case OPTION_STRING:
            *next++ = (cfg_opt_t)CFG_STR(rows[i].name, NULL, CFGF_NODEFAULT);
            break;
        case OPTION_LIST:
            *next++ = (cfg_opt_t)CFG_STR_LIST(rows[i].name, NULL, CFGF_NODEFAULT);
            break;
        case OPTION_NUMBER:
            *next = (cfg_opt_t)CFG_INT(rows[i].name, 0, CFGF_NODEFAULT);
            next++->validcb = option_on_number;
            break;
        case OPTION_SECTIONS:
            inner = option_file_table(rows[i].section->rows, rows[i].section->count, a);
            *next++ = (cfg_opt_t)CFG_SEC(rows[i].name, inner,
                                         CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
            break;
        case OPTION_FLAG:
            break;
        }
    }
    if (table != NULL)
        *next = (cfg_opt_t)CFG_END();
    return table;
}

static enum status option_take(struct options *o, cfg_t *cfg, struct error *e);

/* Take over one section, with the defaults for what it does not say. */
static enum status option_take_section(const struct option_section *section,
                                       struct option_sections *sections, cfg_t *cfg,
                                       struct error *e)
{
    struct options inner;
    enum status status = option_section_append(section, sections, cfg_title(cfg));
    if (status != ST_OK)
        return error_set(e, status, ENOMEM, "%s", option_name);
    option_section_init(&inner, section, sections, sections->count - 1);
    status = option_take(&inner, cfg, e);
    return status == ST_OK ? options_read_defaults(&inner, e) : status;
}

/* Take over the value number k of a row. */
static enum status option_take_value(struct options *o, size_t row, cfg_t *cfg, unsigned k,
                                     struct error *e)
{
    char digits[32];
    const char *name = o->rows[row].name;
    const char *text = digits;
    if (o->rows[row].type == OPTION_SECTIONS)
        return option_take_section(o->rows[row].section, option_value(o, row),
                                   cfg_getnsec(cfg, name, k), e);
    if (o->rows[row].type == OPTION_NUMBER)
        snprintf(digits, sizeof digits, "%ld", cfg_getnint(cfg, name, k));
    else
        text = cfg_getnstr(cfg, name, k);
    struct error cause;
    if (text != NULL && option_set(o, row, text, &cause) != ST_OK)
        return error_set(e, cause.code, 0, "%s: %s", option_name, cause.message);
    return ST_OK;
}

/* A list that the file empties is told from one that it does not name. */
static enum status option_take_empty(struct options *o, size_t row, cfg_t *cfg, struct error *e)
{
    struct option_list *list = option_value(o, row);
    const cfg_opt_t *found = cfg_getopt(cfg, o->rows[row].name);
    if (list->items != NULL || found == NULL || (found->flags & CFGF_MODIFIED) == 0)
        return ST_OK;
    list->items = calloc(1, sizeof *list->items);
    return list->items != NULL ? ST_OK : error_set(e, ST_NOMEM, ENOMEM, "%s", option_name);
}

/* Take over what a parsed file says. */
static enum status option_take(struct options *o, cfg_t *cfg, struct error *e)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < o->count; i++) {
        const struct option_row *row = &o->rows[i];
        if (row->command_line_only || row->type == OPTION_FLAG || o->given[i])
            continue;
        unsigned count = cfg_size(cfg, row->name);
        for (unsigned k = 0; status == ST_OK && k < count; k++)
            status = option_take_value(o, i, cfg, k, e);
        if (status == ST_OK && row->type == OPTION_LIST)
            status = option_take_empty(o, i, cfg, e);
        o->given[i] = count > 0;
    }
    return status;
}

static bool option_has_sections(const struct options *o)
{
    for (size_t i = 0; i < o->count; i++) {
        if (o->rows[i].type == OPTION_SECTIONS)
            return true;
    }
    return false;
}

static void option_on_hush(cfg_t *cfg, const char *fmt, va_list args) PRINTF_LIKE(2, 0);

static void option_on_hush(cfg_t *cfg, const char *fmt, va_list args)
{
    (void)cfg, (void)fmt, (void)args;
}

/*
 * Is a good text whole?  libconfuse takes its end for that of the sections that are open.  One
 * brace more is too many for a whole text.
 */
static enum status option_check_end(cfg_opt_t *table, const char *text, int line, struct error *e)
{
    struct buf braced;
    buf_init(&braced, strlen(text) + 4);
    buf_puts(&braced, text);
    buf_puts(&braced, "\n}");
    cfg_t *cfg = cfg_init(table, CFGF_NONE);
    enum status status = ST_OK;
    if (cfg == NULL || buf_status(&braced) != ST_OK) {
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", option_name);
    } else {
        cfg_set_error_function(cfg, option_on_hush);
        if (cfg_parse_buf(cfg, buf_str(&braced)) == CFG_SUCCESS)
            status = error_set(e, ST_SYNTAX, 0, "%s: line %d: a section has no } at its end",
                               option_name, line);
    }
    if (cfg != NULL)
        cfg_free(cfg);
    buf_fini(&braced);
    return status;
}

/* Parse with libconfuse's table, which is copied. */
static enum status option_parse(struct options *o, cfg_opt_t *table, const char *text,
                                struct error *e)
{
    memory_watch();
    unsigned long refusals = memory_refusals();
    cfg_t *cfg = cfg_init(table, CFGF_NONE);
    if (cfg == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", option_name);
    cfg_set_error_function(cfg, option_on_error);
    /* For what libconfuse refuses without a word. */
    (void)error_set(e, ST_SYNTAX, 0, "%s: not a list of `name = value` lines", option_name);
    enum status status = ST_OK;
    if (*text != '\0' && cfg_parse_buf(cfg, text) != CFG_SUCCESS)
        status = ST_SYNTAX;
    if (status == ST_OK && option_has_sections(o))
        status = option_check_end(table, text, cfg->line, e);
    memory_settle();
    if (status == ST_OK)
        status = option_take(o, cfg, e);
    /* libconfuse then leaves values out, or says that the text is wrong. */
    if (memory_refusals() != refusals)
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", option_name);
    cfg_free(cfg);
    return status;
}

enum status options_read_text(struct options *o, const char *name, const char *text,
                              struct error *e)
{
    struct arena tables;
    arena_init(&tables, OPTION_FILE_MAX);
    if (span_starts(span_of(text), SPAN("\xef\xbb\xbf")))
        text += 3; /* a byte order mark */
    option_error = e;
    option_name = name;
    option_rows = o->rows;
    option_rows_count = o->count;
    cfg_opt_t *table = option_file_table(o->rows, o->count, &tables);
    enum status status = arena_status(&tables);
    status = table == NULL || status != ST_OK ? error_set(e, ST_NOMEM, ENOMEM, "%s", name)
                                              : option_parse(o, table, text, e);
    arena_fini(&tables);
    option_error = NULL;
    return status;
}

enum status options_read_file(struct options *o, const char *path, struct error *e)
{
    struct buf text;
    buf_init(&text, OPTION_FILE_MAX);
    enum status status = file_read_now(path, &text, e);
    if (status == ST_OK)
        status = options_read_text(o, path, buf_str(&text), e);
    buf_fini(&text);
    return status;
}

enum status options_read_fd(struct options *o, int fd, struct error *e)
{
    static const char name[] = "settings";
    struct buf text;
    buf_init(&text, OPTION_FILE_MAX);
    enum status status = file_read_fd(fd, name, &text, e);
    if (status == ST_OK)
        status = options_read_text(o, name, buf_str(&text), e);
    if (status == ST_OK)
        status = options_complete(o, name, e);
    close(fd);
    buf_fini(&text);
    return status;
}

/* In single quotes nothing but \ and ' is special. */
static void option_quote(struct buf *b, const char *text)
{
    buf_putc(b, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            buf_putc(b, '\\');
        buf_putc(b, *text);
    }
    buf_putc(b, '\'');
}

static void option_write_list(const struct option_list *list, struct buf *b)
{
    for (size_t k = 0; k < list->count; k++) {
        buf_puts(b, k == 0 ? "{" : ", ");
        option_quote(b, list->items[k]);
    }
    buf_puts(b, list->count == 0 ? "{}" : "}");
}

static void option_write_sections(const struct option_row *row,
                                  const struct option_sections *sections, struct buf *b)
{
    for (size_t k = 0; k < sections->count; k++) {
        struct options inner;
        buf_putf(b, "%s ", row->name);
        option_quote(b, *option_section_title(row->section, sections, k));
        buf_puts(b, " {\n");
        option_section_init(&inner, row->section, sections, k);
        options_write(&inner, b);
        buf_puts(b, "}\n");
    }
}

void options_write(const struct options *o, struct buf *b)
{
    for (size_t i = 0; i < o->count; i++) {
        const struct option_row *row = &o->rows[i];
        char *const *string = option_value(o, i);
        const struct option_list *list = option_value(o, i);
        const long *number = option_value(o, i);
        if (row->command_line_only || row->type == OPTION_FLAG ||
            (row->type == OPTION_STRING && *string == NULL) ||
            (row->type == OPTION_LIST && list->items == NULL))
            continue;
        if (row->type == OPTION_SECTIONS) {
            option_write_sections(row, option_value(o, i), b);
            continue;
        }
        buf_putf(b, "%s = ", row->name);
        if (row->type == OPTION_STRING)
            option_quote(b, *string);
        else if (row->type == OPTION_LIST)
            option_write_list(list, b);
        else
            buf_putf(b, "%ld", *number);
        buf_putc(b, '\n');
    }
}
