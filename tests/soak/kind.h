/*
 * kind: the sorts of clients that a crowd is made of, and the timing of each.
 *
 * A client of every kind does the same, as far as its kind lets it: connect, send a ClientHello,
 * shake hands, send a request, read the answer to its end.  Who stops before that waits for the
 * server to end it, or resets the connection.
 */
#ifndef TESTS_SOAK_KIND_H
#define TESTS_SOAK_KIND_H

#include <stdbool.h>
#include <stddef.h>

/* How far a client has come, in this order. */
enum stage {
    STAGE_NONE,
    STAGE_CONNECTED,
    STAGE_HELLO,  /* half of the ClientHello is sent */
    STAGE_SHAKEN, /* the handshake is over */
    STAGE_LINE,   /* half of the request line is sent */
    STAGE_ANSWER, /* the first bytes of the answer are here */
    STAGE_WHOLE,
    STAGE_ANY, /* as a stop: another one of those before the whole each time */
};

struct kind {
    const char *name;
    enum stage stop;      /* how far it goes */
    bool owed;            /* an answer: it gets one, if the server is right */
    bool reset;           /* resets the connection there, instead of waiting for its end */
    bool plain;           /* sends the bytes of its request without TLS */
    bool damage;          /* sends them after the handshake, but not as a record */
    bool resume;          /* every second such client resumes its sessions */
    unsigned hello_ms;    /* between two bytes of the handshake; 0: all at once */
    unsigned line_ms;     /* between two bytes of the request, each in a record; 0: all at once */
    unsigned read_rate;   /* bytes of the answer that it takes in a second; 0: all that come */
    unsigned wait_ms;     /* at its stop; then it reads what is there, 0: never */
    unsigned pause_ms;    /* between two connections, on average */
    unsigned limit_ms;    /* for all: a connection that lasts longer is given up as late */
    unsigned per_address; /* clients that call from one address */
};

extern const struct kind kinds[];
extern const size_t kinds_count;

/* The name of a stage, for the report. */
const char *stage_name(enum stage stage);

#endif
