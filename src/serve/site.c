#include "serve/site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "edition/reader.h"
#include "log/log.h"
#include "protocol/url.h"
#include "tls/identity_make.h"

#define SITE_PATH_MAX 8192

/* The name number i of a vhost: the main one, then its aliases. */
static char *site_name(const struct vhost_config *v, size_t i)
{
    return i == 0 ? v->name : v->alias.items[i - 1];
}

/* Do two configured names mean the same host? */
static bool site_is_same_host(const char *one, const char *other)
{
    struct url url = {.host = span_of(one)};
    if (url.host.n > 1 && url.host.p[0] == '[')
        url.host = span_sub(url.host, 1, url.host.n - 1);
    url.literal = span_find(url.host, 0, ':') < url.host.n;
    return url_host_is(&url, span_of(other));
}

/* No two vhosts, up to the name number k of the vhost number i, may have a name in common. */
static enum status site_check_name(const struct vhost_config *vhosts, size_t i, size_t k,
                                   struct error *e)
{
    const char *name = site_name(&vhosts[i], k);
    for (size_t other = 0; other <= i; other++) {
        size_t count = other == i ? k : vhosts[other].alias.count + 1;
        for (size_t n = 0; n < count; n++) {
            const char *before = site_name(&vhosts[other], n);
            if (site_is_same_host(name, before))
                return error_set(e, ST_SYNTAX, 0, "host %s of vhost %s is %s of vhost %s", name,
                                 vhosts[i].name, before, vhosts[other].name);
        }
    }
    return ST_OK;
}

enum status sites_check(const struct server_config *config, struct error *e)
{
    const struct vhost_config *vhosts = server_config_vhosts(config);
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < config->vhost.count; i++) {
        for (size_t k = 0; status == ST_OK && k <= vhosts[i].alias.count; k++) {
            char *name = site_name(&vhosts[i], k);
            status = identity_check_names(&name, 1, e);
            /* One that the command line gives twice does no harm. */
            if (status == ST_OK && !config->sole)
                status = site_check_name(vhosts, i, k, e);
        }
    }
    return status;
}

/* Gather what belongs to a vhost; on failure sites_fini frees what is there. */
static enum status site_init(struct site *site, const struct vhost_config *config, struct error *e)
{
    size_t names = config->alias.count + 1;
    const struct area_config *areas = config->area.items;
    site->config = config;
    buf_init(&site->edition, SITE_PATH_MAX);
    buf_init(&site->statics, SITE_PATH_MAX);
    buf_init(&site->base_url, SITE_PATH_MAX);
    site->names.items = calloc(names, sizeof *site->names.items);
    site->areas.items = calloc(config->area.count + 1, sizeof *site->areas.items);
    if (site->names.items == NULL || site->areas.items == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "vhost %s", config->name);
    for (size_t k = 0; k < names; k++)
        site->names.items[site->names.count++] = site_name(config, k);
    for (size_t k = 0; k < config->area.count; k++)
        site->areas.items[site->areas.count++] = areas[k].prefix;
    return ST_OK;
}

enum status sites_init(struct sites *sites, const struct server_config *config, struct error *e)
{
    const struct vhost_config *vhosts = server_config_vhosts(config);
    *sites = (struct sites){.items = calloc(config->vhost.count, sizeof *sites->items)};
    if (sites->items == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "vhosts");
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < config->vhost.count; i++)
        status = site_init(&sites->items[sites->count++], &vhosts[i], e);
    return status;
}

void sites_fini(struct sites *sites)
{
    for (size_t i = 0; i < sites->count; i++) {
        struct site *site = &sites->items[i];
        free(site->names.items);
        free(site->areas.items);
        buf_fini(&site->edition);
        buf_fini(&site->statics);
        buf_fini(&site->base_url);
    }
    free(sites->items);
    *sites = (struct sites){0};
}

