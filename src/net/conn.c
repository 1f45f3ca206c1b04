#include "net/conn.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/memory.h"
#include "log/access.h"
#include "log/log.h"
#include "net/conn_internal.h"
#include "net/conn_limit.h"

/* Most bytes of an answer that are sent before the other connections get their turn. */
#define CONN_TURN_MAX ((uint64_t)512 * 1024)
/* Room for a response header: status, space, meta, line end; and a NUL. */
#define CONN_HEADER_MAX (GEMINI_META_MAX + 9)
/* Most bytes thrown away while lingering. */
#define CONN_DRAIN_MAX ((size_t)1024 * 1024)

struct conn_rule {
    const char *late;  /* for the log, when the time is up; conn_limit_time says how much it is */
    const char *left;  /* when the client closes too early */
    const char *reset; /* when the connection breaks */
    enum conn_state next; /* after STEP_NEXT */
    enum conn_step (*run)(struct conn *c);
};

static enum conn_step conn_run_handshake(struct conn *c);
static enum conn_step conn_run_request(struct conn *c);
static enum conn_step conn_run_answer(struct conn *c);
static enum conn_step conn_run_flush(struct conn *c);
static enum conn_step conn_run_linger(struct conn *c);
static void conn_on_poll(uv_poll_t *poll, int status, int events);

/* Why it ends in a stage, in the order of struct conn_rule. */
#define CONN_ENDS(stage) "timeout " stage, CONN_LEFT stage, CONN_RESET stage

static const struct conn_rule conn_rules[] = {
    [CONN_PROXY] = {CONN_ENDS("in the PROXY header"), CONN_HELLO, conn_run_proxy},
    [CONN_HELLO] = {CONN_ENDS(CONN_IN_HANDSHAKE), CONN_HANDSHAKE, conn_run_hello},
    [CONN_HANDSHAKE] = {CONN_ENDS(CONN_IN_HANDSHAKE), CONN_REQUEST, conn_run_handshake},
    [CONN_REQUEST] = {CONN_ENDS("before a request"), CONN_ANSWER, conn_run_request},
    [CONN_ANSWER] = {CONN_ENDS("in the answer"), CONN_FLUSH, conn_run_answer},
    [CONN_FLUSH] = {CONN_ENDS("in the answer"), CONN_LINGER, conn_run_flush},
    [CONN_LINGER] = {"done", "done", "done", CONN_CLOSED, conn_run_linger},
    [CONN_CLOSED] = {"done", "done", "done", CONN_CLOSED, NULL},
};

static void conn_log(const struct conn *c)
{
    static const struct conn_exchange none;
    const struct conn_exchange *x = c->exchange == NULL ? &none : c->exchange;
    if (c->probe && !x->answered)
        return; /* a proxy looks every other second whether the server is there */
    uint64_t header = strlen(x->response.meta) + 5;
    bool refused = x->answered && x->response.status == GEMINI_BAD_REQUEST;
    const struct client_cert *client = c->channel == NULL ? NULL : channel_client(c->channel);
    struct access line = {
        .client = (const struct sockaddr *)&c->client,
        .host = x->response.host,
        .path = x->response.path,
        .status = x->answered ? (int)x->response.status : 0,
        .bytes = c->sent > header ? c->sent - header : 0,
        .ms = clock_ms() - c->began,
        .certificate = client == NULL ? NULL : client->certificate.bytes,
        .tls = c->channel == NULL ? "-" : channel_version(c->channel),
        .resumed = c->channel != NULL && channel_resumed(c->channel),
        .refused = c->refused,
        .reason = c->reason != NULL ? c->reason
                  : refused         ? x->response.meta
                                    : "done",
    };
    access_log(&line);
}

static void conn_on_handle_closed(uv_handle_t *handle)
{
    struct conn *c = handle->data;
    if (--c->handles > 0)
        return;
    struct conn_table *table = c->table;
    free(c);
    table->count--;
    table->on_free(table->owner);
}

/* Nothing more is said: tell the log, and give back TLS and the answer before any wait. */
static void conn_finish(struct conn *c)
{
    if (c->finished)
        return;
    c->finished = true;
    conn_log(c);
    if (c->exchange != NULL && c->exchange->response.done != NULL)
        c->exchange->response.done(&c->exchange->response);
    free(c->exchange);
    channel_close(c->channel);
    c->exchange = NULL;
    c->channel = NULL;
}

