/*
 * crowd: many clients of many kinds at once, most of them bad ones.
 *
 *     crowd PORT NAME SECONDS REQUESTS KIND=COUNT...
 *
 * For SECONDS, COUNT clients of each kind (kind.c) call at 127.0.0.1:PORT again and again, from
 * addresses of their own in 127.0.0.0/8, with NAME for SNI.  REQUESTS is a file with lines `KIND
 * LABEL HEX`: what clients of this kind may send, in hexadecimal.  After that time nobody connects
 * any more, and who is owed an answer has ENDING seconds to get it.
 *
 * A line on stdout for each connection, see client.h: what is right is for the reader of these
 * lines to say.  The last line is `late US`: how long the crowd at most took to come to a client
 * that had been due, for on a busy machine that looks like the server's delay.
 * Exit status: 0; 1 when the crowd itself has failed; 2 usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "client.h"

#define ENDING       30 /* seconds */
#define SECONDS_MAX  86400UL
#define CLIENTS_MAX  60000UL
#define EVENTS       4096
#define STARTS_MAX   40 /* connections in a turn: a busy machine gets fewer, not later ones */
#define TICK_MS      20
#define RAMP_PART    4 /* of the time, in which all of them connect for the first time */
#define RAMP_MAX_US  15000000U
#define FIRST_NET    (127U << 24 | 16U << 16)
#define ADDRESSES    250 /* of a kind, in one /24; more go on in the next */
#define REPORT_SIZE  (1 << 20)
#define LINE_MAX_HEX 65536

struct group {
    const struct kind *kind;
    size_t count;
    struct request *requests; /* owned */
    size_t request_count;
};

struct assembly {
    struct crowd crowd;
    struct group *groups; /* one for each of kinds[]; owned */
    struct client *clients;
    size_t count;
    size_t first; /* of clients, in the next turn */
    uint64_t seconds;
    uint64_t late; /* us, the longest turn of the loop */
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "crowd: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct group *group_find(struct assembly *a, const char *name, size_t n)
{
    for (size_t i = 0; i < kinds_count; i++) {
        if (strlen(kinds[i].name) == n && memcmp(kinds[i].name, name, n) == 0)
            return &a->groups[i];
    }
    return NULL;
}

static int nibble(char digit)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = digit == '\0' ? NULL : strchr(digits, digit);

    return found == NULL ? -1 : (int)(found - digits);
}

