#include "press/mediatype.h"

#include <errno.h>
#include <magic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/utf8.h"

#define MEDIATYPE_HEAD_MAX 1024
/* A larger text is not read through for its charset, and gets none. */
#define MEDIATYPE_TEXT_MAX ((size_t)8 * 1024 * 1024)

struct mediatype {
    magic_t type;     /* NULL until it is asked */
    magic_t encoding; /* likewise */
    struct error error;
};

struct mediatype_suffix {
    const char *suffix;
    const char *type;
};

static const struct mediatype_suffix mediatype_suffixes[] = {
    {"gmi", "text/gemini"},
    {"gemini", "text/gemini"},
    {"txt", "text/plain"},
    {"md", "text/markdown"},
    {"html", "text/html"},
    {"htm", "text/html"},
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"ics", "text/calendar"},
    {"js", "text/javascript"},
    {"atom", "application/atom+xml"},
    {"rss", "application/rss+xml"},
    {"xml", "application/xml"},
    {"json", "application/json"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"svg", "image/svg+xml"},
    {"ico", "image/vnd.microsoft.icon"},
    {"mp3", "audio/mpeg"},
    {"ogg", "audio/ogg"},
    {"oga", "audio/ogg"},
    {"opus", "audio/ogg"},
    {"flac", "audio/flac"},
    {"wav", "audio/wav"},
    {"m4a", "audio/mp4"},
    {"mp4", "video/mp4"},
    {"webm", "video/webm"},
    {"pdf", "application/pdf"},
    {"epub", "application/epub+zip"},
    {"gpub", "application/gpub+zip"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"tgz", "application/gzip"},
    {"xz", "application/x-xz"},
    {"tar", "application/x-tar"},
    {"asc", "application/pgp-signature"},
    {"bin", "application/octet-stream"},
    {"ttf", "font/ttf"},
    {"otf", "font/otf"},
    {"woff2", "font/woff2"},
};

enum status mediatype_open(struct mediatype **out, struct error *e)
{
    *out = calloc(1, sizeof **out);
    return *out == NULL ? error_set(e, ST_NOMEM, ENOMEM, "libmagic") : ST_OK;
}

enum status mediatype_status(const struct mediatype *m, struct error *e)
{
    if (m->error.code != ST_OK && e != NULL)
        *e = m->error;
    return m->error.code;
}

void mediatype_close(struct mediatype *m)
{
    if (m == NULL)
        return;
    if (m->type != NULL)
        magic_close(m->type);
    if (m->encoding != NULL)
        magic_close(m->encoding);
    free(m);
}

static const char *mediatype_by_suffix(const char *path)
{
    const char *dot = strrchr(path, '.');
    const char *slash = strrchr(path, '/');
    if (dot == NULL || dot == path || (slash != NULL && dot <= slash + 1))
        return NULL;
    for (size_t i = 0; i < sizeof mediatype_suffixes / sizeof mediatype_suffixes[0]; i++) {
        if (span_eq_nocase(span_of(dot + 1), span_of(mediatype_suffixes[i].suffix)))
            return mediatype_suffixes[i].type;
    }
    return NULL;
}

/* The database is read when it is first needed: most capsules never do. */
static magic_t mediatype_load(struct mediatype *m, magic_t *magic, int flags)
{
    if (*magic != NULL || m->error.code != ST_OK)
        return *magic;
    *magic = magic_open(flags | MAGIC_ERROR);
    if (*magic == NULL) {
        (void)error_set(&m->error, ST_NOMEM, errno, "libmagic");
    } else if (magic_load(*magic, NULL) != 0) {
        (void)error_set(&m->error, ST_FORMAT, 0, "libmagic: %s", magic_error(*magic));
        magic_close(*magic);
        *magic = NULL;
    }
    return *magic;
}

/* What libmagic says of an open file, from its start; NULL when it says nothing. */
static const char *mediatype_ask(struct mediatype *m, magic_t *magic, int flags, int fd)
{
    if (lseek(fd, 0, SEEK_SET) != 0 || mediatype_load(m, magic, flags) == NULL)
        return NULL;
    return magic_descriptor(*magic, fd);
}

