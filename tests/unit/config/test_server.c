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

static void check_sole(const char *name, const char *capsule, size_t aliases)
{
    const struct vhost_config *v = server_config_vhosts(&got);
    assert_true(got.sole);
    assert_int_equal(got.vhost.count, 1);
    assert_string_equal(v->name, name);
    assert_string_equal(v->capsule, capsule);
    assert_int_equal(v->alias.count, aliases);
    assert_null(v->certificate);
    assert_null(v->key);
}

static void defaults_serve_localhost_on_the_port_of_gemini(void **state)
{
    (void)state;
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_null(got.config);
    assert_int_equal(got.listen.count, 2);
    assert_string_equal(got.listen.items[0], "[::]:1965");
    assert_string_equal(got.listen.items[1], "0.0.0.0:1965");
    assert_int_equal(got.proxy_listen.count, 0);
    assert_int_equal(got.proxy_from.count, 2);
    assert_string_equal(got.proxy_from.items[0], "127.0.0.1");
    assert_string_equal(got.proxy_from.items[1], "::1");
    assert_int_equal(got.public_port, 0);
    assert_int_equal(got.host.count, 0);
    assert_string_equal(got.certs, "certs");
    assert_null(got.state);
    assert_int_equal(got.workers, 0);
    assert_string_equal(got.tls_min, "1.2");
    assert_null(got.ticket_keys);
    assert_int_equal(got.ticket_rotation, 8 * 60 * 60);
    assert_status(server_config_finish(&got, NULL, &error), ST_OK, &error);
    check_sole("localhost", "capsule", 0);
}

static void the_command_line_makes_one_vhost(void **state)
{
    (void)state;
    assert_status(options_read_text(&options, "a", "host = {a, b, c}", &error), ST_OK, &error);
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_status(server_config_finish(&got, "/srv/news", &error), ST_OK, &error);
    check_sole("a", "/srv/news", 2);
    assert_string_equal(server_config_vhosts(&got)->alias.items[0], "b");
    assert_string_equal(server_config_vhosts(&got)->alias.items[1], "c");
}

static void sections_are_vhosts_in_their_order(void **state)
{
    (void)state;
    static const char text[] = "vhost \"b.example\" {\n capsule = b\n alias = {\"192.0.2.1\"}\n}\n"
                               "vhost a.example { capsule = a certificate = c key = k }\n";
    assert_status(options_read_text(&options, "a", text, &error), ST_OK, &error);
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_status(server_config_finish(&got, NULL, &error), ST_OK, &error);
    const struct vhost_config *v = server_config_vhosts(&got);
    assert_false(got.sole);
    assert_int_equal(got.vhost.count, 2);
    assert_string_equal(v[0].name, "b.example");
    assert_string_equal(v[0].capsule, "b");
    assert_int_equal(v[0].alias.count, 1);
    assert_string_equal(v[0].alias.items[0], "192.0.2.1");
    assert_null(v[0].certificate);
    assert_null(v[0].key);
    assert_string_equal(v[1].name, "a.example");
    assert_string_equal(v[1].certificate, "c");
    assert_string_equal(v[1].key, "k");
}

struct bad_row {
    const char *name, *text, *capsule, *expected;
};

static const struct bad_row bad_rows[] = {
    {"an operand beside sections", "vhost a { capsule = c }", "folder",
     "folder: the vhost sections in the configuration say what is served"},
    {"hosts beside sections", "host = {b}\nvhost a { capsule = c }", NULL,
     "host: the vhost sections in"},
    {"no capsule", "vhost a { capsule = c }\nvhost b {}", NULL, "vhost b: no capsule"},
    {"an empty capsule", "vhost a { capsule = '' }", NULL, "vhost a: no capsule"},
    {"a certificate alone", "vhost a { capsule = c certificate = x }", NULL,
     "vhost a: a certificate without a key"},
    {"a key alone", "vhost a { capsule = c key = x }", NULL, "vhost a: a key without a cert"},
    {"an empty key", "vhost a { capsule = c certificate = x key = '' }", NULL,
     "vhost a: an empty name"},
};

static void what_contradicts_itself_is_a_usage_error(void **state)
{
    const struct bad_row *row = *state;
    assert_status(options_read_text(&options, "a", row->text, &error), ST_OK, &error);
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_status(server_config_finish(&got, row->capsule, &error), ST_SYNTAX, &error);
    assert_contains(error.message, row->expected);
}

/* On the command line or in a file. */
static void addresses_for_proxies_take_the_default_addresses_away(void **state)
{
    (void)state;
    assert_status(options_read_text(&options, "a", "proxy-listen = {\"[::1]:1\"}\n", &error), ST_OK,
                  &error);
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_int_equal(got.proxy_listen.count, 1);
    assert_int_equal(got.listen.count, 0);
    assert_int_equal(got.proxy_from.count, 2);
}

