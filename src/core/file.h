/*
 * file: whole files in and out.  Every descriptor is close-on-exec.
 */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <limits.h>
#include <sys/stat.h>

#include "core/buf.h"

/*
 * What tells whether a file is still the one that was looked at: a write shows in ctime, which
 * nobody can set, and another file under the same name shows in the inode.  No file has all zeros.
 */
struct file_stamp {
    int64_t size;         /* bytes */
    int64_t mtime, ctime; /* nanoseconds since 1970 */
    int64_t inode;
};

struct file_stamp file_stamp_of(const struct stat *st);
bool file_stamp_eq(struct file_stamp a, struct file_stamp b);

/* The one hidden folder that is made to be found, at the root of what is served (RFC 8615). */
#define FILE_WELL_KNOWN ".well-known"

/*
 * Is this the name of a file that is nobody else's business: a hidden one (".git"), or what an
 * editor saves beside another ("a.txt~", "#a.txt#")?
 */
bool file_is_private(const char *name);

/*
 * Look at what a path below a folder leads to, without opening it.  No symbolic link, "..", or
 * mount trick leads out of the folder, and none to what is private there.
 *
 * dirfd   the folder, open
 * path    relative to it
 * shown   how messages name the file
 * st      filled with its status
 * real    gets where it is, relative to the folder, when a link led there ("" is the folder), else
 *         nothing
 * Returns ST_OK, ST_MISSING, ST_FORMAT (leads where it may not) or ST_IO.
 * Source: openat2(2), RESOLVE_BENEATH.
 */
enum status file_look_beneath(int dirfd, const char *path, const char *shown, struct stat *st,
                              char real[PATH_MAX], struct error *e) MUST_USE;

/*
 * Open a regular file for reading below a folder, found as file_look_beneath does.  A FIFO, socket
 * or device is never opened, for that may wait, or do something; not even when it took the place of
 * a file a moment ago.
 *
 * Returns ST_OK with *fd (the caller closes it), ST_MISSING, ST_FORMAT (not a regular file, or it
 * leads where it may not) or ST_IO.
 */
enum status file_open_beneath(int dirfd, const char *path, const char *shown, int *fd,
                              struct stat *st, struct error *e) MUST_USE;

/*
 * Append all that can be read from fd (until its end) to b.
 *
 * shown   how messages name it
 * Returns ST_OK, ST_IO, ST_NOMEM, or ST_LIMIT when there is more than b may hold.
 */
enum status file_read_fd(int fd, const char *shown, struct buf *b, struct error *e) MUST_USE;

/* The same for a path; ST_MISSING when there is no such file. */
enum status file_read(const char *path, struct buf *b, struct error *e) MUST_USE;

/* The same where nobody may be kept waiting; ST_FORMAT for a FIFO, whose writer may never come. */
enum status file_read_now(const char *path, struct buf *b, struct error *e) MUST_USE;

/*
 * Read a file that decides something: a regular one that not just everybody may write to.
 *
 * Returns ST_OK; ST_MISSING, ST_IO, ST_LIMIT as file_read, or ST_FORMAT when the file is not such.
 */
enum status file_read_guarded(const char *path, struct buf *b, struct error *e) MUST_USE;

/*
 * Read a file that holds a secret: a regular one that belongs to the user of this process or to
 * root, and to which nobody else has any right.  A symbolic link is judged by where it leads.
 *
 * what   what the messages call the secret, as "a private key"
 * b      empty; the memory is had at once, so that no copy is left behind.  buf_wipe it.
 * Returns ST_OK; ST_MISSING, ST_IO, ST_NOMEM, ST_LIMIT as file_read, or ST_FORMAT when the file is
 * not kept so.
 */
enum status file_read_secret(const char *path, const char *what, struct buf *b,
                             struct error *e) MUST_USE;

/*
 * Write a file whole or not at all: a new file beside it, synced, then renamed over it.
 *
 * mode    permission bits of the new file, whatever the umask
 * Returns ST_OK or ST_IO; then the old file, if there was one, is as it was.
 */
enum status file_write(const char *path, mode_t mode, struct span bytes, struct error *e) MUST_USE;

/* The same for a file that is not there yet; ST_EXISTS, and nothing changed, when it is. */
enum status file_write_new(const char *path, mode_t mode, struct span bytes,
                           struct error *e) MUST_USE;

/* Make a folder and the missing ones above it (mode 0700 before umask).  ST_OK if it is there. */
enum status file_make_dir(const char *path, struct error *e) MUST_USE;

/*
 * Sync the folder that holds path, so that a rename in it outlives a power cut.  Where a folder
 * cannot be synced the rename has happened all the same, so there is nothing to fail.
 */
void file_sync_dir_of(const char *path);

#endif
