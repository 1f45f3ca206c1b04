/*
 * server: what `broadsheet serve` can be told, on its command line or in its --config file.
 */
#ifndef CONFIG_SERVER_H
#define CONFIG_SERVER_H

#include "config/area.h"
#include "config/option.h"

/* A virtual host: one capsule, its names and its certificate. */
struct vhost_config {
    char *name;                  /* main one */
    char *capsule;               /* folder, relative to the working directory */
    struct option_list alias;    /* other names and addresses */
    char *certificate;           /* PEM file, or NULL: CERTS/NAME.crt, made when missing */
    char *key;                   /* PEM file, NULL when certificate is: CERTS/NAME.key */
    struct option_sections area; /* struct area_config: parts that ask for a client certificate */
};

struct server_config {
    char *config;                    /* file that says the rest, or NULL */
    struct option_list listen;       /* ADDR:PORT; empty only when there is a proxy_listen */
    struct option_list proxy_listen; /* ADDR:PORT where proxies call, with a PROXY header */
    struct option_list proxy_from;   /* ADDR[/BITS] of those proxies */
    long public_port;        /* that clients connect to; 0 is the first listen's, else Gemini's */
    struct option_list host; /* names of the one capsule, the first is the main one */
    char *certs;             /* folder of key and certificate */
    char *state;             /* folder of the edition, or NULL: where the system keeps state */
    long workers;            /* processes; 0 is one for each processor */
    char *tls_min;           /* least version of TLS: "1.2" or "1.3" */
    char *ticket_keys;       /* file of session ticket keys, or NULL: the server makes its own */
    long ticket_rotation;    /* seconds that its own newest key is used */
    char *sandbox;           /* "require", "try" or "off" */
    /* struct vhost_config, the first is shown to clients that name none */
    struct option_sections vhost;
    struct option_sections area; /* struct area_config, of the one capsule */
    bool sole; /* there is one vhost, and it is CAPSULE with --host: no section says so */
};

extern const struct option_row server_options[];
extern const size_t server_options_count;

/*
 * Behind the command line: read the file that --config names, and give the defaults.
 *
 * o      of server_options
 * file   NULL for none
 * Returns as options_read_file and options_read_defaults.
 */
enum status server_config_load(struct options *o, const char *file, struct error *e) MUST_USE;

/*
 * Make a configuration whole that has its defaults: without vhost sections CAPSULE and --host
 * become the one vhost, so that whoever comes later knows vhosts only.
 *
 * capsule   of the command line, or NULL
 * Returns ST_OK; ST_SYNTAX when both say what is served, or a section does not say enough;
 * ST_NOMEM.
 */
enum status server_config_finish(struct server_config *config, const char *capsule,
                                 struct error *e) MUST_USE;

/* The vhosts of a whole configuration: config->vhost.count of them. */
const struct vhost_config *server_config_vhosts(const struct server_config *config);

#endif
