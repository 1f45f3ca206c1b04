#include "net/quota.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "../support.h"

static struct quotas *quotas;
static struct error error;

static int quotas_remove(void **state)
{
    (void)state;
    quotas_free(quotas);
    quotas = NULL;
    return 0;
}

static struct sockaddr_storage address_of(const char *text)
{
    struct sockaddr_storage out = {0};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(40000)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(40000)};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        memcpy(&out, &v4, sizeof v4);
    else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        memcpy(&out, &v6, sizeof v6);
    return out;
}

static void start(struct quota_plan plan)
{
    assert_status(quotas_new(&plan, &quotas, &error), ST_OK, &error);
}

/* Begin a connection; false when it is refused. */
static bool enter(const char *text, struct quota **one)
{
    struct sockaddr_storage address = address_of(text);
    return quota_enter(quotas, &address, one);
}

struct same_row {
    const char *name, *one, *other;
    bool same; /* the limit of one connection holds for both together */
};

static const struct same_row same_rows[] = {
    {"an IPv4 address is itself", "192.0.2.1", "192.0.2.1", true},
    {"its neighbour is another", "192.0.2.1", "192.0.2.2", false},
    {"a mapped address is the IPv4 address", "192.0.2.1", "::ffff:192.0.2.1", true},
    {"a mapped neighbour is another", "::ffff:192.0.2.2", "::ffff:192.0.2.1", false},
    {"an IPv6 address is itself", "2001:db8::1", "2001:db8::1", true},
    {"a /64 is one", "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
    {"the next /64 is another", "2001:db8:0:1::1", "2001:db8:0:2::1", false},
    {"IPv6 that begins as an IPv4 address does", "192.0.2.1", "c000:0201::", false},
};

static void addresses_are_told_apart(void **state)
{
    const struct same_row *row = *state;
    struct quota *one, *other;
    start((struct quota_plan){.connections = 1, .burst = 1});
    assert_true(enter(row->one, &one));
    assert_int_equal(enter(row->other, &other), !row->same);
}

static void connections_are_counted_until_they_end(void **state)
{
    (void)state;
    struct quota *one[3], *more;
    start((struct quota_plan){.connections = 3, .burst = 1});
    for (size_t i = 0; i < COUNT(one); i++) {
        assert_true(enter("192.0.2.1", &one[i]));
        assert_non_null(one[i]);
    }
    assert_false(enter("192.0.2.1", &more));
    assert_null(more);
    quota_leave(one[0]);
    quota_leave(more);
    assert_true(enter("192.0.2.1", &more));
    assert_false(enter("192.0.2.1", &one[0]));
}

static void without_a_limit_nobody_is_refused(void **state)
{
    (void)state;
    struct quota *one = NULL;
    start((struct quota_plan){.burst = 1});
    for (int i = 0; i < 1000; i++) {
        assert_true(enter("192.0.2.1", &one));
        assert_int_equal(quota_ask(quotas, one, 1000), 0);
    }
}

static void who_is_exempt_is_not_counted(void **state)
{
    (void)state;
    struct prefix exempt[2];
    struct quota *one;
    assert_status(prefix_parse("::1", &exempt[0], &error), ST_OK, &error);
    assert_status(prefix_parse("10.0.0.0/8", &exempt[1], &error), ST_OK, &error);
    start((struct quota_plan){
        .connections = 1, .rate = 1, .burst = 1, .exempt = exempt, .exempt_count = COUNT(exempt)});
    for (int i = 0; i < 3; i++) {
        assert_true(enter("10.1.2.3", &one));
        assert_null(one);
        assert_int_equal(quota_ask(quotas, one, 1000), 0);
        assert_true(enter("::1", &one));
        assert_null(one);
    }
    assert_true(enter("::2", &one)); /* of the same /64 */
    assert_non_null(one);
}

static void what_is_no_internet_address_is_not_counted(void **state)
{
    (void)state;
    struct quota *one;
    start((struct quota_plan){.connections = 1, .burst = 1});
    assert_true(enter("", &one) && one == NULL);
    assert_true(enter("", &one) && one == NULL);
}

struct ask_row {
    const char *name;
    unsigned rate, burst;
    unsigned at_once; /* requests at 5 s that are answered */
    unsigned wait;    /* seconds that the next one is told */
};

static const struct ask_row ask_rows[] = {
    {"one a second", 1, 1, 1, 1},
    {"one a second, five at once", 1, 5, 5, 1},
    {"a burst of a thousand", 50, 1000, 1000, 1},
    {"a rate that divides no second", 7, 3, 3, 1},
};

static void requests_have_a_burst_and_a_rate(void **state)
{
    const struct ask_row *row = *state;
    struct quota *one;
    uint64_t now = 5000;
    start((struct quota_plan){.rate = row->rate, .burst = row->burst});
    assert_true(enter("192.0.2.1", &one));
    for (unsigned i = 0; i < row->at_once; i++)
        assert_int_equal(quota_ask(quotas, one, now), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(quota_ask(quotas, one, now), row->wait);
    now += (uint64_t)row->wait * 1000; /* whoever waits as long as he was told is answered */
    unsigned answered = 0;
    while (answered <= row->rate && quota_ask(quotas, one, now) == 0)
        answered++;
    assert_int_equal(answered, row->rate < row->burst ? row->rate : row->burst);
}

/* At the very rate nobody is ever refused; nor is the rate exceeded in the long run. */
static void the_rate_holds_for_long(void **state)
{
    (void)state;
    struct quota *steady, *greedy;
    start((struct quota_plan){.rate = 50, .burst = 10});
    assert_true(enter("192.0.2.1", &steady) && enter("192.0.2.2", &greedy));
    unsigned answered = 0;
    for (uint64_t ms = 0; ms < 100000; ms++) {
        if (ms % 20 == 0)
            assert_int_equal(quota_ask(quotas, steady, ms), 0);
        answered += quota_ask(quotas, greedy, ms) == 0;
    }
    assert_in_range(answered, 50 * 100, 50 * 100 + 10);
}

/* gemget fetches one after the other, up to 20 or so in a second, and stops at the first 44. */
static void a_mirror_of_ten_thousand_pages_is_let_through(void **state)
{
    (void)state;
    struct quota *one;
    start((struct quota_plan){.connections = 100, .rate = 50, .burst = 1000});
    for (uint64_t ms = 0; ms < UINT64_C(10000) * 21; ms += 21) {
        assert_true(enter("192.0.2.1", &one));
        assert_int_equal(quota_ask(quotas, one, ms), 0);
        quota_leave(one);
    }
}

static void a_long_debt_is_told_in_whole_seconds(void **state)
{
    (void)state;
    struct quota *one;
    start((struct quota_plan){.rate = 1, .burst = 1});
    assert_true(enter("192.0.2.1", &one));
    assert_int_equal(quota_ask(quotas, one, 10000), 0);
    assert_int_equal(quota_ask(quotas, one, 10001), 1);
    assert_int_equal(quota_ask(quotas, one, 10999), 1);
    assert_int_equal(quota_ask(quotas, one, 11000), 0);
}

static void the_debt_is_kept_over_connections(void **state)
{
    (void)state;
    struct quota *one;
    start((struct quota_plan){.rate = 1, .burst = 1});
    assert_true(enter("192.0.2.1", &one));
    assert_int_equal(quota_ask(quotas, one, 1000), 0);
    quota_leave(one);
    assert_true(enter("192.0.2.1", &one));
    assert_int_equal(quota_ask(quotas, one, 1000), 1);
}

/* Addresses without end, as somebody has who owns a /32: memory stays, who is here stays. */
static void the_quiet_make_room_and_the_present_stay(void **state)
{
    (void)state;
    struct quota *present, *other;
    char text[INET6_ADDRSTRLEN];
    start((struct quota_plan){.connections = 1, .rate = 1, .burst = 1});
    assert_true(enter("192.0.2.1", &present));
    assert_int_equal(quota_ask(quotas, present, 1000), 0);
    for (unsigned i = 0; i < 20 * QUOTA_SETS * QUOTA_WAYS; i++) {
        snprintf(text, sizeof text, "2001:db8:%x:%x::1", i >> 16, i & 0xffff);
        assert_true(enter(text, &other));
        assert_non_null(other);
        assert_int_equal(quota_ask(quotas, other, 1000), 0);
        quota_leave(other);
    }
    assert_false(enter("192.0.2.1", &other));
    assert_int_equal(quota_ask(quotas, present, 1000), 1);
}

/* With nobody to be replaced there is no count, and no refusal either. */
static void a_full_table_counts_nobody_new(void **state)
{
    (void)state;
    struct quota *one;
    char text[INET6_ADDRSTRLEN];
    size_t uncounted = 0;
    size_t all = (size_t)2 * QUOTA_SETS * QUOTA_WAYS;
    start((struct quota_plan){.connections = 1, .burst = 1});
    for (unsigned i = 0; i < all; i++) {
        snprintf(text, sizeof text, "10.%u.%u.%u", i >> 16, i >> 8 & 0xff, i & 0xff);
        assert_true(enter(text, &one));
        uncounted += one == NULL;
    }
    assert_in_range(uncounted, all / 2, all / 4 * 3);
}

/* Which addresses meet is not the same in two tables: nobody can know it beforehand. */
static void who_meets_whom_is_drawn_anew(void **state)
{
    (void)state;
    enum { ADDRESSES = QUOTA_SETS * QUOTA_WAYS };
    static bool counted[2][ADDRESSES];
    char text[INET6_ADDRSTRLEN];
    for (int table = 0; table < 2; table++) {
        quotas_remove(NULL);
        start((struct quota_plan){.connections = 1, .burst = 1});
        for (unsigned i = 0; i < ADDRESSES; i++) {
            struct quota *one;
            snprintf(text, sizeof text, "10.0.%u.%u", i >> 8, i & 0xff);
            assert_true(enter(text, &one));
            counted[table][i] = one != NULL;
        }
    }
    assert_memory_not_equal(counted[0], counted[1], sizeof counted[0]);
}

int main(void)
{
    static struct suite s = {.teardown = quotas_remove};
    SUITE_ROWS(&s, addresses_are_told_apart, same_rows);
    SUITE_TEST(&s, connections_are_counted_until_they_end);
    SUITE_TEST(&s, without_a_limit_nobody_is_refused);
    SUITE_TEST(&s, who_is_exempt_is_not_counted);
    SUITE_TEST(&s, what_is_no_internet_address_is_not_counted);
    SUITE_ROWS(&s, requests_have_a_burst_and_a_rate, ask_rows);
    SUITE_TEST(&s, the_rate_holds_for_long);
    SUITE_TEST(&s, a_mirror_of_ten_thousand_pages_is_let_through);
    SUITE_TEST(&s, a_long_debt_is_told_in_whole_seconds);
    SUITE_TEST(&s, the_debt_is_kept_over_connections);
    SUITE_TEST(&s, the_quiet_make_room_and_the_present_stay);
    SUITE_TEST(&s, a_full_table_counts_nobody_new);
    SUITE_TEST(&s, who_meets_whom_is_drawn_anew);
    return suite_run(&s, "net/quota");
}
