#include "serve/sockets.h"

#include <stdio.h>
#include <unistd.h>

#include "log/log.h"
#include "net/listener.h"
#include "protocol/gemini.h"

/* A default address that this machine does not have is no error: there is the other one. */
static enum status sockets_bind(struct sockets *s, const struct option_list *listen,
                                struct error *e)
{
    struct error cause = {0};
    size_t before = s->count;
    for (size_t i = 0; i < listen->count; i++) {
        if (s->count == SOCKETS_MAX)
            return error_set(e, ST_LIMIT, 0, "listen: more than %d addresses", SOCKETS_MAX);
        enum status status = listener_bind(listen->items[i], &s->fds[s->count], &cause);
        if (status == ST_OK) {
            s->count++;
        } else if (status == ST_MISSING && listen->count > 1) {
            log_line(LOG_WARNING, "%s; the other addresses are served", cause.message);
        } else {
            if (e != NULL)
                *e = cause;
            return status;
        }
    }
    if (s->count > before || listen->count == 0)
        return ST_OK;
    if (e != NULL)
        *e = cause;
    return ST_IO;
}

enum status sockets_open(struct sockets *s, const struct server_config *config, struct error *e)
{
    *s = (struct sockets){0};
    enum status status = sockets_bind(s, &config->listen, e);
    size_t clients = s->count;
    if (status == ST_OK)
        status = sockets_bind(s, &config->proxy_listen, e);
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

void sockets_tell(const struct sockets *s)
{
    for (size_t i = 0; i < s->count; i++) {
        char name[LISTENER_NAME_MAX];
        listener_name(s->fds[i], name);
        bool proxied = i + s->proxied >= s->count;
        printf("listening %s %s\n", proxied ? "for PROXY on" : "on", name);
    }
    fflush(stdout);
}
