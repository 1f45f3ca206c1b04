#include "serve/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "log/log.h"

#define NOTIFY_MAX 1024

/* A socket to the manager: a path, or a name in the abstract namespace, which begins with "@". */
static int notify_connect(const char *address)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t n = strlen(address);
    if (n >= sizeof to.sun_path || (*address != '/' && *address != '@')) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    memcpy(to.sun_path, address, n);
    if (*address == '@')
        to.sun_path[0] = '\0';
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, size) != 0) {
        int cause = errno;
        close(fd);
        errno = cause;
        return -1;
    }
    return fd;
}

void notify_open(struct notify *n)
{
    const char *address = getenv("NOTIFY_SOCKET");
    const char *every = getenv("WATCHDOG_USEC");
    const char *whose = getenv("WATCHDOG_PID");
    *n = (struct notify){.fd = -1};
    if (address != NULL && *address != '\0') {
        n->fd = notify_connect(address);
        if (n->fd < 0)
            log_line(LOG_WARNING, "NOTIFY_SOCKET %s: %s", address, strerror(errno));
    }
    bool ours = whose == NULL || strtol(whose, NULL, 10) == (long)getpid();
    if (n->fd >= 0 && every != NULL && ours)
        n->watchdog = strtoull(every, NULL, 10) / 1000 / 2; /* twice as often as is asked for */
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void notify_close(struct notify *n)
{
    if (n->fd >= 0)
        close(n->fd);
    n->fd = -1;
}

/* A manager that does not listen does not keep the server from its work. */
static void notify_send(const struct notify *n, const char *text)
{
    if (n->fd >= 0)
        (void)!send(n->fd, text, strlen(text), MSG_NOSIGNAL);
}

static void notify_on_timer(uv_timer_t *timer)
{
    notify_send(timer->data, "WATCHDOG=1\n");
}

void notify_watch(struct notify *n, uv_loop_t *loop)
{
    if (n->watchdog == 0)
        return;
    uv_timer_init(loop, &n->timer);
    n->timer.data = n;
    n->watches = true;
    uv_timer_start(&n->timer, notify_on_timer, 0, n->watchdog);
    uv_unref((uv_handle_t *)&n->timer);
}

void notify_watch_no_more(struct notify *n)
{
    if (n->watches)
        uv_close((uv_handle_t *)&n->timer, NULL);
    n->watches = false;
}

void notify_ready(const struct notify *n, const char *fmt, ...)
{
    char status[NOTIFY_MAX / 2];
    char text[NOTIFY_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(status, sizeof status, fmt, args);
    va_end(args);
    snprintf(text, sizeof text, "READY=1\nSTATUS=%s\n", status);
    notify_send(n, text);
}

void notify_reloading(const struct notify *n)
{
    struct timespec now = {0};
    char text[NOTIFY_MAX];
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t microseconds = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reading all again\n",
             (unsigned long long)microseconds);
    notify_send(n, text);
}

void notify_stopping(const struct notify *n, const char *why)
{
    char text[NOTIFY_MAX];
    snprintf(text, sizeof text, "STOPPING=1\nSTATUS=%s\n", why == NULL ? "stopping" : why);
    notify_send(n, text);
}
