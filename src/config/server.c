#include "config/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SERVER_CAPSULE "capsule"

#define VHOST_FIELD(name) offsetof(struct vhost_config, name)

static const struct option_row vhost_options[] = {
    {.name = "capsule", .type = OPTION_STRING, .offset = VHOST_FIELD(capsule)},
    {.name = "alias", .type = OPTION_LIST, .offset = VHOST_FIELD(alias)},
    {.name = "certificate", .type = OPTION_STRING, .offset = VHOST_FIELD(certificate)},
    {.name = "key", .type = OPTION_STRING, .offset = VHOST_FIELD(key)},
    {.name = "area",
     .type = OPTION_SECTIONS,
     .offset = VHOST_FIELD(area),
     .section = &area_section},
};

static const struct option_section vhost_section = {
    .size = sizeof(struct vhost_config),
    .title = VHOST_FIELD(name),
    .rows = vhost_options,
    .count = sizeof vhost_options / sizeof vhost_options[0],
};

#define FIELD(name) offsetof(struct server_config, name)
#define LIMIT(name) offsetof(struct server_config, limits.name)

const struct option_row server_options[] = {
    {.name = "config",
     .command_line_only = true,
     .type = OPTION_STRING,
     .offset = FIELD(config),
     .placeholder = "FILE",
     .help = "read these options from FILE, as `name = value` lines"},
    {.name = "listen",
     .type = OPTION_LIST,
     .offset = FIELD(listen),
     .placeholder = "ADDR:PORT",
     .initial = "[::]:1965,0.0.0.0:1965",
     .instead = "proxy-listen",
     .help = "address to listen on, port 0 takes a free one"},
    {.name = "proxy-listen",
     .type = OPTION_LIST,
     .offset = FIELD(proxy_listen),
     .placeholder = "ADDR:PORT",
     .help = "address where proxies call, which send a PROXY header first; alone, nothing else is "
             "listened on"},
    {.name = "proxy-from",
     .type = OPTION_LIST,
     .offset = FIELD(proxy_from),
     .placeholder = "ADDR[/BITS]",
     .initial = "127.0.0.1,::1",
     .help = "addresses of these proxies; all others are turned away there"},
    {.name = "public-port",
     .type = OPTION_NUMBER,
     .offset = FIELD(public_port),
     .placeholder = "N",
     .initial = "0",
     .min = 0,
     .max = 65535,
     .help = "port that clients connect to, for URLs; 0 is that of the first --listen, or 1965"},
    {.name = "host",
     .type = OPTION_LIST,
     .offset = FIELD(host),
     .placeholder = "NAME",
     .help = "host name or address that is served, the main one first (default " SERVER_HOST ")"},
    {.name = "certs",
     .type = OPTION_STRING,
     .offset = FIELD(certs),
     .placeholder = "DIR",
     .initial = "certs",
     .help = "folder of the key and certificate, made at the first start"},
    {.name = "state",
     .type = OPTION_STRING,
     .offset = FIELD(state),
     .placeholder = "DIR",
     .help = "folder of the edition (default $STATE_DIRECTORY or ~/.local/state/broadsheet)"},
    {.name = "workers",
     .type = OPTION_NUMBER,
     .offset = FIELD(workers),
     .placeholder = "N",
     .initial = "0",
     .min = 0,
     .max = SERVER_WORKERS_MAX,
     .help = "serving processes, 0 is one for each processor"},
    {.name = "hang-timeout",
     .type = OPTION_NUMBER,
     .offset = FIELD(hang_timeout),
     .placeholder = "SECONDS",
     .initial = "10",
     .min = 0,
     .max = 3600,
     .help =
         "time without a sign of life after which a worker or key process is replaced; 0: never"},
    {.name = "press-timeout",
     .type = OPTION_NUMBER,
     .offset = FIELD(press_timeout),
     .placeholder = "SECONDS",
     .initial = "600",
     .min = 1,
     .max = 86400,
     .help = "time that a press of a capsule may take before it is ended"},
    {.name = "tls-min",
     .type = OPTION_STRING,
     .offset = FIELD(tls_min),
     .placeholder = "VERSION",
     .initial = "1.2",
     .help = "least version of TLS that is spoken, 1.2 or 1.3"},
    {.name = "ticket-keys",
     .type = OPTION_STRING,
     .offset = FIELD(ticket_keys),
     .placeholder = "FILE",
     .help = "session ticket keys that servers share, 160 hexadecimal digits a line, newest first"},
    {.name = "ticket-rotation",
     .type = OPTION_NUMBER,
     .offset = FIELD(ticket_rotation),
     .placeholder = "SECONDS",
     .initial = "28800",
     .min = 1,
     .max = 604800, /* as long as a ticket can live: RFC 8446 section 4.6.1 */
     .help = "how long a ticket key is the newest when there is no file of them"},
    {.name = "sandbox",
     .type = OPTION_STRING,
     .offset = FIELD(sandbox),
     .placeholder = "HOW",
     .initial = "try",
     .help = "confine all processes: require fails without Landlock and seccomp, try, or off"},
    {.name = "key-process",
     .type = OPTION_STRING,
     .offset = FIELD(key_process),
     .placeholder = "on|off",
     .initial = "off",
     .help = "keep the private keys in a process of their own, which signs for the others"},
    {.name = "log",
     .type = OPTION_STRING,
     .offset = FIELD(log),
     .placeholder = "FILE",
     .help = "write the log to FILE, opened again at SIGUSR1 (default standard error)"},
    {.name = "log-addresses",
     .type = OPTION_STRING,
     .offset = FIELD(log_addresses),
     .placeholder = "HOW",
     .initial = "cut",
     .help = "clients' addresses in the log: cut to IPv4 /24 and IPv6 /48, whole, or none"},
    {.name = "max-connections",
     .type = OPTION_NUMBER,
     .offset = LIMIT(connections),
     .placeholder = "N",
     .initial = "4096",
     .min = 8,
     .max = 65536,
     .help = "connections at a time of each worker; those over it are answered 41 or closed"},
    {.name = "max-per-address",
     .type = OPTION_NUMBER,
     .offset = LIMIT(per_address),
     .placeholder = "N",
     .initial = "100",
     .min = 0,
     .max = 65536,
     .help = "connections at a time of one address (IPv6: one /64); 0 is no limit"},
    {.name = "request-rate",
     .type = OPTION_NUMBER,
     .offset = LIMIT(request_rate),
     .placeholder = "N",
     .initial = "50",
     .min = 0,
     .max = 100000,
     .help = "requests a second of one address, those over it are answered 44; 0 is no limit"},
    {.name = "request-burst",
     .type = OPTION_NUMBER,
     .offset = LIMIT(request_burst),
     .placeholder = "N",
     .initial = "1000",
     .min = 1,
     .max = 1000000,
     .help = "requests that an address may make at once before its rate counts"},
    {.name = "unlimited",
     .type = OPTION_LIST,
     .offset = LIMIT(exempt),
     .placeholder = "ADDR[/BITS]",
     .initial = "127.0.0.1,::1",
     .help = "addresses that the limits of one address do not hold for, or none"},
    {.name = "handshake-timeout",
     .type = OPTION_NUMBER,
     .offset = LIMIT(handshake_timeout),
     .placeholder = "SECONDS",
     .initial = "10",
     .min = 1,
     .max = 3600,
     .help = "time for the TLS handshake"},
    {.name = "request-timeout",
     .type = OPTION_NUMBER,
     .offset = LIMIT(request_timeout),
     .placeholder = "SECONDS",
     .initial = "10",
     .min = 1,
     .max = 3600,
     .help = "time for the request line"},
    {.name = "close-timeout",
     .type = OPTION_NUMBER,
     .offset = LIMIT(close_timeout),
     .placeholder = "SECONDS",
     .initial = "1",
     .min = 1,
     .max = 3600,
     .help = "time for the client to close its side when it has everything"},
    {.name = "stall-timeout",
     .type = OPTION_NUMBER,
     .offset = LIMIT(stall_timeout),
     .placeholder = "SECONDS",
     .initial = "90",
     .min = 1,
     .max = 86400,
     .help = "time that an answer may stand still because the client takes nothing"},
    {.name = "least-rate",
     .type = OPTION_NUMBER,
     .offset = LIMIT(least_rate),
     .placeholder = "BYTES",
     .initial = "256",
     .min = 0,
     .max = 1000000,
     .help = "bytes a second that a reader must take in the long run; 0 is no limit"},
    {.name = "log-lines",
     .type = OPTION_NUMBER,
     .offset = LIMIT(log_lines),
     .placeholder = "N",
     .initial = "60",
     .min = 0,
     .max = 1000000,
     .help = "lines of one kind in a minute in the log, but for answers; 0 is no limit"},
    {.name = "drain-timeout",
     .type = OPTION_NUMBER,
     .offset = LIMIT(drain_timeout),
     .placeholder = "SECONDS",
     .initial = "5",
     .min = 0,
     .max = 86400,
     .help = "time for answers that are under way when the server stops"},
    {.name = "vhost", .type = OPTION_SECTIONS, .offset = FIELD(vhost), .section = &vhost_section},
    {.name = "area", .type = OPTION_SECTIONS, .offset = FIELD(area), .section = &area_section},
};

