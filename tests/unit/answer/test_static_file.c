#include "answer/static_file.h"

#include <sys/time.h>

#include "../support.h"

#define SIZE 100000

static struct response response;
static struct error error;
static char bytes[SIZE];
static int folder = -1;

static int file_make(void **state)
{
    if (folder_make(state) != 0)
        return -1;
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)('a' + i % 23);
    const char *path = folder_put("file", (struct span){bytes, SIZE});
    /* Written a while ago: the times can tell what happens now. */
    const struct timeval long_ago[2] = {{1000000000, 0}, {1000000000, 0}};
    response = (struct response){0};
    folder = open(test_folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return utimes(path, long_ago);
}

static int file_remove(void **state)
{
    if (response.done != NULL)
        response.done(&response);
    close(folder);
    return folder_remove(state);
}

/* Fill `n` bytes from `offset`. */
static enum status pull(uint64_t offset, size_t n)
{
    static char to[SIZE];
    assert_true(n <= SIZE);
    enum status status = response.fill(&response, offset, to, n, &error);
    if (status == ST_OK && offset + n <= SIZE)
        assert_memory_equal(to, bytes + offset, n);
    return status;
}

static void put_at(off_t offset, const char *text)
{
    int fd = open(folder_path("file"), O_WRONLY | O_CLOEXEC);
    assert_true(pwrite(fd, text, strlen(text), offset) == (ssize_t)strlen(text));
    close(fd);
}

static void append(void)
{
    put_at(SIZE, "more");
}

static void overwrite(void)
{
    put_at(SIZE / 2, "other");
}

static void overwrite_what_is_sent(void)
{
    put_at(0, "other");
}

static void overwrite_and_hide_it(void)
{
    const struct timeval long_ago[2] = {{1000000000, 0}, {1000000000, 0}};
    put_at(SIZE / 2, "other");
    assert_int_equal(utimes(folder_path("file"), long_ago), 0);
}

static void shrink(void)
{
    assert_int_equal(truncate(folder_path("file"), SIZE - 1), 0);
}

static void empty(void)
{
    assert_int_equal(truncate(folder_path("file"), 0), 0);
}

static void rewrite_as_long(void)
{
    empty();
    folder_put("file", (struct span){bytes, SIZE});
}

static void replace(void)
{
    assert_int_equal(rename(folder_put("other", SPAN("other")), folder_path("file")), 0);
}

static void take_away(void)
{
    assert_int_equal(unlink(folder_path("file")), 0);
}

static void link_it(void)
{
    assert_int_equal(link(folder_path("file"), folder_path("link")), 0);
}

static void replace_and_overwrite(void)
{
    int fd = open(folder_path("file"), O_WRONLY | O_CLOEXEC);
    replace();
    assert_int_equal(pwrite(fd, "other", 5, 0), 5);
    close(fd);
}

static void look_at(void)
{
    assert_int_equal(file_bytes(folder_path("file")).n, SIZE);
}

struct change_row {
    const char *name;
    void (*change)(void);
    enum status expected;
    const char *word;
};

static const struct change_row change_rows[] = {
    {"a file that is read is the same", look_at, ST_OK, NULL},
    {"a file that is replaced is the same", replace, ST_OK, NULL},
    {"a file that is deleted is the same", take_away, ST_OK, NULL},
    {"a file that gets another name is the same", link_it, ST_OK, NULL},
    {"a file that grows is another", append, ST_CHANGED, "changed"},
    {"a file that is overwritten is another", overwrite, ST_CHANGED, "changed"},
    {"so is one overwritten where it was sent", overwrite_what_is_sent, ST_CHANGED, "changed"},
    {"so is one whose times are set back", overwrite_and_hide_it, ST_CHANGED, "changed"},
    {"so is one replaced and overwritten", replace_and_overwrite, ST_CHANGED, "changed"},
    {"a file that is written anew is another", rewrite_as_long, ST_CHANGED, "changed"},
    {"a file that shrinks is another", shrink, ST_CHANGED, "shorter"},
    {"a file that is emptied is another", empty, ST_CHANGED, "shorter"},
};

static void a_change_while_it_is_sent_is_told(void **state)
{
    const struct change_row *row = *state;
    assert_status(static_file_open(folder, "file", &response, &error), ST_OK, &error);
    assert_int_equal(response.size, SIZE);
    assert_status(pull(0, 1000), ST_OK, &error);
    row->change();
    assert_status(pull(1000, 1000), row->expected, &error);
    assert_status(pull(SIZE - 10, 10), row->expected, &error);
    if (row->word == NULL)
        return;
    assert_contains(error.message, "static/file");
    assert_contains(error.message, row->word);
}

static void any_range_of_a_huge_file_is_filled(void **state)
{
    (void)state;
    static const uint64_t places[] = {0, INT32_MAX - 2U, UINT32_MAX - 2U, UINT64_C(5) << 30};
    uint64_t size = (UINT64_C(5) << 30) + 5;
    int fd = open(folder_path("huge"), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    for (size_t i = 0; i < COUNT(places); i++)
        assert_int_equal(pwrite(fd, &bytes[i], 5, (off_t)places[i]), 5);
    close(fd);
    assert_status(static_file_open(folder, "huge", &response, &error), ST_OK, &error);
    assert_true(response.size == size);
    for (size_t i = 0; i < COUNT(places); i++) {
        char to[5];
        assert_status(response.fill(&response, places[i], to, 5, &error), ST_OK, &error);
        assert_memory_equal(to, &bytes[i], 5);
    }
}

static void what_cannot_be_opened_leaves_the_response(void **state)
{
    (void)state;
    assert_status(static_file_open(folder, "none", &response, &error), ST_MISSING, &error);
    assert_contains(error.message, "static/none");
    assert_status(static_file_open(folder, ".", &response, &error), ST_FORMAT, &error);
    assert_null(response.fill);
    assert_null(response.done);
    assert_int_equal(response.size, 0);
}

int main(void)
{
    static struct suite s = {.setup = file_make, .teardown = file_remove};
    SUITE_ROWS(&s, a_change_while_it_is_sent_is_told, change_rows);
    SUITE_TEST(&s, any_range_of_a_huge_file_is_filled);
    SUITE_TEST(&s, what_cannot_be_opened_leaves_the_response);
    return suite_run(&s, "answer/static_file");
}
