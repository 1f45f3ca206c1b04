/*
 * keys: a key process in the test's own, with one identity: what it is asked over one end of a
 * socket it answers when keys_serve is called.
 */
#ifndef TESTS_UNIT_TLS_KEYS_H
#define TESTS_UNIT_TLS_KEYS_H

#include <sys/socket.h>

#include "../certificate.h"
#include "tls/identity.h"
#include "tls/keeper.h"
#include "tls/sign_message.h"

static struct keeper *keeper;
static int key_fds[2] = {-1, -1}; /* worker's, key process's */

/* A key of RSA takes long to make, so each size has one for the whole program. */
static inline EVP_PKEY *keys_make_rsa(unsigned bits)
{
    static EVP_PKEY *made[2]; /* of 2048 and 3072 bits */
    EVP_PKEY **key = &made[bits > 2048];
    if (*key == NULL)
        *key = EVP_RSA_gen(bits);
    assert_true(*key != NULL && EVP_PKEY_get_bits(*key) == (int)bits && EVP_PKEY_up_ref(*key) == 1);
    return *key;
}

/* "P-256", "RSA-2048", "ED25519" ... */
static inline EVP_PKEY *keys_make(const char *kind)
{
    EVP_PKEY *key = NULL;
    if (strncmp(kind, "RSA-", 4) == 0)
        key = keys_make_rsa((unsigned)strtoul(kind + 4, NULL, 10));
    else if (strncmp(kind, "ED", 2) == 0)
        key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
    else
        key = EVP_EC_gen(kind);
    assert_non_null(key);
    return key;
}

/* An identity of localhost with a key of this kind; the caller frees it. */
static inline struct identity *keys_identity(const char *kind)
{
    struct identity *id = NULL;
    struct error e;
    EVP_PKEY *key = keys_make(kind);
    X509 *certificate = certificate_make(key, "localhost", 10, NULL, NULL);
    certificate_put_key(folder_path("key"), key);
    certificate_put(folder_path("crt"), &certificate, 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    assert_status(identity_load(folder_path("key"), folder_path("crt"), &id, &e), ST_OK, &e);
    return id;
}

/* The key process has the key of this identity from now on. */
static inline void keys_take(const struct identity *id)
{
    struct buf text;
    struct error e;
    buf_init(&text, TEXT_MAX);
    assert_status(identity_pack(id, &text, &e), ST_OK, &e);
    assert_status(keeper_take(keeper, buf_span(&text), &e), ST_OK, &e);
    buf_wipe(&text);
}

/* What a worker has of it: no private key. */
static inline struct identity *keys_public(const struct identity *id)
{
    struct identity *out = NULL;
    struct buf text;
    struct error e;
    size_t count = 0;
    buf_init(&text, TEXT_MAX);
    assert_status(identity_pack_public(id, &text, &e), ST_OK, &e);
    assert_null(strstr(buf_str(&text), "PRIVATE"));
    assert_status(identity_unpack(buf_span(&text), &out, 1, &count, &e), ST_OK, &e);
    assert_int_equal(count, 1);
    buf_fini(&text);
    return out;
}

static inline void keys_start(void)
{
    bool locked = true;
    struct error e;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, key_fds),
                     0);
    assert_status(keeper_new(0, &locked, &keeper, &e), ST_OK, &e);
    assert_false(locked);
}

static inline void keys_stop(void)
{
    keeper_free(keeper);
    keeper = NULL;
    for (size_t i = 0; i < 2; i++) {
        if (key_fds[i] >= 0)
            close(key_fds[i]);
        key_fds[i] = -1;
    }
}

static inline void keys_serve(void)
{
    keeper_serve(keeper, key_fds[1]);
}

/* A message as TLS has it signed: of 1.3 with a hash of 32 bytes, of 1.2 with a point on P-256. */
static inline struct span keys_message(bool tls13)
{
    static const char context[] = "TLS 1.3, server CertificateVerify"; /* with its NUL */
    static char bytes[SIGN_MESSAGE_MAX];
    memset(bytes, 7, sizeof bytes);
    if (tls13) {
        memset(bytes, ' ', 64);
        memcpy(bytes + 64, context, sizeof context);
        return (struct span){bytes, 64 + sizeof context + 32};
    }
    memcpy(bytes + 64, "\3\0\x17\x41\4", 5);
    return (struct span){bytes, 64 + 4 + 65};
}

#endif
