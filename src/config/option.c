#include "config/option.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "config/option_internal.h"

#define OPTION_HELP_COLUMN 26

void options_init(struct options *o, const struct option_row *rows, size_t count, void *values)
{
    *o = (struct options){.rows = rows, .count = count, .values = values};
}

void *option_value(const struct options *o, size_t row)
{
    return (char *)o->values + o->rows[row].offset;
}

static void options_fini_sections(const struct option_section *section,
                                  struct option_sections *sections)
{
    for (size_t i = 0; i < sections->count; i++) {
        struct options inner;
        free(*option_section_title(section, sections, i));
        option_section_init(&inner, section, sections, i);
        options_fini(&inner);
    }
    free(sections->items);
    *sections = (struct option_sections){0};
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
        case OPTION_SECTIONS:
            options_fini_sections(o->rows[i].section, option_value(o, i));
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

enum status option_set(struct options *o, size_t row, const char *text, struct error *e)
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
    case OPTION_SECTIONS:
        return error_set(e, ST_SYNTAX, 0, "%s: sections have no value", o->rows[row].name);
    }
    return status == ST_OK ? ST_OK : error_set(e, status, ENOMEM, "%s", o->rows[row].name);
}

/* getopt's tables for our rows: val is the row's index + OPTION_FIRST. */
#define OPTION_FIRST 256

static void option_tables(const struct options *o, struct option *longs, char *shorts)
{
    *shorts++ = ':'; /* a missing argument is told apart */
    for (size_t i = 0; i < o->count; i++) {
        if (o->rows[i].type == OPTION_SECTIONS)
            continue;
        int argument = o->rows[i].type == OPTION_FLAG ? no_argument : required_argument;
        *longs++ = (struct option){o->rows[i].name, argument, NULL, OPTION_FIRST + (int)i};
        if (o->rows[i].letter != 0) {
            *shorts++ = o->rows[i].letter;
            if (argument != no_argument)
                *shorts++ = ':';
        }
    }
    *shorts = '\0';
    *longs = (struct option){0};
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

/* Was a row given that takes the default of this one away? */
static bool option_is_replaced(const struct options *o, size_t row)
{
    for (size_t i = 0; o->rows[row].instead != NULL && i < o->count; i++) {
        if (o->given[i] && strcmp(o->rows[i].name, o->rows[row].instead) == 0)
            return true;
    }
    return false;
}

enum status options_read_defaults(struct options *o, struct error *e)
{
    for (size_t i = 0; i < o->count; i++) {
        const char *initial = o->rows[i].initial;
        if (o->given[i] || initial == NULL || option_is_replaced(o, i))
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
            return error_set(e, status, status == ST_NOMEM ? ENOMEM : 0, "%s", o->rows[i].name);
    }
    return ST_OK;
}

static bool option_is_missing(const struct options *o, size_t row)
{
    char *const *string = option_value(o, row);
    const long *number = option_value(o, row);
    const struct option_sections *sections = option_value(o, row);
    switch (o->rows[row].type) {
    case OPTION_STRING:
        return *string == NULL;
    case OPTION_NUMBER:
        return *number < o->rows[row].min;
    case OPTION_SECTIONS:
        return sections->count == 0;
    case OPTION_LIST:
    case OPTION_FLAG:
        break;
    }
    return false;
}

enum status options_complete(const struct options *o, const char *name, struct error *e)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < o->count; i++) {
        const struct option_row *row = &o->rows[i];
        const struct option_sections *sections = option_value(o, i);
        if (option_is_missing(o, i))
            return error_set(e, ST_SYNTAX, 0, "%s: no %s", name, row->name);
        size_t count = row->type == OPTION_SECTIONS ? sections->count : 0;
        for (size_t k = 0; status == ST_OK && k < count; k++) {
            struct options inner;
            option_section_init(&inner, row->section, sections, k);
            status = options_complete(&inner, name, e);
        }
    }
    return status;
}

void options_help(const struct option_row *rows, size_t count, struct buf *b)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].type == OPTION_SECTIONS)
            continue;
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
