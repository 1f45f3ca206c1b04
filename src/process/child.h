/*
 * child: a process of this program's own executable that is kept running: it is started, handed
 * its descriptors, spoken to and heard; when it dies the log says so and another one is started,
 * the later the more often that happens.
 */
#ifndef PROCESS_CHILD_H
#define PROCESS_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "core/span.h"

/*
 * The descriptors of a child: 0 and 1 are nothing, 2 is the log, then come the control stream, a
 * socket whose end means that the supervisor is gone, and what is handed over.
 */
#define CHILD_CONTROL_FD 3
#define CHILD_HANDED_FD  4
#define CHILD_HANDED_MAX 320

/* After so many deaths before one was ever ready it makes no sense to go on. */
#define CHILD_FAILURES_MAX 3

/*
 * What a child says over the control stream: single bytes, so that nothing has to be parsed that
 * comes from a process which clients may have taken over.  All others than these go to on_said.
 * What it is told are messages (process/message.h).
 */
#define CHILD_SAY_READY 'R' /* it does its work from now on */
#define CHILD_SAY_ALIVE '.' /* its loop turns */
#define CHILD_SAY_ROOM  'M' /* it begins nothing new: another one shall take its place at once */

/* Milliseconds from one CHILD_SAY_ALIVE to the next, and between two looks of the supervisor. */
#define CHILD_HEARTBEAT 1000

/* A descriptor for a child; -1 for one that could not be made: the child finds it missing. */
struct child_handed {
    int fd;
    bool borrowed; /* else it is closed when the child has it */
};

struct child_plan {
    uv_loop_t *loop;
    const char *name; /* for the log: "worker"; borrowed for the child's life, as all here */
    char *subcommand; /* that the program becomes */
    bool makes_room;  /* CHILD_SAY_ROOM is heard */
    /*
     * Seconds of silence after which it hangs, and is killed; 0: it may be silent forever.  They
     * are the supervisor's own looks at it, so that a machine that stood still kills nobody.
     */
    unsigned silence;
    /* Before each start: write at most CHILD_HANDED_MAX, for CHILD_HANDED_FD on; their number. */
    size_t (*hand)(void *context, struct child_handed *out);
    void (*on_ready)(void *context);           /* it has said so; once in each life, or NULL */
    void (*on_said)(void *context, char what); /* or NULL */
    /* CHILD_FAILURES_MAX have died, and none was ever ready; it goes on all the same.  Once. */
    void (*on_failed)(void *context);
    /* It has ended for good and its struct may go; once, after child_retire or child_stop. */
    void (*on_stopped)(void *context);
    void *context;
};

struct child_life;

/* All fields are private, except that `ready` and `work` may be read. */
struct child {
    struct child_plan plan;
    struct child_life *work;  /* the process that does the work, or NULL */
    struct child_life *lives; /* that, and those which have made room and finish what they began */
    uv_timer_t timer;         /* until the next start; of one that is stopped, until it is killed */
    bool ready;               /* the one at work has said so */
    bool was_ready;           /* some one has */
    bool stopping;
    unsigned failures;  /* deaths in a row */
    unsigned stillborn; /* deaths before one was ever ready */
};

/*
 * Start a child and keep it running, until child_stop.  One that cannot be started is logged and
 * counts as one that has died.  The struct stays where it is until on_stopped.
 */
void child_start(struct child *c, const struct child_plan *plan);

/*
 * Tell it something, see process/message.h; one that is not there is told nothing.  One to which it
 * cannot be said, for want of memory, is killed: the next starts with what is new.
 */
void child_say(struct child *c, char kind, struct span bytes);

/* Send a signal to the process, if there is one, and to those that have made room. */
void child_signal(struct child *c, int number);

/* No new start; what runs ends when it likes. */
void child_retire(struct child *c);

/* No new start, SIGTERM, SIGKILL after so many milliseconds; called again, after others. */
void child_stop(struct child *c, uint64_t patience);

/*
 * In a child: is this descriptor a socket that it was handed?  One that could not be made is not
 * there, or is by now something else.
 *
 * type   SOCK_STREAM, as the control stream is, or SOCK_SEQPACKET
 */
bool child_has_socket(int fd, int type);

/* Bytes in a file without a name, which a child reads to its end.  -1 on failure. */
int child_memory_fd(const char *name, struct span s);

#endif
