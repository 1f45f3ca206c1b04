#include <errno.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "log/log.h"
#include "serve/supervisor.h"
#include "worker/key.h"
#include "worker/worker.h"

/* The command line, which is laid over the configuration file whenever that is read. */
struct serve_source {
    int argc;
    char **argv;
    bool usage; /* what is wrong is a usage error */
};

/* The rest of the configuration, behind the command line; the checks that need no file. */
static enum status serve_finish(struct serve_source *source, struct options *options, int operand,
                                struct server_config *config, struct error *e)
{
    const char *capsule = operand < source->argc ? source->argv[operand] : NULL;
    enum status status = server_config_load(options, config->config, e);
    source->usage = false;
    if (status != ST_OK)
        return status;
    source->usage = true;
    status = server_config_finish(config, capsule, e);
    return status == ST_OK ? supervisor_check(config, e) : status;
}

static enum status serve_read(void *context, struct server_config **out, struct error *e)
{
    struct serve_source *source = context;
    struct server_config *config = calloc(1, sizeof *config);
    struct options options;
    int operand = 0;
    source->usage = false;
    if (config == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "configuration");
    options_init(&options, server_options, server_options_count, config);
    enum status status = options_read_args(&options, source->argc, source->argv, &operand, e);
    if (status == ST_OK)
        status = serve_finish(source, &options, operand, config, e);
    if (status == ST_OK)
        *out = config;
    else
        server_config_free(config);
    return status;
}

/* Is the command line by itself one that can be read?  As cli_read. */
static bool serve_check_usage(int argc, char **argv, int *result)
{
    struct server_config config = {0};
    struct options options;
    int operand = 0;
    options_init(&options, server_options, server_options_count, &config);
    bool good = cli_read(&options, argc, argv, 0, 1, &operand, result);
    options_fini(&options);
    return good;
}

int cli_serve(int argc, char **argv)
{
    struct serve_source source = {.argc = argc, .argv = argv};
    struct supervisor_source again = {.read = serve_read, .context = &source};
    struct server_config *config = NULL;
    struct error e;
    int result = CLI_USAGE_ERROR;
    if (!serve_check_usage(argc, argv, &result))
        return result;
    enum status status = serve_read(&source, &config, &e);
    if (status != ST_OK && source.usage) {
        log_line(LOG_ERROR, "serve: %s (see broadsheet serve --help)", e.message);
        return CLI_USAGE_ERROR;
    }
    if (status == ST_OK)
        status = supervisor_run(config, &again, &e);
    return cli_tell(status, &e) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int cli_worker(int argc, char **argv)
{
    (void)argv;
    return argc == 1 ? worker_run() : CLI_USAGE_ERROR;
}

int cli_key(int argc, char **argv)
{
    (void)argv;
    return argc == 1 ? key_run() : CLI_USAGE_ERROR;
}
