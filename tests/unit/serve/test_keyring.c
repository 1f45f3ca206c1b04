#include "serve/keyring.h"

#include "../support.h"
#include "core/clock.h"

static struct keyring first, second;
static struct error error;
static uv_loop_t loop;
static unsigned changes, stops;

static void on_change(void *context)
{
    changes += context == &second;
}

static void on_stopped(void *context)
{
    stops += context == &second;
}

static int keyring_remove(void **state)
{
    keyring_fini(&first);
    keyring_fini(&second);
    return folder_remove(state);
}

static const char *key_file(const char *digit)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", test_folder, digit);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 160; i++)
        fputs(digit, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
    return path;
}

static void own_keys_are_taken_over(void **state)
{
    (void)state;
    assert_status(keyring_init(&first, NULL, NULL, &error), ST_OK, &error);
    first.turned -= 5000;
    assert_status(keyring_init(&second, NULL, &first, &error), ST_OK, &error);
    assert_true(ticket_same(&first.ring, &second.ring));
    assert_true(first.turned == second.turned);
}

static void keys_of_a_file_are_not(void **state)
{
    (void)state;
    assert_status(keyring_init(&first, key_file("a"), NULL, &error), ST_OK, &error);
    struct ticket_ring of_file = first.ring;
    assert_status(keyring_init(&second, NULL, &first, &error), ST_OK, &error);
    assert_false(ticket_same(&of_file, &second.ring));
    keyring_fini(&second);
    assert_status(keyring_init(&second, key_file("b"), &first, &error), ST_OK, &error);
    assert_false(ticket_same(&of_file, &second.ring));
}

/* Whoever reloads often does not keep one key forever. */
static void the_next_turn_is_counted_from_the_last(void **state)
{
    (void)state;
    changes = stops = 0;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_status(keyring_init(&first, NULL, NULL, &error), ST_OK, &error);
    first.turned -= (uint64_t)3600 * 1000;
    assert_status(keyring_init(&second, NULL, &first, &error), ST_OK, &error);
    keyring_start(&second, &loop, 3600, on_change, on_stopped, &second);
    keyring_rest(&second);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(changes, 0);
    keyring_wake(&second);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(changes, 1);
    assert_false(ticket_same(&first.ring, &second.ring));
    assert_true(clock_ms() - second.turned < 60000);
    keyring_stop(&second);
    keyring_stop(&second);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(stops, 1);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    static struct suite s = {.setup = folder_make, .teardown = keyring_remove};
    SUITE_TEST(&s, own_keys_are_taken_over);
    SUITE_TEST(&s, keys_of_a_file_are_not);
    SUITE_TEST(&s, the_next_turn_is_counted_from_the_last);
    return suite_run(&s, "serve/keyring");
}
