#include "import/charset.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <uchardet.h>

#include "core/utf8.h"

#define REPLACEMENT    "\xef\xbf\xbd"
#define PIECE_SIZE     4096
#define DETECT_MAX     ((size_t)64 * 1024) /* bytes that uchardet is given */
#define PRESCAN_MAX    4096
#define LABEL_MAX      40
#define CONTROLS_FROM  ((size_t)64 * 1024) /* bytes in which controls are counted */
#define CONTROLS_SHARE 32                  /* one in so many bytes is more than a text has */

/*
 * Text with so many good sequences for each broken one is UTF-8.  In text of other charsets good
 * ones are chance: EUC-JP has the most, one for three broken ones.
 */
#define GOOD_SHARE          4
#define GOOD_SHARE_DECLARED 1 /* when it says of itself that it is UTF-8 */

/* Bytes over 0x7f from which on uchardet can tell one Latin alphabet from another. */
#define LATIN_LEAST 8

/* A charset; Latin ones that are not windows-1252 need more evidence than others. */
struct charset {
    const char *name;
    const char *iconv;  /* what iconv calls it; NULL: decoded here */
    const char *labels; /* what it is declared as, in letters and digits; NULL: only found */
    unsigned unit;      /* bytes in the unit of which one is dropped when it means nothing */
    bool latin;
};

enum { UTF_8, UTF_16LE, UTF_16BE, UTF_32LE, UTF_32BE, WINDOWS_1252 };

/*
 * The labels of WHATWG's Encoding Standard and a few more, without "x-" and marks, so that
 * "ISO_8859-1" and "iso88591" are one.  A page that can be read as ASCII is never UTF-16 (HTML
 * Standard: it then is UTF-8).
 */
static const struct charset charsets[] = {
    [UTF_8] = {"utf-8", NULL,
               "utf8 unicode11utf8 unicode20utf8 utf16 utf16le utf16be unicode ucs2 csunicode "
               "iso10646ucs2 unicodefeff unicodefffe",
               1, false},
    [UTF_16LE] = {"utf-16le", "UTF-16LE", NULL, 2, false},
    [UTF_16BE] = {"utf-16be", "UTF-16BE", NULL, 2, false},
    [UTF_32LE] = {"utf-32le", "UTF-32LE", NULL, 4, false},
    [UTF_32BE] = {"utf-32be", "UTF-32BE", NULL, 4, false},
    [WINDOWS_1252] = {"windows-1252", NULL,
                      "windows1252 cp1252 iso88591 latin1 l1 ascii usascii ansix341968 cp819 "
                      "ibm819 isoir100 csisolatin1 userdefined",
                      1, false},
    {"windows-1250", "CP1250", "windows1250 cp1250", 1, true},
    {"windows-1251", "CP1251", "windows1251 cp1251", 1, false},
    {"windows-1253", "CP1253", "windows1253 cp1253", 1, false},
    {"windows-1254", "CP1254", "windows1254 cp1254 iso88599 latin5 l5 isoir148 csisolatin5", 1,
     true},
    {"windows-1255", "CP1255", "windows1255 cp1255", 1, false},
    {"windows-1256", "CP1256", "windows1256 cp1256", 1, false},
    {"windows-1257", "CP1257", "windows1257 cp1257", 1, true},
    {"windows-1258", "CP1258", "windows1258 cp1258", 1, true},
    {"windows-874", "CP874", "windows874 dos874 cp874 iso885911 tis620", 1, false},
    {"iso-8859-2", "ISO-8859-2", "iso88592 latin2 l2 isoir101 csisolatin2", 1, true},
    {"iso-8859-3", "ISO-8859-3", "iso88593 latin3 l3 isoir109 csisolatin3", 1, true},
    {"iso-8859-4", "ISO-8859-4", "iso88594 latin4 l4 isoir110 csisolatin4", 1, true},
    {"iso-8859-5", "ISO-8859-5", "iso88595 cyrillic isoir144 csisolatincyrillic", 1, false},
    {"iso-8859-6", "ISO-8859-6",
     "iso88596 iso88596e iso88596i arabic asmo708 ecma114 isoir127 csisolatinarabic "
     "csiso88596e csiso88596i",
     1, false},
    {"iso-8859-7", "ISO-8859-7",
     "iso88597 greek greek8 ecma118 elot928 suneugreek isoir126 csisolatingreek", 1, false},
    {"iso-8859-8", "ISO-8859-8",
     "iso88598 iso88598e iso88598i hebrew logical visual isoir138 csisolatinhebrew csiso88598e "
     "csiso88598i",
     1, false},
    {"iso-8859-10", "ISO-8859-10", "iso885910 latin6 l6 isoir157 csisolatin6", 1, true},
    {"iso-8859-13", "ISO-8859-13", "iso885913", 1, true},
    {"iso-8859-14", "ISO-8859-14", "iso885914", 1, true},
    {"iso-8859-15", "ISO-8859-15", "iso885915 latin9 l9 csisolatin9", 1, true},
    {"iso-8859-16", "ISO-8859-16", "iso885916", 1, true},
    {"koi8-r", "KOI8-R", "koi8r koi8 koi cskoi8r", 1, false},
    {"koi8-u", "KOI8-U", "koi8u koi8ru", 1, false},
    {"ibm866", "IBM866", "ibm866 cp866 866 csibm866", 1, false},
    {"macintosh", "MACINTOSH", "macintosh mac macroman csmacintosh", 1, true},
    {"x-mac-cyrillic", "MAC-CYRILLIC", "maccyrillic macukrainian", 1, false},
    {"gb18030", "GB18030",
     "gb18030 gbk gb2312 gb231280 chinese cp936 ms936 isoir58 csgb2312 csiso58gb231280", 1, false},
    {"big5", "BIG5", "big5 cnbig5 csbig5 cp950", 1, false},
    {"big5", "BIG5-HKSCS", "big5hkscs", 1, false},
    {"euc-jp", "EUC-JP-MS", "eucjp cseucpkdfmtjapanese", 1, false},
    {"shift_jis", "CP932", "shiftjis sjis windows31j ms932 cp932 mskanji csshiftjis", 1, false},
    {"euc-kr", "CP949",
     "euckr uhc cp949 windows949 korean ksc5601 ksc56011987 ksc56011989 isoir149 cseuckr "
     "csksc56011987",
     1, false},
};

