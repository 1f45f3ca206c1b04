#include "html/survey.h"

#include <stdlib.h>

#include "html/furniture.h"
#include "html/naming.h"
#include "html/tree.h"
#include "html/weigh.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Weight from which text is a paragraph, that which earns it a further point, and most of those. */
#define SURVEY_PARAGRAPH  25
#define SURVEY_POINT      100
#define SURVEY_POINTS_MAX 3
/* How far up a paragraph's points are carried: in elements, and in those that hold more text than
 * the one below by so many parts of a hundred; a wrapper that adds nothing is no step. */
#define SURVEY_STEPS_MAX 24
#define SURVEY_LEVELS    3
#define SURVEY_SAME_TEXT 110

/* The walk. */
struct surveyor {
    struct survey *survey;
    const GumboNode *root;
    uint32_t current;          /* spot of the text that runs */
    struct weigh run;          /* that text */
    unsigned breaks;           /* line breaks since its last sign */
    const GumboNode *link_end; /* first node behind the link that is open */
    bool linked;
    bool teaser; /* the last title was a link */
};

/* Share of its points that a paragraph keeps below a title that is a link: it is about another
 * page. */
#define SURVEY_TEASER 0.3F

size_t survey_prose(const struct spot *spot)
{
    return spot->text - spot->linked;
}

bool survey_is_part(const struct spot *spot)
{
    static const bool parts[GUMBO_TAG_LAST + 1] = {
        [GUMBO_TAG_P] = true,      [GUMBO_TAG_PRE] = true,   [GUMBO_TAG_BLOCKQUOTE] = true,
        [GUMBO_TAG_UL] = true,     [GUMBO_TAG_OL] = true,    [GUMBO_TAG_LI] = true,
        [GUMBO_TAG_DL] = true,     [GUMBO_TAG_DT] = true,    [GUMBO_TAG_DD] = true,
        [GUMBO_TAG_FIGURE] = true, [GUMBO_TAG_TR] = true,    [GUMBO_TAG_TBODY] = true,
        [GUMBO_TAG_THEAD] = true,  [GUMBO_TAG_TFOOT] = true, [GUMBO_TAG_DETAILS] = true,
    };
    return tree_is_element(spot->node) && parts[spot->node->v.element.tag];
}

bool survey_is_heading(const GumboNode *node)
{
    static const bool headings[GUMBO_TAG_LAST + 1] = {
        [GUMBO_TAG_H1] = true,      [GUMBO_TAG_H2] = true,      [GUMBO_TAG_H3] = true,
        [GUMBO_TAG_H4] = true,      [GUMBO_TAG_H5] = true,      [GUMBO_TAG_H6] = true,
        [GUMBO_TAG_TH] = true,      [GUMBO_TAG_CAPTION] = true, [GUMBO_TAG_FIGCAPTION] = true,
        [GUMBO_TAG_SUMMARY] = true,
    };
    return tree_is_element(node) && headings[node->v.element.tag];
}

/* Some wrap the text of an article in a span. */
static bool survey_is_spot(const GumboNode *node)
{
    return tree_is_element(node) &&
           (!weigh_is_inline(node) || tree_has_word(node, "itemprop", "articleBody"));
}

static bool survey_is_named_body(const GumboNode *node)
{
    struct naming n;
    naming_begin(&n, node);
    while (naming_next(&n)) {
        if (naming_is_body(&n))
            return true;
    }
    return false;
}

static unsigned char survey_flags(const GumboNode *node)
{
    unsigned flags = 0;
    if (tree_has_word(node, "itemprop", "articleBody"))
        flags |= SURVEY_ITEMPROP;
    if (survey_is_named_body(node) && !tree_is(node, GUMBO_TAG_BODY) &&
        !tree_is(node, GUMBO_TAG_HTML))
        flags |= SURVEY_NAMED;
    if (tree_is(node, GUMBO_TAG_ARTICLE))
        flags |= SURVEY_ARTICLE;
    if (tree_is(node, GUMBO_TAG_MAIN) || tree_has_word(node, "role", "main"))
        flags |= SURVEY_MAIN;
    if (tree_is(node, GUMBO_TAG_H1))
        flags |= SURVEY_TITLED;
    return (unsigned char)flags;
}

/* The run ends: its weight belongs to its spot, its points to what that is a part of. */
static void survey_break(struct surveyor *v)
{
    struct spot *spots = v->survey->spots;
    struct spot *spot = &spots[v->current];
    struct weigh run = v->run;
    v->run = (struct weigh){0};
    v->breaks = 0;
    spot->text += (uint32_t)run.text;
    spot->linked += (uint32_t)run.linked;
    if (survey_is_heading(spot->node) && run.text > 0)
        v->teaser = run.linked * 2 > run.text;
    if (run.text < SURVEY_PARAGRAPH || survey_is_heading(spot->node))
        return;
    float share = v->teaser ? SURVEY_TEASER : 1.0F;
    v->teaser = false;
    size_t longer = run.text / SURVEY_POINT;
    size_t points = 1 + run.commas + (longer < SURVEY_POINTS_MAX ? longer : SURVEY_POINTS_MAX);
    uint32_t at = v->current;
    for (int step = 0; step < SURVEY_STEPS_MAX && survey_is_part(&spots[at]); step++)
        at = spots[at].parent;
    spots[at].points += share * (float)points * (float)(run.text - run.linked) / (float)run.text;
}

