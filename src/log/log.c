#include "log/log.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/utf8.h"
#include "log/out.h"

#define LOG_LINE_MAX 4096

/* Kinds that are counted at a time, bytes of a kind's name, and milliseconds that it is counted. */
#define LOG_KINDS  64
#define LOG_NAME   64
#define LOG_WINDOW 60000

/* Lines of a kind since its minute began. */
struct log_tally {
    char kind[LOG_NAME]; /* cut; empty in a free place */
    uint64_t began;
    unsigned long written, left_out;
};

static const char *log_process; /* NULL on the command line */
static unsigned long log_counts[LOG_INFO + 1];
static unsigned long log_lost; /* lines that nobody took since the last one that somebody did */
static unsigned log_most;      /* lines of a kind in a minute; 0 for no limit */
static uint64_t (*log_now)(void);
static struct log_tally log_tallies[LOG_KINDS];

void log_init(const char *process)
{
    log_process = process;
    out_look();
}

void log_outlive(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
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

/* What stands before the message; journald knows time and process, and syslog's levels. */
static void log_head(struct buf *line, enum log_level level)
{
    static const char *const names[] = {"error: ", "warning: ", ""};
    static const char *const levels[] = {"<3>", "<4>", "<6>"};
    if (log_process != NULL && out_is_journal()) {
        buf_putf(line, "%s%s: %s", levels[level], log_process, names[level]);
    } else if (log_process != NULL) {
        char stamp[CLOCK_STAMP];
        clock_stamp(stamp);
        buf_putf(line, "%s broadsheet[%ld] %s: %s", stamp, (long)getpid(), log_process,
                 names[level]);
    } else {
        buf_puts(line, "broadsheet: ");
        buf_puts(line, level == LOG_WARNING ? names[level] : "");
    }
}

/* Tell how many lines were lost, if any were.  False when this one is, too. */
static bool log_tell_lost(void)
{
    if (log_lost == 0)
        return true;
    char space[LOG_LINE_MAX];
    struct buf line = {.p = space, .size = sizeof space, .cap = sizeof space - 1};
    log_head(&line, LOG_WARNING);
    buf_putf(&line, "%lu lines of this log were lost\n", log_lost);
    bool told = out_write(&line, log_process == NULL);
    if (told)
        log_lost = 0;
    return told;
}

PRINTF_LIKE(2, 0)
static void log_vline(enum log_level level, const char *fmt, va_list args)
{
    char message[LOG_LINE_MAX];
    int n = vsnprintf(message, sizeof message, fmt, args);
    if (n < 0)
        return;
    /* On the stack: that memory has run out can be told, too. */
    char space[6 * LOG_LINE_MAX];
    struct buf line = {.p = space, .size = sizeof space, .cap = sizeof space - 1};
    log_head(&line, level);
    log_put(&line, span_of(message), "");
    buf_putc(&line, '\n');
    bool good = buf_status(&line) == ST_OK && log_tell_lost();
    if (!good || !out_write(&line, log_process == NULL))
        log_lost++;
}

PRINTF_LIKE(2, 3) static void log_unlimited(enum log_level level, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    log_vline(level, fmt, args);
    va_end(args);
}

/* The minute of a kind is over: tell what it has hidden, and free its place. */
static void log_close(struct log_tally *t)
{
    if (t->left_out > 0)
        log_unlimited(LOG_INFO, "%lu more lines like \"%s\" were left out within %u s", t->left_out,
                      t->kind, LOG_WINDOW / 1000);
    *t = (struct log_tally){0};
}

void log_settle(bool ends)
{
    (void)log_tell_lost();
    uint64_t now = log_most == 0 ? 0 : log_now();
    for (size_t i = 0; log_most > 0 && i < LOG_KINDS; i++) {
        struct log_tally *t = &log_tallies[i];
        if (t->kind[0] != '\0' && (ends || now - t->began >= LOG_WINDOW))
            log_close(t);
    }
}

/* The place of a kind; when all are taken, the first one, which those share that find none. */
static struct log_tally *log_find(const char *kind)
{
    struct log_tally *place = NULL;
    for (size_t i = 1; i < LOG_KINDS; i++) {
        struct log_tally *t = &log_tallies[i];
        if (strncmp(t->kind, kind, LOG_NAME - 1) == 0)
            return t;
        if (place == NULL && t->kind[0] == '\0')
            place = t;
    }
    if (place == NULL) {
        place = &log_tallies[0];
        kind = "(many kinds)";
    }
    if (place->kind[0] == '\0') {
        snprintf(place->kind, LOG_NAME, "%s", kind);
        place->began = log_now();
    }
    return place;
}

/* May one more line of this kind be written? */
static bool log_admit(const char *kind)
{
    if (log_most == 0)
        return true;
    log_settle(false);
    if (kind == NULL || *kind == '\0')
        return true;
    struct log_tally *t = log_find(kind);
    if (t->written >= log_most) {
        t->left_out++;
        return false;
    }
    t->written++;
    return true;
}

void log_limit(unsigned most, uint64_t (*clock)(void))
{
    log_settle(true);
    log_most = most;
    log_now = clock;
}

void log_line(enum log_level level, const char *fmt, ...)
{
    va_list args;
    log_counts[level]++;
    if (!log_admit(fmt))
        return;
    va_start(args, fmt);
    log_vline(level, fmt, args);
    va_end(args);
}

void log_kind(const char *kind, enum log_level level, const char *fmt, ...)
{
    va_list args;
    log_counts[level]++;
    if (!log_admit(kind))
        return;
    va_start(args, fmt);
    log_vline(level, fmt, args);
    va_end(args);
}

unsigned long log_count(enum log_level level)
{
    return log_counts[level];
}

void log_error(const struct error *e)
{
    char kind[LOG_NAME];
    /* Not the message, which names what is at fault: every file would be a kind of its own. */
    snprintf(kind, sizeof kind, "error %d, %d", (int)e->code, e->errnum);
    log_kind(kind, LOG_ERROR, "%s", e->message);
}
