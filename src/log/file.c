#include "log/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/log.h"
#include "log/out.h"

static char *log_file_path;      /* NULL without one */
static int log_file_before = -1; /* what was standard error */

static enum status log_file_judge(const struct stat *st, const char *path, struct error *e)
{
    if (S_ISREG(st->st_mode))
        return ST_OK;
    return error_set(e, ST_FORMAT, 0, "log %s: %s", path,
                     S_ISLNK(st->st_mode) ? "a link, which the log must not be"
                                          : "not a regular file");
}

/* Looked at before it is opened, for opening a FIFO or a device may wait, or do something. */
static enum status log_file_find(const char *path, int *fd, struct error *e)
{
    struct stat st;
    enum status status = ST_OK;
    if (lstat(path, &st) == 0)
        status = log_file_judge(&st, path, e);
    else if (errno != ENOENT)
        status = error_set(e, ST_IO, errno, "log %s", path);
    if (status != ST_OK)
        return status;
    mode_t before = umask(S_IWGRP | S_IRWXO); /* who may read it is for the operator to say */
    *fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
               0640);
    int cause = errno;
    umask(before);
    if (*fd < 0)
        return error_set(e, ST_IO, cause, "log %s", path);
    if (fstat(*fd, &st) != 0)
        status = error_set(e, ST_IO, errno, "log %s", path);
    else
        status = log_file_judge(&st, path, e);
    if (status != ST_OK)
        close(*fd);
    return status;
}

void log_file_take(int fd)
{
    if (fd == STDERR_FILENO)
        return;
    while (dup2(fd, STDERR_FILENO) < 0 && (errno == EINTR || errno == EBUSY))
        ;
    close(fd);
    out_look();
}

enum status log_file_open(const char *path, struct error *e)
{
    int fd = -1;
    char *copy = strdup(path);
    enum status status =
        copy == NULL ? error_set(e, ST_NOMEM, ENOMEM, "log %s", path) : log_file_find(path, &fd, e);
    if (status != ST_OK) {
        free(copy);
        return status;
    }
    free(log_file_path);
    log_file_path = copy;
    if (log_file_before < 0)
        log_file_before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    log_file_take(fd);
    return ST_OK;
}

/* The same line where the log was before there was a file: its reader may see no other. */
static void log_file_tell_before(const struct error *e)
{
    int file = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int before = fcntl(log_file_before, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (file >= 0 && before >= 0) {
        log_file_take(before);
        log_error(e);
        log_file_take(file);
        return;
    }
    if (file >= 0)
        close(file);
    if (before >= 0)
        close(before);
}

bool log_file_reopen(void)
{
    struct error e;
    int fd = -1;
    if (log_file_path == NULL)
        return false;
    if (log_file_find(log_file_path, &fd, &e) == ST_OK) {
        log_file_take(fd);
        return true;
    }
    log_line(LOG_ERROR, "%s; the log goes on in the file before", e.message);
    log_file_tell_before(&e);
    return false;
}

bool log_file_is(const char *path)
{
    return path == NULL || log_file_path == NULL ? path == log_file_path
                                                 : strcmp(path, log_file_path) == 0;
}

void log_file_close(void)
{
    if (log_file_before >= 0)
        log_file_take(log_file_before);
    log_file_before = -1;
    free(log_file_path);
    log_file_path = NULL;
}
