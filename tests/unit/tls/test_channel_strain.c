/* Clients that mean no good, or that come at a bad moment. */
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "connection.h"

/* As in channel.c: what may be gathered, what one call reads. */
#define GATHER_MAX ((size_t)64 * 1024)
#define READ_MAX   ((size_t)64 * 1024)
/* OpenSSL reads on until the call has no more room, and once more than that at most. */
#define READ_STEP ((size_t)20 * 1024)
#define FLOOD     ((size_t)160 * 1024) /* bytes on the wire, at least */

static bool blocked; /* the client does not read: no byte goes out */

/* channel.c's calls come here. */
ssize_t send(int fd, const void *bytes, size_t n, int flags)
{
    if (blocked) {
        errno = EAGAIN;
        return -1;
    }
    return syscall(SYS_sendto, fd, bytes, n, flags, NULL, 0);
}

static int strain_make(void **state)
{
    blocked = false;
    return connection_make(state);
}

/* All bytes, in one piece, into the socket to the server. */
static void put_on_the_wire(const void *bytes, size_t n)
{
    int room = 1 << 20;
    setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    assert_int_equal(write(fds[1], bytes, n), n);
}

static size_t unread(void)
{
    int n = 0;
    assert_int_equal(ioctl(fds[0], FIONREAD, &n), 0);
    return (size_t)n;
}

/* The server takes the flood in portions, and nobody's turn is lost in one of them. */
static void assert_read_in_portions(size_t all)
{
    char text[64];
    size_t got = 0;
    size_t left = unread();
    assert_int_equal(left, all);
    for (size_t i = 0; left > 0; i++) {
        assert_int_equal(channel_read(ch, text, sizeof text, &got), CHANNEL_READ);
        size_t now = unread();
        assert_true(left - now <= READ_MAX + READ_STEP);
        assert_true(i > 0 || now > 0);
        assert_true(now < left);
        left = now;
    }
}

struct update_row {
    const char *name;
    int kind;
};

static const struct update_row update_rows[] = {
    {"key updates do not hold the server", SSL_KEY_UPDATE_NOT_REQUESTED},
    {"key updates that ask for others do not hold the server", SSL_KEY_UPDATE_REQUESTED},
};

static void key_updates_do_not_hold_the_server(void **state)
{
    const struct update_row *row = *state;
    BIO *wire = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    connect_both();
    assert_int_equal(BIO_up_ref(wire), 1);
    SSL_set0_wbio(client, wire);
    while (BIO_pending(wire) < (int)FLOOD) {
        assert_int_equal(SSL_key_update(client, row->kind), 1);
        assert_int_equal(SSL_do_handshake(client), 1);
    }
    size_t n = (size_t)BIO_get_mem_data(wire, &bytes);
    put_on_the_wire(bytes, n);
    BIO_reset(wire);
    assert_read_in_portions(n);
    assert_int_equal(SSL_write(client, "request", 7), 7);
    put_on_the_wire(bytes, (size_t)BIO_get_mem_data(wire, &bytes));
    BIO_free(wire);
    assert_string_equal(server_hears(CHANNEL_DONE), "request");
}

/* The client's side of AES128-GCM in TLS 1.2: OpenSSL itself asks for one new handshake only. */
static struct {
    unsigned char key[16], iv[4];
    uint64_t sequence;
} seal;

static void seal_begin(void)
{
    unsigned char master[48];
    unsigned char seed[13 + 2 * SSL3_RANDOM_SIZE] = "key expansion";
    unsigned char block[2 * sizeof seal.key + 2 * sizeof seal.iv];
    char digest[] = "SHA256";
    SSL_get_server_random(client, seed + 13, SSL3_RANDOM_SIZE);
    SSL_get_client_random(client, seed + 13 + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE);
    assert_int_equal(SSL_SESSION_get_master_key(SSL_get0_session(client), master, sizeof master),
                     sizeof master);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master, sizeof master),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_TLS1_PRF, NULL);
    EVP_KDF_CTX *derive = EVP_KDF_CTX_new(kdf);
    int derived = EVP_KDF_derive(derive, block, sizeof block, params);
    EVP_KDF_CTX_free(derive);
    EVP_KDF_free(kdf);
    assert_int_equal(derived, 1);
    memcpy(seal.key, block, sizeof seal.key);
    memcpy(seal.iv, block + 2 * sizeof seal.key, sizeof seal.iv);
    seal.sequence = 1; /* "Finished" was 0 */
}

