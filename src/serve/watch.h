/*
 * watch: tells when something in the capsule's folders changes.
 */
#ifndef SERVE_WATCH_H
#define SERVE_WATCH_H

#include <uv.h>

#include "core/error.h"

struct watch;

typedef void watch_changed(void *context);

/*
 * Watch a capsule folder, articles/ and static/ in it with all folders below, and the name of the
 * folder itself, so that one that is moved away and another put in its place is noticed.  Private
 * files (see core/file.h), such as what an editor saves beside a text, are not watched.
 *
 * changed   called once for a burst of changes, as soon as it has been quiet for a moment, and at
 *           the latest WATCH_PATIENCE milliseconds after its first
 * Returns ST_OK with *w (watch_stop ends it; the loop frees it) or ST_NOMEM.  What cannot be
 * watched is told to the log.
 */
enum status watch_start(uv_loop_t *loop, const char *path, watch_changed *changed, void *context,
                        struct watch **w, struct error *e) MUST_USE;
void watch_stop(struct watch *w);

/* Begin anew, as after a failure that has been mended. */
void watch_renew(struct watch *w);

#define WATCH_QUIET    50
#define WATCH_PATIENCE 400

#endif
