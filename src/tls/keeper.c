#include "tls/keeper.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/memory.h"
#include "log/log.h"
#include "tls/fingerprint_internal.h"
#include "tls/identity_internal.h"
#include "tls/methods.h"
#include "tls/sign_message.h"

#define KEEPER_KEYS_MAX 65536 /* in one generation */

struct keeper_key {
    struct fingerprint id;
    EVP_PKEY *key;            /* owned */
    bool tls12[SIGN_SCHEMES]; /* may it sign so there? */
    bool tls13[SIGN_SCHEMES];
    EVP_PKEY_CTX *ready[SIGN_SCHEMES]; /* to sign digests with, made at the first use; owned */
};

/* The keys of one time, by their ids. */
struct keeper_generation {
    struct keeper_key *keys; /* owned */
    size_t count;
};

struct keeper {
    struct keeper_generation now, before;
    EVP_MD_CTX *digest;            /* for one message after the other; owned */
    EVP_MD *digests[SIGN_SCHEMES]; /* of each scheme that has one; owned */
};

static void keeper_free_generation(struct keeper_generation *g)
{
    for (size_t i = 0; i < g->count; i++) {
        for (size_t k = 0; k < SIGN_SCHEMES; k++)
            EVP_PKEY_CTX_free(g->keys[i].ready[k]);
        EVP_PKEY_free(g->keys[i].key);
    }
    free(g->keys);
    *g = (struct keeper_generation){0};
}

void keeper_free(struct keeper *k)
{
    if (k == NULL)
        return;
    keeper_free_generation(&k->now);
    keeper_free_generation(&k->before);
    EVP_MD_CTX_free(k->digest);
    for (size_t i = 0; i < SIGN_SCHEMES; i++)
        EVP_MD_free(k->digests[i]);
    free(k);
}

enum status keeper_new(size_t secret, bool *locked, struct keeper **out, struct error *e)
{
    /* 2: the memory is there, but not locked; OpenSSL has guard pages around it either way. */
    int before = errno;
    int had = secret == 0 ? 0 : CRYPTO_secure_malloc_init(secret, 16);
    if (had == 2)
        errno = before; /* mlock(2) says ENOMEM of its limit: no memory was refused */
    struct keeper *k = calloc(1, sizeof *k);
    struct error cause;
    bool good = k != NULL && methods_load(&cause) == ST_OK;
    *locked = had == 1;
    if (good)
        k->digest = EVP_MD_CTX_new();
    good = good && k->digest != NULL;
    for (size_t i = 0; good && i < SIGN_SCHEMES; i++) {
        if (sign_schemes[i].digest != NULL)
            k->digests[i] = EVP_MD_fetch(NULL, sign_schemes[i].digest, NULL);
        good = sign_schemes[i].digest == NULL || k->digests[i] != NULL;
    }
    ERR_clear_error();
    if (good) {
        *out = k;
        return ST_OK;
    }
    keeper_free(k);
    return error_set(e, ST_NOMEM, ENOMEM, "keys");
}

static int keeper_compare(const void *a, const void *b)
{
    const struct keeper_key *one = a;
    const struct keeper_key *two = b;
    return memcmp(&one->id, &two->id, sizeof one->id);
}

/* Learn in which ways a key can sign: asking OpenSSL each time would take its time. */
static void keeper_learn(struct keeper_key *key)
{
    static const char *const names[] = {
        [SIGN_EC] = "EC", [SIGN_RSA] = "RSA", [SIGN_ED25519] = "ED25519"};
    char group[64] = "";
    size_t n = 0;
    (void)EVP_PKEY_get_group_name(key->key, group, sizeof group, &n);
    for (size_t i = 0; i < SIGN_SCHEMES; i++) {
        const struct sign_scheme *scheme = &sign_schemes[i];
        bool fits = scheme->group == NULL || strcmp(scheme->group, group) == 0;
        key->tls12[i] = EVP_PKEY_is_a(key->key, names[scheme->key]) == 1;
        key->tls13[i] = key->tls12[i] && scheme->tls13 && fits;
    }
    ERR_clear_error();
}

