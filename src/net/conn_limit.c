#include "net/conn_limit.h"

#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "log/access.h"

/* Milliseconds for a PROXY header, as its specification asks for; and to hear that it is full. */
#define CONN_PROXY_MS   5000
#define CONN_CROWDED_MS 3000
/* How often it is looked whether an answer goes on, while it may stall once. */
#define CONN_LOOKS 12
/* Bytes of a refused caller's that are taken so that the end is no reset. */
#define CONN_REFUSED_MAX 4096
/* Bytes under way to a client that has its whole answer but for them. */
#define CONN_TAIL_MAX (64 * 1024)

uint64_t conn_limit_time(const struct conn *c)
{
    const struct conn_limits *limits = &c->table->limits;
    uint64_t looks = limits->stall < CONN_LOOKS ? 1 : limits->stall / CONN_LOOKS;
    uint64_t budget = 0;
    switch (c->state) {
    case CONN_PROXY:
        return CONN_PROXY_MS;
    case CONN_HELLO:
    case CONN_HANDSHAKE:
        budget = limits->handshake;
        break;
    case CONN_REQUEST:
        budget = limits->request;
        break;
    case CONN_ANSWER:
    case CONN_FLUSH:
        return looks;
    case CONN_LINGER:
        return limits->close;
    case CONN_CLOSED:
        break;
    }
    return c->crowded && budget > CONN_CROWDED_MS ? CONN_CROWDED_MS : budget;
}

/* Bytes that the kernel still holds for the client. */
static int conn_queued(const struct conn *c)
{
    int queued = 0;
    return ioctl(c->fd, SIOCOUTQ, &queued) != 0 || queued < 0 ? 0 : queued;
}

/* Bytes that the client has taken since the last look. */
static uint64_t conn_progress(struct conn *c)
{
    int queued = conn_queued(c);
    uint64_t gathered = c->channel == NULL ? 0 : channel_pending(c->channel);
    uint64_t waiting = (uint64_t)queued + gathered;
    uint64_t taken = c->handed > waiting ? c->handed - waiting : 0;
    uint64_t progress = taken > c->acknowledged ? taken - c->acknowledged : 0;
    c->acknowledged = taken;
    return progress;
}

/* Who stays to take the end of an answer has a place again, if its address has one. */
static bool conn_limit_return(struct conn *c)
{
    if (!c->counted || c->quota != NULL)
        return true;
    return quota_enter(c->table->quotas, &c->client, &c->quota);
}

/*
 * The time is up: is there a reason to wait once more?  A reader has some time to lose, and gets it
 * back with what it takes: kernels tell of that late and in large pieces when it is slow.
 */
bool conn_limit_waits(struct conn *c)
{
    const struct conn_limits *limits = &c->table->limits;
    if (c->state < CONN_ANSWER)
        return false;
    uint64_t waited = conn_limit_time(c);
    uint64_t progress = conn_progress(c);
    /* A slow client that says something late must not find a closed socket and be reset. */
    if (c->state == CONN_LINGER && (conn_queued(c) == 0 || !conn_limit_return(c)))
        return false;
    uint64_t gained = limits->rate == 0 && progress > 0 ? limits->stall : 0;
    if (limits->rate > 0)
        gained = progress * 1000 / limits->rate;
    c->patience = c->patience > waited ? c->patience - waited : 0;
    c->patience += gained;
    if (c->patience > limits->stall)
        c->patience = limits->stall;
    return c->patience > 0;
}

/*
 * Many clients never close their side and wait for us: that is no use of the server.  But who has
 * made the kernel keep a large answer still takes part of it, and so does who has not taken the end
 * of a small one when the time to close is over.
 */
void conn_limit_leave(struct conn *c)
{
    if (c->state == CONN_LINGER && conn_queued(c) > CONN_TAIL_MAX)
        return;
    c->counted = c->counted || c->quota != NULL;
    quota_leave(c->quota);
    c->quota = NULL;
}

bool conn_limit_answer(struct conn *c)
{
    char seconds[16];
    bool full = c->crowded && c->table->count > c->table->most;
    unsigned wait = 0;
    if (!full && c->quota != NULL)
        wait = quota_ask(c->table->quotas, c->quota, clock_ms());
    if (full) {
        response_set(&c->exchange->response, GEMINI_UNAVAILABLE,
                     "Too many readers at the moment, please come back in a minute");
        c->reason = "too many connections";
    } else if (wait > 0) {
        /* Clients print it in a sentence about seconds. */
        snprintf(seconds, sizeof seconds, "%u", wait);
        response_set(&c->exchange->response, GEMINI_SLOW_DOWN, seconds);
        c->reason = "too many requests";
    }
    c->refused = full || wait > 0;
    return c->refused;
}

void conn_refuse(int fd, const struct sockaddr_storage *client, const char *reason)
{
    char bytes[CONN_REFUSED_MAX];
    access_log(
        &(struct access){.client = (const struct sockaddr *)client, .tls = "-", .reason = reason});
    /* Input that stays unread would make the end a reset; a hello has often come already. */
    shutdown(fd, SHUT_WR);
    (void)!recv(fd, bytes, sizeof bytes, 0);
    close(fd);
}