/* Hexadecimal digits to the bytes of a request; false when it is something else. */
static bool request_read(struct request *r, const char *label, const char *hex)
{
    size_t n = strlen(hex);

    r->label = strdup(label);
    r->bytes = malloc(n / 2 + 1);
    r->n = n / 2;
    if (r->label == NULL || r->bytes == NULL)
        die("malloc");
    for (size_t i = 0; i < r->n; i++) {
        int high = nibble(hex[2 * i]);
        int low = nibble(hex[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        r->bytes[i] = (unsigned char)(high << 4 | low);
    }
    return n % 2 == 0;
}

static bool request_add(struct assembly *a, char *line)
{
    char *rest = NULL;
    const char *kind = strtok_r(line, " \n", &rest);
    const char *label = strtok_r(NULL, " \n", &rest);
    const char *hex = strtok_r(NULL, " \n", &rest);
    struct group *g = hex == NULL ? NULL : group_find(a, kind, strlen(kind));

    if (g == NULL)
        return false;
    g->requests = realloc(g->requests, (g->request_count + 1) * sizeof *g->requests);
    if (g->requests == NULL)
        die("realloc");
    return request_read(&g->requests[g->request_count++], label, hex);
}

static void requests_load(struct assembly *a, const char *path)
{
    static char line[LINE_MAX_HEX];
    FILE *file = fopen(path, "re");

    if (file == NULL)
        die(path);
    while (fgets(line, sizeof line, file) != NULL) {
        if (!request_add(a, line)) {
            fprintf(stderr, "crowd: %s: not a line of KIND LABEL HEX: %.60s\n", path, line);
            exit(1);
        }
    }
    fclose(file);
}

static void crowd_open(struct crowd *crowd, unsigned long port, char *name)
{
    crowd->tls = SSL_CTX_new(TLS_client_method());
    crowd->name = name;
    crowd->epoll = epoll_create1(EPOLL_CLOEXEC);
    crowd->random = 0x9e3779b97f4a7c15U;
    crowd->server = (struct sockaddr_in){.sin_family = AF_INET,
                                         .sin_port = htons((uint16_t)port),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (crowd->tls == NULL || crowd->epoll < 0)
        die("crowd_open");
    SSL_CTX_set_min_proto_version(crowd->tls, TLS1_2_VERSION);
    SSL_CTX_set_verify(crowd->tls, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_session_cache_mode(crowd->tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(crowd->tls, SSL_MODE_RELEASE_BUFFERS);
}

/* Each kind has a /16 of its own, so that no client pays for what another kind does. */
static void clients_make(struct assembly *a, uint64_t now)
{
    uint64_t ramp = a->seconds * 1000000 / RAMP_PART;

    ramp = ramp < RAMP_MAX_US ? ramp : RAMP_MAX_US;
    for (size_t i = 0; i < kinds_count; i++)
        a->count += a->groups[i].count;
    a->clients = calloc(a->count + 1, sizeof *a->clients);
    if (a->clients == NULL)
        die("calloc");
    struct client *c = a->clients;
    for (size_t i = 0; i < kinds_count; i++) {
        const struct group *g = &a->groups[i];

        for (size_t j = 0; j < g->count; j++, c++) {
            size_t host = j / g->kind->per_address;
            uint32_t address = FIRST_NET + ((uint32_t)i << 16) +
                               ((uint32_t)(host / ADDRESSES) << 8) +
                               (uint32_t)(1 + host % ADDRESSES);

            *c = (struct client){.crowd = &a->crowd,
                                 .kind = g->kind,
                                 .requests = g->requests,
                                 .request_count = g->request_count,
                                 .number = j,
                                 .source.s_addr = htonl(address),
                                 .due = now + crowd_random(&a->crowd, ramp + 1),
                                 .fd = -1};
        }
    }
}

static size_t clients_connected(const struct assembly *a)
{
    size_t connected = 0;

    for (size_t i = 0; i < a->count; i++)
        connected += !client_rests(&a->clients[i]);
    return connected;
}

/* Those that are due; it begins with another one each time, so that all get their turn. */
static void clients_tick(struct assembly *a, uint64_t now)
{
    size_t starts = 0;

    for (size_t i = 0; i < a->count; i++) {
        struct client *c = &a->clients[(a->first + i) % a->count];

        if (now < c->due)
            continue;
        if (client_rests(c) && starts++ >= STARTS_MAX)
            continue;
        client_run(c, clock_us());
    }
    a->first += STARTS_MAX;
}

static void crowd_end(struct assembly *a, uint64_t now)
{
    a->crowd.ending = true;
    for (size_t i = 0; i < a->count; i++)
        client_hurry(&a->clients[i], now);
}

static void crowd_run(struct assembly *a)
{
    struct epoll_event events[EVENTS];
    uint64_t now = clock_us();
    uint64_t end = now + a->seconds * 1000000;
    uint64_t tick = now;

    clients_make(a, now);
    while (!a->crowd.ending || (clients_connected(a) > 0 && now < end + ENDING * 1000000ULL)) {
        int n = epoll_wait(a->crowd.epoll, events, EVENTS, TICK_MS);
        uint64_t woken = clock_us();

        if (woken - now > a->late + TICK_MS * 1000)
            a->late = woken - now - TICK_MS * 1000;
        now = woken;
        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;

            if (!client_rests(c))
                client_run(c, clock_us());
        }
        if (now >= tick) {
            clients_tick(a, now);
            tick = now + TICK_MS * 1000;
        }
        if (!a->crowd.ending && now >= end)
            crowd_end(a, now);
    }
}

static bool number_parse(const char *text, unsigned long limit, unsigned long *number)
{
    char *end = NULL;

    errno = 0;
    *number = strtoul(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *number <= limit;
}

static bool counts_parse(struct assembly *a, char **argv)
{
    for (; *argv != NULL; argv++) {
        const char *equals = strchr(*argv, '=');
        struct group *g = equals == NULL ? NULL : group_find(a, *argv, (size_t)(equals - *argv));
        unsigned long count = 0;

        if (g == NULL || !number_parse(equals + 1, CLIENTS_MAX, &count))
            return false;
        g->count = count;
        if (count > 0 && g->request_count == 0 && g->kind->owed) {
            fprintf(stderr, "crowd: no requests for %s\n", g->kind->name);
            return false;
        }
    }
    return true;
}

static void assembly_free(struct assembly *a)
{
    for (size_t i = 0; i < a->count; i++)
        client_fini(&a->clients[i]);
    for (size_t i = 0; i < kinds_count; i++) {
        for (size_t j = 0; j < a->groups[i].request_count; j++) {
            free(a->groups[i].requests[j].label);
            free(a->groups[i].requests[j].bytes);
        }
        free(a->groups[i].requests);
    }
    free(a->groups);
    free(a->clients);
    close(a->crowd.epoll);
    SSL_CTX_free(a->crowd.tls);
}

int main(int argc, char **argv)
{
    static struct assembly a;
    unsigned long port = 0;
    unsigned long seconds = 0;

    if (argc < 5 || !number_parse(argv[1], UINT16_MAX, &port) ||
        !number_parse(argv[3], SECONDS_MAX, &seconds)) {
        fputs("usage: crowd PORT NAME SECONDS REQUESTS KIND=COUNT...\n", stderr);
        return 2;
    }
    a.groups = calloc(kinds_count, sizeof *a.groups);
    if (a.groups == NULL)
        die("calloc");
    for (size_t i = 0; i < kinds_count; i++)
        a.groups[i].kind = &kinds[i];
    a.seconds = seconds;
    requests_load(&a, argv[4]);
    if (!counts_parse(&a, argv + 5)) {
        fputs("crowd: not a kind of clients and their number\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOFBF, REPORT_SIZE);
    crowd_open(&a.crowd, port, argv[2]);
    crowd_run(&a);
    size_t left = clients_connected(&a);
    for (size_t i = 0; i < a.count; i++) {
        if (!client_rests(&a.clients[i]))
            client_give_up(&a.clients[i], clock_us());
    }
    printf("late %llu\n", (unsigned long long)a.late);
    if (left > 0)
        fprintf(stderr, "crowd: %zu clients were still waiting at the end\n", left);
    assembly_free(&a);
    return fflush(stdout) == 0 ? 0 : 1;
}
