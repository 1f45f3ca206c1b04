#include <fcntl.h>
#include <unistd.h>

#include "again.h"

/* An edition that a disk has damaged is found, wherever that was, and made anew. */

/* One bit in so many bytes is tried: a prime, so that all places in SQLite's pages are met. */
#define STRIDE 61

static void verify(const char *edition)
{
    assert_status(press_run_verified(folder_path("capsule"), folder_path(edition),
                                     "gemini://news.example/", areas, &error),
                  ST_OK, &error);
}

static void make_capsule(void)
{
    folder_make_dir("capsule");
    for (char name = 'a'; name < 'h'; name++) {
        char path[64];
        char text[256];
        snprintf(path, sizeof path, "capsule/articles/%c.txt", name);
        snprintf(text, sizeof text, "---\nauthor: %c\ndate: 2024-01-01\n---\nPiece %c\n\nText.\n",
                 name, name);
        put_text(path, text);
    }
    put_text("capsule/static/s.txt", "s\n");
    put_text("capsule/capsule.conf", "title = \"Damage\"\nredirect = {\"/old /s.txt\"}\n");
    press("edition.db");
    press("good.db");
}

static void assert_is_good(const char *what)
{
    sqlite3 *is = open_database("edition.db");
    sqlite3 *good = open_database("good.db");
    for (size_t i = 0; i < COUNT(tables); i++)
        assert_same_rows(is, good, tables[i], what);
    sqlite3_close(is);
    sqlite3_close(good);
}

static void a_good_edition_stays(void **state)
{
    (void)state;
    struct stat before;
    struct stat after;
    make_capsule();
    settle();
    assert_int_equal(stat(folder_path("edition.db"), &before), 0);
    verify("edition.db");
    assert_int_equal(stat(folder_path("edition.db"), &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
}

static void damage_in_any_place_is_found(void **state)
{
    (void)state;
    struct stat st;
    make_capsule();
    assert_int_equal(stat(folder_path("edition.db"), &st), 0);
    for (off_t at = 0; at < st.st_size; at += STRIDE) {
        char what[64];
        unsigned char byte;
        int fd = open(folder_path("edition.db"), O_RDWR | O_CLOEXEC);
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte = (unsigned char)(byte ^ 1U << at % 8);
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        close(fd);
        verify("edition.db");
        snprintf(what, sizeof what, "a bit of byte %ld", (long)at);
        assert_is_good(what);
    }
}

static void a_row_that_was_changed_is_found(void **state)
{
    static const char *const changes[] = {
        "UPDATE page SET body = 'x' WHERE path = '/a.gmi'",
        "UPDATE page SET status = 51 WHERE path = '/b.gmi'",
        "UPDATE page SET file = NULL, mtime = 3 WHERE path = '/s.txt'",
        "UPDATE piece SET title = 'x' WHERE slug = 'c'",
        "UPDATE source SET inode = 1 WHERE path = 'articles/d.txt'",
        "UPDATE capsule SET value = '9999999999999999999' WHERE key = 'looked'",
        "UPDATE page SET sum = sum + 1 WHERE path = '/e.gmi'",
    };
    (void)state;
    make_capsule();
    for (size_t i = 0; i < COUNT(changes); i++) {
        change(changes[i]);
        verify("edition.db");
        assert_is_good(changes[i]);
        assert_int_equal(number("edition.db", "SELECT value < 9e18 FROM capsule"
                                              " WHERE key = 'looked'"),
                         1);
    }
}

int main(void)
{
    static struct suite s = {.setup = quiet_folder_make, .teardown = quiet_folder_remove};
    SUITE_TEST(&s, a_good_edition_stays);
    SUITE_TEST(&s, damage_in_any_place_is_found);
    SUITE_TEST(&s, a_row_that_was_changed_is_found);
    return suite_run(&s, "press/verify");
}
