#include "config/option.h"

#include "../support.h"

struct sample {
    char *file;
    char *name;
    struct option_list item;
    long number;
    char *plain; /* no default */
};

#define FIELD(field) offsetof(struct sample, field)

static const struct option_row rows[] = {
    {.name = "file", .letter = 'f', .command_line_only = true, .offset = FIELD(file)},
    {.name = "name", .letter = 'n', .offset = FIELD(name), .initial = "default name"},
    {.name = "item", .type = OPTION_LIST, .offset = FIELD(item), .initial = "one,two"},
    {.name = "number",
     .letter = 'N',
     .type = OPTION_NUMBER,
     .offset = FIELD(number),
     .initial = "7",
     .min = -5,
     .max = 256},
    {.name = "plain", .offset = FIELD(plain)},
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

static int options_and_folder_make(void **state)
{
    return options_make(state) != 0 ? -1 : folder_make(state);
}

static int options_and_folder_remove(void **state)
{
    return options_remove(state) != 0 ? -1 : folder_remove(state);
}

/* The value as "file|name|item,item|number|plain", NULL as -. */
static const char *got_text(void)
{
    static char text[4096];
    const char *const strings[] = {got.file, got.name, NULL, NULL, got.plain};
    FILE *out = fmemopen(text, sizeof text, "w");
    assert_non_null(out);
    for (size_t i = 0; i < COUNT(strings); i++) {
        fputs(i > 0 ? "|" : "", out);
        if (i == 2) {
            for (size_t k = 0; k < got.item.count; k++)
                fprintf(out, "%s%s", k > 0 ? "," : "", got.item.items[k]);
        } else if (i == 3) {
            fprintf(out, "%ld", got.number);
        } else {
            fputs(strings[i] == NULL ? "-" : strings[i], out);
        }
    }
    fclose(out);
    return text;
}

/* Read a command line into `got`; operand gets the operands, parted by blanks. */
static enum status read_args(const char *const *words, char *operands, size_t size)
{
    char *argv[16] = {0};
    static char copies[16][64];
    int argc = 0;
    for (; words[argc] != NULL; argc++) {
        snprintf(copies[argc], sizeof copies[0], "%s", words[argc]);
        argv[argc] = copies[argc];
    }
    int first = argc;
    enum status status = options_read_args(&options, argc, argv, &first, &error);
    operands[0] = '\0';
    for (int i = first; status == ST_OK && i < argc; i++) {
        size_t used = strlen(operands);
        snprintf(operands + used, size - used, "%s%s", used > 0 ? " " : "", argv[i]);
    }
    return status;
}

struct args_row {
    const char *name;
    const char *args[10]; /* behind the subcommand's name */
    const char *operands, *expected;
};

static const struct args_row args_rows[] = {
    {"no options", {NULL}, "", "-|-||0|-"},
    {"an operand", {"capsule"}, "capsule", "-|-||0|-"},
    {"long options with a value behind", {"--name", "a", "--number", "3"}, "", "-|a||3|-"},
    {"long options with a value after =", {"--name=a", "--number=3"}, "", "-|a||3|-"},
    {"short options", {"-n", "a", "-N", "3", "-f", "x"}, "", "x|a||3|-"},
    {"short options joined with their value", {"-na", "-N3"}, "", "-|a||3|-"},
    {"options before, between and behind operands",
     {"--name", "a", "first", "--plain=p", "second", "-N3"},
     "first second",
     "-|a||3|p"},
    {"everything behind -- is an operand",
     {"--name=a", "--", "--plain=p", "-N3"},
     "--plain=p -N3",
     "-|a||0|-"},
    {"- is an operand", {"-", "--name=a"}, "-", "-|a||0|-"},
    {"the last of two values counts", {"--name=a", "--name=b"}, "", "-|b||0|-"},
    {"a list takes every value", {"--item=a", "--item", "b", "--item=a"}, "", "-|-|a,b,a|0|-"},
    {"an empty value is a value", {"--name=", "--plain", ""}, "", "-|||0|"},
    {"a value may look like an option", {"--name", "--plain", "-f", "-n"}, "", "-n|--plain||0|-"},
    {"a value may have an =", {"--name=a=b"}, "", "-|a=b||0|-"},
    {"a list's value may have a comma", {"--item=a,b"}, "", "-|-|a,b|0|-"},
    {"the least number", {"--number=-5"}, "", "-|-||-5|-"},
    {"the greatest number", {"--number=256"}, "", "-|-||256|-"},
    {"zeros do not make a number octal", {"--number=010"}, "", "-|-||10|-"},
};

static void command_lines_are_read(void **state)
{
    const struct args_row *row = *state;
    const char *words[12] = {"command"};
    char operands[256];
    for (size_t i = 0; row->args[i] != NULL; i++)
        words[i + 1] = row->args[i];
    assert_status(read_args(words, operands, sizeof operands), ST_OK, &error);
    assert_string_equal(operands, row->operands);
    assert_string_equal(got_text(), row->expected);
}

struct bad_args_row {
    const char *name;
    const char *args[6];
    const char *message[2]; /* parts of it */
};

static const struct bad_args_row bad_args_rows[] = {
    {"an unknown long option is named", {"--bogus"}, {"unknown option", "--bogus"}},
    {"an unknown long option with a value is named", {"--bogus=x"}, {"--bogus", ""}},
    {"an unknown short option is named", {"-x"}, {"unknown option", "-x"}},
    {"an unknown option behind a good one is named", {"--name=a", "--bogus"}, {"--bogus", ""}},
    {"an unknown option behind an operand is named", {"capsule", "--bogus"}, {"--bogus", ""}},
    {"an unknown option between operands is named", {"a", "b", "-x", "c"}, {"-x", ""}},
    {"a missing value is told", {"--name"}, {"--name", "needs a value"}},
    {"a missing value of a short option is told", {"-n"}, {"-n", "needs a value"}},
    {"a missing value behind an operand is told", {"capsule", "--name"}, {"--name", "needs"}},
    {"a number over its range", {"--number=257"}, {"number", "257 is not in the range -5 to 256"}},
    {"a number under its range", {"--number=-6"}, {"number", "-6 is not in the range -5 to 256"}},
    {"a number over all ranges", {"--number=99999999999999999999"}, {"number", "not a number"}},
    {"a word is no number", {"--number=many"}, {"number", "many"}},
    {"a number with a unit is none", {"--number=5k"}, {"number", "5k"}},
    {"nothing is no number", {"--number="}, {"number", "not a number"}},
};

static void bad_command_lines_are_refused(void **state)
{
    const struct bad_args_row *row = *state;
    const char *words[8] = {"command"};
    char operands[256];
    for (size_t i = 0; row->args[i] != NULL; i++)
        words[i + 1] = row->args[i];
    assert_status(read_args(words, operands, sizeof operands), ST_SYNTAX, &error);
    assert_contains(error.message, row->message[0]);
    assert_contains(error.message, row->message[1]);
}

struct text_row {
    const char *name, *text, *expected;
};

static const struct text_row text_rows[] = {
    {"nothing", "", "-|-||0|-"},
    {"blank lines and comments", "\n# name = a\n// b\n/* c\n */\n", "-|-||0|-"},
    {"a string in double quotes", "name = \"a b\"", "-|a b||0|-"},
    {"a string in single quotes", "name = 'a b'\n", "-|a b||0|-"},
    {"a string without quotes", "name = a\nplain = b.c\n", "-|a||0|b.c"},
    {"a number", "number = 12", "-|-||12|-"},
    {"a negative number", "number = -5", "-|-||-5|-"},
    {"a list", "item = {\"a\", 'b', c}", "-|-|a,b,c|0|-"},
    {"a list over lines", "item = {\n  \"a\",\n  \"b\"\n}\n", "-|-|a,b|0|-"},
    {"a list of one without braces", "item = \"a\"", "-|-|a|0|-"},
    {"a comment behind a value", "name = \"a\" # b\n", "-|a||0|-"},
    {"a hash in quotes is no comment", "name = \"a # b\"\n", "-|a # b||0|-"},
    {"lines that end in CRLF", "name = \"a\"\r\nnumber = 3\r\n", "-|a||3|-"},
    {"the last of two values counts", "name = a\nname = b\n", "-|b||0|-"},
    {"letters beyond ASCII", "name = \"\xc3\xa4\"", "-|\xc3\xa4||0|-"},
};

static void texts_are_read(void **state)
{
    const struct text_row *row = *state;
    assert_status(options_read_text(&options, "a.conf", row->text, &error), ST_OK, &error);
    assert_string_equal(got_text(), row->expected);
}

struct bad_text_row {
    const char *name, *text;
    const char *message[2]; /* parts of it, beside the file's name */
};

static const struct bad_text_row bad_text_rows[] = {
    {"an unknown key", "name = a\nbogus = 1\n", {"line 2", "bogus"}},
    {"an option of the command line alone", "\n\nfile = x\n", {"line 3", "file"}},
    {"a key without a value", "name = a\nnumber\n", {"line", "end of file"}},
    {"a key without an =", "number 5\n", {"line 1", ""}},
    {"a quote that is not closed", "name = \"a\nb\n", {"line", ""}},
    {"a list that is not closed", "name = a\nitem = {a, b\n", {"line", ""}},
    {"a list for what is none", "name = {a, b}\n", {"line 1", ""}},
    {"a word for a number", "\nnumber = many\n", {"line 2", "number"}},
    {"a number over all ranges", "number = 99999999999999999999\n", {"line 1", "number"}},
    {"a number over its range", "name = a\nnumber = 257\n", {"line 2", "257"}},
    {"an = alone", "\n\n\n= 3\n", {"line 4", ""}},
};

static void bad_texts_are_refused_with_their_line(void **state)
{
    const struct bad_text_row *row = *state;
    assert_status(options_read_text(&options, "a.conf", row->text, &error), ST_SYNTAX, &error);
    assert_contains(error.message, "a.conf: ");
    assert_contains(error.message, row->message[0]);
    assert_contains(error.message, row->message[1]);
}

static void a_bad_text_does_not_spoil_the_next(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad_text_rows); i++) {
        assert_status(options_read_text(&options, "a", bad_text_rows[i].text, NULL), ST_SYNTAX,
                      NULL);
        options_fini(&options);
        options_make(NULL);
        assert_status(options_read_text(&options, "b", "\nname = 'good'\n", &error), ST_OK, &error);
        assert_string_equal(got_text(), "-|good||0|-");
        options_fini(&options);
        options_make(NULL);
    }
}

