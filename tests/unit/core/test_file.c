#include "core/file.h"

#include <errno.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "../support.h"

/* What file_open_beneath is asked for, in a folder that beneath_make fills. */
struct beneath_row {
    const char *name, *path;
    enum status expected;
    const char *bytes; /* of the file, when it is opened */
};

static const struct beneath_row beneath_rows[] = {
    {"a file is opened", "in/file", ST_OK, "inside"},
    {"a file in a sub folder is opened", "in/sub/file", ST_OK, "below"},
    {"dots that stay inside are followed", "in/sub/../file", ST_OK, "inside"},
    {"a link that stays inside is followed", "in/inner", ST_OK, "below"},
    {"a missing file is missing", "in/none", ST_MISSING, NULL},
    {"a file in a missing folder is missing", "in/none/file", ST_MISSING, NULL},
    {"a file below a file is missing", "in/file/more", ST_MISSING, NULL},
    {"an empty name is missing", "in/", ST_MISSING, NULL},
    {"a link to nowhere is missing", "in/dangling", ST_MISSING, NULL},
    {"dots that lead out are refused", "in/../out", ST_FORMAT, NULL},
    {"a link that leads out is refused", "in/outer", ST_FORMAT, NULL},
    {"a folder that is a link out is refused", "in/upper/out", ST_FORMAT, NULL},
    {"an absolute link is refused", "in/absolute", ST_FORMAT, NULL},
    {"a folder is no regular file", "in/sub", ST_FORMAT, NULL},
    {"a FIFO is refused without waiting", "in/fifo", ST_FORMAT, NULL},
    {"a socket is refused", "in/socket", ST_FORMAT, NULL},
    {"a link to a FIFO is refused", "in/to-fifo", ST_FORMAT, NULL},
    {"links in a circle are refused", "in/loop", ST_FORMAT, NULL},
    {"a link to what is hidden is refused", "in/peek", ST_FORMAT, NULL},
    {"a link into a hidden folder is refused", "in/peek-in", ST_FORMAT, NULL},
    {"a folder that is a link to a hidden one is refused", "in/peek-dir/config", ST_FORMAT, NULL},
    {"a link to a backup is refused", "in/peek-backup", ST_FORMAT, NULL},
    {"a link through a hidden link is followed", "in/by-hidden", ST_OK, "inside"},
    {"a link into .well-known is followed", "in/known", ST_OK, "known"},
    {"a link to what is hidden in .well-known is refused", "in/peek-known", ST_FORMAT, NULL},
    {"a link into another .well-known is refused", "in/peek-other", ST_FORMAT, NULL},
    {"a folder that is a link is followed", "in/folder/file", ST_OK, "below"},
};

static void beneath_link(const char *target, const char *name)
{
    assert_int_equal(symlink(target, folder_path(name)), 0);
}

static void beneath_make_private(void)
{
    folder_make_dir("in/.git");
    folder_make_dir("in/.well-known");
    folder_make_dir("in/sub/.well-known");
    folder_put("in/.git/config", SPAN("secret"));
    folder_put("in/.hidden", SPAN("secret"));
    folder_put("in/a~", SPAN("secret"));
    folder_put("in/.well-known/known", SPAN("known"));
    folder_put("in/.well-known/.hidden", SPAN("secret"));
    folder_put("in/sub/.well-known/x", SPAN("secret"));
    beneath_link(".hidden", "in/peek");
    beneath_link("sub/../.git/config", "in/peek-in");
    beneath_link(".git", "in/peek-dir");
    beneath_link("a~", "in/peek-backup");
    beneath_link("file", "in/.link");
    beneath_link(".link", "in/by-hidden");
    beneath_link(".well-known/known", "in/known");
    beneath_link(".well-known/.hidden", "in/peek-known");
    beneath_link("sub/.well-known/x", "in/peek-other");
}

