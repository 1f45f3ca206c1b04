#include "net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log/log.h"

/* Connections taken at a time, so that the ones that are there get their turn. */
#define LISTENER_BATCH 32
/* Milliseconds without descriptors or memory until they are tried for again. */
#define LISTENER_RETRY 1000

struct listener {
    uv_poll_t poll;
    int fd;
    uint16_t port;
    bool proxied;
    struct listeners *all;
};

struct listeners {
    struct conn_table *table;
    struct listeners_plan plan; /* without the sockets */
    size_t count;
    size_t open;      /* handles that are not closed yet */
    bool paused;      /* the loop does not look at the sockets */
    uv_timer_t retry; /* looks again, when it has been paused */
    bool stopped;
    int spare; /* a descriptor kept for refusing politely when there are no others; or -1 */
    struct listener items[];
};

/* "[::1]:1965" to its two parts. */
static enum status listener_split(const char *address, char *host, size_t size, const char **port,
                                  struct error *e)
{
    const char *colon = strrchr(address, ':');
    size_t n = colon == NULL ? 0 : (size_t)(colon - address);
    const char *start = address;
    if (n >= 2 && address[0] == '[' && address[n - 1] == ']') {
        start++;
        n -= 2;
    } else if (colon != NULL && memchr(address, ':', n) != NULL) {
        n = 0; /* an IPv6 address without brackets */
    }
    size_t digits = colon == NULL ? 0 : strspn(colon + 1, "0123456789");
    bool number = digits > 0 && digits <= 5 && colon[1 + digits] == '\0' &&
                  strtol(colon + 1, NULL, 10) <= 65535;
    /* "*" is a wildcard to getaddrinfo(3), of either family as it likes. */
    if (n == 0 || n >= size || !number || *start == '*')
        return error_set(e, ST_SYNTAX, 0,
                         "listen %s: not ADDR:PORT, like 0.0.0.0:1965 or [::]:1965", address);
    memcpy(host, start, n);
    host[n] = '\0';
    *port = colon + 1;
    return ST_OK;
}

/* May others of ours that may as well be bound to the same port? */
static void listener_share(int fd, bool share)
{
    int on = share;
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
}

static enum status listener_open(const struct addrinfo *at, const char *address, bool shared,
                                 int *fd, struct error *e)
{
    int on = 1;
    *fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return error_set(e, errno == EAFNOSUPPORT ? ST_MISSING : ST_IO, errno, "listen %s",
                         address);
    setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (shared)
        listener_share(*fd, true);
    /* Accepted sockets inherit it; answers leave in one piece anyway. */
    setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (at->ai_family == AF_INET6)
        setsockopt(*fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(*fd, at->ai_addr, at->ai_addrlen) == 0 && listen(*fd, SOMAXCONN) == 0)
        return ST_OK;
    bool missing = errno == EADDRNOTAVAIL && at->ai_family == AF_INET6;
    enum status status = error_set(e, missing ? ST_MISSING : ST_IO, errno, "listen %s", address);
    close(*fd);
    *fd = -1;
    return status;
}

/* The address as the system has it; the caller frees *found. */
static enum status listener_resolve(const char *address, struct addrinfo **found, struct error *e)
{
    char host[256];
    const char *port = NULL;
    enum status status = listener_split(address, host, sizeof host, &port, e);
    if (status != ST_OK)
        return status;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    int result = getaddrinfo(host, port, &hints, found);
    if (result != 0)
        return error_set(e, ST_SYNTAX, 0, "listen %s: not an IP address: %s", address,
                         gai_strerror(result));
    return ST_OK;
}

enum status listener_check(const char *address, struct error *e)
{
    struct addrinfo *found = NULL;
    enum status status = listener_resolve(address, &found, e);
    if (status == ST_OK)
        freeaddrinfo(found);
    return status;
}

