#include "config/option.h"

#include <confuse.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"

#define OPTION_FILE_MAX    ((size_t)1024 * 1024)
#define OPTION_HELP_COLUMN 26

void options_init(struct options *o, const struct option_row *rows, size_t count, void *values)
{
    *o = (struct options){.rows = rows, .count = count, .values = values};
}

static void *option_value(const struct options *o, size_t row)
{
    return (char *)o->values + o->rows[row].offset;
}

void options_fini(struct options *o)
{
    for (size_t i = 0; i < o->count; i++) {
        char **text = option_value(o, i);
        struct option_list *list = option_value(o, i);
        switch (o->rows[i].type) {
        case OPTION_STRING:
            free(*text);
            *text = NULL;
            break;
        case OPTION_LIST:
            for (size_t k = 0; k < list->count; k++)
                free(list->items[k]);
            free(list->items);
            *list = (struct option_list){0};
            break;
        case OPTION_NUMBER:
        case OPTION_FLAG:
            break;
        }
    }
}

static enum status option_append(struct option_list *list, struct span text)
{
    char **items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (items == NULL)
        return ST_NOMEM;
    list->items = items;
    items[list->count] = strndup(text.p, text.n);
    if (items[list->count] == NULL)
        return ST_NOMEM;
    list->count++;
    return ST_OK;
}

static enum status option_set_number(const struct option_row *row, const char *text, long *value,
                                     struct error *e)
{
    char *end = NULL;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        return error_set(e, ST_SYNTAX, 0, "%s: not a number: %s", row->name, text);
    if (number < row->min || number > row->max)
        return error_set(e, ST_SYNTAX, 0, "%s: %ld is not in the range %ld to %ld", row->name,
                         number, row->min, row->max);
    *value = number;
    return ST_OK;
}

/* Give a row one value; a list gets one more item. */
static enum status option_set(struct options *o, size_t row, const char *text, struct error *e)
{
    enum status status = ST_OK;
    char **string = option_value(o, row);
    switch (o->rows[row].type) {
    case OPTION_STRING:
        free(*string);
        *string = strdup(text);
        status = *string == NULL ? ST_NOMEM : ST_OK;
        break;
    case OPTION_LIST:
        status = option_append(option_value(o, row), span_of(text));
        break;
    case OPTION_NUMBER:
        return option_set_number(&o->rows[row], text, option_value(o, row), e);
    case OPTION_FLAG:
        *(bool *)option_value(o, row) = true;
        break;
    }
    return status == ST_OK ? ST_OK : error_set(e, status, ENOMEM, "%s", o->rows[row].name);
}

/* getopt's tables for our rows: val is the row's index + OPTION_FIRST. */
#define OPTION_FIRST 256

static void option_tables(const struct options *o, struct option *longs, char *shorts)
{
    *shorts++ = ':'; /* a missing argument is told apart */
    for (size_t i = 0; i < o->count; i++) {
        int argument = o->rows[i].type == OPTION_FLAG ? no_argument : required_argument;
        longs[i] = (struct option){o->rows[i].name, argument, NULL, OPTION_FIRST + (int)i};
        if (o->rows[i].letter != 0) {
            *shorts++ = o->rows[i].letter;
            if (argument != no_argument)
                *shorts++ = ':';
        }
    }
    *shorts = '\0';
    longs[o->count] = (struct option){0};
}

/* The row that getopt's answer means; o->count when there is none. */
static size_t option_row_of(const struct options *o, int answer)
{
    if (answer >= OPTION_FIRST)
        return (size_t)(answer - OPTION_FIRST);
    size_t row = 0;
    while (row < o->count && o->rows[row].letter != answer)
        row++;
    return row;
}

