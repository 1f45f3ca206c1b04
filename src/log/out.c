#include "log/out.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static bool out_journal; /* standard error is systemd's journal */
static bool out_torn;    /* a full disk has taken a part of the last line */

/* "DEVICE:INODE", as the environment has it. */
static bool out_is_file(const char *text, const struct stat *st)
{
    char *end = NULL;
    unsigned long long device = strtoull(text, &end, 10);
    if (end == text || *end != ':')
        return false;
    text = end + 1;
    unsigned long long inode = strtoull(text, &end, 10);
    return end != text && *end == '\0' && device == st->st_dev && inode == st->st_ino;
}

void out_look(void)
{
    struct stat st;
    const char *journal = getenv("JOURNAL_STREAM");
    out_journal = journal != NULL && fstat(STDERR_FILENO, &st) == 0 && out_is_file(journal, &st);
    out_torn = false;
}

bool out_is_journal(void)
{
    return out_journal;
}

bool out_write(struct buf *line, bool waits)
{
    static char end[] = "\n";
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (line->n > PIPE_BUF) {
        buf_cut(line, PIPE_BUF - 1);
        buf_putc(line, '\n');
    }
    if (!waits && poll(&out, 1, 0) == 0)
        return false;
    /* A line that was begun is ended first, so that the next one stands alone. */
    const struct iovec parts[] = {{end, 1}, {line->p, line->n}};
    size_t ends = out_torn ? 1 : 0;
    ssize_t n = writev(STDERR_FILENO, parts + 1 - ends, 1 + (int)ends);
    if (n <= 0)
        return false;
    size_t taken = (size_t)n - ends;
    out_torn = taken > 0 && taken < line->n;
    return taken == line->n;
}
