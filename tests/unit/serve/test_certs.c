#include "serve/certs.h"

#include <sys/resource.h>

#include "../certificate.h"
#include "log/log.h"
#include "tls/identity_make.h"

#define DAY ((int64_t)24 * 60 * 60 * 1000000000)

static struct certs certs;
static struct error error;
static unsigned changes;
static char localhost[] = "localhost";
static char *const names[] = {localhost};

static const char *key_path(void)
{
    return folder_path("localhost.key");
}

static const char *certificate_path(void)
{
    return folder_path("localhost.crt");
}

static void on_change(void *context)
{
    assert_ptr_equal(context, &certs);
    changes++;
}

static unsigned stops;

static void on_stopped(void *context)
{
    stops += context == &certs;
}

/* Keep the pair in the folder, of a server that runs since the second 1. */
static void keep(void)
{
    struct identity *id = NULL;
    assert_status(identity_load(key_path(), certificate_path(), &id, &error), ST_OK, &error);
    assert_status(certs_add(&certs, id, names, 1, &error), ST_OK, &error);
    assert_status(certs_pack(&certs, &error), ST_OK, &error);
    certs.on_change = on_change;
    certs.context = &certs;
    certs.told = 1000000000;
    certs_look(&certs, certs.told);
    certs_look(&certs, certs.told);
}

static int certs_make(void **state)
{
    changes = 0;
    certs_init(&certs);
    return quiet_folder_make(state);
}

static int certs_remove(void **state)
{
    certs_fini(&certs);
    return quiet_folder_remove(state);
}

/* What the workers would show, as a fingerprint; good until the next call. */
static const char *shown(size_t i)
{
    static char print[128];
    struct identity *ids[4];
    struct buf text;
    size_t count = 0;
    buf_init(&text, sizeof print);
    assert_status(identity_unpack(buf_span(&certs.text), ids, COUNT(ids), &count, &error), ST_OK,
                  &error);
    assert_true(i < count);
    identity_certificate_fingerprint(ids[i], &text);
    snprintf(print, sizeof print, "%s", buf_str(&text));
    for (size_t k = 0; k < count; k++)
        identity_free(ids[k]);
    buf_fini(&text);
    return print;
}

static void look_twice(void)
{
    certs_look(&certs, certs.told + 1);
    certs_look(&certs, certs.told + 2);
}

static void what_does_not_change_is_not_told(void **state)
{
    (void)state;
    certificate_put_pair(key_path(), certificate_path(), localhost, 400);
    keep();
    look_twice();
    certs_reload(&certs);
    assert_int_equal(changes, 0);
    assert_null(strstr(stderr_text(), "warning"));
    assert_contains(stderr_text(), "fingerprint SHA-256");
}

static void a_renewed_certificate_is_taken_when_it_is_quiet(void **state)
{
    (void)state;
    struct identity_renewal renewal = {.names = names, .count = 1};
    char before[128];
    certificate_put_pair(key_path(), certificate_path(), localhost, 400);
    keep();
    snprintf(before, sizeof before, "%s", shown(0));
    assert_status(identity_renew(test_folder, &renewal, &error), ST_OK, &error);
    certs_look(&certs, certs.told + 1);
    assert_int_equal(changes, 0);
    certs_look(&certs, certs.told + 2);
    assert_int_equal(changes, 1);
    assert_string_not_equal(shown(0), before);
    assert_null(strstr(stderr_text(), "another key"));
    look_twice();
    assert_int_equal(changes, 1);
}

/* Whoever has begun to shake hands with them is still to be answered. */
static void the_keys_before_are_kept_for_a_minute(void **state)
{
    (void)state;
    enum { LOOKS = 60 };
    char before[8192];
    certificate_put_pair(key_path(), certificate_path(), localhost, 400);
    keep();
    assert_int_equal(certs.before.n, 0);
    assert_true(certs.text.n < sizeof before);
    snprintf(before, sizeof before, "%s", buf_str(&certs.text));
    certificate_put_pair(key_path(), certificate_path(), localhost, 300);
    certs_reload(&certs);
    assert_int_equal(changes, 1);
    assert_string_equal(buf_str(&certs.before), before);
    certificate_put_pair(key_path(), certificate_path(), localhost, 200);
    certs_reload(&certs);
    assert_int_equal(changes, 2);
    assert_string_equal(buf_str(&certs.before), before); /* nobody has seen more */
    for (int i = 0; i < LOOKS; i++) {
        assert_string_equal(buf_str(&certs.before), before);
        certs_look(&certs, certs.told + 1);
    }
    assert_int_equal(certs.before.n, 0);
}

