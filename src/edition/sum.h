/*
 * sum: what each row of an edition carries to show that it is whole.
 */
#ifndef EDITION_SUM_H
#define EDITION_SUM_H

#include <sqlite3.h>

/*
 * Define edition_sum(...) for the statements of a database: a number that depends on every bit of
 * its arguments.  It finds what a disk did, not what a person wants to hide.  SQLITE_OK or SQLite's
 * error.
 */
int sum_define(sqlite3 *db);

#endif
