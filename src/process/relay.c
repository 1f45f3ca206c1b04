#include "process/relay.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log/file.h"
#include "log/log.h"
#include "process/child.h"

/* The supervisor's ends. */
static int *relay_fds;
static size_t relay_count;

/* Room for one descriptor beside a message, aligned as cmsg(3) wants it. */
union relay_room {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

static bool relay_is_gone(int fd)
{
    struct pollfd look = {.fd = fd, .events = 0};
    return poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/* Close those whose child has ended. */
static void relay_sweep(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < relay_count; i++) {
        if (relay_is_gone(relay_fds[i]))
            close(relay_fds[i]);
        else
            relay_fds[kept++] = relay_fds[i];
    }
    relay_count = kept;
}

int relay_open(void)
{
    int pair[2];
    relay_sweep();
    int *more = reallocarray(relay_fds, relay_count + 1, sizeof *more);
    if (more == NULL)
        return -1;
    relay_fds = more;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
        return -1;
    relay_fds[relay_count++] = pair[0];
    return pair[1];
}

/* 0, or why it could not be sent (errno). */
static int relay_send(int to, int fd)
{
    static char nothing[] = "L";
    struct iovec bytes = {nothing, 1};
    union relay_room room = {.bytes = {0}};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = room.bytes,
                             .msg_controllen = sizeof room.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    ssize_t sent;
    do {
        sent = sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

void relay_tell(void)
{
    relay_sweep();
    for (size_t i = 0; i < relay_count; i++) {
        int failure = relay_send(relay_fds[i], STDERR_FILENO);
        if (failure != 0 && failure != EPIPE && failure != ECONNRESET)
            log_line(LOG_ERROR, "a process keeps the log before: %s", strerror(failure));
    }
}

void relay_close(void)
{
    for (size_t i = 0; i < relay_count; i++)
        close(relay_fds[i]);
    free(relay_fds);
    relay_fds = NULL;
    relay_count = 0;
}

/* The descriptor of one message; -1 when there is no message, *ended when there will be none. */
static int relay_receive(int from, bool *ended)
{
    char byte;
    struct iovec bytes = {&byte, 1};
    union relay_room room;
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = room.bytes,
                             .msg_controllen = sizeof room.bytes};
    ssize_t n;
    do {
        n = recvmsg(from, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    *ended = n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
    const struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    int fd = -1;
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof fd))
        memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

static void relay_on_poll(uv_poll_t *handle, int status, int events)
{
    bool ended = false;
    uv_os_fd_t from = -1;
    (void)status, (void)events;
    if (uv_fileno((const uv_handle_t *)handle, &from) != 0)
        return;
    int fd = relay_receive(from, &ended);
    if (fd >= 0)
        log_file_take(fd);
    if (ended)
        uv_poll_stop(handle); /* without a supervisor there is no other log */
}

bool relay_listen(uv_poll_t *handle, uv_loop_t *loop, int fd)
{
    if (!child_has_socket(fd, SOCK_SEQPACKET) || uv_poll_init(loop, handle, fd) != 0) {
        log_line(LOG_WARNING, "the log of this process stays what it is until it ends");
        return false;
    }
    uv_poll_start(handle, UV_READABLE, relay_on_poll);
    return true;
}
