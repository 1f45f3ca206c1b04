/*
 * out: where the lines of the log go, for this room: standard error, whatever that is.
 */
#ifndef LOG_OUT_H
#define LOG_OUT_H

#include "core/buf.h"

/*
 * Look at what standard error is; call it at the start and whenever it is another file.  systemd's
 * journal knows the time, the process and how to show what is urgent: its lines have another shape.
 * Source: systemd.exec(5), $JOURNAL_STREAM.
 */
void out_look(void);

/* Is it the journal? */
bool out_is_journal(void);

/*
 * Hand over one line with its line end, cut to PIPE_BUF: one write keeps the lines of several
 * processes apart.
 *
 * waits    for a reader that takes nothing, as a command does; a server never does
 * Returns whether all of it was taken: a reader that is slow or gone and a full disk lose it.
 */
bool out_write(struct buf *line, bool waits);

#endif
