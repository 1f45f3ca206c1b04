#include "serve/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log/log.h"
#include "net/listener.h"
#include "protocol/gemini.h"
#include "serve/activation.h"

#define SOCKETS_NONE LISTENERS_MAX

/* What the configuration in service listens on, while another is being read. */
struct sockets_past {
    const struct sockets *sockets; /* NULL for none */
    bool taken[LISTENERS_MAX];     /* by the other */
};

/* Take the one that is at this address and has not been taken.  SOCKETS_NONE when there is none. */
static size_t sockets_take(struct sockets_past *past, const char *address)
{
    size_t count = past->sockets == NULL ? 0 : past->sockets->count;
    for (size_t i = 0; i < count; i++) {
        if (past->taken[i] || (strcmp(past->sockets->asked[i], address) != 0 &&
                               !listener_is_at(past->sockets->fds[i], address)))
            continue;
        past->taken[i] = true;
        return i;
    }
    return SOCKETS_NONE;
}

/* Bind one; those that will be closed may be in the way. */
static enum status sockets_bind(const char *address, const struct sockets_past *past, int *fd,
                                struct error *e)
{
    int others[LISTENERS_MAX];
    size_t count = 0;
    for (size_t i = 0; past->sockets != NULL && i < past->sockets->count; i++) {
        if (!past->taken[i])
            others[count++] = past->sockets->fds[i];
    }
    enum status status = listener_bind(address, fd, e);
    if (status == ST_IO && e->errnum == EADDRINUSE && count > 0)
        status = listener_bind_beside(address, others, count, fd, e);
    return status;
}

/* Get the socket for an address: number `from` of those before, or a new one. */
static enum status sockets_get(struct sockets *s, const char *address,
                               const struct sockets_past *past, size_t from, struct error *e)
{
    int *fd = &s->fds[s->count];
    if (from == SOCKETS_NONE) {
        enum status status = sockets_bind(address, past, fd, e);
        if (status != ST_OK)
            return status;
        s->told[s->count] = false;
    } else {
        *fd = fcntl(past->sockets->fds[from], F_DUPFD_CLOEXEC, 3);
        if (*fd < 0)
            return error_set(e, ST_IO, errno, "listen %s", address);
        s->told[s->count] = past->sockets->told[from];
    }
    s->asked[s->count++] = address;
    return ST_OK;
}

/* A default address that this machine does not have is no error: there is the other one. */
static enum status sockets_get_all(struct sockets *s, const struct option_list *listen,
                                   const struct sockets_past *past, const size_t *from,
                                   struct error *e)
{
    struct error cause = {0};
    size_t before = s->count;
    for (size_t i = 0; i < listen->count; i++) {
        enum status status = sockets_get(s, listen->items[i], past, from[i], &cause);
        if (status == ST_OK)
            continue;
        if (status == ST_MISSING && listen->count > 1) {
            log_line(LOG_WARNING, "%s; the other addresses are served", cause.message);
            continue;
        }
        if (e != NULL)
            *e = cause;
        return status;
    }
    if (s->count > before || listen->count == 0)
        return ST_OK;
    if (e != NULL)
        *e = cause;
    return ST_IO;
}

/* What was handed over is the same for every configuration, and in the same order. */
static enum status sockets_adopt(struct sockets *s, const struct sockets *before, struct error *e)
{
    enum status status = activation_copy(s, e);
    for (size_t i = 0; i < s->count; i++) {
        s->asked[i] = "";
        s->told[i] = before != NULL && before->told[i];
    }
    return status;
}

enum status sockets_open(struct sockets *s, const struct server_config *config,
                         const struct sockets *before, struct error *e)
{
    struct sockets_past past = {.sockets = before};
    const struct option_list *listen = &config->listen;
    const struct option_list *proxies = &config->proxy_listen;
    size_t from[LISTENERS_MAX];
    *s = (struct sockets){0};
    if (activation_is_there())
        return sockets_adopt(s, before, e);
    if (listen->count + proxies->count > LISTENERS_MAX)
        return error_set(e, ST_LIMIT, 0, "listen: more than %d addresses", LISTENERS_MAX);
    /* All that stays is known before anything is bound. */
    for (size_t i = 0; i < listen->count; i++)
        from[i] = sockets_take(&past, listen->items[i]);
    for (size_t i = 0; i < proxies->count; i++)
        from[listen->count + i] = sockets_take(&past, proxies->items[i]);
    enum status status = sockets_get_all(s, listen, &past, from, e);
    size_t clients = s->count;
    if (status == ST_OK)
        status = sockets_get_all(s, proxies, &past, from + listen->count, e);
    s->proxied = s->count - clients;
    return status;
}

void sockets_close(struct sockets *s)
{
    for (size_t i = 0; i < s->count; i++)
        close(s->fds[i]);
    *s = (struct sockets){0};
}

unsigned sockets_public_port(const struct sockets *s, const struct server_config *config)
{
    char name[LISTENER_NAME_MAX];
    if (config->public_port != 0)
        return (unsigned)config->public_port;
    return s->proxied == s->count ? GEMINI_PORT : listener_name(s->fds[0], name);
}

void sockets_tell(struct sockets *s)
{
    for (size_t i = 0; i < s->count; i++) {
        char name[LISTENER_NAME_MAX];
        if (s->told[i])
            continue;
        s->told[i] = true;
        listener_name(s->fds[i], name);
        bool proxied = i + s->proxied >= s->count;
        printf("listening %s %s\n", proxied ? "for PROXY on" : "on", name);
    }
    fflush(stdout);
}
