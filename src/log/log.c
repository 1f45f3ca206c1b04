#include "log/log.h"

#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/utf8.h"

#define LOG_LINE_MAX 4096

static const char *log_process; /* NULL on the command line */
static unsigned long log_counts[LOG_INFO + 1];

void log_init(const char *process)
{
    log_process = process;
}

static bool log_plain(uint32_t cp)
{
    return cp >= 0x20 && cp != 0x7f && !(cp >= 0x80 && cp < 0xa0);
}

static void log_put(struct buf *b, struct span s, const char *also)
{
    for (size_t at = 0; at < s.n;) {
        uint32_t cp = 0;
        unsigned len = utf8_decode(span_sub(s, at, s.n), &cp);
        if (len > 0 && log_plain(cp) && (len > 1 || strchr(also, s.p[at]) == NULL)) {
            buf_put(b, span_sub(s, at, at + len));
            at += len;
        } else {
            buf_putf(b, "\\x%02X", (unsigned char)s.p[at]);
            at++;
        }
    }
}

void log_escape(struct buf *b, struct span s)
{
    log_put(b, s, "\"\\");
}

/*
 * Hand one line to whoever reads the log.  One write keeps the lines of several processes apart.  A
 * server never waits for its log: a pipe that takes no PIPE_BUF bytes loses the line, and says how
 * many were lost when it takes some again.
 */
static void log_write(struct buf *line)
{
    static unsigned long lost;
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (line->n > PIPE_BUF) {
        buf_cut(line, PIPE_BUF - 1);
        buf_putc(line, '\n');
    }
    if (log_process != NULL && poll(&out, 1, 0) == 0) {
        lost++;
        return;
    }
    if (lost > 0) {
        char note[64];
        int n = snprintf(note, sizeof note, "broadsheet: %lu lines of this log were lost\n", lost);
        lost = 0;
        if (n > 0 && write(STDERR_FILENO, note, (size_t)n) < 0)
            return;
        if (poll(&out, 1, 0) == 0) {
            lost = 1;
            return;
        }
    }
    if (write(STDERR_FILENO, line->p, line->n) < 0) {
        /* There is nobody left to tell. */
    }
}

void log_line(enum log_level level, const char *fmt, ...)
{
    static const char *const names[] = {"error: ", "warning: ", ""};
    char message[LOG_LINE_MAX];
    va_list args;
    log_counts[level]++;
    va_start(args, fmt);
    int n = vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    if (n < 0)
        return;
    struct buf line;
    buf_init(&line, (size_t)6 * LOG_LINE_MAX);
    if (log_process != NULL) {
        char stamp[CLOCK_STAMP];
        clock_stamp(stamp);
        buf_putf(&line, "%s broadsheet[%ld] %s: %s", stamp, (long)getpid(), log_process,
                 names[level]);
    } else {
        buf_puts(&line, "broadsheet: ");
        buf_puts(&line, level == LOG_WARNING ? names[level] : "");
    }
    log_put(&line, span_of(message), "");
    buf_putc(&line, '\n');
    if (buf_status(&line) == ST_OK)
        log_write(&line);
    buf_fini(&line);
}

unsigned long log_count(enum log_level level)
{
    return log_counts[level];
}

void log_error(const struct error *e)
{
    log_line(LOG_ERROR, "%s", e->message);
}
