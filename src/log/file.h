/*
 * file: a log that is a file.  It takes the place of standard error, so that whatever writes there
 * writes to it, and whatever is started inherits it.  One for each process.
 */
#ifndef LOG_FILE_H
#define LOG_FILE_H

#include <stdbool.h>

#include "core/error.h"

/*
 * Write to this file from now on: at its end, wherever that is by then, so that several processes
 * can.  It is made when it is missing (mode 0640) and never emptied.
 *
 * Returns ST_OK; ST_FORMAT when it is a link or no regular file, which is never opened; ST_IO;
 * ST_NOMEM.  What was standard error is kept until log_file_close.
 */
enum status log_file_open(const char *path, struct error *e) MUST_USE;

/*
 * Open the name again, as when the file was moved away.  On failure all goes on in the file before,
 * and both this and what was standard error get a line that says why.  Returns whether there is
 * another file now; without log_file_open there never is.
 */
bool log_file_reopen(void);

/* Is this the name of the file that is written to?  NULL: is there none? */
bool log_file_is(const char *path);

/* Standard error is again what it was before log_file_open, if that was called. */
void log_file_close(void);

/* Write to the file that another process has opened; fd is closed.  For whoever may open none. */
void log_file_take(int fd);

#endif
