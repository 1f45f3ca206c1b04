#include <dirent.h>
#include <time.h>

#include "again.h"

/* An edition that was made from the one before holds what one made from nothing holds. */

/* Presses of one seed. */
#define STEPS 60

/* Chance, the same for the same seed. */
static uint64_t chance_state;

static unsigned chance(unsigned limit)
{
    chance_state = chance_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(chance_state >> 33) % limit;
}

static const char *const article_names[] = {
    "capsule/articles/a.txt",     "capsule/articles/b.txt",         "capsule/articles/c.txt",
    "capsule/articles/d.txt",     "capsule/articles/e.txt",         "capsule/articles/index.txt",
    "capsule/articles/sub/a.txt", "capsule/articles/a-summary.txt", "capsule/articles/sub/f.txt",
    "capsule/articles/sub-g.txt",
};
static const char *const static_names[] = {
    "capsule/static/a.gmi",         "capsule/static/c.gmi",    "capsule/static/index.gmi",
    "capsule/static/d/f.txt",       "capsule/static/d/x",      "capsule/static/d/index.gmi",
    "capsule/static/title-b.gmi",   "capsule/static/urls.txt", "capsule/static/archive.gmi",
    "capsule/static/b-summary.gmi",
};
static const char *const titles[] = {"Title A", "Title B",  "Title C", "Title D!", "title  d",
                                     "A",       "Not here", "F",       "C summary"};
static const char *const dates[] = {"2024-01-01", "2024-01-02", "2023-05-05", "2024-01-02"};

static const char *const sidecar_summaries[] = {"", "", "summary: none\n", "summary: Beside.\n"};

#define PICK(table) ((table)[chance(COUNT(table))])

static void put_article(const char *name, unsigned number)
{
    char text[1024];
    size_t n = (size_t)snprintf(text, sizeof text, "---\nx: y\n");
    if (chance(2) == 0)
        n += (size_t)snprintf(text + n, sizeof text - n, "date: %s\n", PICK(dates));
    if (chance(4) == 0)
        n += (size_t)snprintf(text + n, sizeof text - n, "previous: %s\n", PICK(titles));
    if (chance(6) == 0)
        n += (size_t)snprintf(text + n, sizeof text - n, "lang: %s\n", chance(2) ? "de" : "fr");
    if (chance(6) == 0)
        n += (size_t)snprintf(text + n, sizeof text - n, "summary: In short %u.\n", number);
    if (chance(4) == 0)
        n += (size_t)snprintf(text + n, sizeof text - n, "summary: none\n");
    n += (size_t)snprintf(text + n, sizeof text - n, "---\n%s\n\nText number %u.\n", PICK(titles),
                          number % 10);
    if (chance(4) == 0)
        snprintf(text + n, sizeof text - n, "\nNext Article\n%s\n", PICK(titles));
    put_text(name, text);
}

static void put_sidecar(const char *name)
{
    char path[128];
    char text[256];
    snprintf(path, sizeof path, "%.*s.meta", (int)strlen(name) - 4, name);
    if (chance(2) == 0) {
        unlink(folder_path(path));
        return;
    }
    snprintf(text, sizeof text, "title: %s\ndate: %s\n%s", PICK(titles), PICK(dates),
             PICK(sidecar_summaries));
    put_text(path, text);
}

/* Rules that no article and no static file can be in the way of. */
static const char *const rules[] = {
    "redirect = {\"/old-1 /a.gmi\", \"/2019/* /*\"}\n",
    "redirect = {\"/old-1 /b.gmi\", \"/2019/* /*\"}\ngone = {\"/old-2\", \"/d/*\"}\n",
    "moved = {\"/old-1 /a.gmi\"}\ninput = {\"/keep.gmi Why?\"}\n",
    "sensitive-input = {\"/keep.gmi Why?\", \"/old-2 /about.gmi?* Which?\"}\n",
    "",
};

