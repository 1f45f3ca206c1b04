/*
 * text: any text becomes three pages that are well made, and no word of the author's is lost.
 */
#include "page.h"

#include <unicase.h>

#include "article/clean.h"
#include "core/book.h"
#include "import/article.h"
#include "import/charset.h"
#include "import/frontmatter.h"
#include "import/text_lines.h"
#include "press/piece.h"
#include "prose/words.h"

#define CAP           ((size_t)64 * 1024 * 1024)
#define FIRST_LINKS   3    /* summary and neighbours at the head of an article */
#define TWICE_MAX     4096 /* bytes of an input that is read a second time */
#define TITLE_LINES   3
#define SUMMARY_WORDS 200 /* most words that are chosen, where two signs make one */
#define WAYS_MAX      64

/* A name whose title no input has by accident. */
static const char name[] = "zzqx.txt";
static const char name_title[] = "Zzqx";

/*
 * The words.  The title and body of a page, without blanks and the marks that gemtext has its own
 * for, must be the lines of the source one after the other.  A line may be left out only when it is
 * a URL alone, which has a link line, or page furniture: prompts anywhere, markers and the titles
 * behind them before the body's first line or behind its last one, the title once more before the
 * body.  As more than one way may lead there, all are followed.
 */
struct way {
    size_t at; /* how many of the page's characters are accounted for */
    bool tail; /* behind the last line of the body: nothing more is kept */
};

struct ways {
    struct way ways[WAYS_MAX];
    size_t count;
    bool full; /* too many to follow: then nothing is claimed */
};

static void ways_add(struct ways *w, size_t at, bool tail)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->ways[i].at == at && w->ways[i].tail == tail)
            return;
    }
    if (w->count == WAYS_MAX)
        w->full = true;
    else
        w->ways[w->count++] = (struct way){at, tail};
}

/* Marks of lists, quotes, headings and rules: the page has others. */
static bool is_mark(uint32_t cp)
{
    static const uint32_t beyond[] = {0xb7,   0x2013, 0x2014, 0x2015, 0x2022, 0x2023,
                                      0x2042, 0x204e, 0x2217, 0x2500, 0x2501, 0x2550,
                                      0x25aa, 0x25cf, 0x25e6, 0x2766, 0x2767};
    if (cp < 0x80)
        return cp != 0 && strchr("-=*_~+#>`", (int)cp) != NULL;
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        if (cp == beyond[i])
            return true;
    }
    return false;
}

static void put_words(struct span s, struct buf *out)
{
    for (size_t at = 0; at < s.n;) {
        uint32_t cp = 0;
        unsigned len = utf8_decode(span_sub(s, at, s.n), &cp);
        if (!utf8_blank(cp) && !is_mark(cp))
            buf_put(out, span_sub(s, at, at + len));
        at += len;
    }
}

/* The page's characters; *title gets how many of them are the title's. */
static void characters_of_page(struct span page, struct buf *out, size_t *title)
{
    struct span line;
    bool pre = false;
    *title = 0;
    for (bool first = true; span_line(&page, &line); first = false) {
        bool fence = span_starts(line, SPAN("```"));
        if (fence)
            pre = !pre;
        else if (pre || !span_starts(line, SPAN("=> ")))
            put_words(line, out);
        if (first)
            *title = out->n;
    }
}

/* The ASCII letters of a line, made small. */
static void put_letters(struct span line, struct buf *out)
{
    for (size_t i = 0; i < line.n; i++) {
        if (ascii_alpha(line.p[i]))
            buf_putc(out, ascii_lower(line.p[i]));
    }
}

/* Does the line begin as one with a marker does? */
static bool is_marker(struct span line)
{
    struct buf letters;
    buf_init(&letters, CAP);
    put_letters(line, &letters);
    bool marker = span_starts(buf_span(&letters), SPAN("previousarticle")) ||
                  span_starts(buf_span(&letters), SPAN("nextarticle"));
    buf_fini(&letters);
    return marker;
}

