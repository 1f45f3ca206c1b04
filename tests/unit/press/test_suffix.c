#include "press/suffix.h"

#include <ctype.h>

#include "../support.h"

static void the_table_is_in_order(void **state)
{
    (void)state;
    size_t count = 0;
    const struct suffix *table = suffix_table(&count);
    assert_true(count > 100);
    for (size_t i = 1; i < count; i++)
        assert_true(strcmp(table[i - 1].suffix, table[i].suffix) < 0);
}

static void every_row_is_found(void **state)
{
    (void)state;
    size_t count = 0;
    const struct suffix *table = suffix_table(&count);
    for (size_t i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "folder.png/name.gmi.%s", table[i].suffix);
        assert_string_equal(suffix_type(name), table[i].type);
        for (char *p = name; *p != '\0'; p++)
            *p = (char)toupper((unsigned char)*p);
        assert_string_equal(suffix_type(name), table[i].type);
    }
}

/* RFC 6838, section 4.2: restricted-name. */
static size_t restricted_name(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.+-");
    return n > 0 && n <= 127 && isalnum((unsigned char)text[0]) ? n : 0;
}

static void every_type_is_one(void **state)
{
    (void)state;
    static const char *const tops[] = {"application", "audio", "font", "image",
                                       "message",     "model", "text", "video"};
    size_t count = 0;
    const struct suffix *table = suffix_table(&count);
    for (size_t i = 0; i < count; i++) {
        const char *type = table[i].type;
        size_t n = restricted_name(type);
        assert_int_equal(type[n], '/');
        size_t top = 0;
        while (top < COUNT(tops) && (strlen(tops[top]) != n || memcmp(tops[top], type, n) != 0))
            top++;
        assert_true(top < COUNT(tops));
        assert_int_equal(strlen(type + n + 1), restricted_name(type + n + 1));
        assert_int_equal(strspn(table[i].suffix, "abcdefghijklmnopqrstuvwxyz0123456789"),
                         strlen(table[i].suffix));
    }
}

struct type_row {
    const char *name, *path, *type;
};

static const struct type_row type_rows[] = {
    {"the last suffix counts", "a.tar.gz", "application/gzip"},
    {"of a capsule's own kind too", "a.png.gmi", "text/gemini"},
    {"no suffix", "README", NULL},
    {"an empty suffix", "a.", NULL},
    {"an unknown suffix", "a.nothing", NULL},
    {"a long suffix", "a.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
    {"a hidden file has none", ".png", NULL},
    {"in a folder neither", "a/.png", NULL},
    {"a folder's suffix is not the file's", "a.png/b", NULL},
    {"an empty path", "", NULL},
    {"signs behind the suffix", "a.png?", NULL},
    {"letters that are none of ASCII", "a.p\xc3\xb1g", NULL},
};

static void a_path_has_a_type(void **state)
{
    const struct type_row *row = *state;
    const char *type = suffix_type(row->path);
    if (row->type == NULL)
        assert_null(type);
    else
        assert_string_equal(type, row->type);
}

int main(void)
{
    static struct suite s = {0};
    SUITE_TEST(&s, the_table_is_in_order);
    SUITE_TEST(&s, every_row_is_found);
    SUITE_TEST(&s, every_type_is_one);
    SUITE_ROWS(&s, a_path_has_a_type, type_rows);
    return suite_run(&s, "press/suffix");
}