static void put_conf(void)
{
    char text[512];
    int n = snprintf(text, sizeof text, "title = \"Capsule %u\"\n", chance(2));
    if (chance(2) == 0)
        n += snprintf(text + n, sizeof text - (size_t)n, "language = \"%s\"\n",
                      chance(2) ? "en" : "nl");
    if (chance(2) == 0)
        n += snprintf(text + n, sizeof text - (size_t)n, "licence = \"Free\"\n");
    if (chance(2) == 0)
        n += snprintf(text + n, sizeof text - (size_t)n, "summary = \"%s\"\n",
                      chance(2) ? "none" : "auto");
    snprintf(text + n, sizeof text - (size_t)n, "%s", PICK(rules));
    put_text("capsule/capsule.conf", text);
}

/* Other bytes, and the size and the times that can be set as they were: in place or by a rename. */
static void change_slyly(const char *name, unsigned step)
{
    char path[512];
    struct stat st;
    snprintf(path, sizeof path, "%s", folder_path(name));
    if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return;
    struct span bytes = file_bytes(path);
    char *copy = malloc(bytes.n);
    assert_non_null(copy);
    memcpy(copy, bytes.p, bytes.n);
    copy[bytes.n - 1] = (char)('a' + step % 26);
    const char *written = folder_put(chance(2) == 0 ? "other" : name, (struct span){copy, bytes.n});
    struct timespec times[2] = {st.st_atim, st.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, written, times, 0), 0);
    if (strcmp(written, path) != 0)
        assert_int_equal(rename(written, path), 0);
    free(copy);
}

static void move(const char *from, const char *to)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s", folder_path(to));
    *strrchr(whole, '/') = '\0';
    assert_status(file_make_dir(whole, &error), ST_OK, &error);
    (void)rename(folder_path(from), folder_path(to));
}

/* One change, or none, by chance. */
static void edit(unsigned step)
{
    switch (chance(14)) {
    case 0:
    case 1:
    case 2:
    case 3:
        put_article(PICK(article_names), step);
        break;
    case 4:
        unlink(folder_path(PICK(article_names)));
        break;
    case 5:
        move(PICK(article_names), PICK(article_names));
        break;
    case 6:
        put_sidecar(PICK(article_names));
        break;
    case 7:
        put_conf();
        break;
    case 8:
        put_text(PICK(static_names), chance(2) == 0 ? "# One\n" : "# Two\n");
        break;
    case 9:
        unlink(folder_path(PICK(static_names)));
        break;
    case 10:
        change_slyly(chance(4) == 0 ? PICK(static_names) : PICK(article_names), step);
        break;
    case 11:
        put_text(PICK(article_names), chance(2) == 0 ? "" : "\xff\xfe\x01");
        break;
    case 12:
        if (rmdir(folder_path("capsule/static/empty")) != 0)
            assert_status(file_make_dir(folder_path("capsule/static/empty"), &error), ST_OK,
                          &error);
        break;
    default:
        unlink(folder_path("capsule/articles/e.txt"));
        assert_int_equal(symlink(chance(2) == 0 ? "a.txt" : "../capsule.conf",
                                 folder_path("capsule/articles/e.txt")),
                         0);
        break;
    }
}

struct seed_row {
    const char *name;
    uint64_t seed;
    bool settle;    /* let every edition be known again */
    unsigned edits; /* between two presses, at most */
};

static const struct seed_row seed_rows[] = {
    {"single edits show as in a new edition", 1, true, 1},
    {"more single edits show as in a new edition", 2, true, 1},
    {"edits in groups show as in a new edition", 3, true, 5},
    {"edits right after a press show as in a new edition", 4, false, 2},
};

static void edits_show_as_in_a_new_edition(void **state)
{
    const struct seed_row *row = *state;
    const struct timespec tick = {.tv_nsec = 11000000}; /* one step of a file's times */
    unsigned from_past = 0;
    chance_state = row->seed;
    put_text("capsule/articles/keep.txt", "Keep\n\nText.\n");
    for (unsigned i = 0; i < 6; i++)
        put_article(PICK(article_names), i);
    press("edition.db");
    for (unsigned step = 0; step < STEPS; step++) {
        char what[64];
        snprintf(what, sizeof what, "seed %u, step %u", (unsigned)row->seed, step);
        if (row->settle)
            settle();
        else
            change("INSERT OR REPLACE INTO capsule VALUES ('mark', 'x', 0)");
        nanosleep(&tick, NULL);
        for (unsigned edits = 1 + chance(row->edits); edits > 0; edits--)
            edit(step);
        assert_pressed_alike(what);
        from_past += was_made_from_the_one_before();
    }
    /* The rest is the language or the place of the index: then everything is made anew. */
    assert_true(from_past > STEPS / 2);
}

