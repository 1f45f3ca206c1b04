/*
 * worker: a process that answers requests.  The supervisor starts it with the program's own
 * executable and hands it everything by descriptor.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include "config/server.h"
#include "process/child.h"

/* What a worker is handed, besides the descriptors of every child (process/child.h). */
#define WORKER_SETTINGS_FD     (CHILD_HANDED_FD + 0) /* a configuration of the options below */
#define WORKER_TICKETS_FD      (CHILD_HANDED_FD + 1) /* ticket keys, as ticket_pack writes them */
#define WORKER_CERTIFICATES_FD (CHILD_HANDED_FD + 2) /* see key_process */
#define WORKER_AREAS_FD        (CHILD_HANDED_FD + 3) /* areas, as areas_pack writes them */
#define WORKER_LOG_FD          (CHILD_HANDED_FD + 4) /* where another log comes, see relay_listen */
#define WORKER_KEY_FD          (CHILD_HANDED_FD + 5) /* to the key process, if there is one */
#define WORKER_LISTEN_FD       (CHILD_HANDED_FD + 6) /* the first of the bound sockets */

/* What the supervisor tells a worker. */
#define WORKER_SAY_EDITION      'E' /* some vhost's new edition has its name: nothing follows */
#define WORKER_SAY_TICKETS      'T' /* other ticket keys: as in WORKER_TICKETS_FD */
#define WORKER_SAY_CERTIFICATES 'C' /* other certificates: as in WORKER_CERTIFICATES_FD */
#define WORKER_SAY_AREAS        'A' /* other areas: as in WORKER_AREAS_FD */
#define WORKER_SAY_LEAVE        'L' /* others take its place: accept no more */
#define WORKER_SAY_QUIT         'Q' /* end at once */

/* What it tells him, besides that it is ready. */
#define WORKER_SAY_LEFT    'L' /* it accepts no more */
#define WORKER_SAY_DAMAGED 'D' /* an edition in service is not as it was written */

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
    char *log_addresses;           /* "cut", "whole" or "none" */
    /* "on": the certificates come as identity_pack_public has them, else as identity_pack does. */
    char *key_process;
    struct limits_config limits;
};

extern const struct option_row worker_options[];
extern const size_t worker_options_count;

/*
 * Are the sockets there, before a file is opened that could take the number of a missing one?
 * ST_OK, or ST_IO with which is not.
 */
enum status worker_check_sockets(const struct worker_settings *settings, struct error *e) MUST_USE;

/*
 * Be a worker until the supervisor says stop (SIGTERM, SIGINT) or is gone, or until there is what
 * only another one can have: a published folder that is another than it can reach, see
 * sandbox_is_beyond, news for which it has no memory, a socket to the key process in the place of
 * one that was shut.  Then it makes room.  Who is told to leave lets everybody finish that it has;
 * who is told to stop lets answers that are under way finish for the drain-timeout, then cuts them
 * without close_notify, so that clients can tell.
 * Returns the exit status of the process.
 */
int worker_run(void);

#endif
