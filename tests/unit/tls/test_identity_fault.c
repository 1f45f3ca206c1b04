/* Certificates on a disk that fails: the pair that readers trust is there whatever happens. */
#include <errno.h>

#include "../fault.h"
#include "tls/identity_make.h"

static struct error error;
static char localhost[] = "localhost";
static char *const names[] = {localhost};

static enum status renew_with(bool new_key, struct error *e)
{
    struct identity_renewal renewal = {.names = names, .count = 1, .new_key = new_key};
    return identity_renew(test_folder, &renewal, e);
}

static enum status renew(struct error *e)
{
    return renew_with(false, e);
}

static enum status renew_with_new_key(struct error *e)
{
    return renew_with(true, e);
}

static enum status open_pair(struct error *e)
{
    struct identity *id = NULL;
    enum status status = identity_open(test_folder, names, 1, &id, e);
    identity_free(id);
    return status;
}

struct renew_row {
    const char *name;
    struct fault fault;
    enum status (*run)(struct error *e);
    const char *said;
};

static const struct renew_row renew_rows[] = {
    {"a full disk", {{"write"}, ENOSPC}, renew, "localhost.crt: No space"},
    {"a full disk and a new key", {{"write"}, ENOSPC}, renew_with_new_key, "No space"},
    {"nothing durable", {{"fsync"}, EIO}, renew, "localhost.crt: Input/output"},
    {"nothing durable and a new key", {{"fsync"}, EIO}, renew_with_new_key, "Input/output"},
    {"no renaming", {{"rename", "renameat", "renameat2"}, EACCES}, renew, "localhost.crt: Perm"},
    {"no renaming and a new key",
     {{"rename", "renameat", "renameat2"}, EACCES},
     renew_with_new_key,
     "Permission"},
    {"a file system without links and a new key",
     {{"link", "linkat"}, EPERM},
     renew_with_new_key,
     "localhost.key.old: Operation not permitted"},
};

static void a_renewal_that_fails_leaves_the_pair_and_can_be_made_later(void **state)
{
    const struct renew_row *row = *state;
    const char *key = folder_path("localhost.key");
    const char *certificate = folder_path("localhost.crt");
    struct identity *id = NULL;
    assert_status(open_pair(&error), ST_OK, &error);
    struct span keys = file_bytes(key);
    struct span certificates = file_bytes(certificate);
    struct fault_outcome outcome = fault_try(&row->fault, row->run);
    assert_status(outcome.status, ST_IO, &outcome.e);
    assert_contains(outcome.e.message, row->said);
    assert_span_equal(file_bytes(key), keys);
    assert_span_equal(file_bytes(certificate), certificates);
    assert_status(row->run(&error), ST_OK, &error);
    assert_status(identity_load(key, certificate, &id, &error), ST_OK, &error);
    identity_free(id);
    assert_false(span_eq(file_bytes(certificate), certificates));
}

static const struct renew_row first_rows[] = {
    {"a full disk", {{"write"}, ENOSPC}, open_pair, "localhost.key: No space"},
    {"nothing durable", {{"fsync"}, EIO}, open_pair, "localhost.key: Input/output"},
    {"a disk that is read only", {{"open", "openat"}, EROFS}, open_pair, "Read-only"},
};

static void a_first_start_that_fails_leaves_nothing(void **state)
{
    const struct renew_row *row = *state;
    struct fault_outcome outcome = fault_try(&row->fault, row->run);
    assert_status(outcome.status, ST_IO, &outcome.e);
    assert_contains(outcome.e.message, row->said);
    assert_int_equal(folder_count(test_folder), 0);
    assert_status(open_pair(&error), ST_OK, &error);
    assert_int_equal(folder_count(test_folder), 2);
}

int main(void)
{
    static struct suite s = {.setup = quiet_folder_make, .teardown = quiet_folder_remove};
    SUITE_ROWS(&s, a_renewal_that_fails_leaves_the_pair_and_can_be_made_later, renew_rows);
    SUITE_ROWS(&s, a_first_start_that_fails_leaves_nothing, first_rows);
    return suite_run(&s, "tls/identity_fault");
}