/* Is the line made of a part of the prompt's words, once or more? */
static bool is_prompt(struct span line)
{
    static const char prompts[] = "notimetoreadgetasummarynotimetoreadgetasummarynotimetoread"
                                  "getasummarynotimetoreadgetasummary";
    static const char read[] = "notimetoread", summary[] = "getasummary";
    struct buf letters;
    buf_init(&letters, CAP);
    put_letters(line, &letters);
    const char *s = buf_str(&letters);
    bool prompt = *s != '\0' && strstr(prompts, s) != NULL;
    /* The same phrase twice, whole. */
    while (!prompt &&
           (strncmp(s, read, strlen(read)) == 0 || strncmp(s, summary, strlen(summary)) == 0)) {
        s += strncmp(s, read, strlen(read)) == 0 ? strlen(read) : strlen(summary);
        prompt = strstr(prompts, s) != NULL;
    }
    buf_fini(&letters);
    return prompt;
}

/* May the line be a URL alone? */
static bool is_url(struct span line)
{
    for (size_t at = span_find(line, 0, ':'); at < line.n; at = span_find(line, at + 1, ':')) {
        if (span_starts(span_sub(line, at, line.n), SPAN("://")))
            return span_find(line, 0, ' ') == line.n;
    }
    return false;
}

/* Follow the ways on which the page goes on with this line. */
static void follow_kept(const struct ways *from, struct span line, struct span page,
                        struct ways *to)
{
    struct buf characters;
    buf_init(&characters, CAP);
    put_words(line, &characters);
    for (size_t i = 0; i < from->count; i++) {
        struct way way = from->ways[i];
        if (!way.tail && span_starts(span_sub(page, way.at, page.n), buf_span(&characters)))
            ways_add(to, way.at + characters.n, false);
    }
    buf_fini(&characters);
}

enum furniture { FURNITURE_NONE, FURNITURE_ANYWHERE, FURNITURE_MARKER, FURNITURE_TITLE };

/* Follow the ways on which this line is left out; the page's title has `title` characters. */
static void follow_left_out(const struct ways *from, enum furniture kind, size_t title,
                            struct ways *to)
{
    for (size_t i = 0; i < from->count; i++) {
        struct way way = from->ways[i];
        bool head = way.at <= title;
        if (kind == FURNITURE_ANYWHERE || (kind == FURNITURE_TITLE && head))
            ways_add(to, way.at, way.tail);
        if (kind == FURNITURE_MARKER)
            ways_add(to, way.at, !head);
    }
}

/* Are two lines the same in any case, a full stop at the end of the first apart? */
static bool is_same_title(struct span line, struct span title)
{
    int differ = 1;
    if (span_ends(line, SPAN(".")) && !span_ends(title, SPAN(".")))
        line.n--;
    return u8_casecmp((const uint8_t *)line.p, line.n, (const uint8_t *)title.p, title.n, NULL,
                      NULL, &differ) == 0 &&
           differ == 0;
}

/* How many of the next lines, joined as lines of text are, are the title once more. */
static size_t title_lines(struct span text, struct span title)
{
    struct buf joined;
    struct buf clean;
    struct span raw;
    size_t lines = 0;
    char mark = 0;
    buf_init(&joined, CAP);
    buf_init(&clean, CAP);
    for (size_t i = 1; title.p != NULL && i <= TITLE_LINES && span_line(&text, &raw); i++) {
        buf_clear(&clean);
        clean_line(raw, &clean);
        struct span line = buf_span(&clean);
        if (line.n == 0 || text_rule(line, &mark))
            break;
        if (i > 1 && !(words_end_unspaced(buf_span(&joined)) && words_begin_unspaced(line)))
            buf_putc(&joined, ' ');
        buf_put(&joined, line);
        if (is_same_title(buf_span(&joined), title))
            lines = i;
    }
    buf_fini(&joined);
    buf_fini(&clean);
    return lines;
}