/* Is `word` one of the words that blanks part? */
static bool charset_has_word(const char *words, struct span word)
{
    struct span all = span_of(words);
    for (size_t at = 0; at < all.n;) {
        size_t end = span_find(all, at, ' ');
        if (span_eq(span_sub(all, at, end), word))
            return true;
        at = end + 1;
    }
    return false;
}

/* The charset of a label, or NULL.  A year behind a colon ("iso_8859-1:1987") says nothing. */
static const struct charset *charset_find(struct span label)
{
    char plain[LABEL_MAX];
    size_t n = 0;
    label = span_trim(span_sub(label, 0, span_find(label, 0, ':')));
    while (label.n > 2 && ascii_lower(label.p[0]) == 'x' && label.p[1] == '-')
        label = span_sub(label, 2, label.n);
    for (size_t i = 0; i < label.n; i++) {
        if (!ascii_alpha(label.p[i]) && !ascii_digit(label.p[i]))
            continue;
        if (n == sizeof plain)
            return NULL;
        plain[n++] = ascii_lower(label.p[i]);
    }
    for (size_t i = 0; n > 0 && i < sizeof charsets / sizeof charsets[0]; i++) {
        if (charset_has_word(charsets[i].labels, (struct span){plain, n}))
            return &charsets[i];
    }
    return NULL;
}

/* The charset of the byte order mark at the start, and the mark's length; NULL when there is none.
 * That of UTF-32LE begins with that of UTF-16LE. */
static const struct charset *charset_marked(struct span in, size_t *mark)
{
    static const struct {
        struct span bytes;
        unsigned charset;
    } marks[] = {
        {{"\xef\xbb\xbf", 3}, UTF_8},    {{"\xff\xfe\0\0", 4}, UTF_32LE},
        {{"\0\0\xfe\xff", 4}, UTF_32BE}, {{"\xff\xfe", 2}, UTF_16LE},
        {{"\xfe\xff", 2}, UTF_16BE},
    };
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        *mark = marks[i].bytes.n;
        if (span_starts(in, marks[i].bytes))
            return &charsets[marks[i].charset];
    }
    *mark = 0;
    return NULL;
}

