#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/parts.h"

/*
 * By name, for one that an architecture does not have is passed over: 64-bit ARM has no open(2).
 * Calls with conditions on their arguments are in seccomp_allow_some().
 */
static const char *const seccomp_common[] = {
    /* files that are open */
    "read", "write", "readv", "writev", "close", "fstat", "fstat64", "poll", "ppoll", "select",
    "pselect6",
    /* memory */
    "brk", "munmap", "mremap", "madvise", "msync", "futex", "membarrier",
    /* time */
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time",
    /* itself */
    "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getrandom", "uname",
    "sysinfo", "getrusage", "times", "getrlimit", "sched_yield", "sched_getaffinity", "getcpu",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "sigaltstack",
    "restart_syscall", "set_robust_list", "rseq", "exit", "exit_group", NULL};

/* Files by name: which of them, Landlock decides. */
static const char *const seccomp_files[] = {
    "pread64",    "pwrite64", "preadv",    "pwritev",    "lseek",      "_llseek",    "close_range",
    "dup",        "dup2",     "dup3",      "open",       "openat",     "openat2",    "stat",
    "stat64",     "lstat",    "lstat64",   "statx",      "newfstatat", "fstatat64",  "statfs",
    "fstatfs",    "access",   "faccessat", "faccessat2", "readlink",   "readlinkat", "getdents",
    "getdents64", "getcwd",   "fadvise64", NULL};

static const char *const seccomp_worker[] = {
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2",
    "eventfd2",      "pipe2",     "accept",     "accept4",     "recvfrom",
    "recvmsg",       "sendto",    "sendmsg",    "getsockname", "getpeername",
    "getsockopt",    "recvmmsg",  "sendmmsg",   NULL};

/* What a loop takes, packets on sockets that are there, and another log. */
static const char *const seccomp_key[] = {
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2",
    "eventfd2",      "pipe2",     "recvmmsg",   "recvmsg",     "recvfrom",
    "sendmmsg",      "shutdown",  "mlock",      "mlock2",      "getsockopt",
    "dup2",          "dup3",      "newfstatat", NULL};

static const char *const seccomp_press[] = {
    "unlink",          "unlinkat",  "rename",   "renameat",  "renameat2",
    "ftruncate",       "fallocate", "fsync",    "fdatasync", "sync_file_range",
    "chmod",           "fchmod",    "fchmodat", "fchown",    "flock",
    "copy_file_range", "sendfile",  "mmap",     "mprotect",  NULL};

/* What no process of a server does; the supervisor's filter, which all others inherit, is this. */
static const char *const seccomp_never[] = {"ptrace",
                                            "process_vm_readv",
                                            "process_vm_writev",
                                            "pidfd_getfd",
                                            "setuid",
                                            "setgid",
                                            "setresuid",
                                            "setresgid",
                                            "mount",
                                            "umount2",
                                            "pivot_root",
                                            "chroot",
                                            "unshare",
                                            "setns",
                                            "bpf",
                                            "perf_event_open",
                                            "userfaultfd",
                                            "keyctl",
                                            "add_key",
                                            "request_key",
                                            "init_module",
                                            "finit_module",
                                            "delete_module",
                                            "kexec_load",
                                            "io_uring_setup",
                                            "io_uring_enter",
                                            "io_uring_register",
                                            "open_by_handle_at",
                                            "reboot",
                                            "swapon",
                                            NULL};

/* What the libraries try all the same: EPERM tells that it was refused. */
static const char *const seccomp_refused[] = {
    "execve", "execveat", "fork", "vfork", "clone",   "socket",       "socketpair", "connect",
    "bind",   "listen",   "kill", "prctl", "seccomp", "memfd_create", NULL};

/* What a build with AddressSanitizer keeps, see parts.h. */
static const char *const seccomp_sanitizer[] = {
    "clone", "ptrace", "wait4",      "prctl",   "kill",      "tgkill",           "mmap", "mprotect",
    "pipe",  "pipe2",  "arch_prctl", "mincore", "setrlimit", "process_vm_readv", NULL};

static const unsigned long seccomp_ioctls[] = {FIONBIO,  FIOCLEX, FIONCLEX,
                                               FIONREAD, TCGETS,  SIOCOUTQ};

/* Of a descriptor, its copies, flags and locks; not to whom it sends which signal (F_SETOWN). */
static const int seccomp_fcntls[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL,
                                     F_SETFL, F_GETLK,         F_SETLK, F_SETLKW};

static int seccomp_add(scmp_filter_ctx filter, uint32_t action, const char *const *names)
{
    int result = 0;
    for (; result == 0 && *names != NULL; names++) {
        int number = seccomp_syscall_resolve_name(*names);
        if (number >= 0) /* below are those of other architectures */
            result = seccomp_rule_add(filter, action, number, 0);
    }
    return result;
}

/* A call whose argument number `arg`, of its bits in `mask`, is `value`. */
static int seccomp_add_if(scmp_filter_ctx filter, const char *name, unsigned arg, uint64_t mask,
                          uint64_t value)
{
    int number = seccomp_syscall_resolve_name(name);
    const struct scmp_arg_cmp condition = {
        .arg = arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
    return number < 0 ? 0 : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &condition);
}

