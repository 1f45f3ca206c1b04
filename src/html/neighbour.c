#include "html/neighbour.h"

#include "article/clean.h"
#include "core/utf8.h"
#include "html/tree.h"

#define NEIGHBOUR_TITLE_MAX 500 /* bytes */
#define NEIGHBOUR_CLIMB_MAX 4   /* elements between an anchor and what names it */

enum neighbour_side { SIDE_PREVIOUS, SIDE_NEXT, SIDE_NONE };

/* Words of class and id, and of a text, that name a side. */
static const char *const neighbour_names[2][12] = {
    {"nav-previous", "previous-post", "prev-post", "prev-article", "previous-article", "post-prev",
     "post-previous", "article-prev", "pager-prev", "pager__item--previous", "previous", "prev"},
    {"nav-next", "next-post", "next-article", "post-next", "article-next", "pager-next",
     "pager__item--next", "next", "next_post", "next-story", "nextpost", "post-nav-next"},
};

/* Longest first. */
static const char *const neighbour_words[2][12] = {
    {"previous article", "previous post", "previous story", "previous entry", "previous page",
     "older post", "prev article", "prev post", "previous", "prev", "vorheriger beitrag",
     "article précédent"},
    {"next article", "next post", "next story", "next entry", "next page", "newer post", "next",
     "nächster beitrag", "article suivant", "siguiente artículo", "следующая статья", "下一篇"},
};

/* Words that are no title, whatever they are called by. */
static const char *const neighbour_none[] = {"posts",       "articles", "page",    "older posts",
                                             "newer posts", "stories",  "entries", "all articles"};

/* s without blanks, arrows, brackets, dashes and colons at its ends. */
static struct span neighbour_strip(struct span s)
{
    static const char *const marks[] = {"←", "→", "«", "»", "‹", "›", "<", ">", ":", "-",  "–", "—",
                                        "|", "⟵", "⟶", "↑", "↓", "⇐", "⇒", "◀", "▶", "：", "•"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct span mark = span_of(marks[i]);
        struct span bare = utf8_trim(s);
        if (span_starts(bare, mark))
            bare = span_sub(bare, mark.n, bare.n);
        else if (span_ends(bare, mark))
            bare = span_sub(bare, 0, bare.n - mark.n);
        if (bare.n < s.n) {
            s = bare;
            i = (size_t)-1; /* all marks again */
        }
    }
    return s;
}

/* Cut the words that name a side from the start of a text; tells which side they name. */
static enum neighbour_side neighbour_cut(struct span *text)
{
    for (size_t side = 0; side < 2; side++) {
        for (size_t i = 0; i < 12; i++) {
            struct span word = span_of(neighbour_words[side][i]);
            bool named = text->n >= word.n && span_eq_nocase(span_sub(*text, 0, word.n), word);
            char behind = named && text->n > word.n ? text->p[word.n] : ' ';
            if (!named || ascii_alpha(behind))
                continue;
            /* "Next year the pier opens" is a title that begins with the word. */
            bool phrase = span_find(word, 0, ' ') < word.n || text->n == word.n || behind != ' ';
            if (!phrase)
                continue;
            *text = neighbour_strip(span_sub(*text, word.n, text->n));
            return (enum neighbour_side)side;
        }
    }
    return SIDE_NONE;
}

static bool neighbour_is_title(struct span text)
{
    for (size_t i = 0; i < sizeof neighbour_none / sizeof neighbour_none[0]; i++) {
        if (span_eq_nocase(text, span_of(neighbour_none[i])))
            return false;
    }
    for (size_t at = 0; at < text.n;) {
        uint32_t cp = 0;
        unsigned len = utf8_decode(span_sub(text, at, text.n), &cp);
        if (cp >= 0x80 || ascii_alpha((int)cp))
            return true;
        at += len == 0 ? 1 : len;
    }
    return false;
}

/* Append a text as one clean line. */
static void neighbour_line(struct span raw, struct buf *line)
{
    struct buf clean;
    buf_init(&clean, raw.n * 9 + 1);
    if (clean_text(raw, "page", &clean, NULL) == ST_OK)
        clean_line(buf_span(&clean), line);
    buf_fini(&clean);
}