static void addresses_for_proxies_leave_what_was_given(void **state)
{
    (void)state;
    char *argv[] = {(char[]){"serve"}, (char[]){"--proxy-listen=[::1]:1"},
                    (char[]){"--listen=[::1]:2"}, NULL};
    int operand = 0;
    assert_status(options_read_args(&options, 3, argv, &operand, &error), ST_OK, &error);
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_int_equal(got.proxy_listen.count, 1);
    assert_int_equal(got.listen.count, 1);
}

static void a_file_can_say_everything_but_its_own_name(void **state)
{
    (void)state;
    static const char text[] = "listen = {\"127.0.0.1:0\"}\n"
                               "proxy-listen = {\"10.0.0.1:1965\", \"[::1]:1966\"}\n"
                               "proxy-from = {\"10.0.0.0/8\"}\n"
                               "public-port = 7000\n"
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
    assert_int_equal(got.proxy_listen.count, 2);
    assert_string_equal(got.proxy_listen.items[1], "[::1]:1966");
    assert_int_equal(got.proxy_from.count, 1);
    assert_string_equal(got.proxy_from.items[0], "10.0.0.0/8");
    assert_int_equal(got.public_port, 7000);
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

static void limits_can_be_given_and_have_defaults(void **state)
{
    (void)state;
    static const char text[] = "max-connections = 50\n"
                               "max-per-address = 7\n"
                               "unlimited = {\"none\"}\n"
                               "least-rate = 0\n"
                               "log-lines = 9\n";
    assert_status(options_read_text(&options, "a.conf", text, &error), ST_OK, &error);
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_int_equal(got.limits.connections, 50);
    assert_int_equal(got.limits.per_address, 7);
    assert_int_equal(server_config_exempt(&got).count, 0);
    assert_int_equal(got.limits.least_rate, 0);
    assert_int_equal(got.limits.log_lines, 9);
    assert_int_equal(got.limits.request_rate, 50);
    assert_int_equal(got.limits.request_burst, 1000);
    assert_int_equal(got.limits.handshake_timeout, 10);
    assert_int_equal(got.limits.request_timeout, 10);
    assert_int_equal(got.limits.close_timeout, 1);
    assert_int_equal(got.limits.stall_timeout, 90);
}

static void this_machine_is_exempt_by_default(void **state)
{
    (void)state;
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    struct option_list exempt = server_config_exempt(&got);
    assert_int_equal(exempt.count, 2);
    assert_string_equal(exempt.items[0], "127.0.0.1");
    assert_string_equal(exempt.items[1], "::1");
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
        if (server_options[i].type == OPTION_SECTIONS)
            continue; /* the usage tells of them */
        snprintf(option, sizeof option, "  --%s ", server_options[i].name);
        assert_contains(buf_str(&help), option);
        assert_contains(buf_str(&help), server_options[i].help);
    }
    buf_fini(&help);
}

static const char areas_text[] = "area '/a/' { fingerprint = {'x', 'y'} list = 'l' ca = 'c' }\n"
                                 "area '/b' { prompt = 'Who?' }\n";

static void check_areas(const struct option_sections *sections)
{
    assert_int_equal(sections->count, 2);
    const struct area_config *areas = sections->items;
    assert_string_equal(areas[0].prefix, "/a/");
    assert_int_equal(areas[0].fingerprint.count, 2);
    assert_string_equal(areas[0].fingerprint.items[1], "y");
    assert_string_equal(areas[0].list, "l");
    assert_string_equal(areas[0].ca, "c");
    assert_string_equal(areas[0].prompt, "A client certificate is needed for this page");
    assert_string_equal(areas[1].prefix, "/b");
    assert_int_equal(areas[1].fingerprint.count, 0);
    assert_null(areas[1].list);
    assert_null(areas[1].ca);
    assert_string_equal(areas[1].prompt, "Who?");
}

static void areas_of_the_one_capsule_are_its_vhosts(void **state)
{
    (void)state;
    assert_status(options_read_text(&options, "a", areas_text, &error), ST_OK, &error);
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_status(server_config_finish(&got, NULL, &error), ST_OK, &error);
    assert_int_equal(got.area.count, 0);
    check_areas(&server_config_vhosts(&got)->area);
}

static void areas_stand_in_the_section_of_their_vhost(void **state)
{
    (void)state;
    char text[500];
    snprintf(text, sizeof text, "vhost 'a' { capsule = 'a' }\nvhost 'b' { capsule = 'b'\n%s}\n",
             areas_text);
    assert_status(options_read_text(&options, "a", text, &error), ST_OK, &error);
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_status(server_config_finish(&got, NULL, &error), ST_OK, &error);
    assert_int_equal(server_config_vhosts(&got)[0].area.count, 0);
    check_areas(&server_config_vhosts(&got)[1].area);
}