enum status options_read_args(struct options *o, int argc, char **argv, int *operand,
                              struct error *e)
{
    struct option longs[OPTION_ROWS_MAX + 1];
    char shorts[2 * OPTION_ROWS_MAX + 2];
    option_tables(o, longs, shorts);
    opterr = 0;
    optind = 0; /* start anew, whoever used getopt before */
    for (;;) {
        int answer = getopt_long(argc, argv, shorts, longs, NULL);
        if (answer == -1)
            break;
        if (answer == ':' || answer == '?') {
            /* getopt leaves a letter in optopt; of a long option it is just past the word. */
            char letter[] = {'-', (char)optopt, '\0'};
            bool is_letter = optopt > 0 && optopt < OPTION_FIRST;
            return error_set(e, ST_SYNTAX, 0,
                             answer == ':' ? "option %s needs a value" : "unknown option %s",
                             is_letter ? letter : argv[optind - 1]);
        }
        size_t row = option_row_of(o, answer);
        enum status status = option_set(o, row, optarg, e);
        if (status != ST_OK)
            return status;
        o->given[row] = true;
    }
    *operand = optind;
    return ST_OK;
}

/* libconfuse hands its error function no context of ours. */
static struct error *option_error;
static const char *option_name;
static const struct options *option_current;

static void option_on_error(cfg_t *cfg, const char *fmt, va_list args) PRINTF_LIKE(2, 0);

static void option_on_error(cfg_t *cfg, const char *fmt, va_list args)
{
    char message[256];
    vsnprintf(message, sizeof message, fmt, args);
    (void)error_set(option_error, ST_SYNTAX, 0, "%s: line %d: %s", option_name,
                    cfg == NULL ? 0 : cfg->line, message);
}

/* libconfuse asks as soon as it has read a number, while it still knows the line. */
static int option_on_number(cfg_t *cfg, cfg_opt_t *found)
{
    long number = cfg_opt_getnint(found, cfg_opt_size(found) - 1);
    for (size_t i = 0; i < option_current->count; i++) {
        const struct option_row *row = &option_current->rows[i];
        if (strcmp(row->name, cfg_opt_name(found)) == 0 &&
            (number < row->min || number > row->max)) {
            cfg_error(cfg, "%s: %ld is not in the range %ld to %ld", row->name, number, row->min,
                      row->max);
            return -1;
        }
    }
    return 0;
}

static void option_rows_for_file(const struct options *o, cfg_opt_t *rows)
{
    for (size_t i = 0; i < o->count; i++) {
        if (o->rows[i].command_line_only)
            continue;
        switch (o->rows[i].type) {
        case OPTION_STRING:
            *rows++ = (cfg_opt_t)CFG_STR(o->rows[i].name, NULL, CFGF_NODEFAULT);
            break;
        case OPTION_LIST:
            *rows++ = (cfg_opt_t)CFG_STR_LIST(o->rows[i].name, NULL, CFGF_NODEFAULT);
            break;
        case OPTION_NUMBER:
            *rows++ = (cfg_opt_t)CFG_INT(o->rows[i].name, 0, CFGF_NODEFAULT);
            break;
        case OPTION_FLAG:
            break;
        }
    }
    *rows = (cfg_opt_t)CFG_END();
}

/* Take over what a parsed file says. */
static enum status option_take(struct options *o, cfg_t *cfg, struct error *e)
{
    for (size_t i = 0; i < o->count; i++) {
        const struct option_row *row = &o->rows[i];
        if (row->command_line_only || row->type == OPTION_FLAG || o->given[i])
            continue;
        unsigned count = cfg_size(cfg, row->name);
        for (unsigned k = 0; k < count; k++) {
            char digits[32];
            const char *text = digits;
            if (row->type == OPTION_NUMBER)
                snprintf(digits, sizeof digits, "%ld", cfg_getnint(cfg, row->name, k));
            else
                text = cfg_getnstr(cfg, row->name, k);
            struct error cause;
            if (text != NULL && option_set(o, i, text, &cause) != ST_OK)
                return error_set(e, cause.code, 0, "%s: %s", option_name, cause.message);
        }
        o->given[i] = count > 0;
    }
    return ST_OK;
}

