#include "serve/watch.h"

#include "../support.h"
#include "core/clock.h"

#define PATIENCE 10000 /* milliseconds until a change that is not told is missed */
#define SILENCE  300   /* and until one that must not be told was not */

static uv_loop_t loop;
static uv_timer_t bound;
static struct watch *watch;
static struct watch *second; /* of another capsule */
static unsigned told;
static bool late;
static bool stop_when_told;

static void on_changed(void *context)
{
    assert_ptr_equal(context, &told);
    told++;
    if (stop_when_told) {
        watch_stop(watch);
        watch = NULL;
    }
}

static void on_bound(uv_timer_t *timer)
{
    (void)timer;
    late = true;
}

/* Run the loop until a change is told, or for so many milliseconds. */
static void run(unsigned most)
{
    unsigned before = told;
    late = false;
    uv_timer_start(&bound, on_bound, most, 0);
    while (told == before && !late)
        uv_run(&loop, UV_RUN_ONCE);
    uv_timer_stop(&bound);
}

#define assert_told()       \
    do {                    \
        run(PATIENCE);      \
        assert_false(late); \
    } while (0)

#define assert_not_told()  \
    do {                   \
        run(SILENCE);      \
        assert_true(late); \
    } while (0)

static void start(const char *path)
{
    struct error e;
    assert_status(watch_start(&loop, path, on_changed, &told, &watch, &e), ST_OK, &e);
}

static int watch_make(void **state)
{
    if (quiet_folder_make(state) != 0 || uv_loop_init(&loop) != 0)
        return -1;
    uv_timer_init(&loop, &bound);
    told = 0;
    stop_when_told = false;
    watch = second = NULL;
    folder_make_dir("capsule");
    folder_make_dir("capsule/articles");
    folder_put("capsule/articles/a.txt", SPAN("a"));
    return 0;
}

static int watch_remove(void **state)
{
    if (watch != NULL)
        watch_stop(watch);
    if (second != NULL)
        watch_stop(second);
    uv_close((uv_handle_t *)&bound, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    int closed = uv_loop_close(&loop);
    return quiet_folder_remove(state) != 0 || closed != 0 ? -1 : 0;
}

struct change_row {
    const char *name;
    const char *path; /* of the file that is written, in the test's folder */
    bool told;
};

static const struct change_row change_rows[] = {
    {"a changed article is told", "capsule/articles/a.txt", true},
    {"a new article is told", "capsule/articles/b.txt", true},
    {"a new capsule.conf is told", "capsule/capsule.conf", true},
    {"a file beside the articles is not told", "capsule/notes.txt", false},
    {"a file beside the capsule is not told", "other.txt", false},
    {"what an editor saves beside an article is not told", "capsule/articles/.a.txt.swp", false},
    {"an editor's backup is not told", "capsule/articles/a.txt~", false},
    {"a file whose name begins like the capsule's is not told", "capsule2", false},
};

static void changes_are_told(void **state)
{
    const struct change_row *row = *state;
    start(folder_path("capsule"));
    folder_put(row->path, SPAN("changed"));
    if (row->told)
        assert_told();
    assert_not_told(); /* not a second time */
}

static void without_a_change_nothing_is_told(void **state)
{
    (void)state;
    start(folder_path("capsule"));
    assert_not_told();
}

static void a_burst_is_told_once(void **state)
{
    (void)state;
    start(folder_path("capsule"));
    for (int i = 0; i < 200; i++) {
        char name[64];
        snprintf(name, sizeof name, "capsule/articles/%d.txt", i);
        folder_put(name, SPAN("text"));
    }
    assert_told();
    assert_not_told();
    assert_int_equal(told, 1);
}

static uv_timer_t ticker;

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
    folder_put("capsule/articles/a.txt", SPAN("changed again"));
}

static void a_burst_without_end_is_told_all_the_same(void **state)
{
    (void)state;
    start(folder_path("capsule"));
    uv_timer_init(&loop, &ticker);
    uv_timer_start(&ticker, on_tick, 0, WATCH_QUIET / 4);
    uint64_t began = clock_ms();
    run(PATIENCE);
    run(PATIENCE);
    uint64_t passed = clock_ms() - began;
    uv_close((uv_handle_t *)&ticker, NULL);
    assert_int_equal(told, 2);
    assert_true(passed >= WATCH_PATIENCE); /* it was not quiet in between */
    assert_true(passed < PATIENCE);
}

static void removing_and_renaming_are_told(void **state)
{
    (void)state;
    start(folder_path("capsule"));
    assert_int_equal(
        rename(folder_path("capsule/articles/a.txt"), folder_path("capsule/articles/b.txt")), 0);
    assert_told();
    assert_int_equal(unlink(folder_path("capsule/articles/b.txt")), 0);
    assert_told();
}