/*
 * Does text that is not UTF-8 throughout mean to be?  See GOOD_SHARE.  A sequence that the end cuts
 * short is as good as none where nothing speaks against UTF-8.
 *
 * said  what the text is declared as, or NULL
 */
static bool charset_is_broken_utf8(struct span in, const struct charset *said)
{
    bool declared = said == &charsets[UTF_8];
    size_t good = 0;
    size_t bad = 0;
    unsigned cut = 0; /* length of a sequence that the end cuts short */
    uint32_t cp;
    for (size_t at = utf8_ascii(in, 0); at < in.n; at = utf8_ascii(in, at)) {
        struct span here = span_sub(in, at, in.n);
        unsigned char lead = (unsigned char)here.p[0];
        unsigned len = utf8_decode(here, &cp);
        if (len > 0) {
            good++;
        } else {
            len = utf8_broken(here);
            if (len == here.n && lead >= 0xc2 && lead <= 0xf4)
                cut = len;
            else
                bad++;
        }
        at += len;
    }
    /* One such byte alone is rather the last letter of a Latin text ("caf\xe9"). */
    bool letter = cut == 1 && good == 0 && !declared;
    if (letter || (cut > 0 && said != NULL && !declared))
        bad++;
    return good >= bad * (declared ? GOOD_SHARE_DECLARED : GOOD_SHARE);
}

static void charset_put_utf8(struct span in, struct buf *out)
{
    for (size_t at = 0; at < in.n;) {
        struct span rest = span_sub(in, at, in.n);
        size_t good = utf8_valid(rest);
        buf_put(out, span_sub(rest, 0, good));
        at += good;
        rest = span_sub(in, at, in.n);
        if (rest.n > 0)
            buf_puts(out, REPLACEMENT);
        at += utf8_broken(rest);
    }
}

/* The last resort asks nothing of the system, so that there always is one. */
static void charset_put_windows_1252(struct span in, struct buf *out)
{
    static const uint16_t upper[32] = {
        0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
    };
    for (size_t at = 0; at < in.n; at++) {
        size_t end = utf8_ascii(in, at);
        buf_put(out, span_sub(in, at, end));
        at = end;
        if (at < in.n) {
            unsigned char c = (unsigned char)in.p[at];
            utf8_put(out, c < 0xa0 ? upper[c - 0x80] : c);
        }
    }
}

/* A letter may be kept back for an accent behind it: have it written. */
static void charset_flush(iconv_t cd, struct buf *out)
{
    char piece[16];
    char *to = piece;
    size_t room = sizeof piece;
    (void)iconv(cd, NULL, NULL, &to, &room);
    buf_put(out, (struct span){piece, sizeof piece - room});
}

/* Append with iconv.  ST_MISSING when this system's iconv does not have the charset. */
static enum status charset_put_iconv(const struct charset *set, struct span in, struct buf *out)
{
    char piece[PIECE_SIZE];
    char *from;
    memcpy(&from, &in.p, sizeof from); /* iconv asks for no const, but does not write there */
    size_t left = in.n;
    iconv_t cd = iconv_open("UTF-8", set->iconv);
    if (cd == (iconv_t)-1) /* NOLINT(performance-no-int-to-ptr): POSIX has it so */
        return errno == ENOMEM ? ST_NOMEM : ST_MISSING;
    while (left > 0 && buf_status(out) == ST_OK) {
        char *to = piece;
        size_t room = sizeof piece;
        size_t before = left;
        bool good = iconv(cd, &from, &left, &to, &room) != (size_t)-1 || errno == E2BIG;
        buf_put(out, (struct span){piece, sizeof piece - room});
        if (good && left < before)
            continue;
        charset_flush(cd, out);
        buf_puts(out, REPLACEMENT);
        size_t skip = left < set->unit ? left : set->unit;
        from += skip;
        left -= skip;
    }
    charset_flush(cd, out);
    iconv_close(cd);
    return ST_OK;
}

