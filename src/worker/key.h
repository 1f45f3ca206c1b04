/*
 * key: the key process, which alone has the private keys while readers are served, and signs for
 * the workers.  The supervisor starts it as it starts workers.
 */
#ifndef WORKER_KEY_H
#define WORKER_KEY_H

#include "config/option.h"
#include "process/child.h"

/* Subcommand of the program that is the key process. */
#define KEY_SUBCOMMAND "key"

/* What it is handed, besides the descriptors of every child (process/child.h). */
#define KEY_SETTINGS_FD (CHILD_HANDED_FD + 0) /* a configuration of the options below */
#define KEY_KEYS_FD     (CHILD_HANDED_FD + 1) /* keys, as identity_pack writes them */
#define KEY_LOG_FD      (CHILD_HANDED_FD + 2) /* where another log comes, see relay_listen */
#define KEY_SOCKET_FD   (CHILD_HANDED_FD + 3) /* the first of the sockets to the workers */

/* What it is told, and says when it has taken them. */
#define KEY_SAY_KEYS  'K' /* other keys: as in KEY_KEYS_FD */
#define KEY_SAY_TAKEN 'K'
#define KEY_SAY_QUIT  'Q' /* nobody needs a signature any more: end */

struct key_settings {
    long sockets;  /* from KEY_SOCKET_FD on: one of each worker */
    char *sandbox; /* "require", "try" or "off" */
};

extern const struct option_row key_options[];
extern const size_t key_options_count;

/*
 * Be the key process until the supervisor says that nobody needs it, or is gone.  Signals that ask
 * to end are not heard: they may go to all processes of a server, and its workers then finish what
 * they have begun, which takes signatures.  Returns the exit status of the process.
 */
int key_run(void);

#endif
