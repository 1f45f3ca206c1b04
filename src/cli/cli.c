#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/server.h"
#include "log/log.h"
#include "serve/job.h"
#include "worker/key.h"

#define CLI_VERSION "0.1"

static const struct cli_command cli_commands[] = {
    {"serve", cli_serve, "serve [CAPSULE] [OPTIONS]",
     "press the folder CAPSULE (default ./capsule), serve it, and again when it changes;\n"
     "      several capsules: `vhost \"NAME\" { capsule = \"FOLDER\" }` sections in a --config "
     "file;\n"
     "      parts for readers with a client certificate: `area \"/PATH/\" { }` sections there",
     server_options, &server_options_count},
    {"check", cli_check, "check [CAPSULE] [OPTIONS]",
     "look at all that serve with these options would use, and change nothing", server_options,
     &server_options_count},
    {"press", cli_press, "press CAPSULE -o EDITION [OPTIONS]",
     "write the folder CAPSULE as one file; a source that cannot be read is told and left out",
     cli_press_options, &cli_press_options_count},
    {"convert", cli_convert, "convert [OPTIONS] FILE|-", "print one article as gemtext",
     cli_convert_options, &cli_convert_options_count},
    {"cert", cli_cert, "cert show [FILE.crt|NAME]... | new NAME [ALIAS]... | renew NAME [ALIAS]...",
     "tell what the certificates say, make one for NAME, or a new one with the key that readers "
     "know",
     cli_cert_options, &cli_cert_options_count},
    {"worker", cli_worker, NULL, NULL, NULL, NULL},
    {KEY_SUBCOMMAND, cli_key, NULL, NULL, NULL, NULL},
    {JOB_SUBCOMMAND, cli_press_job, NULL, NULL, NULL, NULL},
};

#define CLI_COMMANDS (sizeof cli_commands / sizeof cli_commands[0])

static void cli_put_command(const struct cli_command *c, struct buf *b)
{
    buf_putf(b, "  broadsheet %s\n      %s\n", c->usage, c->help);
}

bool cli_tell(enum status status, const struct error *e)
{
    if (status != ST_OK)
        log_error(e);
    return status == ST_OK;
}

enum status cli_print(const struct buf *b, struct error *e)
{
    if (buf_status(b) != ST_OK)
        return error_set(e, buf_status(b), 0, "standard output");
    if ((b->n > 0 && fwrite(b->p, 1, b->n, stdout) != b->n) || fflush(stdout) != 0)
        return error_set(e, ST_IO, errno, "standard output");
    return ST_OK;
}

/* The last thing that a command does. */
static int cli_end(struct buf *b)
{
    struct error e;
    bool good = cli_tell(cli_print(b, &e), &e);
    buf_fini(b);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int cli_help(void)
{
    struct buf b;
    buf_init(&b, (size_t)64 * 1024);
    buf_puts(&b, "broadsheet: a Gemini capsule server for articles\n\nUsage:\n");
    for (size_t i = 0; i < CLI_COMMANDS; i++) {
        if (cli_commands[i].usage != NULL)
            cli_put_command(&cli_commands[i], &b);
    }
    buf_puts(&b, "\n`broadsheet SUBCOMMAND --help` tells the options of one, `broadsheet --version`"
                 " the version.\nExit status: 0 good, 1 an error that was told, 2 wrong usage.\n");
    return cli_end(&b);
}

static int cli_help_command(const struct cli_command *c)
{
    struct buf b;
    buf_init(&b, (size_t)64 * 1024);
    buf_puts(&b, "Usage:\n");
    cli_put_command(c, &b);
    buf_puts(&b, "\nOptions:\n");
    options_help(c->rows, *c->row_count, &b);
    return cli_end(&b);
}

static bool cli_wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

bool cli_read(struct options *o, int argc, char **argv, int least, int most, int *operand,
              int *result)
{
    struct error e;
    enum status status = options_read_args(o, argc, argv, operand, &e);
    if (status == ST_OK && argc - *operand < least)
        status = error_set(&e, ST_SYNTAX, 0, "an operand is missing");
    if (status == ST_OK && argc - *operand > most)
        status = error_set(&e, ST_SYNTAX, 0, "too many operands: %s", argv[*operand + most]);
    if (status == ST_OK)
        return true;
    *result = status == ST_NOMEM ? EXIT_FAILURE : CLI_USAGE_ERROR;
    if (status == ST_NOMEM)
        log_line(LOG_ERROR, "%s: %s", argv[0], e.message);
    else
        log_line(LOG_ERROR, "%s: %s (see broadsheet %s --help)", argv[0], e.message, argv[0]);
    return false;
}

int cli_run(int argc, char **argv)
{
    if (argc < 2) {
        log_line(LOG_ERROR, "no subcommand (see broadsheet --help)");
        return CLI_USAGE_ERROR;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return cli_help();
    if (strcmp(argv[1], "--version") == 0) {
        puts("broadsheet " CLI_VERSION);
        return EXIT_SUCCESS;
    }
    for (size_t i = 0; i < CLI_COMMANDS; i++) {
        const struct cli_command *c = &cli_commands[i];
        if (strcmp(argv[1], c->name) != 0)
            continue;
        if (c->usage != NULL && cli_wants_help(argc - 1, argv + 1))
            return cli_help_command(c);
        return c->run(argc - 1, argv + 1);
    }
    log_line(LOG_ERROR, "unknown subcommand %s (see broadsheet --help)", argv[1]);
    return CLI_USAGE_ERROR;
}
