#include "tls/ticket.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <string.h>

#include "core/file.h"
#include "tls/context_internal.h"

/* Where the parts of a key are. */
#define TICKET_STACK 65536 /* deeper than handling keys goes, with a signal on top */
#define TICKET_NAME  16
#define TICKET_AES   32
#define TICKET_HMAC  32
#define TICKET_HEX   ((size_t)2 * TICKET_KEY_SIZE) /* digits of a key in a file */
#define TICKET_IV    16                            /* bytes of AES-CBC's IV */
#define TICKET_FILE  4096                          /* bytes of a file of keys at most */
#define TICKET_NEWER 2                             /* callback: good, but give a new ticket */

_Static_assert(TICKET_NAME + TICKET_AES + TICKET_HMAC == TICKET_KEY_SIZE, "parts of a key");
_Static_assert(TICKET_KEYS_MAX * (2 * TICKET_KEY_SIZE + 2) <= TICKET_FILE, "a full file fits");

void ticket_wipe(struct ticket_ring *ring)
{
    OPENSSL_cleanse(ring, sizeof *ring);
}

__attribute__((noinline)) void ticket_wipe_stack(void)
{
    unsigned char below[TICKET_STACK];
    OPENSSL_cleanse(below, sizeof below);
}

bool ticket_same(const struct ticket_ring *a, const struct ticket_ring *b)
{
    return a->count == b->count && a->count <= TICKET_KEYS_MAX &&
           CRYPTO_memcmp(a->keys, b->keys, a->count * TICKET_KEY_SIZE) == 0;
}

enum status ticket_rotate(struct ticket_ring *ring, struct error *e)
{
    unsigned char key[TICKET_KEY_SIZE];
    if (RAND_priv_bytes(key, (int)sizeof key) != 1) {
        ERR_clear_error();
        return error_set(e, ST_CRYPTO, 0, "ticket keys: no random bytes");
    }
    if (ring->count < TICKET_KEYS_MAX)
        ring->count++;
    OPENSSL_cleanse(ring->keys[ring->count - 1], TICKET_KEY_SIZE);
    memmove(ring->keys[1], ring->keys[0], (ring->count - 1) * TICKET_KEY_SIZE);
    memcpy(ring->keys[0], key, sizeof key);
    OPENSSL_cleanse(key, sizeof key);
    return ST_OK;
}

/* One line of a file. */
static enum status ticket_parse_key(unsigned char key[TICKET_KEY_SIZE], const char *shown,
                                    size_t number, struct span line, struct error *e)
{
    for (size_t i = 0; i < line.n; i++) {
        if (ascii_hex(line.p[i]) < 0)
            return error_set(e, ST_SYNTAX, 0, "%s: line %zu: character %zu is no hexadecimal digit",
                             shown, number, i + 1);
    }
    if (line.n != TICKET_HEX)
        return error_set(e, ST_SYNTAX, 0,
                         "%s: line %zu: %zu hexadecimal digits, a ticket key has %zu", shown,
                         number, line.n, TICKET_HEX);
    for (size_t i = 0; i < TICKET_KEY_SIZE; i++)
        key[i] = (unsigned char)(ascii_hex(line.p[2 * i]) << 4 | ascii_hex(line.p[2 * i + 1]));
    return ST_OK;
}

/* The index of the key with this name, or ring->count. */
static size_t ticket_find(const struct ticket_ring *ring, const unsigned char name[TICKET_NAME])
{
    size_t i = 0;
    while (i < ring->count && memcmp(ring->keys[i], name, TICKET_NAME) != 0)
        i++;
    return i;
}

