/*
 * floor: the least that a Gemini server can do with OpenSSL, to measure others against.
 *
 *     floor PORT CERT KEY BODYFILE
 *
 * One process, one thread, one connection at a time, blocking; a default SSL_CTX (TLS 1.2 and up)
 * and no tuning: accept, SSL_accept, SSL_read until CRLF, one SSL_write of header and body,
 * SSL_shutdown, close. Every request gets the same answer. PORT 0 takes a free one; stdout says
 * `listening on 127.0.0.1:PORT` when it is ready. SIGTERM ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#define HEADER        "20 text/gemini; lang=en\r\n"
#define REQUEST_LIMIT 1026 /* bytes: a URI of 1024 and CRLF */

struct answer {
    char *bytes; /* header and body, owned */
    size_t length;
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
    ERR_print_errors_fp(stderr);
    exit(1);
}

/* Read the whole body file and put the header before it. */
static struct answer answer_load(const char *path)
{
    struct answer answer = {NULL, 0};
    const size_t header = strlen(HEADER);
    struct stat about;
    FILE *file = fopen(path, "rb");

    if (file == NULL || fstat(fileno(file), &about) < 0)
        die(path);
    answer.length = header + (size_t)about.st_size;
    answer.bytes = malloc(answer.length);
    if (answer.bytes == NULL)
        die("malloc");
    memcpy(answer.bytes, HEADER, header);
    if (fread(answer.bytes + header, 1, answer.length - header, file) != answer.length - header)
        die(path);
    fclose(file);
    return answer;
}

static SSL_CTX *context_new(const char *cert, const char *key)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    errno = 0;
    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
        die("SSL_CTX_new");
    if (SSL_CTX_use_certificate_chain_file(context, cert) != 1)
        die(cert);
    if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        die(key);
    return context;
}

static int listener_open(in_port_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    socklen_t size = sizeof(address);
    int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0)
        die("socket");
    if (bind(fd, (const struct sockaddr *)&address, size) < 0)
        die("bind");
    if (listen(fd, SOMAXCONN) < 0)
        die("listen");
    if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        die("getsockname");
    printf("listening on 127.0.0.1:%u\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static bool request_read(SSL *ssl)
{
    char line[REQUEST_LIMIT];
    size_t length = 0;

    while (length < sizeof(line)) {
        size_t got = 0;

        if (SSL_read_ex(ssl, line + length, sizeof(line) - length, &got) != 1)
            return false;
        length += got;
        if (memmem(line, length, "\r\n", 2) != NULL)
            return true;
    }
    return false;
}

/* Serve one connection from handshake to close; a client's failure is nobody else's. */
static void connection_serve(SSL_CTX *context, int fd, const struct answer *answer)
{
    size_t put = 0;
    SSL *ssl = SSL_new(context);

    ERR_clear_error();
    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1)
        die("SSL_new");
    if (SSL_accept(ssl) == 1 && request_read(ssl) &&
        SSL_write_ex(ssl, answer->bytes, answer->length, &put) == 1)
        SSL_shutdown(ssl);
    else
        ERR_print_errors_fp(stderr);
    SSL_free(ssl);
    shutdown(fd, SHUT_WR);
    close(fd);
}

int main(int argc, char **argv)
{
    struct answer answer;
    SSL_CTX *context;
    char *end = NULL;
    unsigned long port;
    int listener;

    if (argc != 5) {
        fputs("usage: floor PORT CERT KEY BODYFILE\n", stderr);
        return 2;
    }
    port = strtoul(argv[1], &end, 10);
    if (end == argv[1] || *end != '\0' || port > 65535) {
        fprintf(stderr, "floor: %s: not a port\n", argv[1]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    answer = answer_load(argv[4]);
    context = context_new(argv[2], argv[3]);
    listener = listener_open((in_port_t)port);
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

        if (fd >= 0)
            connection_serve(context, fd, &answer);
        else if (errno != EINTR && errno != ECONNABORTED)
            die("accept");
    }
}
