/*
 * state: the folder where a server keeps its editions.  It is this server's alone, and it is looked
 * after (serve/upkeep.h): a folder that is deleted or exchanged under a running server is seen.
 */
#ifndef SERVE_STATE_H
#define SERVE_STATE_H

#include "serve/site.h"

struct state {
    struct buf path; /* NUL-ended */
    int lock;        /* a file in it that is locked, or -1; the lock ends with the process */
};

void state_init(struct state *s);
void state_fini(struct state *s);

/* A folder for private things, which is made.  Returns as sites_check_private and file_make_dir. */
enum status state_make_place(const struct sites *sites, const char *path, struct error *e) MUST_USE;

/*
 * Decide where it is: told by --state, or the system's place for state, where there is one folder
 * for each capsule, or configuration of several.  Then take it, and place the sites' editions in it
 * (sites_place).
 *
 * before   of the configuration in service, which shares the lock when the folder is the same; or
 *          NULL
 * Returns ST_OK; as sites_check_private and state_take; ST_NOMEM.
 */
enum status state_open(struct state *s, struct sites *sites, const struct server_config *config,
                       const struct state *before, struct error *e) MUST_USE;

/*
 * Make the folder if it is not there, and lock it.  A lock that is held already is given up when
 * there is the new one.
 *
 * before   as above
 * Returns ST_OK; ST_EXISTS when another server has it; ST_IO.
 */
enum status state_take(struct state *s, const struct state *before, struct error *e) MUST_USE;

/* Is the folder of this name still the one that was taken? */
bool state_is_taken(const struct state *s);

#endif
