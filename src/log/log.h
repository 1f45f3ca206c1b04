/*
 * log: lines for the operator, on standard error.  One event, one line; nothing that came from
 * outside reaches it unescaped.
 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include "core/buf.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO };

/*
 * Name this process in every line ("supervisor", "worker", "press"): borrowed for the life of the
 * process.  Without a name the lines are plain `broadsheet: message`, as a command prints them.
 */
void log_init(const char *process);

/* Write one line; control bytes and bytes that are no UTF-8 are escaped as \xNN. */
void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Lines of a level that this process has written. */
unsigned long log_count(enum log_level level);

/* The line of an error. */
void log_error(const struct error *e);

/*
 * Append s so that it is safe in a log line: control characters, DEL, quotes, backslashes and
 * bytes that are no UTF-8 as \xNN, the rest as it is.
 */
void log_escape(struct buf *b, struct span s);

#endif