/* All identities have the right keys: identity_unpack has looked. */
static enum status keeper_fill(struct keeper_generation *g, struct identity *const *ids,
                               size_t count, struct error *e)
{
    g->keys = calloc(count, sizeof *g->keys);
    if (g->keys == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "keys");
    for (size_t i = 0; i < count; i++) {
        struct keeper_key *key = &g->keys[g->count];
        if (!fingerprint_of_key(ids[i]->certificate, &key->id) || !EVP_PKEY_up_ref(ids[i]->key))
            return identity_crypto_error(e, "keys");
        key->key = ids[i]->key;
        keeper_learn(key);
        g->count++;
    }
    qsort(g->keys, g->count, sizeof *g->keys, keeper_compare);
    return ST_OK;
}

/* A generation of the keys in this text.  What is not ST_OK may have filled a part of it. */
static enum status keeper_read(struct span text, struct keeper_generation *g, struct error *e)
{
    memory_watch();
    unsigned long refusals = memory_refusals();
    struct identity **ids = calloc(KEEPER_KEYS_MAX, sizeof *ids);
    size_t count = 0;
    if (ids == NULL)
        return error_set(e, ST_NOMEM, ENOMEM, "keys");
    enum status status = identity_unpack(text, ids, KEEPER_KEYS_MAX, &count, e);
    if (status == ST_OK)
        status = keeper_fill(g, ids, count, e);
    for (size_t i = 0; i < count; i++)
        identity_free(ids[i]);
    free(ids);
    memory_settle();
    /* Refused memory, OpenSSL says of a key that it is of no kind, and it would never sign. */
    return memory_refusals() == refusals ? status : error_set(e, ST_NOMEM, ENOMEM, "keys");
}

enum status keeper_take(struct keeper *k, struct span text, struct error *e)
{
    struct keeper_generation next = {0};
    enum status status = keeper_read(text, &next, e);
    if (status != ST_OK) {
        keeper_free_generation(&next);
        return status;
    }
    keeper_free_generation(&k->before);
    k->before = k->now;
    k->now = next;
    return ST_OK;
}

void keeper_forget(struct keeper *k)
{
    keeper_free_generation(&k->before);
}

static struct keeper_key *keeper_find(struct keeper *k, const struct fingerprint *id)
{
    struct keeper_key wanted = {.id = *id};
    struct keeper_generation *const generations[] = {&k->now, &k->before};
    struct keeper_key *found = NULL;
    for (size_t i = 0; found == NULL && i < 2; i++) {
        const struct keeper_generation *g = generations[i];
        if (g->count > 0)
            found = bsearch(&wanted, g->keys, g->count, sizeof wanted, keeper_compare);
    }
    return found;
}

/* What a key signs digests with, made ready once: that takes longer than some signatures. */
static EVP_PKEY_CTX *keeper_ready(const struct keeper *k, struct keeper_key *key, size_t scheme)
{
    const struct sign_scheme *how = &sign_schemes[scheme];
    EVP_PKEY_CTX *ctx = key->ready[scheme];
    if (ctx != NULL)
        return ctx;
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->key, NULL);
    bool good = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
                EVP_PKEY_CTX_set_signature_md(ctx, k->digests[scheme]) == 1;
    if (good && how->key == SIGN_RSA)
        good = EVP_PKEY_CTX_set_rsa_padding(ctx, how->pss ? RSA_PKCS1_PSS_PADDING
                                                          : RSA_PKCS1_PADDING) == 1;
    if (good && how->pss)
        good = EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
    if (!good) {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }
    key->ready[scheme] = ctx;
    return ctx;
}

/*
 * Without memory to write an ECDSA signature out OpenSSL 3.0 says that it is there, and 4 GiB long:
 * the length of i2d_ECDSA_SIG(), which is -1.
 */
