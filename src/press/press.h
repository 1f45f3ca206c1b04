/*
 * press: a capsule folder in, an edition out.
 */
#ifndef PRESS_PRESS_H
#define PRESS_PRESS_H

#include "config/option.h"

/*
 * Read the capsule and make its edition, whole or not at all.
 *
 * capsule    folder with capsule.conf, articles/ and static/, all optional
 * edition    file to write; an older one is replaced in one step, or left as it is on failure
 * base_url   "gemini://HOST/" or "gemini://HOST:PORT/": what the addresses in /urls.txt begin with
 * areas      prefixes of the areas that ask for a client certificate (edition/area.h), as in a URL:
 *            what lies there is left out of /urls.txt; NULL for none
 * A source that cannot be served is told to the log, with its name, and left out.
 * Returns ST_OK; ST_MISSING or ST_IO when the capsule cannot be read, ST_FORMAT when there is
 * nothing in it to serve, ST_SYNTAX for a bad capsule.conf or area, ST_STORE, ST_NOMEM.
 */
enum status press_run(const char *capsule, const char *edition, const char *base_url,
                      const struct option_list *areas, struct error *e) MUST_USE;

/*
 * The same, but look through the edition before first, however little has changed since: one that
 * is damaged is told, and replaced by one that is made anew.
 */
enum status press_run_verified(const char *capsule, const char *edition, const char *base_url,
                               const struct option_list *areas, struct error *e) MUST_USE;

#endif