/* Go to the spot around a node. */
static void survey_climb(struct surveyor *v, const GumboNode *node)
{
    const GumboNode *around = node->parent;
    uint32_t at = v->current;
    while (around != NULL && around != v->root && !survey_is_spot(around))
        around = around->parent;
    while (at != 0 && v->survey->spots[at].node != around)
        at = v->survey->spots[at].parent;
    if (at != v->current)
        survey_break(v);
    v->current = at;
}

static void survey_add(struct surveyor *v, const GumboNode *node)
{
    struct survey *s = v->survey;
    survey_break(v);
    survey_climb(v, node);
    const struct spot *parent = &s->spots[v->current];
    if (s->body == 0 && tree_is(node, GUMBO_TAG_BODY))
        s->body = s->count;
    s->spots[s->count] = (struct spot){.node = node,
                                       .parent = v->current,
                                       .flags = survey_flags(node),
                                       .above = (unsigned char)(parent->above | parent->flags)};
    v->current = (uint32_t)s->count;
    s->count++;
}

static bool survey_enters(const GumboNode *node)
{
    return !weigh_is_skipped(node) && !furniture_is_hidden(node) && !furniture_is(node);
}

/* Returns whether what is in the node is looked at. */
static bool survey_visit(struct surveyor *v, const GumboNode *node)
{
    struct span text = tree_text_of(node);
    v->linked = v->linked && node != v->link_end;
    if (text.p != NULL) {
        survey_climb(v, node);
        size_t before = v->run.text;
        weigh_add(&v->run, text, v->linked);
        v->breaks = v->run.text > before ? 0 : v->breaks;
        return false;
    }
    if (!tree_is_element(node))
        return true;
    if (!survey_enters(node))
        return false;
    if (survey_is_spot(node)) {
        survey_add(v, node);
    } else if (tree_is(node, GUMBO_TAG_BR)) {
        /* Two line breaks part the paragraphs of those who have no <p>. */
        v->run.gap = true;
        if (++v->breaks == 2)
            survey_break(v);
    } else if (tree_is_link(node) && !v->linked) {
        v->linked = true;
        v->link_end = tree_next(v->root, node, false);
    }
    return true;
}

/* Children stand behind their parents: from the end on, each is whole before it is added. */
static void survey_sum(struct survey *s)
{
    for (size_t i = s->count; i-- > 1;) {
        struct spot *parent = &s->spots[s->spots[i].parent];
        parent->text += s->spots[i].text;
        parent->linked += s->spots[i].linked;
        parent->flags |= s->spots[i].flags & SURVEY_TITLED;
    }
}

/* What a name adds to or takes from the score. */
static float survey_factor(const GumboNode *node)
{
    static const char *const good[] = {"article", "blog",  "body", "content", "entry",
                                       "main",    "story", "post", "text"};
    static const char *const bad[] = {
        "ad",      "ads",     "archive",  "banner", "comment", "comments", "contact", "footer",
        "header",  "login",   "masthead", "menu",   "meta",    "nav",      "promo",   "related",
        "sidebar", "sponsor", "tags",     "teaser", "teasers", "tools",    "widget",
    };
    bool is_good = false;
    struct naming n;
    naming_begin(&n, node);
    while (naming_next(&n)) {
        if (naming_has(&n, "has") || naming_has(&n, "with") || naming_has(&n, "no"))
            continue;
        if (naming_has_any(&n, bad, COUNT(bad)))
            return 0.4F;
        is_good = is_good || naming_has_any(&n, good, COUNT(good));
    }
    return is_good ? 1.3F : 1.0F;
}

/* Carry the points of a spot up: all of them to what holds hardly more text, half and a fifth to
 * what holds other text beside it. */
static void survey_carry(struct survey *s, size_t from)
{
    static const float shares[SURVEY_LEVELS] = {1.0F, 0.5F, 0.2F};
    size_t at = from;
    size_t text = s->spots[at].text;
    size_t level = 0;
    for (int step = 0; step < SURVEY_STEPS_MAX; step++) {
        if (!survey_is_part(&s->spots[at]))
            s->spots[at].score += shares[level] * s->spots[from].points;
        if (at == 0)
            return;
        at = s->spots[at].parent;
        size_t around = s->spots[at].text;
        if (survey_is_part(&s->spots[at]) || around * 100 <= text * SURVEY_SAME_TEXT)
            continue;
        text = around;
        if (++level == SURVEY_LEVELS)
            return;
    }
}

static void survey_score(struct survey *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->spots[i].points > 0)
            survey_carry(s, i);
    }
    for (size_t i = 0; i < s->count; i++) {
        struct spot *spot = &s->spots[i];
        if (spot->score > 0)
            spot->score *=
                survey_factor(spot->node) * (float)survey_prose(spot) / (float)spot->text;
    }
}

enum status survey_take(const GumboNode *root, struct survey *s)
{
    size_t size = 1;
    const GumboNode *start = tree_next(root, root, true);
    for (const GumboNode *node = start; node != NULL; node = tree_next(root, node, true))
        size += survey_is_spot(node);
    *s = (struct survey){.spots = calloc(size, sizeof *s->spots)};
    if (s->spots == NULL)
        return ST_NOMEM;
    struct surveyor v = {.survey = s, .root = root};
    s->spots[0] = (struct spot){.node = root};
    s->count = 1;
    for (const GumboNode *node = start; node != NULL;)
        node = tree_next(root, node, survey_visit(&v, node));
    survey_break(&v);
    survey_sum(s);
    survey_score(s);
    return ST_OK;
}

void survey_fini(struct survey *s)
{
    free(s->spots);
    *s = (struct survey){0};
}
