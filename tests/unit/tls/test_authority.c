/* Who made a client's certificate. */
#include <openssl/err.h>
#include <time.h>

#include "maker.h"
#include "tls/client.h"

enum { ROOT, OTHER, MIDDLE, OLD, OLD_MIDDLE, WEAK, MAKERS };

static struct made makers[MAKERS];
static struct error error;

static void make_makers(void)
{
    static const struct wanted wanted[] = {
        [ROOT] = {.name = "Root", .ca = true},
        [OTHER] = {.name = "Root", .ca = true}, /* the same name, another key */
        [MIDDLE] = {.name = "Middle", .ca = true, .signer = &makers[ROOT]},
        [OLD] = {.name = "Old", .ca = true, .begin = -3 * DAY, .end = -DAY},
        [OLD_MIDDLE] = {.name = "Old middle",
                        .ca = true,
                        .signer = &makers[ROOT],
                        .begin = -3 * DAY,
                        .end = -DAY},
        [WEAK] = {.name = "Weak", .ca = true, .key = "RSA-1024"},
    };
    for (size_t i = 0; i < MAKERS; i++)
        makers[i] = make(&wanted[i]);
}

static struct authority *authority_of(const struct made *first, const struct made *second)
{
    struct authority *a = NULL;
    struct buf pem;
    buf_init(&pem, 10000);
    buf_puts(&pem, "The committee:\n");
    maker_put_pem(first, &pem);
    if (second != NULL)
        maker_put_pem(second, &pem);
    assert_status(authority_parse("ca.pem", buf_span(&pem), &a, &error), ST_OK, &error);
    buf_fini(&pem);
    return a;
}

struct sign_row {
    const char *name;
    int trusted, also; /* in the file; also 0 is ROOT, so it is counted from 1 */
    int signer;        /* of the client's certificate; -1: itself */
    int sent;          /* with it, from 1; 0: nothing */
    struct wanted wanted;
    bool good;
};

static const struct sign_row sign_rows[] = {
    {"the authority of the file", ROOT, 0, ROOT, 0, {0}, true},
    {"the second of two in a file", OTHER, ROOT + 1, ROOT, 0, {0}, true},
    {"for a client", ROOT, 0, ROOT, 0, {.extended = "clientAuth"}, true},
    {"by way of one that the client sends", ROOT, 0, MIDDLE, MIDDLE + 1, {0}, true},
    {"by way of one that is in the file", ROOT, MIDDLE + 1, MIDDLE, 0, {0}, true},
    {"one in between is trusted for itself", MIDDLE, 0, MIDDLE, 0, {0}, true},
    {"one in between is missing", ROOT, 0, MIDDLE, 0, {0}, false},
    {"another authority", ROOT, 0, OLD, 0, {0}, false},
    {"another authority that has the same name", OTHER, 0, ROOT, 0, {0}, false},
    {"another authority that the client sends", OTHER, 0, ROOT, ROOT + 1, {0}, false},
    {"nobody but itself", ROOT, 0, -1, 0, {0}, false},
    {"for a server", ROOT, 0, ROOT, 0, {.extended = "serverAuth"}, false},
    {"a critical extension that nobody knows", ROOT, 0, ROOT, 0, {.odd = true}, false},
    {"a SHA-1 signature", ROOT, 0, ROOT, 0, {.digest = "SHA1"}, false},
    {"a short key", WEAK, 0, WEAK, 0, {0}, false},
    {"an authority that has expired", OLD, 0, OLD, 0, {0}, false},
    {"one in between that has expired", ROOT, 0, OLD_MIDDLE, OLD_MIDDLE + 1, {0}, false},
};

