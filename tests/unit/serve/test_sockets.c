#include "serve/sockets.h"

#include <sys/socket.h>

#include "../support.h"
#include "net/listener.h"

static struct sockets before, now;
static struct error error;
static char *listen_items[LISTENERS_MAX + 1], *proxy_items[LISTENERS_MAX + 1];

static int sockets_remove(void **state)
{
    (void)state;
    sockets_close(&before);
    sockets_close(&now);
    return 0;
}

/* A configuration of these addresses, each list ended by NULL; valid until the next call. */
static const struct server_config *asking(const char *const *listen, const char *const *proxies)
{
    static struct server_config config;
    config = (struct server_config){.listen = {listen_items, 0}, .proxy_listen = {proxy_items, 0}};
    while (*listen != NULL)
        listen_items[config.listen.count++] = (char *)(uintptr_t)*listen++;
    while (proxies != NULL && *proxies != NULL)
        proxy_items[config.proxy_listen.count++] = (char *)(uintptr_t)*proxies++;
    return &config;
}

/* Do two descriptors lead to one socket? */
static bool is_one(int a, int b)
{
    struct stat one;
    struct stat other;
    assert_int_equal(fstat(a, &one), 0);
    assert_int_equal(fstat(b, &other), 0);
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static void what_stays_is_shared_and_told_once(void **state)
{
    (void)state;
    const char *const first[] = {"127.0.0.1:0", "127.0.0.1:0", NULL};
    const char *const second[] = {"127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", NULL};
    assert_status(sockets_open(&before, asking(first, NULL), NULL, &error), ST_OK, &error);
    before.told[0] = before.told[1] = true;
    assert_status(sockets_open(&now, asking(second, NULL), &before, &error), ST_OK, &error);
    assert_int_equal(now.count, 3);
    assert_true(is_one(now.fds[0], before.fds[0]));
    assert_true(is_one(now.fds[1], before.fds[1]));
    assert_false(is_one(now.fds[2], before.fds[0]) || is_one(now.fds[2], before.fds[1]));
    assert_true(now.told[0] && now.told[1] && !now.told[2]);
    assert_int_equal(fcntl(now.fds[0], F_GETFD), FD_CLOEXEC);
    sockets_close(&before); /* which does not close what is shared */
    assert_int_equal(listen(now.fds[0], 1), 0);
}

static void an_address_is_found_by_its_port(void **state)
{
    (void)state;
    const char *const first[] = {"127.0.0.1:0", NULL};
    char name[LISTENER_NAME_MAX];
    const char *const second[] = {name, NULL};
    assert_status(sockets_open(&before, asking(first, NULL), NULL, &error), ST_OK, &error);
    listener_name(before.fds[0], name);
    assert_status(sockets_open(&now, asking(second, NULL), &before, &error), ST_OK, &error);
    assert_true(is_one(now.fds[0], before.fds[0]));
}

static void clients_can_become_proxies(void **state)
{
    (void)state;
    const char *const first[] = {"127.0.0.1:0", NULL};
    const char *const none[] = {NULL};
    assert_status(sockets_open(&before, asking(first, NULL), NULL, &error), ST_OK, &error);
    assert_status(sockets_open(&now, asking(none, first), &before, &error), ST_OK, &error);
    assert_int_equal(now.count, 1);
    assert_int_equal(now.proxied, 1);
    assert_true(is_one(now.fds[0], before.fds[0]));
    assert_int_equal(sockets_public_port(&now, asking(none, first)), 1965);
}

static void a_wildcard_takes_the_place_of_an_address(void **state)
{
    (void)state;
    const char *const first[] = {"127.0.0.1:0", NULL};
    char name[LISTENER_NAME_MAX];
    char all[LISTENER_NAME_MAX];
    const char *const second[] = {all, NULL};
    const char *const both[] = {name, all, NULL};
    assert_status(sockets_open(&before, asking(first, NULL), NULL, &error), ST_OK, &error);
    snprintf(all, sizeof all, "0.0.0.0:%u", listener_name(before.fds[0], name));
    /* One that stays is in the way, as it would be at the next start. */
    assert_status(sockets_open(&now, asking(both, NULL), &before, &error), ST_IO, NULL);
    assert_contains(error.message, "Address already in use");
    sockets_close(&now);
    assert_status(sockets_open(&now, asking(second, NULL), &before, &error), ST_OK, &error);
    assert_false(is_one(now.fds[0], before.fds[0]));
}

static void there_is_a_most(void **state)
{
    (void)state;
    const char *many[LISTENERS_MAX + 1] = {NULL};
    const char *const one[] = {"127.0.0.1:0", NULL};
    for (size_t i = 0; i < LISTENERS_MAX; i++)
        many[i] = "127.0.0.1:0";
    assert_status(sockets_open(&now, asking(many, NULL), NULL, &error), ST_OK, &error);
    assert_int_equal(now.count, LISTENERS_MAX);
    sockets_close(&now);
    assert_status(sockets_open(&now, asking(many, one), NULL, &error), ST_LIMIT, NULL);
    assert_int_equal(now.count, 0);
}

int main(void)
{
    static struct suite s = {.teardown = sockets_remove};
    SUITE_TEST(&s, what_stays_is_shared_and_told_once);
    SUITE_TEST(&s, an_address_is_found_by_its_port);
    SUITE_TEST(&s, clients_can_become_proxies);
    SUITE_TEST(&s, a_wildcard_takes_the_place_of_an_address);
    SUITE_TEST(&s, there_is_a_most);
    return suite_run(&s, "serve/sockets");
}
