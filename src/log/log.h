/*
 * log: lines for the operator, on standard error.  One event, one line; nothing that came from
 * outside reaches it unescaped.  A server never waits for its log: a line that a full pipe or disk
 * does not take is lost, and how many were is told when it takes some again.
 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include <stdint.h>

#include "core/buf.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO };

/*
 * Name this process in every line ("supervisor", "worker", "press"): borrowed for the life of the
 * process.  Without a name the lines are plain `broadsheet: message`, as a command prints them;
 * with one they have the time and the process's number, but for the journal, which has its own.
 */
void log_init(const char *process);

/*
 * Have this process outlive its log: a reader that is gone (SIGPIPE), a file that may not grow
 * (SIGXFSZ), and the word that the log has a new file, when all processes get it and not the
 * supervisor alone (SIGUSR1), are ignored.
 */
void log_outlive(void);

/* Write one line; control bytes and bytes that are no UTF-8 are escaped as \xNN. */
void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Write at most so many lines of one kind in a minute; 0, and so it begins, is no limit.  Lines of
 * log_line with the same format are of one kind, errors with the same code and cause are.  How many
 * were left out is told by a line of its own when the minute is over.
 *
 * clock   milliseconds, only going forward: clock_ms, or a test's own
 */
void log_limit(unsigned most, uint64_t (*clock)(void));

/* Write a line of the kind with that name (its text counts); without one it is never left out. */
void log_kind(const char *kind, enum log_level level, const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * Tell what was left out in the minutes that are over, or, when the process ends, until now.  Every
 * line does so too; call it now and then when there may be no more.
 */
void log_settle(bool ends);

/* Lines of a level that this process has written, or would have but for their limit. */
unsigned long log_count(enum log_level level);

/* The line of an error. */
void log_error(const struct error *e);

/*
 * Append s so that it is safe in a log line: control characters, DEL, quotes, backslashes and
 * bytes that are no UTF-8 as \xNN, the rest as it is.
 */
void log_escape(struct buf *b, struct span s);

#endif
