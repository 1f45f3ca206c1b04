/*
 * summary: of any document, whatever is asked for, the parts of its summary are the document's own
 * words, whole sentences in their order and no more than may be; and the same words compared by
 * any terms give likenesses and ranks within their range.
 *
 * An input begins with a line of four digits: how many sentences and words are asked for, the tag
 * of the language, and what else there is.  Then come the title, if there are such the description
 * and the author's summary, each on a line, and the text.
 */
#include "page.h"

#include "article/choice.h"
#include "article/clean.h"
#include "article/description.h"
#include "article/graph.h"
#include "article/summary.h"
#include "prose/sentence.h"
#include "prose/words.h"

#define CAP           ((size_t)64 * 1024 * 1024)
#define DEFAULT_WORDS 100
#define FEW           7 /* candidates: sections must share the room */
#define LISTS_MAX     48
#define TERMS_MAX     64

/* The fourth digit: bits. */
enum { HAS_DESCRIPTION = 1, HAS_VERSE = 2, HAS_SUMMARY = 4, WANTS_NONE = 8 };

/* A document, each text of which stands alone in a block of exactly its size. */
struct made {
    struct document doc;
    char **copies;
    size_t count;
};

/* The digit at this place of the first line, 0 when there is none. */
static unsigned digit(struct span line, size_t at)
{
    return at < line.n ? (uint8_t)(line.p[at] - '0') : 0;
}

static struct summary_options choose_options(struct span line)
{
    static const size_t sentences[] = {0, 1, 2, 3, 4, 5, 8, 40, 500, SIZE_MAX};
    static const size_t words[] = {0, 1, 2, 5, 10, 25, 60, 100, 1000, SIZE_MAX};
    return (struct summary_options){sentences[digit(line, 0) % 10], words[digit(line, 1) % 10]};
}

static struct span choose_language(struct span line)
{
    static const char *const tags[] = {NULL, "de", "en", "es", "fr", "ja", "pl", "pt", "ru", "zh"};
    return span_of(tags[digit(line, 2) % 10]);
}

/* The next line of the text, cleaned; absent at its end. */
static struct span next_line(struct span *text, struct buf *line)
{
    struct span raw;
    buf_clear(line);
    if (!span_line(text, &raw))
        return (struct span){NULL, 0};
    clean_line(raw, line);
    return span_sub(buf_span(line), 0, line->n);
}

static struct span keep_line(struct document *doc, struct span *text, struct buf *line)
{
    struct span s = next_line(text, line);
    return s.n > 0 ? arena_copy(&doc->arena, s) : (struct span){NULL, 0};
}

static void end_paragraph(struct document *doc, struct buf *paragraph)
{
    if (paragraph->n > 0)
        document_add(doc, BLOCK_PARAGRAPH, buf_span(paragraph));
    buf_clear(paragraph);
}

/* A heading, an item or a quote; false when the line is none. */
static bool add_marked(struct document *doc, struct span line)
{
    static const struct {
        const char *mark;
        enum block_kind kind;
    } marks[] = {{"# ", BLOCK_HEADING}, {"* ", BLOCK_ITEM}, {"> ", BLOCK_QUOTE}};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct span text = utf8_trim(span_sub(line, 2, line.n));
        if (!span_starts(line, span_of(marks[i].mark)) || text.n == 0)
            continue;
        document_add(doc, marks[i].kind, text);
        return true;
    }
    return false;
}

static void add_blocks(struct document *doc, struct span text, char join)
{
    struct buf line;
    struct buf paragraph;
    buf_init(&line, CAP);
    buf_init(&paragraph, CAP);
    while (text.n > 0) {
        struct span s = next_line(&text, &line);
        bool marked = s.n > 2 && (s.p[0] == '#' || s.p[0] == '*' || s.p[0] == '>');
        if (s.n == 0 || marked)
            end_paragraph(doc, &paragraph);
        if (s.n == 0 || (marked && add_marked(doc, s)))
            continue;
        if (paragraph.n > 0)
            buf_putc(&paragraph, join);
        buf_put(&paragraph, s);
    }
    end_paragraph(doc, &paragraph);
    buf_fini(&line);
    buf_fini(&paragraph);
}

static void set_apart(struct made *m, struct span *s)
{
    if (s->n == 0)
        return;
    m->copies[m->count] = fuzz_copy(*s);
    s->p = m->copies[m->count++];
}

