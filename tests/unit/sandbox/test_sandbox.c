#include "sandbox/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "acts.h"
#include "sandbox/parts.h"

/* By what an act is forbidden. */
enum by { BY_NOBODY, BY_LANDLOCK, BY_SECCOMP, BY_SECCOMP_PLAIN, BY_LIMITS };

struct act_row {
    const char *name;
    enum seccomp_kind kind;
    int (*act)(void);
    int expected;
    enum by by;
};

#define WORKER SECCOMP_WORKER
#define PRESS  SECCOMP_PRESS
#define SUPER  SECCOMP_SUPERVISOR
#define KEY    SECCOMP_KEY

static const struct act_row act_rows[] = {
    {"a worker reads no other file", WORKER, read_elsewhere, EACCES, BY_LANDLOCK},
    {"a worker lists no other folder", WORKER, list_elsewhere, EACCES, BY_LANDLOCK},
    {"a worker reads nothing beside its places", WORKER, read_in_the_home, EACCES, BY_LANDLOCK},
    {"dots lead a worker nowhere", WORKER, read_by_dots, EACCES, BY_LANDLOCK},
    {"a link leads a worker nowhere", WORKER, read_through_a_link, EACCES, BY_LANDLOCK},
    {"a worker reads its places", WORKER, read_the_readable, 0, BY_NOBODY},
    {"a worker finds a file first and opens it then", WORKER, read_beneath, 0, BY_NOBODY},
    {"a worker writes to no file", WORKER, write_the_readable, EACCES, BY_LANDLOCK},
    {"a worker makes no file", WORKER, make_in_the_readable, EACCES, BY_LANDLOCK},
    {"a worker removes no file", WORKER, remove_from_the_readable, ENOSYS, BY_SECCOMP},
    {"a worker makes no TCP socket", WORKER, make_tcp_socket, EPERM, BY_SECCOMP},
    {"a worker makes no local socket", WORKER, make_local_socket, EPERM, BY_SECCOMP},
    {"a worker connects nowhere", WORKER, connect_a_socket, EPERM, BY_SECCOMP},
    {"a worker binds nothing", WORKER, bind_a_socket, EPERM, BY_SECCOMP},
    {"a worker accepts", WORKER, accept_a_connection, 0, BY_NOBODY},
    {"a worker ends no listening", WORKER, stop_listening, ENOSYS, BY_SECCOMP},
    {"a worker keeps no caller from the others", WORKER, filter_the_callers, ENOSYS, BY_SECCOMP},
    {"a worker says that it has sent all", WORKER, end_what_is_sent, 0, BY_NOBODY},
    {"a worker waits for more bytes", WORKER, wait_for_more_bytes, 0, BY_NOBODY},
    {"a worker acknowledges at once", WORKER, acknowledge_at_once, 0, BY_NOBODY},
    {"a worker runs no program", WORKER, run_a_program, EPERM, BY_SECCOMP},
    {"a worker starts no process", WORKER, fork_a_process, EPERM, BY_SECCOMP_PLAIN},
    {"a worker traces nobody", WORKER, trace_the_parent, EPERM, BY_SECCOMP_PLAIN},
    {"a worker signals nobody", WORKER, signal_the_parent, EPERM, BY_SECCOMP},
    {"a worker signals nobody by a socket", WORKER, signal_by_a_socket, ENOSYS, BY_SECCOMP},
    {"a worker chooses no signal", WORKER, choose_the_signal, ENOSYS, BY_SECCOMP},
    {"a worker gets no memory to run", WORKER, make_runnable_memory, ENOSYS, BY_SECCOMP_PLAIN},
    {"a worker gets memory", WORKER, make_memory, 0, BY_NOBODY},
    {"a worker gets no unknown call", WORKER, call_what_nobody_knows, ENOSYS, BY_SECCOMP},
    {"a worker gets no call of another ABI", WORKER, call_by_another_abi, ENOSYS, BY_SECCOMP},
    {"a worker gets random bytes", WORKER, read_random_bytes, 0, BY_NOBODY},
    {"a worker leaves no core", WORKER, dump_core, EPERM, BY_LIMITS},
    {"press reads no other file", PRESS, read_elsewhere, EACCES, BY_LANDLOCK},
    {"press reads nothing beside its places", PRESS, read_in_the_home, EACCES, BY_LANDLOCK},
    {"press reads the capsule", PRESS, read_beneath, 0, BY_NOBODY},
    {"press lists the capsule", PRESS, list_the_readable, 0, BY_NOBODY},
    {"press reads the system", PRESS, read_the_system, 0, BY_NOBODY},
    {"press writes to no file of the capsule", PRESS, write_the_readable, EACCES, BY_LANDLOCK},
    {"press makes no file in it", PRESS, make_in_the_readable, EACCES, BY_LANDLOCK},
    {"press removes no file of it", PRESS, remove_from_the_readable, EACCES, BY_LANDLOCK},
    {"press makes no file elsewhere", PRESS, make_elsewhere, EACCES, BY_LANDLOCK},
    {"press puts an edition in place", PRESS, put_in_place, 0, BY_NOBODY},
    {"press removes what it made", PRESS, remove_what_was_made, 0, BY_NOBODY},
    {"press moves nothing out", PRESS, move_out, EACCES, BY_LANDLOCK},
    {"press makes no TCP socket", PRESS, make_tcp_socket, EPERM, BY_SECCOMP},
    {"press makes no local socket", PRESS, make_local_socket, EPERM, BY_SECCOMP},
    {"press connects nowhere", PRESS, connect_a_socket, EPERM, BY_SECCOMP},
    {"press accepts nobody", PRESS, accept_a_connection, ENOSYS, BY_SECCOMP},
    {"press runs no program", PRESS, run_a_program, EPERM, BY_SECCOMP},
    {"press starts no process", PRESS, fork_a_process, EPERM, BY_SECCOMP_PLAIN},
    {"press gets no unknown call", PRESS, call_what_nobody_knows, ENOSYS, BY_SECCOMP},
    {"press leaves no core", PRESS, dump_core, EPERM, BY_LIMITS},
    {"the supervisor runs programs", SUPER, run_a_program, 0, BY_NOBODY},
    {"the supervisor starts processes", SUPER, fork_a_process, 0, BY_NOBODY},
    {"the supervisor makes sockets", SUPER, make_tcp_socket, 0, BY_NOBODY},
    {"the supervisor reads files", SUPER, read_elsewhere, 0, BY_NOBODY},
    {"the supervisor traces nobody", SUPER, trace_the_parent, EPERM, BY_SECCOMP_PLAIN},
    {"the supervisor takes no other user", SUPER, take_another_user, EPERM, BY_SECCOMP},
    {"the supervisor enters no namespace", SUPER, leave_the_namespace, EPERM, BY_SECCOMP},
    {"the supervisor gets no call of another ABI", SUPER, call_by_another_abi, ENOSYS, BY_SECCOMP},
    {"the supervisor leaves no core", SUPER, dump_core, EPERM, BY_LIMITS},
    {"the key process reads no file", KEY, read_elsewhere, ENOSYS, BY_SECCOMP_PLAIN},
    {"the key process lists no folder", KEY, list_elsewhere, ENOSYS, BY_SECCOMP_PLAIN},
    {"the key process makes no file", KEY, make_elsewhere, ENOSYS, BY_SECCOMP_PLAIN},
    {"the key process removes no file", KEY, remove_from_the_readable, ENOSYS, BY_SECCOMP},
    {"the key process makes no TCP socket", KEY, make_tcp_socket, EPERM, BY_SECCOMP},
    {"the key process makes no local socket", KEY, make_local_socket, EPERM, BY_SECCOMP},
    {"the key process connects nowhere", KEY, connect_a_socket, EPERM, BY_SECCOMP},
    {"the key process accepts nobody", KEY, accept_a_connection, ENOSYS, BY_SECCOMP},
    {"the key process runs no program", KEY, run_a_program, EPERM, BY_SECCOMP},
    {"the key process starts no process", KEY, fork_a_process, EPERM, BY_SECCOMP_PLAIN},
    {"the key process traces nobody", KEY, trace_the_parent, EPERM, BY_SECCOMP_PLAIN},
    {"the key process signals nobody", KEY, signal_the_parent, EPERM, BY_SECCOMP},
    {"the key process signals nobody by a socket", KEY, signal_by_a_socket, ENOSYS, BY_SECCOMP},
    {"the key process gets no memory to run", KEY, make_runnable_memory, ENOSYS, BY_SECCOMP_PLAIN},
    {"the key process gets memory", KEY, make_memory, 0, BY_NOBODY},
    {"the key process gets no unknown call", KEY, call_what_nobody_knows, ENOSYS, BY_SECCOMP},
    {"the key process exchanges packets", KEY, exchange_packets, 0, BY_NOBODY},
    {"the key process takes another log", KEY, take_another_log, 0, BY_NOBODY},
    {"the key process leaves no core", KEY, dump_core, EPERM, BY_LIMITS},
};

