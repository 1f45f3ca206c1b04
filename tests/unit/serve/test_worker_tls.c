/* What the supervisor says to a worker: whole, in pieces, and wrong. */
#include "serve/worker_tls.h"

#include "../certificate.h"
#include "log/log.h"
#include "tls/identity.h"

static struct error error;
static struct worker_tls tls;
static char name[] = "localhost";
static char *names[] = {name};
static struct worker_vhost vhost = {.name = name, .host = {names, 1}};
static struct worker_settings settings = {.vhost = {&vhost, 1}};

/* Where a worker looks for what it is handed. */
static void hand(int number, struct span bytes)
{
    int fd = memfd_create("handed", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    if (fd != number) {
        assert_int_equal(dup2(fd, number), number);
        close(fd);
    }
}

/* Append a certificate for a host that is called so. */
static void put_certificate(struct buf *text, const char *host)
{
    struct identity *id = NULL;
    certificate_put_pair(folder_path("key"), folder_path("crt"), host, 10);
    assert_status(identity_load(folder_path("key"), folder_path("crt"), &id, &error), ST_OK,
                  &error);
    assert_status(identity_pack(id, text, &error), ST_OK, &error);
    identity_free(id);
}

static void put_tickets(struct buf *out)
{
    struct ticket_ring ring = {0};
    unsigned char packed[TICKET_PACKED_SIZE];
    assert_status(ticket_rotate(&ring, &error), ST_OK, &error);
    ticket_pack(&ring, packed);
    for (size_t i = 0; i < sizeof packed; i++)
        buf_putc(out, (char)packed[i]);
}

static enum status start(const char *certificates)
{
    struct buf text;
    struct buf tickets;
    buf_init(&text, 100000);
    buf_init(&tickets, 1000);
    if (certificates == NULL)
        put_certificate(&text, name);
    else
        buf_puts(&text, certificates);
    put_tickets(&tickets);
    hand(WORKER_CERTIFICATES_FD, buf_span(&text));
    hand(WORKER_TICKETS_FD, buf_span(&tickets));
    enum status status = worker_tls_start(&tls, &settings, &error);
    buf_fini(&text);
    buf_fini(&tickets);
    return status;
}

static void put_message(struct buf *out, char kind, struct span bytes)
{
    buf_putc(out, kind);
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_putc(out, (char)(unsigned char)(bytes.n >> shift));
    buf_put(out, bytes);
}

/* Nothing else gets the numbers of what a worker is handed. */
static void reserve(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(fd, WORKER_CERTIFICATES_FD);
    dup2(fd, WORKER_TICKETS_FD);
    if (fd != WORKER_CERTIFICATES_FD && fd != WORKER_TICKETS_FD)
        close(fd);
}

static int tls_make(void **state)
{
    static char tls_min[] = "1.2";
    settings.tls_min = tls_min;
    return quiet_folder_make(state);
}

static int tls_remove(void **state)
{
    worker_tls_fini(&tls);
    reserve();
    return quiet_folder_remove(state);
}

struct step_row {
    const char *name;
    size_t step; /* bytes at once */
};

static const struct step_row step_rows[] = {
    {"messages come byte by byte", 1},
    {"messages come in pieces", 7},
    {"messages come together", 100000},
};

static void messages_are_taken(void **state)
{
    const struct step_row *row = *state;
    struct buf text;
    struct buf tickets;
    struct buf all;
    unsigned editions = 0;
    buf_init(&text, 100000);
    buf_init(&tickets, 1000);
    buf_init(&all, 100000);
    assert_status(start(NULL), ST_OK, &error);
    put_certificate(&text, name);
    put_tickets(&tickets);
    put_message(&all, WORKER_SAY_EDITION, SPAN(""));
    put_message(&all, WORKER_SAY_CERTIFICATES, buf_span(&text));
    put_message(&all, WORKER_SAY_TICKETS, buf_span(&tickets));
    put_message(&all, WORKER_SAY_EDITION, SPAN(""));
    for (size_t at = 0; at < all.n; at += row->step)
        editions += worker_tls_take(
            &tls, span_sub(buf_span(&all), at, at + row->step < all.n ? at + row->step : all.n));
    assert_int_equal(editions, row->step < all.n ? 2 : 1); /* two at once are one reason to look */
    assert_int_equal(tls.header_n, 0);
    assert_int_equal(tls.message.n, 0);
    assert_string_equal(stderr_text(), "");
    buf_fini(&text);
    buf_fini(&tickets);
    buf_fini(&all);
}

struct bad_row {
    const char *name;
    char kind;
    struct span bytes;
};

static const struct bad_row bad_rows[] = {
    {"certificates that are none change nothing", WORKER_SAY_CERTIFICATES, BYTES("no PEM")},
    {"no certificates change nothing", WORKER_SAY_CERTIFICATES, BYTES("")},
    {"ticket keys of another size change nothing", WORKER_SAY_TICKETS, BYTES("x")},
};

static void what_is_wrong_is_told(void **state)
{
    const struct bad_row *row = *state;
    struct buf all;
    buf_init(&all, 1000);
    assert_status(start(NULL), ST_OK, &error);
    const struct context *before = tls.context;
    put_message(&all, row->kind, row->bytes);
    put_message(&all, WORKER_SAY_EDITION, SPAN(""));
    assert_true(worker_tls_take(&tls, buf_span(&all)));
    assert_ptr_equal(tls.context, before);
    assert_contains(stderr_text(), "what was there before stays in use");
    buf_fini(&all);
}

static void a_start_needs_certificates(void **state)
{
    (void)state;
    assert_status(start("no PEM"), ST_CRYPTO, &error);
    assert_null(tls.context);
}

static void a_start_needs_one_for_each_vhost(void **state)
{
    (void)state;
    struct worker_vhost two[] = {vhost, vhost};
    settings.vhost = (struct option_sections){two, 2};
    enum status status = start(NULL);
    settings.vhost = (struct option_sections){&vhost, 1};
    assert_status(status, ST_FORMAT, &error);
    assert_contains(error.message, "1 certificates for 2 vhosts");
}

int main(void)
{
    static struct suite s = {.setup = tls_make, .teardown = tls_remove};
    reserve();
    SUITE_ROWS(&s, messages_are_taken, step_rows);
    SUITE_ROWS(&s, what_is_wrong_is_told, bad_rows);
    SUITE_TEST(&s, a_start_needs_certificates);
    SUITE_TEST(&s, a_start_needs_one_for_each_vhost);
    return suite_run(&s, "serve/worker_tls");
}
