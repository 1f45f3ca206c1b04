#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "config/server.h"
#include "log/log.h"
#include "tls/identity_make.h"

#define CERT_OPERANDS_MAX 256
#define CERT_OUT_MAX      ((size_t)16 * 1024 * 1024)
#define CERT_PATH_MAX     8192
#define CERT_SUFFIX       ".crt"

struct cert_args {
    char *config;
    char *certs;
    char *key_type; /* NULL when nobody said */
    bool new_key;
    bool self_signed;
};

#define FIELD(name) offsetof(struct cert_args, name)

const struct option_row cli_cert_options[] = {
    {.name = "certs",
     .type = OPTION_STRING,
     .offset = FIELD(certs),
     .placeholder = "DIR",
     .help = "folder of the keys and certificates (default certs, or what --config says)"},
    {.name = "config",
     .type = OPTION_STRING,
     .offset = FIELD(config),
     .placeholder = "FILE",
     .help = "configuration of the server whose certificates they are"},
    {.name = "key-type",
     .type = OPTION_STRING,
     .offset = FIELD(key_type),
     .placeholder = "TYPE",
     .help = "of a new key: p256 (the default), p384, rsa2048, rsa3072, rsa4096 or ed25519"},
    {.name = "new-key",
     .type = OPTION_FLAG,
     .offset = FIELD(new_key),
     .help = "of renew: another key too; every reader who visited before is warned by the client"
             " and has to accept it"},
    {.name = "self-signed",
     .type = OPTION_FLAG,
     .offset = FIELD(self_signed),
     .help = "of renew: also in place of a certificate that a CA signed"},
};

const size_t cli_cert_options_count = sizeof cli_cert_options / sizeof cli_cert_options[0];

/* What is asked for. */
struct cert {
    struct cert_args args;
    const char *action;
    char **operands; /* behind the action */
    size_t count;
    enum identity_kind kind;
    struct server_config config; /* of --config, or its defaults */
    const char *dir;             /* of the certificates */
};

static void cert_fact(struct buf *out, const char *key,
                      void (*put)(const struct identity *id, struct buf *out),
                      const struct identity *id)
{
    buf_putf(out, "%s: ", key);
    put(id, out);
    buf_putc(out, '\n');
}

/* A fingerprint as Lagrange shows it: small letters without marks. */
static void cert_put_plain_fingerprint(const struct identity *id, struct buf *out)
{
    struct buf print;
    buf_init(&print, 256);
    identity_key_fingerprint(id, &print);
    for (size_t i = 0; i < print.n; i++) {
        if (print.p[i] != ':')
            buf_putc(out, ascii_lower(print.p[i]));
    }
    buf_fini(&print);
}

static void cert_put_names(const struct identity *id, struct buf *out)
{
    identity_put_names(id, ", ", out);
}

static void cert_put_chain(const struct identity *id, struct buf *out)
{
    if (identity_is_self_signed(id))
        buf_puts(out, "self-signed");
    else
        buf_putf(out, "%zu (the certificate and those that signed it)", identity_chain_length(id));
}

/* One certificate in `key: value` lines, an empty line before all but the first. */
static enum status cert_put_facts(const char *path, struct buf *out, struct error *e)
{
    struct identity *id = NULL;
    enum status status = identity_load_certificate(path, &id, e);
    if (status != ST_OK)
        return status;
    buf_putf(out, "%sfile: %s\n", out->n == 0 ? "" : "\n", path);
    cert_fact(out, "names", cert_put_names, id);
    cert_fact(out, "key", identity_put_key_type, id);
    cert_fact(out, "chain", cert_put_chain, id);
    cert_fact(out, "not-before", identity_put_begin, id);
    cert_fact(out, "not-after", identity_put_end, id);
    buf_putf(out, "days-left: %ld\n", identity_days_left(id));
    cert_fact(out, "certificate-sha256", identity_certificate_fingerprint, id);
    cert_fact(out, "public-key-sha256", identity_key_fingerprint, id);
    cert_fact(out, "public-key-hex", cert_put_plain_fingerprint, id);
    identity_free(id);
    return buf_status(out) == ST_OK ? ST_OK : error_set(e, buf_status(out), 0, "%s", path);
}

static int cert_is_certificate(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && span_ends(span_of(entry->d_name), SPAN(CERT_SUFFIX));
}

/* Add a certificate to those that are shown, or tell why it cannot be. */
static bool cert_put_file(const char *path, struct buf *out)
{
    struct error e;
    return cli_tell(cert_put_facts(path, out, &e), &e);
}

/* Those of the folder, in the order of their names; *count gets how many. */
static bool cert_put_folder(const struct cert *c, struct buf *out, int *count)
{
    struct dirent **entries = NULL;
    struct error e;
    bool good = true;
    *count = scandir(c->dir, &entries, cert_is_certificate, alphasort);
    if (*count < 0 && errno != ENOENT)
        good = cli_tell(error_set(&e, ST_IO, errno, "%s", c->dir), &e);
    for (int i = 0; i < *count; i++) {
        struct buf path;
        buf_init(&path, CERT_PATH_MAX);
        buf_putf(&path, "%s/%s", c->dir, entries[i]->d_name);
        good = cert_put_file(buf_str(&path), out) && good;
        buf_fini(&path);
        free(entries[i]);
    }
    free(entries);
    return good;
}