/* XML that is a feed by its root element. */
static const char *mediatype_of_xml(int fd)
{
    char head[MEDIATYPE_HEAD_MAX + 1];
    ssize_t n = pread(fd, head, MEDIATYPE_HEAD_MAX, 0);
    head[n < 0 ? 0 : n] = '\0';
    if (strstr(head, "<feed") != NULL && strstr(head, "http://www.w3.org/2005/Atom") != NULL)
        return "application/atom+xml";
    return strstr(head, "<rss") != NULL ? "application/rss+xml" : "application/xml";
}

/* Is the whole of a file UTF-8?  libmagic looks at its beginning only. */
static bool mediatype_is_utf8(int fd)
{
    struct buf bytes;
    buf_init(&bytes, MEDIATYPE_TEXT_MAX);
    bool good = lseek(fd, 0, SEEK_SET) == 0 && file_read_fd(fd, "", &bytes, NULL) == ST_OK &&
                utf8_valid(buf_span(&bytes)) == bytes.n &&
                span_find(buf_span(&bytes), 0, '\0') == bytes.n;
    buf_fini(&bytes);
    return good;
}

/* The charset parameter that is true of a file, or NULL. */
static const char *mediatype_charset(const char *encoding, int fd)
{
    static const char *const known[] = {"iso-8859-1", "utf-16le", "utf-16be"};
    if (encoding == NULL)
        return NULL;
    if (strcmp(encoding, "utf-8") == 0 || strcmp(encoding, "us-ascii") == 0)
        return mediatype_is_utf8(fd) ? "utf-8" : NULL;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(encoding, known[i]) == 0)
            return known[i];
    }
    return NULL;
}

static void mediatype_put_lang(struct span lang, struct buf *out)
{
    if (lang.n > 0) {
        buf_puts(out, "; lang=");
        buf_put(out, lang);
    }
}

void mediatype_gemtext(struct span lang, struct buf *out)
{
    buf_puts(out, "text/gemini");
    mediatype_put_lang(lang, out);
}

/* Gemtext without a charset is UTF-8, so one that is not must say what it is. */
static void mediatype_gemtext_file(struct mediatype *m, int fd, struct span lang, struct buf *out)
{
    const char *charset = NULL;
    if (!mediatype_is_utf8(fd))
        charset = mediatype_charset(mediatype_ask(m, &m->encoding, MAGIC_MIME_ENCODING, fd), fd);
    buf_puts(out, "text/gemini");
    if (charset != NULL)
        buf_putf(out, "; charset=%s", charset);
    mediatype_put_lang(lang, out);
}

void mediatype_of(struct mediatype *m, const char *path, int fd, struct span lang, struct buf *out)
{
    const char *type = mediatype_by_suffix(path);
    if (type != NULL && strcmp(type, "application/xml") == 0)
        type = mediatype_of_xml(fd);
    if (type != NULL && strcmp(type, "text/gemini") == 0) {
        mediatype_gemtext_file(m, fd, lang, out);
        return;
    }
    if (type == NULL) {
        type = mediatype_ask(m, &m->type, MAGIC_MIME_TYPE, fd);
        /* "inode/x-empty" and "cannot open ..." are no media types. */
        if (type == NULL || strchr(type, '/') == NULL || strchr(type, ' ') != NULL ||
            strncmp(type, "inode/", 6) == 0 || strcmp(type, "application/x-empty") == 0 ||
            strcmp(type, "text/gemini") == 0)
            type = "application/octet-stream";
    }
    buf_puts(out, type);
    if (strncmp(type, "text/", 5) == 0) {
        const char *charset =
            mediatype_charset(mediatype_ask(m, &m->encoding, MAGIC_MIME_ENCODING, fd), fd);
        if (charset != NULL)
            buf_putf(out, "; charset=%s", charset);
    }
}

int mediatype_version(void)
{
    return magic_version();
}

const char *mediatype_guess(struct mediatype *m, struct span bytes)
{
    if (mediatype_load(m, &m->type, MAGIC_MIME_TYPE) == NULL)
        return NULL;
    return magic_buffer(m->type, bytes.p, bytes.n);
}