/* Append the path without links, as it is or would be if what is not there yet were made. */
static void site_put_real(const char *path, struct buf *out)
{
    char *above = strdup(path);
    char *real = above == NULL ? NULL : realpath(above, NULL);
    size_t n = strlen(path); /* of what is above */
    while (above != NULL && real == NULL && errno == ENOENT && n > 0) {
        while (n > 0 && path[n - 1] != '/')
            n--;
        while (n > 0 && path[n - 1] == '/')
            n--;
        above[n] = '\0';
        real = realpath(n > 0 ? above : *path == '/' ? "/" : ".", NULL);
    }
    if (real != NULL) {
        buf_puts(out, strcmp(real, "/") == 0 ? "" : real);
        path += n;
        path += strspn(path, "/");
        if (*path != '\0')
            buf_putf(out, "/%s", path);
    }
    free(above);
    free(real);
}

/* Is `path` inside this folder of the capsule, or would it be? */
static bool site_is_inside(const struct site *site, const char *folder, const char *path)
{
    struct buf named;
    struct buf outer;
    struct buf inner;
    buf_init(&named, SITE_PATH_MAX);
    buf_init(&outer, SITE_PATH_MAX);
    buf_init(&inner, SITE_PATH_MAX);
    buf_putf(&named, "%s/%s", site->config->capsule, folder);
    site_put_real(buf_str(&named), &outer);
    site_put_real(path, &inner);
    bool found = outer.n > 0 && span_starts(buf_span(&inner), buf_span(&outer)) &&
                 (inner.n == outer.n || inner.p[outer.n] == '/');
    buf_fini(&named);
    buf_fini(&outer);
    buf_fini(&inner);
    return found;
}

enum status sites_check_private(const struct sites *sites, const char *path, struct error *e)
{
    static const char *const published[] = {"static", "articles"};
    for (size_t i = 0; i < sites->count; i++) {
        for (size_t k = 0; k < sizeof published / sizeof published[0]; k++) {
            if (site_is_inside(&sites->items[i], published[k], path))
                return error_set(e, ST_FORMAT, 0, "%s: lies in %s/%s, which is published", path,
                                 sites->items[i].config->capsule, published[k]);
        }
    }
    return ST_OK;
}

enum status sites_open_identities(const struct sites *sites, const char *dir, struct certs *certs,
                                  struct error *e)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < sites->count; i++) {
        const struct site *site = &sites->items[i];
        const struct vhost_config *v = site->config;
        struct identity *id = NULL;
        if (v->key == NULL)
            status = identity_open(dir, site->names.items, site->names.count, &id, e);
        else
            status = sites_check_private(sites, v->key, e);
        if (status == ST_OK && v->key != NULL)
            status = identity_load(v->key, v->certificate, &id, e);
        if (status == ST_OK)
            status = certs_add(certs, id, site->names.items, site->names.count, e);
    }
    return status;
}

enum status sites_open_areas(const struct sites *sites, struct admission *admission,
                             struct error *e)
{
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < sites->count; i++) {
        const struct option_sections *sections = &sites->items[i].config->area;
        const struct area_config *areas = sections->items;
        for (size_t k = 0; status == ST_OK && k < sections->count; k++) {
            if (areas[k].list != NULL)
                status = sites_check_private(sites, areas[k].list, e);
        }
        if (status == ST_OK)
            status = admission_add(admission, (long)i, sections, e);
    }
    return status == ST_OK ? admission_ready(admission, e) : status;
}

void sites_place(struct sites *sites, const char *state, bool sole)
{
    for (size_t i = 0; i < sites->count; i++) {
        struct site *site = &sites->items[i];
        buf_putf(&site->edition, "%s/%s.db", state, sole ? "edition" : site->config->name);
        buf_putf(&site->statics, "%s/static", site->config->capsule);
        (void)buf_str(&site->edition);
        (void)buf_str(&site->statics);
    }
}

