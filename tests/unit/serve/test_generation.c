/* How many workers there are: as many as processors, but no more than can be asked for. */
#include "serve/generation.h"

#include <dlfcn.h>

#include "../support.h"

static long processors;

/* generation.c's calls come here. */
long sysconf(int name)
{
    static long (*real)(int);
    if (name == _SC_NPROCESSORS_ONLN)
        return processors;
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "sysconf");
    return real(name);
}

struct workers_row {
    const char *name;
    long wanted, processors;
    size_t expected;
};

static const struct workers_row workers_rows[] = {
    {"as many as are wanted", 3, 8, 3},
    {"one for each processor", 0, 8, 8},
    {"no more than anybody may want", 0, 1024, SERVER_WORKERS_MAX},
    {"one where nobody knows the processors", 0, -1, 1},
};

static void workers_are_counted(void **state)
{
    const struct workers_row *row = *state;
    const struct server_config config = {.workers = row->wanted};
    processors = row->processors;
    assert_int_equal(generation_workers(&config), row->expected);
}

int main(void)
{
    static struct suite s;
    SUITE_ROWS(&s, workers_are_counted, workers_rows);
    return suite_run(&s, "serve/generation");
}