static void what_could_not_be_read_for_the_moment_is_read_again(void **state)
{
    (void)state;
    struct identity_renewal renewal = {.names = names, .count = 1};
    struct rlimit limit;
    certificate_put_pair(key_path(), certificate_path(), localhost, 400);
    keep();
    assert_status(identity_renew(test_folder, &renewal, &error), ST_OK, &error);
    certs_look(&certs, certs.told + 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const struct rlimit none = {3, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    certs_look(&certs, certs.told + 2);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(changes, 0);
    assert_contains(stderr_text(), "Too many open files");
    certs_look(&certs, certs.told + 3);
    assert_int_equal(changes, 1);
}

static void another_key_is_told_loudly(void **state)
{
    (void)state;
    certificate_put_pair(key_path(), certificate_path(), localhost, 400);
    keep();
    certificate_put_pair(key_path(), certificate_path(), localhost, 400);
    look_twice();
    assert_int_equal(changes, 1);
    assert_contains(stderr_text(), "warning: ");
    assert_contains(stderr_text(), "another key");
}

struct bad_row {
    const char *name;
    const char *file; /* what is written to it; nothing for its removal */
    const char *text;
    const char *told;
};

static const struct bad_row bad_rows[] = {
    {"a bad certificate keeps the one before", "localhost.crt", "no PEM\n", "no certificate in it"},
    {"a bad key keeps the one before", "localhost.key", "no PEM\n", "no private key in it"},
    {"a lost certificate keeps the one before", "localhost.crt", NULL, "No such file"},
    {"a lost key keeps the one before", "localhost.key", NULL, "No such file"},
};

static void what_is_bad_changes_nothing(void **state)
{
    const struct bad_row *row = *state;
    const char *path = folder_path(row->file);
    char before[128];
    certificate_put_pair(key_path(), certificate_path(), localhost, 400);
    keep();
    snprintf(before, sizeof before, "%s", shown(0));
    if (row->text == NULL)
        assert_int_equal(unlink(path), 0);
    else
        folder_put(row->file, span_of(row->text));
    unsigned long errors = log_count(LOG_ERROR);
    look_twice();
    look_twice();
    assert_int_equal(changes, 0);
    assert_int_equal(log_count(LOG_ERROR) - errors, 1); /* once, not at every look */
    assert_contains(stderr_text(), row->told);
    assert_contains(stderr_text(), "the certificate before stays in use");
    assert_string_equal(shown(0), before);
    certs_reload(&certs);
    assert_int_equal(log_count(LOG_ERROR) - errors, 2); /* and when somebody asks */
    certificate_put_pair(key_path(), certificate_path(), localhost, 300);
    look_twice();
    assert_int_equal(changes, 1);
    assert_string_not_equal(shown(0), before);
}

static void half_of_a_new_pair_is_waited_for(void **state)
{
    (void)state;
    const char *other = folder_path("other.key");
    certificate_put_pair(key_path(), certificate_path(), localhost, 400);
    keep();
    certificate_put_pair(other, certificate_path(), localhost, 400);
    certs_look(&certs, certs.told + 1);
    assert_int_equal(rename(other, key_path()), 0);
    look_twice();
    assert_int_equal(changes, 1);
    assert_null(strstr(stderr_text(), "error"));
}

static void a_link_that_leads_elsewhere_is_seen(void **state)
{
    (void)state;
    folder_make_dir("1");
    folder_make_dir("2");
    certificate_put_pair(folder_path("1/key"), folder_path("1/crt"), localhost, 400);
    certificate_put_pair(folder_path("2/key"), folder_path("2/crt"), localhost, 400);
    assert_int_equal(symlink("1", folder_path("live")), 0);
    assert_int_equal(symlink("live/key", key_path()), 0);
    assert_int_equal(symlink("live/crt", certificate_path()), 0);
    keep();
    assert_int_equal(symlink("2", folder_path("next")), 0);
    assert_int_equal(rename(folder_path("next"), folder_path("live")), 0);
    look_twice();
    assert_int_equal(changes, 1);
}

static void one_that_is_bad_does_not_keep_the_others_back(void **state)
{
    (void)state;
    struct identity *id = NULL;
    char first[128];
    char second[128];
    certificate_put_pair(key_path(), certificate_path(), localhost, 400);
    certificate_put_pair(folder_path("b.key"), folder_path("b.crt"), "b", 400);
    keep();
    assert_status(identity_load(folder_path("b.key"), folder_path("b.crt"), &id, &error), ST_OK,
                  &error);
    assert_status(certs_add(&certs, id, names, 0, &error), ST_OK, &error);
    assert_status(certs_pack(&certs, &error), ST_OK, &error);
    snprintf(first, sizeof first, "%s", shown(0));
    snprintf(second, sizeof second, "%s", shown(1));
    folder_put("localhost.crt", SPAN("no PEM\n"));
    certificate_put_pair(folder_path("b.key"), folder_path("b.crt"), "b", 300);
    certs_reload(&certs);
    assert_int_equal(changes, 1);
    assert_string_equal(shown(0), first);
    assert_string_not_equal(shown(1), second);
}

struct expiry_row {
    const char *name;
    int days;
    const char *told; /* NULL for nothing */
};

static const struct expiry_row expiry_rows[] = {
    {"30 days before the end nobody is warned", 30, NULL},
    {"29 days before the end is a warning", 29, "expires in 29 days"},
    {"one day before the end is a warning", 1, "expires in 1 day ("},
    {"after the end is a warning", -2, "has expired"},
};

static void an_end_that_is_near_is_told_once_a_day(void **state)
{
    const struct expiry_row *row = *state;
    unsigned each = row->told == NULL ? 0 : 1;
    certificate_put_pair(key_path(), certificate_path(), localhost, row->days);
    unsigned long before = log_count(LOG_WARNING);
    keep();
    assert_int_equal(log_count(LOG_WARNING) - before, each);
    certs_look(&certs, 1000000000 + DAY - 1);
    assert_int_equal(log_count(LOG_WARNING) - before, each);
    certs_look(&certs, 1000000000 + DAY);
    certs_look(&certs, 1000000000 + DAY + 1);
    assert_int_equal(log_count(LOG_WARNING) - before, 2 * each);
    certs_look(&certs, 500); /* the clock was set back */
    certs_look(&certs, 501);
    assert_int_equal(log_count(LOG_WARNING) - before, 3 * each);
    if (row->told != NULL)
        assert_contains(stderr_text(), row->told);
}

static void a_name_that_is_not_in_it_is_told(void **state)
{
    (void)state;
    certificate_put_pair(key_path(), certificate_path(), "other.example", 400);
    keep();
    assert_contains(stderr_text(), "does not name localhost");
}

static void a_timer_looks(void **state)
{
    (void)state;
    uv_loop_t loop;
    certificate_put_pair(key_path(), certificate_path(), localhost, 400);
    keep();
    assert_int_equal(uv_loop_init(&loop), 0);
    certs_start(&certs, &loop, on_change, on_stopped, &certs);
    certificate_put_pair(key_path(), certificate_path(), localhost, 400);
    for (int i = 0; i < 10 && changes == 0; i++)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(changes, 1);
    stops = 0;
    certs_stop(&certs);
    certs_stop(&certs);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(stops, 1);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    static struct suite s = {.setup = certs_make, .teardown = certs_remove};
    SUITE_TEST(&s, what_does_not_change_is_not_told);
    SUITE_TEST(&s, a_renewed_certificate_is_taken_when_it_is_quiet);
    SUITE_TEST(&s, the_keys_before_are_kept_for_a_minute);
    SUITE_TEST(&s, what_could_not_be_read_for_the_moment_is_read_again);
    SUITE_TEST(&s, another_key_is_told_loudly);
    SUITE_ROWS(&s, what_is_bad_changes_nothing, bad_rows);
    SUITE_TEST(&s, half_of_a_new_pair_is_waited_for);
    SUITE_TEST(&s, a_link_that_leads_elsewhere_is_seen);
    SUITE_TEST(&s, one_that_is_bad_does_not_keep_the_others_back);
    SUITE_ROWS(&s, an_end_that_is_near_is_told_once_a_day, expiry_rows);
    SUITE_TEST(&s, a_name_that_is_not_in_it_is_told);
    SUITE_TEST(&s, a_timer_looks);
    return suite_run(&s, "serve/certs");
}