static ino_t inode_of(const char *name)
{
    struct stat st;
    assert_int_equal(stat(folder_path(name), &st), 0);
    return st.st_ino;
}

static void make_capsule(void)
{
    put_text("capsule/articles/a.txt", "---\ndate: 2024-01-01\n---\nTitle A\n\nText A.\n");
    put_text("capsule/articles/b.txt", "---\ndate: 2024-01-02\n---\nTitle B\n\nText B.\n");
    put_text("capsule/articles/c.txt", "---\ndate: 2024-01-03\n---\nTitle C\n\nText C.\n");
    put_text("capsule/static/x.txt", "x");
    press("edition.db");
    settle();
}

static void without_a_change_the_edition_stays(void **state)
{
    (void)state;
    make_capsule();
    ino_t before = inode_of("edition.db");
    press("edition.db");
    assert_int_equal(inode_of("edition.db"), before);
    put_text("capsule/articles/.a.txt.swp", "x");
    press("edition.db");
    assert_int_equal(inode_of("edition.db"), before);
}

static void what_is_left_out_again_is_no_change(void **state)
{
    (void)state;
    put_text("capsule/articles/bad.txt", "\xff\xfe");
    make_capsule();
    ino_t before = inode_of("edition.db");
    press("edition.db");
    assert_int_equal(inode_of("edition.db"), before);
}

static void a_source_is_not_read_without_need(void **state)
{
    (void)state;
    make_capsule();
    /* What the edition before says is believed, so it is what shows. */
    change("UPDATE piece SET title = 'Believed' WHERE source = 'articles/b.txt'");
    put_text("capsule/articles/c.txt", "---\ndate: 2024-01-03\n---\nTitle C\n\nOther text.\n");
    press("edition.db");
    assert_true(was_made_from_the_one_before());
    assert_int_equal(number("edition.db", "SELECT count(*) FROM page WHERE path = '/c.gmi'"
                                          " AND CAST(body AS TEXT) LIKE '%article: Believed%'"),
                     1);
}

/* An hour is as good as a year. */
static void a_clock_that_is_set_back_makes_no_source_be_read(void **state)
{
    (void)state;
    make_capsule();
    change("UPDATE capsule SET value = CAST(value AS INTEGER) - 3600000000000"
           " WHERE key IN ('looked', 'read')");
    change("UPDATE piece SET title = 'Believed' WHERE source = 'articles/b.txt'");
    put_text("capsule/articles/c.txt", "---\ndate: 2024-01-03\n---\nTitle C\n\nOther text.\n");
    press("edition.db");
    assert_true(was_made_from_the_one_before());
    assert_int_equal(number("edition.db", "SELECT count(*) FROM page WHERE path = '/c.gmi'"
                                          " AND CAST(body AS TEXT) LIKE '%article: Believed%'"),
                     1);
}

static void what_was_written_during_the_look_is_read_again(void **state)
{
    (void)state;
    make_capsule();
    change("UPDATE capsule SET value = CAST(value AS INTEGER) - 3600000000000"
           " WHERE key = 'looked'");
    change("UPDATE piece SET title = 'Believed' WHERE source = 'articles/b.txt'");
    put_text("capsule/articles/c.txt", "---\ndate: 2024-01-03\n---\nTitle C\n\nOther text.\n");
    assert_pressed_alike("during the look");
}

