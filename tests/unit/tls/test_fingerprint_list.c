/* Fingerprints as people write them down, one and many. */
#include "tls/fingerprint.h"

#include "../support.h"

#define DIGITS "00112233445566778899aabbccddeeff00112233445566778899aabbccddeef0"
#define PAIRS                                         \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF" \
    ":00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:F0"

static struct error error;

struct one_row {
    const char *name;
    struct span text;
    const char *says; /* NULL: it is good */
};

static const struct one_row one_rows[] = {
    {"digits", BYTES(DIGITS), NULL},
    {"pairs", BYTES(PAIRS), NULL},
    {"capitals", BYTES("00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEF0"), NULL},
    {"a prefix", BYTES("SHA256:" DIGITS), NULL},
    {"a prefix before pairs", BYTES("sha256:" PAIRS), NULL},
    {"nothing", BYTES(""), "x: 0 hexadecimal digits, a SHA-256 fingerprint has 64"},
    {"a prefix alone", BYTES("SHA256:"), "x: 0 hexadecimal digits"},
    {"a digit less", BYTES("0112233445566778899aabbccddeeff00112233445566778899aabbccddeef0"),
     "x: 63 hexadecimal digits"},
    {"a digit more", BYTES(DIGITS "0"), "x: more than the 64 digits"},
    {"a colon more", BYTES(PAIRS ":"), "x: more than the 64 digits"},
    {"another hash", BYTES("SHA1:" DIGITS), "x: character 1 is no hexadecimal digit"},
    {"base64", BYTES("SHA256:AbCd+/=="), "x: character 12 is no hexadecimal digit"},
    {"a colon in front", BYTES(":" DIGITS), "x: character 1 is no hexadecimal digit"},
    {"two colons", BYTES("00::11"), "x: character 4 is no hexadecimal digit"},
    {"colons around one digit", BYTES("00:1:22"), "x: character 5 is no hexadecimal digit"},
    {"a colon is missing", BYTES("00:1122"), "x: character 6: ':' is missing"},
    {"a colon among digits", BYTES("0011:22"), "x: character 5 is no hexadecimal digit"},
    {"a NUL",
     BYTES("00\0"
           "11"),
     "x: character 3 is no hexadecimal digit"},
};

static void one_is_read(void **state)
{
    const struct one_row *row = *state;
    struct fingerprint f = {{0x55}};
    struct buf written;
    enum status status = fingerprint_parse(&f, "x", row->text, &error);
    assert_status(status, row->says == NULL ? ST_OK : ST_SYNTAX, &error);
    if (row->says != NULL) {
        assert_contains(error.message, row->says);
        assert_int_equal(f.bytes[0], 0x55);
        return;
    }
    buf_init(&written, 100);
    fingerprint_write(&f, &written);
    assert_span_equal(buf_span(&written), span_of(DIGITS));
    buf_fini(&written);
}

static void a_list_has_comments_names_and_empty_lines(void **state)
{
    (void)state;
    struct fingerprint_list list = {0};
    struct fingerprint f = {{0}};
    assert_status(fingerprint_list_parse(&list, "members",
                                         SPAN("\xef\xbb\xbf# our members\r\n"
                                              "\r\n"
                                              "  SHA256:" PAIRS "  Jo Reed, 2024 # new key\r\n"
                                              "ff"
                                              "112233445566778899aabbccddeeff"
                                              "00112233445566778899aabbccddeef0\tAnn\n"
                                              "   # " DIGITS "\n" DIGITS "# the same"),
                                         &error),
                  ST_OK, &error);
    assert_int_equal(list.count, 3);
    assert_false(fingerprint_list_has(&list, &f)); /* before it is in order nobody is in it */
    fingerprint_list_sort(&list);
    assert_int_equal(list.count, 2);
    assert_false(fingerprint_list_has(&list, &f));
    assert_status(fingerprint_parse(&f, "x", SPAN(DIGITS), &error), ST_OK, &error);
    assert_true(fingerprint_list_has(&list, &f));
    f.bytes[0] = 0xff;
    assert_true(fingerprint_list_has(&list, &f));
    f.bytes[31] = 0;
    assert_false(fingerprint_list_has(&list, &f));
    fingerprint_list_fini(&list);
}

static void an_empty_list_has_nobody(void **state)
{
    (void)state;
    struct fingerprint_list list = {0};
    struct fingerprint f = {{0}};
    assert_status(fingerprint_list_parse(&list, "members", SPAN("# nobody\n"), &error), ST_OK,
                  &error);
    fingerprint_list_sort(&list);
    assert_false(fingerprint_list_has(&list, &f));
    fingerprint_list_fini(&list);
}

static void a_bad_line_is_told_and_nothing_is_added(void **state)
{
    (void)state;
    struct fingerprint_list list = {0};
    assert_status(
        fingerprint_list_parse(&list, "members", SPAN(DIGITS "\n\nJo " DIGITS "\n"), &error),
        ST_SYNTAX, NULL);
    assert_contains(error.message, "members: line 3: character 1 is no hexadecimal digit");
    assert_int_equal(list.count, 0);
    fingerprint_list_fini(&list);
}

static void a_list_has_a_limit(void **state)
{
    (void)state;
    struct fingerprint_list list = {0};
    struct buf text;
    buf_init(&text, (size_t)8 * 1024 * 1024);
    for (size_t i = 0; i <= FINGERPRINTS_MAX; i++)
        buf_putf(&text, "%064zx\n", i);
    struct span all = buf_span(&text);
    assert_status(fingerprint_list_parse(&list, "members", all, &error), ST_LIMIT, NULL);
    assert_contains(error.message, "members: line 65537: ");
    assert_int_equal(list.count, 0);
    assert_status(fingerprint_list_parse(&list, "members", span_sub(all, 65, all.n), &error), ST_OK,
                  &error);
    fingerprint_list_sort(&list);
    assert_int_equal(list.count, FINGERPRINTS_MAX);
    fingerprint_list_fini(&list);
    buf_fini(&text);
}

int main(void)
{
    struct suite s = {0};
    SUITE_ROWS(&s, one_is_read, one_rows);
    SUITE_TEST(&s, a_list_has_comments_names_and_empty_lines);
    SUITE_TEST(&s, an_empty_list_has_nobody);
    SUITE_TEST(&s, a_bad_line_is_told_and_nothing_is_added);
    SUITE_TEST(&s, a_list_has_a_limit);
    return suite_run(&s, "tls/fingerprint_list");
}
