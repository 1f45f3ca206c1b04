#include "serve/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACTIVATION_FIRST_FD 3

static const char *const activation_variables[] = {"LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS",
                                                   "LISTEN_FDNAMES"};

static struct {
    size_t count;
    bool proxied[LISTENERS_MAX];
} activation;

/* A whole number from 0 to most; false for anything else, and for none. */
static bool activation_number(const char *text, long most, long *out)
{
    char *end = NULL;
    if (text == NULL || *text < '0' || *text > '9')
        return false;
    errno = 0;
    *out = strtol(text, &end, 10);
    return errno == 0 && *end == '\0' && *out <= most;
}

static int activation_option(int fd, int level, int name)
{
    int value = -1;
    socklen_t n = sizeof value;
    return getsockopt(fd, level, name, &value, &n) == 0 ? value : -1;
}

/* Make it ours, as listener_bind would have made it. */
static enum status activation_adopt(int fd, struct span name, struct error *e)
{
    int on = 1;
    int flags = fcntl(fd, F_GETFL);
    int domain = activation_option(fd, SOL_SOCKET, SO_DOMAIN);
    if ((domain != AF_INET && domain != AF_INET6) ||
        activation_option(fd, SOL_SOCKET, SO_TYPE) != SOCK_STREAM ||
        activation_option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 1)
        return error_set(e, ST_FORMAT, 0,
                         "LISTEN_FDS: descriptor %d (%.*s) is no listening TCP socket", fd,
                         (int)name.n, name.p);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return error_set(e, ST_IO, errno, "LISTEN_FDS: descriptor %d", fd);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return ST_OK;
}

/* systemd names a socket after its unit when nobody else does, others say "unknown" then. */
static bool activation_is_for_clients(struct span name)
{
    return name.n == 0 || span_eq(name, SPAN("gemini")) || span_eq(name, SPAN("unknown")) ||
           span_ends(name, SPAN(".socket"));
}

static enum status activation_take_each(long count, const char *names, struct error *e)
{
    struct span rest = span_of(names == NULL ? "" : names);
    for (long i = 0; i < count; i++) {
        size_t n = span_find(rest, 0, ':');
        struct span name = span_sub(rest, 0, n);
        int fd = ACTIVATION_FIRST_FD + (int)i;
        bool proxied = span_eq(name, SPAN("proxy"));
        if (!proxied && !activation_is_for_clients(name))
            return error_set(e, ST_SYNTAX, 0,
                             "LISTEN_FDNAMES: %.*s is not gemini or proxy, so what is it for?",
                             (int)name.n, name.p);
        enum status status = activation_adopt(fd, name, e);
        if (status != ST_OK)
            return status;
        activation.proxied[activation.count++] = proxied;
        rest = span_sub(rest, n < rest.n ? n + 1 : n, rest.n);
    }
    return ST_OK;
}

enum status activation_take(struct error *e)
{
    long pid = 0;
    long count = 0;
    const char *told = getenv("LISTEN_FDS");
    char *names = getenv("LISTEN_FDNAMES");
    bool ours = activation_number(getenv("LISTEN_PID"), INT32_MAX, &pid) && pid == (long)getpid();
    enum status status = ST_OK;
    if (ours && !activation_number(told, INT32_MAX, &count))
        status = error_set(e, ST_SYNTAX, 0, "LISTEN_FDS: %s is no number of sockets",
                           told == NULL ? "nothing" : told);
    else if (ours && count > LISTENERS_MAX)
        status = error_set(e, ST_LIMIT, 0, "LISTEN_FDS: more than %d sockets", LISTENERS_MAX);
    else if (ours)
        status = activation_take_each(count, names, e);
    for (size_t i = 0; i < sizeof activation_variables / sizeof activation_variables[0]; i++)
        unsetenv(activation_variables[i]);
    return status;
}

bool activation_is_there(void)
{
    return activation.count > 0;
}

static enum status activation_copy_some(struct sockets *out, bool proxied, struct error *e)
{
    for (size_t i = 0; i < activation.count; i++) {
        int fd = ACTIVATION_FIRST_FD + (int)i;
        if (activation.proxied[i] != proxied)
            continue;
        out->fds[out->count] = fcntl(fd, F_DUPFD_CLOEXEC, ACTIVATION_FIRST_FD);
        if (out->fds[out->count] < 0)
            return error_set(e, ST_IO, errno, "LISTEN_FDS: descriptor %d", fd);
        out->count++;
        out->proxied += proxied;
    }
    return ST_OK;
}

enum status activation_copy(struct sockets *out, struct error *e)
{
    *out = (struct sockets){0};
    enum status status = activation_copy_some(out, false, e);
    return status == ST_OK ? activation_copy_some(out, true, e) : status;
}

void activation_close(void)
{
    for (size_t i = 0; i < activation.count; i++)
        close(ACTIVATION_FIRST_FD + (int)i);
    activation.count = 0;
}