static void the_environment_is_not_asked_where_quotes_are_single(void **state)
{
    (void)state;
    setenv("BROADSHEET_TEST", "expanded", 1);
    assert_status(options_read_text(&options, "a", "name = '${BROADSHEET_TEST}'", &error), ST_OK,
                  &error);
    assert_string_equal(got.name, "${BROADSHEET_TEST}");
}

static void the_command_line_wins_over_a_file(void **state)
{
    (void)state;
    const char *const words[] = {"command", "--name=line", "--item=line", NULL};
    char operands[64];
    assert_status(read_args(words, operands, sizeof operands), ST_OK, &error);
    assert_status(options_read_text(&options, "a.conf",
                                    "name = file\nitem = {file, file}\nnumber = 20", &error),
                  ST_OK, &error);
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_string_equal(got_text(), "-|line|line|20|-");
}

static void a_file_wins_over_the_defaults(void **state)
{
    (void)state;
    assert_status(options_read_text(&options, "a.conf", "name = ''\nitem = {file}", &error), ST_OK,
                  &error);
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_string_equal(got_text(), "-||file|7|-");
}

static void defaults_fill_the_rest(void **state)
{
    (void)state;
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_string_equal(got_text(), "-|default name|one,two|7|-");
}

static void a_file_is_read(void **state)
{
    (void)state;
    const char *path = folder_put("a.conf", SPAN("name = \"a\"\nitem = {\"b\"}\n"));
    assert_status(options_read_file(&options, path, &error), ST_OK, &error);
    assert_string_equal(got_text(), "-|a|b|0|-");
}

