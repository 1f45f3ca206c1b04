#include "answer/route.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "answer/answer.h"
#include "answer/static_file.h"
#include "log/log.h"
#include "protocol/url.h"

/* A canonical path writes a byte as three at most. */
#define ROUTE_PATH_MAX ((size_t)3 * GEMINI_URL_MAX + 8)

static enum status route_fill_page(struct response *r, uint64_t offset, char *to, size_t n,
                                   struct error *e)
{
    return edition_read(r->holder, r->id, offset, to, n, e);
}

static void route_done_page(struct response *r)
{
    edition_release(r->holder);
}

static void route_failed(const struct error *e, struct response *out)
{
    log_error(e);
    response_set(out, GEMINI_TEMPORARY_FAILURE, "This page cannot be read at the moment");
}

/* A large static file: as it is now, whatever its size was when the capsule was pressed. */
static void route_answer_file(const struct route *r, const struct edition_found *page,
                              struct response *out)
{
    struct error e;
    response_set(out, (enum gemini_status)page->status, page->meta);
    enum status status =
        r->statics < 0 ? ST_MISSING : static_file_open(r->statics, page->file, out, &e);
    if (status == ST_OK)
        return;
    /* What took the place of the file since, and may not be read, is no page. */
    bool refused = status == ST_FORMAT || (status == ST_IO && e.errnum == EACCES);
    if (refused)
        log_error(&e);
    if (refused || status == ST_MISSING)
        response_set(out, GEMINI_NOT_FOUND, "This page was not found");
    else
        route_failed(&e, out);
}

static void route_answer_page(const struct route *r, const struct edition_found *page,
                              struct response *out)
{
    response_set(out, (enum gemini_status)page->status, page->meta);
    if (page->status / 10 != GEMINI_SUCCESS / 10)
        return;
    out->size = page->size;
    out->id = page->id;
    out->holder = edition_hold(r->edition);
    out->fill = route_fill_page;
    out->done = route_done_page;
}

/* May this client see what is there, or learn whether anything is?  If not, the answer is given. */
static bool route_admits(const struct route *r, struct span path, const struct client_cert *client,
                         struct response *out)
{
    const struct area *area = r->areas == NULL ? NULL : areas_find(r->areas, r->site, path);
    const char *meta = NULL;
    if (area == NULL)
        return true;
    enum gemini_status status = area_judge(area, client, time(NULL), &meta);
    if (status == GEMINI_SUCCESS)
        return true;
    response_set(out, status, meta);
    return false;
}

static void route_answer(const struct route *r, const struct url *url,
                         const struct client_cert *client, struct response *out)
{
    char space[ROUTE_PATH_MAX];
    struct buf path = {.p = space, .size = sizeof space, .cap = sizeof space - 1};
    url_canonical_path(url->path, &path);
    struct edition_found page;
    struct error e;
    if (buf_status(&path) != ST_OK) {
        response_set(out, GEMINI_NOT_FOUND, "This page was not found");
        return;
    }
    if (!route_admits(r, buf_span(&path), client, out))
        return;
    const struct rule_set *rules = edition_rules(r->edition);
    if (answer_question(rules, buf_span(&path), url, out))
        return;
    enum status status = edition_find(r->edition, buf_span(&path), &page, &e);
    if (status == ST_MISSING && answer_prefix(rules, buf_span(&path), url, out))
        return;
    if (status == ST_MISSING)
        response_set(out, GEMINI_NOT_FOUND, "This page was not found");
    else if (status != ST_OK)
        route_failed(&e, out);
    else if (page.status / 10 == GEMINI_TEMPORARY_REDIRECT / 10)
        answer_redirect((enum gemini_status)page.status, span_of(page.meta), url, out);
    else if (page.in_file)
        route_answer_file(r, &page, out);
    else
        route_answer_page(r, &page, out);
}

static bool route_serves_host(const struct route *r, const struct url *url)
{
    for (size_t i = 0; i < r->hosts->count; i++) {
        if (url_host_is(url, span_of(r->hosts->items[i])))
            return true;
    }
    return false;
}

/* The capsule of a URL's host, or NULL. */
static const struct route *route_find(const struct routes *routes, const struct url *url)
{
    for (size_t i = 0; i < routes->count; i++) {
        if (route_serves_host(&routes->items[i], url))
            return &routes->items[i];
    }
    return NULL;
}

/* No port, Gemini's own, the one that the client connected to, or the one that is announced. */
static bool route_serves_port(const struct routes *routes, const struct url *url,
                              uint16_t connected)
{
    return !url->has_port || url->port == GEMINI_PORT || url->port == connected ||
           (routes->public_port != 0 && url->port == routes->public_port);
}

void route_respond(void *context, const struct net_request *request, struct response *out)
{
    const struct routes *routes = context;
    struct url url;
    struct error e;
    if (url_parse(request->line, &url, &e) != ST_OK) {
        response_set(out, GEMINI_BAD_REQUEST, e.message);
        return;
    }
    const struct route *r = route_find(routes, &url);
    bool gemini = span_eq_nocase(url.scheme, SPAN("gemini"));
    out->host = url.host;
    out->path = url.path.n == 0 ? SPAN("/") : url.path;
    if (!gemini) { /* Titan's parameters have a secret in them, and the log is no place for it */
        out->path = span_sub(out->path, 0, span_find(out->path, 0, ';'));
        out->host = span_sub(out->host, 0, span_find(out->host, 0, ';'));
    }
    if (!gemini)
        response_set(out, GEMINI_PROXY_REFUSED, "This server answers gemini:// requests only");
    else if (r == NULL)
        response_set(out, GEMINI_PROXY_REFUSED, "This server does not serve that host");
    else if (!route_serves_port(context, &url, request->port))
        response_set(out, GEMINI_PROXY_REFUSED, "This server does not serve that port");
    else if (r->edition == NULL)
        response_set(out, GEMINI_UNAVAILABLE, "This capsule is not ready yet");
    else
        route_answer(r, &url, request->client, out);
}

enum status route_open(struct route *r, const char *edition, const char *statics,
                       const struct option_list *hosts, struct error *e)
{
    *r = (struct route){.statics = -1, .hosts = hosts};
    return route_reload(r, edition, statics, e);
}

/* Open the edition of this name, unless it is the one that is in service. */
static enum status route_open_edition(struct route *r, const char *edition, struct error *e)
{
    struct stat st;
    struct edition *opened = NULL;
    /* Looked at before it is opened: one that comes in between is opened again the next time. */
    struct file_stamp stamp = stat(edition, &st) == 0 ? file_stamp_of(&st) : (struct file_stamp){0};
    bool good = r->edition != NULL && !edition_is_damaged(r->edition);
    if (good && file_stamp_eq(stamp, r->stamp))
        return ST_OK;
    enum status status = edition_open(edition, &opened, e);
    if (status != ST_OK)
        return status;
    edition_release(r->edition);
    r->edition = opened;
    r->stamp = stamp;
    return ST_OK;
}

enum status route_reload(struct route *r, const char *edition, const char *statics, struct error *e)
{
    enum status status = route_open_edition(r, edition, e);
    if (status != ST_OK)
        return status;
    if (r->statics >= 0)
        close(r->statics);
    r->statics = open(statics, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return ST_OK;
}

void route_close(struct route *r)
{
    edition_release(r->edition);
    if (r->statics >= 0)
        close(r->statics);
}