/* All that the server has: those of the folder, and those that vhosts have elsewhere. */
static bool cert_put_all(const struct cert *c, struct buf *out)
{
    const struct vhost_config *vhosts = server_config_vhosts(&c->config);
    int count = 0;
    bool good = cert_put_folder(c, out, &count);
    for (size_t i = 0; i < c->config.vhost.count; i++) {
        if (vhosts[i].certificate != NULL) {
            good = cert_put_file(vhosts[i].certificate, out) && good;
            count = 1;
        }
    }
    if (good && count <= 0) {
        log_line(LOG_ERROR, "%s: no certificate in it", c->dir);
        good = false;
    }
    return good;
}

/* The path of what an operand means: a file, or a name whose certificate is in the folder. */
static void cert_put_path(const struct cert *c, const char *operand, struct buf *path)
{
    if (strchr(operand, '/') != NULL || span_ends(span_of(operand), SPAN(CERT_SUFFIX)))
        buf_puts(path, operand);
    else
        buf_putf(path, "%s/%s" CERT_SUFFIX, c->dir, operand);
}

/* A certificate that cannot be read does not hide the others. */
static bool cert_show(const struct cert *c)
{
    struct buf out;
    struct error e;
    buf_init(&out, CERT_OUT_MAX);
    bool good = c->count > 0 || cert_put_all(c, &out);
    for (size_t i = 0; i < c->count; i++) {
        struct buf path;
        buf_init(&path, CERT_PATH_MAX);
        cert_put_path(c, c->operands[i], &path);
        good = cert_put_file(buf_str(&path), &out) && good;
        buf_fini(&path);
    }
    good = cli_tell(cli_print(&out, &e), &e) && good;
    buf_fini(&out);
    return good;
}

/* Show what has been made. */
static bool cert_show_made(const struct cert *c)
{
    struct cert made = {.dir = c->dir, .operands = c->operands, .count = 1};
    return cert_show(&made);
}

static bool cert_new(const struct cert *c)
{
    struct error e;
    return cli_tell(identity_create(c->dir, c->operands, c->count, c->kind, &e), &e) &&
           cert_show_made(c);
}

static bool cert_renew(const struct cert *c)
{
    struct identity_renewal renewal = {c->operands, c->count, c->args.new_key, c->kind,
                                       c->args.self_signed};
    struct error e;
    if (!cli_tell(identity_renew(c->dir, &renewal, &e), &e))
        return false;
    if (c->args.new_key)
        log_line(LOG_WARNING,
                 "%s has a new key: every reader who has visited before gets an alarm and has to "
                 "accept the new certificate; tell them its fingerprint in another way. The old "
                 "pair is kept as %s.key.old and %s.crt.old",
                 c->operands[0], c->operands[0], c->operands[0]);
    return cert_show_made(c);
}

/* The server's configuration; of the folder the command line has the last word. */
static enum status cert_read_config(struct cert *c, struct options *options, struct error *e)
{
    enum status status = server_config_load(options, c->args.config, e);
    c->dir = c->args.certs != NULL ? c->args.certs : c->config.certs;
    return status;
}

/* Do what is asked for. */
static bool cert_run(struct cert *c)
{
    struct options options;
    struct error e;
    bool good = false;
    options_init(&options, server_options, server_options_count, &c->config);
    if (cert_read_config(c, &options, &e) != ST_OK)
        log_error(&e);
    else if (strcmp(c->action, "show") == 0)
        good = cert_show(c);
    else
        good = strcmp(c->action, "new") == 0 ? cert_new(c) : cert_renew(c);
    options_fini(&options);
    return good;
}

/* Which options and operands belong together?  False after telling which do not. */
static bool cert_check(struct cert *c)
{
    bool show = strcmp(c->action, "show") == 0;
    bool renew = strcmp(c->action, "renew") == 0;
    struct error e = {0};
    if (!show && !renew && strcmp(c->action, "new") != 0)
        (void)error_set(&e, ST_SYNTAX, 0, "neither show, new nor renew: %s", c->action);
    else if (!show && c->count == 0)
        (void)error_set(&e, ST_SYNTAX, 0, "%s: the name of a host is missing", c->action);
    else if (!renew && (c->args.new_key || c->args.self_signed))
        (void)error_set(&e, ST_SYNTAX, 0, "--%s is for cert renew only",
                        c->args.new_key ? "new-key" : "self-signed");
    else if (c->args.key_type != NULL && (show || (renew && !c->args.new_key)))
        (void)error_set(&e, ST_SYNTAX, 0,
                        "--key-type is for a new key: cert new, or cert renew "
                        "--new-key");
    else if (c->args.key_type == NULL ||
             identity_kind_find(c->args.key_type, &c->kind, &e) == ST_OK)
        (void)(show || identity_check_names(c->operands, c->count, &e) == ST_OK);
    if (e.code == ST_OK)
        return true;
    log_line(LOG_ERROR, "cert: %s (see broadsheet cert --help)", e.message);
    return false;
}

int cli_cert(int argc, char **argv)
{
    struct cert c = {.kind = IDENTITY_P256};
    struct options options;
    int operand = 0;
    int result = CLI_USAGE_ERROR;
    options_init(&options, cli_cert_options, cli_cert_options_count, &c.args);
    if (!cli_read(&options, argc, argv, 1, CERT_OPERANDS_MAX, &operand, &result))
        goto out;
    c.action = argv[operand];
    c.operands = argv + operand + 1;
    c.count = (size_t)(argc - operand - 1);
    if (cert_check(&c))
        result = cert_run(&c) ? EXIT_SUCCESS : EXIT_FAILURE;
out:
    options_fini(&options);
    return result;
}
