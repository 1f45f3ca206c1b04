/*
 * schema: what an edition is, as SQLite sees it.  schema.c is its documentation.
 *
 * An edition is one SQLite database that never changes once it has its name: press writes a new
 * file beside it, syncs it and renames it, so a reader sees the old capsule or the new one.
 * `PRAGMA application_id` tells that a file is an edition, `PRAGMA user_version` which schema.
 */
#ifndef EDITION_SCHEMA_H
#define EDITION_SCHEMA_H

#define EDITION_APPLICATION_ID 0x42534854 /* "BSHT" */
#define EDITION_VERSION        4

/* The statements that make the tables. */
extern const char edition_schema[];

#endif