static void a_new_sub_folder_is_watched(void **state)
{
    (void)state;
    start(folder_path("capsule"));
    folder_make_dir("capsule/articles/sub");
    assert_told();
    folder_put("capsule/articles/sub/b.txt", SPAN("b"));
    assert_told();
    folder_put("capsule/articles/sub/b.txt", SPAN("changed"));
    assert_told();
}

static void new_folders_in_folders_are_watched(void **state)
{
    (void)state;
    start(folder_path("capsule"));
    folder_make_dir("capsule/articles/a");
    folder_make_dir("capsule/articles/a/b");
    folder_make_dir("capsule/articles/a/b/c");
    assert_told();
    folder_put("capsule/articles/a/b/c/d.txt", SPAN("d"));
    assert_told();
}

static void folders_that_were_there_are_watched_to_their_depth(void **state)
{
    (void)state;
    folder_make_dir("capsule/static");
    folder_make_dir("capsule/static/a");
    folder_make_dir("capsule/static/a/b");
    start(folder_path("capsule"));
    folder_put("capsule/static/a/b/c.png", SPAN("c"));
    assert_told();
}

static void a_folder_that_is_moved_in_is_watched(void **state)
{
    (void)state;
    folder_make_dir("sub");
    folder_make_dir("sub/below");
    start(folder_path("capsule"));
    assert_int_equal(rename(folder_path("sub"), folder_path("capsule/articles/sub")), 0);
    assert_told();
    folder_put("capsule/articles/sub/below/b.txt", SPAN("b"));
    assert_told();
}

static void a_folder_that_is_removed_is_told_and_may_come_again(void **state)
{
    (void)state;
    start(folder_path("capsule"));
    assert_int_equal(unlink(folder_path("capsule/articles/a.txt")), 0);
    assert_int_equal(rmdir(folder_path("capsule/articles")), 0);
    assert_told();
    folder_make_dir("capsule/articles");
    assert_told();
    folder_put("capsule/articles/a.txt", SPAN("a"));
    assert_told();
}

static void another_capsule_in_its_place_is_watched(void **state)
{
    (void)state;
    folder_make_dir("new");
    folder_make_dir("new/articles");
    start(folder_path("capsule"));
    assert_int_equal(rename(folder_path("capsule"), folder_path("old")), 0);
    assert_int_equal(rename(folder_path("new"), folder_path("capsule")), 0);
    assert_told();
    folder_put("capsule/articles/b.txt", SPAN("b"));
    assert_told();
    folder_put("old/articles/a.txt", SPAN("changed"));
    assert_not_told();
}

static void a_capsule_that_goes_and_comes_back_is_told_twice(void **state)
{
    (void)state;
    start(folder_path("capsule"));
    assert_int_equal(rename(folder_path("capsule"), folder_path("away")), 0);
    assert_told();
    assert_not_told();
    assert_int_equal(rename(folder_path("away"), folder_path("capsule")), 0);
    assert_told();
    folder_put("capsule/articles/a.txt", SPAN("changed"));
    assert_told();
}

/* How many folders the kernel watches for this process. */
static unsigned watched(void)
{
    unsigned count = 0;
    for (int fd = 3; fd < 64; fd++) {
        char line[512];
        snprintf(line, sizeof line, "/proc/self/fdinfo/%d", fd);
        FILE *about = fopen(line, "re");
        while (about != NULL && fgets(line, sizeof line, about) != NULL)
            count += strncmp(line, "inotify ", 8) == 0;
        if (about != NULL)
            fclose(about);
    }
    return count;
}

static void what_is_written_beside_the_capsule_wakes_nobody(void **state)
{
    (void)state;
    start(folder_path("capsule"));
    assert_int_equal(watched(), 2); /* the capsule and its articles/ */
}

/* The kernel keeps so many events for us; what comes then is lost.  Files of the test's folder. */
static void flood(const char *a, const char *b)
{
    unsigned long most = 16384;
    char line[32];
    FILE *limit = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
    if (limit != NULL && fgets(line, sizeof line, limit) != NULL)
        most = strtoul(line, NULL, 10);
    if (limit != NULL)
        fclose(limit);
    if (most > 1000000)
        skip(); /* it would take too long */
    int one = open(folder_path(a), O_WRONLY | O_CLOEXEC);
    int other = open(folder_path(b), O_WRONLY | O_CLOEXEC);
    for (unsigned long i = 0; i <= most; i++) /* in turns, for the same event twice is one */
        assert_int_equal(write(i % 2 == 0 ? one : other, "x", 1), 1);
    close(one);
    close(other);
}

static void a_folder_that_comes_with_more_than_the_kernel_tells_is_watched(void **state)
{
    (void)state;
    folder_put("capsule/articles/b.txt", SPAN("b"));
    start(folder_path("capsule"));
    flood("capsule/articles/a.txt", "capsule/articles/b.txt");
    folder_make_dir("capsule/articles/sub");
    assert_told();
    folder_put("capsule/articles/sub/b.txt", SPAN("b"));
    assert_told();
}

struct hiding_row {
    const char *name, *one, *other; /* files that are written */
};