/* A machine without it cannot show that it works; CI must have it. */
static void require(bool there, const char *what)
{
    const char *ci = getenv("CI");
    if (there)
        return;
    if (ci != NULL && strcmp(ci, "true") == 0)
        fail_at(__FILE__, __LINE__, "# this kernel has no %s: CI must have it\n", what);
    print_message("# skipped: this kernel has no %s\n", what);
    skip();
}

/* Ends with what run() returns, in a process of its own. */
static int in_child(int (*run)(const void *), const void *context)
{
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(run(context));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status))
        fail_at(__FILE__, __LINE__, "# ended by signal %d\n", WTERMSIG(status));
    return WEXITSTATUS(status);
}

static int has_landlock(const void *context)
{
    static const char *const nothing[] = {NULL};
    (void)context;
    return limits_no_new_privs() && landlock_enter(NULL, 0, nothing) > 0;
}

static int has_seccomp(const void *context)
{
    (void)context;
    return limits_no_new_privs() && seccomp_enter(SECCOMP_PRESS);
}

#define NOT_ENTERED 254

static enum status enter(enum seccomp_kind kind, enum sandbox_wish wish, struct error *e)
{
    char told[SANDBOX_TOLD_MAX];
    struct sandbox_place places[] = {
        {.path = folder_path("read")},
        {.path = folder_path("write/edition"), .holder = true, .writes = kind == PRESS},
        {.path = folder_path("none")},
    };
    if (kind == SUPER)
        return sandbox_supervisor(wish, told, e);
    if (kind == KEY)
        return sandbox_key(wish, told, e);
    return kind == WORKER ? sandbox_worker(wish, places, COUNT(places), told, e)
                          : sandbox_press(wish, places, COUNT(places), told, e);
}