static int seccomp_add_option(scmp_filter_ctx filter, unsigned level, unsigned option)
{
    const struct scmp_arg_cmp conditions[] = {
        {.arg = 1, .op = SCMP_CMP_MASKED_EQ, .datum_a = UINT32_MAX, .datum_b = level},
        {.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = UINT32_MAX, .datum_b = option}};
    int number = seccomp_syscall_resolve_name("setsockopt");
    return number < 0 ? 0 : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 2, conditions);
}

/*
 * Of sockets a worker changes only what its connections need.  The listening ones are those of all
 * workers and of the ones after them: shut for reading, or with a filter of packets, they would
 * stay so.
 */
static int seccomp_allow_sockets(scmp_filter_ctx filter)
{
    int result = seccomp_add_if(filter, "shutdown", 1, UINT32_MAX, SHUT_WR);
    if (result == 0)
        result = seccomp_add_option(filter, SOL_SOCKET, SO_RCVLOWAT);
    if (result == 0)
        result = seccomp_add_option(filter, IPPROTO_TCP, TCP_QUICKACK);
    return result;
}

static int seccomp_allow_some(scmp_filter_ctx filter, enum seccomp_kind kind)
{
    static const char *const mappings[] = {"mmap", "mmap2", "mprotect"};
    static const char *const fcntls[] = {"fcntl", "fcntl64"};
    const size_t commands = sizeof seccomp_fcntls / sizeof seccomp_fcntls[0];
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof seccomp_ioctls / sizeof seccomp_ioctls[0]; i++)
        result = seccomp_add_if(filter, "ioctl", 1, UINT64_MAX, seccomp_ioctls[i]);
    for (size_t i = 0; result == 0 && i < 2 * commands; i++)
        result =
            seccomp_add_if(filter, fcntls[i % 2], 1, UINT32_MAX, (unsigned)seccomp_fcntls[i / 2]);
    if (result == 0 && kind == SECCOMP_WORKER)
        result = seccomp_allow_sockets(filter);
    if (result == 0) /* limits of its own, those of no other process */
        result = seccomp_add_if(filter, "prlimit64", 0, UINT64_MAX, 0);
    if (result != 0 || SANDBOX_SANITIZED)
        return result;
    result = seccomp_add_if(filter, "tgkill", 0, UINT64_MAX, (uint64_t)getpid()); /* abort(3) */
    for (size_t i = 0;
         result == 0 && kind != SECCOMP_PRESS && i < sizeof mappings / sizeof mappings[0]; i++)
        result = seccomp_add_if(filter, mappings[i], 2, PROT_EXEC, 0);
    return result;
}

/* Those of them that the sanitizer needs are not refused. */
static int seccomp_refuse(scmp_filter_ctx filter, const char *const *names)
{
    static const char *const nothing[] = {NULL};
    int result = 0;
    for (const char *const *name = names; result == 0 && *name != NULL; name++) {
        const char *const *kept = SANDBOX_SANITIZED ? seccomp_sanitizer : nothing;
        const char *const one[] = {*name, NULL};
        while (*kept != NULL && !span_eq(span_of(*kept), span_of(*name)))
            kept++;
        if (*kept == NULL)
            result = seccomp_add(filter, SCMP_ACT_ERRNO(EPERM), one);
    }
    return result;
}

static const char *const *const seccomp_of[] = {[SECCOMP_WORKER] = seccomp_worker,
                                                [SECCOMP_PRESS] = seccomp_press,
                                                [SECCOMP_KEY] = seccomp_key};

/* What a process uses is allowed. */
static int seccomp_allow(scmp_filter_ctx filter, enum seccomp_kind kind)
{
    int result = seccomp_add(filter, SCMP_ACT_ALLOW, seccomp_common);
    if (result == 0 && (kind != SECCOMP_KEY || SANDBOX_SANITIZED))
        result = seccomp_add(filter, SCMP_ACT_ALLOW, seccomp_files);
    if (result == 0)
        result = seccomp_add(filter, SCMP_ACT_ALLOW, seccomp_of[kind]);
    if (result == 0 && SANDBOX_SANITIZED)
        result = seccomp_add(filter, SCMP_ACT_ALLOW, seccomp_sanitizer);
    if (result == 0)
        result = seccomp_allow_some(filter, kind);
    return result == 0 ? seccomp_refuse(filter, seccomp_refused) : result;
}

bool seccomp_enter(enum seccomp_kind kind)
{
    bool all = kind == SECCOMP_SUPERVISOR; /* else what is on no list is refused */
    scmp_filter_ctx filter = seccomp_init(all ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS));
    if (filter == NULL) {
        errno = ENOMEM;
        return false;
    }
    /* The kernel's own error, not the library's for all of them. */
    int result = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
    /* Calls of another ABI (x32, 32 bits) are on no list; the library would kill for them. */
    if (result == 0)
        result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
    if (result == 0 && !all)
        result = seccomp_allow(filter, kind);
    if (result == 0)
        result = seccomp_refuse(filter, seccomp_never);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    errno = -result;
    return result == 0;
}
