/*
 * relay: how the supervisor hands the log to those that can open no file, when it is another one
 * (log/file.h).  Each child gets a socket of its own for that at its start; nothing is ever read
 * from a child.
 */
#ifndef PROCESS_RELAY_H
#define PROCESS_RELAY_H

#include <stdbool.h>
#include <uv.h>

/* In the supervisor.  The other end, for a child that is about to be started; -1 on failure. */
int relay_open(void);

/* Hand standard error, as it is now, to all children that live. */
void relay_tell(void);

/* Close all, when the supervisor ends. */
void relay_close(void);

/*
 * In a child: take what comes over this socket in the place of standard error, until the handle is
 * closed by whoever closes the loop's.  Returns false, and there is no handle, when the supervisor
 * could make no socket; the log says so.
 */
bool relay_listen(uv_poll_t *handle, uv_loop_t *loop, int fd);

#endif