/* ST_MISSING is all that tells the caller to try another. */
static enum status charset_put(const struct charset *set, struct span in, struct buf *out)
{
    if (set == &charsets[UTF_8])
        charset_put_utf8(in, out);
    else if (set == &charsets[WINDOWS_1252])
        charset_put_windows_1252(in, out);
    else
        return charset_put_iconv(set, in, out);
    return ST_OK;
}

/* Which bytes over 0x7f a text has. */
struct charset_bytes {
    bool seen[256];
    size_t count; /* of all */
};

static void charset_look(struct span in, struct charset_bytes *bytes)
{
    *bytes = (struct charset_bytes){0};
    for (size_t at = utf8_ascii(in, 0); at < in.n; at = utf8_ascii(in, at + 1)) {
        bytes->seen[(unsigned char)in.p[at]] = true;
        bytes->count++;
    }
}

/*
 * Is all that the text has beyond ASCII typography: quotes, dashes, an ellipsis, signs?  It is the
 * same in all of Windows' charsets, and no letter is there for uchardet to go by.
 */
static bool charset_is_typography(const struct charset_bytes *bytes)
{
    static const char marks[] = "\x85\x91\x92\x93\x94\x95\x96\x97\x99\xa0\xa9\xab\xae\xb0\xb7\xbb";
    for (unsigned c = 0x80; c < 0x100; c++) {
        if (bytes->seen[c] && memchr(marks, (int)c, sizeof marks - 1) == NULL)
            return false;
    }
    return true;
}

/* Give uchardet the lines that have more than ASCII, wherever they stand, and ask it. */
static const struct charset *charset_ask(struct span in)
{
    struct span line;
    size_t budget = DETECT_MAX;
    const struct charset *found = NULL;
    uchardet_t detector = uchardet_new();
    if (detector == NULL)
        return NULL;
    /* What comes first is looked at for a byte order mark; a letter may look like one. */
    int failed = uchardet_handle_data(detector, "\n", 1);
    while (failed == 0 && budget > 0 && span_line(&in, &line)) {
        size_t first = utf8_ascii(line, 0);
        if (first == line.n)
            continue;
        if (line.n > budget) /* a page that is all one line */
            line = span_sub(line, first, first + budget);
        budget -= line.n;
        failed = uchardet_handle_data(detector, line.p, line.n);
        if (failed == 0)
            failed = uchardet_handle_data(detector, "\n", 1);
    }
    uchardet_data_end(detector);
    if (failed == 0)
        found = charset_find(span_of(uchardet_get_charset(detector)));
    uchardet_delete(detector);
    return found;
}

/*
 * What the text is in, as far as its bytes tell.  uchardet names the charset in which the letters
 * make most sense; what is corrected here is where charsets have the same letters.
 */
static const struct charset *charset_detect(struct span in)
{
    struct charset_bytes bytes;
    const struct charset *otherwise = &charsets[WINDOWS_1252];
    charset_look(in, &bytes);
    if (charset_is_typography(&bytes))
        return otherwise;
    const struct charset *found = charset_ask(in);
    if (found == NULL || found == &charsets[UTF_8])
        return otherwise;
    if (found->latin && bytes.count < LATIN_LEAST)
        return otherwise;
    bool windows = false; /* has what are control characters in ISO 8859 */
    for (unsigned c = 0x80; c < 0xa0; c++)
        windows = windows || bytes.seen[c];
    bool ukrainian = bytes.seen[0xa4] || bytes.seen[0xa6] || bytes.seen[0xa7];
    struct span name = span_of(found->name);
    if (span_eq(name, SPAN("iso-8859-15")))
        return otherwise;
    if (windows && span_eq(name, SPAN("iso-8859-7")))
        return charset_find(SPAN("windows-1253"));
    if (windows && span_eq(name, SPAN("iso-8859-8")))
        return charset_find(SPAN("windows-1255"));
    if (ukrainian && span_eq(name, SPAN("koi8-r")))
        return charset_find(SPAN("koi8-u"));
    return found;
}