enum status options_read_text(struct options *o, const char *name, const char *text,
                              struct error *e)
{
    cfg_opt_t rows[OPTION_ROWS_MAX + 1];
    if (span_starts(span_of(text), SPAN("\xef\xbb\xbf")))
        text += 3; /* a byte order mark */
    option_rows_for_file(o, rows);
    cfg_t *cfg = cfg_init(rows, CFGF_NONE);
    if (cfg == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "%s", name);
    option_error = e;
    option_name = name;
    option_current = o;
    cfg_set_error_function(cfg, option_on_error);
    for (size_t i = 0; i < o->count; i++) {
        if (o->rows[i].type == OPTION_NUMBER && !o->rows[i].command_line_only)
            cfg_set_validate_func(cfg, o->rows[i].name, option_on_number);
    }
    /* For what libconfuse refuses without a word. */
    (void)error_set(e, ST_SYNTAX, 0, "%s: not a list of `name = value` lines", name);
    enum status status = ST_OK;
    if (*text != '\0' && cfg_parse_buf(cfg, text) != CFG_SUCCESS)
        status = ST_SYNTAX;
    else
        status = option_take(o, cfg, e);
    cfg_free(cfg);
    option_error = NULL;
    return status;
}

enum status options_read_file(struct options *o, const char *path, struct error *e)
{
    struct buf text;
    buf_init(&text, OPTION_FILE_MAX);
    enum status status = file_read(path, &text, e);
    if (status == ST_OK)
        status = options_read_text(o, path, buf_str(&text), e);
    buf_fini(&text);
    return status;
}

enum status options_read_defaults(struct options *o, struct error *e)
{
    for (size_t i = 0; i < o->count; i++) {
        const char *initial = o->rows[i].initial;
        if (o->given[i] || initial == NULL)
            continue;
        enum status status = ST_OK;
        struct span rest = span_of(initial);
        if (o->rows[i].type != OPTION_LIST)
            status = option_set(o, i, initial, e);
        while (o->rows[i].type == OPTION_LIST && status == ST_OK && rest.n > 0) {
            size_t comma = span_find(rest, 0, ',');
            status = option_append(option_value(o, i), span_sub(rest, 0, comma));
            rest = span_sub(rest, comma + 1, rest.n);
        }
        if (status != ST_OK)
            return error_set(e, status, 0, "%s", o->rows[i].name);
    }
    return ST_OK;
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

void options_write(const struct options *o, struct buf *b)
{
    for (size_t i = 0; i < o->count; i++) {
        const struct option_row *row = &o->rows[i];
        char *const *string = option_value(o, i);
        const struct option_list *list = option_value(o, i);
        const long *number = option_value(o, i);
        if (row->command_line_only || row->type == OPTION_FLAG ||
            (row->type == OPTION_STRING && *string == NULL))
            continue;
        buf_putf(b, "%s = ", row->name);
        switch (row->type) {
        case OPTION_STRING:
            option_quote(b, *string);
            break;
        case OPTION_LIST:
            for (size_t k = 0; k < list->count; k++) {
                buf_puts(b, k == 0 ? "{" : ", ");
                option_quote(b, list->items[k]);
            }
            buf_puts(b, list->count == 0 ? "{}" : "}");
            break;
        case OPTION_NUMBER:
            buf_putf(b, "%ld", *number);
            break;
        case OPTION_FLAG:
            break;
        }
        buf_putc(b, '\n');
    }
}

void options_help(const struct option_row *rows, size_t count, struct buf *b)
{
    for (size_t i = 0; i < count; i++) {
        size_t start = b->n;
        const char *placeholder = rows[i].placeholder == NULL ? "" : rows[i].placeholder;
        if (rows[i].letter != 0)
            buf_putf(b, "  -%c, --%s %s", rows[i].letter, rows[i].name, placeholder);
        else
            buf_putf(b, "  --%s %s", rows[i].name, placeholder);
        if (b->n - start >= OPTION_HELP_COLUMN) {
            buf_putc(b, '\n');
            start = b->n;
        }
        while (b->n - start < OPTION_HELP_COLUMN && buf_status(b) == ST_OK)
            buf_putc(b, ' ');
        buf_puts(b, rows[i].help);
        if (rows[i].type == OPTION_LIST)
            buf_puts(b, "; may be repeated");
        if (rows[i].initial != NULL)
            buf_putf(b, " (default %s)", rows[i].initial);
        buf_putc(b, '\n');
    }
}
