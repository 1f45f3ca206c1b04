/*
 * client: one member of the crowd, from one connection to the next.
 *
 * TLS runs over memory, so that the client decides when which bytes go over the wire.  All of it
 * is driven by client_run, which never blocks.
 */
#ifndef TESTS_SOAK_CLIENT_H
#define TESTS_SOAK_CLIENT_H

#include <netinet/in.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "kind.h"

#define CLIENT_HEAD_MAX 96

/* What a client may send: the bytes of a request line, or of garbage. */
struct request {
    char *label; /* for the report; owned */
    unsigned char *bytes;
    size_t n;
};

/* How a connection ended. */
enum end {
    END_NONE,
    END_NOTIFY,  /* close_notify, then the end of the TCP connection */
    END_NO_FIN,  /* close_notify, then a reset */
    END_EOF,     /* the TCP connection ended without a close_notify */
    END_RESET,   /* it was reset */
    END_TLS,     /* an alert, or something that TLS forbids */
    END_REFUSED, /* no connection came about */
    END_LATE,    /* the client has given up */
    END_OURS,    /* the client has had enough, as its kind wants it */
};

/* What all clients share. */
struct crowd {
    SSL_CTX *tls;
    char *name; /* for SNI */
    struct sockaddr_in server;
    int epoll;
    uint64_t random;
    bool ending; /* nobody connects any more, and slow clients hurry */
};

struct client {
    struct crowd *crowd;
    const struct kind *kind;
    const struct request *requests; /* of its kind; borrowed */
    size_t request_count;
    size_t number; /* among its kind */
    struct in_addr source;
    SSL_SESSION *session; /* the newest ticket, if it resumes */
    uint64_t due;         /* when to look at it without an event; us */

    /* One connection; fd is -1 between two of them. */
    int fd;
    uint16_t port;
    SSL *ssl;      /* NULL when it talks no TLS; owns in and out else */
    BIO *in, *out; /* bytes from the wire, and for it */
    EVP_MD_CTX *digest;
    const struct request *request;
    enum stage stage, stop;
    uint64_t began, connected, shaken, answered, notified; /* us; 0 for not yet */
    size_t hello_n, hello_sent;                            /* bytes of the handshake */
    size_t said;                                           /* bytes of the request */
    uint64_t heard;                                        /* bytes off the wire, in the answer */
    uint64_t size;                                         /* bytes of the answer */
    char head[CLIENT_HEAD_MAX];                            /* the answer's beginning */
    size_t head_n;
    bool mute; /* the server takes nothing more */
};

uint64_t clock_us(void);

/* A number below n. */
uint64_t crowd_random(struct crowd *crowd, uint64_t n);

/*
 * Go on as far as it goes; writes a line to stdout when a connection has ended:
 *
 *     KIND ADDRESS PORT BEGAN CONNECTED ENDED STAGE END RESUMED SIZE DIGEST LABEL HEAD...
 *
 * Times are microseconds of CLOCK_MONOTONIC, DIGEST the first 16 digits of the SHA-256 of all
 * bytes of the answer, HEAD its header.
 */
void client_run(struct client *c, uint64_t now);

/* Is it between two connections? */
bool client_rests(const struct client *c);

/* The end is near: who is owed an answer goes on quickly, others leave. */
void client_hurry(struct client *c, uint64_t now);

/* Nobody waits any longer: report it as late. */
void client_give_up(struct client *c, uint64_t now);

void client_fini(struct client *c);

#endif