static int act_inside(const void *context)
{
    const struct act_row *row = context;
    struct error e;
    return enter(row->kind, SANDBOX_TRY, &e) == ST_OK ? row->act() : NOT_ENTERED;
}

static int act_outside(const void *context)
{
    return ((const struct act_row *)context)->act();
}

static void make_things(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    folder_make_dir("read");
    folder_make_dir("write");
    folder_put("read/file", SPAN("text"));
    folder_put("write/edition", SPAN("pages"));
    folder_put("secret", SPAN("key"));
    assert_int_equal(symlink("../secret", folder_path("read/link")), 0);
    test_dir = open(folder_path("read"), O_PATH | O_DIRECTORY | O_CLOEXEC);
    test_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(test_listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(test_listener, 4), 0);
    test_socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, test_packets), 0);
    at = loopback();
    int caller = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(caller, (struct sockaddr *)&at, sizeof at), 0);
    close(caller); /* it waits in the queue all the same */
}

static void close_things(void)
{
    close(test_dir);
    close(test_listener);
    close(test_socket);
    close(test_packets[0]);
    close(test_packets[1]);
}

static void an_act_is_allowed_or_not(void **state)
{
    const struct act_row *row = *state;
    bool by_seccomp = row->by == BY_SECCOMP || row->by == BY_SECCOMP_PLAIN;
    if (row->by == BY_LANDLOCK)
        require(in_child(has_landlock, NULL), "Landlock");
    if (by_seccomp)
        require(in_child(has_seccomp, NULL), "seccomp");
    if (row->by == BY_SECCOMP_PLAIN && SANDBOX_SANITIZED)
        skip(); /* AddressSanitizer needs it, see parts.h */
    make_things();
    int result = in_child(act_inside, row);
    close_things();
    if (result != row->expected)
        fail_at(__FILE__, __LINE__, "# %s, not %s\n", strerror(result), strerror(row->expected));
}

