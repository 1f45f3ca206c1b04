#include "serve/certs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "log/log.h"
#include "worker/worker.h"

/* Most bytes of all keys and certificates. */
#define CERTS_TEXT_MAX ((size_t)4 * 1024 * 1024)
#define CERTS_DAY      ((int64_t)24 * 60 * 60 * 1000000000)
/* So many looks the keys before are kept: as long as the key process keeps them. */
#define CERTS_KEPT 60

/* A key file and a certificate file, as they are on the disk. */
struct certs_files {
    struct file_stamp key, certificate;
};

struct certs_item {
    struct identity *identity; /* in service; owned */
    char *const *names;        /* borrowed */
    size_t count;
    struct certs_files read; /* what the files were when they were read last */
    struct certs_files seen; /* ... and when they were looked at last */
};

void certs_init(struct certs *c)
{
    *c = (struct certs){0};
    buf_init(&c->text, CERTS_TEXT_MAX);
    buf_init(&c->public, CERTS_TEXT_MAX);
    buf_init(&c->before, CERTS_TEXT_MAX);
}

void certs_fini(struct certs *c)
{
    for (size_t i = 0; i < c->count; i++)
        identity_free(c->items[i].identity);
    free(c->items);
    buf_wipe(&c->text);
    buf_wipe(&c->before);
    buf_fini(&c->public);
    *c = (struct certs){0};
}

void certs_tell(const struct identity *id)
{
    struct buf print;
    buf_init(&print, 256);
    identity_certificate_fingerprint(id, &print);
    log_line(LOG_INFO, "certificate %s, fingerprint SHA-256 %s", identity_certificate_path(id),
             buf_str(&print));
    buf_clear(&print);
    identity_key_fingerprint(id, &print);
    log_line(LOG_INFO, "public key fingerprint SHA-256 %s", buf_str(&print));
    buf_fini(&print);
}

static void certs_warn_of_time(const struct identity *id)
{
    const char *path = identity_certificate_path(id);
    long days = identity_days_left(id);
    struct buf end;
    buf_init(&end, 64);
    identity_put_end(id, &end);
    if (identity_is_late(id))
        log_line(LOG_WARNING, "%s has expired (%s): clients refuse it", path, buf_str(&end));
    else if (days < CERTS_EXPIRY_DAYS)
        log_line(LOG_WARNING, "%s expires in %ld day%s (%s)", path, days, days == 1 ? "" : "s",
                 buf_str(&end));
    if (identity_is_early(id))
        log_line(LOG_WARNING, "%s is not valid yet: is the clock right?", path);
    buf_fini(&end);
}

void certs_warn(const struct identity *id, char *const *names, size_t count)
{
    const char *path = identity_certificate_path(id);
    for (size_t i = 0; i < count; i++) {
        if (!identity_names(id, names[i]))
            log_line(LOG_WARNING,
                     "%s does not name %s: clients will warn (the certificate is kept: readers "
                     "trust it)",
                     path, names[i]);
    }
    size_t gap = identity_chain_gap(id);
    if (gap > 0)
        log_line(LOG_WARNING, "%s: certificate %zu in it did not sign the one before it", path,
                 gap);
    certs_warn_of_time(id);
}

/*
 * Write what the workers are to show, with the private keys and without: this identity in place of
 * item i's, if there is such.
 */
static enum status certs_pack_with(const struct certs *c, size_t i, const struct identity *other,
                                   struct buf *text, struct buf *public, struct error *e)
{
    enum status status = ST_OK;
    /* Of the size that it may have at once: a buffer that grows leaves keys behind. */
    if (buf_reserve(text, text->cap) == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "certificates");
    for (size_t k = 0; status == ST_OK && k < c->count; k++) {
        const struct identity *id = k == i ? other : c->items[k].identity;
        status = identity_pack(id, text, e);
        if (status == ST_OK)
            status = identity_pack_public(id, public, e);
    }
    return status;
}

static struct file_stamp certs_stamp(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? file_stamp_of(&st) : (struct file_stamp){0};
}

static struct certs_files certs_files_of(const struct certs_item *item)
{
    return (struct certs_files){certs_stamp(identity_key_path(item->identity)),
                                certs_stamp(identity_certificate_path(item->identity))};
}

static bool certs_same_files(struct certs_files a, struct certs_files b)
{
    return file_stamp_eq(a.key, b.key) && file_stamp_eq(a.certificate, b.certificate);
}

enum status certs_add(struct certs *c, struct identity *id, char *const *names, size_t count,
                      struct error *e)
{
    struct certs_item *items = realloc(c->items, (c->count + 1) * sizeof *items);
    if (items == NULL) {
        identity_free(id);
        return error_set(e, ST_NOMEM, ENOMEM, "certificates");
    }
    c->items = items;
    /* The stamps are those of no file: the first looks read again what was read before this. */
    c->items[c->count++] = (struct certs_item){.identity = id, .names = names, .count = count};
    certs_tell(id);
    certs_warn(id, names, count);
    return ST_OK;
}

