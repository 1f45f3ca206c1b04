/*
 * load: ask a Gemini server the same question many times and time the answers.
 *
 *     load HOST PORT URL COUNT CONCURRENCY [--resume] [--tls12] [--nagle]
 *
 * COUNT requests, each on a new connection to HOST:PORT, by CONCURRENCY threads with blocking
 * sockets. Right is an answer of status 20 that ends with close_notify and then a TCP close; all
 * else is an error, and after ERROR_LIMIT of them it gives up. Handshakes are full ones; with
 * --resume each thread first takes a ticket on a connection that is not counted, then always uses
 * the newest that it was given. --tls12 offers nothing newer than TLS 1.2. --nagle leaves Nagle's
 * algorithm on: such a client holds its request back until its last handshake message is
 * acknowledged, which shows a server that leaves that to the kernel's delayed acknowledgement.
 *
 * One JSON line on stdout. `requests` counts the right answers, `resumed` those on a resumed
 * session, `bytes` what they held, header and all. A latency runs from connect() to close_notify.
 * The first error is described on stderr. Exit status: 0 no errors, 1 some, 2 usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#define COUNT_LIMIT   10000000UL
#define THREAD_LIMIT  1024UL
#define ERROR_LIMIT   20UL
#define URL_LIMIT     1024
#define SILENCE_LIMIT 10 /* seconds that a server may let a blocking call wait */

/* What all threads share: the question, fixed before they start, and the tallies. */
struct load {
    struct addrinfo *address; /* owned */
    char request[URL_LIMIT + 3];
    size_t request_length;
    char name[256]; /* for SNI; empty where the URL's host is an address */
    unsigned long count;
    unsigned long concurrency;
    bool resume;
    bool tls12;
    bool nagle;
    pthread_barrier_t start;
    uint32_t *latency; /* microseconds, `count` slots, the first `requests` filled; owned */
    atomic_ulong started;
    atomic_ulong requests;
    atomic_ulong errors;
    atomic_ulong resumed;
    atomic_ullong bytes;
};

/* One thread's own. */
struct client {
    struct load *load;
    SSL_CTX *context;
    SSL_SESSION *session; /* the newest ticket, NULL before the first; owned */
    pthread_t thread;
};

static uint64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000U + (uint64_t)now.tv_nsec / 1000U;
}

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    ERR_print_errors_fp(stderr);
    exit(1);
}

/* Count an error; only the first is worth a line. Always false, for `return fail(...)`. */
static bool fail(struct load *load, const char *what)
{
    int system = errno;
    unsigned long code = ERR_peek_error();

    if (atomic_fetch_add(&load->errors, 1) == 0)
        fprintf(stderr, "load: %s: %s\n", what,
                code != 0 ? ERR_reason_error_string(code) : strerror(system));
    return false;
}

static int socket_open(const struct load *load)
{
    const struct timeval limit = {.tv_sec = SILENCE_LIMIT};
    const struct addrinfo *to = load->address;
    const int nodelay = load->nagle ? 0 : 1;
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof(nodelay)) < 0 ||
        connect(fd, to->ai_addr, to->ai_addrlen) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static SSL *ssl_start(struct client *client, int fd)
{
    struct load *load = client->load;
    SSL *ssl = SSL_new(client->context);

    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1)
        die("SSL_new");
    if (load->name[0] != '\0' && SSL_set_tlsext_host_name(ssl, load->name) != 1)
        die("SSL_set_tlsext_host_name");
    if (client->session != NULL && SSL_set_session(ssl, client->session) != 1)
        die("SSL_set_session");
    return ssl;
}

