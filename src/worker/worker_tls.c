#include "worker/worker_tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"

static enum status worker_read_tickets(struct ticket_ring *tickets, struct error *e)
{
    unsigned char packed[TICKET_PACKED_SIZE];
    ssize_t n = read(WORKER_TICKETS_FD, packed, sizeof packed); /* of memory: never a part */
    close(WORKER_TICKETS_FD);
    enum status status = n == (ssize_t)sizeof packed
                             ? ticket_unpack(tickets, packed, e)
                             : error_set(e, ST_IO, n < 0 ? errno : 0, "ticket keys");
    explicit_bzero(packed, sizeof packed);
    return status;
}

/* The certificates as they were handed over at the start; the memory for them is had at once. */
static enum status worker_read_certificates(struct buf *text, struct error *e)
{
    enum status status = ST_OK;
    struct stat st = {0};
    (void)fstat(WORKER_CERTIFICATES_FD, &st);
    buf_init(text, (size_t)st.st_size); /* no more: a buf that grows leaves keys behind */
    if (buf_reserve(text, text->cap) == NULL)
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
    struct ticket_ring tickets = {0};
    struct context_plan plan = {.hosts = hosts,
                                .count = t->settings->vhost.count,
                                .tickets = &tickets,
                                .ask_client = t->ask_client,
                                .signer = t->signer};
    enum status status = worker_read_tickets(&tickets, e);
    if (status == ST_OK)
        status = context_version_find(t->settings->tls_min, &plan.least, e);
    if (status == ST_OK)
        status = context_new(&plan, &t->context, e);
    ticket_wipe(&tickets);
    return status;
}

enum status worker_tls_certificates(struct worker_tls *t, struct span text, struct error *e)
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
                             bool ask_client, struct signer *signer, struct error *e)
{
    struct buf text;
    *t = (struct worker_tls){.settings = settings, .ask_client = ask_client, .signer = signer};
    memory_watch();
    unsigned long refusals = memory_refusals();
    enum status status = worker_read_certificates(&text, e);
    if (status == ST_OK)
        status = worker_tls_certificates(t, buf_span(&text), e);
    buf_wipe(&text);
    memory_settle();
    /* OpenSSL would do without what it could not make now for as long as the process lives. */
    if (memory_refusals() != refusals)
        status = error_set(e, ST_NOMEM, ENOMEM, "TLS");
    return status;
}

void worker_tls_fini(struct worker_tls *t)
{
    context_free(t->context);
    t->context = NULL;
}

enum status worker_tls_tickets(struct worker_tls *t, struct span packed, struct error *e)
{
    struct ticket_ring tickets = {0};
    unsigned char bytes[TICKET_PACKED_SIZE];
    if (packed.n != sizeof bytes)
        return error_set(e, ST_FORMAT, 0, "ticket keys: %zu bytes", packed.n);
    memcpy(bytes, packed.p, sizeof bytes);
    enum status status = ticket_unpack(&tickets, bytes, e);
    if (status == ST_OK)
        context_set_tickets(t->context, &tickets);
    explicit_bzero(bytes, sizeof bytes);
    ticket_wipe(&tickets);
    return status;
}
