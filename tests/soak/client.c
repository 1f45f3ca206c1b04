#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>

#define CHUNK          16384
#define SMALL_BUFFER   8192 /* of the socket of a slow reader, so that the server has to wait */
#define SEGMENT        1400 /* that it gets; loopback's of 64 KiB would let it in no more often */
#define RETURN_US      3000000U /* in which those come back whom the server has cut off */
#define LARGE_BUFFER   262144
#define TICK_US        20000
#define RESUMING_PARTS 2 /* one of so many clients resumes; and every fourth talks TLS 1.2 */
#define TLS12_PARTS    4

static const char *const end_names[] = {"none",  "notify",  "no-fin", "eof", "reset",
                                        "alert", "refused", "late",   "ours"};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
    ERR_print_errors_fp(stderr);
    exit(1);
}

uint64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

/* Source: Marsaglia, Xorshift RNGs, 2003: every run draws the same numbers. */
uint64_t crowd_random(struct crowd *crowd, uint64_t n)
{
    crowd->random ^= crowd->random << 13;
    crowd->random ^= crowd->random >> 7;
    crowd->random ^= crowd->random << 17;
    return crowd->random % n;
}

bool client_rests(const struct client *c)
{
    return c->fd < 0;
}

/* --- the end of a connection ---------------------------------------------------------------- */

static void client_report(const struct client *c, enum end end, uint64_t now)
{
    unsigned char sum[EVP_MAX_MD_SIZE] = {0};
    char address[INET_ADDRSTRLEN];
    uint64_t ended = c->notified != 0 ? c->notified : now;

    if (c->digest != NULL)
        EVP_DigestFinal_ex(c->digest, sum, NULL);
    inet_ntop(AF_INET, &c->source, address, sizeof address);
    printf("%s %s %u %llu %llu %llu %s %s %d %llu ", c->kind->name, address, c->port,
           (unsigned long long)c->began, (unsigned long long)c->connected,
           (unsigned long long)ended, stage_name(c->stage), end_names[end],
           c->ssl != NULL && SSL_session_reused(c->ssl), (unsigned long long)c->size);
    for (size_t i = 0; i < 8; i++)
        printf("%02x", sum[i]);
    printf(" %s ", c->request == NULL ? "-" : c->request->label);
    for (size_t i = 0; i < c->head_n && c->head[i] != '\r' && c->head[i] != '\n'; i++)
        putchar(c->head[i] >= ' ' && c->head[i] <= '~' ? c->head[i] : '?');
    putchar('\n');
}

/* The connection's session is the newest that arrived on it; see load.c about the shutdown. */
static void client_keep_session(struct client *c)
{
    SSL_SESSION *session = SSL_get1_session(c->ssl);

    SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    if (session == NULL || !SSL_SESSION_is_resumable(session)) {
        SSL_SESSION_free(session);
        return;
    }
    SSL_SESSION_free(c->session);
    c->session = session;
}

static void client_end(struct client *c, enum end end, uint64_t now)
{
    const struct linger reset = {.l_onoff = 1};
    uint64_t pause = (uint64_t)c->kind->pause_ms * 1000;

    client_report(c, end, now);
    if (end == END_OURS && c->kind->reset && !c->crowd->ending)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (end == END_NOTIFY && c->kind->resume && c->number % RESUMING_PARTS == 0)
        client_keep_session(c);
    close(c->fd);
    if (c->ssl == NULL) {
        BIO_free(c->in);
        BIO_free(c->out);
    }
    SSL_free(c->ssl);
    EVP_MD_CTX_free(c->digest);
    c->fd = -1;
    c->ssl = NULL;
    c->in = c->out = NULL;
    c->digest = NULL;
    /* All whom a dead worker had come back, but not at the same moment. */
    if (end == END_EOF || end == END_RESET)
        pause += crowd_random(c->crowd, RETURN_US);
    c->due = now + pause / 2 + crowd_random(c->crowd, pause + 1);
}

/* --- the beginning -------------------------------------------------------------------------- */

