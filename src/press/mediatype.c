#include "press/mediatype.h"

#include <errno.h>
#include <magic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/utf8.h"
#include "import/charset.h"
#include "press/suffix.h"

/* The root element of an XML file begins in these, behind comments and declarations. */
#define MEDIATYPE_HEAD_MAX 16384
/* A larger text is not read through for its charset, and gets none. */
#define MEDIATYPE_TEXT_MAX ((size_t)8 * 1024 * 1024)

struct mediatype {
    magic_t type;     /* NULL until it is asked */
    magic_t encoding; /* likewise */
    struct error error;
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

/* The database is read when it is first needed: most capsules never do. */
static magic_t mediatype_load(struct mediatype *m, magic_t *magic, int flags)
{
    if (*magic != NULL || m->error.code != ST_OK)
        return *magic;
    memory_watch();
    *magic = magic_open(flags | MAGIC_ERROR);
    if (*magic == NULL) {
        (void)error_set(&m->error, ST_NOMEM, ENOMEM, "libmagic");
    } else if (magic_load(*magic, NULL) != 0) {
        (void)error_set(&m->error, ST_FORMAT, 0, "libmagic: %s", magic_error(*magic));
        magic_close(*magic);
        *magic = NULL;
    }
    memory_settle();
    return *magic;
}

/* What libmagic says of an open file, from its start; NULL when it says nothing. */
static const char *mediatype_ask(struct mediatype *m, magic_t *magic, int flags, int fd)
{
    if (lseek(fd, 0, SEEK_SET) != 0 || mediatype_load(m, magic, flags) == NULL)
        return NULL;
    memory_watch();
    const char *said = magic_descriptor(*magic, fd);
    memory_settle();
    return said;
}

/* Offset behind the next `mark` from `at` on; in.n when there is none. */
static size_t mediatype_behind(struct span in, size_t at, const char *mark)
{
    const char *found = memmem(in.p + at, in.n - at, mark, strlen(mark));
    return found == NULL ? in.n : (size_t)(found - in.p) + strlen(mark);
}

/* The tag of the root element, from its name on; empty when there is none. */
static struct span mediatype_xml_root(struct span in)
{
    size_t at = span_starts(in, SPAN("\xef\xbb\xbf")) ? 3 : 0;
    while (at < in.n) {
        struct span rest = span_sub(in, at, in.n);
        if (strchr(" \t\r\n", in.p[at]) != NULL) /* also NUL, which is in no XML */
            at++;
        else if (span_starts(rest, SPAN("<?")))
            at = mediatype_behind(in, at, "?>");
        else if (span_starts(rest, SPAN("<!--")))
            at = mediatype_behind(in, at, "-->");
        else if (span_starts(rest, SPAN("<!")))
            at = mediatype_behind(in,
                                  span_find(rest, 0, '[') < span_find(rest, 0, '>')
                                      ? mediatype_behind(in, at, "]")
                                      : at,
                                  ">");
        else
            return in.p[at] == '<' ? span_sub(in, at + 1, at + span_find(rest, 0, '>'))
                                   : span_sub(in, at, at);
    }
    return span_sub(in, in.n, in.n);
}

/* XML that is a feed by its root element. */
static const char *mediatype_of_xml(int fd)
{
    char head[MEDIATYPE_HEAD_MAX];
    ssize_t n = pread(fd, head, sizeof head, 0);
    struct span root = mediatype_xml_root((struct span){head, n < 0 ? 0 : (size_t)n});
    size_t end = 0;
    while (end < root.n && strchr(" \t\r\n/", root.p[end]) == NULL)
        end++;
    size_t colon = span_find(span_sub(root, 0, end), 0, ':');
    struct span name = span_sub(root, colon < end ? colon + 1 : 0, end);
    static const char atom[] = "http://www.w3.org/2005/Atom";
    if (span_eq(name, SPAN("feed")) && memmem(root.p, root.n, atom, sizeof atom - 1) != NULL)
        return "application/atom+xml";
    if (span_eq(name, SPAN("RDF")))
        return "application/rdf+xml";
    return span_eq(name, SPAN("rss")) ? "application/rss+xml" : "application/xml";
}

/* Read a text whole, for libmagic looks at its beginning only; false when it is too large. */
static bool mediatype_read(int fd, struct buf *bytes)
{
    struct stat st;
    buf_init(bytes, MEDIATYPE_TEXT_MAX);
    return fstat(fd, &st) == 0 && st.st_size <= (off_t)MEDIATYPE_TEXT_MAX &&
           lseek(fd, 0, SEEK_SET) == 0 && file_read_fd(fd, "", bytes, NULL) == ST_OK;
}

/* Is the whole of a file UTF-8? */
static bool mediatype_is_utf8(int fd)
{
    struct buf bytes;
    bool good = mediatype_read(fd, &bytes) && utf8_valid(buf_span(&bytes)) == bytes.n &&
                span_find(buf_span(&bytes), 0, '\0') == bytes.n;
    buf_fini(&bytes);
    return good;
}

/*
 * Is the whole of a file ISO 8859-1?  libmagic says so of every text with bytes over 0x9f, Russian
 * and Greek too, so it also has to read as text of the west of Europe.
 */
static bool mediatype_is_latin1(int fd)
{
    struct buf bytes;
    struct buf text;
    char name[CHARSET_NAME_MAX];
    buf_init(&text, MEDIATYPE_TEXT_MAX * 3);
    bool good = mediatype_read(fd, &bytes);
    for (size_t i = 0; good && i < bytes.n; i++)
        good = (unsigned char)bytes.p[i] < 0x7f || (unsigned char)bytes.p[i] >= 0xa0;
    good = good && charset_decode(buf_span(&bytes), (struct span){NULL, 0}, &text, name) == ST_OK &&
           strcmp(name, "windows-1252") == 0;
    buf_fini(&bytes);
    buf_fini(&text);
    return good;
}

/* RFC 2781: text of which the byte order mark tells the order is called utf-16 and no more. */
static const char *mediatype_utf16(int fd, const char *without_mark)
{
    unsigned char mark[2] = {0, 0};
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size % 2 != 0)
        return NULL;
    bool marked = pread(fd, mark, sizeof mark, 0) == sizeof mark &&
                  ((mark[0] == 0xff && mark[1] == 0xfe) || (mark[0] == 0xfe && mark[1] == 0xff));
    return marked ? "utf-16" : without_mark;
}