static void check_words(struct span text, struct span given_title, const struct document *doc,
                        struct span page)
{
    struct buf characters;
    struct buf clean;
    struct span raw;
    struct ways ways = {0};
    size_t title;
    int behind_marker = 0; /* lines that may be a title behind one */
    size_t title_left = 0;
    struct span again = doc->title;
    if (span_eq(again, span_of(name_title))) /* then what looked like one may be the text */
        again = doc->blocks[0].text;
    buf_init(&characters, CAP);
    buf_init(&clean, CAP);
    characters_of_page(page, &characters, &title);
    if (given_title.p == NULL)
        ways_add(&ways, 0, false);
    if (given_title.p != NULL || span_eq(doc->title, span_of(name_title)))
        ways_add(&ways, title, false);
    for (struct span rest = text; span_line(&text, &raw); rest = text) {
        struct ways next = {.full = ways.full};
        buf_clear(&clean);
        clean_line(raw, &clean);
        struct span line = buf_span(&clean);
        if (title_left == 0)
            title_left = title_lines(rest, again);
        enum furniture kind = FURNITURE_NONE;
        if (is_prompt(line) || is_url(line))
            kind = FURNITURE_ANYWHERE;
        else if (is_marker(line) || behind_marker > 0)
            kind = FURNITURE_MARKER;
        else if (title_left > 0)
            kind = FURNITURE_TITLE;
        title_left -= title_left > 0;
        char mark = 0;
        if (line.n == 0 || text_rule(line, &mark))
            continue;
        follow_kept(&ways, line, buf_span(&characters), &next);
        follow_left_out(&ways, kind, title, &next);
        behind_marker = is_marker(line) ? TITLE_LINES : behind_marker - (behind_marker > 0);
        ways = next;
    }
    bool whole = ways.full;
    for (size_t i = 0; i < ways.count; i++)
        whole = whole || ways.ways[i].at == characters.n;
    MUST(whole);
    buf_fini(&characters);
    buf_fini(&clean);
}

static void check_summary(const struct summary *s, const struct document *doc)
{
    MUST((s->parts == NULL) == (s->kind == SUMMARY_NONE));
    MUST(doc->no_summary == (s->kind == SUMMARY_NONE));
    MUST(s->chosen <= s->sentences);
    for (const struct summary_part *p = s->parts; p != NULL; p = p->next) {
        bool inside = span_eq(p->text, doc->summary) || span_eq(p->text, doc->description) ||
                      fuzz_inside(p->text, doc->title);
        for (size_t i = 0; !inside && i < doc->count; i++)
            inside = fuzz_inside(p->text, doc->blocks[i].text);
        MUST(p->text.n > 0 && inside);
    }
    if (s->kind == SUMMARY_SENTENCES || s->kind == SUMMARY_CUT)
        MUST(s->words <= SUMMARY_WORDS);
}

static enum status read_bytes(struct span bytes, struct document *doc)
{
    struct error e = {.message = ""};
    struct article_source source = {.bytes = bytes, .format = ARTICLE_TEXT, .name = name};
    document_init(doc, ARTICLE_ARENA_MAX);
    enum status status = article_read(&source, doc, &e);
    MUST(status == ST_OK || status == ST_FORMAT || status == ST_SYNTAX || status == ST_LIMIT);
    MUST(status == ST_OK || strncmp(e.message, "zzqx.txt: ", 10) == 0);
    return status;
}

static void neighbour(struct piece *p, struct span title, struct pages_neighbour *side)
{
    if (title.p != NULL)
        *side = (struct pages_neighbour){title, piece_href_of_title(p, title)};
}

