/* Which area a path lies in, who may enter it, and how workers are told. */
#include "answer/area.h"

#include <time.h>

#include "../tls/maker.h"

static struct error error;

struct find_row {
    const char *name, *path;
    long site;
    const char *expected; /* prompt of the area; NULL: none */
};

static char prefixes[][16] = {"/members", "/members/board", "/one.gmi", "", "/m"};
static char prompts[][16] = {"members", "board", "one", "all of 1", "m of 1"};
static const long sites[] = {0, 0, 0, 1, 1};

static const struct find_row find_rows[] = {
    {"a page in it", "/members/x.gmi", 0, "members"},
    {"none", "/membership", 0, NULL},
    {"the longest prefix", "/members/board/x", 0, "board"},
    {"whose name ends there", "/members/boardroom", 0, "members"},
    {"a summary", "/one-summary.gmi", 0, "one"},
    {"all of a capsule", "/x", 1, "all of 1"},
    {"its root", "/", 1, "all of 1"},
    {"a longer one within", "/m/x", 1, "m of 1"},
    {"another capsule's prefix", "/members/", 1, "all of 1"},
    {"a capsule without areas", "/members/", 2, NULL},
};

static void a_path_lies_in_an_area(void **state)
{
    const struct find_row *row = *state;
    struct area items[COUNT(prefixes)];
    for (size_t i = 0; i < COUNT(prefixes); i++)
        items[i] = (struct area){.site = sites[i], .prefix = prefixes[i], .prompt = prompts[i]};
    const struct areas areas = {items, COUNT(items)};
    const struct area *found = areas_find(&areas, row->site, span_of(row->path));
    if (row->expected == NULL) {
        assert_null(found);
        return;
    }
    assert_non_null(found);
    assert_string_equal(found->prompt, row->expected);
}

enum way { NO_WAY, ANY = 1, CERTIFICATE = 2, KEY = 4, OTHER = 8, CA = 16 };

struct judge_row {
    const char *name;
    bool shown;
    long begin, end; /* of the certificate, seconds from now; both 0: it is good */
    int ways;        /* in, that the area knows */
    enum gemini_status expected;
};

static const struct judge_row judge_rows[] = {
    {"none, where any will do", false, 0, 0, ANY, GEMINI_CERTIFICATE_REQUIRED},
    {"none, where some are listed", false, 0, 0, CERTIFICATE, GEMINI_CERTIFICATE_REQUIRED},
    {"none, where nobody is", false, 0, 0, NO_WAY, GEMINI_CERTIFICATE_REQUIRED},
    {"one, where any will do", true, 0, 0, ANY, GEMINI_SUCCESS},
    {"a listed one", true, 0, 0, CERTIFICATE, GEMINI_SUCCESS},
    {"one whose key is listed", true, 0, 0, KEY, GEMINI_SUCCESS},
    {"a signed one", true, 0, 0, CA, GEMINI_SUCCESS},
    {"one that is listed and not signed", true, 0, 0, OTHER | CERTIFICATE, GEMINI_SUCCESS},
    {"one that is signed and not listed", true, 0, 0, OTHER | CA, GEMINI_SUCCESS},
    {"one, where another is listed", true, 0, 0, OTHER, GEMINI_CERTIFICATE_REFUSED},
    {"one, where nobody is listed", true, 0, 0, NO_WAY, GEMINI_CERTIFICATE_REFUSED},
    {"an expired one", true, -100, -10, ANY, GEMINI_CERTIFICATE_INVALID},
    {"a listed one that has expired", true, -100, -10, CERTIFICATE, GEMINI_CERTIFICATE_INVALID},
    {"a signed one that has expired", true, -100, -10, CA, GEMINI_CERTIFICATE_INVALID},
    {"an expired one that is not listed", true, -100, -10, OTHER, GEMINI_CERTIFICATE_INVALID},
    {"an early one", true, 10, 100, ANY, GEMINI_CERTIFICATE_INVALID},
    {"an early one whose key is listed", true, 10, 100, KEY, GEMINI_CERTIFICATE_INVALID},
};

static void add(struct area *area, const X509 *certificate)
{
    struct fingerprint f;
    assert_int_equal(X509_digest(certificate, EVP_sha256(), f.bytes, NULL), 1);
    assert_status(fingerprint_list_add(&area->prints, &f, &error), ST_OK, &error);
}

