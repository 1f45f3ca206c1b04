#include "press/press.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "cli/cli.h"
#include "edition/area.h"
#include "log/log.h"
#include "protocol/gemini.h"
#include "sandbox/sandbox.h"
#include "serve/job.h"

struct press_args {
    char *output;
    char *base_url;
    struct option_list area;
    char *sandbox;
    bool verify;
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
    {.name = "sandbox",
     .type = OPTION_STRING,
     .offset = FIELD(sandbox),
     .placeholder = "HOW",
     .initial = "try",
     .help = "give up what is not needed: require fails without Landlock and seccomp, try, or off"},
    {.name = "verify",
     .type = OPTION_FLAG,
     .offset = FIELD(verify),
     .help = "look through the edition before, and make all anew when it is damaged"},
};

const size_t cli_press_options_count = sizeof cli_press_options / sizeof cli_press_options[0];

/* Whole as "gemini://HOST[:PORT]/": what is put behind it is a path. */
static bool press_is_base_url(const char *url)
{
    struct span s = span_of(url);
    return span_starts(s, SPAN("gemini://")) && s.n > 10 && url[9] != '/' &&
           span_find(s, 9, '/') == s.n - 1;
}

/* Is each of them an area? */
static enum status press_check_areas(const struct option_list *areas, struct error *e)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < areas->count; i++) {
        struct buf prefix;
        buf_init(&prefix, (size_t)4 * GEMINI_URL_MAX);
        status = area_canonical(areas->items[i], &prefix, e);
        buf_fini(&prefix);
    }
    return status;
}

/*
 * Should SQLite ever want a temporary file, it goes where the edition does: /tmp is out of reach,
 * and the file would have what is in the areas.
 */
static enum status press_place_temporary(const char *output, struct error *e)
{
    const char *name = strrchr(output, '/');
    struct buf folder;
    buf_init(&folder, PATH_MAX);
    buf_puts(&folder, *output == '/' ? "" : "./");
    buf_put(&folder, (struct span){output, name == NULL ? 0 : (size_t)(name - output) + 1});
    bool good = buf_status(&folder) == ST_OK && setenv("SQLITE_TMPDIR", buf_str(&folder), 1) == 0;
    buf_fini(&folder);
    return good ? ST_OK : error_set(e, ST_NOMEM, errno, "%s", output);
}

/*
 * Give up all but the capsule and the folder of the edition.  articles/ and static/ may be links
 * that lead out of the capsule.
 */
static enum status press_enter_sandbox(const struct press_args *args, const char *capsule,
                                       bool tells, struct error *e)
{
    static const char *const folders[] = {"articles", "static"};
    struct sandbox_place places[] = {
        {.path = capsule}, {.path = args->output, .holder = true, .writes = true}, {0}, {0}};
    struct buf paths[2];
    char told[SANDBOX_TOLD_MAX];
    enum sandbox_wish wish;
    enum status status = sandbox_wish_find(args->sandbox, &wish, e);
    if (status == ST_OK)
        status = press_place_temporary(args->output, e);
    if (status != ST_OK)
        return status;
    for (size_t i = 0; i < 2; i++) {
        buf_init(&paths[i], (size_t)2 * PATH_MAX);
        buf_putf(&paths[i], "%s/%s", capsule, folders[i]);
        places[2 + i].path = buf_str(&paths[i]);
        if (buf_status(&paths[i]) != ST_OK)
            status = error_set(e, ST_NOMEM, ENOMEM, "%s", capsule);
    }
    if (status == ST_OK)
        status = sandbox_press(wish, places, sizeof places / sizeof places[0], told, e);
    if (tells && status == ST_OK)
        log_line(LOG_INFO, "sandbox: %s", told);
    for (size_t i = 0; i < 2; i++)
        buf_fini(&paths[i]);
    return status;
}

/* Press as the command line says; *last gets how that ended. */
static int press_command(int argc, char **argv, bool job, enum status *last)
{
    struct press_args args = {0};
    struct options options;
    struct error e;
    enum sandbox_wish wish = SANDBOX_TRY;
    int operand = 0;
    int result = CLI_USAGE_ERROR;
    options_init(&options, cli_press_options, cli_press_options_count, &args);
    if (!cli_read(&options, argc, argv, 1, 1, &operand, &result)) {
        *last = result == EXIT_FAILURE ? ST_NOMEM : ST_SYNTAX;
        goto out;
    }
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
    if (status == ST_OK)
        status = press_check_areas(&args.area, &e);
    if (status == ST_OK)
        status = sandbox_wish_find(args.sandbox, &wish, &e);
    if (status == ST_SYNTAX) {
        log_line(LOG_ERROR, "press: --%s", e.message);
        goto out;
    }
    if (status == ST_OK)
        status = press_enter_sandbox(&args, argv[operand], job, &e);
    if (status == ST_OK)
        status = (args.verify ? press_run_verified : press_run)(argv[operand], args.output,
                                                                args.base_url, &args.area, &e);
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
    return press_command(argc, argv, false, &last);
}

int cli_press_job(int argc, char **argv)
{
    enum status last = ST_OK;
    log_init("press");
    log_outlive();
    /* Without a supervisor nobody wants the edition, and the next one makes his own. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int result = press_command(argc, argv, true, &last);
    return last == ST_IO || last == ST_STORE || last == ST_NOMEM ? JOB_TEMPORARY : result;
}
