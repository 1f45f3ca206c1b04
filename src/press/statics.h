/*
 * statics: the files and folders of static/, as pages.
 */
#ifndef PRESS_STATICS_H
#define PRESS_STATICS_H

#include "core/book.h"
#include "edition/writer.h"
#include "press/mediatype.h"
#include "press/scan.h"

/* A larger file stays outside the edition and is read from static/ when it is asked for. */
#define STATICS_INSIDE_MAX ((size_t)256 * 1024)

struct statics {
    const char *path;     /* how messages name the capsule */
    const char *base_url; /* of every address, ends in '/' */
    struct span lang;     /* of the capsule, may be absent */
    struct mediatype *types;
    struct scan *scan;     /* of "static"; what cannot be read is marked there */
    scan_problem *problem; /* told what cannot be served */
    void *context;
};

/* Append the canonical address of an entry: "static/a b" is "/a%20b"; a folder's ends in '/'. */
void statics_address(const struct scan_entry *entry, struct buf *out);

/* Leave out and tell, before anything else, what may not be read or asked for. */
void statics_check(const struct statics *s);

/*
 * Take from the edition before that a file or folder is as it was then.
 *
 * steady   it cannot have been written again at the moment when it was looked at
 * Returns false when it is not there any more.
 */
bool statics_recall(const struct statics *s, const struct edition_source *row, bool steady);

/* Is there anything that the edition before does not have so? */
bool statics_changed(const struct statics *s);

/* Enter the addresses of all files and folders.  ST_OK or ST_NOMEM. */
enum status statics_claim(const struct statics *s, struct book *addresses,
                          struct error *e) MUST_USE;

/*
 * Write the pages, or keep those of files that are as they were: every file, every folder (its
 * index.gmi or a listing) and the redirect that adds a folder's slash.  A file that cannot be read
 * is told and left out.
 * Returns ST_OK, ST_STORE or ST_NOMEM.
 */
enum status statics_write(const struct statics *s, struct edition_writer *w,
                          struct error *e) MUST_USE;

/* Write the rows of what was read, when the pages are written. */
enum status statics_write_rows(const struct statics *s, struct edition_writer *w,
                               struct error *e) MUST_USE;

#endif
