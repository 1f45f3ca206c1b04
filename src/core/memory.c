#include "core/memory.h"

#include <errno.h>

static unsigned long memory_count;

void memory_note(void)
{
    memory_count++;
}

void memory_watch(void)
{
    memory_settle(); /* of one that this one is a part of */
    errno = 0;
}

void memory_settle(void)
{
    if (errno == ENOMEM)
        memory_note();
}

unsigned long memory_refusals(void)
{
    return memory_count;
}
