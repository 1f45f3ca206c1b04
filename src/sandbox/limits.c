#include <sys/prctl.h>
#include <sys/resource.h>

#include "sandbox/parts.h"

bool limits_no_new_privs(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) == 0;
}

bool limits_not_dumpable(void)
{
    const struct rlimit none = {0, 0};
    /* The limit stays over an exec, the flag does not: each program that is started sets it. */
    return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) == 0;
}

bool limits_no_processes(void)
{
    const struct rlimit none = {0, 0};
    return setrlimit(RLIMIT_NPROC, &none) == 0;
}