/* The piece of a source in service: has it, and only it if `none`, a page and a row without one? */
static void assert_summary(const char *slug, bool none)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "SELECT (SELECT count(*) FROM page WHERE path = '/%s-summary.gmi') * 100"
             " + (SELECT CAST(body AS TEXT) LIKE '%%%s-summary.gmi%%' FROM page"
             " WHERE path = '/%s.gmi') * 10"
             " + (SELECT summary_kind <> 'none' AND summary_to > summary_from FROM piece"
             " WHERE slug = '%s')",
             slug, slug, slug, slug);
    assert_int_equal(number("edition.db", sql), none ? 0 : 111);
    snprintf(sql, sizeof sql,
             "SELECT summary_kind = 'none' AND summary_from = 0 AND summary_to = 0 FROM piece"
             " WHERE slug = '%s'",
             slug);
    assert_int_equal(number("edition.db", sql), none ? 1 : 0);
}

static void a_piece_gains_and_loses_its_summary(void **state)
{
    (void)state;
    make_capsule();
    put_text("capsule/articles/b.txt",
             "---\ndate: 2024-01-02\nsummary: none\n---\nTitle B\n\nText B.\n");
    assert_pressed_alike("front matter says none");
    assert_true(was_made_from_the_one_before());
    assert_summary("b", true);
    assert_summary("a", false);
    settle();
    /* Its neighbour has another title: its page is made around the text that it had. */
    put_text("capsule/articles/a.txt", "---\ndate: 2024-01-01\n---\nOther A\n\nText A.\n");
    assert_pressed_alike("the neighbour has another title");
    assert_true(was_made_from_the_one_before());
    assert_int_equal(number("edition.db", "SELECT CAST(body AS TEXT) LIKE '%article: Other A%'"
                                          " FROM page WHERE path = '/b.gmi'"),
                     1);
    assert_summary("b", true);
    settle();
    put_text("capsule/articles/b.meta", "summary: Said beside.\n");
    put_text("capsule/articles/c.meta", "summary: none\n");
    assert_pressed_alike("sidecars say otherwise");
    assert_true(was_made_from_the_one_before());
    assert_summary("b", false);
    assert_summary("c", true);
    settle();
    unlink(folder_path("capsule/articles/b.meta"));
    unlink(folder_path("capsule/articles/c.meta"));
    assert_pressed_alike("the sidecars are gone");
    assert_summary("b", true);
    assert_summary("c", false);
}

static void an_address_without_a_summary_is_free(void **state)
{
    (void)state;
    put_text("capsule/articles/b-summary.txt",
             "---\ndate: 2024-01-04\n---\nOf that name\n\nText.\n");
    make_capsule(); /* b.txt is left out */
    assert_int_equal(number("edition.db", "SELECT count(*) FROM page WHERE path = '/b.gmi'"), 0);
    put_text("capsule/articles/b.meta", "summary: none\n");
    assert_pressed_alike("both have their addresses");
    assert_int_equal(number("edition.db",
                            "SELECT count(*) FROM page WHERE path IN"
                            " ('/b.gmi', '/b-summary.gmi', '/b-summary-summary.gmi')"),
                     3);
    settle();
    unlink(folder_path("capsule/articles/b.meta"));
    assert_pressed_alike("only one can have it");
    assert_int_equal(number("edition.db", "SELECT count(*) FROM page WHERE path = '/b.gmi'"), 0);
}

static void the_capsules_word_on_summaries_makes_all_anew(void **state)
{
    (void)state;
    make_capsule();
    put_text("capsule/capsule.conf", "title = \"capsule\"\nsummary = \"auto\"\n");
    ino_t before = inode_of("edition.db");
    press("edition.db"); /* that is the default */
    assert_int_equal(inode_of("edition.db"), before);
    put_text("capsule/capsule.conf", "title = \"capsule\"\nsummary = \"none\"\n");
    assert_pressed_alike("none");
    assert_false(was_made_from_the_one_before());
    assert_summary("a", true);
    settle();
    put_text("capsule/articles/a.txt",
             "---\ndate: 2024-01-01\nsummary: In short.\n---\nTitle A\n\nText A.\n");
    assert_pressed_alike("an article has another wish");
    assert_true(was_made_from_the_one_before());
    assert_summary("a", true);
    unlink(folder_path("capsule/capsule.conf"));
    assert_pressed_alike("all have summaries again");
    assert_false(was_made_from_the_one_before());
    assert_summary("a", false);
    assert_summary("c", false);
}