const size_t server_options_count = sizeof server_options / sizeof server_options[0];

const struct vhost_config *server_config_vhosts(const struct server_config *config)
{
    return config->vhost.items;
}

void server_config_write(const struct server_config *config, struct buf *out)
{
    struct server_config shown = *config; /* the table is of one that can be filled */
    struct options options;
    options_init(&options, server_options, server_options_count, &shown);
    options_write(&options, out);
}

void server_config_free(struct server_config *config)
{
    struct options options;
    if (config == NULL)
        return;
    options_init(&options, server_options, server_options_count, config);
    options_fini(&options);
    free(config);
}

bool server_config_has_key_process(const struct server_config *config)
{
    return strcmp(config->key_process, "on") == 0;
}

struct option_list server_config_exempt(const struct server_config *config)
{
    struct option_list exempt = config->limits.exempt;
    if (exempt.count == 1 && strcmp(exempt.items[0], "none") == 0)
        exempt = (struct option_list){NULL, 0};
    return exempt;
}

/* Does a section say enough? */
static enum status server_check_vhost(const struct vhost_config *v, struct error *e)
{
    if (v->capsule == NULL || *v->capsule == '\0')
        return error_set(e, ST_SYNTAX, 0, "vhost %s: no capsule = \"FOLDER\"", v->name);
    if ((v->certificate == NULL) != (v->key == NULL))
        return error_set(e, ST_SYNTAX, 0, "vhost %s: a %s without a %s", v->name,
                         v->key == NULL ? "certificate" : "key",
                         v->key == NULL ? "key" : "certificate");
    if (v->certificate != NULL && (*v->certificate == '\0' || *v->key == '\0'))
        return error_set(e, ST_SYNTAX, 0, "vhost %s: an empty name is no file", v->name);
    return ST_OK;
}

