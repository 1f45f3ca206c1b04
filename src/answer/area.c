#include "answer/area.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edition/area.h"

#define AREA_PEM_MAX ((size_t)16 * 1024 * 1024)

const struct area *areas_find(const struct areas *areas, long site, struct span path)
{
    const struct area *found = NULL;
    for (size_t i = 0; i < areas->count; i++) {
        const struct area *area = &areas->items[i];
        if (area->site == site && area_covers(span_of(area->prefix), path) &&
            (found == NULL || strlen(area->prefix) > strlen(found->prefix)))
            found = area;
    }
    return found;
}

enum gemini_status area_judge(const struct area *area, const struct client_cert *client, time_t now,
                              const char **meta)
{
    *meta = area->prompt;
    if (client == NULL)
        return GEMINI_CERTIFICATE_REQUIRED;
    switch (client_time(client, now)) {
    case CLIENT_TIME_GOOD:
        break;
    case CLIENT_TIME_EARLY:
        *meta = "This client certificate is not valid yet";
        return GEMINI_CERTIFICATE_INVALID;
    case CLIENT_TIME_EXPIRED:
        *meta = "This client certificate has expired";
        return GEMINI_CERTIFICATE_INVALID;
    case CLIENT_TIME_BAD:
        *meta = "This client certificate has dates that cannot be read";
        return GEMINI_CERTIFICATE_INVALID;
    }
    *meta = "This client certificate is not among those that may see this page";
    if (area->any || fingerprint_list_has(&area->prints, &client->certificate) ||
        fingerprint_list_has(&area->prints, &client->key) ||
        (area->authority != NULL && authority_signed(area->authority, client, now)))
        return GEMINI_SUCCESS;
    return GEMINI_CERTIFICATE_REFUSED;
}

/*
 * An area as bytes: its numbers, and behind them the prefix, the prompt, the fingerprints and the
 * authorities (PEM), which are as long as the numbers say.  Only processes of one program and
 * machine read it.
 */
struct area_head {
    uint32_t site;
    uint32_t any;
    uint32_t prefix, prompt; /* bytes, without NUL */
    uint32_t prints;         /* number of them */
    uint32_t authorities;    /* bytes */
};

static void area_pack(const struct area *area, struct buf *out)
{
    struct buf pem;
    buf_init(&pem, AREA_PEM_MAX);
    if (area->authority != NULL)
        authority_write(area->authority, &pem);
    if (buf_status(&pem) != ST_OK)
        out->status = buf_status(&pem);
    struct area_head head = {.site = (uint32_t)area->site,
                             .any = area->any,
                             .prefix = (uint32_t)strlen(area->prefix),
                             .prompt = (uint32_t)strlen(area->prompt),
                             .prints = (uint32_t)area->prints.count,
                             .authorities = (uint32_t)pem.n};
    buf_put(out, (struct span){(const char *)&head, sizeof head});
    buf_puts(out, area->prefix);
    buf_puts(out, area->prompt);
    for (size_t i = 0; i < area->prints.count; i++)
        buf_put(out, (struct span){(const char *)area->prints.items[i].bytes, FINGERPRINT_SIZE});
    buf_put(out, buf_span(&pem));
    buf_fini(&pem);
}

void areas_pack(const struct areas *areas, struct buf *out)
{
    for (size_t i = 0; i < areas->count; i++)
        area_pack(&areas->items[i], out);
}

/* Cut the next n bytes off; NULL when there are fewer. */
static const char *area_take(struct span *from, size_t n, struct error *e)
{
    const char *taken = from->p;
    if (taken == NULL || n > from->n) {
        (void)error_set(e, ST_FORMAT, 0, "areas: something is missing");
        return NULL;
    }
    *from = span_sub(*from, n, from->n);
    return taken;
}

static enum status area_take_string(struct span *from, size_t n, char **string, struct error *e)
{
    const char *taken = area_take(from, n, e);
    if (taken == NULL)
        return ST_FORMAT;
    *string = strndup(taken, n);
    return *string != NULL ? ST_OK : error_set(e, ST_NOMEM, ENOMEM, "areas");
}

static enum status area_take_prints(struct span *from, size_t count, struct area *area,
                                    struct error *e)
{
    const char *taken = area_take(from, count * FINGERPRINT_SIZE, e);
    enum status status = taken == NULL ? ST_FORMAT : ST_OK;
    for (size_t i = 0; status == ST_OK && i < count; i++) {
        struct fingerprint f;
        memcpy(f.bytes, taken + i * FINGERPRINT_SIZE, FINGERPRINT_SIZE);
        status = fingerprint_list_add(&area->prints, &f, e);
    }
    fingerprint_list_sort(&area->prints);
    return status;
}

/* *area is zeroed; on failure what is in it is freed by the caller. */
static enum status area_unpack(struct span *from, struct area *area, struct error *e)
{
    struct area_head head;
    const char *taken = area_take(from, sizeof head, e);
    if (taken == NULL)
        return ST_FORMAT;
    memcpy(&head, taken, sizeof head);
    area->site = head.site;
    area->any = head.any != 0;
    enum status status = area_take_string(from, head.prefix, &area->prefix, e);
    if (status == ST_OK)
        status = area_take_string(from, head.prompt, &area->prompt, e);
    if (status == ST_OK)
        status = area_take_prints(from, head.prints, area, e);
    if (status != ST_OK || head.authorities == 0)
        return status;
    taken = area_take(from, head.authorities, e);
    return taken == NULL ? ST_FORMAT
                         : authority_parse("areas", (struct span){taken, head.authorities},
                                           &area->authority, e);
}

enum status areas_unpack(struct areas *areas, struct span from, struct error *e)
{
    struct areas found = {0};
    enum status status = ST_OK;
    while (status == ST_OK && from.n > 0) {
        struct area *items = reallocarray(found.items, found.count + 1, sizeof *items);
        if (items == NULL) {
            status = error_set(e, ST_NOMEM, ENOMEM, "areas");
            break;
        }
        found.items = items;
        items[found.count] = (struct area){0};
        status = area_unpack(&from, &items[found.count++], e);
    }
    if (status != ST_OK) {
        areas_fini(&found);
        return status;
    }
    areas_fini(areas);
    *areas = found;
    return ST_OK;
}

void area_fini(struct area *area)
{
    free(area->prefix);
    free(area->prompt);
    fingerprint_list_fini(&area->prints);
    authority_free(area->authority);
    *area = (struct area){0};
}

void areas_fini(struct areas *areas)
{
    for (size_t i = 0; i < areas->count; i++)
        area_fini(&areas->items[i]);
    free(areas->items);
    *areas = (struct areas){0};
}
