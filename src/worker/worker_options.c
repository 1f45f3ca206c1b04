/* What a worker is told in its settings, and the sockets that go with them. */
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#include "net/listener.h"
#include "worker/worker.h"

#define VHOST_FIELD(name) offsetof(struct worker_vhost, name)

static const struct option_row worker_vhost_options[] = {
    {.name = "host", .type = OPTION_LIST, .offset = VHOST_FIELD(host)},
    {.name = "edition", .type = OPTION_STRING, .offset = VHOST_FIELD(edition)},
    {.name = "statics", .type = OPTION_STRING, .offset = VHOST_FIELD(statics)},
};

static const struct option_section worker_vhost_section = {
    .size = sizeof(struct worker_vhost),
    .title = VHOST_FIELD(name),
    .rows = worker_vhost_options,
    .count = sizeof worker_vhost_options / sizeof worker_vhost_options[0],
};

#define FIELD(name) offsetof(struct worker_settings, name)
#define LIMIT(name) offsetof(struct worker_settings, limits.name)

const struct option_row worker_options[] = {
    {.name = "tls_min", .type = OPTION_STRING, .offset = FIELD(tls_min)},
    {.name = "vhost",
     .type = OPTION_SECTIONS,
     .offset = FIELD(vhost),
     .section = &worker_vhost_section},
    {.name = "listeners",
     .type = OPTION_NUMBER,
     .offset = FIELD(listeners),
     .min = 1,
     .max = LISTENERS_MAX},
    {.name = "proxied",
     .type = OPTION_NUMBER,
     .offset = FIELD(proxied),
     .min = 0,
     .max = LISTENERS_MAX},
    {.name = "proxy_from", .type = OPTION_LIST, .offset = FIELD(proxy_from)},
    {.name = "public_port",
     .type = OPTION_NUMBER,
     .offset = FIELD(public_port),
     .min = 0,
     .max = UINT16_MAX},
    {.name = "sandbox", .type = OPTION_STRING, .offset = FIELD(sandbox)},
    {.name = "key_process", .type = OPTION_STRING, .offset = FIELD(key_process)},
    {.name = "log_addresses", .type = OPTION_STRING, .offset = FIELD(log_addresses)},
    {.name = "connections",
     .type = OPTION_NUMBER,
     .offset = LIMIT(connections),
     .min = 1,
     .max = LONG_MAX},
    {.name = "per_address", .type = OPTION_NUMBER, .offset = LIMIT(per_address), .max = LONG_MAX},
    {.name = "request_rate", .type = OPTION_NUMBER, .offset = LIMIT(request_rate), .max = LONG_MAX},
    {.name = "request_burst",
     .type = OPTION_NUMBER,
     .offset = LIMIT(request_burst),
     .min = 1,
     .max = LONG_MAX},
    {.name = "handshake_timeout",
     .type = OPTION_NUMBER,
     .offset = LIMIT(handshake_timeout),
     .min = 1,
     .max = LONG_MAX},
    {.name = "request_timeout",
     .type = OPTION_NUMBER,
     .offset = LIMIT(request_timeout),
     .min = 1,
     .max = LONG_MAX},
    {.name = "close_timeout",
     .type = OPTION_NUMBER,
     .offset = LIMIT(close_timeout),
     .min = 1,
     .max = LONG_MAX},
    {.name = "stall_timeout",
     .type = OPTION_NUMBER,
     .offset = LIMIT(stall_timeout),
     .min = 1,
     .max = LONG_MAX},
    {.name = "least_rate", .type = OPTION_NUMBER, .offset = LIMIT(least_rate), .max = LONG_MAX},
    {.name = "log_lines", .type = OPTION_NUMBER, .offset = LIMIT(log_lines), .max = LONG_MAX},
    {.name = "drain_timeout",
     .type = OPTION_NUMBER,
     .offset = LIMIT(drain_timeout),
     .max = LONG_MAX},
    {.name = "exempt", .type = OPTION_LIST, .offset = LIMIT(exempt)},
};

const size_t worker_options_count = sizeof worker_options / sizeof worker_options[0];

enum status worker_check_sockets(const struct worker_settings *settings, struct error *e)
{
    if (!child_has_socket(CHILD_CONTROL_FD, SOCK_STREAM))
        return error_set(e, ST_IO, 0, "no control stream");
    for (long i = 0; i < settings->listeners; i++) {
        if (!listener_is_listening(WORKER_LISTEN_FD + (int)i))
            return error_set(e, ST_IO, 0, "no listening socket %ld", i + 1);
    }
    if (strcmp(settings->key_process, "on") == 0 &&
        !child_has_socket(WORKER_KEY_FD, SOCK_SEQPACKET))
        return error_set(e, ST_IO, 0, "no socket to the key process");
    return ST_OK;
}