static enum status ticket_parse_lines(struct ticket_ring *ring, const char *shown, struct span text,
                                      struct error *e)
{
    struct span line;
    for (size_t number = 1; span_line(&text, &line); number++) {
        line = span_trim(line);
        if (line.n == 0)
            continue;
        if (ring->count == TICKET_KEYS_MAX)
            return error_set(e, ST_LIMIT, 0, "%s: line %zu: more than %d ticket keys", shown,
                             number, TICKET_KEYS_MAX);
        unsigned char *key = ring->keys[ring->count];
        enum status status = ticket_parse_key(key, shown, number, line, e);
        if (status != ST_OK)
            return status;
        if (ticket_find(ring, key) < ring->count)
            return error_set(e, ST_SYNTAX, 0,
                             "%s: line %zu: the name (32 digits) is that of a key before it", shown,
                             number);
        ring->count++;
    }
    return ring->count > 0 ? ST_OK : error_set(e, ST_SYNTAX, 0, "%s: no ticket key in it", shown);
}

enum status ticket_parse(struct ticket_ring *ring, const char *shown, struct span text,
                         struct error *e)
{
    struct ticket_ring found = {0};
    enum status status = ticket_parse_lines(&found, shown, text, e);
    if (status == ST_OK) {
        ticket_wipe(ring);
        *ring = found;
    }
    ticket_wipe(&found);
    return status;
}

enum status ticket_read_file(struct ticket_ring *ring, const char *path, struct error *e)
{
    struct buf text;
    buf_init(&text, TICKET_FILE);
    enum status status = file_read_secret(path, "a file of ticket keys", &text, e);
    if (status == ST_OK)
        status = ticket_parse(ring, path, buf_span(&text), e);
    buf_wipe(&text);
    return status;
}

void ticket_pack(const struct ticket_ring *ring, unsigned char out[TICKET_PACKED_SIZE])
{
    memset(out, 0, TICKET_PACKED_SIZE);
    out[0] = (unsigned char)ring->count;
    memcpy(out + 1, ring->keys, ring->count * TICKET_KEY_SIZE);
}

enum status ticket_unpack(struct ticket_ring *ring, const unsigned char from[TICKET_PACKED_SIZE],
                          struct error *e)
{
    if (from[0] < 1 || from[0] > TICKET_KEYS_MAX)
        return error_set(e, ST_FORMAT, 0, "ticket keys: %d of them", from[0]);
    ticket_wipe(ring);
    ring->count = from[0];
    memcpy(ring->keys, from + 1, ring->count * TICKET_KEY_SIZE);
    return ST_OK;
}

/* Ready what OpenSSL seals or opens a ticket with. */
static bool ticket_ready(unsigned char key[TICKET_KEY_SIZE], const unsigned char *iv,
                         EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int sealing)
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    const unsigned char *aes = key + TICKET_NAME;
    return EVP_CipherInit_ex2(cipher, EVP_aes_256_cbc(), aes, iv, sealing, NULL) == 1 &&
           EVP_MAC_init(mac, aes + TICKET_AES, TICKET_HMAC, params) == 1;
}

/*
 * OpenSSL asks for the key of a ticket that it makes or was sent: 1 for a good one, TICKET_NEWER, 0
 * for none (the session is then a new one), -1 for a failure that ends the handshake.
 */
static int ticket_on_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                         EVP_MAC_CTX *mac, int sealing)
{
    struct context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    struct ticket_ring *ring = &context->tickets;
    size_t index = 0;
    if (sealing) {
        if (ring->count == 0 || RAND_bytes(iv, TICKET_IV) != 1)
            return -1;
        memcpy(name, ring->keys[0], TICKET_NAME);
    } else {
        index = ticket_find(ring, name);
        if (index == ring->count)
            return 0;
    }
    if (!ticket_ready(ring->keys[index], iv, cipher, mac, sealing))
        return -1;
    /* In TLS 1.3 a ticket is for one use (RFC 8446 C.4): there is a new one each time. */
    bool renew = !sealing && (index > 0 || SSL_version(ssl) == TLS1_3_VERSION);
    return renew ? TICKET_NEWER : 1;
}

bool ticket_attach(SSL_CTX *ctx, struct context *context)
{
    return SSL_CTX_set_app_data(ctx, context) == 1 &&
           SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, ticket_on_key) == 1;
}
