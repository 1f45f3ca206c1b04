#include "net/conn.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "log/access.h"
#include "log/log.h"
#include "protocol/proxy.h"

/* Most bytes of an answer that are sent before the other connections get their turn. */
#define CONN_TURN_MAX ((uint64_t)512 * 1024)
/* Most bytes thrown away while lingering. */
#define CONN_DRAIN_MAX ((size_t)1024 * 1024)

/* Lingering looks without progress, while the kernel still holds some of the answer. */
#define CONN_LINGER_MAX 120

_Static_assert(PROXY_MAX <= REQUEST_MAX, "a PROXY header fits where the request comes later");

/* What a step answers: go on in the next state, wait for one direction, or give up. */
enum conn_step { STEP_NEXT, STEP_READ, STEP_WRITE, STEP_FAIL };

struct conn_rule {
    const char *name;     /* for the log, when the time is up */
    unsigned budget;      /* milliseconds; traffic does not renew it */
    enum conn_state next; /* after STEP_NEXT */
    enum conn_step (*run)(struct conn *c);
};

static enum conn_step conn_run_proxy(struct conn *c);
static enum conn_step conn_run_handshake(struct conn *c);
static enum conn_step conn_run_request(struct conn *c);
static enum conn_step conn_run_answer(struct conn *c);
static enum conn_step conn_run_flush(struct conn *c);
static enum conn_step conn_run_linger(struct conn *c);
static void conn_on_poll(uv_poll_t *poll, int status, int events);

static const struct conn_rule conn_rules[] = {
    [CONN_PROXY] = {"timeout in the PROXY header", 5000, CONN_HANDSHAKE, conn_run_proxy},
    [CONN_HANDSHAKE] = {"timeout in the handshake", 10000, CONN_REQUEST, conn_run_handshake},
    [CONN_REQUEST] = {"timeout before a request", 10000, CONN_ANSWER, conn_run_request},
    [CONN_ANSWER] = {"timeout in the answer", 120000, CONN_FLUSH, conn_run_answer},
    [CONN_FLUSH] = {"timeout in the answer", 120000, CONN_LINGER, conn_run_flush},
    [CONN_LINGER] = {"done", 1000, CONN_CLOSED, conn_run_linger},
    [CONN_CLOSED] = {"done", 0, CONN_CLOSED, NULL},
};