static void who_signed_is_found_out(void **state)
{
    const struct sign_row *row = *state;
    make_makers();
    struct wanted wanted = row->wanted;
    wanted.name = "reader";
    wanted.signer = row->signer < 0 ? NULL : &makers[row->signer];
    struct made m = make(&wanted);
    struct client_cert client = {.leaf = m.certificate, .chain = sk_X509_new_null()};
    if (row->sent > 0)
        sk_X509_push(client.chain, makers[row->sent - 1].certificate);
    struct authority *a =
        authority_of(&makers[row->trusted], row->also > 0 ? &makers[row->also - 1] : NULL);
    assert_int_equal(authority_signed(a, &client, time(NULL)), row->good);
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(authority_is_out_of_time(a, time(NULL)), row->trusted == OLD);
    authority_free(a);
    sk_X509_free(client.chain);
    maker_free(&m);
    for (size_t i = 0; i < MAKERS; i++)
        maker_free(&makers[i]);
}

/* A client's certificate is no authority: whom its key signs is nobody. */
static void a_client_signs_nobody(void **state)
{
    (void)state;
    struct made root = make(&(struct wanted){.name = "Root", .ca = true});
    struct made reader = make(&(struct wanted){.name = "reader", .signer = &root});
    struct made friend = make(&(struct wanted){.name = "friend", .signer = &reader});
    struct client_cert client = {.leaf = friend.certificate, .chain = sk_X509_new_null()};
    sk_X509_push(client.chain, reader.certificate);
    struct authority *a = authority_of(&root, NULL);
    assert_false(authority_signed(a, &client, time(NULL)));
    client.leaf = reader.certificate;
    assert_true(authority_signed(a, &client, time(NULL)));
    authority_free(a);
    sk_X509_free(client.chain);
    maker_free(&root);
    maker_free(&reader);
    maker_free(&friend);
}

/* A key that lies in the file goes no further. */
static void only_certificates_are_written(void **state)
{
    (void)state;
    struct made root = make(&(struct wanted){.name = "Root", .ca = true});
    struct made other = make(&(struct wanted){.name = "Other", .ca = true});
    struct buf pem;
    struct buf written;
    struct buf expected;
    struct authority *a = NULL;
    char *key = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PrivateKey(bio, root.key, NULL, NULL, 0, NULL, NULL), 1);
    long n = BIO_get_mem_data(bio, &key);
    buf_init(&pem, 10000);
    buf_init(&written, 10000);
    buf_init(&expected, 10000);
    buf_put(&pem, (struct span){key, (size_t)n});
    maker_put_pem(&root, &pem);
    buf_puts(&pem, "\n# the next one\n");
    maker_put_pem(&other, &pem);
    maker_put_pem(&root, &expected);
    maker_put_pem(&other, &expected);
    assert_status(authority_parse("ca.pem", buf_span(&pem), &a, &error), ST_OK, &error);
    authority_write(a, &written);
    assert_span_equal(buf_span(&written), buf_span(&expected));
    authority_free(a);
    BIO_free(bio);
    buf_fini(&pem);
    buf_fini(&written);
    buf_fini(&expected);
    maker_free(&root);
    maker_free(&other);
}

struct bad_row {
    const char *name, *text, *says;
};

static const struct bad_row bad_rows[] = {
    {"an empty file", "", "ca.pem: no certificate"},
    {"other text", "Dear members,\n", "ca.pem: no certificate"},
    {"a broken certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
     "ca.pem: certificate 1: "},
    {"a certificate without its end", "-----BEGIN CERTIFICATE-----\nAAAA\n",
     "ca.pem: certificate 1: "},
};

static void what_is_no_authority_is_refused(void **state)
{
    const struct bad_row *row = *state;
    struct authority *a = NULL;
    assert_status(authority_parse("ca.pem", span_of(row->text), &a, &error), ST_CRYPTO, NULL);
    assert_null(a);
    assert_contains(error.message, row->says);
    assert_int_equal(ERR_peek_error(), 0);
}

int main(void)
{
    struct suite s = {0};
    SUITE_ROWS(&s, who_signed_is_found_out, sign_rows);
    SUITE_TEST(&s, a_client_signs_nobody);
    SUITE_TEST(&s, only_certificates_are_written);
    SUITE_ROWS(&s, what_is_no_authority_is_refused, bad_rows);
    return suite_run(&s, "tls/authority");
}