/* Read to close_notify; adds up in `bytes`. */
static bool answer_read(struct load *load, SSL *ssl, uint64_t *bytes)
{
    char buffer[16384];
    char status[3] = "";
    size_t got = 0;
    int error;

    *bytes = 0;
    for (;;) {
        ERR_clear_error();
        if (SSL_read_ex(ssl, buffer, sizeof(buffer), &got) != 1)
            break;
        for (size_t i = 0; i < got && *bytes + i < sizeof(status); i++)
            status[*bytes + i] = buffer[i];
        *bytes += got;
    }
    error = SSL_get_error(ssl, 0);
    if (error == SSL_ERROR_WANT_READ)
        return fail(load, "no close_notify: the server fell silent");
    if (error != SSL_ERROR_ZERO_RETURN)
        return fail(load, "no close_notify");
    errno = EPROTO;
    if (memcmp(status, "20 ", sizeof(status)) != 0)
        return fail(load, "status is not 20");
    return true;
}

/*
 * Keep the newest ticket. The connection's own session is the newest that arrived on it. SSL_free
 * would spoil it if we seemed to have left without a close_notify of our own; none is sent, since
 * it would reach a closed socket.
 */
static void session_keep(struct client *client, SSL *ssl)
{
    SSL_SESSION *session = SSL_get1_session(ssl);

    if (session == NULL || !SSL_SESSION_is_resumable(session)) {
        SSL_SESSION_free(session);
        return;
    }
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_SESSION_free(client->session);
    client->session = session;
}

/* One request on an open socket; the latency is written only when the answer is right. */
static bool exchange(struct client *client, SSL *ssl, int fd, uint64_t began, bool counted)
{
    struct load *load = client->load;
    uint64_t bytes = 0;
    uint64_t ended;
    size_t put = 0;
    char rest;

    ERR_clear_error();
    if (SSL_connect(ssl) != 1)
        return fail(load, "handshake");
    if (SSL_write_ex(ssl, load->request, load->request_length, &put) != 1)
        return fail(load, "sending the request");
    if (!answer_read(load, ssl, &bytes))
        return false;
    ended = clock_us();
    errno = EPROTO;
    if (recv(fd, &rest, sizeof(rest), 0) != 0)
        return fail(load, "no close of the connection after close_notify");
    if (load->resume)
        session_keep(client, ssl);
    if (counted) {
        uint64_t took = ended - began;

        load->latency[atomic_fetch_add(&load->requests, 1)] =
            took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
        atomic_fetch_add(&load->resumed, SSL_session_reused(ssl) == 1 ? 1U : 0U);
        atomic_fetch_add(&load->bytes, bytes);
    }
    return true;
}

static bool request_run(struct client *client, bool counted)
{
    uint64_t began = clock_us();
    bool right;
    SSL *ssl;
    int fd;

    ERR_clear_error();
    fd = socket_open(client->load);
    if (fd < 0)
        return fail(client->load, "connect");
    ssl = ssl_start(client, fd);
    right = exchange(client, ssl, fd, began, counted);
    SSL_free(ssl);
    close(fd);
    return right;
}

static void *client_run(void *argument)
{
    struct client *client = argument;
    struct load *load = client->load;

    if (load->resume)
        request_run(client, false);
    pthread_barrier_wait(&load->start);
    while (atomic_fetch_add(&load->started, 1) < load->count &&
           atomic_load(&load->errors) < ERROR_LIMIT)
        request_run(client, true);
    return NULL;
}

/* A context of its own for each thread: a shared one's locks would be measured too. */
static void client_init(struct client *client, struct load *load)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
        die("SSL_CTX_new");
    if (load->tls12 && SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION) != 1)
        die("SSL_CTX_set_max_proto_version");
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    *client = (struct client){.load = load, .context = context};
}

static void client_fini(struct client *client)
{
    SSL_SESSION_free(client->session);
    SSL_CTX_free(client->context);
}

static int latency_compare(const void *left, const void *right)
{
    const uint32_t *a = left;
    const uint32_t *b = right;

    return (*a > *b) - (*a < *b);
}

static uint32_t percentile(const struct load *load, unsigned long requests, unsigned long percent)
{
    return requests == 0 ? 0 : load->latency[(requests - 1) * percent / 100];
}

