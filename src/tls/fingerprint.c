#include "tls/fingerprint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/fingerprint_internal.h"

#define FINGERPRINT_DIGITS ((size_t)2 * FINGERPRINT_SIZE)
#define FINGERPRINT_FIRST  16 /* places in the first array of a list */

enum status fingerprint_parse(struct fingerprint *f, const char *shown, struct span text,
                              struct error *e)
{
    struct fingerprint found = {{0}};
    size_t at = 0;
    size_t digits = 0;
    if (span_eq_nocase(span_sub(text, 0, 7), SPAN("SHA256:")))
        at = 7;
    bool colons = text.n > at + 2 && text.p[at + 2] == ':';
    for (; at < text.n && digits < FINGERPRINT_DIGITS; at++) {
        int value = ascii_hex(text.p[at]);
        if (colons && value < 0 && text.p[at] == ':' && digits > 0 && digits % 2 == 0 &&
            text.p[at - 1] != ':')
            continue;
        if (colons && value >= 0 && digits > 0 && digits % 2 == 0 && text.p[at - 1] != ':')
            return error_set(e, ST_SYNTAX, 0, "%s: character %zu: ':' is missing", shown, at + 1);
        if (value < 0)
            return error_set(e, ST_SYNTAX, 0, "%s: character %zu is no hexadecimal digit", shown,
                             at + 1);
        found.bytes[digits / 2] = (unsigned char)(found.bytes[digits / 2] << 4 | value);
        digits++;
    }
    if (digits < FINGERPRINT_DIGITS)
        return error_set(e, ST_SYNTAX, 0,
                         "%s: %zu hexadecimal digits, a SHA-256 fingerprint has %zu", shown, digits,
                         FINGERPRINT_DIGITS);
    if (at < text.n)
        return error_set(e, ST_SYNTAX, 0, "%s: more than the %zu digits of a SHA-256 fingerprint",
                         shown, FINGERPRINT_DIGITS);
    *f = found;
    return ST_OK;
}

enum status fingerprint_list_add(struct fingerprint_list *list, const struct fingerprint *f,
                                 struct error *e)
{
    if (list->count == FINGERPRINTS_MAX)
        return error_set(e, ST_LIMIT, 0, "more than %d fingerprints", FINGERPRINTS_MAX);
    if (list->count == list->size) {
        size_t size = list->size == 0 ? FINGERPRINT_FIRST : list->size * 2;
        struct fingerprint *items = reallocarray(list->items, size, sizeof *items);
        if (items == NULL)
            return error_set(e, ST_NOMEM, ENOMEM, "fingerprints");
        list->items = items;
        list->size = size;
    }
    list->items[list->count++] = *f;
    list->sorted = false;
    return ST_OK;
}

/* The first word of a line; nothing for a comment. */
static struct span fingerprint_word(struct span line)
{
    size_t n = 0;
    line = span_trim(line);
    while (n < line.n && line.p[n] != ' ' && line.p[n] != '\t' && line.p[n] != '#')
        n++;
    return span_sub(line, 0, n);
}

static enum status fingerprint_list_line(struct fingerprint_list *list, const char *shown,
                                         size_t number, struct span line, struct error *e)
{
    char place[300];
    struct fingerprint f;
    struct error cause;
    struct span word = fingerprint_word(line);
    if (word.n == 0)
        return ST_OK;
    snprintf(place, sizeof place, "%.250s: line %zu", shown, number);
    enum status status = fingerprint_parse(&f, place, word, e);
    if (status != ST_OK)
        return status;
    status = fingerprint_list_add(list, &f, &cause);
    return status == ST_OK ? ST_OK : error_set(e, status, 0, "%s: %s", place, cause.message);
}

enum status fingerprint_list_parse(struct fingerprint_list *list, const char *shown,
                                   struct span text, struct error *e)
{
    size_t before = list->count;
    enum status status = ST_OK;
    struct span line;
    if (span_starts(text, SPAN("\xef\xbb\xbf")))
        text = span_sub(text, 3, text.n); /* a byte order mark */
    for (size_t number = 1; status == ST_OK && span_line(&text, &line); number++)
        status = fingerprint_list_line(list, shown, number, line, e);
    if (status != ST_OK)
        list->count = before;
    return status;
}

static int fingerprint_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct fingerprint));
}

void fingerprint_list_sort(struct fingerprint_list *list)
{
    size_t kept = 0;
    if (list->count > 0)
        qsort(list->items, list->count, sizeof *list->items, fingerprint_compare);
    for (size_t i = 0; i < list->count; i++) {
        if (kept == 0 || fingerprint_compare(&list->items[kept - 1], &list->items[i]) != 0)
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
    list->sorted = true;
}

bool fingerprint_list_has(const struct fingerprint_list *list, const struct fingerprint *f)
{
    return list->sorted && list->count > 0 &&
           bsearch(f, list->items, list->count, sizeof *f, fingerprint_compare) != NULL;
}

void fingerprint_list_fini(struct fingerprint_list *list)
{
    free(list->items);
    *list = (struct fingerprint_list){0};
}

void fingerprint_write(const struct fingerprint *f, struct buf *out)
{
    for (size_t i = 0; i < FINGERPRINT_SIZE; i++)
        buf_putf(out, "%02x", f->bytes[i]);
}

bool fingerprint_of_certificate(const X509 *certificate, struct fingerprint *f)
{
    return X509_digest(certificate, EVP_sha256(), f->bytes, NULL) == 1;
}

bool fingerprint_of_key(const X509 *certificate, struct fingerprint *f)
{
    unsigned char *der = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    bool good = n > 0 && EVP_Digest(der, (size_t)n, f->bytes, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return good;
}
