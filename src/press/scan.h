/*
 * scan: what lies in a folder of the capsule.
 */
#ifndef PRESS_SCAN_H
#define PRESS_SCAN_H

#include "core/arena.h"
#include "core/file.h"

/* Deepest nesting of folders that is entered. */
#define SCAN_DEPTH_MAX 32

/* The two folders of a capsule. */
enum scan_root { SCAN_ARTICLES, SCAN_STATICS };

struct scan_entry {
    struct span path; /* below the capsule, "static/img/a.png"; NUL-ended: what messages name */
    const char *name; /* below the folder, "img/a.png": what is opened; points into path */
    bool folder;
    bool linked;   /* a folder that a link leads to, or anything in one */
    bool left_out; /* for whoever works on the list: told, and not served */
    bool same;     /* likewise: as it was when the edition before was made */
    struct file_stamp stamp;
};

struct scan {
    int fd;                     /* the folder, open; -1 when there is none; owned */
    struct scan_entry *entries; /* ordered by path; owned */
    size_t count;
    size_t room;
    struct arena arena; /* the paths */
};

/* Called for what cannot be served; the message begins with the path below the capsule. */
typedef void scan_problem(void *context, const struct error *e);

/*
 * List the files and folders below a folder of the open capsule.
 *
 * Private names (see core/file.h) are passed over, but not static/.well-known.  Symbolic links to
 * files are followed as long as they stay in the folder and lead to nothing private; those to
 * folders only in static/, where the same files may have several addresses, not in a circle, and
 * one on a way.  What is neither a regular file nor a folder is never opened; it, and what cannot
 * be read, is told to `problem` and left out.  A missing folder is an empty one.
 * Returns ST_OK with *s (scan_fini frees it, also after an error), ST_NOMEM, or ST_IO when the
 * names in a folder cannot be read to the end.
 */
enum status scan_folder(int capsule, enum scan_root root, struct scan *s, scan_problem *problem,
                        void *context, struct error *e) MUST_USE;
void scan_fini(struct scan *s);

/* The entry of a path ("articles/a.txt"); NULL when there is none. */
struct scan_entry *scan_find(const struct scan *s, struct span path);

#endif