static bool keeper_sign(struct keeper *k, struct keeper_key *key, size_t scheme,
                        struct span message, unsigned char *out, size_t *n)
{
    const unsigned char *bytes = (const unsigned char *)message.p;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_n = 0;
    *n = SIGN_SIGNATURE_MAX;
    if (sign_schemes[scheme].digest == NULL) {
        bool good = EVP_DigestSignInit_ex(k->digest, NULL, NULL, NULL, NULL, key->key, NULL) == 1 &&
                    EVP_DigestSign(k->digest, out, n, bytes, message.n) == 1;
        EVP_MD_CTX_reset(k->digest);
        return good;
    }
    EVP_PKEY_CTX *ctx = keeper_ready(k, key, scheme);
    return ctx != NULL && EVP_DigestInit_ex2(k->digest, k->digests[scheme], NULL) == 1 &&
           EVP_DigestUpdate(k->digest, bytes, message.n) == 1 &&
           EVP_DigestFinal_ex(k->digest, digest, &digest_n) == 1 &&
           EVP_PKEY_sign(ctx, out, n, digest, digest_n) == 1 && *n <= SIGN_SIGNATURE_MAX;
}

static enum sign_answer keeper_answer(struct keeper *k, const struct sign_request *request,
                                      unsigned char *out, size_t *n)
{
    const struct sign_scheme *scheme = sign_scheme_find(request->scheme);
    size_t how = scheme == NULL ? 0 : (size_t)(scheme - sign_schemes);
    enum sign_form form = sign_form_of(request->message);
    struct keeper_key *key = keeper_find(k, &request->id);
    if (key == NULL) {
        log_line(LOG_WARNING, "a signature was asked for with a key that is not here");
        return SIGN_NO_KEY;
    }
    bool allowed = scheme != NULL && ((form == SIGN_TLS12 && key->tls12[how]) ||
                                      (form == SIGN_TLS13 && key->tls13[how]));
    if (!allowed) {
        log_line(
            LOG_ERROR,
            "a worker asked to sign what is no TLS handshake (scheme %04x, %zu bytes): refused",
            (unsigned)request->scheme, request->message.n);
        return SIGN_REFUSED;
    }
    ERR_clear_error();
    if (keeper_sign(k, key, how, request->message, out, n))
        return SIGN_DONE;
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    log_line(LOG_ERROR, "a signature failed: %s", reason == NULL ? "refused" : reason);
    ERR_clear_error();
    return SIGN_FAILED;
}

/* The bytes of the answer to a packet; 0 for one that is no request. */
static size_t keeper_reply(struct keeper *k, struct span packet, char out[SIGN_REPLY_MAX])
{
    struct sign_request request;
    unsigned char signature[SIGN_SIGNATURE_MAX];
    size_t n = 0;
    if (!sign_request_read(&request, packet)) {
        log_line(LOG_ERROR, "a worker sent what is no request for a signature");
        return 0;
    }
    struct sign_reply reply = {.number = request.number};
    reply.answer = keeper_answer(k, &request, signature, &n);
    if (reply.answer == SIGN_DONE)
        reply.signature = (struct span){(const char *)signature, n};
    return sign_reply_write(&reply, out);
}

void keeper_serve(struct keeper *k, int fd)
{
    static char in[KEEPER_TURN][SIGN_REQUEST_MAX + 1]; /* one more: what is longer, shows */
    static char out[KEEPER_TURN][SIGN_REPLY_MAX];
    struct mmsghdr messages[KEEPER_TURN];
    struct iovec parts[KEEPER_TURN];
    unsigned replies = 0;
    memset(messages, 0, sizeof messages);
    for (size_t i = 0; i < KEEPER_TURN; i++) {
        parts[i] = (struct iovec){in[i], sizeof in[i]};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int n = recvmmsg(fd, messages, KEEPER_TURN, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        size_t size = keeper_reply(k, (struct span){in[i], messages[i].msg_len}, out[replies]);
        if (size == 0)
            continue;
        parts[replies] = (struct iovec){out[replies], size};
        replies++;
    }
    if (replies > 0 && sendmmsg(fd, messages, replies, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        log_line(LOG_WARNING, "a worker does not take its signatures: %s", strerror(errno));
}