void sites_make_base_urls(struct sites *sites, unsigned port)
{
    for (size_t i = 0; i < sites->count; i++) {
        struct buf *url = &sites->items[i].base_url;
        const char *host = sites->items[i].config->name;
        bool bare6 = strchr(host, ':') != NULL && host[0] != '[';
        buf_putf(url, bare6 ? "gemini://[%s]" : "gemini://%s", host);
        if (port != GEMINI_PORT)
            buf_putf(url, ":%u", port);
        buf_putc(url, '/');
        (void)buf_str(url);
    }
}

struct worker_vhost site_settings(const struct site *site)
{
    return (struct worker_vhost){
        .name = site->config->name,
        .host = site->names,
        .edition = site->edition.p,
        .statics = site->statics.p,
    };
}

static void site_on_done(void *context, bool good)
{
    struct site *site = context;
    site->tried = true;
    site->pressed = site->pressed || good;
    site->lost = site->lost && !good;
    site->on_pressed(site, good);
}

static void site_on_change(void *context)
{
    struct site *site = context;
    job_run(&site->job);
}

static void site_on_job_stopped(void *context)
{
    struct site *site = context;
    site->on_stopped(site->owner);
}

enum status site_start(struct site *site, uv_loop_t *loop, struct job_queue *queue,
                       const struct server_config *config, struct error *e)
{
    const char *capsule = site->config->capsule;
    enum status status = watch_start(loop, capsule, site_on_change, site, &site->watch, e);
    if (status != ST_OK)
        return status;
    site->job = (struct job){.loop = loop,
                             .queue = queue,
                             .capsule = capsule,
                             .edition = site->edition.p,
                             .base_url = site->base_url.p,
                             .sandbox = config->sandbox,
                             .timeout = (unsigned)config->press_timeout,
                             .areas = &site->areas,
                             .on_done = site_on_done,
                             .on_stopped = site_on_job_stopped,
                             .context = site};
    status = job_init(&site->job, e);
    if (status != ST_OK) {
        watch_stop(site->watch);
        site->watch = NULL;
        return status;
    }
    job_run(&site->job);
    return ST_OK;
}

static bool site_is_same_list(const struct option_list *one, const struct option_list *other)
{
    bool same = one->count == other->count;
    for (size_t i = 0; same && i < one->count; i++)
        same = strcmp(one->items[i], other->items[i]) == 0;
    return same;
}

bool site_is_same(const struct site *site, const struct site *other)
{
    return strcmp(site->edition.p, other->edition.p) == 0 &&
           strcmp(site->config->capsule, other->config->capsule) == 0 &&
           strcmp(site->base_url.p, other->base_url.p) == 0 &&
           site_is_same_list(&site->areas, &other->areas);
}

void site_rest(struct site *site)
{
    if (site->watch != NULL)
        job_rest(&site->job);
}

void site_wake(struct site *site)
{
    if (site->watch == NULL)
        return;
    job_wake(&site->job);
    job_run(&site->job);
}

void site_renew(struct site *site)
{
    watch_renew(site->watch);
    job_verify(&site->job);
}

void site_mend(struct site *site)
{
    job_verify(&site->job);
}

void site_stop(struct site *site)
{
    if (site->watch == NULL)
        return;
    watch_stop(site->watch);
    site->watch = NULL;
    job_stop(&site->job);
}

bool site_has_edition(const struct site *site)
{
    struct edition *edition = NULL;
    struct error e;
    bool good = edition_open(site->edition.p, &edition, &e) == ST_OK;
    edition_release(edition);
    return good;
}

void site_look(struct site *site)
{
    if (!site->pressed || site->lost || access(site->edition.p, F_OK) == 0 || errno != ENOENT)
        return;
    log_line(LOG_ERROR, "%s is gone; %s is pressed again", site->edition.p, site->config->capsule);
    site->lost = true;
    job_run(&site->job);
}

void site_tell_served(struct site *site)
{
    const char *capsule = site->config->capsule;
    site->served = site_has_edition(site);
    if (site->served)
        log_line(LOG_INFO, "serving %s: open %s in Lagrange or Amfora", capsule, site->base_url.p);
    else
        log_line(LOG_WARNING, "%s has no edition yet: readers of %s are told to come back later",
                 capsule, site->base_url.p);
}