static void a_bad_file_is_named_with_its_line(void **state)
{
    (void)state;
    const char *path = folder_put("a.conf", SPAN("name = a\n\nbogus = 1\n"));
    assert_status(options_read_file(&options, path, &error), ST_SYNTAX, &error);
    assert_contains(error.message, path);
    assert_contains(error.message, "line 3");
}

static void files_that_cannot_be_read_are_named(void **state)
{
    (void)state;
    assert_status(options_read_file(&options, folder_path("none"), &error), ST_MISSING, &error);
    assert_contains(error.message, folder_path("none"));
    assert_status(options_read_file(&options, test_folder, &error), ST_IO, &error);
    assert_contains(error.message, test_folder);
}

struct back_row {
    const char *name, *value;
};

static const struct back_row back_rows[] = {
    {"a word", "word"},
    {"an empty string", ""},
    {"blanks", "  a  b  "},
    {"single quotes", "it's 'quoted'"},
    {"double quotes", "a \"quoted\" word"},
    {"a backslash", "a\\b"},
    {"a backslash at the end", "a\\"},
    {"two backslashes and a quote", "\\\\'"},
    {"what looks like an escape", "a\\nb\\x41\\0"},
    {"a backslash before a line end", "a\\\nb"},
    {"a line end", "a\nb\n"},
    {"CR and TAB", "a\r\n\tb"},
    {"a dollar and braces", "${HOME}"},
    {"a dollar with a default", "${NONE:-x}$HOME$"},
    {"comment signs", "a # b // c /* d */"},
    {"braces and commas", "{a, b}, = ;"},
    {"a control character", "a\x01\x1b[2J"},
    {"letters beyond ASCII", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
    {"bytes that are no text", "\xff\xfe"},
};

/* Write a configuration down and read it into a second struct: every value is the same. */
static void read_back(struct sample *back, struct options *again)
{
    struct buf b;
    buf_init(&b, 10000);
    options_write(&options, &b);
    assert_status(buf_status(&b), ST_OK, NULL);
    options_init(again, rows, COUNT(rows), back);
    enum status status = options_read_text(again, "written", buf_str(&b), &error);
    buf_fini(&b);
    assert_status(status, ST_OK, &error);
}

static void values_are_read_back_as_they_were_written(void **state)
{
    const struct back_row *row = *state;
    struct sample back = {0};
    struct options again;
    got.name = strdup(row->value);
    got.number = -3;
    got.item = (struct option_list){calloc(3, sizeof(char *)), 3};
    assert_non_null(got.item.items);
    got.item.items[0] = strdup(row->value);
    got.item.items[1] = strdup("between");
    got.item.items[2] = strdup(row->value);
    read_back(&back, &again);
    assert_non_null(back.name);
    assert_string_equal(back.name, row->value);
    assert_null(back.plain);
    assert_int_equal(back.number, -3);
    assert_int_equal(back.item.count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(back.item.items[i], got.item.items[i]);
    options_fini(&again);
}

static void an_empty_list_is_read_back(void **state)
{
    (void)state;
    struct sample back = {0};
    struct options again;
    got.plain = strdup("p");
    read_back(&back, &again);
    assert_int_equal(back.item.count, 0);
    assert_null(back.name);
    assert_string_equal(back.plain, "p");
    options_fini(&again);
}

struct empty_row {
    const char *name, *text;
    bool given;
};

static const struct empty_row empty_rows[] = {
    {"a list that is not named is not given", "name = a", false},
    {"an empty list is given", "item = {}", true},
    {"an empty list over lines is given", "item = {\n}\n", true},
    {"an empty list more is given", "item += {}", true},
    {"a list that is emptied is given", "item = {a, b}\nitem = {}", true},
};

static void an_empty_list_is_told_from_none(void **state)
{
    const struct empty_row *row = *state;
    struct sample back = {0};
    struct options again;
    assert_status(options_read_text(&options, "a.conf", row->text, &error), ST_OK, &error);
    assert_int_equal(got.item.count, 0);
    assert_int_equal(got.item.items != NULL, row->given);
    read_back(&back, &again);
    assert_int_equal(back.item.count, 0);
    assert_int_equal(back.item.items != NULL, row->given);
    options_fini(&again);
    /* A default is for what has no value. */
    assert_status(options_read_defaults(&options, &error), ST_OK, &error);
    assert_int_equal(got.item.count, 2);
}

static void what_the_command_line_alone_knows_is_not_written(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10000);
    got.file = strdup("a.conf");
    options_write(&options, &b);
    bool written = strstr(buf_str(&b), "file") != NULL;
    buf_fini(&b);
    assert_false(written);
}

static void help_has_a_line_for_each_option(void **state)
{
    (void)state;
    static const struct option_row shown[] = {
        {.name = "config", .letter = 'c', .placeholder = "FILE", .help = "read FILE"},
        {.name = "listen",
         .type = OPTION_LIST,
         .placeholder = "ADDR:PORT",
         .initial = "a,b",
         .help = "address"},
        {.name = "a-name-that-is-very-long", .placeholder = "TEXT", .help = "help"},
    };
    struct buf b;
    buf_init(&b, 10000);
    options_help(shown, COUNT(shown), &b);
    assert_string_equal(buf_str(&b), "  -c, --config FILE       read FILE\n"
                                     "  --listen ADDR:PORT      address; may be repeated"
                                     " (default a,b)\n"
                                     "  --a-name-that-is-very-long TEXT\n"
                                     "                          help\n");
    buf_fini(&b);
}

int main(void)
{
    static struct suite s = {.setup = options_make, .teardown = options_remove};
    SUITE_ROWS(&s, command_lines_are_read, args_rows);
    SUITE_ROWS(&s, bad_command_lines_are_refused, bad_args_rows);
    SUITE_ROWS(&s, texts_are_read, text_rows);
    SUITE_ROWS(&s, bad_texts_are_refused_with_their_line, bad_text_rows);
    SUITE_TEST(&s, a_bad_text_does_not_spoil_the_next);
    SUITE_TEST(&s, the_environment_is_not_asked_where_quotes_are_single);
    SUITE_TEST(&s, the_command_line_wins_over_a_file);
    SUITE_TEST(&s, a_file_wins_over_the_defaults);
    SUITE_TEST(&s, defaults_fill_the_rest);
    SUITE_ROWS(&s, values_are_read_back_as_they_were_written, back_rows);
    SUITE_TEST(&s, an_empty_list_is_read_back);
    SUITE_ROWS(&s, an_empty_list_is_told_from_none, empty_rows);
    SUITE_TEST(&s, what_the_command_line_alone_knows_is_not_written);
    SUITE_TEST(&s, help_has_a_line_for_each_option);
    s.setup = options_and_folder_make;
    s.teardown = options_and_folder_remove;
    SUITE_TEST(&s, a_file_is_read);
    SUITE_TEST(&s, a_bad_file_is_named_with_its_line);
    SUITE_TEST(&s, files_that_cannot_be_read_are_named);
    return suite_run(&s, "config/option");
}