/* They wait in the same queue as what matters. */
static const struct hiding_row hiding_rows[] = {
    {"what is written beside the articles hides no change", "capsule/one", "capsule/other"},
    {"what is written for another capsule hides none", "second/articles/a", "second/articles/b"},
};

static void on_other_changed(void *context)
{
    (void)context;
}

static void what_others_write_hides_no_change(void **state)
{
    const struct hiding_row *row = *state;
    struct error e;
    folder_make_dir("second");
    folder_make_dir("second/articles");
    folder_put(row->one, SPAN("1"));
    folder_put(row->other, SPAN("2"));
    assert_status(watch_start(&loop, folder_path("second"), on_other_changed, NULL, &second, &e),
                  ST_OK, &e);
    start(folder_path("capsule"));
    flood(row->one, row->other);
    folder_put("capsule/articles/b.txt", SPAN("b"));
    assert_told();
    run(1000); /* not a second time */
    assert_true(late);
}

static void a_capsule_that_comes_later_is_watched(void **state)
{
    (void)state;
    start(folder_path("later"));
    assert_not_told();
    folder_make_dir("later");
    folder_make_dir("later/articles");
    assert_told();
    folder_put("later/articles/a.txt", SPAN("a"));
    assert_told();
}

static void a_link_that_is_turned_to_another_capsule_is_told(void **state)
{
    (void)state;
    folder_make_dir("new");
    folder_make_dir("new/articles");
    assert_int_equal(symlink("capsule", folder_path("current")), 0);
    assert_int_equal(symlink("new", folder_path("next")), 0);
    start(folder_path("current"));
    assert_int_equal(rename(folder_path("next"), folder_path("current")), 0);
    assert_told();
    folder_put("new/articles/b.txt", SPAN("b"));
    assert_told();
}

struct path_row {
    const char *name, *from, *path; /* the folder to be in, and what is watched from there */
};

static const struct path_row path_rows[] = {
    {"a relative path is watched", "", "capsule"},
    {"a path with a slash behind is watched", "", "capsule//"},
    {"the folder itself is watched", "capsule", "."},
    {"a path by way of its own folder is watched", "capsule", "../capsule"},
};

static void paths_are_watched(void **state)
{
    const struct path_row *row = *state;
    int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(chdir(folder_path(row->from)), 0);
    start(row->path);
    folder_make_dir("capsule/articles/sub");
    run(PATIENCE);
    folder_put("capsule/articles/sub/b.txt", SPAN("b"));
    run(PATIENCE);
    assert_int_equal(fchdir(back), 0);
    close(back);
    assert_int_equal(told, 2);
}

static void nothing_is_told_after_the_stop(void **state)
{
    (void)state;
    start(folder_path("capsule"));
    folder_put("capsule/articles/a.txt", SPAN("changed"));
    uv_run(&loop, UV_RUN_NOWAIT);
    watch_stop(watch);
    watch = NULL;
    assert_not_told();
}

static void it_may_be_stopped_when_it_tells(void **state)
{
    (void)state;
    stop_when_told = true;
    start(folder_path("capsule"));
    folder_make_dir("capsule/articles/sub");
    assert_told();
    folder_put("capsule/articles/b.txt", SPAN("b"));
    assert_not_told();
}

int main(void)
{
    static struct suite s = {.setup = watch_make, .teardown = watch_remove};
    SUITE_ROWS(&s, changes_are_told, change_rows);
    SUITE_TEST(&s, without_a_change_nothing_is_told);
    SUITE_TEST(&s, a_burst_is_told_once);
    SUITE_TEST(&s, a_burst_without_end_is_told_all_the_same);
    SUITE_TEST(&s, removing_and_renaming_are_told);
    SUITE_TEST(&s, a_new_sub_folder_is_watched);
    SUITE_TEST(&s, new_folders_in_folders_are_watched);
    SUITE_TEST(&s, folders_that_were_there_are_watched_to_their_depth);
    SUITE_TEST(&s, a_folder_that_is_moved_in_is_watched);
    SUITE_TEST(&s, a_folder_that_is_removed_is_told_and_may_come_again);
    SUITE_TEST(&s, another_capsule_in_its_place_is_watched);
    SUITE_TEST(&s, a_capsule_that_goes_and_comes_back_is_told_twice);
    SUITE_TEST(&s, what_is_written_beside_the_capsule_wakes_nobody);
    SUITE_TEST(&s, a_folder_that_comes_with_more_than_the_kernel_tells_is_watched);
    SUITE_ROWS(&s, what_others_write_hides_no_change, hiding_rows);
    SUITE_TEST(&s, a_capsule_that_comes_later_is_watched);
    SUITE_TEST(&s, a_link_that_is_turned_to_another_capsule_is_told);
    SUITE_ROWS(&s, paths_are_watched, path_rows);
    SUITE_TEST(&s, nothing_is_told_after_the_stop);
    SUITE_TEST(&s, it_may_be_stopped_when_it_tells);
    return suite_run(&s, "serve/watch");
}
