/*
 * conn: one client's connection, from accept to close.
 *
 * One enum says where it is, one table says how long it may stay there and what is done there;
 * only conn_enter moves it, and only the loop frees it.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <netinet/in.h>
#include <stdint.h>
#include <uv.h>

#include "net/quota.h"
#include "net/response.h"
#include "protocol/request.h"
#include "tls/channel.h"

/* Bytes of body that are pulled at a time: four whole TLS records. */
#define CONN_CHUNK ((size_t)64 * 1024)

struct conn_table;

enum conn_state {
    CONN_PROXY,     /* a proxy says on whose behalf it calls; TLS has not begun */
    CONN_HELLO,     /* the first record of TLS is coming; it costs nothing but this struct */
    CONN_HANDSHAKE, /* TLS is being agreed on */
    CONN_REQUEST,   /* the request line is coming */
    CONN_ANSWER,    /* header and body are going out */
    CONN_FLUSH,     /* the last bytes and close_notify are going out */
    CONN_LINGER,    /* our side is closed; what the client still sends is thrown away */
    CONN_CLOSED,    /* waits for the loop to free it */
};

/* A request and what is answered; there is none until its first byte has come. */
struct conn_exchange {
    char line[REQUEST_MAX]; /* what has come of the PROXY header, then of the request */
    size_t line_n;
    bool answered; /* the response is filled in */
    struct response response;
};

struct conn {
    struct conn_table *table;
    struct conn *next, *previous; /* in the table's list */
    uv_poll_t poll;
    uv_timer_t timer;
    unsigned handles; /* libuv handles that are not closed yet */
    int fd;
    int interest;  /* what the poll is started for: 0, UV_READABLE or UV_WRITABLE */
    uint16_t port; /* that the client connected to */
    struct sockaddr_storage client; /* as the PROXY header has it, where there is one */
    enum conn_state state;
    uint64_t began;                 /* clock_ms() at accept */
    size_t hello_n;                 /* bytes of the first record at the last look */
    bool hello_awaited;             /* SO_RCVLOWAT is set to what is needed of it */
    bool waiting;                   /* for conn_on_ready, whatever the client does */
    bool finished;                  /* logged; TLS and the exchange are freed */
    bool probe;                     /* the proxy itself calls, to see whether the server is there */
    bool crowded;                   /* there were too many when it came: it is told so */
    bool refused;                   /* by a limit of ours, not by what was asked for */
    bool counted;                   /* it had a quota, which it has given back */
    struct quota *quota;            /* of the client's address; NULL when not counted, or no more */
    struct channel *channel;        /* NULL before TLS begins and after it ended */
    struct conn_exchange *exchange; /* owned; NULL before and after there is something in it */
    uint64_t sent;                  /* bytes of header and body that TLS has taken */
    uint64_t acknowledged;          /* bytes of the socket that the client had at the last look */
    uint64_t handed;                /* bytes handed to the socket's TLS in all, for the same */
    uint64_t patience;              /* milliseconds until a client that takes nothing more is cut */
    size_t drained;                 /* bytes thrown away while lingering */
    const char *reason;             /* why it ends, for the log; NULL while it does not */
};

/* What a connection may take of its time, in milliseconds; no traffic renews the first three. */
struct conn_limits {
    unsigned handshake; /* for the first record of TLS and the handshake */
    unsigned request;   /* for the request line, from the handshake's end on */
    unsigned close;     /* for the client to close its side when it has everything */
    unsigned stall;     /* for the answer to go on, while the client takes nothing */
    unsigned rate;      /* bytes a second of an answer at least, over `stall`; 0: any will do */
};

/* What the connections of a loop share. */
struct conn_table {
    uv_loop_t *loop;
    struct context *tls;
    net_respond *respond;
    void *context; /* of respond */
    struct conn_limits limits;
    bool hurries;          /* the server ends: see conn_hurry */
    struct quotas *quotas; /* borrowed; NULL for no limits per address */
    size_t most; /* connections that are answered at a time; those over it get 41; 0: no limit */
    struct conn *first;
    size_t count;
    void (*on_free)(void *owner); /* a connection is gone */
    void *owner;
    char scratch[GEMINI_META_MAX + 8 + CONN_CHUNK]; /* what is on its way from or into a socket */
};

/*
 * Take over an accepted, non-blocking socket and begin.
 *
 * client    the peer
 * port      the socket's own
 * proxied   a PROXY header must come first, and tells the two anew; only the client that it
 *           names is held to the table's quotas
 * Returns ST_OK; with the socket closed and a line in the log, ST_LIMIT when the client's address
 * has too many connections, or ST_NOMEM.
 */
enum status conn_accept(struct conn_table *table, int fd, const struct sockaddr_storage *client,
                        uint16_t port, bool proxied) MUST_USE;

/*
 * Close an accepted socket that shall be no connection: with a line in the access log, and without
 * a reset if that can be had without waiting.
 */
void conn_refuse(int fd, const struct sockaddr_storage *client, const char *reason);

/* End every connection at once, without close_notify: the time to drain is over. */
void conn_abort_all(struct conn_table *table);

/*
 * From now on the connections that wait for a client to say something wait no longer than so many
 * milliseconds, for each thing that it has to say; 0 ends them at once.
 */
void conn_hurry(struct conn_table *table, unsigned patience);

#endif
