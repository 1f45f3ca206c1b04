#include "config/option.h"

#include "../support.h"

struct area {
    char *path;
    long limit;
};

struct host {
    char *name;
    char *folder;
    struct option_list alias;
    struct option_sections area;
    long limit;
};

struct sample {
    char *plain;
    struct option_sections host;
    long number;
};

static const struct option_row area_rows[] = {
    {.name = "limit",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct area, limit),
     .initial = "5",
     .min = 1,
     .max = 9},
};

static const struct option_section area_section = {sizeof(struct area), offsetof(struct area, path),
                                                   area_rows, COUNT(area_rows)};

static const struct option_row host_rows[] = {
    {.name = "folder", .offset = offsetof(struct host, folder), .initial = "here"},
    {.name = "alias", .type = OPTION_LIST, .offset = offsetof(struct host, alias)},
    {.name = "area",
     .type = OPTION_SECTIONS,
     .offset = offsetof(struct host, area),
     .section = &area_section},
    {.name = "limit",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct host, limit),
     .min = -2,
     .max = 100},
};

static const struct option_section host_section = {sizeof(struct host), offsetof(struct host, name),
                                                   host_rows, COUNT(host_rows)};

static const struct option_row rows[] = {
    {.name = "plain", .letter = 'p', .offset = offsetof(struct sample, plain), .help = "plain"},
    {.name = "host",
     .type = OPTION_SECTIONS,
     .offset = offsetof(struct sample, host),
     .section = &host_section},
    {.name = "number",
     .type = OPTION_NUMBER,
     .offset = offsetof(struct sample, number),
     .max = 9,
     .help = "number"},
};

static struct sample got;
static struct options options;
static struct error error;

static int options_make(void **state)
{
    (void)state;
    got = (struct sample){0};
    options_init(&options, rows, COUNT(rows), &got);
    return 0;
}

static int options_remove(void **state)
{
    (void)state;
    options_fini(&options);
    return 0;
}

/* The sections as "name folder alias,alias limit [path limit ...]; ...". */
static const char *got_text(const struct sample *s)
{
    static char text[4096];
    FILE *out = fmemopen(text, sizeof text, "w");
    assert_non_null(out);
    const struct host *hosts = s->host.items;
    for (size_t i = 0; i < s->host.count; i++) {
        const struct host *h = &hosts[i];
        const struct area *areas = h->area.items;
        fprintf(out, "%s%s %s ", i > 0 ? "; " : "", h->name, h->folder);
        for (size_t k = 0; k < h->alias.count; k++)
            fprintf(out, "%s%s", k > 0 ? "," : "", h->alias.items[k]);
        fprintf(out, " %ld [", h->limit);
        for (size_t k = 0; k < h->area.count; k++)
            fprintf(out, "%s%s %ld", k > 0 ? " " : "", areas[k].path, areas[k].limit);
        fputs("]", out);
    }
    fputc('\0', out);
    fclose(out);
    return text;
}

struct text_row {
    const char *name, *text, *expected;
};

static const struct text_row text_rows[] = {
    {"no sections", "plain = x", ""},
    {"an empty section has its defaults", "host a {}", "a here  0 []"},
    {"what a section says", "host \"a b\" {\nfolder = x\nalias = {c, \"d\"}\nlimit = 3\n}",
     "a b x c,d 3 []"},
    {"several, in their order", "host b {limit = 1}\nhost a {limit = 2}",
     "b here  1 []; a here  2 []"},
    {"between other keys", "plain = x\nhost a {\n}\nnumber = 3", "a here  0 []"},
    {"sections in a section", "host a {\narea \"/x\" {}\narea '/y' { limit = 9 }\nlimit = 4}",
     "a here  4 [/x 5 /y 9]"},
    {"the same title in two sections of a kind above",
     "host a { area x { limit = 1 } }\nhost b { area x { limit = 2 } }",
     "a here  0 [x 1]; b here  0 [x 2]"},
    {"ranges are those of their own table", "number = 9\nhost a { limit = 100 area b {limit = 9} }",
     "a here  100 [b 9]"},
    {"an empty title is a title", "host '' {}", " here  0 []"},
};

static void sections_are_read(void **state)
{
    const struct text_row *row = *state;
    assert_status(options_read_text(&options, "t", row->text, &error), ST_OK, &error);
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_string_equal(got_text(&got), row->expected);
}

