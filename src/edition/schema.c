#include "edition/schema.h"

const char edition_schema[] =
    /* The capsule: key is title, language or base_url. */
    "CREATE TABLE capsule (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"

    /*
     * Every address.  path is canonical (see protocol/url.h); status and meta are Gemini's.  A
     * page's bytes are in body, or, for a large static file, in the file called file, relative to
     * the capsule's static/ folder, of that size (bytes) and mtime (nanoseconds since 1970) when
     * it was pressed.
     */
    "CREATE TABLE page (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE,"
    " status INTEGER NOT NULL, meta TEXT NOT NULL, body BLOB,"
    " file TEXT, size INTEGER NOT NULL, mtime INTEGER);"

    /*
     * The articles.  What is not known is NULL; date is YYYY-MM-DD; words are those of the text;
     * summary_kind is author, description, sentences or cut; previous and next are links.
     */
    "CREATE TABLE piece (slug TEXT PRIMARY KEY, source TEXT NOT NULL, title TEXT NOT NULL,"
    " date TEXT, author TEXT, lang TEXT, words INTEGER NOT NULL, summary_kind TEXT NOT NULL,"
    " previous TEXT, next TEXT, tags TEXT) WITHOUT ROWID;"

    /*
     * What was read: path below the capsule, size (bytes), mtime (nanoseconds since 1970);
     * problem says why a source was left out, NULL when it was not.
     */
    "CREATE TABLE source (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime INTEGER NOT NULL,"
    " problem TEXT) WITHOUT ROWID;";