enum status certs_pack(struct certs *c, struct error *e)
{
    buf_wipe(&c->text);
    buf_clear(&c->public);
    return certs_pack_with(c, c->count, NULL, &c->text, &c->public, e);
}

/* What is on the disk cannot be taken; it is looked at again where it is not to blame. */
static void certs_stay(struct certs_item *item, const struct error *e)
{
    if (e->code == ST_NOMEM || e->errnum == EMFILE || e->errnum == ENFILE || e->errnum == ENOMEM)
        item->read = (struct certs_files){0}; /* as if it had never been read */
    log_line(LOG_ERROR, "%s; the certificate before stays in use", e->message);
}

/* Others come.  Of all that come at the same time, what was there before the first is kept. */
static void certs_put_by(struct certs *c)
{
    if (c->kept == CERTS_KEPT) {
        buf_wipe(&c->text);
        return;
    }
    buf_wipe(&c->before);
    c->before = c->text;
    c->kept = CERTS_KEPT;
}

/* Put a good pair in service, unless it is what is shown already.  True when it is new. */
static bool certs_take(struct certs *c, size_t i, struct identity *id, struct error *e)
{
    struct certs_item *item = &c->items[i];
    struct buf text;
    struct buf public;
    if (identity_same(id, item->identity)) {
        identity_free(id);
        return false;
    }
    buf_init(&text, CERTS_TEXT_MAX);
    buf_init(&public, CERTS_TEXT_MAX);
    if (certs_pack_with(c, i, id, &text, &public, e) != ST_OK) {
        certs_stay(item, e);
        identity_free(id);
        buf_wipe(&text);
        buf_fini(&public);
        return false;
    }
    log_line(LOG_INFO, "%s: another certificate is in use from now on",
             identity_certificate_path(id));
    if (!identity_same_key(id, item->identity))
        log_line(LOG_WARNING,
                 "%s has another key: clients of every reader who has visited before will warn",
                 identity_certificate_path(id));
    certs_put_by(c);
    c->text = text;
    buf_fini(&c->public);
    c->public = public;
    identity_free(item->identity);
    item->identity = id;
    certs_tell(id);
    certs_warn(id, item->names, item->count);
    return true;
}

/* Read a pair.  True when it is another than before. */
static bool certs_read(struct certs *c, size_t i)
{
    struct certs_item *item = &c->items[i];
    struct identity *id = NULL;
    struct error e;
    item->read = item->seen = certs_files_of(item); /* a change from now on is seen */
    if (identity_load(identity_key_path(item->identity), identity_certificate_path(item->identity),
                      &id, &e) == ST_OK)
        return certs_take(c, i, id, &e);
    certs_stay(item, &e);
    return false;
}

void certs_look(struct certs *c, int64_t now)
{
    bool changed = false;
    c->kept -= c->kept > 0;
    if (c->kept == 0)
        buf_wipe(&c->before);
    for (size_t i = 0; i < c->count; i++) {
        struct certs_item *item = &c->items[i];
        struct certs_files files = certs_files_of(item);
        bool quiet = certs_same_files(files, item->seen);
        item->seen = files;
        if (quiet && !certs_same_files(files, item->read))
            changed = certs_read(c, i) || changed;
    }
    if (now < c->told || now - c->told >= CERTS_DAY) {
        for (size_t i = 0; c->told != 0 && i < c->count; i++)
            certs_warn_of_time(c->items[i].identity);
        c->told = now; /* the first time they have just been told by certs_add */
    }
    if (changed && c->on_change != NULL)
        c->on_change(c->context);
}

void certs_reload(struct certs *c)
{
    bool changed = false;
    for (size_t i = 0; i < c->count; i++)
        changed = certs_read(c, i) || changed;
    if (changed && c->on_change != NULL)
        c->on_change(c->context);
}

static void certs_on_timer(uv_timer_t *timer)
{
    certs_look(timer->data, clock_ns());
}

void certs_start(struct certs *c, uv_loop_t *loop, void (*on_change)(void *context),
                 void (*on_stopped)(void *context), void *context)
{
    c->on_change = on_change;
    c->on_stopped = on_stopped;
    c->context = context;
    c->told = clock_ns();
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    c->looking = true;
    uv_timer_start(&c->timer, certs_on_timer, CERTS_LOOK, CERTS_LOOK);
}

static void certs_on_closed(uv_handle_t *handle)
{
    const struct certs *c = handle->data;
    c->on_stopped(c->context);
}

void certs_stop(struct certs *c)
{
    if (c->looking)
        uv_close((uv_handle_t *)&c->timer, certs_on_closed);
    c->looking = false;
}
