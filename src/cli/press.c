#include "press/press.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "cli/cli.h"
#include "edition/area.h"
#include "log/log.h"
#include "protocol/gemini.h"
#include "serve/job.h"

struct press_args {
    char *output;
    char *base_url;
    struct option_list area;
};

#define FIELD(name) offsetof(struct press_args, name)

const struct option_row cli_press_options[] = {
    {.name = "output",
     .letter = 'o',
     .type = OPTION_STRING,
     .offset = FIELD(output),
     .placeholder = "EDITION",
     .help = "the file to write, replaced in one step"},
    {.name = "base-url",
     .type = OPTION_STRING,
     .offset = FIELD(base_url),
     .placeholder = "URL",
     .initial = "gemini://localhost/",
     .help = "what the addresses in /urls.txt begin with"},
    {.name = "area",
     .type = OPTION_LIST,
     .offset = FIELD(area),
     .placeholder = "PREFIX",
     .help = "leave what lies below PREFIX out of /urls.txt"},
};

const size_t cli_press_options_count = sizeof cli_press_options / sizeof cli_press_options[0];

/* Whole as "gemini://HOST[:PORT]/": what is put behind it is a path. */
static bool press_is_base_url(const char *url)
{
    struct span s = span_of(url);
    return span_starts(s, SPAN("gemini://")) && s.n > 10 && url[9] != '/' &&
           span_find(s, 9, '/') == s.n - 1;
}

/* The first area that is none is told. */
static bool press_has_good_areas(const struct option_list *areas)
{
    struct error e;
    bool good = true;
    for (size_t i = 0; good && i < areas->count; i++) {
        struct buf prefix;
        buf_init(&prefix, (size_t)4 * GEMINI_URL_MAX);
        good = area_canonical(areas->items[i], &prefix, &e) == ST_OK;
        buf_fini(&prefix);
    }
    if (!good)
        log_line(LOG_ERROR, "press: --%s", e.message);
    return good;
}

/* Press as the command line says; *last gets how that ended. */
static int press_command(int argc, char **argv, enum status *last)
{
    struct press_args args = {0};
    struct options options;
    struct error e;
    int operand = 0;
    int result = CLI_USAGE_ERROR;
    options_init(&options, cli_press_options, cli_press_options_count, &args);
    if (!cli_read(&options, argc, argv, 1, 1, &operand))
        goto out;
    enum status status = options_read_defaults(&options, &e);
    if (status == ST_OK && args.output == NULL) {
        log_line(LOG_ERROR, "press: -o EDITION is missing (see broadsheet press --help)");
        goto out;
    }
    if (status == ST_OK && !press_is_base_url(args.base_url)) {
        log_line(LOG_ERROR, "press: --base-url %s: not gemini://HOST/ or gemini://HOST:PORT/",
                 args.base_url);
        goto out;
    }
    if (status == ST_OK && !press_has_good_areas(&args.area))
        goto out;
    if (status == ST_OK)
        status = press_run(argv[operand], args.output, args.base_url, &args.area, &e);
    if (status != ST_OK)
        log_error(&e);
    *last = status;
    result = status == ST_OK ? EXIT_SUCCESS : EXIT_FAILURE;
out:
    options_fini(&options);
    return result;
}

int cli_press(int argc, char **argv)
{
    enum status last = ST_OK;
    return press_command(argc, argv, &last);
}

int cli_press_job(int argc, char **argv)
{
    enum status last = ST_OK;
    log_init("press");
    signal(SIGPIPE, SIG_IGN); /* a log that nobody reads any more ends nothing */
    /* Without a supervisor nobody wants the edition, and the next one makes his own. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int result = press_command(argc, argv, &last);
    return last == ST_IO || last == ST_STORE || last == ST_NOMEM ? JOB_TEMPORARY : result;
}