static void beneath_make(void)
{
    folder_make_dir("in");
    folder_make_dir("in/sub");
    folder_put("out", SPAN("outside"));
    folder_put("in/file", SPAN("inside"));
    folder_put("in/sub/file", SPAN("below"));
    beneath_make_private();
    beneath_link("sub/file", "in/inner");
    beneath_link("sub", "in/folder");
    beneath_link("nowhere", "in/dangling");
    beneath_link("../out", "in/outer");
    beneath_link("..", "in/upper");
    beneath_link("/etc/passwd", "in/absolute");
    beneath_link("loop", "in/loop");
    beneath_link("fifo", "in/to-fifo");
    assert_int_equal(mkfifo(folder_path("in/fifo"), 0600), 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "%s", folder_path("in/socket"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&name, sizeof name), 0);
    close(fd);
}

static void files_are_opened_beneath_a_folder(void **state)
{
    const struct beneath_row *row = *state;
    beneath_make();
    int dir = open(folder_path("in"), O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = -1;
    struct stat st;
    struct error e;
    enum status status = file_open_beneath(dir, row->path + strlen("in/"), "SHOWN", &fd, &st, &e);
    close(dir);
    assert_status(status, row->expected, &e);
    if (status != ST_OK) {
        assert_contains(e.message, "SHOWN");
        return;
    }
    char bytes[32];
    ssize_t n = read(fd, bytes, sizeof bytes);
    assert_true(n > 0);
    assert_span_equal(((struct span){bytes, (size_t)n}), span_of(row->bytes));
    assert_int_equal(st.st_size, n);
    assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
}

/* inotify tells every open(2) of a file, and nothing when only its name was looked at. */
static void what_is_no_file_is_never_opened(void **state)
{
    (void)state;
    char events[4096];
    beneath_make();
    bool device = mknod(folder_path("in/device"), S_IFCHR | 0600, makedev(1, 3)) == 0;
    const char *const names[] = {"fifo", "to-fifo", "file", device ? "device" : "fifo"};
    int dir = open(folder_path("in"), O_PATH | O_DIRECTORY | O_CLOEXEC);
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    for (size_t i = 0; i < COUNT(names); i++) {
        bool regular = strcmp(names[i], "file") == 0;
        char path[64];
        snprintf(path, sizeof path, "in/%s", names[i]);
        int mark = inotify_add_watch(watch, folder_path(path), IN_OPEN);
        assert_true(mark >= 0);
        int fd = -1;
        struct stat st;
        assert_status(file_open_beneath(dir, names[i], "SHOWN", &fd, &st, NULL),
                      regular ? ST_OK : ST_FORMAT, NULL);
        assert_int_equal(read(watch, events, sizeof events) > 0, regular);
        if (regular)
            close(fd);
        inotify_rm_watch(watch, mark);
        while (read(watch, events, sizeof events) > 0)
            continue;
    }
    close(watch);
    close(dir);
}

struct look_row {
    const char *name, *path, *real;
};

static const struct look_row look_rows[] = {
    {"a file is where it is", "file", ""},
    {"a link is where it leads", "inner", "sub/file"},
    {"a link to a folder is where it leads", "folder", "sub"},
    {"a file by way of a link is where it is", "folder/file", "sub/file"},
    {"a link to the folder itself is nowhere below it", "self", ""},
};

static void a_look_tells_where_links_lead(void **state)
{
    const struct look_row *row = *state;
    char real[PATH_MAX] = "?";
    struct stat st;
    struct error e;
    beneath_make();
    beneath_link("sub/..", "in/self");
    int dir = open(folder_path("in"), O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_status(file_look_beneath(dir, row->path, "SHOWN", &st, real, &e), ST_OK, &e);
    assert_string_equal(real, row->real);
    close(dir);
}

struct read_row {
    const char *name;
    size_t size, cap;
    enum status expected;
};

static const struct read_row read_rows[] = {
    {"an empty file is read", 0, 100, ST_OK},
    {"an empty file is read into no room", 0, 0, ST_OK},
    {"a file is read", 50, 100, ST_OK},
    {"a file as large as the cap is read", 100, 100, ST_OK},
    {"a file over the cap is refused", 101, 100, ST_LIMIT},
    {"a file of many steps is read", 300000, 400000, ST_OK},
    {"a file of many steps over the cap is refused", 300000, 299999, ST_LIMIT},
};

static void files_are_read(void **state)
{
    const struct read_row *row = *state;
    static char bytes[400000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)('a' + i % 23);
    const char *path = folder_put("file", (struct span){bytes, row->size});
    struct buf b;
    struct error e;
    buf_init(&b, row->cap);
    assert_status(file_read(path, &b, &e), row->expected, &e);
    if (row->expected == ST_OK)
        assert_span_equal(buf_span(&b), ((struct span){bytes, row->size}));
    else
        assert_contains(e.message, path);
    buf_fini(&b);
}

static void reading_appends(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    buf_puts(&b, "before ");
    assert_status(file_read(folder_put("file", SPAN("after")), &b, NULL), ST_OK, NULL);
    assert_span_equal(buf_span(&b), SPAN("before after"));
    buf_fini(&b);
}

static void reading_what_is_no_file_fails(void **state)
{
    (void)state;
    struct buf b;
    struct error e;
    buf_init(&b, 100);
    assert_status(file_read(folder_path("none"), &b, &e), ST_MISSING, &e);
    assert_contains(e.message, folder_path("none"));
    assert_int_equal(e.errnum, ENOENT);
    assert_status(file_read(test_folder, &b, &e), ST_IO, &e);
    assert_contains(e.message, test_folder);
    buf_fini(&b);
}

static void nobody_is_waited_for(void **state)
{
    (void)state;
    struct buf b;
    struct error e;
    const char *fifo = folder_path("fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    buf_init(&b, 100);
    assert_status(file_read_now(fifo, &b, &e), ST_FORMAT, &e);
    assert_contains(e.message, "a FIFO");
    assert_status(file_read_now("/dev/null", &b, &e), ST_OK, &e);
    assert_int_equal(b.n, 0);
    assert_status(file_read_now(folder_put("file", SPAN("text")), &b, &e), ST_OK, &e);
    assert_span_equal(buf_span(&b), SPAN("text"));
    assert_status(file_read_now(folder_path("none"), &b, &e), ST_MISSING, &e);
    buf_fini(&b);
}

static void a_pipe_is_read_to_its_end(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "first ", 6), 6);
    assert_int_equal(write(ends[1], "second", 6), 6);
    close(ends[1]);
    struct buf b;
    buf_init(&b, 100);
    assert_status(file_read_fd(ends[0], "pipe", &b, NULL), ST_OK, NULL);
    assert_span_equal(buf_span(&b), SPAN("first second"));
    buf_fini(&b);
    close(ends[0]);
}

static void writing_makes_a_file_of_that_mode(void **state)
{
    (void)state;
    struct stat st;
    mode_t mask = umask(077);
    assert_status(file_write(folder_path("new"), 0644, SPAN("bytes\0!"), NULL), ST_OK, NULL);
    umask(mask);
    assert_span_equal(file_bytes(folder_path("new")), SPAN("bytes\0!"));
    assert_int_equal(stat(folder_path("new"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
    assert_int_equal(folder_count(test_folder), 1);
}

static void writing_replaces_the_file_and_not_its_inode(void **state)
{
    (void)state;
    const char *path = folder_put("file", SPAN("a longer old text"));
    int old = open(path, O_RDONLY | O_CLOEXEC);
    char bytes[32] = {0};
    assert_status(file_write(path, 0600, SPAN("new"), NULL), ST_OK, NULL);
    assert_span_equal(file_bytes(path), SPAN("new"));
    assert_int_equal(read(old, bytes, sizeof bytes), 17);
    assert_string_equal(bytes, "a longer old text");
    close(old);
}

static void writing_replaces_a_link_and_not_what_it_leads_to(void **state)
{
    (void)state;
    folder_put("target", SPAN("old"));
    assert_int_equal(symlink("target", folder_path("link")), 0);
    assert_status(file_write(folder_path("link"), 0600, SPAN("new"), NULL), ST_OK, NULL);
    assert_span_equal(file_bytes(folder_path("target")), SPAN("old"));
    assert_span_equal(file_bytes(folder_path("link")), SPAN("new"));
}

static void a_write_that_fails_leaves_nothing(void **state)
{
    (void)state;
    struct error e;
    folder_make_dir("folder");
    folder_put("folder/file", SPAN("kept"));
    assert_status(file_write(folder_path("folder"), 0600, SPAN("new"), &e), ST_IO, &e);
    assert_contains(e.message, folder_path("folder"));
    assert_span_equal(file_bytes(folder_path("folder/file")), SPAN("kept"));
    assert_status(file_write(folder_path("none/file"), 0600, SPAN("new"), &e), ST_IO, &e);
    assert_contains(e.message, folder_path("none/file"));
    assert_int_equal(folder_count(test_folder), 2);
}

struct make_row {
    const char *name, *path;
    bool good;
};

static const struct make_row make_rows[] = {
    {"a folder is made", "a", true},
    {"a folder is made with those above it", "a/b/c/d", true},
    {"a folder that is there is fine", "there", true},
    {"a slash at the end is fine", "a/b/", true},
    {"two slashes are one", "a//b", true},
    {"the root is there", "../../../../", true},
    {"a file in its way is an error", "file", false},
    {"a file above it is an error", "file/b", false},
};

static void folders_are_made(void **state)
{
    const struct make_row *row = *state;
    struct stat st;
    struct error e;
    folder_make_dir("there");
    folder_put("file", SPAN("x"));
    const char *path = folder_path(row->path);
    assert_status(file_make_dir(path, &e), row->good ? ST_OK : ST_IO, &e);
    if (row->good)
        assert_true(stat(path, &st) == 0 && S_ISDIR(st.st_mode));
    else
        assert_contains(e.message, folder_path("file"));
}

static void made_folders_are_for_their_owner_alone(void **state)
{
    (void)state;
    struct stat st;
    mode_t mask = umask(0);
    assert_status(file_make_dir(folder_path("a/b"), NULL), ST_OK, NULL);
    umask(mask);
    assert_int_equal(stat(folder_path("a"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(stat(folder_path("a/b"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
}

/* `--certs ""` comes here. */
static void a_folder_without_a_name_is_an_error(void **state)
{
    (void)state;
    char *empty = strdup("");
    struct error e;
    enum status status = file_make_dir(empty, &e);
    free(empty);
    assert_int_not_equal(status, ST_OK);
}

/* Nothing can be seen of a sync; that a folder which has none is no obstacle can. */
static void a_folder_that_cannot_be_synced_is_no_obstacle(void **state)
{
    (void)state;
    file_sync_dir_of(folder_path("whatever"));
    file_sync_dir_of("whatever");
    file_sync_dir_of("/whatever");
    file_sync_dir_of(folder_path("none/file"));
}

struct private_row {
    const char *name; /* of the test and of the file */
    bool private;
};

static const struct private_row private_rows[] = {
    {"a.txt", false},      {".a.txt.swp", true}, {"a.txt~", true}, {".", true},   {"..", true},
    {".well-known", true}, {"#a.txt#", true},    {"~a", false},    {"#a", false}, {"#", false},
};

static void hidden_names_and_backups_are_private(void **state)
{
    const struct private_row *row = *state;
    assert_int_equal(file_is_private(row->name), row->private);
}

static void a_stamp_tells_a_file_from_what_it_was(void **state)
{
    (void)state;
    struct stat st = {.st_size = 1, .st_mtim = {2, 3}, .st_ctim = {4, 5}, .st_ino = 6};
    struct file_stamp stamp = file_stamp_of(&st);
    assert_true(stamp.size == 1 && stamp.inode == 6);
    assert_true(stamp.mtime == INT64_C(2000000003) && stamp.ctime == INT64_C(4000000005));
    assert_true(file_stamp_eq(stamp, file_stamp_of(&st)));
    st.st_ctim.tv_nsec++;
    assert_false(file_stamp_eq(stamp, file_stamp_of(&st)));
}

struct secret_row {
    const char *name;
    mode_t mode;
    enum status expected;
};

static const struct secret_row secret_rows[] = {
    {"a secret of its owner alone is read", 0600, ST_OK},
    {"a secret that is not written to is read", 0400, ST_OK},
    {"a secret that its group reads is refused", 0640, ST_FORMAT},
    {"a secret that others write is refused", 0602, ST_FORMAT},
};

static void secrets_are_their_owners(void **state)
{
    const struct secret_row *row = *state;
    struct error e;
    struct buf b;
    const char *path = folder_put("secret", SPAN("12345678"));
    assert_int_equal(chmod(path, row->mode), 0);
    buf_init(&b, 8);
    assert_status(file_read_secret(path, "a secret", &b, &e), row->expected, &e);
    if (row->expected == ST_OK)
        assert_span_equal(buf_span(&b), SPAN("12345678"));
    else
        assert_contains(e.message, "a secret that others can read: chmod 600");
    buf_wipe(&b);
}

static void a_secret_is_bounded(void **state)
{
    (void)state;
    struct error e;
    struct buf b;
    const char *path = folder_put("secret", SPAN("12345678"));
    assert_int_equal(chmod(path, 0600), 0);
    buf_init(&b, 7);
    assert_status(file_read_secret(path, "a secret", &b, &e), ST_LIMIT, &e);
    assert_contains(e.message, path);
    buf_wipe(&b);
    assert_status(file_read_secret(folder_path("none"), "a secret", &b, &e), ST_MISSING, &e);
    assert_status(file_read_secret(test_folder, "a secret", &b, &e), ST_FORMAT, &e);
    buf_wipe(&b);
}

int main(void)
{
    static struct suite s = {.setup = folder_make, .teardown = folder_remove};
    SUITE_ROWS(&s, files_are_opened_beneath_a_folder, beneath_rows);
    SUITE_TEST(&s, what_is_no_file_is_never_opened);
    SUITE_ROWS(&s, a_look_tells_where_links_lead, look_rows);
    SUITE_ROWS(&s, files_are_read, read_rows);
    SUITE_TEST(&s, reading_appends);
    SUITE_TEST(&s, reading_what_is_no_file_fails);
    SUITE_ROWS(&s, secrets_are_their_owners, secret_rows);
    SUITE_TEST(&s, a_secret_is_bounded);
    SUITE_TEST(&s, a_pipe_is_read_to_its_end);
    SUITE_TEST(&s, nobody_is_waited_for);
    SUITE_TEST(&s, writing_makes_a_file_of_that_mode);
    SUITE_TEST(&s, writing_replaces_the_file_and_not_its_inode);
    SUITE_TEST(&s, writing_replaces_a_link_and_not_what_it_leads_to);
    SUITE_TEST(&s, a_write_that_fails_leaves_nothing);
    SUITE_ROWS(&s, folders_are_made, make_rows);
    SUITE_TEST(&s, made_folders_are_for_their_owner_alone);
    SUITE_TEST(&s, a_folder_without_a_name_is_an_error);
    SUITE_TEST(&s, a_folder_that_cannot_be_synced_is_no_obstacle);
    SUITE_ROWS(&s, hidden_names_and_backups_are_private, private_rows);
    SUITE_TEST(&s, a_stamp_tells_a_file_from_what_it_was);
    return suite_run(&s, "core/file");
}
