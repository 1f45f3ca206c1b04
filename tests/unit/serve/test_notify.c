#include "serve/notify.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "../support.h"

static struct notify notify;
static int manager = -1;

static int notify_remove(void **state)
{
    notify_close(&notify);
    if (manager >= 0)
        close(manager);
    manager = -1;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return quiet_folder_remove(state);
}

/* A manager that listens at this address, and says so. */
static void listen_at(const char *address)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t n = strlen(address);
    memcpy(at.sun_path, address, n);
    if (*address == '@')
        at.sun_path[0] = '\0';
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(manager, (const struct sockaddr *)&at,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
                     0);
    setenv("NOTIFY_SOCKET", address, 1);
}

/* The next message; "" when there is none. */
static const char *heard(void)
{
    static char text[4096];
    ssize_t n = recv(manager, text, sizeof text - 1, 0);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static void a_manager_hears_what_becomes_of_it(void **state)
{
    (void)state;
    listen_at(folder_path("notify"));
    notify_open(&notify);
    assert_null(getenv("NOTIFY_SOCKET"));
    notify_ready(&notify, "serving %d", 7);
    assert_string_equal(heard(), "READY=1\nSTATUS=serving 7\n");
    notify_reloading(&notify);
    const char *text = heard();
    unsigned long long at = 0;
    assert_contains(text, "RELOADING=1\nMONOTONIC_USEC=");
    at = strtoull(strstr(text, "USEC=") + 5, NULL, 10);
    assert_in_range(at, uv_hrtime() / 1000 - 10000000, uv_hrtime() / 1000);
    notify_stopping(&notify, NULL);
    assert_string_equal(heard(), "STOPPING=1\nSTATUS=stopping\n");
    notify_stopping(&notify, "a disk is full");
    assert_string_equal(heard(), "STOPPING=1\nSTATUS=a disk is full\n");
    assert_string_equal(heard(), "");
}

static void the_name_may_be_an_abstract_one(void **state)
{
    char address[64];
    (void)state;
    snprintf(address, sizeof address, "@broadsheet-unit-%ld", (long)getpid());
    listen_at(address);
    notify_open(&notify);
    notify_ready(&notify, "serving");
    assert_string_equal(heard(), "READY=1\nSTATUS=serving\n");
}

static void nobody_need_want_to_know(void **state)
{
    (void)state;
    setenv("WATCHDOG_USEC", "1000000", 1);
    notify_open(&notify);
    assert_int_equal(notify.fd, -1);
    assert_int_equal(notify.watchdog, 0);
    notify_ready(&notify, "serving");
    notify_stopping(&notify, NULL);
    assert_string_equal(stderr_text(), "");
}

struct address_row {
    const char *name, *address;
};

static char long_address[200] = "/";

static const struct address_row address_rows[] = {
    {"a path where nobody is", "/nowhere/notify"},
    {"a relative path", "notify"},
    {"another kind of socket", "vsock:2:1234"},
    {"a name that is too long", long_address},
};

static void a_bad_address_is_a_warning(void **state)
{
    const struct address_row *row = *state;
    setenv("NOTIFY_SOCKET", row->address, 1);
    notify_open(&notify);
    assert_int_equal(notify.fd, -1);
    assert_contains(stderr_text(), "warning: NOTIFY_SOCKET ");
    notify_ready(&notify, "serving");
}

static void a_manager_that_is_gone_ends_nothing(void **state)
{
    (void)state;
    listen_at(folder_path("notify"));
    notify_open(&notify);
    close(manager);
    manager = -1;
    notify_ready(&notify, "serving");
    for (int i = 0; i < 1000; i++)
        notify_reloading(&notify);
}

static void signs_of_life_are_given_while_the_loop_turns(void **state)
{
    static uv_loop_t loop;
    char pid[32];
    (void)state;
    listen_at(folder_path("notify"));
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    setenv("WATCHDOG_USEC", "20000", 1);
    notify_open(&notify);
    assert_int_equal(notify.watchdog, 10);
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));
    assert_int_equal(uv_loop_init(&loop), 0);
    notify_watch(&notify, &loop);
    unsigned signs = 0;
    uint64_t until = uv_hrtime() + 20000000000;
    uv_ref((uv_handle_t *)&notify.timer); /* there is nothing else in this loop */
    while (signs < 3 && uv_hrtime() < until) {
        uv_run(&loop, UV_RUN_ONCE);
        for (const char *text; *(text = heard()) != '\0'; signs++)
            assert_string_equal(text, "WATCHDOG=1\n");
    }
    assert_true(signs >= 3);
    notify_watch_no_more(&notify);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void the_watchdog_of_another_process_is_not_ours(void **state)
{
    static uv_loop_t loop;
    (void)state;
    listen_at(folder_path("notify"));
    setenv("WATCHDOG_USEC", "20000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    notify_open(&notify);
    assert_int_equal(uv_loop_init(&loop), 0);
    notify_watch(&notify, &loop);
    uv_run(&loop, UV_RUN_DEFAULT); /* there is nothing in it */
    notify_watch_no_more(&notify);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_string_equal(heard(), "");
}

int main(void)
{
    static struct suite s = {.setup = quiet_folder_make, .teardown = notify_remove};
    memset(long_address + 1, 'x', sizeof long_address - 2);
    SUITE_TEST(&s, a_manager_hears_what_becomes_of_it);
    SUITE_TEST(&s, the_name_may_be_an_abstract_one);
    SUITE_TEST(&s, nobody_need_want_to_know);
    SUITE_ROWS(&s, a_bad_address_is_a_warning, address_rows);
    SUITE_TEST(&s, a_manager_that_is_gone_ends_nothing);
    SUITE_TEST(&s, signs_of_life_are_given_while_the_loop_turns);
    SUITE_TEST(&s, the_watchdog_of_another_process_is_not_ours);
    return suite_run(&s, "serve/notify");
}