/* What is forbidden inside goes outside: it is the sandbox that forbids it. */
static void the_acts_are_possible_outside(void **state)
{
    static const struct act_row outside[] = {
        {"", WORKER, read_in_the_home, 0, BY_NOBODY},
        {"", WORKER, read_by_dots, 0, BY_NOBODY},
        {"", WORKER, read_through_a_link, 0, BY_NOBODY},
        {"", WORKER, write_the_readable, 0, BY_NOBODY},
        {"", WORKER, make_in_the_readable, 0, BY_NOBODY},
        {"", WORKER, make_tcp_socket, 0, BY_NOBODY},
        {"", WORKER, bind_a_socket, 0, BY_NOBODY},
        {"", WORKER, connect_a_socket, 0, BY_NOBODY},
        {"", WORKER, filter_the_callers, 0, BY_NOBODY},
        {"", WORKER, stop_listening, 0, BY_NOBODY},
        {"", WORKER, run_a_program, 0, BY_NOBODY},
        {"", WORKER, fork_a_process, 0, BY_NOBODY},
        {"", WORKER, signal_the_parent, 0, BY_NOBODY},
        {"", WORKER, signal_by_a_socket, 0, BY_NOBODY},
        {"", WORKER, choose_the_signal, 0, BY_NOBODY},
        {"", WORKER, call_what_nobody_knows, 0, BY_NOBODY},
        {"", WORKER, move_out, 0, BY_NOBODY},
        {"", SUPER, take_another_user, 0, BY_NOBODY},
        {"", SUPER, leave_the_namespace, 0, BY_NOBODY},
    };
    (void)state;
    make_things();
    for (size_t i = 0; i < COUNT(outside); i++)
        assert_int_equal(in_child(act_outside, &outside[i]), 0);
    close_things();
}

static int file_is_read_when_told(const void *context)
{
    const int *pipes = context;
    struct error e;
    char told = 0;
    if (enter(WORKER, SANDBOX_TRY, &e) != ST_OK || write(pipes[3], "", 1) != 1 ||
        read(pipes[0], &told, 1) != 1)
        return NOT_ENTERED;
    return try_open(folder_path("write/edition"), O_RDONLY);
}