static sqlite3_int64 id_of(const char *path)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT coalesce(max(id), 0) FROM page WHERE path = '%s'", path);
    return number("edition.db", sql);
}

static void a_changed_rule_changes_its_row(void **state)
{
    (void)state;
    put_text("capsule/capsule.conf", "redirect = {\"/r /a.gmi\", \"/2019/* /*\"}\n"
                                     "input = {\"/b.gmi Why?\"}\n");
    make_capsule();
    ino_t before = inode_of("edition.db");
    sqlite3_int64 redirect = id_of("/r");
    assert_true(redirect > 0 && id_of("*/2019/") > 0 && id_of("?/b.gmi") > 0);
    press("edition.db");
    assert_int_equal(inode_of("edition.db"), before);
    put_text("capsule/capsule.conf", "redirect = {\"/r /b.gmi\"}\ngone = {\"/2019/*\"}\n");
    assert_pressed_alike("other rules");
    assert_true(was_made_from_the_one_before());
    assert_int_equal(id_of("/r"), redirect);
    assert_int_equal(id_of("?/b.gmi"), 0);
    assert_int_equal(number("edition.db", "SELECT status FROM page WHERE path = '*/2019/'"), 52);
    assert_int_equal(number("edition.db", "SELECT meta = '/b.gmi' FROM page WHERE path = '/r'"), 1);
    settle();
    unlink(folder_path("capsule/capsule.conf"));
    assert_pressed_alike("no rules");
    assert_true(was_made_from_the_one_before());
    assert_int_equal(id_of("/r") + id_of("*/2019/"), 0);
}

/* Is a line of /urls.txt there? */
static bool lists(const char *path)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM page WHERE path = '/urls.txt'"
             " AND CAST(body AS TEXT) LIKE '%%gemini://news.example%s' || char(10) || '%%'",
             path);
    return number("edition.db", sql) == 1;
}

static void other_areas_change_what_is_listed(void **state)
{
    (void)state;
    static char page[] = "/a.gmi";
    static char file[] = "/x.txt";
    static char *prefixes[] = {page, file};
    static struct option_list list = {prefixes, 1};
    make_capsule();
    assert_true(lists("/a.gmi") && lists("/a-summary.gmi") && lists("/x.txt"));
    areas = &list;
    assert_pressed_alike("a page");
    assert_true(was_made_from_the_one_before());
    assert_true(!lists("/a.gmi") && !lists("/a-summary.gmi") && lists("/b.gmi"));
    settle();
    ino_t before = inode_of("edition.db");
    press("edition.db");
    assert_int_equal(inode_of("edition.db"), before);
    /* A page in it changes, and one outside. */
    put_text("capsule/articles/a.txt", "---\ndate: 2024-01-01\n---\nTitle A\n\nOther text.\n");
    put_text("capsule/articles/b.txt", "---\ndate: 2024-01-02\n---\nTitle B\n\nOther text.\n");
    assert_pressed_alike("other pages");
    assert_true(was_made_from_the_one_before());
    assert_true(!lists("/a.gmi") && lists("/b.gmi") && lists("/x.txt"));
    settle();
    list.count = 2;
    assert_pressed_alike("one more");
    assert_true(was_made_from_the_one_before());
    assert_true(!lists("/a.gmi") && !lists("/x.txt") && lists("/b.gmi"));
    settle();
    areas = NULL;
    assert_pressed_alike("none");
    assert_true(was_made_from_the_one_before());
    assert_true(lists("/a.gmi") && lists("/a-summary.gmi") && lists("/x.txt"));
}

struct damage_row {
    const char *name;
    const char *sql;
};

