/*
 * option: typed options from one table, which reads the command line and configuration files,
 * writes --help and writes a configuration down again.
 */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include "core/buf.h"

enum option_type {
    OPTION_STRING, /* char *, owned; NULL when not given */
    OPTION_LIST,   /* struct option_list; may be given again and again */
    OPTION_NUMBER, /* long, from min to max */
    OPTION_FLAG,   /* bool; without a value, on the command line only */
    /* struct option_sections; `name "title" { key = value ... }`, in a file only */
    OPTION_SECTIONS,
};

struct option_list {
    char **items; /* owned strings, owned array; NULL when not given, which `key = {}` is not */
    size_t count;
};

/* Sections of one kind, in the order of the file. */
struct option_sections {
    void *items; /* owned array of structs as the row's `section` describes them */
    size_t count;
};

struct option_row;

/*
 * A kind of section: the struct that holds one, and its table.  Sections may have sections; no
 * two kinds in a table and below it have the same name, none is called "root".
 */
struct option_section {
    size_t size;  /* of the struct */
    size_t title; /* offset in it of a char *: the title, owned; no two are the same */
    const struct option_row *rows;
    size_t count;
};

/* One row of a table. */
struct option_row {
    const char *name;       /* long option, and key in a file */
    char letter;            /* short option, or 0 */
    bool command_line_only; /* not a key in a file */
    enum option_type type;
    size_t offset;           /* of the value in the struct that the table describes */
    const char *placeholder; /* of the value in --help; NULL for a flag */
    const char *initial;     /* default as text, items parted by commas; NULL for none */
    const char *instead;     /* name of a row that, when given, takes the default away; or NULL */
    long min, max;           /* of a number */
    const char *help;        /* one line; sections have none, --help leaves them out */
    const struct option_section *section; /* of sections */
};

/* Most rows of a table. */
#define OPTION_ROWS_MAX 32

/* A table and the struct that it fills. */
struct options {
    const struct option_row *rows;
    size_t count;
    void *values;                /* borrowed; zeroed by the caller */
    bool given[OPTION_ROWS_MAX]; /* on the command line, so that a file does not override it */
};

void options_init(struct options *o, const struct option_row *rows, size_t count, void *values);

/* Free the values. */
void options_fini(struct options *o);

/*
 * Read the command line behind the subcommand.
 *
 * argv       argv[0] is the subcommand's name; options may stand anywhere
 * operand    gets the index of the first operand; the operands are moved to the end of argv
 * Returns ST_OK, ST_SYNTAX (a usage error) or ST_NOMEM.
 */
enum status options_read_args(struct options *o, int argc, char **argv, int *operand,
                              struct error *e) MUST_USE;

/*
 * Read a configuration in libconfuse's syntax: `key = value`, `key = {"a", "b"}`, # comments,
 * `key "title" { ... }` for sections, which get their defaults at once.  What the command line
 * gave is left as it is.
 *
 * name    how messages name the text; they carry the line
 * Returns ST_OK, ST_SYNTAX or ST_NOMEM; options_read_file also ST_MISSING, ST_IO and
 * ST_FORMAT (a FIFO, which cannot be read again when it is asked for).
 */
enum status options_read_text(struct options *o, const char *name, const char *text,
                              struct error *e) MUST_USE;
enum status options_read_file(struct options *o, const char *path, struct error *e) MUST_USE;

/* Give the defaults to what nobody gave.  Call it last. */
enum status options_read_defaults(struct options *o, struct error *e) MUST_USE;

/*
 * Has everything a value that needs one?  Strings, numbers from their min on, and at least one
 * section of a kind; lists may be empty.  For what one process hands to another, without defaults.
 *
 * name   how the message names the whole
 * Returns ST_OK, or ST_SYNTAX with the name of what is missing.
 */
enum status options_complete(const struct options *o, const char *name, struct error *e) MUST_USE;

/*
 * Read the settings that another process has handed over, to the end, and close the descriptor.
 * They have no defaults: all is there, as options_complete has it, or it is an error.
 *
 * Returns as options_read_text and options_complete, or ST_IO.
 */
enum status options_read_fd(struct options *o, int fd, struct error *e) MUST_USE;

/* Append the values as a configuration that options_read_text reads back the same. */
void options_write(const struct options *o, struct buf *b);

/* Append the lines of --help that tell the options. */
void options_help(const struct option_row *rows, size_t count, struct buf *b);

#endif
