#include "log/access.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "log/log.h"

#define ACCESS_PATH_MAX 4096

/* The address with its last part zeroed, and the length of what is left. */
static void access_client(char *out, size_t size, const struct sockaddr *client)
{
    char text[INET6_ADDRSTRLEN] = "?";
    if (client->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, client, sizeof v4);
        v4.sin_addr.s_addr &= htonl(0xffffff00U);
        inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
        snprintf(out, size, "%s/24", text);
        return;
    }
    if (client->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, client, sizeof v6);
        memset(v6.sin6_addr.s6_addr + 6, 0, 10);
        inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
        snprintf(out, size, "%s/48", text);
        return;
    }
    snprintf(out, size, "-");
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
    struct buf what;
    buf_init(&what, ACCESS_PATH_MAX);
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
    buf_fini(&what);
}