static void client_open_tls(struct client *c)
{
    c->in = BIO_new(BIO_s_mem());
    c->out = BIO_new(BIO_s_mem());
    if (c->in == NULL || c->out == NULL)
        die("BIO_new");
    BIO_set_mem_eof_return(c->in, -1);
    if (c->kind->plain) {
        BIO_write(c->out, c->request->bytes, (int)c->request->n);
        return;
    }
    c->ssl = SSL_new(c->crowd->tls);
    if (c->ssl == NULL || SSL_set_tlsext_host_name(c->ssl, c->crowd->name) != 1)
        die("SSL_new");
    if (c->number % TLS12_PARTS == 1)
        SSL_set_max_proto_version(c->ssl, TLS1_2_VERSION);
    if (c->session != NULL)
        SSL_set_session(c->ssl, c->session);
    SSL_set_bio(c->ssl, c->in, c->out);
    SSL_set_connect_state(c->ssl);
}

static int client_open_socket(const struct client *c)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = c->source};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int small = SMALL_BUFFER;
    int segment = SEGMENT;
    int on = 1;

    if (fd < 0)
        die("socket");
    if (c->kind->read_rate > 0 || c->kind->wait_ms > 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    }
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0)
        die("bind");
    return fd;
}

static void client_start(struct client *c, uint64_t now)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c};
    struct sockaddr_in own = {0};
    socklen_t n = sizeof own;

    c->request =
        c->request_count == 0 ? NULL : &c->requests[crowd_random(c->crowd, c->request_count)];
    c->stage = STAGE_NONE;
    c->stop = c->kind->stop != STAGE_ANY
                  ? c->kind->stop
                  : STAGE_CONNECTED + (enum stage)crowd_random(c->crowd, STAGE_ANSWER);
    c->began = now;
    c->connected = c->shaken = c->answered = c->notified = 0;
    c->hello_n = c->hello_sent = c->said = c->head_n = 0;
    c->heard = c->size = 0;
    c->mute = false;
    c->fd = client_open_socket(c);
    c->port = 0;
    client_open_tls(c);
    if (connect(c->fd, (const struct sockaddr *)&c->crowd->server, sizeof c->crowd->server) != 0 &&
        errno != EINPROGRESS) {
        client_end(c, END_REFUSED, now);
        return;
    }
    if (getsockname(c->fd, (struct sockaddr *)&own, &n) == 0)
        c->port = ntohs(own.sin_port);
    if (epoll_ctl(c->crowd->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
        die("epoll_ctl");
}

/* Is the connection there?  Ends the client when there will be none. */
static bool client_connect(struct client *c, uint64_t now)
{
    struct sockaddr_in peer;
    socklen_t n = sizeof peer;
    int error = 0;

    if (c->connected != 0)
        return true;
    if (getpeername(c->fd, (struct sockaddr *)&peer, &n) == 0) {
        c->connected = now;
        c->stage = STAGE_CONNECTED;
        return true;
    }
    n = sizeof error;
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 && error != 0)
        client_end(c, END_REFUSED, now);
    return false;
}

/* --- bytes to the server -------------------------------------------------------------------- */

/* How many bytes may have been sent since then, one in so many milliseconds. */
static size_t paced(const struct crowd *crowd, uint64_t since, uint64_t now, unsigned ms)
{
    return ms == 0 || crowd->ending ? SIZE_MAX
                                    : (size_t)((now - since) / ((uint64_t)ms * 1000)) + 1;
}