/* As press gives a worker a new edition. */
static void a_file_that_is_put_in_place_later_can_be_read(void **state)
{
    int pipes[4];
    char ready = 0;
    int status = 0;
    (void)state;
    make_things();
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(pipe(pipes + 2), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(file_is_read_when_told(pipes));
    assert_int_equal(read(pipes[2], &ready, 1), 1);
    folder_put("new", SPAN("other pages"));
    assert_int_equal(rename(folder_path("new"), folder_path("write/edition")), 0);
    assert_int_equal(write(pipes[1], "", 1), 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    for (size_t i = 0; i < COUNT(pipes); i++)
        close(pipes[i]);
    close_things();
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* 0 when all is as it must be, else the number of what is not. */
static int places_are_told(const void *context)
{
    char told[SANDBOX_TOLD_MAX];
    struct error e;
    struct stat same;
    struct stat other;
    struct sandbox_place places[] = {{.path = folder_path("read")}, {.path = folder_path("none")}};
    (void)context;
    if (stat(folder_path("read"), &same) != 0 || stat(folder_path("write"), &other) != 0)
        return 1;
    if (sandbox_is_beyond(&places[0], &other))
        return 2; /* nothing is out of reach yet */
    if (sandbox_worker(SANDBOX_TRY, places, COUNT(places), told, &e) != ST_OK)
        return 3;
    if (sandbox_is_beyond(&places[0], &same))
        return 4;
    if (!sandbox_is_beyond(&places[0], &other))
        return 5;
    return sandbox_is_beyond(&places[1], &other) ? 0 : 6; /* what was missing */
}

static void another_folder_of_the_same_name_is_beyond(void **state)
{
    (void)state;
    require(in_child(has_landlock, NULL), "Landlock");
    make_things();
    int result = in_child(places_are_told, NULL);
    close_things();
    assert_int_equal(result, 0);
}

static int nothing_is_given_up(const void *context)
{
    char told[SANDBOX_TOLD_MAX];
    struct error e;
    (void)context;
    bool good = sandbox_worker(SANDBOX_OFF, NULL, 0, told, &e) == ST_OK && strcmp(told, "off") == 0;
    good = good && sandbox_supervisor(SANDBOX_OFF, told, &e) == ST_OK && strcmp(told, "off") == 0;
    return good ? read_elsewhere() + make_tcp_socket() + fork_a_process() : NOT_ENTERED;
}

static void off_is_off(void **state)
{
    (void)state;
    assert_int_equal(in_child(nothing_is_given_up, NULL), 0);
}

/* seccomp cannot be had a second time: the calls that make it are gone. */
static int what_is_missing_is_told(const void *context)
{
    const enum sandbox_wish *wish = context;
    char told[SANDBOX_TOLD_MAX];
    struct error e = {0};
    if (!limits_no_new_privs() || !seccomp_enter(SECCOMP_PRESS))
        return NOT_ENTERED;
    enum status status = sandbox_worker(*wish, NULL, 0, told, &e);
    if (strstr(told, "Landlock: no (") == NULL)
        return 1;
    if (*wish == SANDBOX_REQUIRE)
        return status == ST_IO && strstr(e.message, "is required") != NULL ? 0 : 2;
    return status == ST_OK ? 0 : 3;
}

static void require_fails_where_try_goes_on(void **state)
{
    const enum sandbox_wish wishes[] = {SANDBOX_TRY, SANDBOX_REQUIRE};
    (void)state;
    require(in_child(has_seccomp, NULL), "seccomp");
    for (size_t i = 0; i < COUNT(wishes); i++)
        assert_int_equal(in_child(what_is_missing_is_told, &wishes[i]), 0);
}

static void wishes_are_named(void **state)
{
    enum sandbox_wish wish = SANDBOX_OFF;
    struct error e;
    (void)state;
    assert_status(sandbox_wish_find("require", &wish, &e), ST_OK, &e);
    assert_int_equal(wish, SANDBOX_REQUIRE);
    assert_status(sandbox_wish_find("try", &wish, &e), ST_OK, &e);
    assert_int_equal(wish, SANDBOX_TRY);
    assert_status(sandbox_wish_find("off", &wish, &e), ST_OK, &e);
    assert_int_equal(wish, SANDBOX_OFF);
    assert_status(sandbox_wish_find("on", &wish, &e), ST_SYNTAX, &e);
    assert_contains(e.message, "sandbox on");
}

int main(void)
{
    static struct suite s = {.setup = folder_make, .teardown = folder_remove};
    SUITE_ROWS(&s, an_act_is_allowed_or_not, act_rows);
    SUITE_TEST(&s, the_acts_are_possible_outside);
    SUITE_TEST(&s, a_file_that_is_put_in_place_later_can_be_read);
    SUITE_TEST(&s, another_folder_of_the_same_name_is_beyond);
    SUITE_TEST(&s, off_is_off);
    SUITE_TEST(&s, require_fails_where_try_goes_on);
    SUITE_TEST(&s, wishes_are_named);
    return suite_run(&s, "sandbox/sandbox");
}
