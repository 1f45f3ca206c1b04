#include "edition/schema.h"

/* sum, in every table, is edition_sum (sum.h) of all other columns in their order, but for id. */
const char edition_schema[] =
    /*
     * The capsule.  title, subtitle, author, language, licence are those of capsule.conf, rules are
     * its redirects and the like, one `key pattern ...` a line; base_url is what the addresses in
     * /urls.txt begin with; areas are the canonical prefixes of the areas whose addresses are not
     * in it, one a line; basis is all else that every page depends on: an edition of another
     * basis is no beginning for the next one; looked is when press began to look at the files, and
     * read when it had done (nanoseconds since 1970).
     */
    "CREATE TABLE capsule (key TEXT PRIMARY KEY, value TEXT NOT NULL,"
    " sum INTEGER NOT NULL) WITHOUT ROWID;"

    /*
     * Every address.  path is canonical (see protocol/url.h); status and meta are Gemini's.  A
     * page's bytes are in body, or, for a large static file, in the file called file, relative to
     * the capsule's static/ folder, of that size (bytes) and mtime (nanoseconds since 1970) when
     * it was pressed.
     *
     * Rules of capsule.conf are rows here too, with an empty body if nothing else is said.  For one
     * address: path is it, status 30 or 31 with the target as meta, or 52.  For all addresses that
     * begin alike and have no row of their own: path is '*' and their beginning, and '*' in the
     * target stands for the rest; the longest wins.  A question: path is '?' and the address,
     * status 10 or 11, meta the prompt; body is the target of the redirect that answers the answer,
     * where '*' stands for it, or empty if the page at the address does.  No path of a request
     * begins so; a reader has these two kinds in memory (see rule.h).
     */
    "CREATE TABLE page (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE,"
    " status INTEGER NOT NULL, meta TEXT NOT NULL, body BLOB,"
    " file TEXT, size INTEGER NOT NULL, mtime INTEGER, sum INTEGER NOT NULL);"

    /*
     * The articles.  What is not known is NULL; date is YYYY-MM-DD; words are those of the text;
     * summary_kind is author, description, sentences, cut, or none where there is no summary page.
     * named_previous and named_next are the neighbours' titles that the source itself gives;
     * previous and next are the links that its pages show, with the titles shown.  The text, all
     * that does not depend on other pieces, is the bytes from text_from to text_to of its page, and
     * likewise of its summary page (0 and 0 where there is none).
     */
    "CREATE TABLE piece (source TEXT PRIMARY KEY, slug TEXT NOT NULL, title TEXT NOT NULL,"
    " date TEXT, author TEXT, lang TEXT, tags TEXT, summary_kind TEXT NOT NULL,"
    " words INTEGER NOT NULL, named_previous TEXT, named_next TEXT,"
    " previous TEXT, previous_title TEXT, next TEXT, next_title TEXT,"
    " text_from INTEGER NOT NULL, text_to INTEGER NOT NULL,"
    " summary_from INTEGER NOT NULL, summary_to INTEGER NOT NULL,"
    " sum INTEGER NOT NULL) WITHOUT ROWID;"

    /*
     * What was read: path below the capsule; size (bytes), mtime, ctime (nanoseconds since 1970)
     * and inode of the file, and of its sidecar, all 0 for a folder and where there is no sidecar.
     * problem says why a source was left out, NULL when it was not.
     */
    "CREATE TABLE source (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime INTEGER NOT NULL,"
    " ctime INTEGER NOT NULL, inode INTEGER NOT NULL, sidecar_size INTEGER NOT NULL,"
    " sidecar_mtime INTEGER NOT NULL, sidecar_ctime INTEGER NOT NULL,"
    " sidecar_inode INTEGER NOT NULL, problem TEXT, sum INTEGER NOT NULL) WITHOUT ROWID;";