static enum status listener_make(const char *address, bool shared, int *fd, struct error *e)
{
    struct addrinfo *found = NULL;
    enum status status = listener_resolve(address, &found, e);
    if (status != ST_OK)
        return status;
    status = listener_open(found, address, shared, fd, e);
    freeaddrinfo(found);
    return status;
}

enum status listener_bind(const char *address, int *fd, struct error *e)
{
    return listener_make(address, false, fd, e);
}

enum status listener_bind_beside(const char *address, const int *others, size_t count, int *fd,
                                 struct error *e)
{
    /* No longer than this takes: another server that wants the address must be told. */
    for (size_t i = 0; i < count; i++)
        listener_share(others[i], true);
    enum status status = listener_make(address, true, fd, e);
    for (size_t i = 0; i < count; i++)
        listener_share(others[i], false);
    if (status == ST_OK)
        listener_share(*fd, false);
    return status;
}

bool listener_is_listening(int fd)
{
    int listens = 0;
    socklen_t n = sizeof listens;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == 0 && listens != 0;
}

bool listener_is_at(int fd, const char *address)
{
    struct addrinfo *found = NULL;
    struct sockaddr_storage own = {0};
    socklen_t n = sizeof own;
    if (getsockname(fd, (struct sockaddr *)&own, &n) != 0 ||
        listener_resolve(address, &found, NULL) != ST_OK)
        return false;
    bool same = n == found->ai_addrlen && memcmp(&own, found->ai_addr, n) == 0;
    freeaddrinfo(found);
    return same;
}

uint16_t listener_name(int fd, char name[LISTENER_NAME_MAX])
{
    struct sockaddr_storage own = {0};
    socklen_t n = sizeof own;
    char text[INET6_ADDRSTRLEN] = "?";
    uint16_t port = 0;
    if (getsockname(fd, (struct sockaddr *)&own, &n) != 0)
        own.ss_family = AF_UNSPEC;
    if (own.ss_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, &own, sizeof v6);
        port = ntohs(v6.sin6_port);
        inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
        snprintf(name, LISTENER_NAME_MAX, "[%s]:%u", text, port);
    } else {
        struct sockaddr_in v4;
        memcpy(&v4, &own, sizeof v4);
        port = ntohs(v4.sin_port);
        inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
        snprintf(name, LISTENER_NAME_MAX, "%s:%u", text, port);
    }
    return port;
}

static void listeners_on_retry(uv_timer_t *timer);

/* Without descriptors or memory the loop stops looking: it would find the same caller forever. */
static void listeners_pause(struct listeners *all)
{
    if (all->paused)
        return;
    all->paused = true;
    log_line(LOG_WARNING, "nobody is let in for a moment: %s", strerror(errno));
    for (size_t i = 0; i < all->count; i++)
        uv_poll_stop(&all->items[i].poll);
    uv_timer_start(&all->retry, listeners_on_retry, LISTENER_RETRY, 0);
}

