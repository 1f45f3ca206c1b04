/* What the sandbox is made of; for this room only.  Each is for good, and errno tells failures. */
#ifndef SANDBOX_PARTS_H
#define SANDBOX_PARTS_H

#include "sandbox/sandbox.h"

/*
 * AddressSanitizer looks for leaks at the end with a process of its own that traces this one, and
 * reads its maps: a build with it keeps what that takes.
 */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED true
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED false
#endif

/*
 * Landlock: reach no file but the places and those of the system that are listed, bind and connect
 * no TCP socket, signal nobody outside.  Needs limits_no_new_privs() first.
 *
 * places   get what they were
 * system   paths that may be read besides, NULL at the end; missing ones are left out
 * Returns the ABI that is in force, or -1: errno is ENOSYS or EOPNOTSUPP where there is none.
 */
int landlock_enter(struct sandbox_place *places, size_t count, const char *const *system);

enum seccomp_kind { SECCOMP_SUPERVISOR, SECCOMP_WORKER, SECCOMP_PRESS, SECCOMP_KEY };

/*
 * seccomp: of the system calls only those that this kind of process uses; for the supervisor, whose
 * filter holds for all that it starts, those that none of them uses are taken away.  What is
 * forbidden fails with EPERM, what nobody thought of with ENOSYS, as in an older kernel: libraries
 * know another way, and a surprise is an error in the log instead of a dead process.
 */
bool seccomp_enter(enum seccomp_kind kind);

/* No exec gives more rights than there are (set-user-ID, file capabilities). */
bool limits_no_new_privs(void);

/* No core dumps; nobody but root may look into the memory, or at it through /proc. */
bool limits_not_dumpable(void);

/* No processes and threads besides those that there are (root's are not limited so). */
bool limits_no_processes(void);

#endif
