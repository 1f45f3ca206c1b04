#include "serve/admission.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/file.h"
#include "edition/area.h"
#include "log/log.h"

/* Bytes of a list or of a file of authorities. */
#define ADMISSION_FILE_MAX   ((size_t)8 * 1024 * 1024)
#define ADMISSION_PACKED_MAX ((size_t)256 * 1024 * 1024)
#define ADMISSION_NAME_MAX   300 /* bytes of a message's words for an area */

void admission_init(struct admission *a)
{
    *a = (struct admission){0};
    buf_init(&a->packed, ADMISSION_PACKED_MAX);
}

void admission_fini(struct admission *a)
{
    areas_fini(&a->areas);
    free((void *)a->configs);
    buf_fini(&a->packed);
}

/* "area /members/", for messages. */
static void admission_name(const struct area_config *config, char name[ADMISSION_NAME_MAX])
{
    snprintf(name, ADMISSION_NAME_MAX, "area %.200s", config->prefix);
}

/* The fingerprints of the configuration itself. */
static enum status admission_read_inline(const struct area_config *config, struct area *area,
                                         struct error *e)
{
    char shown[ADMISSION_NAME_MAX];
    enum status status = ST_OK;
    admission_name(config, shown);
    for (size_t i = 0; status == ST_OK && i < config->fingerprint.count; i++) {
        struct fingerprint f;
        struct span text = span_trim(span_of(config->fingerprint.items[i]));
        status = fingerprint_parse(&f, shown, text, e);
        if (status == ST_OK)
            status = fingerprint_list_add(&area->prints, &f, e);
    }
    return status;
}

static enum status admission_read_list(const struct area_config *config, struct area *area,
                                       struct error *e)
{
    struct buf text;
    buf_init(&text, ADMISSION_FILE_MAX);
    enum status status = file_read_guarded(config->list, &text, e);
    if (status == ST_OK)
        status = fingerprint_list_parse(&area->prints, config->list, buf_span(&text), e);
    buf_fini(&text);
    return status;
}

static enum status admission_read_ca(const struct area_config *config, struct area *area,
                                     struct error *e)
{
    struct buf text;
    buf_init(&text, ADMISSION_FILE_MAX);
    enum status status = file_read_guarded(config->ca, &text, e);
    if (status == ST_OK)
        status = authority_parse(config->ca, buf_span(&text), &area->authority, e);
    buf_fini(&text);
    if (status == ST_OK && authority_is_out_of_time(area->authority, time(NULL)))
        log_line(LOG_WARNING,
                 "%s: an authority in it has expired or is not valid yet: whom it signed may not "
                 "enter",
                 config->ca);
    return status;
}

/* What the configuration and its files now say of an area; *area is zeroed, and is on failure. */
static enum status admission_read(const struct area_config *config, long site, struct area *area,
                                  struct error *e)
{
    char shown[ADMISSION_NAME_MAX];
    struct buf prefix;
    admission_name(config, shown);
    buf_init(&prefix, (size_t)4 * GEMINI_URL_MAX);
    enum status status = area_canonical(config->prefix, &prefix, e);
    if (status == ST_OK && (*config->prompt == '\0' || strlen(config->prompt) > GEMINI_META_MAX))
        status = error_set(e, ST_SYNTAX, 0, "%s: prompt: must have 1 to %d bytes", shown,
                           GEMINI_META_MAX);
    if (status == ST_OK)
        status = admission_read_inline(config, area, e);
    if (status == ST_OK && config->list != NULL)
        status = admission_read_list(config, area, e);
    if (status == ST_OK && config->ca != NULL)
        status = admission_read_ca(config, area, e);
    area->site = site;
    area->any = config->fingerprint.items == NULL && config->list == NULL && config->ca == NULL;
    area->prefix = strdup(buf_str(&prefix));
    area->prompt = strdup(config->prompt);
    buf_fini(&prefix);
    if (status == ST_OK && (area->prefix == NULL || area->prompt == NULL))
        status = error_set(e, ST_NOMEM, ENOMEM, "%s", shown);
    fingerprint_list_sort(&area->prints);
    if (status != ST_OK)
        area_fini(area);
    return status;
}

static enum status admission_check_new(const struct admission *a, const struct area *area,
                                       const struct area_config *config, struct error *e)
{
    for (size_t i = 0; i < a->areas.count; i++) {
        const struct area *other = &a->areas.items[i];
        if (other->site == area->site && strcmp(other->prefix, area->prefix) == 0)
            return error_set(e, ST_EXISTS, 0, "area %.200s: the same as area %.200s",
                             config->prefix, a->configs[i]->prefix);
    }
    return ST_OK;
}

enum status admission_add(struct admission *a, long site, const struct option_sections *sections,
                          struct error *e)
{
    const struct area_config *configs = sections->items;
    size_t count = a->areas.count + sections->count;
    if (sections->count == 0)
        return ST_OK;
    struct area *areas = reallocarray(a->areas.items, count, sizeof *areas);
    if (areas != NULL)
        a->areas.items = areas;
    const struct area_config **kept = reallocarray(
        (void *)a->configs, count, sizeof *kept); /* NOLINT(bugprone-sizeof-expression) */
    if (kept != NULL)
        a->configs = kept;
    if (areas == NULL || kept == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "areas");
    for (size_t i = 0; i < sections->count; i++) {
        struct area area = {0};
        enum status status = admission_read(&configs[i], site, &area, e);
        if (status == ST_OK)
            status = admission_check_new(a, &area, &configs[i], e);
        if (status != ST_OK) {
            area_fini(&area);
            return status;
        }
        a->areas.items[a->areas.count] = area;
        a->configs[a->areas.count++] = &configs[i];
    }
    return ST_OK;
}

static void admission_tell(const struct area *area, const struct area_config *config)
{
    if (area->any)
        log_line(LOG_INFO, "area %s: any client certificate", config->prefix);
    else
        log_line(LOG_INFO, "area %s: %zu fingerprints%s%s", config->prefix, area->prints.count,
                 area->authority == NULL ? "" : ", and whom the authorities signed that are in ",
                 area->authority == NULL ? "" : config->ca);
}

enum status admission_ready(struct admission *a, struct error *e)
{
    for (size_t i = 0; i < a->areas.count; i++)
        admission_tell(&a->areas.items[i], a->configs[i]);
    buf_clear(&a->packed);
    areas_pack(&a->areas, &a->packed);
    return buf_status(&a->packed) == ST_OK ? ST_OK : error_set(e, ST_NOMEM, ENOMEM, "areas");
}

bool admission_renew(struct admission *a)
{
    struct buf before = a->packed;
    struct error e;
    for (size_t i = 0; i < a->areas.count; i++) {
        struct area area = {0};
        if (admission_read(a->configs[i], a->areas.items[i].site, &area, &e) == ST_OK) {
            area_fini(&a->areas.items[i]);
            a->areas.items[i] = area;
        } else {
            log_line(LOG_ERROR, "%s; the area %s stays as it was", e.message,
                     a->configs[i]->prefix);
        }
    }
    buf_init(&a->packed, ADMISSION_PACKED_MAX);
    areas_pack(&a->areas, &a->packed);
    if (buf_status(&a->packed) != ST_OK) {
        log_line(LOG_ERROR, "no memory for the areas; they stay as they were");
        buf_fini(&a->packed);
        a->packed = before;
        return false;
    }
    bool other = !span_eq(buf_span(&a->packed), buf_span(&before));
    buf_fini(&before);
    for (size_t i = 0; other && i < a->areas.count; i++)
        admission_tell(&a->areas.items[i], a->configs[i]);
    return other;
}