/* No descriptor is left: give up the spare one for a moment, to close the caller politely. */
static void listener_refuse(struct listener *l)
{
    struct listeners *all = l->all;
    struct sockaddr_storage client = {0};
    socklen_t n = sizeof client;
    if (all->spare >= 0) {
        close(all->spare);
        int fd = accept4(l->fd, (struct sockaddr *)&client, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            conn_refuse(fd, &client, "no descriptor is left");
        all->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    if (all->spare < 0)
        listeners_pause(all);
}

/* May this one say who the client is? */
static bool listener_trusts(const struct listener *l, const struct sockaddr_storage *peer)
{
    const struct listeners_plan *plan = &l->all->plan;
    for (size_t i = 0; i < plan->proxy_count; i++) {
        if (prefix_has(&plan->proxies[i], peer))
            return true;
    }
    return false;
}

/* Nobody could be accepted.  Returns whether to try once more. */
static bool listener_on_failure(struct listener *l)
{
    switch (errno) {
    case EAGAIN:
        return false;
    case EMFILE:
    case ENFILE:
        listener_refuse(l);
        return false;
    case ENOBUFS:
    case ENOMEM:
        listeners_pause(l->all);
        return false;
    default:
        return true; /* that client is gone already */
    }
}

/*
 * A socket inherits how many bytes the loop is woken for.  All workers have the listening one, and
 * one that clients have taken over could have set that for us.
 */
static void listener_hear(int fd)
{
    const int least = 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
}

static void listener_on_poll(uv_poll_t *poll, int status, int events)
{
    struct listener *l = poll->data;
    struct conn_table *table = l->all->table;
    (void)status, (void)events;
    for (int i = 0; i < LISTENER_BATCH; i++) {
        struct sockaddr_storage client = {0};
        socklen_t n = sizeof client;
        int fd = accept4(l->fd, (struct sockaddr *)&client, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && !listener_on_failure(l))
            return;
        if (fd < 0)
            continue;
        listener_hear(fd);
        if (l->proxied && !listener_trusts(l, &client))
            conn_refuse(fd, &client, "not a listed proxy");
        else if (table->count >= l->all->plan.most)
            conn_refuse(fd, &client, "too many connections");
        else
            (void)!conn_accept(table, fd, &client, l->port, l->proxied); /* it logs its failures */
    }
}

void listeners_resume(struct listeners *all)
{
    if (!all->paused || all->stopped)
        return;
    if (all->spare < 0)
        all->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (all->spare < 0)
        return;
    all->paused = false;
    uv_timer_stop(&all->retry);
    for (size_t i = 0; i < all->count; i++)
        uv_poll_start(&all->items[i].poll, UV_READABLE, listener_on_poll);
}

static void listeners_on_retry(uv_timer_t *timer)
{
    struct listeners *all = timer->data;
    listeners_resume(all);
    if (all->paused)
        uv_timer_start(&all->retry, listeners_on_retry, LISTENER_RETRY, 0);
}

/* A handle is closed; with the last one everything is given back. */
static void listeners_release(struct listeners *all)
{
    if (--all->open > 0)
        return;
    if (all->spare >= 0)
        close(all->spare);
    free(all);
}

static void listeners_on_retry_closed(uv_handle_t *handle)
{
    listeners_release(handle->data);
}

static void listener_on_closed(uv_handle_t *handle)
{
    const struct listener *l = handle->data;
    listeners_release(l->all);
}

enum status listeners_start(struct conn_table *table, const struct listeners_plan *plan,
                            struct listeners **out, struct error *e)
{
    struct listeners *all = calloc(1, sizeof *all + plan->count * sizeof all->items[0]);
    if (all == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "listeners");
    all->table = table;
    all->plan = *plan;
    all->plan.fds = NULL;
    all->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    uv_timer_init(table->loop, &all->retry);
    all->retry.data = all;
    all->open = 1;
    *out = all;
    for (size_t i = 0; i < plan->count; i++) {
        struct listener *l = &all->items[i];
        char name[LISTENER_NAME_MAX];
        l->fd = plan->fds[i];
        l->proxied = i + plan->proxied >= plan->count;
        l->all = all;
        l->port = listener_name(l->fd, name);
        l->poll.data = l;
        int result = uv_poll_init_socket(table->loop, &l->poll, l->fd);
        if (result != 0)
            return error_set(e, ST_IO, -result, "listen %s", name);
        all->count = i + 1;
        all->open++;
        uv_poll_start(&l->poll, UV_READABLE, listener_on_poll);
    }
    return ST_OK;
}

void listeners_take(struct listeners *all)
{
    for (size_t i = 0; i < all->count && !all->paused; i++)
        listener_on_poll(&all->items[i].poll, 0, UV_READABLE);
}

void listeners_stop(struct listeners *all)
{
    all->stopped = true;
    for (size_t i = 0; i < all->count; i++) {
        uv_close((uv_handle_t *)&all->items[i].poll, listener_on_closed);
        close(all->items[i].fd); /* who asks the system from now on does not find us */
    }
    uv_close((uv_handle_t *)&all->retry, listeners_on_retry_closed);
}