static void report(struct load *load, uint64_t took)
{
    unsigned long requests = atomic_load(&load->requests);

    qsort(load->latency, requests, sizeof(*load->latency), latency_compare);
    printf("{\"requests\":%lu,\"errors\":%lu,\"seconds\":%.6f,\"p50_us\":%u,\"p99_us\":%u,"
           "\"resumed\":%lu,\"bytes\":%llu}\n",
           requests, atomic_load(&load->errors), (double)took / 1e6, percentile(load, requests, 50),
           percentile(load, requests, 99), atomic_load(&load->resumed), atomic_load(&load->bytes));
}

static void load_run(struct load *load)
{
    struct client *clients = calloc(load->concurrency, sizeof(*clients));
    uint64_t began;

    load->latency = calloc(load->count, sizeof(*load->latency));
    if (clients == NULL || load->latency == NULL)
        die("calloc");
    if (pthread_barrier_init(&load->start, NULL, (unsigned)load->concurrency + 1) != 0)
        die("pthread_barrier_init");
    for (unsigned long i = 0; i < load->concurrency; i++) {
        client_init(&clients[i], load);
        errno = pthread_create(&clients[i].thread, NULL, client_run, &clients[i]);
        if (errno != 0)
            die("pthread_create");
    }
    pthread_barrier_wait(&load->start);
    began = clock_us();
    for (unsigned long i = 0; i < load->concurrency; i++) {
        pthread_join(clients[i].thread, NULL);
        client_fini(&clients[i]);
    }
    report(load, clock_us() - began);
    pthread_barrier_destroy(&load->start);
    free(load->latency);
    free(clients);
}

/* The request line, and the host of the URL for SNI unless it is an address (RFC 6066). */
static bool request_make(struct load *load, const char *url)
{
    unsigned char address[sizeof(struct in6_addr)];
    const char *host = strstr(url, "://");
    size_t length;

    if (host == NULL || strlen(url) > URL_LIMIT)
        return false;
    load->request_length = (size_t)snprintf(load->request, sizeof(load->request), "%s\r\n", url);
    host += strlen("://");
    length = strcspn(host, ":/?#");
    if (length == 0 || length >= sizeof(load->name))
        return false;
    memcpy(load->name, host, length);
    if (host[0] == '[' || inet_pton(AF_INET, load->name, address) == 1)
        load->name[0] = '\0';
    return true;
}

static bool number_parse(const char *text, unsigned long limit, unsigned long *number)
{
    char *end = NULL;

    errno = 0;
    *number = strtoul(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *number >= 1 && *number <= limit;
}

static bool arguments_parse(struct load *load, int argc, char **argv)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    int failed;

    if (argc < 6 || !request_make(load, argv[3]) ||
        !number_parse(argv[4], COUNT_LIMIT, &load->count) ||
        !number_parse(argv[5], THREAD_LIMIT, &load->concurrency))
        return false;
    for (int i = 6; i < argc; i++) {
        if (strcmp(argv[i], "--resume") == 0)
            load->resume = true;
        else if (strcmp(argv[i], "--tls12") == 0)
            load->tls12 = true;
        else if (strcmp(argv[i], "--nagle") == 0)
            load->nagle = true;
        else
            return false;
    }
    failed = getaddrinfo(argv[1], argv[2], &hints, &load->address);
    if (failed != 0)
        fprintf(stderr, "load: %s:%s: %s\n", argv[1], argv[2], gai_strerror(failed));
    return failed == 0;
}

int main(int argc, char **argv)
{
    static struct load load;

    if (!arguments_parse(&load, argc, argv)) {
        fputs("usage: load HOST PORT URL COUNT CONCURRENCY [--resume] [--tls12] [--nagle]\n",
              stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    load_run(&load);
    freeaddrinfo(load.address);
    return atomic_load(&load.errors) == 0 ? 0 : 1;
}