static void client_send(struct client *c, uint64_t now)
{
    char *bytes = NULL;
    long pending = BIO_get_mem_data(c->out, &bytes);
    bool hello = c->ssl != NULL && c->shaken == 0;
    size_t n = pending < 0 ? 0 : (size_t)pending;
    ssize_t sent;

    if (hello && c->hello_n == 0)
        c->hello_n = n;
    if (hello) {
        size_t most = paced(c->crowd, c->connected, now, c->kind->hello_ms);

        if (c->stop <= STAGE_HELLO)
            most = c->stop == STAGE_HELLO ? c->hello_n / 2 : 0;
        most = most > c->hello_sent ? most - c->hello_sent : 0;
        n = n < most ? n : most;
    }
    if (n == 0 || c->mute)
        return;
    sent = send(c->fd, bytes, n, MSG_NOSIGNAL);
    if (sent < 0) {
        c->mute = errno != EAGAIN; /* why, recv() tells */
        return;
    }
    while (sent > 0) {
        char away[CHUNK];
        int took = BIO_read(c->out, away, sent < CHUNK ? (int)sent : CHUNK);

        if (took <= 0)
            die("BIO_read");
        sent -= took;
        c->hello_sent += hello ? (size_t)took : 0;
    }
    if (hello && c->hello_sent >= c->hello_n / 2 && c->stage < STAGE_HELLO)
        c->stage = STAGE_HELLO;
}

/* The request, as far as it is time for it; each call of SSL_write is a record. */
static void client_ask(struct client *c, uint64_t now)
{
    const struct request *r = c->request;
    size_t most = c->stop == STAGE_LINE ? r->n / 2 : r->n;
    size_t time = paced(c->crowd, c->shaken, now, c->kind->line_ms);

    if (c->kind->damage && c->said == 0) {
        BIO_write(c->out, r->bytes, (int)r->n);
        c->said = r->n;
    }
    if (c->stop < STAGE_LINE)
        return;
    most = most < time ? most : time;
    while (c->said < most) {
        size_t n = c->kind->line_ms > 0 ? 1 : most - c->said;

        ERR_clear_error();
        if (SSL_write(c->ssl, r->bytes + c->said, (int)n) <= 0)
            return; /* the server is gone, which reading tells */
        c->said += n;
    }
    if (c->said >= r->n / 2 && c->stage < STAGE_LINE)
        c->stage = STAGE_LINE;
}

/* --- bytes from the server ------------------------------------------------------------------ */

static void client_take(struct client *c, const char *bytes, size_t n, uint64_t now)
{
    size_t room = sizeof c->head - c->head_n;

    if (c->digest == NULL) {
        c->digest = EVP_MD_CTX_new();
        if (c->digest == NULL || EVP_DigestInit_ex(c->digest, EVP_sha256(), NULL) != 1)
            die("EVP_DigestInit_ex");
    }
    EVP_DigestUpdate(c->digest, bytes, n);
    room = room < n ? room : n;
    memcpy(c->head + c->head_n, bytes, room);
    c->head_n += room;
    c->size += n;
    if (c->answered == 0)
        c->answered = now;
    c->stage = STAGE_ANSWER;
}

/* What TLS makes of what has come.  Returns how the connection ends, END_NONE while it goes on. */
static enum end client_think(struct client *c, uint64_t now)
{
    char bytes[CHUNK];
    size_t got = 0;
    int result = 0;

    if (c->ssl == NULL || (c->stop == STAGE_CONNECTED && c->kind->stop != STAGE_ANY))
        return END_NONE;
    ERR_clear_error();
    if (c->shaken == 0) {
        result = SSL_do_handshake(c->ssl);
        if (result != 1)
            return SSL_get_error(c->ssl, result) == SSL_ERROR_WANT_READ ? END_NONE : END_TLS;
        c->shaken = now;
        c->stage = STAGE_SHAKEN;
    }
    if (c->request != NULL && c->notified == 0)
        client_ask(c, now);
    while (c->notified == 0) {
        ERR_clear_error();
        if (SSL_read_ex(c->ssl, bytes, sizeof bytes, &got) == 1) {
            client_take(c, bytes, got, now);
            continue;
        }
        result = SSL_get_error(c->ssl, 0);
        if (result == SSL_ERROR_WANT_READ)
            return END_NONE;
        if (result != SSL_ERROR_ZERO_RETURN)
            return END_TLS;
        c->notified = now;
    }
    return END_NONE;
}

