#include "edition/sum.h"

#include <string.h>

#include "core/siphash.h"

/* Chain a value on to the sum of those before: its kind is in the key, with that sum. */
static uint64_t sum_value(uint64_t before, sqlite3_value *value)
{
    unsigned char key[SIPHASH_KEY] = {0};
    int kind = sqlite3_value_type(value);
    char digits[sizeof(sqlite3_int64)];
    struct span s = {digits, sizeof digits};
    if (kind == SQLITE_INTEGER) {
        sqlite3_int64 number = sqlite3_value_int64(value);
        memcpy(digits, &number, sizeof digits);
    } else {
        s.p = sqlite3_value_blob(value);
        s.n = s.p == NULL ? 0 : (size_t)sqlite3_value_bytes(value);
    }
    memcpy(key, &before, sizeof before);
    key[sizeof before] = (unsigned char)kind;
    return siphash(key, s);
}

static void sum_row(sqlite3_context *context, int count, sqlite3_value **values)
{
    uint64_t sum = 0;
    for (int i = 0; i < count; i++)
        sum = sum_value(sum, values[i]);
    sqlite3_result_int64(context, (sqlite3_int64)(sum >> 1));
}

int sum_define(sqlite3 *db)
{
    return sqlite3_create_function_v2(db, "edition_sum", -1,
                                      SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL,
                                      sum_row, NULL, NULL, NULL);
}