static void make(struct span in, struct made *m)
{
    struct span first;
    struct span rest;
    struct buf clean;
    struct buf line;
    struct error e;
    struct document *doc = &m->doc;
    fuzz_split(in, &first, &rest);
    unsigned has = digit(first, 3);
    document_init(doc, CAP);
    buf_init(&clean, CAP);
    buf_init(&line, CAP);
    MUST(clean_text(rest, "fuzz", &clean, &e) == ST_OK);
    rest = buf_span(&clean);
    doc->lang = choose_language(first);
    doc->title = keep_line(doc, &rest, &line);
    if (doc->title.n == 0)
        doc->title = arena_copy(&doc->arena, SPAN("Zzqx"));
    if ((has & HAS_DESCRIPTION) != 0)
        doc->description = keep_line(doc, &rest, &line);
    if ((has & HAS_SUMMARY) != 0)
        doc->summary = keep_line(doc, &rest, &line);
    doc->no_summary = (has & WANTS_NONE) != 0;
    add_blocks(doc, rest, (has & HAS_VERSE) != 0 ? '\n' : ' ');
    MUST(arena_status(&doc->arena) == ST_OK);
    buf_fini(&clean);
    buf_fini(&line);
    m->count = 0;
    m->copies = calloc(doc->count + 3, sizeof *m->copies);
    MUST(m->copies != NULL);
    set_apart(m, &doc->title);
    set_apart(m, &doc->description);
    set_apart(m, &doc->summary);
    for (size_t i = 0; i < doc->count; i++)
        set_apart(m, &doc->blocks[i].text);
}

static void unmake(struct made *m)
{
    for (size_t i = 0; i < m->count; i++)
        free(m->copies[i]);
    free(m->copies);
    document_fini(&m->doc);
}

/* What a document holds, and how much of it may be chosen. */
struct measure {
    const struct language *lang;
    struct span first; /* sentence */
    size_t sentences, words;
    struct choice_limit limit;
};

static struct measure measure(const struct document *doc, const struct language *lang,
                              struct summary_options options)
{
    struct measure m = {.lang = lang};
    for (size_t i = 0; i < doc->count; i++) {
        struct span rest = doc->blocks[i].text;
        struct span sentence;
        if (!block_is_prose(&doc->blocks[i]))
            continue;
        m.words += candidate_words(m.lang, rest);
        while (sentence_next(m.lang, &rest, &sentence)) {
            if (m.sentences++ == 0)
                m.first = sentence;
        }
    }
    if (options.sentences == 0 && options.words == 0) {
        options.sentences = m.words < CHOICE_LONG_WORDS ? 3 : 5;
        options.words = DEFAULT_WORDS;
    }
    m.limit.sentences = options.sentences == 0 ? SIZE_MAX : options.sentences;
    m.limit.words = options.words == 0 ? SIZE_MAX : options.words;
    return m;
}

/* How many sentences of the text a part is, which begins and ends with them. */
static size_t count_sentences(const struct language *lang, struct span text, struct span part)
{
    struct span sentence;
    size_t count = 0;
    bool begun = false;
    bool ended = false;
    while (!ended && sentence_next(lang, &text, &sentence)) {
        begun = begun || sentence.p == part.p;
        ended = begun && sentence.p + sentence.n == part.p + part.n;
        count += begun;
    }
    MUST(ended);
    return count;
}

/* Parts that are chosen sentences: returns how many there are. */
static size_t check_order(const struct document *doc, const struct language *lang,
                          const struct summary_part *p)
{
    size_t chosen = 0;
    size_t block = 0;
    const char *end = NULL; /* of the part before, when it is of the same block */
    for (; p != NULL; p = p->next) {
        while (block < doc->count && !fuzz_inside(p->text, doc->blocks[block].text)) {
            block++;
            end = NULL;
        }
        MUST(block < doc->count && block_is_prose(&doc->blocks[block]));
        MUST(end == NULL || p->text.p > end);
        end = p->text.p + p->text.n;
        chosen += count_sentences(lang, doc->blocks[block].text, p->text);
    }
    return chosen;
}

static void check_chosen(const struct document *doc, const struct measure *m, bool any_number,
                         const struct summary *s)
{
    MUST(s->sentences == m->sentences);
    MUST(s->words <= candidate_signs(m->lang, m->limit.words));
    if (s->kind == SUMMARY_SENTENCES) {
        MUST(s->chosen == check_order(doc, m->lang, s->parts));
        MUST(s->chosen > 0 && s->chosen <= s->sentences);
        MUST(s->chosen <= m->limit.sentences || (any_number && s->chosen == s->sentences));
        return;
    }
    size_t words = m->limit.words == SIZE_MAX ? DEFAULT_WORDS : m->limit.words;
    MUST(s->kind == SUMMARY_CUT && s->chosen == 0 && s->parts->next == NULL);
    MUST(s->words <= candidate_signs(m->lang, words));
    if (m->sentences == 0) {
        MUST(fuzz_inside(s->parts->text, doc->title) && s->parts->text.p == doc->title.p);
        return;
    }
    MUST(candidate_words(m->lang, m->first) > m->limit.words);
    MUST(fuzz_inside(s->parts->text, m->first) && s->parts->text.p == m->first.p);
}

static enum summary_kind expected_kind(const struct document *doc)
{
    if (doc->no_summary)
        return SUMMARY_NONE;
    if (doc->summary.n > 0)
        return SUMMARY_AUTHOR;
    bool tells;
    MUST(description_tells(doc, &tells) == ST_OK);
    return tells ? SUMMARY_DESCRIPTION : SUMMARY_SENTENCES;
}

