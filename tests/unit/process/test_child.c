/* A process that is kept running: one that never works, and one that cannot be told something. */
#include "process/child.h"

#include "../support.h"

/* More bytes than any machine has. */
#define TOO_MANY ((size_t)1 << 46)

#ifdef __SANITIZE_ADDRESS__
const char *__asan_default_options(void);

/* What cannot be had is refused, as it is without the sanitizer. */
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}
#endif

static uv_loop_t loop;
static struct child child;
static unsigned ready, failed, stopped;

static int child_make(void **state)
{
    ready = failed = stopped = 0;
    return uv_loop_init(&loop) != 0 ? -1 : stderr_catch(state);
}

static int child_remove(void **state)
{
    return uv_loop_close(&loop) != 0 ? -1 : stderr_release(state);
}

static size_t hand_nothing(void *context, struct child_handed *out)
{
    (void)context, (void)out;
    return 0;
}

static void on_stopped(void *context)
{
    (void)context;
    stopped++;
}

static void on_failed(void *context)
{
    (void)context;
    failed++;
}

static void on_ready(void *context)
{
    static const char byte = 'x';
    (void)context;
    if (++ready == 1)
        child_say(&child, 'K', (struct span){&byte, TOO_MANY});
    else
        child_stop(&child, 1000);
}

/* It goes on, until somebody stops it. */
static void on_look(uv_timer_t *timer)
{
    if (failed == 0 || child.failures <= CHILD_FAILURES_MAX)
        return;
    uv_close((uv_handle_t *)timer, NULL);
    child_stop(&child, 1000);
}

/* Below is what the child does: this program again, by its subcommand. */
static void run_child(char *subcommand)
{
    const struct child_plan plan = {.loop = &loop,
                                    .name = "thing",
                                    .subcommand = subcommand,
                                    .hand = hand_nothing,
                                    .on_ready = on_ready,
                                    .on_failed = on_failed,
                                    .on_stopped = on_stopped};
    child_start(&child, &plan);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(stopped, 1);
}

static void one_that_is_never_ready_fails_once(void **state)
{
    (void)state;
    static char ends[] = "ends";
    uv_timer_t look;
    uv_timer_init(&loop, &look);
    uv_timer_start(&look, on_look, 10, 10);
    run_child(ends);
    assert_int_equal(failed, 1);
    assert_int_equal(ready, 0);
    assert_contains(stderr_text(), "4 have died in a row");
}

static void one_that_cannot_be_told_makes_place_for_the_next(void **state)
{
    (void)state;
    static char works[] = "works";
    run_child(works);
    assert_int_equal(ready, 2);
    assert_int_equal(failed, 0);
    assert_contains(stderr_text(), "cannot be told what is new, out of memory, and is killed");
    assert_contains(stderr_text(), "ended by signal 9; another one takes its place");
}

static int work(void)
{
    static const char say[] = {CHILD_SAY_READY};
    char heard;
    if (write(CHILD_CONTROL_FD, say, sizeof say) != sizeof say)
        return EXIT_FAILURE;
    return read(CHILD_CONTROL_FD, &heard, 1) >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static struct suite s = {.setup = child_make, .teardown = child_remove};
    if (argc > 1)
        return strcmp(argv[1], "works") == 0 ? work() : EXIT_FAILURE;
    SUITE_TEST(&s, one_that_is_never_ready_fails_once);
    SUITE_TEST(&s, one_that_cannot_be_told_makes_place_for_the_next);
    return suite_run(&s, "process/child");
}