/* Write a record; returns its size. */
static size_t seal_record(unsigned char *to, unsigned char type, struct span text)
{
    size_t n = 8 + text.n + 16;
    unsigned char counted[13] = {0}; /* sequence number and header: what is signed with the text */
    unsigned char nonce[12];
    int put = 0;
    for (size_t i = 0; i < 8; i++)
        counted[i] = (unsigned char)(seal.sequence >> (56 - 8 * i));
    const unsigned char header[] = {type, 3, 3, 0, (unsigned char)text.n};
    memcpy(counted + 8, header, sizeof header);
    memcpy(nonce, seal.iv, 4);
    memcpy(nonce + 4, counted, 8);
    memcpy(to, header, sizeof header);
    to[4] = (unsigned char)n;
    memcpy(to + 5, counted, 8);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    bool good =
        EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, seal.key, nonce) == 1 &&
        EVP_EncryptUpdate(c, NULL, &put, counted, sizeof counted) == 1 &&
        EVP_EncryptUpdate(c, to + 13, &put, (const unsigned char *)text.p, (int)text.n) == 1 &&
        EVP_EncryptFinal_ex(c, to + 13 + put, &put) == 1 &&
        EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, to + 13 + text.n) == 1;
    EVP_CIPHER_CTX_free(c);
    assert_true(good);
    seal.sequence++;
    return 5 + n;
}

static void wishes_for_a_new_handshake_do_not_hold_the_server(void **state)
{
    (void)state;
    static unsigned char wire[FLOOD + 64];
    size_t n = 0;
    SSL_set_max_proto_version(client, TLS1_2_VERSION);
    assert_int_equal(SSL_set_cipher_list(client, "ECDHE-ECDSA-AES128-GCM-SHA256"), 1);
    connect_both();
    seal_begin();
    while (n < FLOOD)
        n += seal_record(wire + n, SSL3_RT_HANDSHAKE, SPAN("\1\0\0\0")); /* ClientHello */
    put_on_the_wire(wire, n);
    assert_read_in_portions(n);
    put_on_the_wire(wire, seal_record(wire, SSL3_RT_APPLICATION_DATA, SPAN("request")));
    assert_string_equal(server_hears(CHANNEL_DONE), "request");
}

struct goodbye_row {
    const char *name;
    int version;
};

static const struct goodbye_row goodbye_rows[] = {
    {"the goodbye of TLS 1.3 fits behind all that was gathered", TLS1_3_VERSION},
    {"the goodbye of TLS 1.2 fits behind all that was gathered", TLS1_2_VERSION},
};

/* Gather so many bytes on the wire, and not one of them goes out; how many of text they are. */
static size_t gather(const char *text, size_t most, size_t wanted)
{
    size_t n = 0;
    size_t overhead = 0;
    while (channel_pending(ch) < wanted) {
        size_t put = 0;
        size_t room = wanted - channel_pending(ch) - overhead;
        size_t take = n == 0 ? 1 : room;
        /* A record has 16384 bytes at most, and the rest must have room for one byte. */
        if (take > 16000)
            take = 16000;
        assert_true(n + take <= most);
        assert_int_equal(channel_write(ch, text + n, take, &put), CHANNEL_DONE);
        assert_int_equal(put, take);
        if (n == 0)
            overhead = channel_pending(ch) - put;
        n += put;
    }
    assert_int_equal(channel_pending(ch), wanted);
    return n;
}

static void the_goodbye_fits_behind_all_that_was_gathered(void **state)
{
    const struct goodbye_row *row = *state;
    static char out[GATHER_MAX];
    static char in[sizeof out + 1];
    for (size_t i = 0; i < sizeof out; i++)
        out[i] = (char)(i * 31 + i / 4099);
    SSL_CTX_set_max_proto_version(client_ctx, row->version);
    for (size_t short_of = 0; short_of <= 40; short_of++) {
        int ended = 0;
        open_connection();
        connect_both();
        blocked = true;
        size_t n = gather(out, sizeof out, GATHER_MAX - short_of);
        channel_end(ch);
        assert_true(channel_pending(ch) > GATHER_MAX - short_of);
        assert_int_equal(channel_flush(ch), CHANNEL_WRITE);
        blocked = false;
        assert_int_equal(channel_flush(ch), CHANNEL_DONE);
        assert_int_equal(peer_read(client, in, sizeof in, &ended), n);
        assert_int_equal(ended, SSL_ERROR_ZERO_RETURN);
        assert_memory_equal(in, out, n);
    }
}

int main(void)
{
    static struct suite s = {.setup = strain_make, .teardown = connection_remove};
    SUITE_ROWS(&s, key_updates_do_not_hold_the_server, update_rows);
    SUITE_TEST(&s, wishes_for_a_new_handshake_do_not_hold_the_server);
    SUITE_ROWS(&s, the_goodbye_fits_behind_all_that_was_gathered, goodbye_rows);
    return suite_run(&s, "tls/channel_strain");
}
