/*
 * fault: what is done when a system call fails, as on a full disk or an old kernel.  The call fails
 * in a child of the test, for seccomp gives nothing back.
 */
#ifndef TESTS_UNIT_FAULT_H
#define TESTS_UNIT_FAULT_H

#include <seccomp.h>
#include <sys/wait.h>

#include "core/error.h"
#include "support.h"

/* A call that fails; where it has several names, all of them (rename(2) and renameat(2)). */
struct fault {
    const char *calls[3];
    int error; /* its errno */
};

/* What came of it. */
struct fault_outcome {
    enum status status;
    struct error e;
};

static inline bool fault_enter(const struct fault *fault)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool good = filter != NULL;
    for (size_t i = 0; good && i < COUNT(fault->calls) && fault->calls[i] != NULL; i++) {
        int number = seccomp_syscall_resolve_name(fault->calls[i]);
        good = number < 0 || /* an architecture that has only the other */
               seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint16_t)fault->error), number, 0) == 0;
    }
    good = good && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return good;
}

/* Do it while the calls fail.  `run` must not assert: it is not in the test's process. */
static inline struct fault_outcome fault_try(const struct fault *fault,
                                             enum status (*run)(struct error *e))
{
    enum { NO_SECCOMP = 77 };
    struct fault_outcome *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    pid_t child = fork();
    if (child == 0) {
        if (!fault_enter(fault))
            _exit(NO_SECCOMP);
        shared->status = run(&shared->e);
        _exit(0);
    }
    int ended = 0;
    assert_true(child > 0 && waitpid(child, &ended, 0) == child);
    struct fault_outcome outcome = *shared;
    munmap(shared, sizeof *shared);
    if (WIFEXITED(ended) && WEXITSTATUS(ended) == NO_SECCOMP)
        skip();
    assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    return outcome;
}

#endif
