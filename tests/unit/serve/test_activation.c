#include "serve/activation.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "../support.h"

/* Where sockets are handed over; a test's own, so that nothing else gets these numbers. */
#define FIRST  3
#define HANDED 3

static struct error error;
static struct sockets sockets;

static void reserve(void)
{
    for (int fd = FIRST; fd < FIRST + HANDED; fd++) {
        int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (nothing != fd) {
            assert_int_equal(dup2(nothing, fd), fd);
            close(nothing);
        }
    }
}

static int handed_remove(void **state)
{
    (void)state;
    activation_close();
    sockets_close(&sockets);
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    reserve();
    return 0;
}

enum kind { TCP4, TCP6, BOUND, UDP, UNIX, NO_SOCKET };

/* A descriptor of that kind, with a name of its own; in the place number i. */
static void hand(int i, enum kind kind)
{
    static const int domains[] = {AF_INET, AF_INET6, AF_INET, AF_INET, AF_UNIX, 0};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int type = kind == UDP ? SOCK_DGRAM : SOCK_STREAM;
    int fd = kind == NO_SOCKET ? open("/dev/null", O_RDONLY) : socket(domains[kind], type, 0);
    assert_true(fd >= 0);
    if (kind == BOUND)
        assert_int_equal(bind(fd, (const struct sockaddr *)&v4, sizeof v4), 0);
    if (kind == TCP4 || kind == TCP6)
        assert_int_equal(listen(fd, 8), 0); /* which takes a free port */
    assert_int_equal(dup2(fd, FIRST + i), FIRST + i);
    close(fd);
}

static void tell(const char *count, const char *names)
{
    char pid[32];
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    setenv("LISTEN_PID", pid, 1);
    if (count != NULL)
        setenv("LISTEN_FDS", count, 1);
    if (names != NULL)
        setenv("LISTEN_FDNAMES", names, 1);
}

static bool is_same_socket(int a, int b)
{
    struct stat one, other;
    return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_ino == other.st_ino;
}

static void without_the_variables_nothing_is_taken(void **state)
{
    (void)state;
    assert_status(activation_take(&error), ST_OK, &error);
    assert_false(activation_is_there());
}

static void what_is_for_another_process_is_left_alone(void **state)
{
    (void)state;
    hand(0, UDP);
    tell("1", "something");
    setenv("LISTEN_PID", "1", 1);
    assert_status(activation_take(&error), ST_OK, &error);
    assert_false(activation_is_there());
    assert_null(getenv("LISTEN_FDS"));
    assert_true(fcntl(FIRST, F_GETFD) >= 0);
}

static void sockets_are_made_ours(void **state)
{
    (void)state;
    hand(0, TCP4);
    hand(1, TCP6);
    tell("2", NULL);
    assert_status(activation_take(&error), ST_OK, &error);
    assert_true(activation_is_there());
    assert_null(getenv("LISTEN_PID"));
    assert_null(getenv("LISTEN_FDS"));
    for (int fd = FIRST; fd < FIRST + 2; fd++) {
        assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
        assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    }
    assert_status(activation_copy(&sockets, &error), ST_OK, &error);
    assert_int_equal(sockets.count, 2);
    assert_int_equal(sockets.proxied, 0);
    assert_true(is_same_socket(sockets.fds[0], FIRST));
    assert_true(is_same_socket(sockets.fds[1], FIRST + 1));
    assert_true(sockets.fds[0] >= FIRST + HANDED);
    assert_int_equal(fcntl(sockets.fds[0], F_GETFD), FD_CLOEXEC);
}

static void clients_come_before_proxies(void **state)
{
    (void)state;
    hand(0, TCP4);
    hand(1, TCP4);
    hand(2, TCP4);
    tell("3", "proxy:gemini:proxy");
    assert_status(activation_take(&error), ST_OK, &error);
    assert_status(activation_copy(&sockets, &error), ST_OK, &error);
    assert_int_equal(sockets.count, 3);
    assert_int_equal(sockets.proxied, 2);
    assert_true(is_same_socket(sockets.fds[0], FIRST + 1));
    assert_true(is_same_socket(sockets.fds[1], FIRST));
    assert_true(is_same_socket(sockets.fds[2], FIRST + 2));
}

static void copies_are_closed_without_the_sockets(void **state)
{
    (void)state;
    struct sockaddr_storage at;
    socklen_t n = sizeof at;
    hand(0, TCP4);
    tell("1", "gemini");
    assert_status(activation_take(&error), ST_OK, &error);
    assert_status(activation_copy(&sockets, &error), ST_OK, &error);
    sockets_close(&sockets);
    assert_int_equal(getsockname(FIRST, (struct sockaddr *)&at, &n), 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(client, (const struct sockaddr *)&at, n), 0);
    close(client);
}

struct row {
    const char *name;
    enum kind kind;
    const char *count, *names;
    enum status status;
    const char *told; /* NULL when it is taken */
};

static const struct row rows[] = {
    {"the name gemini", TCP4, "1", "gemini", ST_OK, NULL},
    {"a unit's name", TCP4, "1", "broadsheet.socket", ST_OK, NULL},
    {"no name, as some managers say it", TCP4, "1", "unknown", ST_OK, NULL},
    {"an empty name", TCP4, "1", "", ST_OK, NULL},
    {"a name too many", TCP4, "1", "gemini:proxy", ST_OK, NULL},
    {"another name", TCP4, "1", "http", ST_SYNTAX, "http"},
    {"a socket that does not listen", BOUND, "1", NULL, ST_FORMAT, "descriptor 3"},
    {"a socket of datagrams", UDP, "1", NULL, ST_FORMAT, "no listening TCP socket"},
    {"a local socket", UNIX, "1", NULL, ST_FORMAT, "no listening TCP socket"},
    {"no socket", NO_SOCKET, "1", "gemini", ST_FORMAT, "(gemini)"},
    {"no number", TCP4, "x", NULL, ST_SYNTAX, "LISTEN_FDS: x"},
    {"a number with something behind it", TCP4, "1 ", NULL, ST_SYNTAX, "LISTEN_FDS: 1 "},
    {"a negative number", TCP4, "-1", NULL, ST_SYNTAX, "LISTEN_FDS: -1"},
    {"a number without end", TCP4, "99999999999999999999", NULL, ST_SYNTAX, "LISTEN_FDS"},
    {"more than there can be", TCP4, "65", NULL, ST_LIMIT, "more than 64"},
    {"nothing", TCP4, NULL, NULL, ST_SYNTAX, "nothing"},
};

static void only_what_makes_sense_is_taken(void **state)
{
    const struct row *row = *state;
    hand(0, row->kind);
    tell(row->count, row->names);
    assert_status(activation_take(&error), row->status, &error);
    assert_int_equal(activation_is_there(), row->told == NULL);
    if (row->told != NULL)
        assert_contains(error.message, row->told);
    assert_null(getenv("LISTEN_FDS"));
}

int main(void)
{
    static struct suite s = {.teardown = handed_remove};
    reserve();
    SUITE_TEST(&s, without_the_variables_nothing_is_taken);
    SUITE_TEST(&s, what_is_for_another_process_is_left_alone);
    SUITE_TEST(&s, sockets_are_made_ours);
    SUITE_TEST(&s, clients_come_before_proxies);
    SUITE_TEST(&s, copies_are_closed_without_the_sockets);
    SUITE_ROWS(&s, only_what_makes_sense_is_taken, rows);
    return suite_run(&s, "serve/activation");
}
