/*
 * sandbox: what a process gives up before it reads a byte that it did not write itself.  One
 * function for each kind of process; what one has given up is gone until it ends, and for what it
 * starts as well.
 *
 * Which of it there is, the running kernel tells, not the one that the program was built on.
 * Sources: landlock(7), seccomp(2), prctl(2).
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <sys/stat.h>

#include "core/buf.h"

enum sandbox_wish {
    SANDBOX_OFF,     /* give up nothing */
    SANDBOX_TRY,     /* give up what the kernel lets us, and say what is missing */
    SANDBOX_REQUIRE, /* the same, but without Landlock or seccomp fail */
};

/* Most bytes of what was given up, as a line of the log tells it. */
#define SANDBOX_TOLD_MAX 256

/* "off", "try" or "require".  ST_OK or ST_SYNTAX. */
enum status sandbox_wish_find(const char *text, enum sandbox_wish *out, struct error *e) MUST_USE;

/* A file, or a folder with all that is below it, that stays reachable. */
struct sandbox_place {
    const char *path; /* borrowed; one that is missing when the sandbox is entered is left out */
    bool holder;      /* the folder that holds path is meant */
    bool writes;      /* may be written, and files made and removed there, besides being read */
    dev_t device;     /* filled: which one it was ... */
    ino_t inode;      /* ... or zeros when it is missing, or Landlock is not in force */
    bool is_in_force; /* filled: Landlock keeps the process to its places */
};

/*
 * Is the folder that now has the name of a place out of reach?  A place is the folder that it was,
 * not its name: one that was put in its stead, or made later, is another.
 */
bool sandbox_is_beyond(const struct sandbox_place *place, const struct stat *now);

/*
 * The supervisor: no new privileges, no core dumps, and its memory, where the private keys are, is
 * not for other processes of its user.  What it starts needs sockets and exec, so these stay; what
 * none of them needs is taken from all by seccomp: tracing, mounts, namespaces, other users.  May
 * be called again: what is gone is not taken a second time.
 *
 * told   gets what was given up
 * Returns ST_OK; ST_IO when there is none of it although it is required.
 */
enum status sandbox_supervisor(enum sandbox_wish wish, char told[SANDBOX_TOLD_MAX],
                               struct error *e) MUST_USE;

/*
 * A worker: it reads its places and no other file, makes no socket but by accepting, starts no
 * program, thread or process, and gets no memory that can be run.
 *
 * Returns as sandbox_supervisor, and ST_IO without Landlock or seccomp when they are required.
 */
enum status sandbox_worker(enum sandbox_wish wish, struct sandbox_place *places, size_t count,
                           char told[SANDBOX_TOLD_MAX], struct error *e) MUST_USE;

/*
 * The key process: it opens no file at all, makes no socket, accepts none, starts no program,
 * thread or process, and gets no memory that can be run.  Returns as sandbox_worker.
 */
enum status sandbox_key(enum sandbox_wish wish, char told[SANDBOX_TOLD_MAX],
                        struct error *e) MUST_USE;

/*
 * Press: it reads and writes its places and reads what the system has in /usr (libmagic, gconv),
 * has no network, and starts no program, thread or process.  Returns as sandbox_worker.
 */
enum status sandbox_press(enum sandbox_wish wish, struct sandbox_place *places, size_t count,
                          char told[SANDBOX_TOLD_MAX], struct error *e) MUST_USE;

#endif
