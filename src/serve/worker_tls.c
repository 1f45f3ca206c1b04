#include "serve/worker_tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "log/log.h"

static enum status worker_read_tickets(struct ticket_ring *tickets, struct error *e)
{
    unsigned char packed[TICKET_PACKED_SIZE];
    ssize_t n = read(WORKER_TICKETS_FD, packed, sizeof packed); /* of memory: never a part */
    close(WORKER_TICKETS_FD);
    enum status status = n == (ssize_t)sizeof packed
                             ? ticket_unpack(tickets, packed, e)
                             : error_set(e, ST_IO, n < 0 ? errno : 0, "ticket keys");
    ticket_wipe_bytes(packed, sizeof packed);
    return status;
}

/* The certificates as they were handed over at the start. */
static enum status worker_read_certificates(struct buf *text, struct error *e)
{
    enum status status = ST_OK;
    struct stat st = {0};
    (void)fstat(WORKER_CERTIFICATES_FD, &st);
    if (buf_reserve(text, (size_t)st.st_size) == NULL) /* at once: see core/file.h on secrets */
        status = error_set(e, ST_NOMEM, ENOMEM, "certificates");
    if (status == ST_OK)
        status = file_read_fd(WORKER_CERTIFICATES_FD, "certificates", text, e);
    close(WORKER_CERTIFICATES_FD);
    return status;
}

/* A text of certificates, one for each vhost; identities and hosts have room for all. */
static enum status worker_unpack(const struct worker_tls *t, struct span text,
                                 struct identity **identities, struct context_host *hosts,
                                 struct error *e)
{
    const struct worker_vhost *vhosts = t->settings->vhost.items;
    size_t count = t->settings->vhost.count;
    size_t found = 0;
    enum status status = identity_unpack(text, identities, count, &found, e);
    if (status == ST_OK && found < count)
        status = error_set(e, ST_FORMAT, 0, "%zu certificates for %zu vhosts", found, count);
    for (size_t i = 0; status == ST_OK && i < count; i++)
        hosts[i] = (struct context_host){identities[i], vhosts[i].host.items, vhosts[i].host.count};
    return status;
}

static enum status worker_make_context(struct worker_tls *t, const struct context_host *hosts,
                                       struct error *e)
{
    const char *tls_min = t->settings->tls_min == NULL ? "" : t->settings->tls_min;
    struct ticket_ring tickets = {0};
    struct context_plan plan = {
        .hosts = hosts, .count = t->settings->vhost.count, .tickets = &tickets};
    enum status status = worker_read_tickets(&tickets, e);
    if (status == ST_OK)
        status = context_version_find(tls_min, &plan.least, e);
    if (status == ST_OK)
        status = context_new(&plan, &t->context, e);
    ticket_wipe(&tickets);
    return status;
}

/* Show these certificates from now on. */
static enum status worker_use_certificates(struct worker_tls *t, struct span text, struct error *e)
{
    size_t count = t->settings->vhost.count;
    struct identity **identities = calloc(count, sizeof *identities);
    struct context_host *hosts = calloc(count, sizeof *hosts);
    enum status status = identities == NULL || hosts == NULL
                             ? error_set(e, ST_NOMEM, ENOMEM, "TLS")
                             : worker_unpack(t, text, identities, hosts, e);
    if (status == ST_OK)
        status = t->context == NULL ? worker_make_context(t, hosts, e)
                                    : context_set_hosts(t->context, hosts, count, e);
    for (size_t i = 0; identities != NULL && i < count; i++)
        identity_free(identities[i]);
    free(identities);
    free(hosts);
    return status;
}

enum status worker_tls_start(struct worker_tls *t, const struct worker_settings *settings,
                             struct error *e)
{
    struct buf text;
    *t = (struct worker_tls){.settings = settings};
    buf_init(&t->message, WORKER_MESSAGE_MAX);
    buf_init(&text, WORKER_MESSAGE_MAX);
    enum status status = worker_read_certificates(&text, e);
    if (status == ST_OK)
        status = worker_use_certificates(t, buf_span(&text), e);
    buf_wipe(&text);
    return status;
}

void worker_tls_fini(struct worker_tls *t)
{
    context_free(t->context);
    t->context = NULL;
    buf_wipe(&t->message);
}

static enum status worker_use_tickets(struct worker_tls *t, struct span packed, struct error *e)
{
    struct ticket_ring tickets = {0};
    unsigned char bytes[TICKET_PACKED_SIZE];
    if (packed.n != sizeof bytes)
        return error_set(e, ST_FORMAT, 0, "ticket keys: %zu bytes", packed.n);
    memcpy(bytes, packed.p, sizeof bytes);
    enum status status = ticket_unpack(&tickets, bytes, e);
    if (status == ST_OK)
        context_set_tickets(t->context, &tickets);
    ticket_wipe_bytes(bytes, sizeof bytes);
    ticket_wipe(&tickets);
    return status;
}

/* Bytes that the message is still short of. */
static size_t worker_left(const struct worker_tls *t)
{
    size_t whole = (size_t)t->header[1] << 24 | (size_t)t->header[2] << 16 |
                   (size_t)t->header[3] << 8 | t->header[4];
    return whole - t->message.n;
}

/* A whole message.  True when it tells of an edition. */
static bool worker_end_message(struct worker_tls *t)
{
    struct error e;
    char kind = (char)t->header[0];
    enum status status = buf_status(&t->message);
    if (status != ST_OK)
        (void)error_set(&e, status, 0, "a message of the supervisor is too large");
    else if (kind == WORKER_SAY_TICKETS)
        status = worker_use_tickets(t, buf_span(&t->message), &e);
    else if (kind == WORKER_SAY_CERTIFICATES)
        status = worker_use_certificates(t, buf_span(&t->message), &e);
    if (status != ST_OK)
        log_line(LOG_ERROR, "%s; what was there before stays in use", e.message);
    buf_wipe(&t->message);
    t->header_n = 0;
    return kind == WORKER_SAY_EDITION;
}

bool worker_tls_take(struct worker_tls *t, struct span bytes)
{
    bool edition = false;
    while (bytes.n > 0) {
        if (t->header_n < WORKER_HEADER) {
            t->header[t->header_n++] = (unsigned char)bytes.p[0];
            bytes = span_sub(bytes, 1, bytes.n);
            if (t->header_n == WORKER_HEADER && worker_left(t) > 0)
                (void)buf_reserve(&t->message, worker_left(t)); /* at once, as above */
        } else {
            size_t left = worker_left(t);
            size_t n = left < bytes.n ? left : bytes.n;
            buf_put(&t->message, span_sub(bytes, 0, n));
            bytes = span_sub(bytes, n, bytes.n);
        }
        if (t->header_n == WORKER_HEADER && worker_left(t) == 0)
            edition = worker_end_message(t) || edition;
    }
    return edition;
}