/* Give back everything but the handles, which the loop gives back later. */
static void conn_close(struct conn *c)
{
    conn_finish(c);
    uv_poll_stop(&c->poll);
    close(c->fd);
    if (c->previous == NULL)
        c->table->first = c->next;
    else
        c->previous->next = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    uv_close((uv_handle_t *)&c->poll, conn_on_handle_closed);
    uv_close((uv_handle_t *)&c->timer, conn_on_handle_closed);
}

static void conn_on_timer(uv_timer_t *timer);

/* The only place that moves a connection. */
static void conn_enter(struct conn *c, enum conn_state state)
{
    c->state = state;
    if (state == CONN_ANSWER)
        c->patience = c->table->limits.stall;
    if (state >= CONN_LINGER)
        conn_limit_leave(c);
    if (state == CONN_LINGER) {
        shutdown(c->fd, SHUT_WR);
        conn_finish(c);
    }
    if (state == CONN_CLOSED)
        conn_close(c);
    else if (state != CONN_HANDSHAKE) /* that has what is left of the hello's time */
        uv_timer_start(&c->timer, conn_on_timer, conn_limit_time(c), 0);
}

/* The only place that changes what the loop waits for. */
static void conn_want(struct conn *c, int interest)
{
    if (c->interest == interest)
        return;
    c->interest = interest;
    if (interest == 0)
        uv_poll_stop(&c->poll);
    else
        uv_poll_start(&c->poll, interest, conn_on_poll);
}

/* Give up on the client; an alert that explains it still goes out. */
static void conn_fail(struct conn *c)
{
    if (c->reason == NULL)
        c->reason =
            channel_was_reset(c->channel) ? conn_rules[c->state].reset : channel_fault(c->channel);
    if (c->state <= CONN_ANSWER && c->channel != NULL && channel_flush(c->channel) == CHANNEL_DONE)
        conn_enter(c, CONN_LINGER);
    else
        conn_enter(c, CONN_CLOSED);
}

static void conn_run(struct conn *c)
{
    while (c->state != CONN_CLOSED) {
        const struct conn_rule *rule = &conn_rules[c->state];
        switch (rule->run(c)) {
        case STEP_NEXT:
            conn_enter(c, rule->next);
            break;
        case STEP_READ:
            conn_want(c, UV_READABLE);
            return;
        case STEP_WRITE:
            conn_want(c, UV_WRITABLE);
            return;
        case STEP_WAIT:
            c->waiting = true;
            return;
        case STEP_FAIL:
            conn_fail(c);
            break;
        }
    }
}

static void conn_on_poll(uv_poll_t *poll, int status, int events)
{
    struct conn *c = poll->data;
    (void)events;
    if (status < 0)
        c->interest = 0; /* libuv has stopped the poll; the next call on the socket says why */
    if (c->waiting)
        conn_want(c,
                  0); /* a client that speaks out of turn: not to be told of it again and again */
    else
        conn_run(c);
}

void conn_on_ready(void *context)
{
    struct conn *c = context;
    c->waiting = false;
    conn_run(c);
}

static void conn_on_timer(uv_timer_t *timer)
{
    struct conn *c = timer->data;
    const struct conn_rule *rule = &conn_rules[c->state];
    if (conn_limit_waits(c)) {
        uv_timer_start(&c->timer, conn_on_timer, conn_limit_time(c), 0);
        return;
    }
    if (c->reason == NULL && c->state != CONN_LINGER)
        c->reason = c->table->hurries && c->state <= CONN_REQUEST ? CONN_STOPS : rule->late;
    if (c->state == CONN_REQUEST) {
        channel_end(c->channel);
        conn_fail(c);
        conn_run(c);
    } else {
        conn_enter(c, CONN_CLOSED);
    }
}

static enum conn_step conn_step_of(struct conn *c, enum channel_result result)
{
    switch (result) {
    case CHANNEL_DONE:
        return STEP_NEXT;
    case CHANNEL_READ:
        return STEP_READ;
    case CHANNEL_WRITE:
        return STEP_WRITE;
    case CHANNEL_WAIT:
        return STEP_WAIT;
    case CHANNEL_END:
        if (c->reason == NULL)
            c->reason = conn_rules[c->state].left;
        return STEP_FAIL;
    case CHANNEL_FAIL:
        break;
    }
    return STEP_FAIL;
}

