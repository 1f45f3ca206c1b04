/* acts: what is tried inside a sandbox, and outside of it. */
#ifndef TESTS_UNIT_SANDBOX_ACTS_H
#define TESTS_UNIT_SANDBOX_ACTS_H

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../support.h"
#include "core/file.h"

/* Sockets that are there before the sandbox is. */
static int test_listener = -1, test_socket = -1;
static int test_packets[2] = {-1, -1};
static int test_dir = -1; /* of the folder that may be read */

/* What is tried inside; each returns 0 or errno. */
static int outcome(long result)
{
    if (result < 0)
        return errno;
    return 0;
}

static int try_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    int result = outcome(fd);
    if (fd >= 0)
        close(fd);
    return result;
}

static int read_elsewhere(void)
{
    return try_open("/etc/passwd", O_RDONLY);
}

static int list_elsewhere(void)
{
    return try_open("/etc", O_RDONLY | O_DIRECTORY);
}

static int read_in_the_home(void)
{
    return try_open(folder_path("secret"), O_RDONLY);
}

static int read_by_dots(void)
{
    return try_open(folder_path("read/../secret"), O_RDONLY);
}

static int read_through_a_link(void)
{
    return try_open(folder_path("read/link"), O_RDONLY);
}

static int read_the_readable(void)
{
    return try_open(folder_path("read/file"), O_RDONLY);
}

static int list_the_readable(void)
{
    return try_open(folder_path("read"), O_RDONLY | O_DIRECTORY);
}

static int read_beneath(void)
{
    struct stat st;
    struct error e;
    int fd = -1;
    return file_open_beneath(test_dir, "file", "file", &fd, &st, &e) == ST_OK ? 0 : e.errnum;
}

static int write_the_readable(void)
{
    return try_open(folder_path("read/file"), O_WRONLY);
}

static int make_in_the_readable(void)
{
    return try_open(folder_path("read/new"), O_WRONLY | O_CREAT | O_EXCL);
}

static int remove_from_the_readable(void)
{
    return outcome(unlink(folder_path("read/file")));
}

static int make_elsewhere(void)
{
    return try_open(folder_path("new"), O_WRONLY | O_CREAT | O_EXCL);
}

static int put_in_place(void)
{
    int made = try_open(folder_path("write/new"), O_WRONLY | O_CREAT | O_EXCL);
    int fd = made == 0 ? open(folder_path("write/new"), O_RDWR | O_CLOEXEC) : -1;
    if (made != 0 || fd < 0 || write(fd, "12", 2) != 2 || ftruncate(fd, 1) != 0 || fsync(fd) != 0)
        return made != 0 ? made : errno;
    if (rename(folder_path("write/new"), folder_path("write/edition")) != 0)
        return errno;
    return try_open(folder_path("write/edition"), O_RDONLY);
}

static int remove_what_was_made(void)
{
    return outcome(unlink(folder_path("write/edition")));
}

static int move_out(void)
{
    return outcome(rename(folder_path("write/edition"), folder_path("edition")));
}

static int make_tcp_socket(void)
{
    return outcome(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int make_local_socket(void)
{
    return outcome(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static struct sockaddr_in loopback(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;
    if (getsockname(test_listener, (struct sockaddr *)&at, &n) != 0)
        at.sin_port = 0;
    return at;
}

static int connect_a_socket(void)
{
    struct sockaddr_in at = loopback();
    return outcome(connect(test_socket, (const struct sockaddr *)&at, sizeof at));
}

static int bind_a_socket(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return outcome(bind(test_socket, (const struct sockaddr *)&at, sizeof at));
}

static int accept_a_connection(void)
{
    struct pollfd ready = {.fd = test_listener, .events = POLLIN};
    if (poll(&ready, 1, 5000) != 1)
        return ETIMEDOUT;
    return outcome(accept4(test_listener, NULL, NULL, SOCK_CLOEXEC));
}

/* All workers have this socket, and the ones after them. */
static int stop_listening(void)
{
    return outcome(shutdown(test_listener, SHUT_RD));
}

static int end_what_is_sent(void)
{
    return outcome(shutdown(test_packets[0], SHUT_WR));
}

static int filter_the_callers(void)
{
    struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
    const struct sock_fprog program = {1, &none};
    return outcome(
        setsockopt(test_listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
}

static int wait_for_more_bytes(void)
{
    const int most = 100;
    return outcome(setsockopt(test_socket, SOL_SOCKET, SO_RCVLOWAT, &most, sizeof most));
}

static int acknowledge_at_once(void)
{
    const int on = 1;
    return outcome(setsockopt(test_socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on));
}

static int run_a_program(void)
{
    static char name[] = "true";
    char *const args[] = {name, NULL};
    return outcome(execv("/bin/true", args));
}

static int fork_a_process(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return outcome(pid);
}

static int trace_the_parent(void)
{
    return outcome(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int signal_the_parent(void)
{
    return outcome(kill(getppid(), SIGCONT));
}

/* Who owns a socket gets a signal of the owner's choice, SIGKILL too, when something comes. */
static int signal_by_a_socket(void)
{
    return outcome(fcntl(test_packets[0], F_SETOWN, getppid()));
}

static int choose_the_signal(void)
{
    return outcome(fcntl(test_packets[0], F_SETSIG, SIGKILL));
}

static int make_runnable_memory(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? errno : 0;
}

static int make_memory(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? errno : 0;
}

static int call_what_nobody_knows(void)
{
    return outcome(syscall(SYS_mknodat, AT_FDCWD, folder_path("write/fifo"), S_IFIFO | 0600, 0));
}

/* On x86-64 its 32-bit pointers (x32), which most kernels do not have: an error, too. */
static int call_by_another_abi(void)
{
    return outcome(syscall(0x40000000L | SYS_getpid));
}

static int read_the_system(void)
{
    return try_open("/usr/share", O_RDONLY | O_DIRECTORY);
}

static int read_random_bytes(void)
{
    return try_open("/dev/urandom", O_RDONLY);
}

static int dump_core(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0 ? EPERM : 0;
}

static int take_another_user(void)
{
    return outcome(setuid(getuid()));
}

static int leave_the_namespace(void)
{
    return outcome(unshare(CLONE_FILES));
}

/* As with a worker, on a socket that is there. */
static int exchange_packets(void)
{
    char byte = 'x';
    struct iovec part = {&byte, 1};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
    int sent = sendmmsg(test_packets[0], &message, 1, MSG_NOSIGNAL);
    int come = sent == 1 ? recvmmsg(test_packets[1], &message, 1, MSG_DONTWAIT, NULL) : -1;
    return come == 1 ? 0 : errno;
}

/* As relay_listen and log_file_take do it; what stands there is not its journal any more. */
static int take_another_log(void)
{
    char byte = 'x';
    struct stat st;
    int type = 0;
    socklen_t n = sizeof type;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    bool good = getsockopt(test_packets[1], SOL_SOCKET, SO_TYPE, &type, &n) == 0 &&
                write(test_packets[0], &byte, 1) == 1 &&
                recvmsg(test_packets[1], &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) == 1 &&
                dup2(test_socket, STDIN_FILENO) == STDIN_FILENO && fstat(STDIN_FILENO, &st) == 0;
    return good ? 0 : errno;
}

#endif
