#include "log/access.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "log/log.h"

#define ACCESS_PATH_MAX 4096

static enum access_addresses access_how = ACCESS_CUT;

enum status access_addresses_find(const char *text, enum access_addresses *out, struct error *e)
{
    static const char *const names[] = {
        [ACCESS_CUT] = "cut", [ACCESS_WHOLE] = "whole", [ACCESS_NONE] = "none"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum access_addresses)i;
            return ST_OK;
        }
    }
    return error_set(e, ST_SYNTAX, 0, "log-addresses %s: not cut, whole or none", text);
}

void access_tell_addresses(enum access_addresses how)
{
    access_how = how;
}

/* An address, its last part zeroed and the length of what is left behind it if it is to be cut. */
static void access_client(char *out, size_t size, const struct sockaddr *client)
{
    char text[INET6_ADDRSTRLEN] = "?";
    bool cut = access_how == ACCESS_CUT;
    struct sockaddr_in v4 = {.sin_family = client->sa_family};
    struct sockaddr_in6 v6;
    if (client->sa_family == AF_INET6) {
        memcpy(&v6, client, sizeof v6);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            v4.sin_family = AF_INET;
            memcpy(&v4.sin_addr, v6.sin6_addr.s6_addr + 12, sizeof v4.sin_addr);
        }
    } else if (client->sa_family == AF_INET) {
        memcpy(&v4, client, sizeof v4);
    }
    snprintf(out, size, "-");
    if (access_how == ACCESS_NONE)
        return;
    if (v4.sin_family == AF_INET) {
        v4.sin_addr.s_addr &= htonl(cut ? 0xffffff00U : 0xffffffffU);
        inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
        snprintf(out, size, "%s%s", text, cut ? "/24" : "");
    } else if (v4.sin_family == AF_INET6) {
        memset(v6.sin6_addr.s6_addr + 6, 0, cut ? 10 : 0);
        inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
        snprintf(out, size, "%s%s", text, cut ? "/48" : "");
    }
}

/* The client's certificate, as a list of them takes it, or "-". */
static void access_certificate(char *out, size_t size, const unsigned char *print)
{
    int n = snprintf(out, size, "%s", print == NULL ? "-" : "SHA256:");
    for (size_t i = 0; print != NULL && i < ACCESS_PRINT; i++)
        n += snprintf(out + n, size - (size_t)n, "%02x", print[i]);
}

void access_log(const struct access *a)
{
    char client[INET6_ADDRSTRLEN + 8];
    char certificate[2 * ACCESS_PRINT + 8];
    access_client(client, sizeof client, a->client);
    access_certificate(certificate, sizeof certificate, a->certificate);
    char space[ACCESS_PATH_MAX]; /* a line needs no memory, which may be what there is to tell */
    struct buf what = {.p = space, .size = sizeof space, .cap = sizeof space - 1};
    if (a->path.p == NULL) {
        buf_puts(&what, "- -");
    } else {
        log_escape(&what, a->host.n > 0 ? a->host : SPAN("-"));
        buf_putc(&what, ' ');
        log_escape(&what, a->path);
    }
    const char *kind = a->status == 0 || a->refused ? a->reason : NULL;
    log_kind(kind, LOG_INFO, "%s %s %s %d %" PRIu64 "B %" PRIu64 "ms %s%s %s", client, certificate,
             buf_str(&what), a->status, a->bytes, a->ms, a->tls, a->resumed ? " resumed" : "",
             a->reason);
}
