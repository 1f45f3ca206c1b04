#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "log/log.h"
#include "press/press.h"
#include "protocol/gemini.h"
#include "serve/site.h"
#include "serve/supervisor.h"
#include "tls/ticket.h"

#define CHECK_PATH_MAX 8192

static bool check_is_missing(const char *path)
{
    return access(path, F_OK) != 0 && errno == ENOENT;
}

/* The certificate of a site: one that is not there yet is made by the first start. */
static void check_certificate(const struct site *site, const char *dir)
{
    const struct vhost_config *v = site->config;
    struct identity *id = NULL;
    struct buf key;
    struct buf certificate;
    struct error e;
    buf_init(&key, CHECK_PATH_MAX);
    buf_init(&certificate, CHECK_PATH_MAX);
    if (v->key == NULL) {
        identity_put_paths(dir, v->name, &key, &certificate);
    } else {
        buf_puts(&key, v->key);
        buf_puts(&certificate, v->certificate);
    }
    if (v->key == NULL && check_is_missing(buf_str(&certificate))) {
        bool alone = !check_is_missing(buf_str(&key));
        log_line(LOG_INFO, "%s: will be made at the first start%s", buf_str(&certificate),
                 alone ? ", for the key that is there" : ", with its key");
    } else if (identity_load(buf_str(&key), buf_str(&certificate), &id, &e) == ST_OK) {
        certs_tell(id);
        certs_warn(id, site->names.items, site->names.count);
    } else {
        log_error(&e);
    }
    identity_free(id);
    buf_fini(&key);
    buf_fini(&certificate);
}

/* Remove a folder of ours with the files in it. */
static void check_remove(const char *dir)
{
    DIR *entries = opendir(dir);
    int fd = entries == NULL ? -1 : dirfd(entries);
    const struct dirent *entry;
    while (fd >= 0 && (entry = readdir(entries)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(fd, entry->d_name, 0);
    }
    if (entries != NULL)
        closedir(entries);
    rmdir(dir);
}

/* Press a capsule into a folder that is thrown away: what is wrong with its articles is told. */
static void check_capsule(const struct site *site)
{
    const char *home = getenv("TMPDIR");
    char dir[CHECK_PATH_MAX];
    struct buf edition;
    struct error e;
    int n = snprintf(dir, sizeof dir, "%s/broadsheet-check-XXXXXX",
                     home == NULL || *home == '\0' ? "/tmp" : home);
    if (n < 0 || (size_t)n >= sizeof dir || mkdtemp(dir) == NULL) {
        cli_tell(error_set(&e, ST_IO, errno, "%s", dir), &e);
        return;
    }
    buf_init(&edition, CHECK_PATH_MAX);
    buf_putf(&edition, "%s/edition.db", dir);
    cli_tell(
        press_run(site->config->capsule, buf_str(&edition), site->base_url.p, &site->areas, &e),
        &e);
    check_remove(dir);
    buf_fini(&edition);
}

static void check_ticket_keys(const char *path)
{
    struct ticket_ring ring = {0};
    struct error e;
    cli_tell(ticket_read_file(&ring, path, &e), &e);
    ticket_wipe(&ring);
}

/* Is anything that is private among what is published? */
static void check_places(const struct sites *sites, const struct server_config *config)
{
    const char *const paths[] = {config->certs, config->state, config->ticket_keys, config->log};
    struct error e;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (paths[i] != NULL)
            cli_tell(sites_check_private(sites, paths[i], &e), &e);
    }
    for (size_t i = 0; i < sites->count; i++) {
        if (sites->items[i].config->key != NULL)
            cli_tell(sites_check_private(sites, sites->items[i].config->key, &e), &e);
    }
}

static void check_areas(const struct sites *sites)
{
    struct admission admission;
    struct error e;
    admission_init(&admission);
    cli_tell(sites_open_areas(sites, &admission, &e), &e);
    admission_fini(&admission);
}

static void check_server(const struct server_config *config)
{
    struct sites sites;
    struct error e;
    enum status status = sites_init(&sites, config, &e);
    cli_tell(status, &e);
    if (status == ST_OK) {
        sites_make_base_urls(&sites, GEMINI_PORT);
        check_places(&sites, config);
        check_areas(&sites);
        if (config->ticket_keys != NULL)
            check_ticket_keys(config->ticket_keys);
    }
    for (size_t i = 0; status == ST_OK && i < sites.count; i++) {
        check_certificate(&sites.items[i], config->certs);
        check_capsule(&sites.items[i]);
    }
    sites_fini(&sites);
}

int cli_check(int argc, char **argv)
{
    struct server_config config = {0};
    struct options options;
    struct error e;
    int operand = 0;
    int result = CLI_USAGE_ERROR;
    options_init(&options, server_options, server_options_count, &config);
    if (!cli_read(&options, argc, argv, 0, 1, &operand, &result))
        goto out;
    enum status status = server_config_load(&options, config.config, &e);
    if (status == ST_OK)
        status = server_config_finish(&config, operand < argc ? argv[operand] : NULL, &e);
    if (status == ST_OK)
        status = supervisor_check(&config, &e);
    cli_tell(status, &e);
    if (status == ST_OK)
        check_server(&config);
    unsigned long errors = log_count(LOG_ERROR);
    unsigned long warnings = log_count(LOG_WARNING);
    printf("check: %lu error%s, %lu warning%s\n", errors, errors == 1 ? "" : "s", warnings,
           warnings == 1 ? "" : "s");
    result = errors == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
out:
    options_fini(&options);
    return result;
}
