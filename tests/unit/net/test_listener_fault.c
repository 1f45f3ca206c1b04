#include <errno.h>

#include "../fault.h"
#include "client.h"
#include "net/listener.h"

struct bind_row {
    const char *name;
    struct fault fault;
    enum status (*run)(struct error *e);
    enum status expected;
    const char *said;
};

static enum status bind_v4(struct error *e)
{
    int fd = -1;
    return listener_bind("127.0.0.1:0", &fd, e);
}

static enum status bind_v6(struct error *e)
{
    int fd = -1;
    return listener_bind("[::1]:0", &fd, e);
}

/* A kernel without IPv6, and one that has it and no such address, are no fault of the operator. */
static const struct bind_row bind_rows[] = {
    {"a kernel without IPv6",
     {{"socket"}, EAFNOSUPPORT},
     bind_v6,
     ST_MISSING,
     "listen [::1]:0: Address family not supported"},
    {"a machine without an IPv6 address",
     {{"bind"}, EADDRNOTAVAIL},
     bind_v6,
     ST_MISSING,
     "listen [::1]:0: Cannot assign"},
    {"an IPv4 address that is not this machine's",
     {{"bind"}, EADDRNOTAVAIL},
     bind_v4,
     ST_IO,
     "listen 127.0.0.1:0: Cannot assign"},
    {"a port for which rights are needed",
     {{"bind"}, EACCES},
     bind_v4,
     ST_IO,
     "listen 127.0.0.1:0: Permission denied"},
    {"a port that another one took meanwhile",
     {{"listen"}, EADDRINUSE},
     bind_v4,
     ST_IO,
     "listen 127.0.0.1:0: Address already in use"},
    {"no descriptor",
     {{"socket"}, EMFILE},
     bind_v4,
     ST_IO,
     "listen 127.0.0.1:0: Too many open files"},
};

static void a_failure_tells_the_address_and_the_cause(void **state)
{
    const struct bind_row *row = *state;
    struct fault_outcome outcome = fault_try(&row->fault, row->run);
    assert_status(outcome.status, row->expected, &outcome.e);
    assert_contains(outcome.e.message, row->said);
}

/* Somebody calls whom the kernel cannot hand over; ST_LIMIT when that makes the loop run hot. */
static enum status listen_for_a_while(struct error *e)
{
    int fds[1];
    struct sockaddr_in at = {0};
    socklen_t n = sizeof at;
    struct listeners *listeners = NULL;
    enum status status = listener_bind("127.0.0.1:0", &fds[0], e);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (status != ST_OK || getsockname(fds[0], (struct sockaddr *)&at, &n) != 0 ||
        connect(client, (const struct sockaddr *)&at, sizeof at) != 0 || uv_loop_init(&loop) != 0)
        return ST_IO;
    const struct listeners_plan plan = {.fds = fds, .count = 1, .most = 10};
    table.loop = &loop;
    status = listeners_start(&table, &plan, &listeners, e);
    if (status != ST_OK)
        return status;
    uint64_t turns = 0;
    for (uint64_t end = clock_ms() + 300; clock_ms() < end; turns++)
        uv_run(&loop, UV_RUN_ONCE);
    return turns > 20 ? error_set(e, ST_LIMIT, 0, "%lu turns", (unsigned long)turns) : ST_OK;
}

static void without_memory_for_sockets_callers_wait_without_work(void **state)
{
    static const struct fault faults[] = {{{"accept4"}, ENOBUFS}, {{"accept4"}, ENOMEM}};
    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        stderr_forget();
        struct fault_outcome outcome = fault_try(&faults[i], listen_for_a_while);
        assert_status(outcome.status, ST_OK, &outcome.e);
        assert_contains(stderr_text(), "nobody is let in for a moment");
    }
}

int main(void)
{
    static struct suite s = {.setup = stderr_catch, .teardown = stderr_release};
    SUITE_ROWS(&s, a_failure_tells_the_address_and_the_cause, bind_rows);
    SUITE_TEST(&s, without_memory_for_sockets_callers_wait_without_work);
    return suite_run(&s, "net/listener_fault");
}