static void conn_log(const struct conn *c)
{
    if (c->probe && !c->answered)
        return; /* a proxy looks every other second whether the server is there */
    uint64_t header = strlen(c->response.meta) + 5;
    bool refused = c->answered && c->response.status == GEMINI_BAD_REQUEST;
    struct access line = {
        .client = (const struct sockaddr *)&c->client,
        .host = c->response.host,
        .path = c->response.path,
        .status = c->answered ? (int)c->response.status : 0,
        .bytes = c->sent > header ? c->sent - header : 0,
        .ms = (c->ended == 0 ? clock_ms() : c->ended) - c->began,
        .certificate = c->identified ? c->certificate.bytes : NULL,
        .tls = c->tls,
        .resumed = c->resumed,
        .reason = c->reason != NULL ? c->reason
                  : refused         ? c->response.meta
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

/* TLS is over: keep what the log wants and free its memory before the wait. */
static void conn_end_tls(struct conn *c)
{
    if (c->channel == NULL)
        return;
    c->tls = channel_version(c->channel);
    c->resumed = channel_resumed(c->channel);
    const struct client_cert *client = channel_client(c->channel);
    c->identified = client != NULL;
    if (client != NULL)
        c->certificate = client->certificate;
    channel_close(c->channel);
    c->channel = NULL;
}

/* Give back everything but the handles, which the loop gives back later. */
static void conn_close(struct conn *c)
{
    conn_end_tls(c);
    conn_log(c);
    if (c->response.done != NULL)
        c->response.done(&c->response);
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
    if (state == CONN_LINGER) {
        conn_end_tls(c);
        c->ended = clock_ms();
        shutdown(c->fd, SHUT_WR);
    }
    if (state == CONN_CLOSED)
        conn_close(c);
    else
        uv_timer_start(&c->timer, conn_on_timer, conn_rules[state].budget, 0);
}

/* The only place that changes what the loop waits for. */
static void conn_want(struct conn *c, int interest)
{
    if (c->interest == interest)
        return;
    c->interest = interest;
    uv_poll_start(&c->poll, interest, conn_on_poll);
}

/* Give up on the client; an alert that explains it still goes out. */
static void conn_fail(struct conn *c)
{
    if (c->reason == NULL)
        c->reason = c->channel == NULL ? "failed" : channel_fault(c->channel);
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
    conn_run(c);
}

/* Bytes that the kernel still holds for the client. */
static int conn_queued(const struct conn *c)
{
    int queued = 0;
    return ioctl(c->fd, SIOCOUTQ, &queued) != 0 || queued < 0 ? 0 : queued;
}

/* Has the client taken anything since the last look? */
static bool conn_progressed(struct conn *c)
{
    int queued = conn_queued(c);
    uint64_t gathered = c->channel == NULL ? 0 : channel_pending(c->channel);
    uint64_t waiting = (uint64_t)queued + gathered;
    uint64_t taken = c->handed > waiting ? c->handed - waiting : 0;
    bool progressed = taken > c->acknowledged;
    c->acknowledged = taken;
    return progressed;
}

/* The time is up: is there a reason to wait once more? */
static bool conn_may_stay(struct conn *c)
{
    bool progressed = conn_progressed(c);
    if (c->state != CONN_LINGER)
        return progressed && (c->state == CONN_ANSWER || c->state == CONN_FLUSH);
    /* A slow client that says something late must not find a closed socket and be reset. */
    if (conn_queued(c) == 0)
        return false;
    c->lingered = progressed ? 0 : c->lingered + 1;
    return c->lingered < CONN_LINGER_MAX;
}

static void conn_on_timer(uv_timer_t *timer)
{
    struct conn *c = timer->data;
    const struct conn_rule *rule = &conn_rules[c->state];
    if (conn_may_stay(c)) {
        uv_timer_start(&c->timer, conn_on_timer, rule->budget, 0);
        return;
    }
    if (c->reason == NULL && c->state != CONN_LINGER)
        c->reason = rule->name;
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
    case CHANNEL_END:
        if (c->reason == NULL)
            c->reason = "client closed";
        return STEP_FAIL;
    case CHANNEL_FAIL:
        break;
    }
    return STEP_FAIL;
}

/* The header is whole: whose connection is it? */
static enum conn_step conn_take_proxy(struct conn *c, const struct proxy_header *header)
{
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    c->line_n = 0;
    c->probe = header->caller == PROXY_ITSELF;
    if (header->caller == PROXY_CLIENT) {
        c->client = header->source;
        memcpy(&v4, &header->destination, sizeof v4);
        memcpy(&v6, &header->destination, sizeof v6);
        c->port = ntohs(header->destination.ss_family == AF_INET6 ? v6.sin6_port : v4.sin_port);
    }
    if (channel_open(c->table->tls, c->fd, &c->channel) == ST_OK)
        return STEP_NEXT;
    c->reason = "out of memory";
    return STEP_FAIL;
}

/*
 * The header is taken from the socket up to its last byte and no further: the next one is TLS's.
 * What is known to be of the header is taken even when there is more to come, or the loop would
 * find the same bytes again and again.
 */
static enum conn_step conn_run_proxy(struct conn *c)
{
    for (;;) {
        struct proxy_header header;
        ssize_t n = recv(c->fd, c->line + c->line_n, PROXY_MAX - c->line_n, MSG_PEEK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return STEP_READ;
        if (n < 0) {
            c->reason = "connection reset";
            return STEP_FAIL;
        }
        if (n == 0) {
            c->reason = c->line_n == 0 ? "no PROXY header" : "bad PROXY header: cut";
            return STEP_FAIL;
        }
        size_t come = c->line_n + (size_t)n;
        enum proxy_state found = proxy_read((struct span){c->line, come}, &header);
        if (found == PROXY_BAD) {
            c->reason = header.fault;
            return STEP_FAIL;
        }
        size_t end = found == PROXY_DONE ? header.size : come;
        if (recv(c->fd, c->line + c->line_n, end - c->line_n, 0) != (ssize_t)(end - c->line_n)) {
            c->reason = "connection reset";
            return STEP_FAIL;
        }
        c->line_n = end;
        if (found == PROXY_DONE)
            return conn_take_proxy(c, &header);
    }
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

/* The line is whole, or bad: decide what to answer. */
static void conn_answer(struct conn *c, enum request_state found, struct span line)
{
    if (found == REQUEST_LINE) {
        struct net_request request = {line, c->port, channel_client(c->channel)};
        c->table->respond(c->table->context, &request, &c->response);
    } else {
        response_set(&c->response, GEMINI_BAD_REQUEST, request_fault(found));
    }
    c->answered = true;
}

static enum conn_step conn_run_request(struct conn *c)
{
    for (;;) {
        struct span line = {NULL, 0};
        enum request_state found = request_find((struct span){c->line, c->line_n}, &line);
        if (found != REQUEST_MORE) {
            conn_answer(c, found, line);
            return STEP_NEXT;
        }
        size_t got = 0;
        enum channel_result result =
            channel_read(c->channel, c->line + c->line_n, sizeof c->line - c->line_n, &got);
        if (result == CHANNEL_END && c->line_n > 0) {
            /* Half a request and no more to come: the client may still be listening. */
            conn_answer(c, REQUEST_BAD_END, line);
            return STEP_NEXT;
        }
        if (result != CHANNEL_DONE)
            return conn_step_of(c, result);
        c->line_n += got;
    }
}

/*
 * Put the bytes from c->sent on, as many as fit, into the scratch space: the header is sent as if
 * it were the body's beginning.  Returns how many, or 0 when the body cannot be had.
 */
static size_t conn_fill(struct conn *c, uint64_t total, size_t header_n)
{
    char *scratch = c->table->scratch;
    size_t n = 0;
    if (c->sent < header_n) {
        struct buf header;
        buf_init(&header, GEMINI_META_MAX + 8);
        gemini_header(&header, c->response.status, span_of(c->response.meta));
        n = header_n - (size_t)c->sent;
        if (buf_status(&header) != ST_OK || header.n != header_n)
            n = 0;
        else
            memcpy(scratch, header.p + c->sent, n);
        buf_fini(&header);
        if (n == 0)
            return 0;
    }
    uint64_t offset = c->sent + n - header_n;
    uint64_t left = total - (c->sent + n);
    size_t take = left < CONN_CHUNK ? (size_t)left : CONN_CHUNK;
    struct error e;
    if (take == 0 || c->response.fill == NULL)
        return n;
    enum status status = c->response.fill(&c->response, offset, scratch + n, take, &e);
    if (status != ST_OK) {
        log_error(&e);
        c->reason = status == ST_CHANGED ? "body changed" : "body not readable";
        return 0;
    }
    return n + take;
}

/* Bytes of the header as gemini_header writes it. */
static size_t conn_header_size(const struct conn *c)
{
    struct buf header;
    buf_init(&header, GEMINI_META_MAX + 8);
    gemini_header(&header, c->response.status, span_of(c->response.meta));
    size_t n = header.n;
    buf_fini(&header);
    return n;
}

/* Nothing has gone out yet: say so, instead of a page that ends before it begins. */
static void conn_apologise(struct conn *c)
{
    if (c->response.done != NULL)
        c->response.done(&c->response);
    c->response.done = NULL;
    c->response.fill = NULL;
    c->reason = NULL;
    response_set(&c->response, GEMINI_TEMPORARY_FAILURE, "This page cannot be read at the moment");
}

static enum conn_step conn_run_answer(struct conn *c)
{
    size_t header_n = conn_header_size(c);
    uint64_t total = header_n + c->response.size;
    uint64_t turn = c->sent + CONN_TURN_MAX;
    while (c->sent < total) {
        if (c->sent >= turn)
            return STEP_WRITE;
        size_t ready = conn_fill(c, total, header_n);
        if (ready == 0 && c->sent == 0 && c->response.fill != NULL) {
            conn_apologise(c);
            header_n = conn_header_size(c);
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
    struct conn *c = calloc(1, sizeof *c);
    if (c == NULL || (!proxied && channel_open(table->tls, fd, &c->channel) != ST_OK) ||
        uv_poll_init_socket(table->loop, &c->poll, fd) != 0) {
        if (c != NULL)
            channel_close(c->channel);
        free(c);
        close(fd);
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
    c->tls = "-";
    c->began = clock_ms();
    c->next = table->first;
    if (table->first != NULL)
        table->first->previous = c;
    table->first = c;
    table->count++;
    conn_enter(c, proxied ? CONN_PROXY : CONN_HANDSHAKE);
    conn_want(c, UV_READABLE);
    return ST_OK;
}

void conn_abort_all(struct conn_table *table)
{
    while (table->first != NULL) {
        table->first->reason = "server stops";
        conn_enter(table->first, CONN_CLOSED);
    }
}

void conn_abort_idle(struct conn_table *table)
{
    struct conn *next;
    for (struct conn *c = table->first; c != NULL; c = next) {
        next = c->next;
        if (c->state <= CONN_REQUEST) {
            c->reason = "server stops";
            conn_enter(c, CONN_CLOSED);
        }
    }
}