static void an_area_for_nobody_is_none_for_everybody(void **state)
{
    (void)state;
    assert_status(options_read_text(&options, "a",
                                    "area '/a' { fingerprint = {} }\narea '/b' { }\n"
                                    "area '/c' { fingerprint = {} }\n",
                                    &error),
                  ST_OK, &error);
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    const struct area_config *areas = got.area.items;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(areas[i].fingerprint.count, 0);
        assert_int_equal(areas[i].fingerprint.items != NULL, i != 1);
    }
}

static void an_area_beside_vhosts_belongs_to_none(void **state)
{
    (void)state;
    assert_status(
        options_read_text(&options, "a", "vhost 'a' { capsule = 'a' }\narea '/x' { }", &error),
        ST_OK, &error);
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_status(server_config_finish(&got, NULL, &error), ST_SYNTAX, NULL);
    assert_contains(error.message, "area /x: must stand in a vhost section");
}

/* A configuration of this text, for server_config_free. */
static struct server_config *config_of(const char *text)
{
    struct server_config *config = calloc(1, sizeof *config);
    struct options of;
    assert_non_null(config);
    options_init(&of, server_options, server_options_count, config);
    assert_status(options_read_text(&of, "a", text, &error), ST_OK, &error);
    assert_status(options_read_defaults(&of, &error), ST_OK, &error);
    assert_status(server_config_finish(config, NULL, &error), ST_OK, &error);
    return config;
}

struct same_row {
    const char *name, *one, *other;
    bool same;
};

static const struct same_row same_rows[] = {
    {"comments and blanks", "workers=1", "# one\n\nworkers   = 1\n", true},
    {"a default that is written", "", "workers = 0\ntls-min = '1.2'\n", true},
    {"the order of options", "workers = 1\nstate = 'a'", "state = 'a'\nworkers = 1", true},
    {"a number", "workers = 1", "workers = 2", false},
    {"a limit", "drain-timeout = 5", "drain-timeout = 6", false},
    {"another name", "host = {'a', 'b'}", "host = {'b', 'a'}", false},
    {"another capsule", "vhost 'a' { capsule = 'a' }", "vhost 'a' { capsule = 'b' }", false},
    {"another vhost", "vhost 'a' { capsule = 'a' }",
     "vhost 'a' { capsule = 'a' }\nvhost 'b' { capsule = 'b' }", false},
    {"the order of vhosts", "vhost 'a' { capsule = 'a' }\nvhost 'b' { capsule = 'b' }",
     "vhost 'b' { capsule = 'b' }\nvhost 'a' { capsule = 'a' }", false},
    {"an area", "vhost 'a' { capsule = 'a' }", "vhost 'a' { capsule = 'a'\narea '/x' { } }", false},
    {"an area for nobody", "vhost 'a' { capsule = 'a'\narea '/x' { } }",
     "vhost 'a' { capsule = 'a'\narea '/x' { fingerprint = {} } }", false},
};

static void what_is_written_the_same_is_the_same(void **state)
{
    const struct same_row *row = *state;
    struct server_config *one = config_of(row->one);
    struct server_config *other = config_of(row->other);
    struct buf a;
    struct buf b;
    buf_init(&a, TEXT_MAX);
    buf_init(&b, TEXT_MAX);
    server_config_write(one, &a);
    server_config_write(other, &b);
    assert_int_equal(buf_status(&a), ST_OK);
    assert_int_equal(span_eq(buf_span(&a), buf_span(&b)), row->same);
    buf_fini(&a);
    buf_fini(&b);
    server_config_free(one);
    server_config_free(other);
    server_config_free(NULL);
}

int main(void)
{
    static struct suite s = {.setup = config_make, .teardown = config_remove};
    SUITE_TEST(&s, defaults_serve_localhost_on_the_port_of_gemini);
    SUITE_TEST(&s, addresses_for_proxies_take_the_default_addresses_away);
    SUITE_TEST(&s, addresses_for_proxies_leave_what_was_given);
    SUITE_TEST(&s, a_file_can_say_everything_but_its_own_name);
    SUITE_TEST(&s, the_command_line_makes_one_vhost);
    SUITE_TEST(&s, sections_are_vhosts_in_their_order);
    SUITE_ROWS(&s, what_contradicts_itself_is_a_usage_error, bad_rows);
    SUITE_TEST(&s, areas_of_the_one_capsule_are_its_vhosts);
    SUITE_TEST(&s, areas_stand_in_the_section_of_their_vhost);
    SUITE_TEST(&s, an_area_for_nobody_is_none_for_everybody);
    SUITE_TEST(&s, an_area_beside_vhosts_belongs_to_none);
    SUITE_TEST(&s, limits_can_be_given_and_have_defaults);
    SUITE_TEST(&s, this_machine_is_exempt_by_default);
    SUITE_ROWS(&s, workers_have_a_range, workers_rows);
    SUITE_ROWS(&s, what_is_written_the_same_is_the_same, same_rows);
    SUITE_TEST(&s, every_option_is_in_the_help);
    return suite_run(&s, "config/server");
}