/* The charset of text without a byte order mark that is not UTF-8 throughout. */
static const struct charset *charset_choose(struct span in, struct span declared)
{
    const struct charset *utf8 = &charsets[UTF_8];
    const struct charset *said = charset_find(declared);
    if (charset_is_broken_utf8(in, said))
        return utf8;
    return said == NULL || said == utf8 ? charset_detect(in) : said;
}

enum status charset_decode(struct span in, struct span declared, struct buf *out,
                           char name[CHARSET_NAME_MAX])
{
    size_t mark = 0;
    enum status status = ST_OK;
    const struct charset *set = charset_marked(in, &mark);
    in = span_sub(in, mark, in.n);
    if (set == NULL && utf8_valid(in) == in.n) { /* as most sources are */
        set = &charsets[UTF_8];
        buf_put(out, in);
    } else {
        if (set == NULL)
            set = charset_choose(in, declared);
        status = charset_put(set, in, out);
    }
    if (status == ST_MISSING) {
        set = &charsets[WINDOWS_1252];
        status = charset_put(set, in, out);
    }
    memcpy(name, set->name, strlen(set->name) + 1);
    return status == ST_OK ? buf_status(out) : status;
}

static bool prescan_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* Offset of the first byte at or after `at` that is no blank, or in.n. */
static size_t prescan_skip(struct span in, size_t at)
{
    while (at < in.n && prescan_blank(in.p[at]))
        at++;
    return at;
}

/* The value of an attribute that begins at *at.  False when the bytes end before it does. */
static bool prescan_value(struct span in, size_t *at, struct span *value)
{
    size_t start = prescan_skip(in, *at);
    size_t end = start;
    *at = in.n;
    if (start == in.n)
        return false;
    if (in.p[start] == '"' || in.p[start] == '\'') {
        end = span_find(in, start + 1, in.p[start]);
        *value = span_sub(in, start + 1, end);
        *at = end + 1;
        return end < in.n;
    }
    while (end < in.n && !prescan_blank(in.p[end]) && in.p[end] != '>')
        end++;
    *value = span_sub(in, start, end);
    *at = end;
    return end < in.n;
}

/* The next attribute of a tag.  False at its end, where *at is then, or the bytes'. */
static bool prescan_attribute(struct span in, size_t *at, struct span *name, struct span *value)
{
    size_t start = *at;
    while (start < in.n && (prescan_blank(in.p[start]) || in.p[start] == '/'))
        start++;
    size_t end = start;
    while (end < in.n && !prescan_blank(in.p[end]) && in.p[end] != '/' && in.p[end] != '>' &&
           (in.p[end] != '=' || end == start))
        end++;
    *at = end;
    *name = span_sub(in, start, end);
    *value = span_sub(in, end, end);
    if (end == start || end == in.n)
        return false;
    size_t next = prescan_skip(in, end);
    if (next == in.n)
        return false;
    if (in.p[next] != '=')
        return true;
    *at = next + 1;
    return prescan_value(in, at, value);
}

/* Offset behind the first `word`, in any case, at or after `at`; or in.n + 1. */
static size_t prescan_behind(struct span in, size_t at, struct span word)
{
    for (; at + word.n <= in.n; at++) {
        if (span_eq_nocase(span_sub(in, at, at + word.n), word))
            return at + word.n;
    }
    return in.n + 1;
}

/* The charset in a content type ("text/html; charset=utf-8"), or an absent span. */
static struct span prescan_content(struct span content)
{
    const struct span none = {NULL, 0};
    if (content.p == NULL)
        return none;
    for (size_t at = 0; (at = prescan_behind(content, at, SPAN("charset"))) <= content.n;) {
        at = prescan_skip(content, at);
        if (at == content.n || content.p[at] != '=')
            continue;
        size_t start = prescan_skip(content, at + 1);
        if (start == content.n)
            return none;
        size_t end = start;
        if (content.p[start] == '"' || content.p[start] == '\'') {
            end = span_find(content, start + 1, content.p[start]);
            return end == content.n ? none : span_sub(content, start + 1, end);
        }
        while (end < content.n && !prescan_blank(content.p[end]) && content.p[end] != ';')
            end++;
        return span_sub(content, start, end);
    }
    return none;
}

