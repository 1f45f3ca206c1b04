#include "process/reach.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

/* It is closed before it is ever called. */
static void reach_on_poll(uv_poll_t *poll, int status, int events)
{
    (void)poll, (void)status, (void)events;
}

static void reach_on_closed(uv_handle_t *handle)
{
    free(handle);
}

/* A descriptor of this number, or above, that a loop can look at; -1 for none. */
static int reach_open(size_t highest)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == 0 || highest > INT_MAX)
        return -1;
    if (highest >= limit.rlim_cur)
        highest = limit.rlim_cur - 1;
    int low = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int high = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, (int)highest);
    if (low >= 0)
        close(low);
    return high;
}

void reach_start(uv_loop_t *loop, size_t highest)
{
    uv_poll_t *poll = malloc(sizeof *poll);
    int fd = poll == NULL ? -1 : reach_open(highest);
    if (fd < 0 || uv_poll_init(loop, poll, fd) != 0) {
        free(poll);
    } else {
        uv_poll_start(poll, UV_READABLE, reach_on_poll);
        uv_close((uv_handle_t *)poll, reach_on_closed);
    }
    if (fd >= 0)
        close(fd);
}
