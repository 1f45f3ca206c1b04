#include "config/server.h"

#include "../support.h"

static struct server_config got;
static struct options options;
static struct error error;

static int config_make(void **state)
{
    (void)state;
    got = (struct server_config){0};
    options_init(&options, server_options, server_options_count, &got);
    return 0;
}

static int config_remove(void **state)
{
    (void)state;
    options_fini(&options);
    return 0;
}

static void defaults_serve_localhost_on_the_port_of_gemini(void **state)
{
    (void)state;
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_null(got.config);
    assert_int_equal(got.listen.count, 2);
    assert_string_equal(got.listen.items[0], "[::]:1965");
    assert_string_equal(got.listen.items[1], "0.0.0.0:1965");
    assert_int_equal(got.host.count, 1);
    assert_string_equal(got.host.items[0], "localhost");
    assert_string_equal(got.certs, "certs");
    assert_null(got.state);
    assert_int_equal(got.workers, 0);
    assert_string_equal(got.tls_min, "1.2");
    assert_null(got.ticket_keys);
    assert_int_equal(got.ticket_rotation, 8 * 60 * 60);
}

static void a_file_can_say_everything_but_its_own_name(void **state)
{
    (void)state;
    static const char text[] = "listen = {\"127.0.0.1:0\"}\n"
                               "host = {\"example.org\", \"192.0.2.1\"}\n"
                               "certs = \"/etc/certs\"\n"
                               "state = \"/var/lib/state\"\n"
                               "workers = 3\n"
                               "tls-min = \"1.3\"\n"
                               "ticket-keys = \"/etc/keys\"\n"
                               "ticket-rotation = 3600\n";
    assert_status(options_read_text(&options, "a.conf", text, &error), ST_OK, &error);
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_int_equal(got.listen.count, 1);
    assert_string_equal(got.listen.items[0], "127.0.0.1:0");
    assert_int_equal(got.host.count, 2);
    assert_string_equal(got.host.items[1], "192.0.2.1");
    assert_string_equal(got.certs, "/etc/certs");
    assert_string_equal(got.state, "/var/lib/state");
    assert_int_equal(got.workers, 3);
    assert_string_equal(got.tls_min, "1.3");
    assert_string_equal(got.ticket_keys, "/etc/keys");
    assert_int_equal(got.ticket_rotation, 3600);
    assert_status(options_read_text(&options, "a.conf", "config = \"b\"", &error), ST_SYNTAX,
                  &error);
}

struct workers_row {
    const char *name, *text;
    enum status expected;
};

static const struct workers_row workers_rows[] = {
    {"no workers are counted as one for each processor", "workers = 0", ST_OK},
    {"256 workers are the most", "workers = 256", ST_OK},
    {"257 workers are too many", "workers = 257", ST_SYNTAX},
    {"fewer than no workers cannot be", "workers = -1", ST_SYNTAX},
};

static void workers_have_a_range(void **state)
{
    const struct workers_row *row = *state;
    assert_status(options_read_text(&options, "a", row->text, &error), row->expected, &error);
}

static void every_option_is_in_the_help(void **state)
{
    (void)state;
    struct buf help;
    buf_init(&help, 10000);
    options_help(server_options, server_options_count, &help);
    for (size_t i = 0; i < server_options_count; i++) {
        char option[64];
        snprintf(option, sizeof option, "  --%s ", server_options[i].name);
        assert_contains(buf_str(&help), option);
        assert_contains(buf_str(&help), server_options[i].help);
    }
    buf_fini(&help);
}

int main(void)
{
    static struct suite s = {.setup = config_make, .teardown = config_remove};
    SUITE_TEST(&s, defaults_serve_localhost_on_the_port_of_gemini);
    SUITE_TEST(&s, a_file_can_say_everything_but_its_own_name);
    SUITE_ROWS(&s, workers_have_a_range, workers_rows);
    SUITE_TEST(&s, every_option_is_in_the_help);
    return suite_run(&s, "config/server");
}