static enum conn_step conn_run_handshake(struct conn *c)
{
    enum channel_result result = channel_handshake(c->channel);
    if (result == CHANNEL_DONE && channel_pending(c->channel) == 0) {
        /*
         * Nothing is left to send that would carry our acknowledgement; a client under Nagle's
         * algorithm holds its request back until it has it, 40 ms by the kernel's own clock.
         */
        int now = 1;
        setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &now, sizeof now);
    }
    return conn_step_of(c, result);
}

struct conn_exchange *conn_exchange(struct conn *c)
{
    if (c->exchange == NULL)
        c->exchange = calloc(1, sizeof *c->exchange);
    if (c->exchange == NULL)
        c->reason = CONN_NO_MEMORY;
    return c->exchange;
}

/* Nothing has gone out yet: say so, instead of a page that ends before it begins. */
static void conn_apologise(struct conn *c)
{
    struct response *r = &c->exchange->response;
    if (r->done != NULL)
        r->done(r);
    r->done = NULL;
    r->fill = NULL;
    c->reason = NULL;
    response_set(r, GEMINI_TEMPORARY_FAILURE, "This page cannot be read at the moment");
}

/* The line is whole, or bad: decide what to answer. */
static void conn_answer(struct conn *c, enum request_state found, struct span line)
{
    struct conn_exchange *x = c->exchange;
    x->answered = true;
    if (conn_limit_answer(c))
        return;
    memory_watch();
    unsigned long refusals = memory_refusals();
    if (found == REQUEST_LINE) {
        struct net_request request = {line, c->port, channel_client(c->channel)};
        c->table->respond(c->table->context, &request, &x->response);
        memory_settle();
        /* Without memory a certificate can look as if it were not there, and a page, too. */
        if (memory_refusals() != refusals)
            conn_apologise(c);
    } else {
        response_set(&x->response, GEMINI_BAD_REQUEST, request_fault(found));
    }
}

/* What comes is read where all connections read: one that waits needs no room for a line. */
static enum conn_step conn_run_request(struct conn *c)
{
    for (;;) {
        struct span line = {NULL, 0};
        struct conn_exchange *x = c->exchange;
        size_t have = x == NULL ? 0 : x->line_n;
        size_t got = 0;
        enum channel_result result =
            channel_read(c->channel, c->table->scratch, REQUEST_MAX - have, &got);
        if (result == CHANNEL_END && have > 0) {
            /* Half a request and no more to come: the client may still be listening. */
            conn_answer(c, REQUEST_BAD_END, line);
            return STEP_NEXT;
        }
        if (result != CHANNEL_DONE)
            return conn_step_of(c, result);
        x = conn_exchange(c);
        if (x == NULL)
            return STEP_FAIL;
        memcpy(x->line + have, c->table->scratch, got);
        x->line_n += got;
        enum request_state found = request_find((struct span){x->line, x->line_n}, &line);
        if (found != REQUEST_MORE) {
            conn_answer(c, found, line);
            return STEP_NEXT;
        }
    }
}

/*
 * Put the bytes from c->sent on, as many as fit, into the scratch space: the header is sent as if
 * it were the body's beginning.  Returns how many, or 0 when the body cannot be had.
 */
static size_t conn_fill(struct conn *c, uint64_t total, size_t header_n)
{
    char *scratch = c->table->scratch;
    struct response *r = &c->exchange->response;
    size_t n = 0;
    if (c->sent < header_n) {
        char space[CONN_HEADER_MAX];
        struct buf header = {.p = space, .size = sizeof space, .cap = sizeof space - 1};
        gemini_header(&header, r->status, span_of(r->meta));
        n = header_n - (size_t)c->sent;
        if (buf_status(&header) != ST_OK || header.n != header_n)
            n = 0;
        else
            memcpy(scratch, header.p + c->sent, n);
        if (n == 0)
            return 0;
    }
    uint64_t offset = c->sent + n - header_n;
    uint64_t left = total - (c->sent + n);
    size_t take = left < CONN_CHUNK ? (size_t)left : CONN_CHUNK;
    struct error e;
    if (take == 0 || r->fill == NULL)
        return n;
    enum status status = r->fill(r, offset, scratch + n, take, &e);
    if (status != ST_OK) {
        log_error(&e);
        c->reason = status == ST_CHANGED ? "body changed" : "body not readable";
        return 0;
    }
    return n + take;
}