/* An area that knows these ways in, by way of the bytes that workers get. */
static void make_areas(struct areas *areas, int ways, const struct client_cert *client,
                       const struct made *root)
{
    struct area area = {.site = 3, .prefix = strdup("/it's"), .prompt = strdup("Who's \\there?")};
    struct buf packed;
    struct buf pem;
    buf_init(&packed, 100000);
    buf_init(&pem, 100000);
    area.any = (ways & ANY) != 0;
    if ((ways & CERTIFICATE) != 0)
        assert_status(fingerprint_list_add(&area.prints, &client->certificate, &error), ST_OK,
                      &error);
    if ((ways & KEY) != 0)
        assert_status(fingerprint_list_add(&area.prints, &client->key, &error), ST_OK, &error);
    if ((ways & OTHER) != 0)
        add(&area, root->certificate);
    maker_put_pem(root, &pem);
    if ((ways & CA) != 0)
        assert_status(authority_parse("ca", buf_span(&pem), &area.authority, &error), ST_OK,
                      &error);
    fingerprint_list_sort(&area.prints);
    areas_pack(&(struct areas){&area, 1}, &packed);
    assert_status(buf_status(&packed), ST_OK, NULL);
    assert_status(areas_unpack(areas, buf_span(&packed), &error), ST_OK, &error);
    area_fini(&area);
    buf_fini(&packed);
    buf_fini(&pem);
}

static void a_client_is_judged(void **state)
{
    const struct judge_row *row = *state;
    struct made root = make(&(struct wanted){.name = "Root", .ca = true});
    struct made m =
        make(&(struct wanted){.name = "r", .signer = &root, .begin = row->begin, .end = row->end});
    struct client_cert client = {.leaf = m.certificate, .key = {{1, 2, 3}}};
    struct areas areas = {0};
    const char *meta = NULL;
    assert_int_equal(X509_digest(m.certificate, EVP_sha256(), client.certificate.bytes, NULL), 1);
    make_areas(&areas, row->ways, &client, &root);
    const struct area *area = areas_find(&areas, 3, SPAN("/it's/x"));
    assert_non_null(area);
    assert_int_equal(area_judge(area, row->shown ? &client : NULL, time(NULL), &meta),
                     row->expected);
    if (!row->shown)
        assert_string_equal(meta, "Who's \\there?");
    areas_fini(&areas);
    maker_free(&m);
    maker_free(&root);
}

/* Two areas, cut anywhere: none of them is taken over. */
static void a_part_changes_nothing(void **state)
{
    (void)state;
    struct made root = make(&(struct wanted){.name = "Root", .ca = true});
    struct client_cert client = {.key = {{1}}};
    struct areas areas = {0};
    struct areas two = {0};
    struct buf packed;
    buf_init(&packed, 100000);
    make_areas(&areas, ANY, &client, &root);
    make_areas(&two, KEY | CA, &client, &root);
    areas_pack(&areas, &packed);
    size_t one = packed.n;
    areas_pack(&two, &packed);
    for (size_t n = 0; n < packed.n; n++) {
        if (n == 0 || n == one)
            continue; /* whole again */
        struct span part = {packed.p, n};
        assert_int_not_equal(areas_unpack(&areas, part, &error), ST_OK);
        assert_int_equal(areas.count, 1);
        assert_true(areas.items[0].any);
    }
    assert_status(areas_unpack(&areas, buf_span(&packed), &error), ST_OK, &error);
    assert_int_equal(areas.count, 2);
    assert_true(areas.items[0].any);
    assert_false(areas.items[1].any);
    assert_true(fingerprint_list_has(&areas.items[1].prints, &client.key));
    assert_status(areas_unpack(&areas, (struct span){0}, &error), ST_OK, &error);
    assert_int_equal(areas.count, 0);
    areas_fini(&areas);
    areas_fini(&two);
    buf_fini(&packed);
    maker_free(&root);
}

int main(void)
{
    struct suite s = {0};
    SUITE_ROWS(&s, a_path_lies_in_an_area, find_rows);
    SUITE_ROWS(&s, a_client_is_judged, judge_rows);
    SUITE_TEST(&s, a_part_changes_nothing);
    return suite_run(&s, "answer/area");
}