/* Link lines of a document: each of another URL. */
static size_t count_links(const struct document *doc)
{
    size_t links = 0;
    struct book seen;
    struct span label;
    book_init(&seen);
    for (size_t i = 0; i < doc->count; i++) {
        if (doc->blocks[i].kind != BLOCK_LINK)
            continue;
        struct span none = {NULL, 0};
        MUST(book_add(&seen, block_head(&doc->blocks[i], &label), none, 0) == ST_OK);
        links++;
    }
    book_fini(&seen);
    return links;
}

/* The pages of a piece that was read; body is kept. */
static void check_pages(struct piece *p, struct buf *body)
{
    struct buf out;
    struct error e;
    buf_init(&out, CAP);
    MUST(p->doc.title.n > 0 && p->doc.count > 0);
    MUST(piece_prepare(p, SPAN("zzqx"), SUMMARY_DEFAULT, &e) == ST_OK);
    neighbour(p, p->doc.previous, &p->page.previous);
    neighbour(p, p->doc.next, &p->page.next);
    check_summary(&p->summary, &p->doc);

    pages_body(&p->doc, body);
    MUST(buf_status(body) == ST_OK);
    size_t links = count_links(&p->doc);
    page_check(buf_span(body), links);
    pages_article(&p->page, &out);
    MUST(buf_status(&out) == ST_OK);
    size_t first = FIRST_LINKS - (p->page.no_summary ? 1 : 0);
    page_check(buf_span(&out), 2 * first + 1 + links);
    buf_clear(&out);
    if (!p->page.no_summary) {
        pages_summary(&p->page, &out);
        MUST(buf_status(&out) == ST_OK);
        page_check(buf_span(&out), FIRST_LINKS + 2);
    }
    buf_fini(&out);
}

/* The same lines with CRLF, behind a byte order mark, are the same article. */
static void check_line_ends(struct span bytes, struct span body)
{
    struct buf other;
    struct buf page;
    struct document doc;
    struct span line;
    if (bytes.n > TWICE_MAX || span_find(bytes, 0, '\r') < bytes.n || utf8_valid(bytes) < bytes.n)
        return; /* a mark would tell another charset than the bytes do */
    buf_init(&other, CAP);
    buf_init(&page, CAP);
    buf_puts(&other, "\xef\xbb\xbf");
    while (span_line(&bytes, &line)) {
        buf_put(&other, line);
        buf_puts(&other, "\r\n");
    }
    enum status status = read_bytes(buf_span(&other), &doc);
    MUST(status == (body.n > 0 ? ST_OK : status));
    MUST(body.n > 0 || status != ST_OK);
    if (status == ST_OK) {
        pages_body(&doc, &page);
        MUST(span_eq(buf_span(&page), body));
    }
    document_fini(&doc);
    buf_fini(&other);
    buf_fini(&page);
}

/* What article_read makes of the bytes before the importer sees them. */
static void check_source(struct span bytes, const struct document *doc, struct span body)
{
    struct buf decoded;
    char charset[CHARSET_NAME_MAX];
    struct buf clean;
    struct document front;
    struct error e;
    struct span text;
    buf_init(&clean, CAP);
    document_init(&front, ARTICLE_ARENA_MAX);
    buf_init(&decoded, CAP);
    MUST(charset_decode(bytes, (struct span){NULL, 0}, &decoded, charset) == ST_OK);
    MUST(clean_text(buf_span(&decoded), name, &clean, &e) == ST_OK);
    buf_fini(&decoded);
    MUST(frontmatter_read(buf_span(&clean), name, &front, &text, &e) == ST_OK);
    check_words(text, front.title, doc, body);
    document_fini(&front);
    buf_fini(&clean);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = fuzz_input(data, size);
    struct piece p = {0};
    struct buf body;
    buf_init(&body, CAP);
    if (read_bytes(bytes, &p.doc) == ST_OK) {
        check_pages(&p, &body);
        check_source(bytes, &p.doc, buf_span(&body));
    }
    check_line_ends(bytes, buf_span(&body));
    piece_fini(&p);
    buf_fini(&body);
    return 0;
}
