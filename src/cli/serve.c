#include <stdlib.h>

#include "cli/cli.h"
#include "log/log.h"
#include "serve/supervisor.h"
#include "serve/worker.h"

int cli_serve(int argc, char **argv)
{
    struct server_config config = {0};
    struct options options;
    struct error e;
    int operand = 0;
    int result = CLI_USAGE_ERROR;
    options_init(&options, server_options, server_options_count, &config);
    if (!cli_read(&options, argc, argv, 0, 1, &operand))
        goto out;
    enum status status = server_config_load(&options, config.config, &e);
    if (status == ST_OK &&
        (server_config_finish(&config, operand < argc ? argv[operand] : NULL, &e) != ST_OK ||
         supervisor_check(&config, &e) != ST_OK)) {
        log_line(LOG_ERROR, "serve: %s (see broadsheet serve --help)", e.message);
        goto out;
    }
    if (status == ST_OK)
        status = supervisor_run(&config, &e);
    if (status != ST_OK)
        log_error(&e);
    result = status == ST_OK ? EXIT_SUCCESS : EXIT_FAILURE;
out:
    options_fini(&options);
    return result;
}

int cli_worker(int argc, char **argv)
{
    (void)argv;
    return argc == 1 ? worker_run() : CLI_USAGE_ERROR;
}
