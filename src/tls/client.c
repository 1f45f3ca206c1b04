#include "tls/client.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "tls/context_internal.h"
#include "tls/fingerprint_internal.h"

/*
 * Bytes of the certificates that a client may send, in all.  They travel in its tickets, and a
 * ticket is at most 0xff00 bytes: OpenSSL ends the handshake over a larger one.
 */
#define CLIENT_CHAIN_MAX ((long)32 * 1024)
/* What a session of ours carries begins with it, so that it is told from one without. */
#define CLIENT_MARK 'C'

/* Whatever certificate it is, the handshake goes on. */
static int client_on_verify(X509_STORE_CTX *store, void *data)
{
    (void)data;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

/*
 * A session is about to be sealed in a ticket.  It holds the client's certificate, but not what
 * came with it, which is packed in here, so that the resumed session finds the same authorities.
 */
static int client_on_seal(SSL *ssl, void *data)
{
    struct buf kept;
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
    (void)data;
    if (SSL_session_reused(ssl) == 1)
        return 1; /* it is there already */
    buf_init(&kept, (size_t)CLIENT_CHAIN_MAX * 2);
    buf_putc(&kept, CLIENT_MARK);
    for (int i = 0; i < sk_X509_num(chain); i++) {
        int n = i2d_X509(sk_X509_value(chain, i), NULL);
        unsigned char *to = n <= 0 ? NULL : (unsigned char *)buf_reserve(&kept, (size_t)n);
        if (to != NULL && i2d_X509(sk_X509_value(chain, i), &to) == n)
            kept.n += (size_t)n;
    }
    int good = buf_status(&kept) == ST_OK &&
               SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), kept.p, kept.n) == 1;
    buf_fini(&kept);
    return good;
}

/*
 * A ticket was opened.  A session from before clients were asked is not resumed: who has a
 * certificate now could not show it.
 */
static SSL_TICKET_RETURN client_on_open(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
                                        size_t name_n, SSL_TICKET_STATUS status, void *data)
{
    void *kept = NULL;
    size_t n = 0;
    (void)ssl, (void)name, (void)name_n, (void)data;
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    if (SSL_SESSION_get0_ticket_appdata(session, &kept, &n) != 1 || n == 0 ||
        *(const char *)kept != CLIENT_MARK)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

bool client_ask(SSL_CTX *ctx)
{
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL); /* without a certificate it goes on, too */
    SSL_CTX_set_cert_verify_callback(ctx, client_on_verify, NULL);
    SSL_CTX_set_max_cert_list(ctx, CLIENT_CHAIN_MAX);
    return SSL_CTX_set_session_ticket_cb(ctx, client_on_seal, client_on_open, NULL) == 1;
}

/* What client_on_seal packed; NULL for nothing. */
static STACK_OF(X509) * client_unpack(SSL *ssl)
{
    void *kept = NULL;
    size_t n = 0;
    STACK_OF(X509) *chain = sk_X509_new_null();
    if (chain == NULL || SSL_SESSION_get0_ticket_appdata(SSL_get_session(ssl), &kept, &n) != 1)
        return chain;
    const unsigned char *at = kept;
    const unsigned char *end = at + n;
    for (at += n > 0; at < end;) {
        X509 *one = d2i_X509(NULL, &at, end - at);
        if (one == NULL || sk_X509_push(chain, one) <= 0) {
            X509_free(one);
            break;
        }
    }
    return chain;
}

struct client_cert *client_new(SSL *ssl)
{
    X509 *leaf = SSL_get1_peer_certificate(ssl);
    struct client_cert *client = leaf == NULL ? NULL : calloc(1, sizeof *client);
    if (client == NULL) {
        X509_free(leaf);
        return NULL;
    }
    client->leaf = leaf;
    STACK_OF(X509) *sent = SSL_get_peer_cert_chain(ssl);
    client->chain = SSL_session_reused(ssl) == 1 ? client_unpack(ssl) : X509_chain_up_ref(sent);
    bool good = fingerprint_of_certificate(leaf, &client->certificate) &&
                fingerprint_of_key(leaf, &client->key);
    ERR_clear_error();
    if (good)
        return client;
    client_free(client);
    return NULL;
}

void client_free(struct client_cert *client)
{
    if (client == NULL)
        return;
    X509_free(client->leaf);
    sk_X509_pop_free(client->chain, X509_free);
    free(client);
}

/* X509_cmp_time calls a time that is reached past, so the last second is looked at from before. */
static enum client_time client_time_of(const X509 *certificate, time_t now)
{
    time_t before = now - 1;
    int begin = X509_cmp_time(X509_get0_notBefore(certificate), &now);
    int end = X509_cmp_time(X509_get0_notAfter(certificate), &before);
    ERR_clear_error();
    if (begin == 0 || end == 0)
        return CLIENT_TIME_BAD;
    if (begin > 0)
        return CLIENT_TIME_EARLY;
    return end < 0 ? CLIENT_TIME_EXPIRED : CLIENT_TIME_GOOD;
}

enum client_time client_time(const struct client_cert *client, time_t now)
{
    return client_time_of(client->leaf, now);
}