/* The charset parameter that is true of a file of which libmagic says `encoding`, or NULL. */
static const char *mediatype_charset(const char *encoding, int fd)
{
    if (encoding == NULL)
        return NULL;
    if (strcmp(encoding, "utf-8") == 0 || strcmp(encoding, "us-ascii") == 0)
        return mediatype_is_utf8(fd) ? "utf-8" : NULL;
    if (strcmp(encoding, "iso-8859-1") == 0)
        return mediatype_is_latin1(fd) ? "iso-8859-1" : NULL;
    if (strcmp(encoding, "utf-16le") == 0)
        return mediatype_utf16(fd, "utf-16le");
    return strcmp(encoding, "utf-16be") == 0 ? mediatype_utf16(fd, "utf-16be") : NULL;
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

/* Is it type/subtype?  Messages such as "cannot open" are not. */
static bool mediatype_is_one(const char *type)
{
    static const char token[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "!#$&-^_.+";
    size_t n = strspn(type, token);
    size_t more = type[n] == '/' ? strspn(type + n + 1, token) : 0;
    return n > 0 && more > 0 && type[n + 1 + more] == '\0';
}

/* By what is in the file. */
static const char *mediatype_by_content(struct mediatype *m, int fd)
{
    const char *type = mediatype_ask(m, &m->type, MAGIC_MIME_TYPE, fd);
    /* "inode/x-empty" is no media type. */
    if (type == NULL || !mediatype_is_one(type) || strncmp(type, "inode/", 6) == 0 ||
        strcmp(type, "application/x-empty") == 0)
        return "application/octet-stream";
    if (strcmp(type, "text/xml") == 0 || strcmp(type, "application/xml") == 0)
        return mediatype_of_xml(fd);
    /* A Makefile, a script, a licence with many commas: who named it plainly wants it read. */
    if (strncmp(type, "text/", 5) == 0 && strcmp(type, "text/html") != 0)
        return "text/plain";
    return type;
}

void mediatype_of(struct mediatype *m, const char *path, int fd, struct span lang, struct buf *out)
{
    const char *type = suffix_type(path);
    if (type == NULL)
        type = mediatype_by_content(m, fd);
    else if (strcmp(type, "application/xml") == 0)
        type = mediatype_of_xml(fd);
    if (strcmp(type, "text/gemini") == 0) {
        mediatype_gemtext_file(m, fd, lang, out);
        return;
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
    memory_watch();
    const char *said = magic_buffer(m->type, bytes.p, bytes.n);
    memory_settle();
    return said;
}