/* Bytes of the header as gemini_header writes it; it takes no memory that could be refused. */
static size_t conn_header_size(const struct response *r)
{
    char space[CONN_HEADER_MAX];
    struct buf header = {.p = space, .size = sizeof space, .cap = sizeof space - 1};
    gemini_header(&header, r->status, span_of(r->meta));
    return header.n;
}

static enum conn_step conn_run_answer(struct conn *c)
{
    struct response *r = &c->exchange->response;
    size_t header_n = conn_header_size(r);
    uint64_t total = header_n + r->size;
    uint64_t turn = c->sent + CONN_TURN_MAX;
    while (c->sent < total) {
        if (c->sent >= turn)
            return STEP_WRITE;
        size_t ready = conn_fill(c, total, header_n);
        if (ready == 0 && c->sent == 0 && r->fill != NULL) {
            conn_apologise(c);
            header_n = conn_header_size(r);
            total = header_n;
            continue;
        }
        if (ready == 0) {
            if (c->reason == NULL)
                c->reason = "header not writable";
            return STEP_FAIL;
        }
        for (size_t at = 0; at < ready;) {
            size_t put = 0;
            enum channel_result result =
                channel_write(c->channel, c->table->scratch + at, ready - at, &put);
            if (result != CHANNEL_DONE)
                return conn_step_of(c, result);
            at += put;
            c->sent += put;
            c->handed += put;
        }
    }
    channel_end(c->channel);
    return STEP_NEXT;
}

static enum conn_step conn_run_flush(struct conn *c)
{
    return conn_step_of(c, channel_flush(c->channel));
}

/* Unread input at close would be a reset that destroys what the client has not read yet. */
static enum conn_step conn_run_linger(struct conn *c)
{
    while (c->drained < CONN_DRAIN_MAX) {
        ssize_t n = recv(c->fd, c->table->scratch, sizeof c->table->scratch, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return STEP_READ;
        if (n <= 0)
            break;
        c->drained += (size_t)n;
    }
    return STEP_NEXT;
}

enum status conn_accept(struct conn_table *table, int fd, const struct sockaddr_storage *client,
                        uint16_t port, bool proxied)
{
    struct quota *quota = NULL;
    if (!proxied && table->quotas != NULL && !quota_enter(table->quotas, client, &quota)) {
        conn_refuse(fd, client, CONN_LIMIT_ADDRESS);
        return ST_LIMIT;
    }
    struct conn *c = calloc(1, sizeof *c);
    if (c == NULL || uv_poll_init_socket(table->loop, &c->poll, fd) != 0) {
        quota_leave(quota);
        free(c);
        conn_refuse(fd, client, CONN_NO_MEMORY);
        return ST_NOMEM;
    }
    uv_timer_init(table->loop, &c->timer);
    c->poll.data = c;
    c->timer.data = c;
    c->handles = 2;
    c->table = table;
    c->fd = fd;
    c->port = port;
    c->client = *client;
    c->quota = quota;
    c->crowded = table->most > 0 && table->count >= table->most;
    c->began = clock_ms();
    c->next = table->first;
    if (table->first != NULL)
        table->first->previous = c;
    table->first = c;
    table->count++;
    conn_enter(c, proxied ? CONN_PROXY : CONN_HELLO);
    conn_want(c, UV_READABLE);
    return ST_OK;
}

void conn_abort_all(struct conn_table *table)
{
    while (table->first != NULL) {
        table->first->reason = CONN_STOPS;
        conn_enter(table->first, CONN_CLOSED);
    }
}

void conn_hurry(struct conn_table *table, unsigned patience)
{
    struct conn *next;
    struct conn_limits *limits = &table->limits;
    table->hurries = true;
    limits->handshake = limits->handshake < patience ? limits->handshake : patience;
    limits->request = limits->request < patience ? limits->request : patience;
    for (struct conn *c = table->first; c != NULL; c = next) {
        next = c->next;
        if (c->state > CONN_REQUEST)
            continue;
        if (patience == 0) {
            c->reason = CONN_STOPS;
            conn_enter(c, CONN_CLOSED);
        } else if (uv_timer_get_due_in(&c->timer) > patience) {
            uv_timer_start(&c->timer, conn_on_timer, patience, 0);
        }
    }
}
