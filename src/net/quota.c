#include "net/quota.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/siphash.h"

#define QUOTA_KEY    9 /* bytes: the family, and what counts of the address */
#define QUOTA_SECOND UINT64_C(1000000)

struct quota {
    unsigned char key[QUOTA_KEY]; /* all zeros in a free place: no family has the number 0 */
    unsigned open;                /* connections */
    uint64_t due; /* microseconds: when the requests made so far would be over, one by one */
};

struct quotas {
    struct quota_plan plan;
    unsigned char seed[SIPHASH_KEY];
    struct quota places[QUOTA_SETS][QUOTA_WAYS];
};

enum status quotas_new(const struct quota_plan *plan, struct quotas **out, struct error *e)
{
    struct quotas *q = calloc(1, sizeof *q);
    if (q == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "table of addresses");
    if (getrandom(q->seed, sizeof q->seed, 0) != (ssize_t)sizeof q->seed) {
        free(q);
        return error_set(e, ST_IO, errno, "getrandom");
    }
    q->plan = *plan;
    *out = q;
    return ST_OK;
}

void quotas_free(struct quotas *q)
{
    free(q);
}

/* What counts of an address; false when it is not counted at all. */
static bool quota_key(const struct quotas *q, const struct sockaddr_storage *client,
                      unsigned char key[QUOTA_KEY])
{
    unsigned char bytes[16] = {0};
    int family = prefix_bytes(client, bytes);
    if (family != AF_INET && family != AF_INET6)
        return false;
    for (size_t i = 0; i < q->plan.exempt_count; i++) {
        if (prefix_has(&q->plan.exempt[i], client))
            return false;
    }
    key[0] = (unsigned char)family;
    memcpy(key + 1, bytes, QUOTA_KEY - 1);
    return true;
}

/* The place of a key: its own, or the one of whoever has been quiet for longest; or NULL. */
static struct quota *quota_place(struct quotas *q, const unsigned char key[QUOTA_KEY])
{
    uint64_t hash = siphash(q->seed, (struct span){(const char *)key, QUOTA_KEY});
    struct quota *set = q->places[hash % QUOTA_SETS];
    struct quota *idle = NULL;
    for (size_t i = 0; i < QUOTA_WAYS; i++) {
        if (memcmp(set[i].key, key, QUOTA_KEY) == 0)
            return &set[i];
        if (set[i].open == 0 && (idle == NULL || set[i].due < idle->due))
            idle = &set[i];
    }
    if (idle != NULL) {
        *idle = (struct quota){0};
        memcpy(idle->key, key, QUOTA_KEY);
    }
    return idle;
}

bool quota_enter(struct quotas *q, const struct sockaddr_storage *client, struct quota **out)
{
    unsigned char key[QUOTA_KEY];
    *out = NULL;
    struct quota *one = quota_key(q, client, key) ? quota_place(q, key) : NULL;
    if (one == NULL)
        return true;
    if (q->plan.connections > 0 && one->open >= q->plan.connections)
        return false;
    one->open++;
    *out = one;
    return true;
}

void quota_leave(struct quota *one)
{
    if (one != NULL)
        one->open--;
}

unsigned quota_ask(const struct quotas *q, struct quota *one, uint64_t now_ms)
{
    if (one == NULL || q->plan.rate == 0)
        return 0;
    uint64_t now = now_ms * (QUOTA_SECOND / 1000);
    uint64_t each = QUOTA_SECOND / q->plan.rate;
    uint64_t ahead = each * (q->plan.burst - 1);
    uint64_t due = one->due > now ? one->due : now;
    if (due - now > ahead)
        return (unsigned)((due - now - ahead + QUOTA_SECOND - 1) / QUOTA_SECOND);
    one->due = due + each;
    return 0;
}