static void check_summary(const struct document *doc, const struct language *lang,
                          struct summary_options options, const struct summary *s)
{
    size_t words = 0;
    enum summary_kind expected = expected_kind(doc);
    MUST((s->parts == NULL) == (s->kind == SUMMARY_NONE));
    for (const struct summary_part *p = s->parts; p != NULL; p = p->next) {
        MUST(p->text.n > 0 && utf8_trim(p->text).n == p->text.n);
        MUST(utf8_valid(p->text) == p->text.n);
        words += words_count(p->text);
    }
    MUST(s->words == words);
    if (expected == SUMMARY_SENTENCES) {
        struct measure m = measure(doc, lang, options);
        check_chosen(doc, &m, options.sentences == 0, s);
        return;
    }
    MUST(s->kind == expected && s->chosen == 0);
    struct span own = expected == SUMMARY_AUTHOR ? doc->summary : doc->description;
    MUST(s->parts == NULL || (s->parts->next == NULL && s->parts->text.p == own.p));
    MUST(s->parts == NULL || s->parts->text.n == own.n);
}

static void check_same(const struct summary *a, const struct summary *b)
{
    const struct summary_part *p = a->parts;
    const struct summary_part *q = b->parts;
    MUST(a->kind == b->kind && a->words == b->words);
    MUST(a->chosen == b->chosen && a->sentences == b->sentences);
    for (; p != NULL && q != NULL; p = p->next, q = q->next)
        MUST(span_eq(p->text, q->text));
    MUST(p == NULL && q == NULL);
}

/* As many sentences as there is room for, in their order. */
static void check_candidates(const struct document *doc, const struct language *lang, size_t limit)
{
    struct candidates c;
    MUST(candidates_find(doc, lang, limit, &c) == ST_OK);
    MUST(c.count <= limit && c.count <= c.sentences);
    MUST(c.count == c.sentences || c.sections > 1 || c.count == limit);
    for (size_t i = 0; i < c.count; i++) {
        const struct candidate *one = &c.list[i];
        MUST(one->block < doc->count && one->text.n > 0);
        MUST(fuzz_inside(one->text, doc->blocks[one->block].text));
        if (i == 0)
            continue;
        const struct candidate *last = one - 1;
        MUST(one->block > last->block ||
             (one->block == last->block && one->text.p >= last->text.p + last->text.n));
        MUST(one->section >= last->section && one->order >= last->order);
    }
    candidates_fini(&c);
}

/* Each byte is a term, or ends the list of a sentence. */
static size_t read_lists(struct span in, struct term_list *lists, uint32_t *ids, size_t terms)
{
    size_t count = 1;
    lists[0] = (struct term_list){.ids = ids};
    for (size_t i = 0; i < in.n; i++) {
        uint32_t id = (uint32_t)((uint8_t)in.p[i] % (terms + 1));
        struct term_list *list = &lists[count - 1];
        if (id < terms)
            list->ids[list->count++] = id;
        else if (count == LISTS_MAX)
            break;
        else
            lists[count++] = (struct term_list){.ids = list->ids + list->count};
    }
    return count;
}

static void check_graph(struct span in)
{
    struct term_list lists[LISTS_MAX];
    bool votes[LISTS_MAX];
    uint32_t rank[LISTS_MAX];
    struct graph g;
    uint32_t *ids = calloc(in.n + 1, sizeof *ids);
    size_t terms = 1 + digit(in, 0) % TERMS_MAX;
    MUST(ids != NULL);
    size_t count = read_lists(in, lists, ids, terms);
    for (size_t i = 0; i < count; i++)
        votes[i] = digit(in, i) % 8 != 0;
    MUST(graph_init(&g, lists, count, terms) == ST_OK);
    for (size_t a = 0; a < count; a++) {
        MUST((graph_likeness(&g, a, a) > 0) == (lists[a].count > 0));
        for (size_t b = 0; b < count; b++) {
            MUST(graph_likeness(&g, a, b) == graph_likeness(&g, b, a));
            MUST(graph_likeness(&g, a, b) <= GRAPH_ONE);
        }
    }
    MUST(graph_rank(&g, votes, rank) == ST_OK);
    for (size_t i = 0; i < count; i++)
        MUST(rank[i] <= GRAPH_ONE);
    graph_fini(&g);
    free(ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = fuzz_input(data, size);
    struct span first;
    struct span rest;
    struct made a;
    struct made b;
    struct summary one;
    struct summary again;
    fuzz_split(in, &first, &rest);
    struct summary_options options = choose_options(first);
    make(in, &a);
    make(in, &b);
    const struct language *lang;
    MUST(document_language(&a.doc, &lang) == ST_OK);
    MUST(summary_make(&a.doc, options, &one) == ST_OK);
    check_summary(&a.doc, lang, options, &one);
    MUST(summary_make(&b.doc, options, &again) == ST_OK);
    check_same(&one, &again);
    check_candidates(&a.doc, lang, FEW);
    unmake(&a);
    unmake(&b);
    check_graph(in);
    return 0;
}
