/*
 * piece: one article of the capsule, read and ready to be placed among the others.
 */
#ifndef PRESS_PIECE_H
#define PRESS_PIECE_H

#include "press/mediatype.h"
#include "press/pages.h"
#include "press/scan.h"

struct piece {
    struct span source; /* path below the capsule, "articles/a.txt"; borrowed from the scan */
    struct document doc;
    struct summary summary;
    struct pages_piece page; /* slug, neighbours and what else its pages show */
    struct span href;        /* "SLUG.gmi", escaped; in doc.arena */
};

/*
 * Read a source.
 *
 * folder    of the scan, open
 * path      how messages name the capsule
 * entry     of the scan; borrowed as long as the piece lives
 * no_summary   make no summary, whatever the source says
 * Returns ST_OK; else the piece is empty but for source, and e names the file.  piece_fini frees
 * it in either case.
 */
enum status piece_read(int folder, const char *path, const struct scan_entry *entry,
                       struct mediatype *m, bool no_summary, struct piece *p,
                       struct error *e) MUST_USE;
void piece_fini(struct piece *p);

/* The path of the sidecar of a source: "a/b.meta" for "a/b.txt". */
void piece_sidecar_path(struct span source, struct buf *out);

/*
 * Give a piece that was read its page: slug, address, summary.  Called by piece_read; `convert`
 * uses it for a document without a capsule.  ST_OK, ST_NOMEM or ST_LIMIT.
 */
enum status piece_prepare(struct piece *p, struct span slug, struct summary_options options,
                          struct error *e) MUST_USE;

/* The address of a piece that is known by its title only: "SLUG.gmi" in the document's arena. */
struct span piece_href_of_title(struct piece *p, struct span title);

#endif
