/*
 * state: the folder where a server keeps its editions, which is its alone.
 */
#ifndef SERVE_STATE_H
#define SERVE_STATE_H

#include "serve/site.h"

/* A folder for private things, which is made.  Returns as sites_check_private and file_make_dir. */
enum status state_make_place(const struct sites *sites, const char *path, struct error *e) MUST_USE;

/*
 * Find the folder of a configuration's editions, told by --state or the system's place for state,
 * make it and lock it, and place the sites' editions in it (sites_place).
 *
 * before   lock of the configuration in service, which shares it when the folder is the same; or -1
 * lock     gets the lock, which lasts until it is closed, or -1
 * Returns ST_OK; ST_EXISTS when another server has it; as state_make_place.
 */
enum status state_open(struct sites *sites, const struct server_config *config, int before,
                       int *lock, struct error *e) MUST_USE;

#endif