static const struct text_row bad_rows[] = {
    {"a title twice", "host a {}\n\nhost a {\n}", "t: line 3: found duplicate title 'a'"},
    {"a title twice below", "host a {\narea b {}\narea b {}\n}",
     "t: line 3: found duplicate title 'b'"},
    {"no title", "host {\n}", "t: line 1: missing title for section 'host'"},
    {"no brace", "plain = x\nhost a\nlimit = 3", "t: line 3: missing opening brace"},
    {"no end", "host a {\nlimit = 3\n", "t: line 3: a section has no } at its end"},
    {"no end of two", "host a {\narea b {\nlimit = 3", "t: line 3: a section has no }"},
    {"no end of one of two", "host a {\narea b {\n}\n", "a section has no } at its end"},
    {"no end of the first", "host a {\nhost b {\n}\n", "t: line 2: no such option 'host'"},
    {"an end too many", "host a {\n}\n}\n", "t: line 3: unexpected closing brace"},
    {"a key that is none", "host a {\nlimit = 1\nnone = 2\n}", "t: line 3: no such option 'none'"},
    {"a key of the table above", "host a {\nplain = 2\n}", "t: line 2: no such option 'plain'"},
    {"a key of the section outside of it", "plain = a\nfolder = x",
     "t: line 2: no such option 'folder'"},
    {"a kind of section that is none", "\nhosts a {\n}", "t: line 2: no such option 'hosts'"},
    {"a section below outside of it", "area a {}", "t: line 1: no such option 'area'"},
    {"a number above its range", "host a {\n\nlimit = 101\n}",
     "t: line 3: limit: 101 is not in the range -2 to 100"},
    {"a number above the range of the section below", "host a {\narea b {\nlimit = 10 }\n}",
     "t: line 3: limit: 10 is not in the range 1 to 9"},
    {"a number above the range of the table above", "host a {limit=10}\nnumber = 10",
     "t: line 2: number: 10 is not in the range 0 to 9"},
    {"a section as a value", "host = a", "t: line 1: missing title for section 'host'"},
};

static void bad_sections_are_refused_with_their_line(void **state)
{
    const struct text_row *row = *state;
    assert_status(options_read_text(&options, "t", row->text, &error), ST_SYNTAX, &error);
    assert_contains(error.message, row->expected);
}

static void sections_are_read_back_as_they_were_written(void **state)
{
    (void)state;
    static const char text[] = "plain = x\n"
                               "host \"it's \\\\ {a}\" { alias = {\"\", \"#\"} limit = -2\n"
                               "  area \"/a b\" {} area \"/\" { limit = 1 } }\n"
                               "host b { folder = \"\" }\n";
    struct sample back = {0};
    struct options again;
    struct buf b;
    buf_init(&b, 10000);
    assert_status(options_read_text(&options, "t", text, &error), ST_OK, &error);
    options_write(&options, &b);
    options_init(&again, rows, COUNT(rows), &back);
    assert_status(options_read_text(&again, "written", buf_str(&b), &error), ST_OK, &error);
    char *first = strdup(got_text(&got));
    assert_string_equal(first, "it's \\ {a} here ,# -2 [/a b 5 / 1]; b   0 []");
    assert_string_equal(got_text(&back), first);
    free(first);
    options_fini(&again);
    buf_fini(&b);
}

static const struct text_row missing_rows[] = {
    {"a string is missing", "host a { area '/' {} }", "t: no plain"},
    {"a section is missing", "plain = x", "t: no host"},
    {"a section in the first one is missing", "plain = x host a {}", "t: no area"},
    {"a section in the last one is missing", "plain = x host a { area '/' {} } host b {}",
     "t: no area"},
};

static void what_has_no_value_is_told(void **state)
{
    const struct text_row *row = *state;
    assert_status(options_read_text(&options, "t", row->text, &error), ST_OK, &error);
    assert_status(options_complete(&options, "t", &error), ST_SYNTAX, &error);
    assert_string_equal(error.message, row->expected);
}

static void a_number_below_its_least_has_no_value(void **state)
{
    (void)state;
    static const char text[] = "plain = x host a { area '/' {} }"; /* a list may be empty */
    assert_status(options_read_text(&options, "t", text, &error), ST_OK, &error);
    assert_status(options_complete(&options, "t", &error), ST_OK, &error);
    struct host *host = got.host.items;
    struct area *area = host->area.items;
    area->limit = 0;
    assert_status(options_complete(&options, "t", &error), ST_SYNTAX, &error);
    assert_string_equal(error.message, "t: no limit");
}

static void sections_are_no_option_of_the_command_line(void **state)
{
    (void)state;
    static char command[] = "command";
    static char option[] = "--host=a";
    static char number[] = "--number=3";
    char *argv[] = {command, option, NULL};
    int operand = 0;
    assert_status(options_read_args(&options, 2, argv, &operand, &error), ST_SYNTAX, &error);
    assert_contains(error.message, "unknown option --host=a");
    argv[1] = number;
    assert_status(options_read_args(&options, 2, argv, &operand, &error), ST_OK, &error);
    assert_int_equal(got.number, 3);
    struct buf help;
    buf_init(&help, 10000);
    options_help(rows, COUNT(rows), &help);
    assert_contains(buf_str(&help), "--plain");
    assert_null(strstr(buf_str(&help), "host"));
    buf_fini(&help);
}

int main(void)
{
    static struct suite s = {.setup = options_make, .teardown = options_remove};
    SUITE_ROWS(&s, sections_are_read, text_rows);
    SUITE_ROWS(&s, bad_sections_are_refused_with_their_line, bad_rows);
    SUITE_TEST(&s, sections_are_read_back_as_they_were_written);
    SUITE_ROWS(&s, what_has_no_value_is_told, missing_rows);
    SUITE_TEST(&s, a_number_below_its_least_has_no_value);
    SUITE_TEST(&s, sections_are_no_option_of_the_command_line);
    return suite_run(&s, "config/option_section");
}
