/*
 * notify: tells the service manager what becomes of the server, when it has asked for that.
 * Source: sd_notify(3), sd_watchdog_enabled(3), systemd.service(5).
 */
#ifndef SERVE_NOTIFY_H
#define SERVE_NOTIFY_H

#include <stdbool.h>
#include <uv.h>

#include "core/error.h"

struct notify {
    int fd;            /* to the manager, or -1: nobody wants to know */
    uint64_t watchdog; /* milliseconds between two signs of life, or 0 */
    uv_timer_t timer;  /* for them */
    bool watches;      /* it is there */
};

/* Take the manager's wishes from the environment, so that no child takes them for its own. */
void notify_open(struct notify *n);
void notify_close(struct notify *n);

/* Give signs of life as long as the loop turns, if they are wanted; the timer does not keep it. */
void notify_watch(struct notify *n, uv_loop_t *loop);
void notify_watch_no_more(struct notify *n);

/* It serves, and what that is, in a line for people. */
void notify_ready(const struct notify *n, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* It reads its configuration again; notify_ready tells the end of that. */
void notify_reloading(const struct notify *n);

/* It ends; why, if it is no orderly end, in a line for people, or NULL. */
void notify_stopping(const struct notify *n, const char *why);

#endif