/* What the meta tag declares whose attributes begin at *at; absent when it is nothing known. */
static struct span prescan_meta(struct span in, size_t *at)
{
    struct span name;
    struct span value;
    struct span charset = {NULL, 0};
    struct span content = {NULL, 0};
    bool pragma = false;
    while (prescan_attribute(in, at, &name, &value)) {
        /* Of two attributes of one name the first counts. */
        if (charset.p == NULL && span_eq_nocase(name, SPAN("charset")))
            charset = value;
        else if (content.p == NULL && span_eq_nocase(name, SPAN("content")))
            content = value;
        else if (span_eq_nocase(name, SPAN("http-equiv")))
            pragma = pragma || span_eq_nocase(value, SPAN("content-type"));
    }
    if (*at >= in.n) /* the tag is cut */
        return (struct span){NULL, 0};
    if (charset.p == NULL && pragma)
        charset = prescan_content(content);
    return charset_find(charset) == NULL ? (struct span){NULL, 0} : span_trim(charset);
}

/* The encoding of an XML declaration, which is the first thing of all. */
static struct span prescan_xml(struct span in)
{
    struct span value = {NULL, 0};
    if (!span_starts(in, SPAN("<?xml")))
        return value;
    in = span_sub(in, 0, span_find(in, 0, '>'));
    size_t at = prescan_behind(in, 0, SPAN("encoding"));
    if (at > in.n)
        return value;
    at = prescan_skip(in, at);
    if (at == in.n || in.p[at] != '=')
        return value;
    at = prescan_skip(in, at + 1);
    if (at == in.n || (in.p[at] != '"' && in.p[at] != '\''))
        return value;
    if (!prescan_value(in, &at, &value) || charset_find(value) == NULL)
        return (struct span){NULL, 0};
    return span_trim(value);
}

/* Go past the tag at `at`, or the comment, or what else begins with "<"; a meta may declare. */
static size_t prescan_tag(struct span in, size_t at, struct span *charset)
{
    struct span name;
    struct span value;
    struct span rest = span_sub(in, at, in.n);
    if (span_starts(rest, SPAN("<!--"))) /* "<!-->" is a whole one */
        return prescan_behind(in, at + 2, SPAN("-->"));
    size_t start = at + 1;
    if (start < in.n && in.p[start] == '/')
        start++;
    if (start == in.n || !ascii_alpha(in.p[start])) {
        bool markup =
            start > at + 1 || (start < in.n && (in.p[start] == '!' || in.p[start] == '?'));
        return markup ? span_find(in, start, '>') : at + 1;
    }
    size_t end = start;
    while (end < in.n && !prescan_blank(in.p[end]) && in.p[end] != '/' && in.p[end] != '>')
        end++;
    at = end;
    if (in.p[start - 1] == '<' && span_eq_nocase(span_sub(in, start, end), SPAN("meta")))
        *charset = prescan_meta(in, &at);
    while (prescan_attribute(in, &at, &name, &value))
        continue;
    return at;
}

struct span charset_of_html(struct span in)
{
    struct span charset = {NULL, 0};
    in = span_sub(in, 0, PRESCAN_MAX);
    for (size_t at = span_find(in, 0, '<'); at < in.n && charset.p == NULL;) {
        at = prescan_tag(in, at, &charset);
        at = span_find(in, at, '<');
    }
    return charset.p != NULL ? charset : prescan_xml(in);
}

bool charset_is_doubtful(struct span in)
{
    size_t mark = 0;
    size_t controls = 0;
    const struct charset *set = charset_marked(in, &mark);
    if (set != NULL && set != &charsets[UTF_8])
        return false;
    if (span_find(in, 0, '\0') < in.n)
        return true;
    in = span_sub(in, 0, CONTROLS_FROM);
    for (size_t i = 0; i < in.n; i++) {
        unsigned char c = (unsigned char)in.p[i];
        /* Old text has backspaces (bold in manual pages) and escape sequences (colours). */
        bool used = (c >= '\b' && c <= '\r') || c == 0x1b;
        controls += (c < 0x20 && !used) || c == 0x7f;
    }
    return controls > in.n / CONTROLS_SHARE;
}
