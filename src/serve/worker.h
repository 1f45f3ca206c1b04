/*
 * worker: a process that answers requests.  The supervisor starts it with the program's own
 * executable and hands it everything by descriptor.
 */
#ifndef SERVE_WORKER_H
#define SERVE_WORKER_H

#include "config/server.h"

/* The descriptors of a worker, besides the standard ones. */
#define WORKER_CONTROL_FD      3 /* stream to the supervisor; its end means that he is gone */
#define WORKER_SETTINGS_FD     4 /* a configuration of the options below */
#define WORKER_TICKETS_FD      5 /* session ticket keys, as ticket_pack writes them */
#define WORKER_CERTIFICATES_FD 6 /* keys and certificates, as identity_pack writes them */
#define WORKER_AREAS_FD        7 /* areas, as areas_pack writes them */
#define WORKER_LISTEN_FD       8 /* the first of the bound sockets */

/* What goes over the control stream, from the supervisor as messages (serve/message.h) ... */
#define WORKER_SAY_EDITION      'E' /* some vhost's new edition has its name: nothing follows */
#define WORKER_SAY_TICKETS      'T' /* other ticket keys: as in WORKER_TICKETS_FD */
#define WORKER_SAY_CERTIFICATES 'C' /* other certificates: as in WORKER_CERTIFICATES_FD */
#define WORKER_SAY_AREAS        'A' /* other areas: as in WORKER_AREAS_FD */
/* ... and to him. */
#define WORKER_SAY_READY 'R' /* requests are answered from now on */

/*
 * Exit status of a worker that has stopped because a published folder is another one than it can
 * reach, see sandbox_is_beyond: the next one can.
 */
#define WORKER_BEYOND 3

#define WORKER_LENGTH 4 /* bytes of a length, the highest first */

/* A capsule, as a worker knows it. */
struct worker_vhost {
    char *name;              /* main name */
    struct option_list host; /* all names, the main one first */
    char *edition;           /* file */
    char *statics;           /* the capsule's static/ folder */
};

/* What the supervisor decides for a worker. */
struct worker_settings {
    char *tls_min;                 /* least version of TLS, "1.2" or "1.3" */
    struct option_sections vhost;  /* struct worker_vhost; the first is the default one */
    long listeners;                /* bound sockets from WORKER_LISTEN_FD on */
    long proxied;                  /* the last so many of them are for proxies, */
    struct option_list proxy_from; /* which have these addresses */
    long public_port;              /* that clients connect to */
    char *sandbox;                 /* "require", "try" or "off" */
    struct limits_config limits;
};

extern const struct option_row worker_options[];
extern const size_t worker_options_count;

/*
 * Be a worker until the supervisor says stop (SIGTERM, SIGINT) or is gone.  Returns the exit
 * status of the process.
 */
int worker_run(void);

#endif