/* How many bytes it wants to take now. */
static size_t client_appetite(const struct client *c, uint64_t now)
{
    const struct kind *kind = c->kind;
    uint64_t most;

    if (kind->wait_ms > 0 && c->answered != 0 && now < c->answered + kind->wait_ms * 1000ULL)
        return 0;
    if (kind->read_rate == 0 || c->shaken == 0 || c->crowd->ending)
        return CHUNK;
    most = kind->read_rate * (now - c->shaken) / 1000000;
    if (most <= c->heard)
        return 0;
    return most - c->heard < CHUNK ? (size_t)(most - c->heard) : CHUNK;
}

/* One piece off the wire.  Returns whether there may be more; else how it ends, if it does. */
static bool client_hear(struct client *c, uint64_t now, enum end *end)
{
    char bytes[CHUNK];
    size_t most = client_appetite(c, now);
    ssize_t n = most == 0 ? -1 : recv(c->fd, bytes, most, 0);

    *end = END_NONE;
    if (most == 0)
        return false;
    if (n > 0 && c->ssl == NULL)
        client_take(c, bytes, (size_t)n, now);
    else if (n > 0 && BIO_write(c->in, bytes, (int)n) != (int)n)
        die("BIO_write");
    if (n > 0) {
        c->heard += c->shaken != 0 ? (uint64_t)n : 0;
        return true;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (c->notified != 0)
        *end = n == 0 ? END_NOTIFY : END_NO_FIN;
    else
        *end = n == 0 ? END_EOF : END_RESET;
    return false;
}

/* --- all of it ------------------------------------------------------------------------------ */

/* When it must be looked at again even if nothing comes. */
static void client_set_due(struct client *c, uint64_t now)
{
    const struct kind *kind = c->kind;
    uint64_t limit = c->began + kind->limit_ms * 1000ULL;

    c->due = limit;
    if (kind->hello_ms > 0 || kind->line_ms > 0)
        c->due = now + TICK_US;
    if (kind->read_rate > 0 && c->shaken != 0)
        c->due = now + 10ULL * TICK_US;
    if (kind->wait_ms > 0 && c->answered != 0 && now < c->answered + kind->wait_ms * 1000ULL)
        c->due = c->answered + kind->wait_ms * 1000ULL;
    if (c->due > limit)
        c->due = limit;
}

void client_run(struct client *c, uint64_t now)
{
    enum end end = END_NONE;
    enum end wire = END_NONE;
    bool more = true;

    if (c->fd < 0 && (c->crowd->ending || now < c->due))
        return;
    if (c->fd < 0)
        client_start(c, now);
    if (c->fd < 0 || !client_connect(c, now)) {
        if (c->fd >= 0 && now >= c->began + c->kind->limit_ms * 1000ULL)
            client_end(c, END_LATE, now);
        else if (c->fd >= 0)
            client_set_due(c, now);
        return;
    }
    while (more && end == END_NONE) {
        more = client_hear(c, now, &wire);
        end = client_think(c, now);
        client_send(c, now);
        if (c->kind->reset && c->stage >= c->stop)
            end = END_OURS;
    }
    /* The last bytes may have held the close_notify. */
    if (end == END_NONE && wire != END_NONE)
        end = c->notified != 0 && wire == END_EOF ? END_NOTIFY : wire;
    if (end == END_NONE && now >= c->began + c->kind->limit_ms * 1000ULL)
        end = END_LATE;
    if (end == END_NOTIFY && c->stage == STAGE_ANSWER)
        c->stage = STAGE_WHOLE;
    if (end == END_NONE)
        client_set_due(c, now);
    else
        client_end(c, end, now);
}

void client_hurry(struct client *c, uint64_t now)
{
    int large = LARGE_BUFFER;

    if (c->fd < 0)
        return;
    if (!c->kind->owed) {
        client_end(c, END_OURS, now);
        return;
    }
    setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &large, sizeof large);
    client_run(c, now);
}

void client_give_up(struct client *c, uint64_t now)
{
    client_end(c, END_LATE, now);
}

void client_fini(struct client *c)
{
    SSL_SESSION_free(c->session);
}
