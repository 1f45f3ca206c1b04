/* The certificates and ticket keys that a worker is handed, and others while it runs. */
#include "worker/worker_tls.h"

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
    enum status status = worker_tls_start(&tls, &settings, false, NULL, &error);
    buf_fini(&text);
    buf_fini(&tickets);
    return status;
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

static void others_are_used(void **state)
{
    (void)state;
    struct buf text;
    struct buf tickets;
    buf_init(&text, 100000);
    buf_init(&tickets, 1000);
    assert_status(start(NULL), ST_OK, &error);
    put_certificate(&text, name);
    put_tickets(&tickets);
    assert_status(worker_tls_certificates(&tls, buf_span(&text), &error), ST_OK, &error);
    assert_status(worker_tls_tickets(&tls, buf_span(&tickets), &error), ST_OK, &error);
    buf_fini(&text);
    buf_fini(&tickets);
}

struct bad_row {
    const char *name;
    enum status (*take)(struct worker_tls *t, struct span bytes, struct error *e);
    struct span bytes;
    enum status status;
};

static const struct bad_row bad_rows[] = {
    {"certificates that are none change nothing", worker_tls_certificates, BYTES("no PEM"),
     ST_CRYPTO},
    {"no certificates change nothing", worker_tls_certificates, BYTES(""), ST_CRYPTO},
    {"ticket keys of another size change nothing", worker_tls_tickets, BYTES("x"), ST_FORMAT},
};

static void what_is_wrong_changes_nothing(void **state)
{
    const struct bad_row *row = *state;
    assert_status(start(NULL), ST_OK, &error);
    const struct context *before = tls.context;
    assert_status(row->take(&tls, row->bytes, &error), row->status, &error);
    assert_ptr_equal(tls.context, before);
}

/* What was read of it already is given back, once. */
static void half_a_text_changes_nothing(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 100000);
    assert_status(start(NULL), ST_OK, &error);
    const struct context *before = tls.context;
    put_certificate(&text, name);
    const char *certificate = strstr(buf_str(&text), "-----BEGIN CERTIFICATE");
    assert_non_null(certificate);
    struct span key = span_sub(buf_span(&text), 0, (size_t)(certificate - text.p));
    assert_status(worker_tls_certificates(&tls, key, &error), ST_CRYPTO, &error);
    assert_contains(error.message, "a key alone");
    assert_ptr_equal(tls.context, before);
    buf_wipe(&text);
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
    SUITE_TEST(&s, others_are_used);
    SUITE_ROWS(&s, what_is_wrong_changes_nothing, bad_rows);
    SUITE_TEST(&s, half_a_text_changes_nothing);
    SUITE_TEST(&s, a_start_needs_certificates);
    SUITE_TEST(&s, a_start_needs_one_for_each_vhost);
    return suite_run(&s, "worker/worker_tls");
}
