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

/* What clients may take.  Each worker counts for itself: they share the callers out at random. */
struct limits_config {
    long connections;          /* at a time, of a worker */
    long per_address;          /* connections of one address at a time; 0: any */
    long request_rate;         /* requests of one address in a second; 0: any */
    long request_burst;        /* requests before that rate counts */
    struct option_list exempt; /* ADDR[/BITS], see server_config_exempt */
    long handshake_timeout;    /* seconds, which traffic does not renew; likewise the next two */
    long request_timeout;
    long close_timeout; /* for the client to close its side */
    long stall_timeout; /* seconds that an answer may stand still */
    long least_rate;    /* bytes in a second that a reader must take, over stall_timeout */
    long log_lines;     /* of one kind in a minute; 0: any */
    long drain_timeout; /* seconds for answers that are under way when the server stops */
};

/* Most workers: the key process has a socket for each (worker/key.h). */
#define SERVER_WORKERS_MAX 256

/* What is served when nobody says what. */
#define SERVER_HOST "localhost"

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
    long hang_timeout;       /* seconds of silence after which a process hangs; 0: never */
    long press_timeout;      /* seconds that a run of press may take */
    char *tls_min;           /* least version of TLS: "1.2" or "1.3" */
    char *ticket_keys;       /* file of session ticket keys, or NULL: the server makes its own */
    long ticket_rotation;    /* seconds that its own newest key is used */
    char *sandbox;           /* "require", "try" or "off" */
    char *key_process;       /* "on" or "off": see server_config_has_key_process */
    char *log;               /* file of the log, or NULL: standard error */
    char *log_addresses;     /* of clients there: "cut", "whole" or "none" */
    struct limits_config limits;
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

/*
 * The addresses that the limits per address are not for, borrowed from the configuration: none when
 * it says `none` and nothing else, for an empty list would be one with the default.
 */
struct option_list server_config_exempt(const struct server_config *config);

/* Append all that it says: what is written the same is the same in its effect. */
void server_config_write(const struct server_config *config, struct buf *out);

/* Free one that was allocated, with all that is in it. */
void server_config_free(struct server_config *config);

/* Do the workers have their handshakes signed by a process that alone has the private keys? */
bool server_config_has_key_process(const struct server_config *config);

/* The vhosts of a whole configuration: config->vhost.count of them. */
const struct vhost_config *server_config_vhosts(const struct server_config *config);

#endif