static const struct damage_row damage_rows[] = {
    {"another schema is no beginning", "PRAGMA user_version = 1"},
    {"another kind of file is no beginning", "PRAGMA application_id = 7"},
    {"another basis is no beginning", "UPDATE capsule SET value = 'x' WHERE key = 'basis'"},
    {"an edition without a table is no beginning", "DROP TABLE piece"},
    {"an edition without a page is no beginning", "DELETE FROM page WHERE path = '/b.gmi'"},
    {"a text beyond its page is no beginning", "UPDATE piece SET text_to = 100000"},
    {"a text before its page is no beginning", "UPDATE piece SET summary_from = -1"},
    {"an edition that is mostly free is no beginning",
     "CREATE TABLE t (b); INSERT INTO t VALUES (zeroblob(200000)); DROP TABLE t"},
};

static void damage_is_no_beginning(void **state)
{
    const struct damage_row *row = *state;
    make_capsule();
    change(row->sql);
    put_text("capsule/articles/a.txt", "---\ndate: 2024-01-01\n---\nAnother\n\nText A.\n");
    assert_pressed_alike(row->name);
    assert_false(was_made_from_the_one_before());
    assert_int_equal(folder_count(test_folder), 9);
}

static void a_cut_file_is_no_beginning(void **state)
{
    (void)state;
    make_capsule();
    assert_int_equal(truncate(folder_path("edition.db"), 8192), 0);
    assert_pressed_alike("cut short");
    assert_int_equal(folder_count(test_folder), 9);
}

static void noise_is_no_beginning(void **state)
{
    (void)state;
    char noise[4096];
    struct stat st;
    memset(noise, 0xff, sizeof noise);
    make_capsule();
    assert_int_equal(stat(folder_path("edition.db"), &st), 0);
    for (off_t at = 0; at < st.st_size; at += (off_t)sizeof noise) {
        unlink(folder_path("edition.db"));
        press("edition.db");
        settle();
        int fd = open(folder_path("edition.db"), O_WRONLY | O_CLOEXEC);
        assert_int_equal(pwrite(fd, noise, sizeof noise, at), sizeof noise);
        close(fd);
        put_article("capsule/articles/a.txt", (unsigned)at);
        press("edition.db"); /* whatever was in that page, nothing breaks */
    }
}

static void an_edition_does_not_grow_without_end(void **state)
{
    (void)state;
    static char text[40000];
    struct stat st;
    make_capsule();
    for (unsigned i = 0; i < 40; i++) {
        size_t n = i % 2 == 0 && i < 38 ? sizeof text - 1 : 2000 + i;
        memset(text, 'x', n);
        for (size_t at = 0; at < n; at += 7)
            text[at] = at % 70 == 0 ? '\n' : ' ';
        memcpy(text, "Title\n\n", 7);
        put("capsule/articles/b.txt", (struct span){text, n});
        press("edition.db");
        settle();
    }
    press("anew.db");
    assert_int_equal(stat(folder_path("anew.db"), &st), 0);
    off_t anew = st.st_size;
    assert_int_equal(stat(folder_path("edition.db"), &st), 0);
    assert_true(st.st_size <= anew * 3 / 2);
}

int main(void)
{
    static struct suite s = {.setup = quiet_folder_make, .teardown = quiet_folder_remove};
    SUITE_ROWS(&s, edits_show_as_in_a_new_edition, seed_rows);
    SUITE_TEST(&s, without_a_change_the_edition_stays);
    SUITE_TEST(&s, what_is_left_out_again_is_no_change);
    SUITE_TEST(&s, a_source_is_not_read_without_need);
    SUITE_TEST(&s, a_clock_that_is_set_back_makes_no_source_be_read);
    SUITE_TEST(&s, what_was_written_during_the_look_is_read_again);
    SUITE_TEST(&s, a_piece_gains_and_loses_its_summary);
    SUITE_TEST(&s, an_address_without_a_summary_is_free);
    SUITE_TEST(&s, the_capsules_word_on_summaries_makes_all_anew);
    SUITE_TEST(&s, a_changed_rule_changes_its_row);
    SUITE_TEST(&s, other_areas_change_what_is_listed);
    SUITE_ROWS(&s, damage_is_no_beginning, damage_rows);
    SUITE_TEST(&s, a_cut_file_is_no_beginning);
    SUITE_TEST(&s, noise_is_no_beginning);
    SUITE_TEST(&s, an_edition_does_not_grow_without_end);
    return suite_run(&s, "press/again");
}
