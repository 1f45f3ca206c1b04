/*
 * cli: the subcommands.  Each takes its own argv (argv[0] is its name) and returns the exit
 * status: 0, 1 after an error that it has told on standard error, 2 after a usage error.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "config/option.h"

#define CLI_USAGE_ERROR 2

/* A row of the table of subcommands. */
struct cli_command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage;             /* behind "broadsheet ", NULL for one that is not for people */
    const char *help;              /* one line */
    const struct option_row *rows; /* its options */
    const size_t *row_count;
};

/* Run what the program's whole command line says. */
int cli_run(int argc, char **argv);

/*
 * Read a subcommand's options.
 *
 * operands   how many there must be, from `least` to `most`; argv[*operand] is the first
 * *result   gets the exit status when they cannot be read: CLI_USAGE_ERROR, EXIT_FAILURE without
 *           memory
 * Returns false after having printed what is wrong.
 */
bool cli_read(struct options *o, int argc, char **argv, int least, int most, int *operand,
              int *result);

/* Tell the log what went wrong, if anything did.  Returns whether all is well. */
bool cli_tell(enum status status, const struct error *e);

/* Print it on standard output, whole.  ST_OK, ST_IO, or what stopped the buf. */
enum status cli_print(const struct buf *b, struct error *e) MUST_USE;

int cli_serve(int argc, char **argv);
int cli_press(int argc, char **argv);
int cli_press_job(int argc, char **argv);
int cli_convert(int argc, char **argv);
int cli_cert(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_worker(int argc, char **argv);
int cli_key(int argc, char **argv);

extern const struct option_row cli_press_options[];
extern const size_t cli_press_options_count;
extern const struct option_row cli_convert_options[];
extern const size_t cli_convert_options_count;
extern const struct option_row cli_cert_options[];
extern const size_t cli_cert_options_count;

#endif