/* The vhost of the command line: its names are those of --host, which hands them over. */
static enum status server_make_sole(struct server_config *config, const char *capsule,
                                    struct error *e)
{
    config->vhost.items = calloc(1, sizeof(struct vhost_config));
    struct vhost_config *v = config->vhost.items;
    if (v == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "vhost");
    config->vhost.count = 1;
    config->sole = true;
    v->area = config->area; /* handed over, too */
    config->area = (struct option_sections){0};
    v->capsule = strdup(capsule == NULL ? SERVER_CAPSULE : capsule);
    if (config->host.count == 0) {
        v->name = strdup(SERVER_HOST);
    } else {
        v->name = config->host.items[0];
        v->alias = (struct option_list){config->host.items, config->host.count - 1};
        memmove(v->alias.items, v->alias.items + 1, v->alias.count * sizeof *v->alias.items);
        config->host = (struct option_list){0};
    }
    return v->name != NULL && v->capsule != NULL ? ST_OK : error_set(e, ST_NOMEM, ENOMEM, "vhost");
}

enum status server_config_load(struct options *o, const char *file, struct error *e)
{
    enum status status = ST_OK;
    if (file != NULL)
        status = options_read_file(o, file, e);
    return status == ST_OK ? options_read_defaults(o, e) : status;
}

enum status server_config_finish(struct server_config *config, const char *capsule, struct error *e)
{
    if (config->key_process != NULL && strcmp(config->key_process, "on") != 0 &&
        strcmp(config->key_process, "off") != 0)
        return error_set(e, ST_SYNTAX, 0, "key-process: neither on nor off: %s",
                         config->key_process);
    if (config->vhost.count == 0)
        return server_make_sole(config, capsule, e);
    const struct vhost_config *vhosts = server_config_vhosts(config);
    if (capsule != NULL || config->host.count > 0)
        return error_set(e, ST_SYNTAX, 0,
                         "%s: the vhost sections in %s say what is served; leave it out",
                         capsule != NULL ? capsule : "host",
                         config->config == NULL ? "the configuration" : config->config);
    if (config->area.count > 0)
        return error_set(e, ST_SYNTAX, 0, "area %s: must stand in a vhost section",
                         ((const struct area_config *)config->area.items)->prefix);
    enum status status = ST_OK;
    for (size_t i = 0; status == ST_OK && i < config->vhost.count; i++)
        status = server_check_vhost(&vhosts[i], e);
    return status;
}
