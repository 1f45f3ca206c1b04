/* What is known of a certificate, for people and for the checks of a server. */
#include <arpa/inet.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "tls/fingerprint_internal.h"
#include "tls/identity.h"
#include "tls/identity_internal.h"

static void identity_put_fingerprint(const struct fingerprint *f, struct buf *out)
{
    for (size_t i = 0; i < sizeof f->bytes; i++)
        buf_putf(out, "%s%02X", i == 0 ? "" : ":", f->bytes[i]);
}

void identity_certificate_fingerprint(const struct identity *id, struct buf *out)
{
    struct fingerprint f;
    if (fingerprint_of_certificate(id->certificate, &f))
        identity_put_fingerprint(&f, out);
}

void identity_key_fingerprint(const struct identity *id, struct buf *out)
{
    struct fingerprint f;
    if (fingerprint_of_key(id->certificate, &f))
        identity_put_fingerprint(&f, out);
}

bool identity_same_key(const struct identity *a, const struct identity *b)
{
    bool same =
        EVP_PKEY_eq(X509_get0_pubkey(a->certificate), X509_get0_pubkey(b->certificate)) == 1;
    ERR_clear_error();
    return same;
}

bool identity_same(const struct identity *a, const struct identity *b)
{
    bool same = sk_X509_num(a->chain) == sk_X509_num(b->chain) &&
                X509_cmp(a->certificate, b->certificate) == 0;
    for (int i = 0; same && i < sk_X509_num(a->chain); i++)
        same = X509_cmp(sk_X509_value(a->chain, i), sk_X509_value(b->chain, i)) == 0;
    return same;
}

bool identity_names(const struct identity *id, const char *name)
{
    char bare[INET6_ADDRSTRLEN + 1];
    name = identity_unbracket(name, bare, sizeof bare);
    bool named = X509_check_host(id->certificate, name, 0, 0, NULL) == 1 ||
                 X509_check_ip_asc(id->certificate, name, 0) == 1;
    ERR_clear_error();
    return named;
}

/* A name that is bytes in a certificate, if it can be a host's (also "*.example.org"). */
static void identity_put_name(struct span name, const char *between, size_t before, struct buf *out)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!ascii_alpha(c) && !ascii_digit(c) && strchr("-._*:", c) == NULL)
            return;
        if (c == '\0')
            return;
    }
    if (name.n == 0)
        return;
    if (out->n > before)
        buf_puts(out, between);
    buf_put(out, name);
}

static struct span identity_string(const ASN1_STRING *s)
{
    const void *bytes = s == NULL ? NULL : ASN1_STRING_get0_data(s);
    return (struct span){bytes, bytes == NULL ? 0 : (size_t)ASN1_STRING_length(s)};
}

static void identity_put_alternative(const GENERAL_NAME *name, const char *between, size_t before,
                                     struct buf *out)
{
    char text[INET6_ADDRSTRLEN];
    int type = 0;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
    if (type == GEN_DNS) {
        identity_put_name(identity_string(value), between, before, out);
    } else if (type == GEN_IPADD) {
        struct span address = identity_string(value);
        int family = address.n == 4 ? AF_INET : AF_INET6;
        if ((address.n == 4 || address.n == 16) &&
            inet_ntop(family, address.p, text, sizeof text) != NULL)
            identity_put_name(span_of(text), between, before, out);
    }
}

void identity_put_names(const struct identity *id, const char *between, struct buf *out)
{
    size_t before = out->n;
    GENERAL_NAMES *names = X509_get_ext_d2i(id->certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++)
        identity_put_alternative(sk_GENERAL_NAME_value(names, i), between, before, out);
    /* The CN counts where no alternative is: RFC 9110 does without it, clients do not. */
    X509_NAME *subject = X509_get_subject_name(id->certificate);
    int at = names == NULL ? X509_NAME_get_index_by_NID(subject, NID_commonName, -1) : -1;
    if (at >= 0)
        identity_put_name(
            identity_string(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))), between,
            before, out);
    GENERAL_NAMES_free(names);
    ERR_clear_error();
}

void identity_put_key_type(const struct identity *id, struct buf *out)
{
    const EVP_PKEY *key = X509_get0_pubkey(id->certificate);
    if (key == NULL) {
        buf_puts(out, "unknown");
    } else if (EVP_PKEY_is_a(key, "EC") == 1) {
        buf_putf(out, "ECDSA P-%d", EVP_PKEY_get_bits(key));
    } else if (EVP_PKEY_is_a(key, "ED25519") == 1) {
        buf_puts(out, "Ed25519");
    } else {
        const char *kind = EVP_PKEY_get0_type_name(key);
        buf_putf(out, "%s %d", kind == NULL ? "unknown" : kind, EVP_PKEY_get_bits(key));
    }
    ERR_clear_error();
}

static void identity_put_time(const ASN1_TIME *when, struct buf *out)
{
    struct tm tm;
    char text[64];
    if (ASN1_TIME_to_tm(when, &tm) == 1 &&
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
        buf_puts(out, text);
    else
        buf_puts(out, "unknown");
    ERR_clear_error();
}

void identity_put_begin(const struct identity *id, struct buf *out)
{
    identity_put_time(X509_get0_notBefore(id->certificate), out);
}

void identity_put_end(const struct identity *id, struct buf *out)
{
    identity_put_time(X509_get0_notAfter(id->certificate), out);
}

bool identity_is_self_signed(const struct identity *id)
{
    bool own = X509_self_signed(id->certificate, 1) == 1;
    ERR_clear_error();
    return own;
}

size_t identity_chain_length(const struct identity *id)
{
    return 1 + (size_t)sk_X509_num(id->chain);
}

size_t identity_chain_gap(const struct identity *id)
{
    X509 *before = id->certificate;
    for (int i = 0; i < sk_X509_num(id->chain); i++) {
        X509 *behind = sk_X509_value(id->chain, i);
        bool signer = X509_verify(before, X509_get0_pubkey(behind)) == 1;
        ERR_clear_error();
        if (!signer)
            return (size_t)i + 2;
        before = behind;
    }
    return 0;
}

long identity_days_left(const struct identity *id)
{
    int days = 0;
    int seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(id->certificate)) != 1)
        return LONG_MIN;
    return days;
}

bool identity_is_late(const struct identity *id)
{
    return X509_cmp_current_time(X509_get0_notAfter(id->certificate)) < 0;
}

bool identity_is_early(const struct identity *id)
{
    return X509_cmp_current_time(X509_get0_notBefore(id->certificate)) > 0;
}
