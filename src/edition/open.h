/*
 * open: an edition as a database that nobody changes.  What reads editions shares it.
 */
#ifndef EDITION_OPEN_H
#define EDITION_OPEN_H

#include <sqlite3.h>
#include <stdbool.h>

#include "core/error.h"

/*
 * Open an edition and begin the one transaction that serves all reading of it.
 *
 * Returns ST_OK with *db, which the caller closes; ST_MISSING, ST_IO, ST_FORMAT when the file is
 * no edition, is damaged or of another schema, ST_STORE or ST_NOMEM.
 */
enum status edition_open_database(const char *path, sqlite3 **db, struct error *e) MUST_USE;

/* Was memory refused to what SQLite has just failed at?  Then nothing is known to be wrong. */
bool edition_is_starved(sqlite3 *db);

/*
 * SQLite failed at a statement that every edition can be asked.  Returns ST_FORMAT, for it is
 * damaged, or ST_NOMEM.
 */
enum status edition_damage(const char *path, sqlite3 *db, struct error *e) MUST_USE;

/* The number that a pragma answers, or -1. */
sqlite3_int64 edition_pragma(sqlite3 *db, const char *sql);

#endif
