/*
 * static_file: a file of static/ that is sent from where it lies.
 */
#ifndef ANSWER_STATIC_FILE_H
#define ANSWER_STATIC_FILE_H

#include "net/response.h"

/*
 * Make a file the body of a response, of the size that it has now.  It is sent in the pieces that
 * are asked for, so its size costs no memory.
 *
 * folder  static/, open
 * name    of the file, relative to it
 * out     gets size, fill and done; status and meta are the caller's
 * Returns ST_OK, ST_MISSING, ST_FORMAT (not a regular file, or it leads where it may not), ST_IO or
 * ST_NOMEM; then out is as it was.
 *
 * A file that is written to while it is sent fails with ST_CHANGED, for its pieces would be of two
 * files: it grew (a log), shrank, or its times are others.  One that lost its name, because another
 * was renamed over it, is still the same.  Times advance by the kernel's tick, some milliseconds:
 * bytes that are overwritten in the tick in which the file was opened, when it had been written to
 * in that tick already, are not noticed.
 */
enum status static_file_open(int folder, const char *name, struct response *out,
                             struct error *e) MUST_USE;

#endif