struct neighbour {
    struct document *doc;
    struct span found[2]; /* in the arena */
};

/* Keep a text as the title of a side (SIDE_NONE: of the side that it names), if it is one. */
static void neighbour_keep(struct neighbour *n, enum neighbour_side side, struct span raw)
{
    struct buf line;
    if (raw.n > (size_t)NEIGHBOUR_TITLE_MAX * 2)
        return;
    buf_init(&line, NEIGHBOUR_TITLE_MAX);
    neighbour_line(raw, &line);
    struct span title = neighbour_strip(buf_span(&line));
    enum neighbour_side named = neighbour_cut(&title);
    side = side == SIDE_NONE ? named : side;
    bool good = buf_status(&line) == ST_OK && side != SIDE_NONE && neighbour_is_title(title);
    if (good && n->found[side].p == NULL)
        n->found[side] = arena_copy(&n->doc->arena, title);
    buf_fini(&line);
}

static enum neighbour_side neighbour_of_rel(const GumboNode *node)
{
    if (tree_has_word(node, "rel", "prev") || tree_has_word(node, "rel", "previous"))
        return SIDE_PREVIOUS;
    return tree_has_word(node, "rel", "next") ? SIDE_NEXT : SIDE_NONE;
}

static enum neighbour_side neighbour_of_name(const GumboNode *node)
{
    for (size_t side = 0; side < 2; side++) {
        for (size_t i = 0; i < 12; i++) {
            if (tree_has_word(node, "class", neighbour_names[side][i]) ||
                tree_has_word(node, "id", neighbour_names[side][i]))
                return (enum neighbour_side)side;
        }
    }
    return SIDE_NONE;
}

/* The side that an anchor, or an element close around it, is named by. */
static enum neighbour_side neighbour_of_anchor(const GumboNode *anchor)
{
    enum neighbour_side side = neighbour_of_rel(anchor);
    for (unsigned i = 0; side == SIDE_NONE && anchor != NULL && i < NEIGHBOUR_CLIMB_MAX; i++) {
        if (tree_is_element(anchor))
            side = neighbour_of_name(anchor);
        anchor = anchor->parent;
    }
    return side;
}

/* One pass: link elements, then anchors that say it by rel, then those named by what is around. */
enum neighbour_pass { PASS_LINK, PASS_REL, PASS_NAME, PASS_TEXT, PASSES };

static void neighbour_look(struct neighbour *n, const GumboNode *node, enum neighbour_pass pass,
                           struct buf *text)
{
    if (pass == PASS_LINK && tree_is(node, GUMBO_TAG_LINK)) {
        enum neighbour_side side = neighbour_of_rel(node);
        if (side != SIDE_NONE)
            neighbour_keep(n, side, tree_attribute(node, "title"));
        return;
    }
    if (pass == PASS_LINK || !tree_is(node, GUMBO_TAG_A))
        return;
    enum neighbour_side side = SIDE_NONE;
    if (pass == PASS_REL)
        side = neighbour_of_rel(node);
    else if (pass == PASS_NAME)
        side = neighbour_of_anchor(node);
    if (side == SIDE_NONE && pass != PASS_TEXT)
        return;
    buf_clear(text);
    tree_put_text(node, text);
    if (buf_status(text) == ST_OK)
        neighbour_keep(n, side, buf_span(text));
    if (side != SIDE_NONE)
        neighbour_keep(n, side, tree_attribute(node, "title"));
}

void neighbour_find(const GumboNode *root, struct document *doc)
{
    struct neighbour n = {.doc = doc};
    struct buf text;
    buf_init(&text, NEIGHBOUR_TITLE_MAX * 2);
    for (int pass = PASS_LINK; pass < PASSES; pass++) {
        for (const GumboNode *node = root; node != NULL; node = tree_next(root, node, true))
            neighbour_look(&n, node, (enum neighbour_pass)pass, &text);
    }
    buf_fini(&text);
    if (doc->previous.p == NULL)
        doc->previous = n.found[SIDE_PREVIOUS];
    if (doc->next.p == NULL)
        doc->next = n.found[SIDE_NEXT];
}
